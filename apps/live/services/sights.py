"""Who sees what, as far as it was asked: so that a busy tenant's rights are read once in ten seconds, not per event."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

SIGHT_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Sight:
    """Which objects one user sees, as far as it was asked, and until when that counts."""

    until: float
    sees_all: bool = False
    seen: dict[str, bool] = field(default_factory=dict)


class Sights:
    """Of one kind of objects, by the ids of users and objects. Lives on the event loop."""

    def __init__(self) -> None:
        self._of: dict[int, _Sight] = {}

    def known(self, users: Iterable[int]) -> dict[int, frozenset[str] | None]:
        """For each user the objects about which nothing has to be asked; None: about none at all."""
        now = time.monotonic()
        self._of = {user: sight for user, sight in self._of.items() if sight.until > now}
        return {user: self._known(user) for user in users}

    def learn(self, answers: Mapping[int, frozenset[str] | None], asked: Iterable[str]) -> None:
        """answers: for each user those of the ``asked`` that they see; None: all that there are."""
        asked = list(asked)
        for user, seen in answers.items():
            sight = self._of.setdefault(user, _Sight(until=time.monotonic() + SIGHT_SECONDS))
            if seen is None:
                sight.sees_all = True
            else:
                for one in asked:
                    sight.seen.setdefault(one, one in seen)

    def sees(self, user: int, one: str) -> bool:
        sight = self._of.get(user)
        return sight is not None and (sight.sees_all or sight.seen.get(one, False))

    def _known(self, user: int) -> frozenset[str] | None:
        sight = self._of.get(user)
        if sight is None:
            return frozenset()
        return None if sight.sees_all else frozenset(sight.seen)
