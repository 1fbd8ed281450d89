"""The language and the time zone that a request is answered in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone, translation

from apps.accounts.models import User


def zone_of(user: User | AnonymousUser, *, tenant_zone: str) -> str:
    """The user's own time zone, else the tenant's."""
    return getattr(user, "time_zone", "") or tenant_zone or settings.TIME_ZONE


def apply(user: User | AnonymousUser, *, tenant_zone: str) -> None:
    """Answer this thread's request as the user likes it; without a choice, in the browser's language."""
    timezone.activate(ZoneInfo(zone_of(user, tenant_zone=tenant_zone)))
    if language := getattr(user, "language", ""):
        translation.activate(language)
