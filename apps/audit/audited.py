"""Admin pages whose changes are written into the audit log."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest

from apps.audit import services


class Audited:
    """Put before ``ModelAdmin``: records what is created, changed (the names of the fields only) and deleted.

    Django's admin writes in one transaction, so deed and entry stand or fall together.
    """

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        self._record(request, obj, "changed" if change else "created", {"fields": sorted(form.changed_data)})

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self._record(request, obj, "deleted", {})
        super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for obj in queryset:
            self._record(request, obj, "deleted", {})
        super().delete_queryset(request, queryset)  # type: ignore[misc]

    def _record(self, request: HttpRequest, obj: models.Model, deed: str, detail: dict[str, Any]) -> None:
        user: Any = request.user
        services.record(action=f"{obj._meta.model_name}.{deed}", actor=user, obj=obj, detail=detail)
