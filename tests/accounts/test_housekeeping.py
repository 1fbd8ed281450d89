"""What nobody needs any more of the people's tables goes; what is still of use stays."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt, AccessLog
from django.utils import timezone

from apps.accounts.models import ApiToken, Session
from apps.accounts.services import housekeeping, tokens
from tests import factories


def ago(**span):
    return timezone.now() - timedelta(**span)


def test_expired_sessions_go_and_live_ones_stay(acme):
    Session.objects.create(session_key="old", session_data="", expire_date=ago(minutes=1))
    Session.objects.create(session_key="live", session_data="", expire_date=ago(minutes=-1))

    assert housekeeping.clear_sessions() == 1

    assert [session.session_key for session in Session.objects.all()] == ["live"]
    assert housekeeping.clear_sessions() == 0


def test_a_token_is_forgotten_thirty_days_after_it_expired(acme):
    user = factories.user()
    for name, expired_days_ago in (("long gone", 31), ("just expired", 29), ("good", -1)):
        token, _ = tokens.issue(user=user, name=name, lifetime=timedelta(days=1))
        ApiToken.objects.filter(pk=token.pk).update(expiry=ago(days=expired_days_ago))

    assert housekeeping.forget_tokens() == 1

    assert set(ApiToken.objects.values_list("name", flat=True)) == {"just expired", "good"}


def test_failed_sign_ins_go_after_a_month_and_good_ones_after_a_year(acme):
    for days in (1, 31):
        attempt = AccessAttempt.objects.create(username=f"{days}", failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=ago(days=days))
    for days in (31, 366):
        entry = AccessLog.objects.create(username=f"{days}")
        AccessLog.objects.filter(pk=entry.pk).update(attempt_time=ago(days=days))

    assert [housekeeping.forget_sign_ins() for _ in range(3)] == [1, 1, 0]

    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["1"]
    assert [entry.username for entry in AccessLog.objects.all()] == ["31"]


def test_a_call_is_one_batch(acme, monkeypatch):
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    for number in range(5):
        Session.objects.create(session_key=str(number), session_data="", expire_date=ago(days=1))

    assert [housekeeping.clear_sessions() for _ in range(4)] == [2, 2, 1, 0]
