"""The live work on the platform's admin site. Rows are the engine's; only the cap of a limit is a person's to set."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import CharField, F, Func, OuterRef, Subquery, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.audit import services as audit
from apps.queue.models import Limit, WorkItem
from apps.queue.selectors import waiting
from apps.queue.services import limits
from apps.tenants.models import Tenant
from kernel.sites import ReadOnlyAdmin, platform_site

State = WorkItem.State


@admin.register(WorkItem, site=platform_site)
class WorkItemAdmin(ReadOnlyAdmin):
    """No button stops a run here: to cancel is a decision of its tenant, with a name in the tenant's own record."""

    icon = "view_list"
    list_display = [
        "run_id",
        "tenant",
        "group",
        "priority",
        "shown_state",
        "enqueued_at",
        "available_at",
        "attempt",
    ]
    list_filter = ["state", "group", ("tenant", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["tenant"]
    search_fields = ["=run_id", "=job_id", "tenant__name"]
    ordering = ["enqueued_at", "run_id"]
    fields = [
        "run_id",
        "tenant",
        "job_id",
        "state",
        "why",
        "group",
        "shown_tags",
        "priority",
        "shown_limits",
        "enqueued_at",
        "available_at",
        "attempt",
        "lease_owner",
        "lease_until",
        "cancel_requested_at",
        "cancel_requested_by",
    ]
    readonly_fields = fields

    @display(
        description=_("state"),
        ordering="state",
        label={State.DELAYED: "info", State.WAITING: "warning", State.LEASED: "success"},
    )
    def shown_state(self, item):
        return item.state, item.get_state_display()

    @admin.display(description=_("attempt"), ordering="epoch")
    def attempt(self, item):
        return item.epoch or "–"

    @admin.display(description=_("tags"))
    def shown_tags(self, item):
        return ", ".join(item.tags) or "–"

    @admin.display(description=_("limits"))
    def shown_limits(self, item):
        return ", ".join(item.limits) or "–"

    @admin.display(description=_("why it waits"))
    def why(self, item):
        reasons = waiting.explain(item.pk)
        return " ".join(gettext(reason.template) % reason.params for reason in reasons) or "–"


class LimitForm(forms.ModelForm):
    class Meta:
        model = Limit
        fields = ["cap"]


class FullFilter(admin.SimpleListFilter):
    title = _("full")
    parameter_name = "full"

    def lookups(self, request, model_admin):
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request, queryset):
        full = queryset.filter(cap__isnull=False, used__gte=F("cap"))
        if self.value() == "yes":
            return full
        return queryset.exclude(pk__in=full.values("pk")) if self.value() == "no" else queryset


@admin.register(Limit, site=platform_site)
class LimitAdmin(ModelAdmin):
    """Counters come and go with the work; how much of one is used is counted, never typed."""

    icon = "speed"
    form = LimitForm
    list_display = ["key", "tenant", "used", "shown_cap", "shown_state"]
    list_filter = [FullFilter]
    search_fields = ["key", "tenant_name"]
    ordering = ["key"]
    fields = ["key", "tenant", "used", "cap"]
    readonly_fields = ["key", "tenant", "used"]

    def get_queryset(self, request):
        """With the name of the tenant, whose id is the second part of the key."""
        part = Func(OuterRef("key"), Value(":"), Value(2), function="split_part", output_field=CharField())
        tenant = Tenant.objects.annotate(text=Cast("pk", CharField())).filter(text=part)
        return super().get_queryset(request).annotate(tenant_name=Subquery(tenant.values("name")[:1]))

    @admin.display(description=_("tenant"), ordering="tenant_name")
    def tenant(self, limit):
        return limit.tenant_name or "–"

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("cap"), ordering="cap")
    def shown_cap(self, limit):
        return "∞" if limit.cap is None else limit.cap

    @display(description=_("state"), label={"full": "warning", "free": "success"})
    def shown_state(self, limit):
        if limit.cap is not None and limit.used >= limit.cap:
            return "full", gettext("full")
        return "free", gettext("free")

    def save_model(self, request, obj, form, change):
        limits.set_cap(obj.pk, form.cleaned_data["cap"])
        audit.record(
            action="limit.changed",
            actor=request.user,
            obj=obj,
            detail={"from": form.initial.get("cap"), "to": form.cleaned_data["cap"]},
        )
