"""Sentences that were stored when something happened, in the language of who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext


def render(template: object, params: object = None, *, translate: Callable[[str], str] = gettext) -> str:
    """The sentence with its parameters. Never raises: what does not fit is shown as it was stored."""
    if not isinstance(template, str) or not template:
        return ""
    words = params if isinstance(params, Mapping) else {}
    for sentence in (translate(template), template):
        try:
            return sentence % words if words else sentence.replace("%%", "%")
        except (KeyError, TypeError, ValueError):
            continue
    return template


def of(stored: Mapping[str, Any] | None) -> str:
    """The sentence of a stored ``{"template": …, "params": …}``; empty when there is none."""
    return render(stored.get("template"), stored.get("params")) if isinstance(stored, Mapping) else ""
