"""What is asked before a job runs: its parameters, as its JSON schema describes them."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSingleDateWidget

from apps.jobs.admin import fields
from apps.jobs.domain import definition as rules
from apps.jobs.models import Job
from kernel.errors import DomainError

_PREFIX = "param_"


class RunForm(BaseDialogForm):
    """One field for each parameter; what is left empty takes the schema's default, or is left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        job = Job.objects.select_related("version").filter(pk=self.object_id).first()
        definition = job.version.definition if job is not None and job.version is not None else {}
        self.schema = definition.get("parameters", {})
        required = set(self.schema.get("required", ()))
        for name, rule in self.schema.get("properties", {}).items():
            self.fields[_PREFIX + name] = _field(name, rule if isinstance(rule, dict) else {})
            self.fields[_PREFIX + name].label_suffix = ""
            if name in required and "default" not in (rule if isinstance(rule, dict) else {}):
                self.fields[_PREFIX + name].label += " *"
        if self.schema.get("additionalProperties"):
            self.fields["more"] = fields.JsonField(
                label=_("More parameters"), rows=3, help_text=_("A JSON object.")
            )
        self.fields["priority"] = fields.choice(
            _("Priority"), [(n, str(n)) for n in range(1, 10)], initial=definition.get("priority", 5)
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.errors:
            return given
        params = dict(given.get("more") or {})
        for name in self.schema.get("properties", {}):
            value = given.get(_PREFIX + name)
            if value not in (None, ""):
                params[name] = value
        try:
            given["params"] = rules.parameters(self.schema, params)
        except DomainError as error:
            field = _PREFIX + (error.field or "").removeprefix("params.").split(".")[0]
            self.add_error(field if field in self.fields else None, error.render(gettext))
        return given


class _Whatever(fields.JsonField):
    empty = staticmethod(lambda: None)


def _field(name: str, rule: dict[str, Any]) -> forms.Field:
    facts = {
        "label": str(rule.get("title") or name),
        "help_text": str(rule.get("description") or ""),
        "initial": rule.get("default"),
    }
    if isinstance(rule.get("enum"), list):
        return _Choice(rule["enum"], **facts)
    match rule.get("type"):
        case "string" if rule.get("format") == "date":
            return forms.CharField(
                required=False, widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}), **facts
            )
        case "string":
            return fields.line(**facts)
        case "integer":
            return fields.whole(**facts)
        case "number":
            return fields.number(**facts)
        case "boolean":
            return fields.switch(**facts)
    return _Whatever(rows=2, **{**facts, "help_text": facts["help_text"] or _("JSON.")})


class _Choice(forms.TypedChoiceField):
    """One of the schema's values, whatever their type."""

    def __init__(self, values: list[Any], **facts: Any) -> None:
        chosen = facts.pop("initial")
        options = [(json.dumps(value), str(value)) for value in values]
        super().__init__(
            choices=[("", "–"), *options],
            coerce=json.loads,
            empty_value=None,
            required=False,
            initial=None if chosen is None else json.dumps(chosen),
            widget=fields.UnfoldAdminSelectWidget,
            **facts,
        )
