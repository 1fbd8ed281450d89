"""Executors on the platform's admin site: read-only, but for taking one out of service and putting it back."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from apps.audit import services as audit
from apps.executors.models import Executor
from apps.executors.services import presence
from kernel.sites import ReadOnlyAdmin, platform_site

State = Executor.State


@admin.register(Executor, site=platform_site)
class ExecutorAdmin(ReadOnlyAdmin):
    icon = "memory"
    list_display = ["name", "group", "shown_tags", "load", "shown_state", "seen_at", "started_at"]
    list_filter = ["state", "group"]
    search_fields = ["name", "group"]
    ordering = ["group", "name", "id"]
    actions = ["drain", "put_back"]
    fields = ["name", "group", "shown_tags", "state", "slots", "busy", "seen_at", "started_at", "shown_facts"]
    readonly_fields = fields

    @admin.display(description=_("tags"))
    def shown_tags(self, executor):
        return ", ".join(executor.tags) or "–"

    @admin.display(description=_("busy slots"), ordering="busy")
    def load(self, executor):
        return f"{executor.busy} / {executor.slots}"

    @display(
        description=_("state"),
        ordering="state",
        label={
            State.ONLINE: "success",
            State.DRAINING: "warning",
            State.LOST: "danger",
            State.STOPPED: "info",
        },
    )
    def shown_state(self, executor):
        return executor.state, executor.get_state_display()

    @admin.display(description=_("facts"))
    def shown_facts(self, executor):
        rows = [
            format_html("<tr><td class='pr-6 align-top'>{}</td><td>{}</td></tr>", name, value)
            for name, value in sorted(_flat(executor.facts))
        ]
        return (
            format_html("<table>{}</table>", format_html("".join(["{}"] * len(rows)), *rows)) if rows else "–"
        )

    def has_operate_permission(self, request):
        return request.user.is_active and request.user.has_perm("executors.change_executor")

    @admin.action(description=_("Drain: take no more work, finish what is running"), permissions=["operate"])
    def drain(self, request, queryset):
        done = self._each(request, queryset.filter(state=State.ONLINE), presence.drain, "executor.drained")
        self.message_user(
            request, ngettext("%d executor is drained.", "%d executors are drained.", done) % done
        )

    @admin.action(description=_("Put back online"), permissions=["operate"])
    def put_back(self, request, queryset):
        done = self._each(request, queryset.filter(state=State.DRAINING), presence.resume, "executor.resumed")
        self.message_user(
            request, ngettext("%d executor is online.", "%d executors are online.", done) % done
        )

    def _each(self, request, queryset, deed, name):
        rows = list(queryset)
        for executor in rows:
            deed(executor.pk)
            audit.record(action=name, actor=request.user, obj=executor)
        return len(rows)


def _flat(facts, path=""):
    for name, value in facts.items():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict):
            yield from _flat(value, here)
        else:
            yield here, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
