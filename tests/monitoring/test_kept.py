"""Figures that cost something are kept for a while, and never get in the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as Unreachable

from apps.monitoring.selectors.kept import FRESH_TIMES, kept


def taking(seconds: float) -> Callable[[], float]:
    """A clock that shows ``seconds`` more each time it is read."""
    ticks = count()
    return lambda: next(ticks) * seconds


def test_what_is_quick_to_find_is_always_that_of_now():
    found = count()

    assert [kept("n", lambda: next(found), clock=taking(0.001)) for _ in range(3)] == [0, 1, 2]


def test_what_cost_something_is_shown_again():
    found = count()

    assert [kept("n", lambda: next(found), clock=taking(1)) for _ in range(3)] == [0, 0, 0]
    assert kept("another", lambda: next(found), clock=taking(1)) == 1


def test_when_it_is_old_one_finds_it_anew_and_the_others_get_the_old_one(monkeypatch: pytest.MonkeyPatch):
    kept("n", lambda: "old", clock=taking(1))
    later = time.time() + FRESH_TIMES + 1
    monkeypatch.setattr(time, "time", lambda: later)

    def found_slowly() -> str:
        assert kept("n", lambda: "never") == "old"  # another request, meanwhile
        return "new"

    assert kept("n", found_slowly, clock=taking(1)) == "new"
    assert kept("n", lambda: "never") == "new"


def test_without_a_cache_it_is_found_each_time(monkeypatch: pytest.MonkeyPatch):
    def away(*_: object, **__: object) -> None:
        raise Unreachable

    for name in ("get", "set", "add"):
        monkeypatch.setattr(cache, name, away)
    found = count()

    assert [kept("n", lambda: next(found), clock=taking(1)) for _ in range(2)] == [0, 1]
