"""Jobs and their versions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.jobs.api.serializers.definitions import DefinitionField
from apps.jobs.models import Job, JobVersion


class JobSerializer(serializers.ModelSerializer):
    """A job as it is listed: what it runs is told by its detail."""

    version = serializers.IntegerField(source="version.number", help_text=_("The current version's number."))
    owner = serializers.CharField(source="owner.username", allow_null=True, read_only=True)

    class Meta:
        model = Job
        fields = [
            "id",
            "name",
            "kind",
            "description",
            "tags",
            "owner",
            "is_paused",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    note = serializers.CharField(source="version.note", help_text=_("What was said when it was last saved."))
    definition = DefinitionField(source="version.definition", read_only=True)

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields, "note", "definition"]
        read_only_fields = fields


class JobChangeSerializer(serializers.Serializer):
    """What a save takes. Rules of the definition are the service's; here only types and lengths."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=50), max_length=50, required=False)
    definition = serializers.JSONField(
        help_text=_("The whole definition: a field that is left out gets its default.")
    )
    note = serializers.CharField(max_length=500, allow_blank=True, required=False)
    expected_version = serializers.IntegerField(
        min_value=1,
        required=False,
        help_text=_("The version that the change starts from; a newer one makes the save fail with 409."),
    )


class NewJobSerializer(JobChangeSerializer):
    kind = serializers.ChoiceField(Job.Kind.choices)
    expected_version = None


class JobVersionSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.username", allow_null=True, read_only=True)

    class Meta:
        model = JobVersion
        fields = ["number", "note", "author", "created_at", "checksum"]
        read_only_fields = fields


class JobVersionDetailSerializer(JobVersionSerializer):
    definition = DefinitionField(read_only=True)

    class Meta(JobVersionSerializer.Meta):
        fields = [*JobVersionSerializer.Meta.fields, "definition"]
        read_only_fields = fields


class DiffQuerySerializer(serializers.Serializer):
    against = serializers.IntegerField(
        min_value=1, required=False, help_text=_("The older version; the one before, when left out.")
    )


class ChangeSerializer(serializers.Serializer):
    """One field that differs between two versions."""

    field = serializers.CharField(help_text=_('The field\'s path, such as "retry.max_attempts".'))
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    diff = serializers.CharField(
        allow_null=True, help_text=_("For texts of several lines: their difference in the unified format.")
    )
