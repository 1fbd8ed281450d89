"""A state change is one guarded UPDATE with its event; a pair that is not in the table can't happen."""

from __future__ import annotations

from itertools import product
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.jobs.domain.run_states import SOURCES, TERMINAL, RunState
from apps.jobs.errors import StaleMove
from apps.jobs.models import Run, RunEvent
from apps.jobs.services import moves
from apps.jobs.signals import run_moved
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_in(acme):
    """A run put into a state by force, as only a test may."""

    def _run_in(state: RunState, attempt: int = 1) -> Run:
        run = factories.run()
        Run.objects.filter(pk=run.pk).update(
            state=state.value,
            attempt=attempt,
            finished_at=run.queued_at if state in TERMINAL else None,
        )
        run.refresh_from_db()
        return run

    return _run_in


@pytest.mark.parametrize(("source", "target"), list(product(RunState, RunState)))
def test_every_pair_of_states(run_in, source, target):
    run = run_in(source)
    events = run.events.count()

    if source in SOURCES[target]:
        moves.move(run.pk, to=target, attempt=1, job_id=run.job_id)
        run.refresh_from_db()
        assert run.state == target
        assert (run.finished_at is not None) == (target in TERMINAL)
        assert run.events.count() == events + 1
        assert run.event == run.events.latest("id").pk
    else:
        with pytest.raises(StaleMove):
            moves.move(run.pk, to=target, attempt=1, job_id=run.job_id)
        run.refresh_from_db()
        assert (run.state, run.events.count()) == (source, events)


def test_whoever_speaks_for_an_older_attempt_is_refused(run_in):
    run = run_in(RunState.RUNNING, attempt=2)

    with pytest.raises(StaleMove):
        moves.move(run.pk, to=RunState.SUCCEEDED, attempt=1, job_id=run.job_id)
    with pytest.raises(StaleMove):
        moves.start(run.pk, epoch=2, job_id=run.job_id, executor_id=uuid4(), executor_name="late")
    assert not run.attempts.exists()


def test_the_announcement_comes_after_commit_and_only_then(run_in, django_capture_on_commit_callbacks):
    run = run_in(RunState.RUNNING)
    heard: list[tuple[object, ...]] = []

    def listen(*, run_id, state, event_id, **_: object) -> None:
        heard.append((run_id, state, event_id))

    run_moved.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            moves.move(run.pk, to=RunState.SUCCEEDED, attempt=1, job_id=run.job_id)
            assert heard == []
        assert heard == [(run.pk, "succeeded", RunEvent.objects.latest("id").pk)]

        heard.clear()
        with django_capture_on_commit_callbacks(execute=True), pytest.raises(StaleMove):
            moves.move(run.pk, to=RunState.FAILED, attempt=1, job_id=run.job_id)
        assert heard == []
    finally:
        run_moved.disconnect(listen)


def test_the_database_ties_the_end_to_the_state(run_in):
    run = run_in(RunState.RUNNING)

    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state="succeeded")
