"""The form of a job: its facts and its definition, checked by the service that will write them."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.datasources.selectors import datasources
from apps.jobs.admin import fields, words
from apps.jobs.domain import definition as rules
from apps.jobs.domain.run_states import RETRYABLE
from apps.jobs.models import Job
from apps.jobs.services import jobs
from kernel.errors import DomainError

SCRIPT = ["source", "interpreter", "network"]
LIMITS = [f"limits_{name}" for name in rules.LIMITS]
SQL = ["datasource", "statement", "read_only", "max_rows"]
HTTP = [
    "method",
    "url",
    "headers",
    "body",
    "body_is_json",
    "expected_status",
    "follow_redirects",
    "verify_tls",
]
OF_KIND = {"python": SCRIPT, "shell": SCRIPT, "sql": SQL, "http": HTTP}
RETRY = [f"retry_{name}" for name in rules.RETRY]
PLACE = ["priority", "group", "required_tags", "max_running"]
_NOT_WRITTEN = {"retry": RETRY, "limits": LIMITS}  # entries of the definition that are several fields


class JobForm(forms.ModelForm):
    """Runs the service inside a savepoint to find out what is wrong; the page's own save repeats it for good."""

    tags = fields.WordsField(label=_("Tags"))

    source = fields.TextField(label=_("Script"), rows=22, is_code=True)
    interpreter = fields.line(
        _("Interpreter"),
        placeholder="/usr/bin/python3.12",
        help_text=_("An absolute path on the executor. Empty means the platform's own."),
    )
    network = fields.switch(_("Network"), initial=True, help_text=_("The script may reach the network."))
    limits_cpu_seconds = fields.whole(_("CPU time, seconds"))
    limits_memory_mb = fields.whole(_("Memory, MB"))
    limits_file_mb = fields.whole(_("One file, MB"))
    limits_open_files = fields.whole(_("Open files"))
    limits_processes = fields.whole(_("Processes"))
    limits_output_mb = fields.whole(_("Output, MB"))
    limits_disk_mb = fields.whole(_("All files, MB"), help_text=_("0 means no limit of that kind."))

    datasource = fields.choice(_("Datasource"), ())
    statement = fields.TextField(
        label=_("SQL"), rows=16, is_code=True, help_text=_("Parameters are written :name.")
    )
    read_only = fields.switch(_("Read only"), help_text=_("The server refuses every statement that writes."))
    max_rows = fields.whole(_("Most rows of the result"))

    method = fields.choice(_("Method"), [(word, word) for word in rules.HTTP_METHODS])
    url = fields.line(
        _("Address (URL)"),
        placeholder="https://example.com/hook",
        help_text=_("${name} in address, headers and body is the parameter of that name."),
    )
    headers = fields.JsonField(label=_("Headers"), rows=3, placeholder='{"Accept": "application/json"}')
    body = fields.TextField(label=_("Body"), rows=6, is_code=True)
    body_is_json = fields.switch(_("The body is JSON"), initial=True)
    expected_status = fields.WordsField(
        label=_("Expected status"), placeholder="200-299", help_text=_("Statuses or ranges, with commas.")
    )
    follow_redirects = fields.switch(_("Follow redirects"))
    verify_tls = fields.switch(_("Check certificates"), initial=True)

    parameters = fields.JsonField(
        label=_("Parameters"),
        rows=5,
        placeholder='{"properties": {"day": {"type": "string", "format": "date"}}, "required": ["day"]}',
        help_text=_("A JSON schema. It becomes the form that asks for the parameters of a run."),
    )
    env = fields.JsonField(label=_("Environment"), rows=3, placeholder='{"LANG": "C.UTF-8"}')

    timeout_seconds = fields.number(_("Timeout, seconds"))
    retry_strategy = fields.choice(
        _("Try again"),
        [
            ("none", _("never")),
            ("fixed", _("after a fixed wait")),
            ("linear", _("after waits that grow evenly")),
            ("exponential", _("after waits that double, with jitter")),
        ],
    )
    retry_max_attempts = fields.whole(_("Tries in all"))
    retry_base_seconds = fields.number(_("First wait, seconds"))
    retry_cap_seconds = fields.number(_("Longest wait, seconds"))
    retry_on = fields.several(
        _("When it ended by"), [(word.value, words.REASONS[word.value]) for word in RETRYABLE]
    )

    priority = fields.choice(_("Priority"), [(n, str(n)) for n in range(1, 10)], help_text=_("9 goes first."))
    group = fields.line(_("Executor group"))
    required_tags = fields.WordsField(
        label=_("Required tags"), help_text=_("Only executors that carry all of them run it.")
    )
    max_running = fields.whole(
        _("At most at once"), help_text=_("Runs of this job at the same time. Empty means no limit.")
    )
    note = fields.line(
        _("Note"), max_length=500, help_text=_("What is new in this version; the history shows it.")
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Job
        fields = ["name", "kind", "description"]
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    user = None  # set by the page

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        self.current = {} if self.is_new else self.instance.version.definition
        self._offer_datasources()
        self.initial = {**_spread(self.current or _defaults()), **self.initial}
        if not self.is_new:
            self.initial["tags"] = self.instance.tags
            self.initial["expected_version"] = self.instance.version.number
            if "kind" in self.fields:  # not on the page of who only reads
                self.fields["kind"].disabled = True

    def _offer_datasources(self) -> None:
        usable = [(str(row.pk), row.name) for row in datasources.usable_by(self.user).order_by("name")]
        kept = self.current.get("datasource")
        if kept and kept not in dict(usable):
            usable.append((kept, _("(one that isn't open to you)")))
        self.fields["datasource"].choices = [("", _("Select value")), *usable]

    def clean_body(self) -> str:
        """Checked here, so that the sentence stands at the field."""
        text = self.cleaned_data["body"]
        if self.data.get("body_is_json") and self.data.get("kind", self.initial.get("kind")) == "http":
            try:
                json.loads(text or "null")
            except ValueError as error:
                raise forms.ValidationError(
                    _("This is not JSON: %(reason)s"), params={"reason": error}
                ) from None
        return text

    def definition(self) -> dict[str, Any]:
        """What was typed, without the fields that the page hides for this kind, and without empty ones."""
        given = self.cleaned_data
        kind = given["kind"]
        names = [*OF_KIND[kind], "parameters", "env", "timeout_seconds", *PLACE]
        made = {name: given[name] for name in names if given.get(name) not in (None, "")}
        made["priority"] = int(given["priority"] or 5)
        made["retry"] = {
            name.removeprefix("retry_"): given[name] for name in RETRY if given[name] not in (None, "")
        }
        made["retry"]["on"] = sorted(given["retry_on"])
        if kind in ("python", "shell"):
            made["limits"] = {
                name.removeprefix("limits_"): given[name] for name in LIMITS if given[name] is not None
            }
        if kind == "http":
            is_json = made.pop("body_is_json")
            text = made.pop("body", "")
            made["body"] = json.loads(text) if is_json and text.strip() else (text or None)
        # 10 and 10.0 are the same number, but would be two versions
        return {name: self._as_stored(name, value) for name, value in made.items()}

    def _as_stored(self, name: str, value: Any) -> Any:
        kept = self.current.get(name)
        return kept if name in self.current and kept == value else value

    def write(self) -> Job:
        given, definition = self.cleaned_data, self.definition()
        facts = {"description": given["description"], "tags": sorted(set(given["tags"]))}
        if self.is_new:
            return jobs.create(
                name=given["name"],
                kind=given["kind"],
                definition=definition,
                by=self.user,
                note=given["note"],
                **facts,
            )
        return jobs.save(
            self.instance.pk,
            by=self.user,
            definition=definition,
            note=given["note"],
            expected_version=given["expected_version"],
            name=given["name"].strip(),
            **facts,
        )

    def save(self, commit: bool = True) -> Job:
        """The service writes, whatever ``commit`` says: the page calls this within its own transaction."""
        self.instance = self.write()
        self.save_m2m = lambda: None
        return self.instance

    def _post_clean(self) -> None:
        """In place of the model's own checks, which know less than the service."""
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.write()
                transaction.set_rollback(True)
        except DomainError as error:
            field = (error.field or "").replace(".", "_")
            self.add_error(field if field in self.fields else None, error.render(gettext))


def _defaults() -> dict[str, Any]:
    """Everything that a new job of any kind starts with."""
    script = rules.complete("python", {"source": "-"})
    http = rules.complete("http", {"url": "http://-"})
    return {**http, **script, "source": "", "url": "", "read_only": False, "max_rows": 10_000}


def _spread(stored: dict[str, Any]) -> dict[str, Any]:
    """The initial values of the fields from a stored definition."""
    flat = {name: value for name, value in stored.items() if name not in _NOT_WRITTEN}
    for name in _NOT_WRITTEN:
        flat.update({f"{name}_{key}": value for key, value in stored.get(name, {}).items()})
    if "body" in stored:
        body = stored["body"]
        flat["body_is_json"] = not isinstance(body, str)
        flat["body"] = (
            body
            if isinstance(body, str)
            else ""
            if body is None
            else json.dumps(body, indent=2, ensure_ascii=False)
        )
    return flat
