"""What the API tells of how the work goes."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Job, Run
from apps.jobs.models.runs import STATE_LABELS
from apps.monitoring.selectors.tallies import ms
from apps.scheduling.models import Trigger
from apps.scheduling.selectors import previews
from kernel import sentences
from kernel.zones import validate_zone

REASONS = [(reason.value, reason.value) for reason in Reason]


class ZoneQuerySerializer(serializers.Serializer):
    zone = serializers.CharField(
        required=False,
        help_text=_("Whose days are meant: a name such as Europe/Berlin. Without one, the user's time zone."),
    )

    def validate_zone(self, value: str) -> str:
        try:
            validate_zone(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        return value


class StatisticsQuerySerializer(ZoneQuerySerializer):
    days = serializers.IntegerField(
        default=30, min_value=1, max_value=90, help_text=_("How many days, today among them.")
    )


class EndsSerializer(serializers.Serializer):
    """Runs that ended, by how."""

    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    skipped = serializers.IntegerField()


class TallySerializer(serializers.Serializer):
    """The runs that ended within a stretch of time. A figure that nothing can be said about is null."""

    by_state = EndsSerializer()
    total = serializers.IntegerField()
    success_rate = serializers.FloatField(
        allow_null=True, help_text=_("From 0 to 1, of the runs that succeeded or failed.")
    )
    p50_ms = serializers.IntegerField(allow_null=True, help_text=_("Half of the runs took no longer."))
    p95_ms = serializers.IntegerField(allow_null=True, help_text=_("Nineteen of twenty runs took no longer."))
    waiting_p95_ms = serializers.IntegerField(
        allow_null=True, help_text=_("Nineteen of twenty runs waited no longer for their start.")
    )


class HourSerializer(serializers.Serializer):
    """One hour: the runs that ended in it, and those that wait or run since it."""

    start = serializers.DateTimeField()
    succeeded = serializers.IntegerField(source="ended.by_state.succeeded")
    failed = serializers.IntegerField(source="ended.by_state.failed")
    cancelled = serializers.IntegerField(source="ended.by_state.cancelled")
    skipped = serializers.IntegerField(source="ended.by_state.skipped")
    queued = serializers.IntegerField(source="live.queued")
    running = serializers.IntegerField(source="live.running")


class JobNameSerializer(serializers.Serializer):
    """As much of a job as it takes to name it and to find it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Job.Kind.choices)


class FiredJobSerializer(JobNameSerializer):
    id = serializers.UUIDField(source="job_id")
    name = serializers.CharField(source="job_name")
    kind = serializers.ChoiceField(Job.Kind.choices, source="job_kind")


class NextFireSerializer(serializers.Serializer):
    """A trigger, and when it fires next."""

    trigger = serializers.UUIDField(source="pk")
    job = FiredJobSerializer(source="*")
    name = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField(source="next_fire_at")
    words = serializers.SerializerMethodField(help_text=_("The schedule in plain words."))

    def get_words(self, trigger: Trigger) -> str:
        return previews.words(trigger.schedule, gettext)


class FailureSerializer(serializers.Serializer):
    """A run that failed."""

    id = serializers.UUIDField()
    job = JobNameSerializer()
    attempt = serializers.IntegerField(help_text=_("The latest attempt, counted from 1; 0 before the first."))
    finished_at = serializers.DateTimeField()
    exit_reason = serializers.ChoiceField(REASONS, allow_blank=True)
    exit_code = serializers.IntegerField(allow_null=True)
    exit_signal = serializers.CharField(allow_blank=True)
    message = serializers.SerializerMethodField()

    def get_message(self, run: Run) -> str:
        return sentences.of(run.message)


class DashboardSerializer(serializers.Serializer):
    at = serializers.DateTimeField(help_text=_("When these figures were true."))
    zone = serializers.CharField(help_text=_("Whose days are meant."))
    running = serializers.IntegerField()
    queued = serializers.IntegerField()
    today = TallySerializer()
    yesterday = TallySerializer()
    yesterday_until_now = TallySerializer(help_text=_("Up to the same time of day as now."))
    timeline = HourSerializer(many=True, help_text=_("The last 24 hours, the oldest first."))
    next_fires = NextFireSerializer(many=True, help_text=_("The triggers that fire next, each once."))
    recent_failures = FailureSerializer(many=True, help_text=_("Of the last seven days, the newest first."))


class RankedSerializer(serializers.Serializer):
    """A job, and how its runs of the last days went: those that succeeded or failed."""

    job = JobNameSerializer(source="*")
    runs = serializers.IntegerField()
    failed = serializers.IntegerField()


class SlowJobSerializer(RankedSerializer):
    p50_ms = serializers.IntegerField(help_text=_("Half of the runs took no longer."))
    p95_ms = serializers.IntegerField(help_text=_("Nineteen of twenty runs took no longer."))
    trend = serializers.ListField(
        child=serializers.IntegerField(allow_null=True),
        help_text=_("The p95 of each day, the oldest first; null for a day without runs."),
    )


class LastRunSerializer(serializers.Serializer):
    """As much of a run as a small picture of it needs."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(STATE_LABELS)
    queued_at = serializers.DateTimeField()
    duration_ms = serializers.SerializerMethodField()

    def get_duration_ms(self, run: Run) -> int | None:
        return ms(run.finished_at - run.started_at) if run.started_at and run.finished_at else None


class FlakyJobSerializer(RankedSerializer):
    wobbles = serializers.IntegerField(
        help_text=_("Runs that came out unlike the one before, or succeeded only after a failed attempt.")
    )
    flakiness = serializers.FloatField(help_text=_("The share of the runs that wobbled, from 0 to 1."))
    last_runs = LastRunSerializer(many=True, help_text=_("The last 20 at most, the oldest first."))


class RankingsSerializer(serializers.Serializer):
    days = serializers.IntegerField(help_text=_("How many days are looked at, today among them."))
    slowest = SlowJobSerializer(many=True)
    flakiest = FlakyJobSerializer(many=True)


class DaySerializer(serializers.Serializer):
    date = serializers.DateField()
    succeeded = serializers.IntegerField(source="tally.by_state.succeeded")
    failed = serializers.IntegerField(source="tally.by_state.failed")
    p50_ms = serializers.IntegerField(source="tally.p50_ms", allow_null=True)
    p95_ms = serializers.IntegerField(source="tally.p95_ms", allow_null=True)


class StatisticsSerializer(serializers.Serializer):
    zone = serializers.CharField(help_text=_("Whose days are meant."))
    total = TallySerializer(help_text=_("Of all the days together."))
    days = DaySerializer(many=True, help_text=_("The oldest first; the last one is today."))
