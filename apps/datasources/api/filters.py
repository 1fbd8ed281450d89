"""What a list of datasources can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from apps.datasources.models import Datasource


class DatasourceFilter(filters.FilterSet):
    search = filters.CharFilter(field_name="name", lookup_expr="icontains")
    owner = filters.CharFilter(field_name="owner__username")

    class Meta:
        model = Datasource
        fields = ["kind", "is_read_only"]
