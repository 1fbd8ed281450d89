"""A tenant's export as an answer to a browser or a program."""

from __future__ import annotations

import tempfile

from django.http import FileResponse

from apps.tenants.models import Tenant
from apps.tenants.services import export
from apps.tenants.services.tenants import Actor


def export_of(tenant: Tenant, *, actor: Actor) -> FileResponse:
    """The tenant's export as a download; the file has no name on the disk, and goes with the answer."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the response)
    try:
        export.export(tenant.pk, file, actor=actor)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=export.file_name(tenant), content_type="application/zip"
    )
