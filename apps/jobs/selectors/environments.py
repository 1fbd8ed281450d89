"""What a script finds in its environment, and what of it may be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from apps.jobs.domain import masking
from apps.jobs.models import Job, Run
from apps.tenants.models import Tenant
from apps.tenants.services import folders


def of(run: Run, *, attempt: int, tenant: Tenant) -> dict[str, str]:
    """Its parameters, who it is, the job's own variables; besides these, it knows only where its own folder is.

    A parameter ``day`` is JIEPAI_PARAM_DAY, as text; all of them are JSON in JIEPAI_PARAMS.
    """
    return _made(run, run.version.definition["env"], run.params, attempt=attempt, tenant=tenant)


def shown(run: Run, *, tenant: Tenant) -> dict[str, str]:
    """The environment of the run's latest attempt, or its first; likely secrets are masked. Empty for SQL and HTTP."""
    if run.job.kind not in (Job.Kind.PYTHON, Job.Kind.SHELL):
        return {}
    own = masking.values(run.version.definition["env"])
    params = {name: masking.MASK if masking.is_secret(name) else value for name, value in run.params.items()}
    return _made(run, own, params, attempt=run.attempt or 1, tenant=tenant)


def definition_shown(run: Run) -> dict[str, Any]:
    """The definition that the run used; the same secrets are masked in it."""
    definition: dict[str, Any] = dict(run.version.definition)
    definition["env"] = masking.values(definition["env"])
    if run.job.kind == Job.Kind.HTTP:
        definition["headers"] = dict(masking.headers(definition["headers"].items()))
        definition["url"] = masking.url(definition["url"])
    return definition


def _made(
    run: Run, own: Mapping[str, str], params: Mapping[str, Any], *, attempt: int, tenant: Tenant
) -> dict[str, str]:
    scheduled_for = run.scheduled_for or run.queued_at
    return {
        **own,
        "JIEPAI_RUN_ID": str(run.pk),
        "JIEPAI_ATTEMPT": str(attempt),
        "JIEPAI_JOB": run.job.name,
        "JIEPAI_TENANT": tenant.slug,
        "JIEPAI_SCHEDULED_FOR": scheduled_for.isoformat(),
        "JIEPAI_FILES": str(folders.of(tenant)),
        "JIEPAI_PARAMS": json.dumps(params, ensure_ascii=False),
        **{f"JIEPAI_PARAM_{name.upper()}": _text(value) for name, value in params.items()},
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
