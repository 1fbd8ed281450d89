"""Runs, their attempts, events, logs and results."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.accounts.selectors import allowed
from apps.jobs.api.serializers.definitions import DefinitionField
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Attempt, Job, Run, RunEvent
from apps.jobs.models.runs import SOURCE_LABELS, STATE_LABELS
from apps.jobs.selectors import runs as selectors
from kernel import sentences

REASONS = [(reason.value, reason.value) for reason in Reason]
LARGEST = 2**31 - 1


class ExitSerializer(serializers.Serializer):
    """How an attempt, or the run with its last attempt, ended."""

    exit_reason = serializers.ChoiceField(REASONS, allow_blank=True)
    exit_code = serializers.IntegerField(allow_null=True)
    exit_signal = serializers.CharField(allow_blank=True)
    message = serializers.SerializerMethodField()

    def get_message(self, row: Run | Attempt) -> str:
        return sentences.of(row.message)


class TimedSerializer(serializers.Serializer):
    """What has a beginning and an end."""

    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.SerializerMethodField()

    def get_duration_ms(self, row: Run | Attempt) -> int | None:
        return _ms(row.started_at, row.finished_at)


class RecentRunSerializer(TimedSerializer):
    """A run as its job's row shows it."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(STATE_LABELS)
    source = serializers.ChoiceField(SOURCE_LABELS)
    queued_at = serializers.DateTimeField()


class RunJobSerializer(serializers.ModelSerializer):
    class Meta:
        model = Job
        fields = ["id", "name", "kind"]
        read_only_fields = fields


class RunSerializer(ExitSerializer, TimedSerializer):
    id = serializers.UUIDField()
    job = RunJobSerializer()
    state = serializers.ChoiceField(STATE_LABELS)
    source = serializers.ChoiceField(SOURCE_LABELS)
    attempt = serializers.IntegerField(help_text=_("The latest attempt, counted from 1; 0 before the first."))
    version = serializers.IntegerField(source="version.number")
    trigger = serializers.UUIDField(source="trigger_id", allow_null=True)
    scheduled_for = serializers.DateTimeField(allow_null=True)
    queued_at = serializers.DateTimeField()
    waiting_ms = serializers.SerializerMethodField()
    params = serializers.DictField()
    priority = serializers.IntegerField()
    requested_by = serializers.CharField(source="requested_by.username", allow_null=True, read_only=True)
    cancelled_by = serializers.CharField(allow_blank=True)
    rerun_of = serializers.UUIDField(source="rerun_of_id", allow_null=True)
    failures = serializers.IntegerField(help_text=_("Attempts that failed by the job's own doing."))
    losses = serializers.IntegerField(help_text=_("Attempts that were lost with their executor."))
    has_result = serializers.SerializerMethodField()
    event = serializers.IntegerField(
        help_text=_("Grows with each change: of two copies, the greater is newer.")
    )
    can_operate = serializers.SerializerMethodField(
        help_text=_("Whether the reader may cancel it, or run it again.")
    )

    can_rerun = serializers.SerializerMethodField(
        help_text=_("A trial takes the right to change the job, too.")
    )

    def get_can_operate(self, run: Run) -> bool:
        return str(run.job_id) in self._allowed["jobs.operate_job"]

    def get_can_rerun(self, run: Run) -> bool:
        return all(str(run.job_id) in self._allowed[right] for right in selectors.rights_to_rerun(run))

    @cached_property
    def _allowed(self) -> dict[str, frozenset[str]]:
        """For each right that counts, the jobs of the whole page on which the reader has it."""
        runs = [self.instance] if isinstance(self.instance, Run) else self.instance
        needing: dict[str, list[Job]] = {"jobs.operate_job": [run.job for run in runs]}
        for run in runs:
            for right in selectors.rights_to_rerun(run):
                needing.setdefault(right, []).append(run.job)
        user = self.context["request"].user
        return {right: allowed(user, right, jobs) for right, jobs in needing.items()}

    def get_waiting_ms(self, run: Run) -> int | None:
        return _ms(run.queued_at, run.started_at)

    def get_has_result(self, run: Run) -> bool:
        return getattr(run, "has_result", False)


