"""Runs that ended when and as a test wants, and figures that nobody keeps from one test to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache

from apps.jobs.domain.run_states import RunState, Source
from apps.jobs.models import Job, Run
from tests import factories

Ended = Callable[..., Run]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ended() -> Ended:
    """A run of a job that ended in a state at a time, after it had waited and lasted so long."""

    def make(
        job: Job,
        state: RunState,
        at: datetime,
        *,
        lasted: float = 1,
        waited: float = 0.1,
        failures: int = 0,
        source: Source = Source.MANUAL,
    ) -> Run:
        made = factories.run(job, source=source)
        has_run = state is not RunState.SKIPPED
        started = at - timedelta(seconds=lasted)
        Run.objects.filter(pk=made.pk).update(
            state=state.value,
            state_at=at,
            finished_at=at,
            started_at=started if has_run else None,
            queued_at=started - timedelta(seconds=waited),
            attempt=1 if has_run else 0,
            failures=failures,
            exit_reason="exit_code" if state is RunState.FAILED else "",
            exit_code=3 if state is RunState.FAILED else None,
        )
        made.refresh_from_db()
        return made

    return make
