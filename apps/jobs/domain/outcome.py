"""How an attempt ended, whatever ran it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.jobs.domain.run_states import Reason
from kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Outcome:
    """reason: NONE for success. template, params: a sentence for gettext that says more.

    result: JSON-able, handed back by the script or the query. rows_csv: gzip-compressed CSV of a query's rows.
    """

    reason: Reason = Reason.NONE
    exit_code: int | None = None
    exit_signal: str = ""
    template: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    rows_csv: bytes | None = None
    cpu_seconds: float | None = None
    max_rss_bytes: int | None = None

    @property
    def has_succeeded(self) -> bool:
        return self.reason is Reason.NONE

    @property
    def message(self) -> dict[str, Any]:
        """The sentence as it is stored; empty when there is none."""
        if not self.template:
            return {}
        return {"template": self.template, "params": {k: _plain(v) for k, v in self.params.items()}}

    @classmethod
    def of_error(cls, error: DomainError, reason: Reason) -> Outcome:
        return cls(
            reason=reason,
            template=error.sentence,
            params={**error.params, "code": error.code},
        )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | bool | None) else str(value)
