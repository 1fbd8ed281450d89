"""The writer of a log when the database fails it: no line is lost, none is stored twice."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from apps.jobs.domain.log_lines import parse
from apps.jobs.models import LogChunk
from apps.jobs.services.logs import FLUSH_BYTES, LogWriter
from kernel.schemas import connection
from tests import factories
from tests.plugin import sql


@pytest.fixture
def log(acme):
    return LogWriter(factories.run().pk, attempt=1, cap_bytes=10 * FLUSH_BYTES)


def _stored(log: LogWriter) -> list[str]:
    chunks = LogChunk.objects.filter(run_id=log.run_id).order_by("first_line")
    return [line.text for chunk in chunks for line in parse(chunk.text, first_line=chunk.first_line)]


def _break(monkeypatch, *, after_storing: bool) -> None:
    """Let the next chunk's INSERT fail as a connection does that breaks before, or after, it was carried out."""
    create = LogChunk.objects.create

    def fail(**columns):
        monkeypatch.undo()
        if after_storing:
            create(**columns)
        raise OperationalError("the connection broke")

    monkeypatch.setattr(LogChunk.objects, "create", fail)


@pytest.mark.parametrize("after_storing", [False, True])
def test_a_chunk_whose_answer_never_came_is_stored_once(log, monkeypatch, after_storing):
    log.write("out", b"one\ntwo\n")
    _break(monkeypatch, after_storing=after_storing)
    with pytest.raises(OperationalError):
        log.flush()

    log.write("out", b"three\n")
    log.flush()
    log.close()

    assert _stored(log) == ["one", "two", "three"]
    assert list(LogChunk.objects.order_by("first_line").values_list("first_line", "lines")) == (
        [(1, 2), (3, 1)] if after_storing else [(1, 3)]
    )


def test_closing_again_after_a_failure_says_once_what_was_left_out(log, monkeypatch):
    log.write("out", b"x" * 1000 + b"\n")
    for _ in range(11 * FLUSH_BYTES // 1000 + 200):
        log.write("out", b"x" * 1000 + b"\n")
    _break(monkeypatch, after_storing=False)
    with pytest.raises(OperationalError):
        log.close()
    log.close()

    assert sum("left out" in line for line in _stored(log)) == 1


def test_a_child_that_floods_goes_on_while_the_database_is_away(committed):
    """Without the transaction of a test around it: the connection is really cut."""
    from apps.tenants.models import Tenant

    connection.set_tenant(Tenant.objects.get(slug="acme"))
    log = LogWriter(factories.run().pk, attempt=1, cap_bytes=10 * FLUSH_BYTES)
    sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{committed}'")

    for number in range(3):
        log.write("out", f"{number}".encode() * FLUSH_BYTES + b"\n")
    log.write("out", b"the end\n")
    log.close()

    assert _stored(log)[-1] == "the end"
    assert "".join(_stored(log)[:-1]) == "".join(f"{number}" * FLUSH_BYTES for number in range(3))
