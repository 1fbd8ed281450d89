"""Why a run waits, in the reader's words."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.utils.timezone import localtime

from apps.jobs.models import Run
from apps.jobs.selectors import messages
from apps.queue.selectors import waiting


class WaitReason(TypedDict):
    code: str
    detail: str


def explain(run: Run) -> list[WaitReason]:
    """Every reason why a run is not running, the hardest first; empty when it runs or has ended."""
    return [
        WaitReason(
            code=reason.code,
            detail=messages.render(
                reason.template, {name: _plain(value) for name, value in reason.params.items()}
            ),
        )
        for reason in waiting.explain(run.pk)
    ]


def _plain(value: object) -> object:
    return f"{localtime(value):%Y-%m-%d %H:%M:%S %Z}" if isinstance(value, datetime) else value
