"""Filters of lists that take several values: repeated in the address, or joined by commas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

MOST: Final = 200


class _Values(forms.Widget):
    def __init__(self, *, has_commas: bool) -> None:
        super().__init__()
        self.has_commas = has_commas

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        given = data.getlist(name)
        return [word for text in given for word in (text.split(",") if self.has_commas else [text]) if word]


class _SeveralField(forms.Field):
    def __init__(self, *, child: forms.Field, has_commas: bool, **options: Any) -> None:
        options["widget"] = _Values(has_commas=has_commas)
        super().__init__(**options)
        self.child = child

    def clean(self, value: list[str]) -> list[Any]:
        if len(value) > MOST:
            raise forms.ValidationError(
                _("At most %(most)d values can be given."), code="too_many", params={"most": MOST}
            )
        return [self.child.clean(word) for word in value]


class Several(filters.Filter):
    """Rows that have one of the values, each of which ``child`` takes; at most 200.

    has_commas: whether a comma parts two values, or may be part of one.
    """

    field_class = _SeveralField

    def __init__(self, child: forms.Field, *, has_commas: bool = True, **options: Any) -> None:
        super().__init__(lookup_expr="in", child=child, has_commas=has_commas, **options)
        described = {"type": "array", "items": _described(child)}
        if "help_text" in options:
            described["description"] = str(options["help_text"])
        extend_schema_field(described)(self)


def choices(pairs: Iterable[tuple[str, Any]]) -> forms.Field:
    """A child that takes the words of these choices."""
    return forms.ChoiceField(choices=list(pairs))


def _described(child: forms.Field) -> dict[str, Any]:
    match child:
        case forms.ChoiceField():
            return {"type": "string", "enum": [value for value, _label in child.choices]}
        case forms.UUIDField():
            return {"type": "string", "format": "uuid"}
        case _:
            return {"type": "string"}
