"""What users change about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Least, Now

from apps.accounts.models import User


def change(
    *,
    user: User,
    display_name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    preferences: Mapping[str, Any] | None = None,
    notices_read_at: datetime | None = None,
) -> None:
    """Set what is given; None leaves as it is, empty goes back to the tenant's.

    preferences: those that are named change, the others stay. notices_read_at: never goes back, and never past now.
    """
    wishes = {"display_name": display_name, "language": language, "time_zone": time_zone}
    given: dict[str, Any] = {field: value for field, value in wishes.items() if value is not None}
    rows = User.objects.filter(pk=user.pk)
    with transaction.atomic():
        held = rows.select_for_update().values_list("preferences", flat=True).get()
        if preferences:
            given["preferences"] = {**held, **preferences}
        if given:
            rows.update(**given)
        if notices_read_at is not None:
            until = Least(notices_read_at, Now())
            rows.filter(Q(notices_read_at__isnull=True) | Q(notices_read_at__lt=until)).update(
                notices_read_at=until
            )
    user.refresh_from_db()
