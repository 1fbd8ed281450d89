"""A run is asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.accounts.models import User
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Run
from apps.jobs.services import runs, trials


def request(
    run: Run, *, by: User, params: Mapping[str, Any] | None = None, priority: int | None = None
) -> Run:
    """Run the job again as it is today; a trial is tried again with the definition that it had.

    params: in place of the earlier run's. priority: the job's own when it is None.
    """
    params = run.params if params is None else params
    if run.source != Source.TRIAL:
        return runs.request(
            run.job, source=Source.RERUN, params=params, by=by, priority=priority, rerun_of=run
        )
    return trials.request(
        run.job,
        definition=run.version.definition,
        params=params,
        by=by,
        priority=priority,
        rerun_of=run,
    )
