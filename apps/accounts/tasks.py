"""Celery tasks: each calls one service in every schema."""

from __future__ import annotations

from celery import shared_task

from apps.accounts.services import housekeeping
from apps.tenants.services import rounds


@shared_task(name="accounts.clear_sessions")
def clear_sessions(**_: object) -> None:
    rounds.go("sessions", housekeeping.clear_sessions, on_platform=True)


@shared_task(name="accounts.forget_tokens")
def forget_tokens(**_: object) -> None:
    rounds.go("tokens", housekeeping.forget_tokens, on_platform=True)


@shared_task(name="accounts.forget_sign_ins")
def forget_sign_ins(**_: object) -> None:
    rounds.go("sign-ins", housekeeping.forget_sign_ins, on_platform=True)
