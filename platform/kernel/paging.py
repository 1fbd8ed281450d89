"""Pages of a list: by cursor, so that page 1000 costs what page 1 costs, and rows never shift under a reader."""

from __future__ import annotations

from typing import Any

from rest_framework.filters import OrderingFilter as DrfOrderingFilter
from rest_framework.pagination import CursorPagination


class OrderingFilter(DrfOrderingFilter):
    """``?ordering=-created_at``; the primary key is always last, so that the order is total."""

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> list[str]:
        ordering = list(super().get_ordering(request, queryset, view) or ["-pk"])
        if not {"pk", "-pk", "id", "-id"} & set(ordering):
            ordering.append("-pk" if ordering[0].startswith("-") else "pk")
        return ordering

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        return queryset.order_by(*self.get_ordering(request, queryset, view))


class CursorPages(CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-pk"

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        return tuple(queryset.query.order_by) or ("-pk",)
