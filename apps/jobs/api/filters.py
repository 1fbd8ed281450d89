"""What lists of jobs and runs can be narrowed by."""

from __future__ import annotations

from django.db.models import Q
from django_filters import rest_framework as filters

from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Job
from apps.jobs.models.runs import SOURCE_LABELS, STATE_LABELS


class JobFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=Job.Kind.choices)
    is_paused = filters.BooleanFilter()
    tag = filters.CharFilter(method="with_tag")
    owner = filters.CharFilter(field_name="owner__username")
    datasource = filters.UUIDFilter(
        method="on_datasource", help_text="SQL jobs that run on this datasource as they are now."
    )
    search = filters.CharFilter(method="with_words", help_text="Words in the name or the description.")

    def with_tag(self, rows, name, value):
        return rows.filter(tags__contains=[value])

    def on_datasource(self, rows, name, value):
        return rows.filter(kind=Job.Kind.SQL, version__definition__datasource=str(value))

    def with_words(self, rows, name, value):
        return rows.filter(Q(name__icontains=value) | Q(description__icontains=value))


class RunFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=STATE_LABELS)
    job = filters.UUIDFilter(field_name="job_id")
    source = filters.ChoiceFilter(choices=SOURCE_LABELS)
    trigger = filters.UUIDFilter(field_name="trigger_id")
    exit_reason = filters.ChoiceFilter(choices=[(reason.value, reason.value) for reason in Reason if reason])
    queued_after = filters.IsoDateTimeFilter(field_name="queued_at", lookup_expr="gte")
    queued_before = filters.IsoDateTimeFilter(field_name="queued_at", lookup_expr="lt")
    search = filters.CharFilter(
        field_name="job__name", lookup_expr="icontains", help_text="Words in the job's name."
    )
