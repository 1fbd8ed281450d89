"""What a list of triggers can be narrowed by."""

from __future__ import annotations

from django import forms
from django_filters import rest_framework as filters

from apps.scheduling.models import Trigger
from kernel.filters import Several


class TriggerFilter(filters.FilterSet):
    job = Several(forms.UUIDField(), field_name="job_id")

    class Meta:
        model = Trigger
        fields = ["kind", "is_paused"]
