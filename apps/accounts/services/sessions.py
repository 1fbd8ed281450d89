"""Sessions of the web pages, ended by their owner from another one. Whoever holds the cookie is signed out at once."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.accounts.domain import agents
from apps.accounts.models import Session, User
from apps.audit import services as audit
from kernel.errors import NotFound


def end(session_id: UUID, *, owner: User) -> None:
    """Raises NotFound when it is not ``owner``'s, or is over."""
    with transaction.atomic():
        session = Session.objects.select_for_update(of=("self",)).filter(id=session_id, user=owner).first()
        if session is None:
            raise NotFound
        client = agents.read(session.agent)
        audit.record(
            action="session.ended",
            actor=owner,
            obj=owner,
            detail={
                "session": str(session.id),
                "ip": session.ip,
                "browser": client.browser,
                "system": client.system,
            },
        )
        session.delete()


def end_others(*, owner: User, keep: str) -> int:
    """End all but the one with the key ``keep``; returns how many."""
    with transaction.atomic():
        count = drop(owner, keep=keep)
        if count:
            audit.record(action="session.others_ended", actor=owner, obj=owner, detail={"count": count})
    return count


def drop(owner: User, *, keep: str = "") -> int:
    """End the sessions as a part of another deed, which the caller puts on record; returns how many."""
    count, _ = Session.objects.filter(user=owner).exclude(session_key=keep).delete()
    return count
