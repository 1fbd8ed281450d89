"""What people changed, for those who are told: who sees it, and the name of who did it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.accounts.models import User
from apps.live.domain import messages
from apps.live.domain.bulletin import Change
from apps.live.selectors import rights

Known = Mapping[int, frozenset[str] | None]
Sight = dict[int, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Told:
    """A change. guard: the id of the object that it takes to see: the job's, or the datasource's."""

    is_of_job: bool
    guard: str
    text: str


def read(changes: Sequence[Change], jobs: Known, datasources: Known) -> tuple[list[Told], Sight, Sight]:
    """The changes as they go to clients, and who sees their jobs and their datasources.

    jobs, datasources: as ``news.read`` takes and gives them.
    """
    names = {
        user.pk: user.get_full_name() for user in User.objects.filter(pk__in={one.by for one in changes})
    }
    told = [
        Told(
            is_of_job=one.kind != "datasource",
            guard=one.job or one.id,
            text=messages.encode(
                {
                    "kind": one.kind,
                    "id": one.id,
                    "job": one.job,
                    "what": one.what,
                    "version": one.version,
                    "by": names.get(one.by, ""),
                    "at": one.at.replace("+00:00", "Z"),
                }
            ),
        )
        for one in changes
    ]
    of_jobs = {one.guard for one in told if one.is_of_job}
    of_datasources = {one.guard for one in told if not one.is_of_job}
    return (
        told,
        _asked(rights.SEE_JOBS, of_jobs, jobs),
        _asked(rights.SEE_DATASOURCES, of_datasources, datasources),
    )


def _asked(perm: str, ids: Iterable[str], known: Known) -> Sight:
    unknown = {user: frozenset(ids) - of_user for user, of_user in known.items() if of_user is not None}
    return {user: rights.sight(user, perm, asked) for user, asked in unknown.items() if asked}
