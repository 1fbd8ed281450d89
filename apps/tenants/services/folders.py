"""The folder of a tenant's files: what its scripts share with each other and with its SQLite datasources."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from django.conf import settings

from apps.tenants.models import Tenant

#: As root, scripts run under users of their own; the group that a tenant's files belong to is this plus its id.
FIRST_GROUP: Final = 30_000


def of(tenant: Tenant) -> Path:
    """Where the tenant's files lie; the folder may not be there yet."""
    folder: Path = settings.ENV.script_dir / "tenants" / tenant.schema_name / "files"
    return folder


def ensure(tenant: Tenant) -> Path:
    """The tenant's folder, made if it is missing: open to its own scripts and to nobody else's."""
    folder = of(tenant)
    if folder.is_dir():
        return folder
    is_root = os.geteuid() == 0
    for parent in (folder.parent.parent, folder.parent):
        parent.mkdir(parents=True, exist_ok=True)
        parent.chmod(0o711 if is_root else 0o700)
    folder.mkdir(mode=0o700, exist_ok=True)
    if is_root:
        os.chown(folder, -1, group_of(tenant))
        folder.chmod(0o2770)
    return folder


def group_of(tenant: Tenant) -> int:
    """The group id of the tenant's files when the platform runs as root."""
    return FIRST_GROUP + int(tenant.pk)
