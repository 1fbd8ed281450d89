"""django-celery-beat's tables on the platform's admin site, in its theme.

Solar and clocked schedules are left out: the platform's work is neither tied to the sun nor to one instant, and the
library for the first is not installed on every machine. A job of a tenant has triggers instead.
"""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_celery_beat.admin import PeriodicTaskAdmin as LibraryTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm as LibraryTaskForm
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from apps.audit.audited import Audited
from config.maintenance import CHORES
from kernel.sites import platform_site


class PeriodicTaskForm(LibraryTaskForm):
    """Offers what a worker of ours can do; the library's form takes any name, and the task then fails unseen."""

    regtask = None
    task = forms.ChoiceField(label=_("Task"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "task" in self.fields:
            names = {chore.task: gettext(chore.name) for chore in CHORES}
            if self.instance.pk:
                names.setdefault(self.instance.task, self.instance.task)
            self.fields["task"].choices = [(task, f"{name} ({task})") for task, name in names.items()]

    def clean(self):
        """The library's checks take it for granted that there is a task."""
        return super().clean() if "task" in self.cleaned_data else self.cleaned_data


@admin.register(PeriodicTask, site=platform_site)
class PeriodicTaskAdmin(Audited, LibraryTaskAdmin, ModelAdmin):
    icon = "cleaning_services"
    form = PeriodicTaskForm
    change_form_template = None
    change_list_template = None
    date_hierarchy = None
    list_display = ["shown_name", "enabled", "shown_schedule", "last_run_at", "total_run_count"]
    list_filter = ["enabled"]
    actions = ["enable_tasks", "disable_tasks"]
    fieldsets = [
        (None, {"fields": ["name", "task", "enabled", "what"]}),
        (_("When"), {"fields": ["interval", "crontab", "one_off", "start_time"]}),
        (_("Record"), {"fields": ["last_run_at", "total_run_count", "date_changed"]}),
    ]
    readonly_fields = ["what", "last_run_at", "total_run_count", "date_changed"]

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, task):
        return gettext(task.name)

    @admin.display(description=_("schedule"))
    def shown_schedule(self, task):
        return str(task.schedule) if task.interval is None else str(task.interval)

    @admin.display(description=_("what it does"))
    def what(self, task):
        return gettext(task.description) if task.description else "–"

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        return ModelAdmin.changeform_view(self, request, object_id, form_url, extra_context)

    def changelist_view(self, request, extra_context=None):
        return ModelAdmin.changelist_view(self, request, extra_context)

    def save_model(self, request, obj, form, change):
        obj.queue = obj.queue or "maintenance"
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable_tasks(self, request, queryset):
        self._switch(request, queryset, enabled=True)

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable_tasks(self, request, queryset):
        self._switch(request, queryset, enabled=False)

    def _switch(self, request, queryset, *, enabled):
        for task in queryset.exclude(enabled=enabled):
            self._record(request, task, "changed", {"fields": ["enabled"]})
        queryset.update(enabled=enabled)
        PeriodicTasks.update_changed()


class ScheduleAdmin(Audited, ModelAdmin):
    """A schedule that tasks use can't be deleted: the tasks would go with it."""

    def has_delete_permission(self, request, obj=None):
        if obj is not None and obj.periodictask_set.exists():
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


@admin.register(IntervalSchedule, site=platform_site)
class IntervalScheduleAdmin(ScheduleAdmin):
    icon = "timer"
    list_display = ["__str__", "every", "period"]


@admin.register(CrontabSchedule, site=platform_site)
class CrontabScheduleAdmin(ScheduleAdmin):
    icon = "calendar_month"
    list_display = ["__str__", "human_readable"]
    fields = ["minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"]
