"""Reading datasources: who may see, who may use."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.datasources.models import Datasource
from kernel.errors import NotFound


def visible_to(user: User) -> QuerySet[Datasource]:
    return accounts.visible(Datasource.objects.select_related("owner"), user, "datasources.view_datasource")


def usable_by(user: User) -> QuerySet[Datasource]:
    """Those that the user's jobs may run SQL on."""
    return accounts.visible(Datasource.objects.all(), user, "datasources.use_datasource")


def get(datasource_id: UUID) -> Datasource:
    """For the platform's own use, whoever asks. Raises NotFound."""
    found = Datasource.objects.filter(pk=datasource_id).first()
    if found is None:
        raise NotFound
    return found
