"""What the API takes and gives about triggers. The rules of a schedule are the domain's; here only types."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.jobs.models import Job
from apps.scheduling.domain.passage import Passage
from apps.scheduling.models import Trigger
from apps.scheduling.selectors import previews

LONGEST_INTERVAL = 2**31 - 1  # what the column holds; the domain says what makes sense


class Instant(serializers.DateTimeField):
    """A time with its offset. One without is passed on as it is, for the domain to refuse: whose clock is meant?"""

    def enforce_timezone(self, value):
        return value


class TriggerJobSerializer(serializers.Serializer):
    """The job that a trigger fires."""

    id = serializers.UUIDField(source="job_id")
    name = serializers.CharField(source="job_name")
    kind = serializers.ChoiceField(choices=Job.Kind.choices, source="job_kind")


class TriggerSerializer(serializers.ModelSerializer):
    job = TriggerJobSerializer(source="*", read_only=True)
    params = serializers.DictField(read_only=True)
    words = serializers.SerializerMethodField(help_text=_("The schedule in plain words."))

    class Meta:
        model = Trigger
        fields = [
            "id",
            "job",
            "name",
            "kind",
            "expression",
            "interval_seconds",
            "once_at",
            "zone",
            "start_at",
            "end_at",
            "params",
            "misfire",
            "is_paused",
            "is_muted",
            "next_fire_at",
            "last_fire_at",
            "words",
            "created_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_words(self, trigger: Trigger) -> str:
        return previews.words(trigger.schedule, gettext)


class ScheduleSerializer(serializers.Serializer):
    """When: one of a cron expression, an interval, or one instant, and within which time."""

    kind = serializers.ChoiceField(choices=Trigger.Kind.choices)
    expression = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text=_("Minute, hour, day of month, month, day of week; with six fields, seconds come first."),
    )
    interval_seconds = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST_INTERVAL
    )
    once_at = Instant(required=False, allow_null=True)
    zone = serializers.CharField(required=False, help_text=_("Without one, the tenant's time zone."))
    start_at = Instant(required=False, allow_null=True)
    end_at = Instant(required=False, allow_null=True)


class TriggerChangeSerializer(ScheduleSerializer):
    """What may change of a trigger. It stays with its job."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    params = serializers.DictField(required=False)
    misfire = serializers.ChoiceField(choices=Trigger.Misfire.choices, required=False)


class NewTriggerSerializer(TriggerChangeSerializer):
    job = serializers.UUIDField()


class FireSerializer(serializers.Serializer):
    """A fire time to come."""

    at = serializers.SerializerMethodField(help_text=_("With the offset of the trigger's time zone."))
    note = serializers.ChoiceField(
        choices=["", *(passage.value for passage in Passage if passage is not Passage.PLAIN)],
        help_text=_("What a change of clocks does to it; empty when nothing."),
    )
    detail = serializers.CharField(allow_blank=True, help_text=_("The note as a sentence."))

    @extend_schema_field({"type": "string", "format": "date-time"})
    def get_at(self, fire: previews.Fire) -> str:
        return fire.at.isoformat()


class PreviewSerializer(serializers.Serializer):
    words = serializers.CharField(help_text=_("The schedule in plain words."))
    words_by_language = serializers.DictField(
        child=serializers.CharField(), help_text=_("The same words in each language of the platform.")
    )
    fires = FireSerializer(many=True)


class CountSerializer(serializers.Serializer):
    count = serializers.IntegerField(
        default=10, min_value=1, max_value=previews.MOST, help_text=_("How many fire times to show.")
    )
