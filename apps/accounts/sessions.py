"""Sessions in the database, each of which knows whose it is and from where it was last used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Q
from django.db.models.functions import Now

from apps.accounts.models import Session

USE_IS_EXACT_TO: Final = timedelta(minutes=1)


class SessionStore(DatabaseStore):
    """The setting SESSION_ENGINE. Reading a session costs one query, and at most once a minute a second one."""

    _is_used = False
    _ip: str | None = None
    _agent = ""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def used_from(self, *, ip: str | None, agent: str) -> None:
        """A browser asks for something: what follows is its doing. Without this nothing is noted as a use."""
        self._is_used, self._ip, self._agent = True, ip, agent[: Session.AGENT_LENGTH]

    def load(self) -> dict[str, Any]:
        is_stale = Q(last_seen_at__lt=Now() - USE_IS_EXACT_TO)
        row = (
            Session.objects.filter(session_key=self.session_key, expire_date__gt=Now())
            .annotate(is_stale=is_stale)
            .first()
        )
        if row is None:
            self._session_key = None
            return {}
        if row.is_stale and self._is_used:
            Session.objects.filter(is_stale, pk=row.pk).update(
                last_seen_at=Now(), ip=self._ip, agent=self._agent
            )
        return self.decode(row.session_data)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.ip, row.agent = self._ip, self._agent
        return row
