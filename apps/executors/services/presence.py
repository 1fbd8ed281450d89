"""An executor registers, says that it lives, and leaves; one that falls silent is marked lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from apps.executors.models import Executor

FORGET_AFTER = timedelta(days=1)


def register(
    *, name: str, group: str, tags: Sequence[str], slots: int, facts: Mapping[str, object]
) -> Executor:
    """Add this process to the cluster."""
    return Executor.objects.create(
        name=name, group=group, tags=sorted(set(tags)), slots=slots, facts=dict(facts)
    )


def beat(executor_id: UUID, *, busy: int) -> bool:
    """Say that the executor lives. False when it had been given up for lost: it is online again."""
    was_known = Executor.objects.filter(
        pk=executor_id, state__in=[Executor.State.ONLINE, Executor.State.DRAINING]
    ).update(seen_at=Now(), busy=busy)
    if was_known:
        return True
    Executor.objects.filter(pk=executor_id, state=Executor.State.LOST).update(
        seen_at=Now(), busy=busy, state=Executor.State.ONLINE
    )
    return False


def drain(executor_id: UUID) -> None:
    """The executor takes no more work; it finishes what it holds."""
    Executor.objects.filter(pk=executor_id, state=Executor.State.ONLINE).update(state=Executor.State.DRAINING)


def resume(executor_id: UUID) -> None:
    """A drained executor takes work again."""
    Executor.objects.filter(pk=executor_id, state=Executor.State.DRAINING).update(state=Executor.State.ONLINE)


def takes_work(executor_id: UUID) -> bool:
    """Whether it is not being drained. What it holds goes on either way."""
    return not Executor.objects.filter(pk=executor_id, state=Executor.State.DRAINING).exists()


def leave(executor_id: UUID) -> None:
    """The executor has stopped in good order."""
    Executor.objects.filter(pk=executor_id).update(state=Executor.State.STOPPED, seen_at=Now(), busy=0)


def reap(*, silent_for: timedelta) -> int:
    """Mark the executors lost that were silent for so long, forget those gone for a day. Returns the lost."""
    lost = Executor.objects.filter(
        state__in=[Executor.State.ONLINE, Executor.State.DRAINING], seen_at__lt=Now() - silent_for
    ).update(state=Executor.State.LOST, busy=0)
    Executor.objects.filter(
        state__in=[Executor.State.LOST, Executor.State.STOPPED], seen_at__lt=Now() - FORGET_AFTER
    ).delete()
    return lost
