"""The form of a trigger: the service judges it, the preview shows what it means."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import available_timezones

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextareaWidget

from apps.accounts.selectors import visible
from apps.jobs.models import Job
from apps.jobs.selectors import jobs
from apps.scheduling.domain.errors import ScheduleError
from apps.scheduling.domain.schedules import Schedule
from apps.scheduling.models import Trigger
from apps.scheduling.selectors import previews
from apps.scheduling.services import triggers
from kernel.clock import database_now
from kernel.errors import DomainError

PREVIEW = "_preview"


class TriggerForm(forms.ModelForm):
    """Runs the service inside a savepoint to find out what is wrong; the page's own save repeats it for good.

    Sent with the preview's button it is never valid, whatever it holds: the page is shown again, and nothing
    is written.
    """

    job = forms.ModelChoiceField(
        label=_("Job"),
        queryset=Job.objects.none(),
        widget=UnfoldAdminSelect2Widget,
        help_text=_("Those that you may change."),
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
        widget=UnfoldAdminSelect2Widget,
        help_text=_("All times on this page are in it."),
    )

    class Meta:
        model = Trigger
        fields = triggers.FIELDS
        widgets = {"params": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    user = None  # set by the page

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_preview = PREVIEW in self.data
        if not self.instance._state.adding:
            self.fields.pop("job", None)  # a trigger stays with its job
        else:
            self.fields["job"].queryset = visible(jobs.visible_to(self.user), self.user, "jobs.change_job")
            self.fields["job"].required = not self.is_preview

    def clean_params(self):
        return self.cleaned_data["params"] or {}

    def is_valid(self):
        return super().is_valid() and not self.is_preview

    def facts(self):
        """Without what was typed into fields that the page hides for this kind."""
        facts = {name: self.cleaned_data[name] for name in triggers.FIELDS}
        if facts["kind"] != Trigger.Kind.CRON:
            facts["expression"] = ""
        if facts["kind"] != Trigger.Kind.INTERVAL:
            facts["interval_seconds"] = None
        if facts["kind"] != Trigger.Kind.ONCE:
            facts["once_at"] = None
        return facts

    def write(self):
        if self.instance._state.adding:
            return triggers.create(job_id=self.cleaned_data["job"].pk, by=self.user, **self.facts())
        return triggers.save(self.instance.pk, by=self.user, **self.facts())

    def save(self, commit=True):
        """The service writes, whatever ``commit`` says: the page calls this within its own transaction."""
        self.instance = self.write()
        self.save_m2m = lambda: None
        return self.instance

    def _post_clean(self):
        """In place of the model's own checks, which know less than the service."""
        if self.errors:
            return
        try:
            if self.is_preview:
                previews.check(self.schedule())
                return
            with transaction.atomic():
                self.write()
                transaction.set_rollback(True)
        except DomainError as error:
            field = (error.field or "").partition(".")[0]
            self.add_error(field if field in self.fields else None, error.render(gettext))

    def schedule(self):
        """The schedule that the form describes. Raises KeyError for a field that is wrong."""
        facts = self.facts()
        made_at = database_now() if self.instance._state.adding else self.instance.created_at
        seconds = facts["interval_seconds"]
        return Schedule(
            kind=facts["kind"],
            expression=facts["expression"],
            interval=None if seconds is None else timedelta(seconds=seconds),
            once_at=facts["once_at"],
            zone=facts["zone"],
            start_at=facts["start_at"],
            end_at=facts["end_at"],
            anchor=facts["start_at"] or made_at,
        )

    def preview(self):
        """The next fires of what the form holds, or None while that makes no schedule."""
        try:
            schedule = self.schedule() if self.is_bound else self.instance.schedule
            return previews.preview(schedule, after=database_now(), count=10, translate=gettext)
        except (ScheduleError, KeyError):
            return None
