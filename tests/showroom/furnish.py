"""Fills the two tenants."""

from __future__ import annotations

from apps.accounts.models import User
from apps.datasources.services import datasources
from apps.jobs.models import Job
from apps.jobs.services import jobs
from apps.scheduling.demo import seed
from apps.scheduling.services import tenancy, triggers
from apps.tenants.models import Tenant
from tests.showroom import history
from tests.showroom.goods import english as english_jobs
from tests.showroom.stage import PASSWORD


def english() -> None:
    """The tenant acme, with jobs in English and a week of runs."""
    tenant = Tenant.objects.get(slug="acme")
    tenancy.enter(tenant.pk)
    Tenant.objects.filter(pk=tenant.pk).update(name="Acme Trading")
    user = _user("Lin Wei", "en")
    source = datasources.create(
        by=user,
        name="Warehouse",
        kind="sqlite",
        path="warehouse.db",
        description="Orders and customers, refreshed each night.",
    )
    for one in english_jobs(str(source.pk)):
        job = jobs.create(
            name=one["name"], kind=one["kind"], tags=one["tags"], definition=one["definition"], by=user
        )
        triggers.create(job_id=job.pk, by=user, expression=one["cron"])
    history.fill(Job.objects.select_related("version"))


def chinese() -> None:
    """The demo tenant, as ``make run`` makes it, and a week of runs."""
    seed.seed(sign_in_file=None)
    tenancy.enter(Tenant.objects.get(slug=seed.SLUG).pk)
    _user("林薇", "zh-hans")
    history.fill(Job.objects.select_related("version"))


def _user(display_name: str, language: str) -> User:
    return User.objects.create_superuser(
        "lin", "lin@example.com", PASSWORD, display_name=display_name, language=language
    )
