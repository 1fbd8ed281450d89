"""API tokens: issued once, kept as a hash, used until they expire or are revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from knox.crypto import hash_token

from apps.accounts.errors import TokenNameTaken
from apps.accounts.models import ApiToken, User
from apps.audit import services as audit
from kernel.errors import NotFound

LONGEST_LIFE: Final = timedelta(days=366)
USE_IS_EXACT_TO: Final = timedelta(minutes=1)
_LONGEST_KEY: Final = 256


def issue(*, user: User, name: str, lifetime: timedelta) -> tuple[ApiToken, str]:
    """Make a token; returns its row and the key, which nobody can read again.

    lifetime: more than nothing, at most LONGEST_LIFE; ValueError otherwise. Raises TokenNameTaken.
    """
    if not timedelta(0) < lifetime <= LONGEST_LIFE:
        raise ValueError(f"{lifetime=}")
    try:
        with transaction.atomic():
            token, key = ApiToken.objects.create(user=user, name=name, expiry=lifetime)
            audit.record(action="token.issued", actor=user, obj=token, detail={"expires_at": token.expiry})
    except IntegrityError as error:
        raise TokenNameTaken(field="name", name=name) from error
    return token, key


def revoke(token_id: UUID, *, owner: User, actor: User) -> None:
    """The token opens nothing from now on. Raises NotFound when it is not ``owner``'s."""
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().filter(pk=token_id, user=owner).first()
        if token is None:
            raise NotFound
        audit.record(action="token.revoked", actor=actor, obj=token, detail={"owner": owner.get_username()})
        token.delete()


def authenticate(key: str) -> ApiToken | None:
    """The token with this key and its user, or None: unknown here, expired, revoked, or the user disabled.

    Looks in the schema that the connection is in: another tenant's key is unknown. One query, and at
    most once a minute a second one, which notes the use.
    """
    if not key.isascii() or len(key) > _LONGEST_KEY:
        return None
    token: ApiToken | None = (
        ApiToken.objects.select_related("user")
        .filter(digest=hash_token(key), expiry__gt=Now(), user__is_active=True)
        .annotate(is_stale=Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - USE_IS_EXACT_TO))
        .first()
    )
    if token is not None and token.is_stale:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=Now())
    return token
