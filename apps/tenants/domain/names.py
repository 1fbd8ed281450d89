"""What a tenant may be called in a host name, and which schema that gives."""

from __future__ import annotations

import re
from typing import Final

from kernel.errors import N_, Invalid

PUBLIC_SCHEMA: Final = "public"
TEMPLATE_SCHEMA: Final = "_template"
SCHEMA_PREFIX: Final = "t_"
MAX_SLUG_LENGTH: Final = 40

# Names with a meaning of their own in host names, and those of the platform's own rows.
RESERVED_SLUGS: Final = frozenset(
    {
        *(
            "www",
            "ws",
            "api",
            "app",
            "admin",
            "administrator",
            "root",
            "system",
            "internal",
            "jiepai",
            "platform",
        ),
        *("public", "template", "tenant", "tenants", "default", "null", "undefined", "localhost"),
        *("static", "assets", "cdn", "media", "docs", "help", "status", "support", "health", "metrics"),
        *("account", "accounts", "auth", "login", "logout", "signin", "signup", "sso", "oauth", "security"),
        *(
            "mail",
            "smtp",
            "imap",
            "pop",
            "webmail",
            "postmaster",
            "ns",
            "ns1",
            "ns2",
            "mx",
            "dns",
            "ftp",
            "wpad",
        ),
        *("grafana", "prometheus", "dev", "staging", "production"),
    }
)
_SLUG: Final = re.compile(r"[a-z]([a-z0-9]|-(?=[a-z0-9]))*")


class BadSlug(Invalid):
    """The subdomain can't be used."""

    code = "tenant.bad_slug"
    template = N_(
        "A subdomain has lowercase letters, digits and single hyphens between them, begins with a letter "
        "and has at most %(limit)d characters."
    )


def check_slug(slug: str) -> None:
    """Raises BadSlug unless ``slug`` can be a tenant's subdomain."""
    if len(slug) > MAX_SLUG_LENGTH or not _SLUG.fullmatch(slug):
        raise BadSlug(field="slug", limit=MAX_SLUG_LENGTH)
    if slug in RESERVED_SLUGS:
        raise BadSlug(N_("The subdomain “%(slug)s” is reserved."), field="slug", slug=slug)


def schema_of(slug: str) -> str:
    """The schema of a valid slug. Distinct slugs give distinct schemas: a slug has no underscore."""
    return SCHEMA_PREFIX + slug.replace("-", "_")
