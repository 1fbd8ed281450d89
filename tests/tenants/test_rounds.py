"""Housekeeping goes from schema to schema; one tenant's trouble is its own, and there is an end to it."""

from __future__ import annotations

from apps.tenants.services import rounds
from kernel.schemas import connection


def test_each_tenant_has_its_turn_until_nothing_is_left(db):
    left = {"t_acme": 2, "t_globex": 1}
    seen = []

    def unit():
        seen.append(connection.schema_name)
        left[connection.schema_name] -= 1
        return 10 if left[connection.schema_name] >= 0 else 0

    moved = rounds.go("things", unit, on_platform=False)

    assert moved == 30
    assert sorted(seen) == sorted(["t_acme"] * 3 + ["t_globex"] * 2)


def test_the_platform_has_its_turn_when_the_table_is_there_too_the_template_never(db):
    seen = set()

    def unit():
        seen.add(connection.schema_name)
        return 0

    rounds.go("things", unit, on_platform=True)

    assert seen == {"public", "t_acme", "t_globex"}


def test_a_fault_in_one_schema_is_logged_and_the_others_are_served(db, caplog):
    served = []

    def unit():
        if connection.schema_name == "t_acme":
            raise RuntimeError("broken table")
        served.append(connection.schema_name)
        return 0

    assert rounds.go("things", unit, on_platform=False) == 0

    assert served == ["t_globex"]
    assert "housekeeping.failed" in caplog.text
    assert "t_acme" in caplog.text


def test_no_unit_begins_after_the_time(db):
    calls = []

    def unit():
        calls.append(1)
        return 1

    rounds.go("things", unit, on_platform=False, seconds=0)

    assert calls == []


def test_the_schema_is_afterwards_what_it_was(acme):
    rounds.go("things", lambda: 0, on_platform=True)

    assert connection.schema_name == acme.schema_name
