"""Triggers on the tenant's admin site. The rights are the job's: to see it, to change it, to operate it."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant

from apps.accounts.selectors import may, visible
from apps.jobs.selectors import jobs
from apps.scheduling.admin.forms import TriggerForm
from apps.scheduling.admin.shown import ShownTrigger
from apps.scheduling.models import Trigger
from apps.scheduling.selectors import triggers as seen
from apps.scheduling.services import triggers
from kernel.sites import tenant_site


@admin.register(Trigger, site=tenant_site)
class TriggerAdmin(ShownTrigger, ModelAdmin):
    icon = "event_repeat"
    form = TriggerForm
    list_display = ["title", "job", "shown_words", "zone", "next_fire_at", "last_fire_at", "shown_state"]
    list_filter = ["kind", "is_paused", "is_muted"]
    list_per_page = 50
    search_fields = ["name", "expression", "job_name"]
    ordering = ["-id"]
    actions = ["pause_selected", "resume_selected"]
    actions_detail = ["pause", "resume"]
    change_form_after_template = "scheduling/admin/preview.html"
    conditional_fields = {
        "expression": "kind == 'cron'",
        "interval_seconds": "kind == 'interval'",
        "once_at": "kind == 'once'",
    }
    readonly_fields = [
        "job_link",
        "state",
        "next_fire_at",
        "last_fire_at",
        "created_by",
        "created_at",
        "updated_at",
    ]

    class Media:
        css = {"all": ["scheduling/admin.css"]}

    # --- what is seen -----------------------------------------------------------------------------

    def get_queryset(self, request):
        return seen.visible_to(request.user).order_by(*self.ordering)

    def get_fieldsets(self, request, obj=None):
        whose = "job" if obj is None else "job_link"
        fieldsets = [
            (None, {"fields": [whose, "name", "params"]}),
            (_("When"), {"fields": ["kind", "expression", "interval_seconds", "once_at", "zone"]}),
            (_("Within which time"), {"fields": ["start_at", "end_at", "misfire"]}),
        ]
        if obj is not None:
            record = ["state", "next_fire_at", "last_fire_at", "created_by", "created_at", "updated_at"]
            fieldsets.append((_("Record"), {"fields": record}))
        return fieldsets

    def get_changeform_initial_data(self, request):
        job = request.GET.get("job_id") or request.GET.get("job")
        return {**super().get_changeform_initial_data(request), "job": job, "zone": request.tenant.time_zone}

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"user": request.user})

    @admin.display(description=_("trigger"), ordering="name")
    def title(self, trigger):
        return trigger.name or trigger.expression or trigger.get_kind_display()

    @admin.display(description=_("job"), ordering="job_name")
    def job(self, trigger):
        return trigger.job_name

    @admin.display(description=_("job"))
    def job_link(self, trigger):
        url = reverse("admin:jobs_job_change", args=[trigger.job_id])
        return format_html('<a class="scheduling-link" href="{}">{}</a>', url, trigger.job_name)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """In the trigger's time zone, from what was typed to what is shown: "at 9" means nine by its clock."""
        with timezone.override(self._zone(request, object_id)):
            answer = super().changeform_view(request, object_id, form_url, extra_context)
            if hasattr(answer, "render"):
                answer.render()
        return answer

    def _zone(self, request, object_id):
        name = request.POST.get("zone")
        if name not in available_timezones():
            trigger = self.get_object(request, object_id) if object_id else None
            name = trigger.zone if trigger is not None else request.tenant.time_zone
        return ZoneInfo(name)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        form = context["adminform"].form
        if obj is not None or form.is_bound:
            context["preview"] = form.preview()
        return super().render_change_form(request, context, add, change, form_url, obj)

    # --- who may ----------------------------------------------------------------------------------

    def has_module_permission(self, request):
        return request.user.is_active and self._has_some(request, "jobs.view_job")

    def has_view_permission(self, request, obj=None):
        if obj is None:
            return self._has_some(request, "jobs.view_job")
        return self._may(request, "jobs.view_job", obj)

    def has_add_permission(self, request):
        return self._has_some(request, "jobs.change_job")

    def has_change_permission(self, request, obj=None):
        if obj is None:
            return self._has_some(request, "jobs.change_job")
        return self._may(request, "jobs.change_job", obj)

    def has_delete_permission(self, request, obj=None):
        if obj is None:  # of the action on a list; each row is asked for again
            return self._has_some(request, "jobs.change_job")
        return self._may(request, "jobs.change_job", obj)

    def has_operate_permission(self, request, object_id=None):
        return self._has_some(request, "jobs.operate_job")

    def has_pause_permission(self, request, object_id=None):
        return self._may_operate(request, object_id, is_paused=False)

    def has_resume_permission(self, request, object_id=None):
        return self._may_operate(request, object_id, is_paused=True)

    def _may_operate(self, request, object_id, *, is_paused):
        trigger = self.get_object(request, object_id) if object_id else None
        return (
            trigger is not None
            and trigger.is_paused == is_paused
            and self._may(request, "jobs.operate_job", trigger)
        )

    def _may(self, request, perm, trigger):
        if request.user.is_active and request.user.has_perm(perm):
            return True
        return may(request.user, perm, jobs.visible_to(request.user).filter(pk=trigger.job_id).first())

    def _has_some(self, request, perm):
        """Whether the user has the right on any job; asked once for each request."""
        known = request.__dict__.setdefault("_rights_on_jobs", {})
        if perm not in known:
            user = request.user
            known[perm] = user.is_active and (
                user.has_perm(perm) or visible(jobs.visible_to(user), user, perm).exists()
            )
        return known[perm]

    # --- deeds ------------------------------------------------------------------------------------

    def save_model(self, request, obj, form, change):
        """The form's service has written and recorded it already."""

    def delete_model(self, request, obj):
        triggers.delete(obj.pk, by=request.user)

    def delete_queryset(self, request, queryset):
        for trigger in queryset:
            if not self.has_delete_permission(request, trigger):
                raise PermissionDenied
            triggers.delete(trigger.pk, by=request.user)

    @admin.action(description=_("Pause"), permissions=["operate"])
    def pause_selected(self, request, queryset):
        done = self._each(request, queryset, triggers.pause)
        self.message_user(request, ngettext("%d trigger is paused.", "%d triggers are paused.", done) % done)

    @admin.action(description=_("Resume"), permissions=["operate"])
    def resume_selected(self, request, queryset):
        done = self._each(request, queryset, triggers.resume)
        self.message_user(request, ngettext("%d trigger is on.", "%d triggers are on.", done) % done)

    def _each(self, request, queryset, deed):
        rows = list(queryset)
        allowed = [trigger for trigger in rows if self._may(request, "jobs.operate_job", trigger)]
        for trigger in allowed:
            deed(trigger.pk, by=request.user)
        if left := len(rows) - len(allowed):
            sentence = ngettext(
                "%d was left out: you may not operate its job.",
                "%d were left out: you may not operate their jobs.",
                left,
            )
            self.message_user(request, sentence % left, messages.WARNING)
        return len(allowed)

    @action(
        description=_("Pause"),
        permissions=["pause"],
        icon="pause",
        variant=ActionVariant.WARNING,
        dialog={
            "title": _("Pause the trigger?"),
            "description": _("It has no fire times until it is resumed. Runs that wait or run go on."),
            "form_submit_text": _("Pause"),
        },
    )
    def pause(self, request, form, object_id):
        return self._do(request, object_id, triggers.pause)

    @action(
        description=_("Resume"),
        permissions=["resume"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Resume the trigger?"),
            "description": _("It counts from now; what it missed meanwhile is not caught up."),
            "form_submit_text": _("Resume"),
        },
    )
    def resume(self, request, form, object_id):
        return self._do(request, object_id, triggers.resume)

    def _do(self, request, object_id, deed):
        trigger = self.get_object(request, object_id)
        if trigger is None:
            raise Http404
        if not self._may(request, "jobs.operate_job", trigger):
            raise PermissionDenied
        deed(trigger.pk, by=request.user)
        url = reverse("admin:scheduling_trigger_change", args=[object_id])
        if request.headers.get("HX-Request"):  # the dialog's script follows a redirect only when told so
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
