"""The machines: one row per worker process that has lately said that it lives."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id


class Executor(models.Model):
    """A worker process that runs attempts. Its row outlives it for a while, so that a loss can be seen."""

    class State(models.TextChoices):
        ONLINE = "online", _("online")
        DRAINING = "draining", _("draining")
        LOST = "lost", _("lost")
        STOPPED = "stopped", _("stopped")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=255, help_text=_("Host and process number."))
    group = models.CharField(_("group"), max_length=63, default="default")
    tags = ArrayField(models.CharField(max_length=63), verbose_name=_("tags"), default=list, blank=True)
    slots = models.PositiveIntegerField(_("slots"), help_text=_("Attempts that it runs at once."))
    busy = models.PositiveIntegerField(_("busy slots"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ONLINE)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    seen_at = models.DateTimeField(_("last seen"), db_default=Now())
    facts = models.JSONField(
        _("facts"), default=dict, blank=True, help_text=_("Versions, sandbox protections, memory.")
    )

    class Meta:
        verbose_name = _("executor")
        verbose_name_plural = _("executors")
        ordering = ["group", "name", "id"]
        indexes = [models.Index(fields=["state", "group"], name="executors_by_state")]

    def __str__(self) -> str:
        return self.name
