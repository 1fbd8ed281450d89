"""The customers of the platform: one row, one schema and one subdomain each."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from apps.tenants.domain import names
from kernel.zones import installation_zone, validate_zone


class State(models.TextChoices):
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")


class TenantQuerySet(models.QuerySet["Tenant"]):
    def customers(self) -> TenantQuerySet:
        """Without the platform itself and the template that new tenants are cloned from."""
        return self.exclude(schema_name__in=(names.PUBLIC_SCHEMA, names.TEMPLATE_SCHEMA))


class Tenant(TenantMixin):  # type: ignore[misc]
    """A customer. Its row is written by ``services.tenants`` alone, in the public schema.

    Two rows are no customers: the platform's own (schema ``public``) and the template (``_template``),
    which is a row so that ``migrate_schemas`` keeps it as new as every other schema.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.CharField(_("subdomain"), max_length=names.MAX_SLUG_LENGTH, unique=True)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.ACTIVE)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=installation_zone, validators=[validate_zone]
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    auto_create_schema = False
    auto_drop_schema = False

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_customer(self) -> bool:
        return self.schema_name not in (names.PUBLIC_SCHEMA, names.TEMPLATE_SCHEMA)

    @property
    def is_suspended(self) -> bool:
        return self.state == State.SUSPENDED


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name that leads to a tenant."""

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["domain"]
