"""What to run, versioned."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id


class Job(models.Model):
    """A named thing to run. What exactly it runs is in its current version."""

    class Kind(models.TextChoices):
        PYTHON = "python", _("Python script")
        SHELL = "shell", _("Shell script")
        SQL = "sql", _("SQL")
        HTTP = "http", _("HTTP request")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    description = models.TextField(_("description"), blank=True, default="")
    tags = ArrayField(models.CharField(max_length=50), verbose_name=_("tags"), default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("owner"),
    )
    is_paused = models.BooleanField(
        _("paused"), default=False, help_text=_("A paused job isn't fired by its triggers.")
    )
    version = models.ForeignKey(
        "jobs.JobVersion",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("current version"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["name", "id"]
        permissions = [
            ("operate_job", _("Can run, pause and cancel a job")),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(deleted_at__isnull=True), name="jobs_one_live_job_of_a_name"
            )
        ]
        indexes = [
            models.Index(
                fields=["name", "id"], condition=Q(deleted_at__isnull=True), name="jobs_live_by_name"
            ),
            models.Index(
                fields=["updated_at", "id"], condition=Q(deleted_at__isnull=True), name="jobs_live_by_change"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JobVersion(models.Model):
    """What a job was at one save. It never changes: a run pins the one that it started with.

    Number 0 is a trial: a definition that somebody ran before saving it. It is never current, and no list of versions
    has it.
    """

    TRIAL = 0

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="versions", verbose_name=_("job"))
    number = models.PositiveIntegerField(_("number"))
    definition = models.JSONField(_("definition"))
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("SHA-256 of the definition."))
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("job version")
        verbose_name_plural = _("job versions")
        ordering = ["job", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "number"], condition=Q(number__gt=0), name="jobs_number_of_a_version"
            )
        ]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def is_trial(self) -> bool:
        return self.number == self.TRIAL
