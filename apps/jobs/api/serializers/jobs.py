"""Jobs and their versions."""

from __future__ import annotations

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.accounts.selectors import allowed
from apps.jobs.api.serializers.definitions import DefinitionField
from apps.jobs.api.serializers.runs import RecentRunSerializer
from apps.jobs.models import Job, JobVersion
from apps.jobs.services.jobs import MOST_TAGS

RIGHTS = ("jobs.operate_job", "jobs.change_job", "jobs.delete_job")


class JobSerializer(serializers.ModelSerializer):
    """A job as it is listed: what it runs is told by its detail."""

    version = serializers.IntegerField(source="version.number", help_text=_("The current version's number."))
    owner = serializers.CharField(source="owner.username", allow_null=True, read_only=True)
    can_operate = serializers.SerializerMethodField(
        help_text=_("Whether the reader may run, pause and cancel it.")
    )
    can_change = serializers.SerializerMethodField()
    can_delete = serializers.SerializerMethodField()
    recent_runs = RecentRunSerializer(
        many=True, required=False, help_text=_("The newest first, without trials. There when asked for.")
    )

    def get_can_operate(self, job: Job) -> bool:
        return str(job.pk) in self._allowed["jobs.operate_job"]

    def get_can_change(self, job: Job) -> bool:
        return str(job.pk) in self._allowed["jobs.change_job"]

    def get_can_delete(self, job: Job) -> bool:
        return str(job.pk) in self._allowed["jobs.delete_job"]

    @cached_property
    def _allowed(self) -> dict[str, frozenset[str]]:
        """For each right, the jobs of the whole page on which the reader has it."""
        jobs = [self.instance] if isinstance(self.instance, Job) else self.instance
        user = self.context["request"].user
        return {right: allowed(user, right, jobs) for right in RIGHTS}

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
            "can_operate",
            "can_change",
            "can_delete",
            "recent_runs",
        ]
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    note = serializers.CharField(source="version.note", help_text=_("What was said when it was last saved."))
    definition = DefinitionField(source="version.definition", read_only=True)

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields, "note", "definition"]
        read_only_fields = fields


class RecentQuerySerializer(serializers.Serializer):
    recent = serializers.IntegerField(
        min_value=0,
        max_value=50,
        required=False,
        default=0,
        help_text=_("How many of each job's newest runs to add as ``recent_runs``; 0 adds nothing."),
    )


class FacetSerializer(serializers.Serializer):
    count = serializers.IntegerField()


class TagFacetSerializer(FacetSerializer):
    tag = serializers.CharField()


class OwnerFacetSerializer(FacetSerializer):
    owner = serializers.CharField(allow_null=True)


class KindFacetSerializer(FacetSerializer):
    kind = serializers.ChoiceField(Job.Kind.choices)


class JobSummarySerializer(serializers.Serializer):
    """How many jobs there are, and of what sort. Each sort's list has the largest first, 100 at most."""

    total = serializers.IntegerField()
    paused = serializers.IntegerField()
    tags = TagFacetSerializer(many=True)
    owners = OwnerFacetSerializer(many=True)
    kinds = KindFacetSerializer(many=True)


class JobChangeSerializer(serializers.Serializer):
    """What a save takes. Rules of the definition are the service's; here only types and lengths."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=MOST_TAGS, required=False
    )
    definition = serializers.JSONField(
        help_text=_("The whole definition: a field that is left out gets its default.")
    )
    owner = serializers.CharField(
        max_length=150, required=False, help_text=_("The username of somebody who can sign in.")
    )
    note = serializers.CharField(max_length=500, allow_blank=True, required=False)
    expected_version = serializers.IntegerField(
        min_value=1,
        required=False,
        help_text=_("The version that the change starts from; a newer one makes the save fail with 409."),
    )


class SourceSerializer(serializers.Serializer):
    kind = serializers.ChoiceField([(kind, kind) for kind in ("python", "shell", "sql")])
    source = serializers.CharField(trim_whitespace=False, allow_blank=True, help_text=_("256 KB at most."))


class FormattedSerializer(serializers.Serializer):
    source = serializers.CharField(allow_blank=True)
    changed = serializers.BooleanField()


class KindQuerySerializer(serializers.Serializer):
    kind = serializers.ChoiceField(Job.Kind.choices)


class NewJobSerializer(JobChangeSerializer):
    kind = serializers.ChoiceField(Job.Kind.choices)
    expected_version = None
    owner = None


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
