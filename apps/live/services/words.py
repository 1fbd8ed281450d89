"""Sentences for whoever listens."""

from __future__ import annotations

from django.utils import translation

from kernel.errors import DomainError


def said(error: DomainError, *, language: str) -> str:
    with translation.override(language):
        return error.render(translation.gettext)
