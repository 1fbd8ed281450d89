"""Writing the audit log: always in the caller's transaction, so that deed and entry stand or fall together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models

from apps.audit.models import Entry


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the deeds of the current request come from; empty outside a request."""

    ip: str | None = None
    request_id: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=_NOWHERE)


@contextmanager
def origin(*, ip: str | None, request_id: str) -> Iterator[None]:
    """Everything recorded inside bears this address and request id."""
    token = _origin.set(Origin(ip, request_id))
    try:
        yield
    finally:
        _origin.reset(token)


def whence() -> Origin:
    """Where the current request comes from."""
    return _origin.get()


def record(
    *,
    action: str,
    actor: AbstractBaseUser | AnonymousUser | str | None,
    obj: models.Model | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """Write down a deed, in the schema that the connection is set to.

    action: "<noun>.<past participle>", such as "job.paused"; stable, for filters.
    actor:  a user, or a name for what is no user ("beat"), or None when nobody is known.
    obj:    what it was done to; name it before it is deleted, while it still has its id.
    detail: JSON values; never a secret, nobody can take it out again.
    """
    here = whence()
    actor_id, actor_name = _named(actor)
    return Entry.objects.create(
        action=action,
        actor_id=actor_id,
        actor_name=actor_name[:150],
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        object_name=str(obj)[:200] if obj is not None else "",
        detail=dict(detail or {}),
        ip=here.ip,
        request_id=here.request_id,
    )


def _named(actor: AbstractBaseUser | AnonymousUser | str | None) -> tuple[str, str]:
    if actor is None or isinstance(actor, AnonymousUser):
        return "", ""
    if isinstance(actor, str):
        return "", actor
    return str(actor.pk), actor.get_username()
