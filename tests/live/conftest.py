"""People of two tenants, on a database where commits are real."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.accounts.services import tokens
from apps.accounts.sessions import SessionStore
from apps.jobs.models import Job
from apps.tenants.models import Tenant
from embedded import EmbeddedValkey
from kernel.schemas import connection
from tests import factories
from tests.journeys.conftest import processes
from tests.processes import Processes

__all__ = ["processes"]


@contextmanager
def inside(slug: str) -> Iterator[Tenant]:
    """This thread's connection on the tenant, and back on the one before."""
    before = connection.tenant
    tenant = Tenant.objects.get(slug=slug)
    connection.set_tenant(tenant)
    try:
        yield tenant
    finally:
        connection.set_tenant(before)


def key_of(user: User, name: str = "ear") -> str:
    """A fresh API token."""
    return tokens.issue(user=user, name=name, lifetime=timedelta(days=1))[1]


def session_of(user: User) -> str:
    """The cookie of somebody who has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    assert session.session_key
    return session.session_key


@dataclass
class Restricted:
    """A user who sees one of two jobs."""

    user: User
    seen: Job
    hidden: Job


@pytest.fixture
def restricted(processes: Processes) -> Restricted:
    """In acme."""
    user, seen, hidden = factories.user(), factories.job(), factories.job()
    assign_perm("jobs.view_job", user, seen)
    return Restricted(user, seen, hidden)


@pytest.fixture
def own_valkey() -> Iterator[EmbeddedValkey]:
    """A Valkey that a test may kill."""
    folder = Path(tempfile.mkdtemp(prefix="jiepai-live-"))
    folder.chmod(0o711)
    try:
        with EmbeddedValkey(folder / "vk") as valkey:
            yield valkey
    finally:
        shutil.rmtree(folder, ignore_errors=True)
