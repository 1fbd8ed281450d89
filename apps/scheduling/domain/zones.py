"""Time zones by name, with help for a name that is almost right."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from apps.scheduling.domain import errors
from kernel.errors import N_

_SUGGESTIONS: Final = 3
_OF_THIS_HOST: Final = {"localtime", "Factory"}  # not the same everywhere, so not a zone to store
_OFFSET: Final = re.compile(r"(?:UTC|GMT|Z)?\s*[+-]\s*[0-9]{1,2}(?::?[0-9]{2})?", re.ASCII | re.IGNORECASE)

# Names in daily use that the time zone database does not know, or that mean several places.
_KNOWN_AS: Final = {
    "beijing": ("Asia/Shanghai",),
    "asia/beijing": ("Asia/Shanghai",),
    "shenzhen": ("Asia/Shanghai",),
    "asia/shenzhen": ("Asia/Shanghai",),
    "china": ("Asia/Shanghai",),
    "china standard time": ("Asia/Shanghai",),
    "cst": ("Asia/Shanghai", "America/Chicago"),
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "pst": ("America/Los_Angeles",),
    "pdt": ("America/Los_Angeles",),
    "edt": ("America/New_York",),
    "cdt": ("America/Chicago",),
    "cest": ("Europe/Berlin",),
    "bst": ("Europe/London",),
    "jst": ("Asia/Tokyo",),
    "z": ("UTC",),
}


@lru_cache(maxsize=1024)
def get(name: str) -> ZoneInfo:
    """The zone of that name, from the system or from the tzdata wheel. Raises UnknownZone, with the nearest names."""
    # Asking ZoneInfo first would take "europe/berlin" from a file system blind to case, and then fail on another host.
    if name not in _names():
        raise _unknown(name)
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - _OF_THIS_HOST)


def _unknown(name: str) -> errors.UnknownZone:
    if not name.strip():
        return errors.UnknownZone(
            N_("There is no time zone. Write a name such as Europe/Berlin or Asia/Shanghai."), field="zone"
        )
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:60]) + "…" * (
        len(name) > 60
    )
    if _OFFSET.fullmatch(name.strip()):
        return errors.UnknownZone(
            N_(
                "%(zone)s is an offset, not a time zone: it would not follow daylight saving time. "
                "Write a name such as Europe/Berlin or Asia/Shanghai."
            ),
            field="zone",
            zone=shown,
        )
    near = _nearest(name)
    if not near:
        return errors.UnknownZone(field="zone", zone=shown)
    return errors.UnknownZone(
        N_("%(zone)s is not a time zone that is known here. Did you mean %(near)s?"),
        field="zone",
        zone=shown,
        near=", ".join(near),
    )


def _nearest(name: str) -> list[str]:
    wanted = name.strip().casefold().replace(" ", "_")
    if known := _KNOWN_AS.get(wanted.replace("_", " ")):
        return list(known)
    spelled = {zone.casefold(): zone for zone in sorted(_names())}
    if wanted in spelled:
        return [spelled[wanted]]
    cities = [zone for key, zone in spelled.items() if key.rpartition("/")[2] == wanted.rpartition("/")[2]]
    if cities:
        return cities[:_SUGGESTIONS]
    near = difflib.get_close_matches(wanted[:60], spelled, n=_SUGGESTIONS, cutoff=0.8)
    return [spelled[key] for key in near]
