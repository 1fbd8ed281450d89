"""The audit log in both admin sites: to read, to search, not to touch."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.audit.models import Entry
from kernel.sites import ReadOnlyAdmin, platform_site, tenant_site


@admin.register(Entry, site=platform_site)
@admin.register(Entry, site=tenant_site)
class EntryAdmin(ReadOnlyAdmin):
    icon = "history"
    list_display = ["at", "actor_name", "deed", "object_type", "object_name", "ip"]
    list_display_links = ["at"]
    list_filter = ["object_type", "action"]
    list_filter_submit = True
    search_fields = ["actor_name", "action", "object_name", "object_id", "request_id"]
    date_hierarchy = "at"
    fieldsets = [
        (None, {"fields": ["at", "action", "actor_name", "actor_id"]}),
        (_("Object"), {"fields": ["object_type", "object_name", "object_id", "shown_detail"]}),
        (_("Request"), {"fields": ["ip", "request_id"]}),
    ]
    show_full_result_count = False

    @display(description=_("action"), ordering="action", label=True)
    def deed(self, entry):
        return entry.action

    @admin.display(description=_("detail"))
    def shown_detail(self, entry):
        return format_html(
            '<pre class="whitespace-pre-wrap">{}</pre>',
            json.dumps(entry.detail, indent=2, ensure_ascii=False),
        )
