"""When jobs run: one row per schedule of every tenant, in one table, so that one index finds all that is due."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.scheduling.domain.schedules import Schedule
from kernel.ids import new_id


class Trigger(models.Model):
    """A schedule of one job.

    ``next_fire_at`` is the earliest slot that has not been served; empty when there is none: paused, muted
    because its job is paused, or over. Only ``services`` write it.
    """

    class Kind(models.TextChoices):
        CRON = "cron", _("cron")
        INTERVAL = "interval", _("interval")
        ONCE = "once", _("once")

    class Misfire(models.TextChoices):
        ONCE = "once", _("run once, now")
        SKIP = "skip", _("skip what was missed")
        ALL = "all", _("run every missed slot")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        "tenants.Tenant", models.CASCADE, related_name="+", editable=False, db_index=False
    )
    job_id = models.UUIDField(_("job"))
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.CRON)
    expression = models.CharField(
        _("cron expression"),
        max_length=300,
        blank=True,
        default="",
        help_text=_("Minute, hour, day of month, month, day of week; with six fields, seconds come first."),
    )
    interval_seconds = models.PositiveIntegerField(_("interval, seconds"), null=True, blank=True)
    once_at = models.DateTimeField(_("at"), null=True, blank=True)
    zone = models.CharField(_("time zone"), max_length=64)
    start_at = models.DateTimeField(_("not before"), null=True, blank=True)
    end_at = models.DateTimeField(_("not after"), null=True, blank=True)
    params = models.JSONField(_("parameters"), default=dict, blank=True)
    misfire = models.CharField(
        _("when slots were missed"), max_length=10, choices=Misfire.choices, default=Misfire.ONCE
    )
    is_paused = models.BooleanField(_("paused"), default=False)
    is_muted = models.BooleanField(
        _("muted"), default=False, editable=False, help_text=_("Its job is paused.")
    )
    next_fire_at = models.DateTimeField(_("next fire"), null=True, blank=True, editable=False)
    last_fire_at = models.DateTimeField(_("last fire"), null=True, blank=True, editable=False)
    created_by = models.CharField(_("created by"), max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_fire_at"], condition=Q(next_fire_at__isnull=False), name="scheduling_due"
            ),
            models.Index(fields=["tenant", "job_id"], name="scheduling_of_job"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_fire_at__isnull=True) | Q(is_paused=False, is_muted=False),
                name="scheduling_paused_is_not_due",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.expression or str(self.interval_seconds or self.once_at)

    @property
    def schedule(self) -> Schedule:
        """The rule behind this row. An interval counts from when the trigger was made, or from its start."""
        return Schedule(
            kind=self.kind,  # type: ignore[arg-type]
            expression=self.expression,
            interval=None if self.interval_seconds is None else timedelta(seconds=self.interval_seconds),
            once_at=self.once_at,
            zone=self.zone,
            start_at=self.start_at,
            end_at=self.end_at,
            anchor=self.start_at or self.created_at,
        )
