"""What became of a run: its attempts, events, log and result."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.jobs.models.runs import STATE_LABELS, Run
from kernel.ids import new_id


class Attempt(models.Model):
    """One try of a run. ``number`` is also the epoch under which its executor holds the lease."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(
        Run, models.CASCADE, related_name="attempts", verbose_name=_("run"), db_index=False
    )
    number = models.PositiveIntegerField(_("number"))
    executor_id = models.UUIDField(_("executor"))
    executor_name = models.CharField(_("executor"), max_length=255)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    exit_reason = models.CharField(_("exit reason"), max_length=20, blank=True, default="")
    exit_code = models.IntegerField(_("exit code"), null=True, blank=True)
    exit_signal = models.CharField(_("signal"), max_length=16, blank=True, default="")
    message = models.JSONField(_("message"), default=dict, blank=True)
    cpu_seconds = models.FloatField(_("CPU seconds"), null=True, blank=True)
    max_rss_bytes = models.BigIntegerField(_("peak memory, bytes"), null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="jobs_attempt_number")]

    def __str__(self) -> str:
        return f"#{self.number}"


class RunEvent(models.Model):
    """A run came into a state. Ids grow, so a reader can tell the newer of two."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="events", verbose_name=_("run"))
    attempt = models.PositiveIntegerField(_("attempt"))
    state = models.CharField(_("state"), max_length=10, choices=STATE_LABELS)
    at = models.DateTimeField(_("at"), db_default=Now())
    reason = models.CharField(_("reason"), max_length=20, blank=True, default="")

    class Meta:
        verbose_name = _("run event")
        verbose_name_plural = _("run events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.state} {self.at:%H:%M:%S}"


class RunResult(models.Model):
    """What a run handed back: the JSON that a script wrote, or the columns and first rows of a query."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="result")
    attempt = models.PositiveIntegerField(_("attempt"))
    data = models.JSONField(_("data"))
    rows_csv = models.BinaryField(
        _("rows"), null=True, blank=True, help_text=_("For SQL: the rows as CSV in UTF-8, gzip-compressed.")
    )

    class Meta:
        verbose_name = _("run result")
        verbose_name_plural = _("run results")

    def __str__(self) -> str:
        return str(self.run_id)


class LogChunk(models.Model):
    """Some complete lines of one attempt's log, written once.

    ``text`` holds lines as ``"<ms since the attempt began> <o|e|s><line>\\n"``: standard output, standard
    error, or the system's own words. ``first_line`` counts from 1 within the attempt.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="log", db_index=False)
    attempt = models.PositiveIntegerField(_("attempt"))
    first_line = models.PositiveIntegerField(_("first line"))
    lines = models.PositiveIntegerField(_("lines"))
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("log chunk")
        verbose_name_plural = _("log chunks")
        ordering = ["run", "attempt", "first_line"]
        constraints = [
            models.UniqueConstraint(fields=["run", "attempt", "first_line"], name="jobs_log_place")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.attempt} {self.first_line}+{self.lines}"
