"""The live work: one row per run that waits or runs, and the counters that cap what may run at once.

A row leaves when its run ends, so these tables stay small whatever the history. Only this app's services
write here.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class WorkItem(models.Model):
    """A run that waits for an executor, or is held by one.

    Items with the same tenant, tags and limits form a *lane*: when the first of them can't go, none can.
    """

    class State(models.TextChoices):
        DELAYED = "delayed", _("delayed")
        WAITING = "waiting", _("waiting")
        LEASED = "leased", _("leased")

    run_id = models.UUIDField(_("run"), primary_key=True)
    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, related_name="+", db_index=False)
    job_id = models.UUIDField(_("job"))
    group = models.CharField(_("executor group"), max_length=63)
    tags = ArrayField(models.CharField(max_length=63), verbose_name=_("tags"), default=list, blank=True)
    lane = models.CharField(_("lane"), max_length=32, blank=True, default="")
    priority = models.PositiveSmallIntegerField(_("priority"), default=5)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    available_at = models.DateTimeField(_("available from"))
    enqueued_at = models.DateTimeField(_("enqueued"), db_default=Now())
    limits = ArrayField(models.CharField(max_length=200), verbose_name=_("limits"), default=list, blank=True)
    epoch = models.PositiveIntegerField(_("epoch"), default=0)
    lease_owner = models.UUIDField(_("held by"), null=True, blank=True)
    lease_until = models.DateTimeField(_("lease ends"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(_("cancel requested"), null=True, blank=True)
    cancel_requested_by = models.CharField(_("cancel requested by"), max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        ordering = ["run_id"]
        indexes = [
            models.Index(
                F("group"),
                F("tenant"),
                F("lane"),
                F("priority").desc(),
                F("enqueued_at"),
                F("run_id"),
                condition=Q(state="waiting"),
                name="queue_waiting",
            ),
            models.Index(fields=["available_at"], condition=Q(state="delayed"), name="queue_delayed"),
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="queue_leased"),
            models.Index(fields=["tenant", "job_id"], name="queue_of_job"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(priority__gte=1, priority__lte=9), name="queue_priority"),
            models.CheckConstraint(
                condition=Q(state="leased", lease_owner__isnull=False, lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_owner__isnull=True, lease_until__isnull=True)),
                name="queue_lease_has_owner",
            ),
        ]

    def __str__(self) -> str:
        return str(self.run_id)


class Limit(models.Model):
    """A counter: how many leased work items count against a key, and how many may."""

    key = models.CharField(_("key"), primary_key=True, max_length=200)
    cap = models.PositiveIntegerField(_("cap"), null=True, blank=True, help_text=_("Empty: no limit."))
    used = models.PositiveIntegerField(_("used"), default=0)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ["key"]

    def __str__(self) -> str:
        return f"{self.key} {self.used}/{'∞' if self.cap is None else self.cap}"
