"""Who asks: a program with a token. (A browser with a session is DRF's own affair.)"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework import exceptions

from apps.accounts import preferences
from apps.accounts.services import tokens


class TokenAuthentication(KnoxAuthentication):
    """``Authorization: Token …``, with knox's header and hash, but one query and no clean-up per request."""

    def authenticate(self, request):
        found = super().authenticate(request)
        if found:
            preferences.apply(found[0], tenant_zone=request.tenant.time_zone)
        return found

    def authenticate_credentials(self, token):
        known = tokens.authenticate(token.decode("ascii", "replace"))
        if known is None:
            raise exceptions.AuthenticationFailed(
                _("The API token is unknown, expired or revoked."), code="token.refused"
            )
        return known.user, known


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "apps.accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        prefix = TokenAuthentication().authenticate_header(None)
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix=prefix)
