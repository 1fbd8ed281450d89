"""What users change about themselves."""

from __future__ import annotations

from apps.accounts.models import User


def change(
    *, user: User, display_name: str | None = None, language: str | None = None, time_zone: str | None = None
) -> None:
    """Set what is given; None leaves as it is, empty goes back to the tenant's."""
    wishes = {"display_name": display_name, "language": language, "time_zone": time_zone}
    given = {field: value for field, value in wishes.items() if value is not None}
    for field, value in given.items():
        setattr(user, field, value)
    user.save(update_fields=list(given))
