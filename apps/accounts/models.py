"""People and their keys. The tables are in every schema: a tenant's users are its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from kernel.ids import new_id
from kernel.zones import validate_zone


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox's auth_token_set
    """A person, or a program that acts under a name, in one tenant (or, in the public schema, on the platform).

    language, time_zone: empty means the tenant's. preferences: what was chosen of ``domain.preferences``.
    notices_read_at: what happened before this is no news to them.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("display name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True, choices=settings.LANGUAGES)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_zone])

    preferences = models.JSONField(_("preferences"), default=dict, db_default={}, blank=True, editable=False)
    notices_read_at = models.DateTimeField(_("notices read"), null=True, blank=True, editable=False)

    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class Session(AbstractBaseSession):
    """A browser in which somebody is signed in. Its key is the cookie, and opens everything: it is shown to nobody.

    id: by which its owner names it. ip, agent: from where, and with what, it was last used; empty when that is not
    known. last_seen_at: exact to a minute. user: None before signing in.
    """

    AGENT_LENGTH = 300

    id = models.UUIDField(unique=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions", verbose_name=_("user"))
    created_at = models.DateTimeField(_("signed in"), db_default=Now(), editable=False)
    last_seen_at = models.DateTimeField(_("last used"), db_default=Now(), editable=False)
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    agent = models.CharField(_("program"), max_length=AGENT_LENGTH, blank=True)

    class Meta(AbstractBaseSession.Meta):
        ordering = ["-id"]

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from apps.accounts.sessions import SessionStore

        return SessionStore

    def save(self, **options: Any) -> None:
        """A session that is written again keeps its name, its age and from where it was used."""
        if options.get("force_update"):
            options["update_fields"] = ["session_data", "expire_date", "user"]
        super().save(**options)


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """A key with which a program acts as its user, in that user's tenant only.

    Only a hash of the key is kept (``digest``) and its first characters (``token_key``), by which a
    person can tell which of their keys it is. The time of use is exact to a minute.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.CharField(max_length=128, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    expiry = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="accounts_apitoken_name_of_user"),
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A list as its user wants to see it again: the page's filters under a name.

    query: the part of the page's address after the question mark. position: among the views of the page.
    """

    class Page(models.TextChoices):
        JOBS = "jobs", _("jobs")
        RUNS = "runs", _("runs")

    QUERY_LENGTH = 2000

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="views", verbose_name=_("user"))
    page = models.CharField(_("page"), max_length=16, choices=Page.choices)
    name = models.CharField(_("name"), max_length=100)
    query = models.CharField(_("filters"), max_length=QUERY_LENGTH, blank=True)
    is_default = models.BooleanField(_("is shown first"), default=False)
    position = models.PositiveIntegerField(_("position"))

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["page", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="accounts_savedview_name_of_user"),
            models.UniqueConstraint(
                fields=["user", "page"],
                condition=models.Q(is_default=True),
                name="accounts_savedview_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name
