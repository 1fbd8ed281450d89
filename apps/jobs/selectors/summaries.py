"""How many jobs of which sort there are."""

from __future__ import annotations

from collections import Counter
from typing import Final, TypedDict, TypeVar

from django.db.models import Count, F, Func, QuerySet

from apps.jobs.models import Job

MOST: Final = 100
T = TypeVar("T")


class Summary(TypedDict):
    total: int
    paused: int
    tags: list[dict[str, object]]
    owners: list[dict[str, object]]
    kinds: list[dict[str, object]]


class _Unnest(Func):
    function = "unnest"
    set_returning = True


def of(rows: QuerySet[Job]) -> Summary:
    """What the jobs are like, in two queries; of each sort the largest groups, 100 at most."""
    plain = rows.order_by().select_related(None).defer(None)
    groups = list(
        plain.values_list("kind", "is_paused", "owner__username")
        .annotate(count=Count("pk"))
        .values_list("kind", "is_paused", "owner__username", "count")
    )
    kinds, owners = Counter[str](), Counter[str | None]()
    for kind, _, owner, count in groups:
        kinds[kind] += count
        owners[owner] += count
    tags = (
        plain.annotate(tag=_Unnest(F("tags")))
        .values("tag")
        .annotate(count=Count("pk"))
        .order_by("-count", "tag")
        .values("tag", "count")[:MOST]
    )
    return Summary(
        total=kinds.total(),
        paused=sum(count for _, is_paused, _, count in groups if is_paused),
        tags=[dict(row) for row in tags],
        owners=[{"owner": name, "count": count} for name, count in _largest(owners)],
        kinds=[{"kind": name, "count": count} for name, count in _largest(kinds)],
    )


def _largest(counts: Counter[T]) -> list[tuple[T, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0] or "")))[:MOST]
