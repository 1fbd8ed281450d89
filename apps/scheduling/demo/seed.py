"""Fills the demo tenant; does nothing that is done already."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.datasources.models import Datasource
from apps.datasources.services import datasources
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Job
from apps.jobs.services import jobs, runs
from apps.scheduling.demo import sales
from apps.scheduling.demo.jobs import definitions
from apps.scheduling.services import tenancy, triggers
from apps.tenants.models import Tenant
from apps.tenants.services import folders, platform, tenants

SLUG: Final = "demo"
NAME: Final = "示例商贸"
USERNAME: Final = "demo"


def seed(*, sign_in_file: Path | None) -> str | None:
    """Make the demo tenant with its sample data. Returns its user's new password, or None if it was there."""
    password = None
    tenant = Tenant.objects.filter(slug=SLUG).first()
    if tenant is None:
        created = tenants.create(name=NAME, slug=SLUG, username=USERNAME, email="demo@example.com")
        tenant, password = created.tenant, created.password
        if sign_in_file is not None:
            scheme = "https" if settings.ENV.secure_cookies else "http"
            port = "" if settings.ENV.secure_cookies else f":{settings.ENV.port}"
            url = f"{scheme}://{tenants.host_of(SLUG)}{port}/"
            sign_in = {"url": url, "username": USERNAME, "password": password}
            platform.write_private(sign_in_file, {"demo tenant": sign_in})
    tenancy.enter(tenant.pk)
    user = User.objects.filter(is_superuser=True).order_by("pk").first()
    if user is not None and not Job.objects.exists():
        _fill(tenant, user)
    return password


def _fill(tenant: Tenant, user: User) -> None:
    folder = folders.ensure(tenant)
    sales.create(folder / "sales.db", today=timezone.localdate())
    for name in ("inbox", "done"):
        (folder / name).mkdir(exist_ok=True)
        if os.geteuid() == 0:
            (folder / name).chmod(0o2770)
    if os.geteuid() == 0:
        os.chown(folder / "sales.db", -1, folders.group_of(tenant))
    source = Datasource.objects.filter(name="销售库").first() or datasources.create(
        by=user, name="销售库", kind="sqlite", path="sales.db", description="Sample sales of a tea shop."
    )
    for one in definitions(str(source.pk)):
        job = jobs.create(
            name=one["name"],
            kind=one["kind"],
            description=one["description"],
            tags=one["tags"],
            definition=one["definition"],
            by=user,
        )
        triggers.create(job_id=job.pk, by=user, expression=one["cron"])
        runs.request(job, source=Source.MANUAL, by=user)
