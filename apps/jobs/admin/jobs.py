"""Jobs: the services write, each save is a version; to run, pause and resume takes the right to operate."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Func, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import get_objects_for_user
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.accounts.selectors import may
from apps.jobs.admin import versions, words
from apps.jobs.admin.dialogs import RunForm
from apps.jobs.admin.forms import HTTP, LIMITS, PLACE, SCRIPT, SQL, JobForm
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Job, Run
from apps.jobs.models.runs import STATE_LABELS
from apps.jobs.selectors import jobs as seen_jobs
from apps.jobs.selectors import recent
from apps.jobs.selectors import runs as seen_runs
from apps.jobs.services import jobs, runs
from kernel.errors import DomainError
from kernel.sites import GuardedAdmin, tenant_site

_IS_SCRIPT = "kind == 'python' || kind == 'shell'"
_STATES = dict(STATE_LABELS)


class TagFilter(admin.SimpleListFilter):
    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request, model_admin):
        rows = model_admin.get_queryset(request).order_by().annotate(tag=Func(F("tags"), function="unnest"))
        return [(tag, tag) for tag in rows.values_list("tag", flat=True).distinct().order_by("tag")[:100]]

    def queryset(self, request, queryset):
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("enabled", _("enabled")), ("paused", _("paused"))]

    def queryset(self, request, queryset):
        return queryset.filter(is_paused=self.value() == "paused") if self.value() else queryset


@admin.register(Job, site=tenant_site)
class JobAdmin(GuardedAdmin):
    icon = "rocket_launch"
    form = JobForm
    list_display = ["name", "shown_kind", "shown_state", "shown_version", "owner", "shown_tags", "last_run"]
    list_filter = ["kind", StateFilter, TagFilter, ("owner", admin.RelatedOnlyFieldListFilter)]
    list_per_page = 50
    search_fields = ["name", "description"]
    ordering = ["name", "id"]
    actions = ["run_selected", "pause_selected", "resume_selected"]
    actions_detail = ["run_now", "pause", "resume"]
    change_form_outer_before_template = "jobs/admin/job_top.html"
    change_form_before_template = "jobs/admin/job_form_top.html"
    change_form_outer_after_template = "jobs/admin/job_more.html"
    conditional_fields = {
        **dict.fromkeys([*SCRIPT, *LIMITS], _IS_SCRIPT),
        **dict.fromkeys(SQL, "kind == 'sql'"),
        **dict.fromkeys(HTTP, "kind == 'http'"),
        **dict.fromkeys(
            ["retry_max_attempts", "retry_base_seconds", "retry_cap_seconds", "retry_on"],
            "retry_strategy != 'none'",
        ),
        "body_is_json": "kind == 'http' && body",
    }
    readonly_fields = ["owner", "shown_version", "definition", "created_at", "updated_at"]

    class Media:
        css = {"all": ["jobs/admin.css"]}

    # --- what is seen -----------------------------------------------------------------------------

    def get_queryset(self, request):
        """Without deleted ones; each with its newest run, found in the same query."""
        newest = recent.newest_of(OuterRef("pk"))
        facts = JSONObject(id="id", state="state", at="queued_at")
        rows = (
            super()
            .get_queryset(request)
            .filter(deleted_at__isnull=True)
            .select_related("version", "owner")
            .defer("version__definition")
        )
        return rows.annotate(newest=Subquery(newest.values(facts=facts)[:1]))

    def get_fieldsets(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            facts = ["name", "kind", "shown_tags", "description", "definition"]
            return [(None, {"fields": facts}), self._record()]
        fieldsets = [
            (None, {"fields": ["name", "kind", "description", "tags"]}),
            (
                _("What it runs"),
                {"fields": [*SCRIPT, *SQL, *HTTP, "parameters", "env"]},
            ),
            (
                _("When it takes long or fails"),
                {
                    "fields": [
                        "timeout_seconds",
                        "retry_strategy",
                        "retry_max_attempts",
                        "retry_base_seconds",
                        "retry_cap_seconds",
                        "retry_on",
                    ]
                },
            ),
            (_("Where and when it may run"), {"fields": PLACE}),
            (_("Limits of a script"), {"fields": LIMITS, "classes": ["jobs-limits"]}),
        ]
        if obj is None:
            return [*fieldsets, (_("Version"), {"fields": ["note"]})]
        return [*fieldsets, (_("Version"), {"fields": ["note", "shown_version"]}), self._record()]

    def _record(self):
        return (_("Record"), {"fields": ["owner", "created_at", "updated_at"]})

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"user": request.user})

    @display(description=_("kind"), ordering="kind", label=True)
    def shown_kind(self, job):
        return job.get_kind_display()

    @display(description=_("state"), ordering="is_paused", label={"paused": "warning", "enabled": "success"})
    def shown_state(self, job):
        return ("paused", gettext("paused")) if job.is_paused else ("enabled", gettext("enabled"))

    @admin.display(description=_("version"))
    def shown_version(self, job):
        if job.version is None:
            return ""
        url = reverse("admin:jobs_job_version", args=[job.pk, job.version.number])
        return format_html('<a class="jobs-link" href="{}">v{}</a>', url, job.version.number)

    @admin.display(description=_("tags"))
    def shown_tags(self, job):
        return ", ".join(job.tags)

    @admin.display(description=_("last run"))
    def last_run(self, job):
        if not job.newest:
            return "–"
        return render_to_string(
            "jobs/admin/last_run.html",
            {
                "url": reverse("admin:jobs_run_change", args=[job.newest["id"]]),
                "label": _STATES[job.newest["state"]],
                "variant": words.COLOURS[job.newest["state"]],
                "at": parse_datetime(job.newest["at"]),
            },
        )

    @admin.display(description=_("definition"))
    def definition(self, job):
        context = {"entries": versions.entries(job.version.definition, job.kind)}
        return render_to_string("jobs/admin/definition.html", context)

    def get_list_display(self, request):
        shown = super().get_list_display(request)
        return shown if self._sees_runs(request) else [name for name in shown if name != "last_run"]

    def _sees_runs(self, request):
        return tenant_site._registry[Run].has_view_permission(request)

    # --- one job ----------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        context = {"more": self._more(request, object_id), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def _more(self, request, object_id):
        """What stands below the form: links to the triggers, the versions, the latest runs."""
        job = self.get_object(request, object_id)
        if job is None:
            return None
        history = seen_jobs.versions_of(job.pk)
        latest = seen_runs.visible_to(request.user).filter(job=job).order_by("-id")
        shown = [tenant_site._registry[Run].row(run) for run in latest[:10]]
        return {
            "triggers": self._triggers(request, job),
            "versions": history[:10],
            "all_versions": history.count() > 10,
            "runs": shown,
        }

    def _triggers(self, request, job):
        """Addresses of the pages of the job's triggers, which belong to an app above this one."""
        try:
            return {
                "all": f"{reverse('admin:scheduling_trigger_changelist')}?job_id={job.pk}",
                "add": f"{reverse('admin:scheduling_trigger_add')}?job_id={job.pk}"
                if self.has_change_permission(request, job)
                else "",
            }
        except NoReverseMatch:
            return None

    def save_model(self, request, obj, form, change):
        """The form's service has written and recorded it already."""

    def get_deleted_objects(self, objs, request):
        """A deleted job only goes out of sight: nothing that belongs to it is deleted with it."""
        jobs_ = list(objs)
        refused = {
            str(self.opts.verbose_name) for job in jobs_ if not self.has_delete_permission(request, job)
        }
        return [str(job) for job in jobs_], {self.opts.verbose_name_plural: len(jobs_)}, refused, []

    def delete_model(self, request, obj):
        jobs.delete(obj.pk, by=request.user)

    def delete_queryset(self, request, queryset):
        for job in queryset:
            jobs.delete(job.pk, by=request.user)

    # --- versions ---------------------------------------------------------------------------------

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<uuid:job_id>/versions/", view(self.versions_view), name="jobs_job_versions"),
            path("<uuid:job_id>/versions/<int:number>/", view(self.version_view), name="jobs_job_version"),
            path(
                "<uuid:job_id>/versions/<int:number>/restore/",
                view(self.restore_view),
                name="jobs_job_restore",
            ),
            *super().get_urls(),
        ]

    def versions_view(self, request, job_id):
        job = self._seen(request, job_id)
        history = seen_jobs.versions_of(job.pk)[:500]
        return self._page(
            request, "jobs/admin/versions.html", job, title=_("Versions"), more={"versions": history}
        )

    def version_view(self, request, job_id, number):
        job = self._seen(request, job_id)
        version = get_object_or_404(seen_jobs.versions_of(job.pk).defer(None), number=number)
        before = seen_jobs.versions_of(job.pk).defer(None).filter(number__lt=number).first()
        return self._page(
            request,
            "jobs/admin/version.html",
            job,
            title=_("Version %(number)d") % {"number": number},
            version=version,
            before=before,
            entries=versions.entries(version.definition, job.kind),
            changes=versions.changes(before.definition, version.definition) if before else [],
            may_restore=job.version_id != version.pk and self.has_change_permission(request, job),
        )

    def restore_view(self, request, job_id, number):
        job = self._seen(request, job_id)
        if request.method != "POST" or not self.has_change_permission(request, job):
            raise PermissionDenied
        try:
            restored = jobs.restore(job.pk, number=number, by=request.user)
        except DomainError as error:
            messages.error(request, error.render(gettext))
        else:
            messages.success(
                request,
                gettext("Version %(number)d is restored as version %(new)d.")
                % {"number": number, "new": restored.version.number},
            )
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))

    def _seen(self, request, job_id):
        job = self.get_queryset(request).filter(pk=job_id).first()
        if job is None or not self.has_view_permission(request, job):
            raise Http404
        return job

    def _page(self, request, template, job, *, title, **context):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "job": job,
            "original": job,
            "title": title,
            "subtitle": str(job),
            **context,
        }
        return TemplateResponse(request, template, context)

    # --- run, pause, resume -----------------------------------------------------------------------

    def _operable(self, request, object_id):
        job = self.get_queryset(request).filter(pk=object_id).first()
        return job if job is not None and may(request.user, "jobs.operate_job", job) else None

    def has_operate_permission(self, request, object_id=None):
        if object_id:
            return self._operable(request, object_id) is not None
        user = request.user
        return may(user, "jobs.operate_job") or (
            user.is_active and get_objects_for_user(user, "jobs.operate_job", Job).exists()
        )

    def has_pause_permission(self, request, object_id=None):
        job = self._operable(request, object_id)
        return job is not None and not job.is_paused

    def has_resume_permission(self, request, object_id=None):
        job = self._operable(request, object_id)
        return job is not None and job.is_paused

    @action(
        description=_("Run now"),
        permissions=["operate"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Run the job now?"),
            "description": _("It runs once, as it is at this moment. Its triggers are not touched."),
            "form_class": RunForm,
            "form_submit_text": _("Run"),
        },
    )
    def run_now(self, request, form, object_id):
        job = self._operable(request, object_id)
        try:
            run = runs.request(
                job,
                source=Source.MANUAL,
                params=form.cleaned_data["params"],
                priority=int(form.cleaned_data["priority"] or 0) or None,
                by=request.user,
            )
        except DomainError as error:
            messages.error(request, error.render(gettext))
            return self._go(request, reverse("admin:jobs_job_change", args=[object_id]))
        return self._go(request, reverse("admin:jobs_run_change", args=[run.pk]))

    @action(
        description=_("Pause"),
        permissions=["pause"],
        icon="pause",
        variant=ActionVariant.WARNING,
        dialog={
            "title": _("Pause the job?"),
            "description": _("Its triggers fire it no more until it is resumed. What runs goes on."),
            "form_submit_text": _("Pause"),
        },
    )
    def pause(self, request, form, object_id):
        jobs.pause(object_id, by=request.user)
        messages.success(request, gettext("The job is paused."))
        return self._go(request, reverse("admin:jobs_job_change", args=[object_id]))

    @action(
        description=_("Resume"),
        permissions=["resume"],
        icon="resume",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Resume the job?"),
            "description": _("Its triggers count from now; what was due meanwhile is not made up for."),
            "form_submit_text": _("Resume"),
        },
    )
    def resume(self, request, form, object_id):
        jobs.resume(object_id, by=request.user)
        messages.success(request, gettext("The job is resumed."))
        return self._go(request, reverse("admin:jobs_job_change", args=[object_id]))

    @staticmethod
    def _go(request, url):
        """Dialogs are sent by htmx, which follows a redirect of the whole page only when told so."""
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    @admin.action(description=_("Run now, with default parameters"), permissions=["operate"])
    def run_selected(self, request, queryset):
        self._each(
            request, queryset, lambda job: runs.request(job, source=Source.MANUAL, by=request.user), _queued
        )

    @admin.action(description=_("Pause"), permissions=["operate"])
    def pause_selected(self, request, queryset):
        self._each(request, queryset, lambda job: jobs.pause(job.pk, by=request.user), _paused)

    @admin.action(description=_("Resume"), permissions=["operate"])
    def resume_selected(self, request, queryset):
        self._each(request, queryset, lambda job: jobs.resume(job.pk, by=request.user), _resumed)

    def _each(self, request, queryset, deed, sentence):
        """Do it to each job that the user may operate, and say which were left alone and why."""
        done = 0
        for job in queryset:
            if not may(request.user, "jobs.operate_job", job):
                messages.error(request, gettext("%(job)s: you may not operate it.") % {"job": job})
                continue
            try:
                deed(job)
            except DomainError as error:
                messages.error(request, f"{job}: {error.render(gettext)}")
            else:
                done += 1
        if done:
            messages.success(request, sentence(done))


def _queued(count):
    return ngettext("%(count)d job is queued.", "%(count)d jobs are queued.", count) % {"count": count}


def _paused(count):
    return ngettext("%(count)d job is paused.", "%(count)d jobs are paused.", count) % {"count": count}


def _resumed(count):
    return ngettext("%(count)d job is resumed.", "%(count)d jobs are resumed.", count) % {"count": count}
