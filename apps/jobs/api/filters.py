"""What lists of jobs and runs can be narrowed by."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django import forms
from django.db.models import Q
from django_filters import rest_framework as filters

from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Job
from apps.jobs.models.runs import SOURCE_LABELS, STATE_LABELS
from apps.jobs.selectors import recent
from kernel.filters import Several, choices

NEVER_RUN = "none"


class JobFilter(filters.FilterSet):
    id = Several(forms.UUIDField(), field_name="pk")
    kind = Several(choices(Job.Kind.choices))
    is_paused = filters.BooleanFilter()
    tag = Several(
        forms.CharField(max_length=50),
        has_commas=False,
        method="with_tags",
        help_text="All of them must be there.",
    )
    owner = filters.CharFilter(field_name="owner__username")
    datasource = filters.UUIDFilter(
        method="on_datasource", help_text="SQL jobs that run on this datasource as they are now."
    )
    search = filters.CharFilter(method="with_words", help_text="Words in the name or the description.")
    last_state = Several(
        choices([*STATE_LABELS, (NEVER_RUN, NEVER_RUN)]),
        method="with_last_state",
        help_text='The state of the newest run that is no trial; "none" for jobs that have no run.',
    )

    def with_tags(self, rows, name, value):
        return rows.filter(tags__contains=value)

    def on_datasource(self, rows, name, value):
        return rows.filter(kind=Job.Kind.SQL, version__definition__datasource=str(value))

    def with_words(self, rows, name, value):
        return rows.filter(Q(name__icontains=value) | Q(description__icontains=value))

    def with_last_state(self, rows, name, value):
        states = set(value) - {NEVER_RUN}
        wanted = Q(last_state__in=sorted(states))
        if NEVER_RUN in value:
            wanted |= Q(last_state__isnull=True)
        return recent.with_last_state(rows).filter(wanted)


class RunFilter(filters.FilterSet):
    state = Several(choices(STATE_LABELS))
    job = filters.UUIDFilter(field_name="job_id")
    version = filters.NumberFilter(
        field_name="version__number",
        min_value=0,
        max_value=2**31 - 1,
        help_text="The job's version; 0 for trials.",
    )
    source = Several(choices(SOURCE_LABELS))
    trigger = filters.UUIDFilter(field_name="trigger_id")
    rerun_of = filters.UUIDFilter(field_name="rerun_of_id", help_text="The runs that repeat this one.")
    exit_reason = Several(choices([(reason.value, reason.value) for reason in Reason if reason]))
    queued_after = filters.IsoDateTimeFilter(field_name="queued_at", lookup_expr="gte")
    queued_before = filters.IsoDateTimeFilter(field_name="queued_at", lookup_expr="lt")
    mine = filters.BooleanFilter(
        method="of_mine", help_text="Whether the reader asked for it, or owns its job."
    )
    search = filters.CharFilter(method="with_words", help_text="Words in the job's name, or the run's id.")

    def of_mine(self, rows, name, value):
        mine = Q(requested_by=self.request.user) | Q(job__owner=self.request.user)
        return rows.filter(mine) if value else rows.exclude(mine)

    def with_words(self, rows, name, value):
        wanted = Q(job__name__icontains=value)
        with suppress(ValueError):
            wanted |= Q(pk=UUID(value.strip()))
        return rows.filter(wanted)
