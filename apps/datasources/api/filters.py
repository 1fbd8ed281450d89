"""What a list of datasources can be narrowed by."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters

from apps.datasources.models import Datasource


class DatasourceFilter(filters.FilterSet):
    search = filters.CharFilter(
        method="with_words", help_text=_("Words in the name, host, database or file.")
    )
    owner = filters.CharFilter(field_name="owner__username")
    health = filters.ChoiceFilter(
        method="with_health",
        choices=[("ok", _("reached")), ("failed", _("not reached")), ("unknown", _("not tested yet"))],
        help_text=_("How the last test ended."),
    )

    class Meta:
        model = Datasource
        fields = ["kind", "is_read_only"]

    def with_words(self, rows, name, value):
        words = (Q(**{f"{column}__icontains": value}) for column in ("name", "host", "database", "path"))
        return rows.filter(reduce(or_, words))

    def with_health(self, rows, name, value):
        if value == "failed":
            return rows.exclude(test_code__in=["", "ok"])
        return rows.filter(test_code="" if value == "unknown" else "ok")
