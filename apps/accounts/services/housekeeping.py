"""What nobody needs any more of the people's tables: old sessions, long expired tokens, old sign-ins.

Each function does one batch in the connection's schema and says how many rows that were.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from axes.models import AccessAttempt, AccessLog
from django.db.models import Model, QuerySet
from django.db.models.functions import Now

from apps.accounts.models import ApiToken, Session

BATCH: Final = 1000
#: An expired token is shown to its owner for a while, so that they see why a program was refused.
TOKENS_STAY: Final = timedelta(days=30)
#: A lock-out lasts minutes; the failures are kept longer for who looks into them.
FAILURES_STAY: Final = timedelta(days=30)
SIGN_INS_STAY: Final = timedelta(days=365)


def clear_sessions() -> int:
    """Sessions that have expired."""
    return _delete(Session.objects.filter(expire_date__lt=Now()))


def forget_tokens() -> int:
    """API tokens that expired long ago."""
    return _delete(ApiToken.objects.filter(expiry__lt=Now() - TOKENS_STAY))


def forget_sign_ins() -> int:
    """Failed sign-ins, and the log of good ones, when they are old."""
    return _delete(AccessAttempt.objects.filter(attempt_time__lt=Now() - FAILURES_STAY)) or _delete(
        AccessLog.objects.filter(attempt_time__lt=Now() - SIGN_INS_STAY)
    )


def _delete(rows: QuerySet[Model]) -> int:
    chosen = list(
        rows.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH]
    )
    rows.model._default_manager.filter(pk__in=chosen).delete()
    return len(chosen)
