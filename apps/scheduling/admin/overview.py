"""All tenants' triggers on the platform's admin site: when they fire, not what they run."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.scheduling.admin.shown import ShownTrigger
from apps.scheduling.models import Trigger
from kernel.sites import ReadOnlyAdmin, platform_site


@admin.register(Trigger, site=platform_site)
class TriggerOverview(ShownTrigger, ReadOnlyAdmin):
    """Names and parameters of jobs are their tenant's own: here is only what the engine works with."""

    icon = "event_repeat"
    list_display = ["title", "tenant", "shown_words", "zone", "next_fire_at", "last_fire_at", "shown_state"]
    list_filter = [("tenant", admin.RelatedOnlyFieldListFilter), "kind", "is_paused", "is_muted"]
    list_select_related = ["tenant"]
    search_fields = ["expression", "tenant__name", "tenant__slug", "=job_id"]
    ordering = ["-id"]
    fields = [
        "tenant",
        "job_id",
        "kind",
        "expression",
        "interval_seconds",
        "once_at",
        "shown_words",
        "zone",
        "start_at",
        "end_at",
        "misfire",
        "state",
        "next_fire_at",
        "last_fire_at",
        "created_at",
        "updated_at",
    ]
    readonly_fields = fields

    def get_object(self, request, object_id, from_field=None):
        """Without its name, which would be the page's title."""
        trigger = super().get_object(request, object_id, from_field)
        if trigger is not None:
            trigger.name = ""
        return trigger

    @admin.display(description=_("schedule"), ordering="kind")
    def title(self, trigger):
        if trigger.kind == Trigger.Kind.CRON:
            return trigger.expression
        if trigger.kind == Trigger.Kind.INTERVAL:
            return gettext("%(seconds)d s") % {"seconds": trigger.interval_seconds}
        return gettext("once")
