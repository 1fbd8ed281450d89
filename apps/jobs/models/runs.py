"""One request to run a job."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.jobs.domain.run_states import TERMINAL, RunState, Source
from apps.jobs.models.jobs import Job, JobVersion
from kernel.ids import new_id

STATE_LABELS = [
    (RunState.QUEUED.value, _("queued")),
    (RunState.RUNNING.value, _("running")),
    (RunState.SUCCEEDED.value, _("succeeded")),
    (RunState.FAILED.value, _("failed")),
    (RunState.CANCELLED.value, _("cancelled")),
    (RunState.SKIPPED.value, _("skipped")),
]
SOURCE_LABELS = [
    (Source.CRON.value, _("cron")),
    (Source.INTERVAL.value, _("interval")),
    (Source.ONCE.value, _("once")),
    (Source.MANUAL.value, _("by hand")),
    (Source.API.value, _("API")),
    (Source.RERUN.value, _("run again")),
    (Source.TRIAL.value, _("trial")),
]


class Run(models.Model):
    """A run and where it stands. ``services.moves`` alone writes ``state`` and what goes with it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="runs", verbose_name=_("job"))
    version = models.ForeignKey(
        JobVersion, models.PROTECT, related_name="+", verbose_name=_("version"), db_index=False
    )
    state = models.CharField(_("state"), max_length=10, choices=STATE_LABELS, default=RunState.QUEUED.value)
    state_at = models.DateTimeField(_("in this state since"), db_default=Now())
    attempt = models.PositiveIntegerField(
        _("attempt"), default=0, help_text=_("The latest attempt, counted from 1; 0 before the first.")
    )
    failures = models.PositiveIntegerField(_("failures"), default=0)
    losses = models.PositiveIntegerField(_("losses"), default=0)
    source = models.CharField(_("source"), max_length=10, choices=SOURCE_LABELS)
    trigger_id = models.UUIDField(_("trigger"), null=True, blank=True)
    scheduled_for = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    shard = models.PositiveIntegerField(_("shard"), default=0)
    params = models.JSONField(_("parameters"), default=dict, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=5)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
        db_index=False,
    )
    idempotency_key = models.CharField(_("idempotency key"), max_length=200, null=True, blank=True)
    rerun_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reruns", verbose_name=_("repeats")
    )
    queued_at = models.DateTimeField(_("queued at"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    exit_reason = models.CharField(_("exit reason"), max_length=20, blank=True, default="")
    exit_code = models.IntegerField(_("exit code"), null=True, blank=True)
    exit_signal = models.CharField(_("signal"), max_length=16, blank=True, default="")
    message = models.JSONField(
        _("message"), default=dict, blank=True, help_text=_("A sentence for gettext and its parameters.")
    )
    cancelled_by = models.CharField(_("cancelled by"), max_length=150, blank=True, default="")
    event = models.BigIntegerField(
        _("newest event"),
        default=0,
        help_text=_("Id of the newest event: a reader keeps the row with the greater one."),
    )

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["job", "-id"], name="jobs_run_of_job"),
            models.Index(fields=["state", "-id"], name="jobs_run_by_state"),
            models.Index(fields=["-queued_at", "-id"], name="jobs_run_by_queued"),
            models.Index(
                fields=["job", "version"], condition=Q(source=Source.TRIAL.value), name="jobs_run_of_trial"
            ),
            models.Index(
                fields=["job", "finished_at"],
                include=["state", "source", "queued_at", "started_at", "failures"],
                condition=Q(finished_at__isnull=False),
                name="jobs_run_ended",
            ),
            models.Index(fields=["-finished_at", "-id"], condition=Q(state="failed"), name="jobs_run_failed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["trigger_id", "scheduled_for", "shard"],
                condition=Q(trigger_id__isnull=False),
                name="jobs_one_run_of_a_slot",
            ),
            models.UniqueConstraint(
                fields=["requested_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_one_run_of_a_key",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=False, state__in=sorted(TERMINAL))
                | (Q(finished_at__isnull=True) & ~Q(state__in=sorted(TERMINAL))),
                name="jobs_finished_at_ties_to_state",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
