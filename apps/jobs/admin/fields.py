"""Form fields of a job's definition: one for each of its entries, named by its path ("retry.on": retry_on)."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)


class TextField(forms.CharField):
    """Some lines of text, kept as typed; line ends are those of UNIX."""

    def __init__(self, *, rows: int = 4, is_code: bool = False, placeholder: str = "", **facts: Any) -> None:
        attrs: dict[str, Any] = {"rows": rows, "placeholder": placeholder}
        if is_code:
            attrs |= {"class": "jobs-code", "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}
        facts.setdefault("required", False)
        super().__init__(strip=False, widget=UnfoldAdminTextareaWidget(attrs=attrs), **facts)

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n")


class JsonField(forms.JSONField):
    """A JSON object, shown with its structure; empty means {}."""

    empty = dict

    def __init__(self, *, rows: int = 4, placeholder: str = "", **facts: Any) -> None:
        attrs = {
            "rows": rows,
            "placeholder": placeholder,
            "class": "jobs-code",
            "spellcheck": "false",
            "autocapitalize": "off",
        }
        super().__init__(required=False, widget=UnfoldAdminTextareaWidget(attrs=attrs), **facts)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return json.dumps(value, indent=2, ensure_ascii=False) if value else ""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return self.empty() if found is None else found


class WordsField(forms.CharField):
    """Words, separated by commas."""

    def __init__(self, *, placeholder: str = "", **facts: Any) -> None:
        facts.setdefault("help_text", _("Separated by commas."))
        widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder})
        super().__init__(required=False, widget=widget, **facts)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value).replace("，", ",")
        return [word.strip() for word in text.split(",") if word.strip()]


def line(label: str, *, placeholder: str = "", **facts: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder})
    return forms.CharField(label=label, required=False, widget=widget, **facts)


def whole(label: str, **facts: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, widget=UnfoldAdminIntegerFieldWidget, **facts)


def number(label: str, **facts: Any) -> forms.FloatField:
    widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    return forms.FloatField(label=label, required=False, widget=widget, **facts)


def switch(label: str, **facts: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget, **facts)


def choice(label: str, choices: Any, **facts: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, required=False, widget=UnfoldAdminSelectWidget, **facts
    )


def several(label: str, choices: Any, **facts: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, **facts
    )
