"""Reading the audit log."""

from __future__ import annotations

from django.db import models

from apps.audit.models import Entry


def of_object(obj: models.Model) -> models.QuerySet[Entry]:
    """What was done to one object, newest first."""
    return Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("-id")
