"""Making, changing and deleting datasources; each deed is in the audit log, the password never is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.audit import services as audit
from apps.audit.models import Entry
from apps.datasources.domain import settings as rules
from apps.datasources.domain.kinds import Kind
from apps.datasources.errors import NameTaken, PasswordNeeded
from apps.datasources.models import Datasource
from apps.datasources.services import engines, targets
from apps.datasources.signals import datasource_changed, datasource_deleting
from kernel import crypto
from kernel.errors import NotFound

SETTINGS: Final = (
    "name", "description", "kind", "host", "port", "database", "username", "path", "options",
    "is_read_only", "statement_timeout_seconds", "max_rows", "max_connections",
)  # fmt: skip
UNTESTED: Final[Mapping[str, Any]] = {
    "tested_at": None, "test_code": "", "test_message": {}, "test_server": "", "test_latency_ms": None,
}  # fmt: skip
OWNER_RIGHTS: Final = ("view_datasource", "change_datasource", "delete_datasource", "use_datasource")

Complete: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]


def create(*, by: User, password: str = "", **given: Any) -> Datasource:
    """A new datasource that ``by`` owns, with all rights on it. Raises BadSetting, BadOption, OwnDatabase, NameTaken."""
    done = _checked(rules.complete, given)
    datasource = Datasource(**done, owner=by, password_token=_sealed(password, done["kind"]))
    with transaction.atomic():
        _save(datasource)
        for right in OWNER_RIGHTS:
            assign_perm(right, by, datasource)
        entry = audit.record(
            action="datasource.created", actor=by, obj=datasource, detail={"kind": done["kind"]}
        )
        _tell(datasource, "created", entry, by=by)
    return datasource


def update(datasource_id: UUID, *, by: User, password: str | None = "", **changes: Any) -> Datasource:
    """Change what is given. Connections in use stay; the next one is opened with the new settings.

    password: empty to keep the stored one, None to remove it. A stored password is never sent to another
    host, port or user, nor under other encryption, than it was given for: then it must be given again.
    Raises NotFound, PasswordNeeded, and what ``create`` raises.
    """
    with transaction.atomic():
        datasource = Datasource.objects.select_for_update().filter(pk=datasource_id).first()
        if datasource is None:
            raise NotFound
        changed = _apply(datasource, rules.complete, password, changes)
        if changed:
            if not changed.isdisjoint({*rules.CONNECTION, "password"}):
                for name, value in UNTESTED.items():
                    setattr(datasource, name, value)
            _save(datasource)
            entry = audit.record(
                action="datasource.changed", actor=by, obj=datasource, detail={"fields": sorted(changed)}
            )
            _tell(datasource, "changed", entry, by=by)
    return datasource


def draft(stored: Datasource | None, *, password: str | None = "", **given: Any) -> Datasource:
    """The datasource that these settings would make, to be tested before it is saved; nothing is written.

    stored: the one that would change; ``given`` and ``password`` then mean what they mean to ``update``.
    Raises what saving would raise, but for the name, which it does not look at.
    """
    if stored is None:
        done = _checked(rules.complete_connection, given)
        return Datasource(**done, password_token=_sealed(password or "", done["kind"]))
    _apply(stored, rules.complete_connection, password, given)
    return stored


def record_test(datasource: Datasource, *, by: User, code: str, **found: Any) -> None:
    """Remember how a test ended, unless the settings that were tested have changed meanwhile.

    code: "ok", or the cause's. found: test_message, test_server, test_latency_ms.
    """
    tested = Datasource.objects.filter(pk=datasource.pk, updated_at=datasource.updated_at)
    with transaction.atomic():
        is_noted = tested.update(tested_at=Now(), test_code=code, **found) > 0
        entry = audit.record(action="datasource.tested", actor=by, obj=datasource, detail={"result": code})
        if is_noted:
            _tell(datasource, "changed", entry, by=by)


def delete(datasource_id: UUID, *, by: User) -> None:
    """Raises NotFound; StillUsed when another app needs it."""
    with transaction.atomic():
        datasource = Datasource.objects.select_for_update().filter(pk=datasource_id).first()
        if datasource is None:
            raise NotFound
        datasource_deleting.send(Datasource, datasource_id=datasource.pk)
        entry = audit.record(action="datasource.deleted", actor=by, obj=datasource)
        _tell(datasource, "deleted", entry, by=by)
        identity = targets.identity_of(datasource)
        datasource.delete()
        transaction.on_commit(partial(engines.dispose, identity))


def rotate_passwords(*, keys: str) -> int:
    """Encrypt the passwords of the connection's schema again, under the first key; returns how many.

    Raises KeyLost when a password's key is gone.
    """
    with transaction.atomic():
        sealed = list(Datasource.objects.exclude(password_token="").select_for_update().order_by("pk"))
        for datasource in sealed:
            datasource.password_token = crypto.rotate(datasource.password_token, keys=keys)
            datasource.save(update_fields=["password_token"])
    return len(sealed)


def _apply(
    datasource: Datasource, complete: Complete, password: str | None, changes: dict[str, Any]
) -> set[str]:
    """Change the row in memory as ``update`` says; returns the names of what differs."""
    before = {name: getattr(datasource, name) for name in SETTINGS}
    done = _checked(complete, {**before, **changes})
    changed = {name for name in SETTINGS if done[name] != before[name]}
    for name in changed:
        setattr(datasource, name, done[name])
    if password is None or done["kind"] == Kind.SQLITE:
        changed |= {"password"} if datasource.password_token else set()
        datasource.password_token = ""
    elif password:
        datasource.password_token = _sealed(password, done["kind"])
        changed.add("password")
    elif datasource.password_token and rules.redirects_password(before, done):
        raise PasswordNeeded(field="password")
    return changed


def _checked(complete: Complete, given: dict[str, Any]) -> dict[str, Any]:
    done = complete(given)
    if done["kind"] != Kind.SQLITE:
        targets.refuse_own_database(done["host"], done["port"], done["database"])
    return done


def _sealed(password: str, kind: str) -> str:
    if not password or kind == Kind.SQLITE:
        return ""
    return crypto.encrypt(password, keys=settings.ENV.encryption_keys)


def _save(datasource: Datasource) -> None:
    try:
        with transaction.atomic():
            datasource.save()
    except IntegrityError as error:
        if "name" not in str(error):
            raise
        raise NameTaken(field="name", name=datasource.name) from None


def _tell(datasource: Datasource, what: str, entry: Entry, *, by: User) -> None:
    transaction.on_commit(
        partial(
            datasource_changed.send_robust,
            Datasource,
            datasource_id=datasource.pk,
            what=what,
            by_id=by.pk,
            at=entry.at,
        )
    )
