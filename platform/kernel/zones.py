"""Time zones by name, as fields hold them."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def installation_zone() -> str:
    """The zone of the whole installation: a model field's default."""
    return settings.TIME_ZONE


def validate_zone(value: str) -> None:
    """A model field's validator: a name from the IANA database, such as Asia/Shanghai."""
    if value not in available_timezones():
        raise ValidationError(
            _("“%(value)s” is not a known time zone."), code="time_zone", params={"value": value}
        )
