"""What the web pages remember for a user, whichever browser they come with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

THEMES: Final = ("system", "light", "dark")
DENSITIES: Final = ("comfortable", "compact")
HOMES: Final = ("dashboard", "jobs", "runs", "datasources")

DEFAULTS: Final[Mapping[str, Any]] = {
    "theme": "system",
    "density": "comfortable",
    "home": "dashboard",
    "notify_failures": True,
}


def complete(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """All of them. What was stored under a name that is known no longer is left out."""
    return {name: chosen.get(name, default) for name, default in DEFAULTS.items()}
