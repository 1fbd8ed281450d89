"""The life of a tenant: created, suspended, resumed, deleted. Each is one transaction, and audited in public."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.dispatch import Signal
from django_tenants.utils import quote_schema_name, schema_context, tenant_context

from apps.audit import services as audit
from apps.tenants import signals
from apps.tenants.domain import names
from apps.tenants.errors import NameTaken, NoSuchTenant, NotACustomer, NotConfirmed
from apps.tenants.models import Domain, State, Tenant
from apps.tenants.services.clone import clone_schema
from kernel.errors import Invalid

Actor = AbstractBaseUser | str | None

_ALPHABET = string.ascii_letters + string.digits
PASSWORD_LENGTH = 20  # 119 bits


@dataclass(frozen=True, slots=True)
class Created:
    """A new tenant and its first user's password, which is kept nowhere else."""

    tenant: Tenant
    username: str
    password: str = field(repr=False)


def generate_password() -> str:
    """A random password of letters and digits, never of digits alone: the validators refuse those."""
    while True:
        password = "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))
        if not password.isdigit():
            return password


def host_of(slug: str) -> str:
    return f"{slug}.{settings.ENV.base_domain}"


def create(
    *, name: str, slug: str, username: str, email: str = "", time_zone: str = "", actor: Actor = None
) -> Created:
    """Make a tenant with its schema, its host name and one user, who is its superuser.

    time_zone: empty means the installation's. Raises BadSlug, NameTaken, Invalid (a field that its
    model refuses), CannotClone, NoTemplate.
    """
    names.check_slug(slug)
    schema = names.schema_of(slug)
    password = generate_password()
    encoded = make_password(password)  # slow on purpose, so not while the transaction holds its locks
    tenant = Tenant(name=name.strip(), slug=slug, schema_name=schema)
    if time_zone:
        tenant.time_zone = time_zone
    _check(tenant, exclude={"schema_name"})
    user = get_user_model()(
        username=username, email=email, password=encoded, is_staff=True, is_superuser=True
    )
    _check(user, exclude={"password"})
    with schema_context(names.PUBLIC_SCHEMA):
        try:
            with transaction.atomic():
                _insert(tenant)
                Domain.objects.create(tenant=tenant, domain=host_of(slug))
                clone_schema(names.TEMPLATE_SCHEMA, schema)
                with tenant_context(tenant):
                    user.save(force_insert=True)
                    signals.tenant_created.send(Tenant, tenant_id=tenant.pk)
                audit.record(action="tenant.created", actor=actor, obj=tenant, detail={"slug": slug})
        except IntegrityError as error:
            raise NameTaken(field="slug") from error
    return Created(tenant, username, password)


def _insert(tenant: Tenant) -> None:
    try:
        tenant.save()
    except ValidationError as error:  # django-tenants' own check that the schema is not in use
        raise NameTaken(field="slug") from error


def suspend(tenant_id: int, *, actor: Actor = None) -> None:
    """From now on every request to the tenant is refused; nothing is lost. Twice is once. Raises NoSuchTenant."""
    _move(tenant_id, State.SUSPENDED, signals.tenant_suspended, actor)


def resume(tenant_id: int, *, actor: Actor = None) -> None:
    """Undo a suspension. Twice is once. Raises NoSuchTenant."""
    _move(tenant_id, State.ACTIVE, signals.tenant_resumed, actor)


def delete(tenant_id: int, *, confirm_name: str, actor: Actor = None) -> None:
    """Drop the tenant's schema and its public rows, for good.

    confirm_name: must be the tenant's exact name. Raises NoSuchTenant, NotACustomer, NotConfirmed.
    """
    with schema_context(names.PUBLIC_SCHEMA), transaction.atomic():
        tenant = _locked(tenant_id)
        if not secrets.compare_digest(confirm_name.encode(), tenant.name.encode()):
            raise NotConfirmed(field="confirm")
        signals.tenant_deleted.send(Tenant, tenant_id=tenant.pk)
        audit.record(
            action="tenant.deleted",
            actor=actor,
            obj=tenant,
            detail={"slug": tenant.slug, "schema": tenant.schema_name, "created_at": tenant.created_at},
        )
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {quote_schema_name(tenant.schema_name)} CASCADE")
        tenant.delete()


def _move(tenant_id: int, to: State, signal: Signal, actor: Actor) -> None:
    with schema_context(names.PUBLIC_SCHEMA), transaction.atomic():
        tenant = _locked(tenant_id)
        if not Tenant.objects.filter(pk=tenant.pk).exclude(state=to).update(state=to):
            return
        audit.record(action=f"tenant.{_DEEDS[to]}", actor=actor, obj=tenant)
        signal.send(Tenant, tenant_id=tenant.pk)


_DEEDS = {State.SUSPENDED: "suspended", State.ACTIVE: "resumed"}


def _locked(tenant_id: int) -> Tenant:
    """The customer's row, held until the transaction ends: one change of a tenant at a time."""
    tenant = Tenant.objects.select_for_update().filter(pk=tenant_id).first()
    if tenant is None:
        raise NoSuchTenant
    if not tenant.is_customer:
        raise NotACustomer
    return tenant


def _check(row: Model, *, exclude: set[str]) -> None:
    """Raises Invalid for the first field that the model refuses. Uniqueness is the database's to judge."""
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as error:
        field, problems = next(iter(error.error_dict.items()))
        raise Invalid(str(problems[0].messages[0]).replace("%", "%%"), field=field) from None
