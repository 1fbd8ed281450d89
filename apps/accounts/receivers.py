"""Writes sign-ins into the audit log."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver

from apps.accounts.models import User
from apps.audit import services as audit


@receiver(user_logged_in)
def signed_in(user: User, **_: Any) -> None:
    audit.record(action="session.opened", actor=user, obj=user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(action="session.closed", actor=user, obj=user)


@receiver(user_locked_out)
def locked_out(username: str, **_: Any) -> None:
    """The name is what was typed: somebody's, nobody's, or a password in the wrong field. It is cut short."""
    audit.record(action="session.locked", actor=None, detail={"username": username[:3] + "…"})
