"""Who may open a socket, and who may keep it. Runs in threads, never on the event loop."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models.functions import Now
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import translation

from apps.accounts.models import ApiToken, Session, User
from apps.accounts.services import tokens
from apps.accounts.sessions import SessionStore
from apps.live.domain.handshake import Handshake
from apps.live.domain.topics import Topic
from apps.live.errors import ForeignOrigin, SignedOut
from apps.live.selectors import rights
from apps.tenants import selectors as tenants
from apps.tenants.errors import NoSuchTenant, TenantSuspended
from apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who listens, in which language, and by what right: a session or a token.

    auth_hash: a session ends when the user's password changes; this is what it is then compared with.
    """

    user_id: int
    language: str
    session_key: str = ""
    auth_hash: str = ""
    token_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """Who and what no longer holds. topics: per user, those that are not theirs to hear any more."""

    tenant_is_gone: bool = False
    tenant_is_suspended: bool = False
    out: frozenset[Visitor] = frozenset()
    topics: Mapping[int, frozenset[Topic]] = field(default_factory=dict)


def tenant_at(host: str) -> Tenant:
    """The customer whose host this is, by the rule that holds for HTTP. Raises NoSuchTenant, TenantSuspended."""
    domain, _ = split_domain_port(host)
    tenant = tenants.tenant_for_host(host) if validate_host(domain, settings.ALLOWED_HOSTS) else None
    if tenant is None or not tenant.is_customer:
        raise NoSuchTenant
    if tenant.is_suspended:
        raise TenantSuspended
    return tenant


def admit(handshake: Handshake) -> Visitor:
    """Who asks, in the schema that is set. Raises SignedOut, ForeignOrigin.

    A token decides alone: no browser can send one with a websocket, so where the page is from does not matter.
    """
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = handshake.accept_language
    if handshake.token is not None:
        token = tokens.authenticate(handshake.token) if handshake.token else None
        if token is None:
            raise SignedOut
        return Visitor(token.user.pk, _language(token.user, request), token_id=token.pk)
    request.COOKIES = parse_cookie(handshake.cookie)
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        raise SignedOut
    if not handshake.is_from_here:
        raise ForeignOrigin
    request.session = SessionStore(key)
    user = get_user(request)
    if not isinstance(user, User):
        raise SignedOut
    return Visitor(user.pk, _language(user, request), session_key=key, auth_hash=user.get_session_auth_hash())


def audit(tenant_id: int, visitors: Collection[Visitor], topics: Mapping[int, Collection[Topic]]) -> Audit:
    """Who of the visitors is signed in no longer, and which topics each user may hear no longer.

    Costs three queries, and a few more for each user who has topics and does not see all jobs.
    """
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None or tenant.is_suspended:
        return Audit(tenant_is_gone=tenant is None, tenant_is_suspended=tenant is not None)
    users = User.objects.filter(is_active=True).in_bulk({one.user_id for one in visitors})
    sessions = frozenset(
        Session.objects.filter(
            session_key__in={one.session_key for one in visitors if one.session_key}, expire_date__gt=Now()
        ).values_list("session_key", flat=True)
    )
    keys = frozenset(
        ApiToken.objects.filter(
            pk__in={one.token_id for one in visitors if one.token_id}, expiry__gt=Now()
        ).values_list("pk", flat=True)
    )
    out = set()
    for one in visitors:
        user = users.get(one.user_id)
        if user is None:
            out.add(one)
        elif one.token_id is not None:
            if one.token_id not in keys:
                out.add(one)
        elif one.session_key not in sessions or one.auth_hash != user.get_session_auth_hash():
            out.add(one)
    hidden = {pk: rights.hidden_from(users[pk], asked) for pk, asked in topics.items() if pk in users}
    return Audit(out=frozenset(out), topics=hidden)


def _language(user: User, request: HttpRequest) -> str:
    return user.language or translation.get_language_from_request(request)
