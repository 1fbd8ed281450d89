"""Why a tenant can't be made, changed or deleted."""

from __future__ import annotations

from kernel.errors import N_, Conflict, Forbidden, Invalid, NotFound, PlatformError


class NoSuchTenant(NotFound):
    code = "tenant.unknown"
    template = N_("There is no tenant at this address.")
    hint = N_("Look for typing mistakes in the address, or ask whoever gave it to you.")


class TenantSuspended(Forbidden):
    code = "tenant.suspended"
    template = N_("This tenant is suspended. Ask the platform's administrator.")
    hint = N_("What it holds is kept; its jobs don't run meanwhile.")


class NameTaken(Conflict):
    code = "tenant.taken"
    template = N_("There is a tenant with this name or subdomain already.")


class NotConfirmed(Invalid):
    code = "tenant.not_confirmed"
    template = N_("To delete the tenant, confirm with its exact name.")


class NotACustomer(Conflict):
    code = "tenant.not_a_customer"
    template = N_("The platform's own rows can't be suspended, exported or deleted.")


class DatabaseUnavailable(PlatformError):
    """The host can't be looked up; the same code and sentence as when a view finds the database gone."""

    code = "database.unavailable"
    status = 503
    template = N_("The database can't be reached. Nothing was lost; try again in a moment.")
    hint = N_("This page tries again by itself.")


class NoTemplate(PlatformError):
    code = "tenant.no_template"
    template = N_("The template schema is missing. Run: manage.py setup_platform")
