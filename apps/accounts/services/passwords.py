"""Passwords: changed by who knows the old one."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.errors import WeakPassword, WrongPassword
from apps.accounts.models import User
from apps.accounts.services import sessions
from apps.audit import services as audit


def change(*, user: User, current: str, new: str, keep_session: str) -> None:
    """Set a new password; all sessions of the user end but the one with this key, which the caller renews.

    API tokens stay: they have their own expiry and their own page. Raises WrongPassword, WeakPassword
    (with the first reason).
    """
    if not user.check_password(current):
        raise WrongPassword(field="current_password")
    try:
        password_validation.validate_password(new, user)
    except ValidationError as error:
        raise WeakPassword(error.messages[0].replace("%", "%%"), field="new_password") from None
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        ended = sessions.drop(user, keep=keep_session)
        audit.record(action="user.password_changed", actor=user, obj=user, detail={"sessions_ended": ended})