def _ms(since: datetime | None, until: datetime | None) -> int | None:
    if since is None or until is None:
        return None
    return max(0, (until - since) // timedelta(milliseconds=1))


class NewRunSerializer(serializers.Serializer):
    params = serializers.JSONField(required=False, default=dict)
    priority = serializers.IntegerField(
        min_value=1, max_value=9, required=False, allow_null=True, default=None
    )


class TrialSerializer(NewRunSerializer):
    definition = serializers.JSONField(help_text=_("What to run, whole, as a save takes it; it isn't saved."))


class RerunSerializer(serializers.Serializer):
    params = serializers.JSONField(required=False, help_text=_("In place of the earlier run's."))
    priority = serializers.IntegerField(
        min_value=1, max_value=9, required=False, allow_null=True, help_text=_("The job's own when left out.")
    )


class RunDefinitionSerializer(serializers.Serializer):
    version = serializers.IntegerField(help_text=_("0 for a trial."))
    is_trial = serializers.BooleanField()
    definition = DefinitionField()
    env = serializers.DictField(
        child=serializers.CharField(),
        help_text=_("The variables that a script found, its own and the platform's. Empty for SQL and HTTP."),
    )


class AttemptSerializer(ExitSerializer, TimedSerializer):
    number = serializers.IntegerField()
    executor = serializers.CharField(source="executor_name")
    executor_id = serializers.UUIDField()
    started_at = serializers.DateTimeField()
    cpu_seconds = serializers.FloatField(allow_null=True)
    max_rss_bytes = serializers.IntegerField(allow_null=True)


class RunEventSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(STATE_LABELS)
    reason = serializers.ChoiceField(REASONS, allow_blank=True)

    class Meta:
        model = RunEvent
        fields = ["id", "attempt", "state", "at", "reason"]
        read_only_fields = fields


class WaitReasonSerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()
    held_by = serializers.ListField(
        child=serializers.UUIDField(), help_text=_("Runs of the job that must end first; ten at most.")
    )


class ExplanationSerializer(serializers.Serializer):
    """Why a run waits, the hardest reason first. No reasons: it does not wait."""

    state = serializers.ChoiceField(STATE_LABELS)
    reasons = WaitReasonSerializer(many=True)


class LogQuerySerializer(serializers.Serializer):
    attempt = serializers.IntegerField(
        min_value=1, max_value=LARGEST, required=False, help_text=_("The run's latest one when left out.")
    )
    after = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST,
        required=False,
        default=0,
        help_text=_("The number of the last line that is known."),
    )
    search = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text=_("Only lines that hold these words, in any case."),
    )


class DownloadQuerySerializer(serializers.Serializer):
    attempt = serializers.IntegerField(
        min_value=1, max_value=LARGEST, required=False, help_text=_("All attempts when left out.")
    )


class LogBlockSerializer(serializers.Serializer):
    """Consecutive lines of one stream."""

    attempt = serializers.IntegerField()
    line = serializers.IntegerField(help_text=_("The first line's number, from 1."))
    text = serializers.CharField(help_text=_("Whole lines, each with its line end."))
    stream = serializers.ChoiceField([("out", "out"), ("err", "err"), ("system", "system")])
    at_ms = serializers.IntegerField(help_text=_("When the first line came, since the attempt began."))


class RunLogSerializer(serializers.Serializer):
    blocks = LogBlockSerializer(many=True)
    has_more = serializers.BooleanField()


class RunResultSerializer(serializers.Serializer):
    attempt = serializers.IntegerField()
    data = serializers.JSONField()
    has_rows_csv = serializers.BooleanField(help_text=_("Whether the rows can be downloaded as CSV."))
