"""Runs: history to read. Whoever sees a job sees its runs; whoever may operate it cancels and repeats them."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import get_objects_for_user
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from apps.accounts.selectors import may
from apps.jobs.admin import log, words
from apps.jobs.domain.run_states import TERMINAL, RunState
from apps.jobs.models import Attempt, Job, Run, RunResult
from apps.jobs.models.runs import STATE_LABELS
from apps.jobs.selectors import jobs as seen_jobs
from apps.jobs.selectors import runs as seen_runs
from apps.jobs.selectors import waiting
from apps.jobs.services import reruns, runs
from kernel import sentences
from kernel.clock import utc_now
from kernel.errors import DomainError
from kernel.sites import ReadOnlyAdmin, tenant_site

_STATES = dict(STATE_LABELS)
RESULT_ROWS = 100


class JobFilter(admin.SimpleListFilter):
    """The jobs that the user sees, by name; a deleted one is reached by its address only."""

    title = _("job")
    parameter_name = "job"

    def lookups(self, request, model_admin):
        names = seen_jobs.visible_to(request.user).order_by("name").values_list("pk", "name")
        return [(str(pk), name) for pk, name in names[:100]]

    def has_output(self):
        return True

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        try:
            return queryset.filter(job=UUID(self.value()))
        except ValueError:
            return queryset.none()


@admin.register(Run, site=tenant_site)
class RunAdmin(ReadOnlyAdmin):
    icon = "play_circle"
    list_display = [
        "shown_job",
        "shown_state",
        "source",
        "attempt",
        "shown_queued",
        "shown_wait",
        "shown_duration",
        "shown_reason",
        "by_whom",
    ]
    list_filter = ["state", "source", JobFilter, "queued_at"]
    list_per_page = 50
    search_fields = ["job__name", "id", "requested_by__username"]
    show_full_result_count = False
    ordering = ["-id"]
    fields = ["state"]
    readonly_fields = ["state"]
    actions = ["cancel_selected"]
    actions_detail = ["cancel", "run_again"]
    change_form_template = "jobs/admin/run.html"

    class Media:
        css = {"all": ["jobs/admin.css"]}

    # --- who sees what ----------------------------------------------------------------------------

    def get_queryset(self, request):
        first = Attempt.objects.filter(run=OuterRef("pk")).order_by("number").values("started_at")[:1]
        rows = seen_runs.visible_to(request.user)
        return rows.annotate(first_started_at=Subquery(first)).order_by(*self.ordering)

    def has_view_permission(self, request, obj=None):
        user = request.user
        if obj is not None:
            return may(user, "jobs.view_job", obj.job)
        if may(user, "jobs.view_job"):
            return True
        if not user.is_active:  # nobody: Django asks this for the sign-in page too
            return False
        known = request.__dict__.setdefault("_sees_runs", {})
        if "any" not in known:
            known["any"] = get_objects_for_user(user, "jobs.view_job", Job).exists()
        return known["any"]

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def _operable(self, request, object_id):
        run = seen_runs.visible_to(request.user).filter(pk=object_id).first()
        return run if run is not None and may(request.user, "jobs.operate_job", run.job) else None

    def has_operate_permission(self, request, object_id=None):
        user = request.user
        return may(user, "jobs.operate_job") or (
            user.is_active and get_objects_for_user(user, "jobs.operate_job", Job).exists()
        )

    def has_cancel_permission(self, request, object_id=None):
        run = self._operable(request, object_id)
        return run is not None and run.state not in TERMINAL

    def has_again_permission(self, request, object_id=None):
        run = self._operable(request, object_id)
        return (
            run is not None
            and run.state in TERMINAL
            and run.job.deleted_at is None
            and all(may(request.user, right, run.job) for right in seen_runs.rights_to_rerun(run))
        )

    # --- the list ---------------------------------------------------------------------------------

    @admin.display(description=_("job"), ordering="job__name")
    def shown_job(self, run):
        return run.job.name

    @display(description=_("state"), ordering="state", label=words.COLOURS)
    def shown_state(self, run):
        return run.state, _STATES[run.state]

    @admin.display(description=_("queued"), ordering="queued_at")
    def shown_queued(self, run):
        return _fixed(_at(run.queued_at))

    @admin.display(description=_("waited"))
    def shown_wait(self, run):
        return _fixed(words.duration(_wait(run)))

    @admin.display(description=_("took"))
    def shown_duration(self, run):
        return _fixed(words.duration(_took(run)))

    @admin.display(description=_("why it ended"))
    def shown_reason(self, run):
        return _reason(run) or "–"

    @admin.display(description=_("requested by"), ordering="requested_by__username")
    def by_whom(self, run):
        return run.requested_by.username if run.requested_by else "–"

    def row(self, run):
        """A run as the page of its job lists it."""
        return {
            "url": reverse("admin:jobs_run_change", args=[run.pk]),
            "label": _STATES[run.state],
            "variant": words.COLOURS[run.state],
            "source": run.get_source_display(),
            "queued_at": _at(run.queued_at),
            "version": words.version(run.version),
            "took": words.duration(_took(run)),
            "reason": _reason(run),
        }

    # --- one run ----------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, object_id)
        context = dict(extra_context or {}, show_history=False)
        if run is not None and self.has_view_permission(request, run):
            context.update(self._facts(request, run))
        return super().change_view(request, object_id, form_url, context)

    def _facts(self, request, run):
        attempts = [self._attempt(row) for row in seen_runs.attempts_of(run.pk)]
        chosen = _attempt_of(request, run)
        return {
            "title": run.job.name,
            "subtitle": gettext("run of %(at)s") % {"at": _at(run.queued_at)},
            "run": run,
            "state": {"label": _STATES[run.state], "variant": words.COLOURS[run.state]},
            "job_url": reverse("admin:jobs_job_change", args=[run.job_id])
            if run.job.deleted_at is None
            else "",
            "version": words.version(run.version),
            "version_url": reverse("admin:jobs_job_version", args=[run.job_id, run.version.number])
            if run.job.deleted_at is None and not run.version.is_trial
            else "",
            "trigger_url": _trigger_url(run),
            "waited": words.duration(_wait(run)),
            "took": words.duration(_took(run)),
            "reason": _reason(run),
            "message": sentences.of(run.message),
            "waiting": [why["detail"] for why in waiting.explain(run)],
            "params": _pretty(run.params) if run.params else "",
            "attempts": attempts,
            "events": [
                {
                    "at": event.at,
                    "label": _STATES[event.state],
                    "variant": words.COLOURS[event.state],
                    "attempt": event.attempt,
                    "reason": words.reason(event.reason),
                }
                for event in seen_runs.events_of(run.pk)
            ],
            "chosen": chosen,
            "log": log.tail(run.pk, attempt=chosen),
            "log_url": reverse("admin:jobs_run_log", args=[run.pk]),
            "log_download_url": _api("log/download/", run, f"?attempt={chosen}"),
            "is_over": run.state in TERMINAL,
            "result": self._result(run),
        }

    def _attempt(self, attempt):
        end = attempt.finished_at
        return {
            "number": attempt.number,
            "executor": attempt.executor_name,
            "started_at": attempt.started_at,
            "took": words.duration(end - attempt.started_at) if end else "",
            "reason": words.reason(
                attempt.exit_reason, exit_code=attempt.exit_code, exit_signal=attempt.exit_signal
            )
            or (gettext("succeeded") if end else gettext("running")),
            "message": sentences.of(attempt.message),
            "cpu": "" if attempt.cpu_seconds is None else f"{attempt.cpu_seconds:.2f} s",
            "memory": "" if attempt.max_rss_bytes is None else f"{attempt.max_rss_bytes / 2**20:.0f} MB",
        }

    def _result(self, run):
        found = RunResult.objects.defer("rows_csv").filter(run=run).first()
        if found is None or found.data is None:
            return None
        data = found.data
        if isinstance(data, dict) and isinstance(data.get("columns"), list) and "rows" in data:
            return {
                "columns": [column["name"] for column in data["columns"]],
                "rows": [[_cell(value) for value in row] for row in data["rows"][:RESULT_ROWS]],
                "count": data.get("row_count", len(data["rows"])),
                "shown": min(len(data["rows"]), RESULT_ROWS),
                "truncated": data.get("truncated", False),
                "csv_url": _api("result/download/", run),
            }
        return {"json": _pretty(data)}

    # --- the log, asked for by the page's script ----------------------------------------------------

    def get_urls(self):
        return [
            path("<uuid:run_id>/log/", self.admin_site.admin_view(self.log_view), name="jobs_run_log"),
            *super().get_urls(),
        ]

    def log_view(self, request, run_id):
        """New lines of an attempt's log after a line, and where the run stands now."""
        run = seen_runs.visible_to(request.user).filter(pk=run_id).first()
        if run is None:
            raise Http404
        attempt = _attempt_of(request, run)
        shown = log.after(run.pk, attempt=attempt, line=_number(request.GET.get("after")))
        return JsonResponse(
            {
                "lines": shown.lines,
                "has_more": shown.has_more,
                "event": run.event,
                "attempt": run.attempt,
                "is_over": run.state in TERMINAL,
            },
            headers={"Cache-Control": "no-store"},
        )

    # --- deeds --------------------------------------------------------------------------------------

    @action(
        description=_("Cancel"),
        permissions=["cancel"],
        icon="stop_circle",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel the run?"),
            "description": _("It leaves the queue, or is stopped with everything that it started."),
            "form_submit_text": _("Cancel the run"),
        },
    )
    def cancel(self, request, form, object_id):
        try:
            runs.cancel(object_id, by=request.user)
        except DomainError as error:
            messages.error(request, error.render(gettext))
        else:
            messages.success(request, gettext("The run is being cancelled."))
        return self._go(request, object_id)

    @action(
        description=_("Run again"),
        permissions=["again"],
        icon="replay",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Run the job again?"),
            "description": _("With the parameters of this run, and the job as it is today."),
            "form_submit_text": _("Run again"),
        },
    )
    def run_again(self, request, form, object_id):
        earlier = Run.objects.select_related("job__version").get(pk=object_id)
        try:
            run = reruns.request(earlier, by=request.user)
        except DomainError as error:
            messages.error(request, error.render(gettext))
            return self._go(request, object_id)
        return self._go(request, run.pk)

    @staticmethod
    def _go(request, run_id):
        """Dialogs are sent by htmx, which follows a redirect of the whole page only when told so."""
        url = reverse("admin:jobs_run_change", args=[run_id])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    @admin.action(description=_("Cancel"), permissions=["operate"])
    def cancel_selected(self, request, queryset):
        done = 0
        for run in queryset:
            if not may(request.user, "jobs.operate_job", run.job):
                messages.error(request, gettext("%(job)s: you may not operate it.") % {"job": run.job})
                continue
            try:
                runs.cancel(run.pk, by=request.user)
            except DomainError as error:
                messages.error(request, f"{run.job}: {error.render(gettext)}")
            else:
                done += 1
        if done:
            said = ngettext("%(count)d run is being cancelled.", "%(count)d runs are being cancelled.", done)
            messages.success(request, said % {"count": done})


