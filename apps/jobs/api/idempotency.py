"""The header by which a program may send a request twice and have it done once."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter

from apps.jobs.models import Run
from kernel.errors import N_, Invalid

LONGEST = Run._meta.get_field("idempotency_key").max_length

KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "Any text of up to 200 characters, of the program's choice: the same key of the same user makes one run, "
        "however often the request is sent."
    ),
)


class BadKey(Invalid):
    code = "run.bad_idempotency_key"
    template = N_("The Idempotency-Key header must have 1 to %(most)d printable ASCII characters.")


def key_of(request) -> str | None:
    """The request's key; None when it has none. Raises BadKey."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise BadKey(field="Idempotency-Key", most=LONGEST)
    return key
