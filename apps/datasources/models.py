"""Databases outside the platform that SQL jobs run on."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.datasources.domain.kinds import Kind
from kernel.ids import new_id


class Datasource(models.Model):
    """How to reach one database, with which rights and within which limits.

    The password is a Fernet token (``kernel.crypto``); only services encrypt and decrypt it.
    """

    KINDS: ClassVar = [
        (Kind.POSTGRESQL.value, "PostgreSQL"),
        (Kind.MYSQL.value, "MySQL / MariaDB"),
        (Kind.SQLITE.value, "SQLite"),
    ]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=KINDS)
    host = models.CharField(_("host"), max_length=253, blank=True)
    port = models.PositiveIntegerField(
        _("port"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    database = models.CharField(_("database"), max_length=128, blank=True)
    username = models.CharField(_("user name"), max_length=128, blank=True)
    password_token = models.TextField(_("encrypted password"), blank=True, editable=False)
    path = models.CharField(
        _("file"),
        max_length=255,
        blank=True,
        help_text=_("SQLite only: the file's path inside the tenant's own folder."),
    )
    options = models.JSONField(_("options"), default=dict, blank=True)
    is_read_only = models.BooleanField(
        _("read only"), default=False, help_text=_("The server refuses every statement that writes.")
    )
    statement_timeout_seconds = models.PositiveIntegerField(
        _("statement timeout, seconds"),
        default=300,
        validators=[MinValueValidator(1), MaxValueValidator(86_400)],
    )
    max_rows = models.PositiveIntegerField(
        _("most rows of a result"),
        default=10_000,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
    )
    max_connections = models.PositiveSmallIntegerField(
        _("most connections of one worker process"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(32)],
    )
    tested_at = models.DateTimeField(_("last tested"), null=True, editable=False)
    test_code = models.CharField(
        _("outcome of the last test"),
        max_length=100,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_('"ok", or the code of the cause; empty before the first test of these settings.'),
    )
    test_message = models.JSONField(
        _("cause that the last test found"),
        default=dict,
        db_default={},
        blank=True,
        editable=False,
        help_text=_("A sentence for gettext and its parameters."),
    )
    test_server = models.CharField(
        _("server that answered the last test"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    test_latency_ms = models.FloatField(
        _("latency at the last test, milliseconds"), null=True, editable=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("datasource")
        verbose_name_plural = _("datasources")
        ordering: ClassVar = ["name", "pk"]
        permissions: ClassVar = [("use_datasource", "Can run SQL on a datasource")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="datasource_has_file_or_host",
                condition=Q(kind="sqlite", host="", port=None, username="", password_token="") & ~Q(path="")
                | (Q(path="", port__isnull=False) & ~Q(kind="sqlite") & ~Q(host="")),
            ),
            models.CheckConstraint(
                name="datasource_limits_are_positive",
                condition=Q(
                    statement_timeout_seconds__gte=1,
                    max_rows__gte=1,
                    max_connections__gte=1,
                ),
            ),
            models.CheckConstraint(
                name="datasource_test_has_time_and_outcome",
                condition=Q(tested_at=None, test_code="") | (Q(tested_at__isnull=False) & ~Q(test_code="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Datasource {self.pk} {self.kind}>"