def _wait(run):
    """From the request to the first attempt; for one that still waits, until now."""
    if run.state == RunState.SKIPPED:
        return None
    begun = getattr(run, "first_started_at", None) or run.started_at
    if begun is None and run.state in TERMINAL:
        begun = run.finished_at
    return (begun or utc_now()) - run.queued_at


def _took(run):
    """How long the latest attempt has taken; until now while it runs."""
    if run.started_at is None or run.state == RunState.QUEUED:
        return None
    return (run.finished_at or utc_now()) - run.started_at


def _reason(run):
    return words.reason(
        run.exit_reason, exit_code=run.exit_code, exit_signal=run.exit_signal, by=run.cancelled_by
    )


def _attempt_of(request, run):
    """The attempt whose log is asked for; the newest unless the address names another."""
    return _number(request.GET.get("attempt")) or run.attempt


def _number(text):
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _at(at):
    """To the second, in the reader's zone: runs follow one another closely."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _fixed(text):
    """Kept on one line."""
    return format_html('<span class="jobs-fixed">{}</span>', text or "–")


def _pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False)


def _cell(value):
    if value is None:
        return format_html('<span class="jobs-null">{}</span>', "NULL")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _trigger_url(run):
    if run.trigger_id is None:
        return ""
    try:
        return reverse("admin:scheduling_trigger_change", args=[run.trigger_id])
    except NoReverseMatch:
        return ""


def _api(suffix, run, query=""):
    return f"/api/v1/runs/{run.pk}/{suffix}{query}"
