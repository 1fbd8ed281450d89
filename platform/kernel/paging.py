"""Pages of a list: by cursor, so that page 1000 costs what page 1 costs, and rows never shift under a reader."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from rest_framework.exceptions import NotFound
from rest_framework.filters import OrderingFilter as DrfOrderingFilter
from rest_framework.pagination import CursorPagination

_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


class OrderingFilter(DrfOrderingFilter):
    """``?ordering=-created_at``; the primary key is always last, so that the order is total.

    A time that may be empty is ordered as if it were the last of all: a cursor can't stand on NULL.
    """

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> list[str]:
        ordering = list(super().get_ordering(request, queryset, view) or ["-pk"])
        if not {"pk", "-pk", "id", "-id"} & set(ordering):
            ordering.append("-pk" if ordering[0].startswith("-") else "pk")
        return ordering

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        ordering = self.get_ordering(request, queryset, view)
        for place, term in enumerate(ordering):
            name = term.lstrip("-")
            if _may_be_empty(queryset.model, name):
                stand_in = f"order_{name}"
                queryset = queryset.annotate(**{stand_in: Coalesce(F(name), Value(_NEVER))})
                ordering[place] = f"-{stand_in}" if term.startswith("-") else stand_in
        return queryset.order_by(*ordering)


def _may_be_empty(model: Any, name: str) -> bool:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return bool(field.null) and field.get_internal_type() == "DateTimeField"


class CursorPages(CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-pk"

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        return tuple(queryset.query.order_by) or ("-pk",)

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError):  # a cursor of another ordering
            raise NotFound(self.invalid_cursor_message) from None
