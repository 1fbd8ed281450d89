"""Reading datasources: who may see, who may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.datasources.models import Datasource
from kernel.errors import NotFound

RIGHTS: Final = ("use_datasource", "change_datasource", "delete_datasource")


def visible_to(user: User) -> QuerySet[Datasource]:
    return accounts.visible(Datasource.objects.select_related("owner"), user, "datasources.view_datasource")


def usable_by(user: User) -> QuerySet[Datasource]:
    """Those that the user's jobs may run SQL on."""
    return accounts.visible(Datasource.objects.all(), user, "datasources.use_datasource")


def rights(user: User, rows: Iterable[Datasource]) -> dict[str, frozenset[str]]:
    """By right, the ids of those rows on which the user has it; a constant number of queries."""
    rows = list(rows)
    return {right: accounts.allowed(user, f"datasources.{right}", rows) for right in RIGHTS}


def get(datasource_id: UUID) -> Datasource:
    """For the platform's own use, whoever asks. Raises NotFound."""
    found = Datasource.objects.filter(pk=datasource_id).first()
    if found is None:
        raise NotFound
    return found
