"""The platform's own rows: the public schema as a tenant of itself, the template, the first administrator."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django_tenants.utils import quote_schema_name, schema_context, schema_exists

from apps.audit import services as audit
from apps.tenants import signals
from apps.tenants.domain import names
from apps.tenants.models import Domain, Tenant
from apps.tenants.services.tenants import generate_password, host_of


@dataclass(frozen=True, slots=True)
class SignIn:
    """How the platform's first administrator signs in."""

    url: str
    username: str
    password: str = field(repr=False)


def set_up() -> None:
    """Make the platform's row, its host name and the template schema, whatever of it is missing.

    Host names follow JIEPAI_BASE_DOMAIN when that has changed, the customers' too.

    The public schema must have been migrated. The template's row is made before any customer's, and
    ``migrate_schemas`` goes by id: what is created while it runs is cloned from the new state.
    """
    with schema_context(names.PUBLIC_SCHEMA):
        with transaction.atomic():
            platform, _ = Tenant.objects.get_or_create(
                schema_name=names.PUBLIC_SCHEMA, defaults={"name": "Jiepai", "slug": "public"}
            )
            Domain.objects.filter(tenant=platform).exclude(domain=settings.ENV.base_domain).delete()
            Domain.objects.get_or_create(tenant=platform, domain=settings.ENV.base_domain)
            Tenant.objects.get_or_create(
                schema_name=names.TEMPLATE_SCHEMA, defaults={"name": "_template", "slug": "template"}
            )
            for tenant in Tenant.objects.customers():
                Domain.objects.filter(tenant=tenant, is_primary=True).update(domain=host_of(tenant.slug))
        if not schema_exists(names.TEMPLATE_SCHEMA):
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA {quote_schema_name(names.TEMPLATE_SCHEMA)}")
    call_command("migrate_schemas", schema_name=names.TEMPLATE_SCHEMA, interactive=False, verbosity=0)
    with schema_context(names.PUBLIC_SCHEMA), transaction.atomic():
        signals.platform_set_up.send(Tenant)


def ensure_administrator(*, username: str, sign_in_file: Path | None) -> SignIn | None:
    """Make the platform's administrator with a random password, unless the platform has one.

    sign_in_file: gets the sign-in as JSON, readable by this account alone; written before the
    administrator is kept, so that a full disk can't lose the only copy. Returns None when there was
    an administrator already.
    """
    users = get_user_model()
    with schema_context(names.PUBLIC_SCHEMA), transaction.atomic():
        if users.objects.filter(is_superuser=True, is_active=True).exists():
            return None
        scheme = "https" if settings.ENV.secure_cookies else "http"
        port = "" if settings.ENV.secure_cookies else f":{settings.ENV.port}"
        sign_in = SignIn(
            url=f"{scheme}://{settings.ENV.base_domain}{port}/admin/",
            username=username,
            password=generate_password(),
        )
        user = users.objects.create_superuser(username=username, password=sign_in.password)
        audit.record(action="user.created", actor="setup_platform", obj=user)
        if sign_in_file is not None:
            write_private(sign_in_file, {"platform": asdict(sign_in)})
    return sign_in


def write_private(path: Path, content: dict[str, object]) -> None:
    """Write JSON that only this account may read, whole or not at all. Keeps other top-level keys of the file."""
    known: dict[str, object] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump({**known, **content}, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
