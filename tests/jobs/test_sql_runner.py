"""SQL jobs on real servers: one transaction, limits that the server keeps, errors with their place."""

from __future__ import annotations

import csv
import gzip
import io
import resource
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.datasources.services import connections, engines
from apps.jobs.domain.run_states import Reason
from apps.jobs.runners.sql import SqlEnd, SqlSpec, run
from tests.servers import PASSWORD, variant
from tests.stops import stop_after

SLEEP = {
    Kind.POSTGRESQL: "SELECT pg_sleep(30)",
    Kind.MYSQL: "SELECT sleep(30)",
    Kind.SQLITE: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
}
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'row' FROM n"


@pytest.fixture
def sqlite_file(tmp_path) -> Target:
    sqlite3.connect(tmp_path / "sales.db").close()
    (tmp_path / "sales.db").touch()
    return Target(identity=str(tmp_path), revision="1", kind=Kind.SQLITE, folder=tmp_path, path="sales.db")


@pytest.fixture(params=["postgres_server", "mariadb_server", "sqlite_file"])
def target(request) -> Target:
    return with_orders(request.getfixturevalue(request.param))


@pytest.fixture
def postgres(postgres_server) -> Target:
    return with_orders(postgres_server)


@pytest.fixture
def mariadb(mariadb_server) -> Target:
    return with_orders(mariadb_server)


def with_orders(target: Target) -> Target:
    """The database with the empty table "orders"."""
    made = go(
        target,
        "DROP TABLE IF EXISTS orders; "
        "CREATE TABLE orders (id int PRIMARY KEY, item varchar(40), price numeric(8,2))",
    )
    assert made.kind == "succeeded", made
    return target


def go(target: Target, text: str, *, cancel_after: float | None = None, **settings) -> Any:
    return told(target, text, cancel_after=cancel_after, **settings)[0]


def told(target: Target, text: str, *, cancel_after: float | None = None, **settings):
    lines: list[tuple[str, str]] = []
    with stop_after(cancel_after) as stop:
        end = run(
            SqlSpec(target=target, text=text, **settings),
            on_line=lambda stream, line: lines.append((stream, line)),
            cancel=stop,
        )
    assert PASSWORD not in repr(end) + repr(lines)
    return end, lines


def failure(end: SqlEnd) -> tuple[Reason, str, str]:
    assert end.error is not None, end
    return end.reason, end.error.code, end.error.message


def count(target: Target) -> Any:
    return go(target, "SELECT count(*) FROM orders").result["rows"][0][0]


# --- what a run does ---------------------------------------------------------------------------------


def test_statements_run_in_order_and_the_last_rows_are_the_result(target):
    end, lines = told(
        target,
        """
        INSERT INTO orders VALUES (1, 'tea; green', 2.50), (2, :item, :price);
        SELECT 1 AS dropped;
        SELECT id, item, price FROM orders WHERE item LIKE '%e%' ORDER BY id;  -- the result
        UPDATE orders SET price = 3 WHERE id = 2
        """,
        params={"item": "co'ffee %s :x", "price": "4.20", "unused": 1},
    )

    assert (end.kind, end.error) == ("succeeded", None)
    assert [column["name"] for column in end.result["columns"]] == ["id", "item", "price"]
    price = (2.5, 4.2) if target.kind is Kind.SQLITE else ("2.50", "4.20")
    assert end.result["rows"] == [[1, "tea; green", price[0]], [2, "co'ffee %s :x", price[1]]]
    assert (end.result["statement"], end.result["row_count"], end.result["truncated"]) == (3, 2, False)
    rows = list(csv.reader(io.StringIO(gzip.decompress(end.rows_csv).decode())))
    assert rows == [["id", "item", "price"], *([str(cell) for cell in row] for row in end.result["rows"])]
    told_of = [line.rpartition(", ")[0] for _, line in lines]
    assert told_of == [
        "1/4 INSERT: 2 rows affected",
        "2/4 SELECT: 1 row read",
        "3/4 SELECT: 2 rows read",
        "4/4 UPDATE: 1 row affected",
    ]


def test_column_types_are_the_servers_words(target):
    go(target, "INSERT INTO orders VALUES (1, 'tea', 2.5)")
    end = go(target, "SELECT id, item, price FROM orders")

    assert [column["type"] for column in end.result["columns"]] == {
        Kind.POSTGRESQL: ["integer", "character varying", "numeric"],
        Kind.MYSQL: ["int", "varchar", "decimal"],
        Kind.SQLITE: ["integer", "text", "real"],
    }[target.kind]


def test_a_run_without_rows_has_no_result(target):
    end = go(target, "DELETE FROM orders")

    assert (end.kind, end.result, end.rows_csv) == ("succeeded", None, None)


def test_an_empty_result_has_its_columns(target):
    end = go(target, "SELECT id, item FROM orders WHERE id = :id", params={"id": 7})

    assert (end.result["row_count"], end.result["rows"]) == (0, [])
    assert [column["name"] for column in end.result["columns"]] == ["id", "item"]


def test_a_failure_takes_back_what_ran_before_it(target):
    end = go(target, "INSERT INTO orders VALUES (1, 'tea', 1); INSERT INTO orders VALUES (1, 'tea', 1)")

    assert (end.kind, end.reason, end.error.code) == ("failed", Reason.SQL_ERROR, "sql.error")
    assert end.error.params["statement"] == 2
    assert count(target) == 0


def test_the_log_says_where_mysql_commits_by_itself(mariadb):
    _, lines = told(
        mariadb,
        "INSERT INTO orders VALUES (1, 'tea', 1); CREATE TEMPORARY TABLE brief (a int);"
        "CREATE OR REPLACE TABLE extra (a int); SELECT nope",
    )

    assert [line for stream, line in lines if stream == "err"] == [
        "3: MySQL commits here: what ran so far is kept, whatever follows."
    ]
    assert count(mariadb) == 1


def test_objects_and_lists_are_sent_as_json_and_postgresql_gets_arrays(target):
    text = {
        Kind.POSTGRESQL: "SELECT (:o)::jsonb ->> 'a', 3 = ANY(:l), 'é' = :t",
        Kind.MYSQL: "SELECT json_value(:o, '$.a'), json_contains(:l, '3'), 'é' = :t",
        Kind.SQLITE: "SELECT json_extract(:o, '$.a'), 3 IN (SELECT value FROM json_each(:l)), 'é' = :t",
    }[target.kind]
    (row,) = go(target, text, params={"o": {"a": "x"}, "l": [1, 3], "t": "é"}).result["rows"]

    assert row == ["x", True, True] or row == ["x", 1, 1]


def test_notices_of_postgresql_are_in_the_log(postgres):
    _, lines = told(
        postgres, "DO $$ BEGIN RAISE NOTICE 'at step %', 3; END $$; DROP TABLE IF EXISTS none_such"
    )

    assert [line for stream, line in lines if stream == "err"] == [
        "NOTICE:  at step 3",
        'NOTICE:  table "none_such" does not exist, skipping',
    ]


# --- limits ------------------------------------------------------------------------------------------


def test_rows_are_read_up_to_the_cap_without_memory_for_the_rest(target):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()

    end, lines = told(
        variant(target, max_rows=1200),
        ENDLESS if target.kind is not Kind.MYSQL else "SELECT seq, 'row' FROM seq_1_to_2000000000",
    )

    assert (end.kind, end.error) == ("succeeded", None)
    assert (end.result["row_count"], end.result["truncated"], len(end.result["rows"])) == (1200, True, 100)
    assert "1/1" in lines[0][1]
    assert "1200 rows read, and there are more, " in lines[0][1]
    last = gzip.decompress(end.rows_csv).decode().splitlines()[-2:]
    assert last == ["1200,row", "# truncated after 1200 rows"]
    assert time.monotonic() - begun < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_after_a_capped_result_the_run_goes_on(target):
    end = go(
        variant(target, max_rows=2),
        "INSERT INTO orders VALUES (1,'a',1),(2,'b',1),(3,'c',1); SELECT id FROM orders ORDER BY id; SELECT 'after'",
    )

    assert end.result["rows"] == [["after"]]
    assert count(target) == 3


def test_a_job_may_lower_the_cap_and_not_raise_it(target):
    text = "INSERT INTO orders VALUES (1,'a',1),(2,'b',1),(3,'c',1); SELECT id FROM orders"
    assert go(variant(target, max_rows=2), text, max_rows=99).result["row_count"] == 2
    assert go(target, "SELECT id FROM orders", max_rows=1).result["row_count"] == 1


def test_a_statement_that_takes_too_long_is_ended_by_the_server(target):
    begun = time.monotonic()
    end = go(variant(target, statement_timeout_seconds=0.3), f"SELECT 1;\n{SLEEP[target.kind]}")

    assert end.kind == "timeout"
    assert failure(end) == (
        Reason.TIMEOUT,
        "sql.statement_timeout",
        "Statement 2, line 2 ran longer than the 0.3 s that the datasource allows.",
    )
    assert time.monotonic() - begun < 1.2


def test_a_script_can_not_lift_the_statement_timeout(postgres):
    begun = time.monotonic()
    end = go(
        variant(postgres, statement_timeout_seconds=0.3), "SET statement_timeout = 0; SELECT pg_sleep(30)"
    )

    assert (end.kind, end.error.code) == ("timeout", "sql.statement_timeout")
    assert time.monotonic() - begun < 2.5


def test_a_run_that_takes_too_long_is_ended(target):
    end = go(target, f"INSERT INTO orders VALUES (1, 'tea', 1); {SLEEP[target.kind]}", timeout_seconds=0.4)

    assert end.kind == "timeout"
    assert failure(end) == (
        Reason.TIMEOUT,
        "sql.timeout",
        "The run took longer than its 0.4 s and was stopped; nothing is kept.",
    )
    assert count(target) == 0


def test_cancel_reaches_the_server(target):
    begun = time.monotonic()
    end = go(target, f"INSERT INTO orders VALUES (1, 'tea', 1); {SLEEP[target.kind]}", cancel_after=0.3)

    assert end.kind == "cancelled"
    assert failure(end) == (Reason.CANCELLED, "sql.cancelled", "The run was cancelled; nothing is kept.")
    assert time.monotonic() - begun < 1
    assert count(target) == 0
    if target.kind is Kind.POSTGRESQL:
        text = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid() AND state = 'active'"
        assert go(target, text).result["rows"] == [[0]]


def test_cancel_stops_reading_rows(postgres):
    endless = "SELECT repeat('x', 1000) FROM generate_series(1, 1000) a, generate_series(1, 100000) b"
    begun = time.monotonic()
    end = go(variant(postgres, max_rows=1_000_000_000), endless, cancel_after=0.5)

    assert end.kind == "cancelled"
    assert time.monotonic() - begun < 1.5


def test_what_is_cancelled_before_it_begins_runs_nothing(target):
    with stop_after(None) as stop:
        stop.set("the test")
        end = run(
            SqlSpec(target=target, text="INSERT INTO orders VALUES (1,'a',1)"), on_line=print, cancel=stop
        )

    assert end.kind == "cancelled"
    assert count(target) == 0


def test_connections_are_shared_out_and_waited_for(postgres):
    narrow = variant(postgres, max_connections=1)
    ends: list[SqlEnd] = []
    threads = [
        threading.Thread(target=lambda: ends.append(go(narrow, "SELECT pg_sleep(0.2)"))) for _ in range(3)
    ]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [end.kind for end in ends] == ["succeeded"] * 3
    assert time.monotonic() - begun >= 0.6


def test_waiting_for_a_connection_can_be_cancelled(postgres):
    narrow = variant(postgres, max_connections=1)
    with engines.connected(narrow):
        begun = time.monotonic()
        assert go(narrow, "SELECT 1", cancel_after=0.2).kind == "cancelled"
        assert time.monotonic() - begun < 1
        end = go(narrow, "SELECT 1", timeout_seconds=0.3)
    assert end.kind == "timeout"


def test_a_session_leaves_nothing_to_the_next_run(postgres):
    narrow = variant(postgres, max_connections=1)
    go(
        narrow,
        "SET search_path = pg_catalog; CREATE TEMP TABLE left_over (a int); SELECT pg_advisory_lock(7)",
    )

    end = go(
        narrow,
        "SELECT current_setting('search_path'), to_regclass('left_over'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')",
    )

    assert end.result["rows"] == [['"$user", public', None, 0]]


# --- read-only ---------------------------------------------------------------------------------------

REFUSED = "writes, or could: the datasource or the job is read-only."


@pytest.mark.parametrize("by", ["datasource", "job"])
def test_a_read_only_run_reads_and_writes_nothing(target, by):
    go(target, "INSERT INTO orders VALUES (1, 'tea', 1)")
    source = variant(target, is_read_only=True) if by == "datasource" else target
    settings = {"is_read_only": by == "job"}

    end = go(source, "SELECT id FROM orders", **settings)
    assert end.kind == "succeeded", end
    assert end.result["rows"] == [[1]]
    for text in ("INSERT INTO orders VALUES (2, 'x', 1)", "DELETE FROM orders", "DROP TABLE orders"):
        end = go(source, f"SELECT 1;\n{text}", **settings)
        assert failure(end) == (Reason.SQL_ERROR, "sql.read_only", f"Statement 2, line 2 {REFUSED}")
    assert count(target) == 1


@pytest.mark.parametrize(
    "way",
    [
        "SET transaction_read_only = off",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SET default_transaction_read_only = off",
        "SAVEPOINT a; SET transaction_read_only = off",
        "DO $$ BEGIN COMMIT; INSERT INTO orders VALUES (9, 'x', 1); END $$",
    ],
)
def test_postgresql_has_no_way_around_read_only(postgres, way):
    end = go(postgres, f"{way}; INSERT INTO orders VALUES (9, 'x', 1)", is_read_only=True)

    assert (end.kind, end.reason) == ("failed", Reason.SQL_ERROR)
    assert count(postgres) == 0


@pytest.mark.parametrize(
    "way",
    [
        "EXECUTE IMMEDIATE 'COMMIT'",
        "SET SESSION tx_read_only = 0",
        "/*! DROP TABLE orders */",
        "SELECT 1 /*! INTO OUTFILE '/tmp/jiepai-out' */",
        "SELECT 1 INTO OUTFILE '/tmp/jiepai-out'",
        "CALL p()",
    ],
)
def test_mysql_has_no_way_around_read_only(mariadb, way):
    assert go(mariadb, way, is_read_only=True).error.message == f"Statement 1, line 1 {REFUSED}"


def test_sqlite_stays_in_its_file(sqlite_file, tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE secrets (a)")
    sentence = (
        "Statement 1, line 1: SQLite may open no other file here, load no library "
        "and change no setting of the process."
    )
    for text in (
        f"ATTACH DATABASE '{tmp_path}/other.db' AS other",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = WAL",
        "SELECT load_extension('x')",
    ):
        assert failure(go(sqlite_file, text)) == (Reason.SQL_ERROR, "sql.not_allowed", sentence), text
    assert go(sqlite_file, f"VACUUM INTO '{tmp_path}/copy.db'").kind == "failed"
    assert not (tmp_path / "copy.db").exists()
    assert go(sqlite_file, "PRAGMA table_info('orders')").kind == "succeeded"


def test_sqlite_makes_no_value_that_would_swell_the_worker(sqlite_file):
    end = go(sqlite_file, "SELECT randomblob(1000000000)")

    assert end.error.message == "Statement 1, line 1: string or blob too big"


# --- bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The SQL text holds no statement, only comments and blanks."),
        ("SELECT 'x", "Line 1: a text in quotes begins here and does not end."),
        ("SELECT 1;\nSELECT :day", 'Statement 2, line 2: the run has no parameter "day".'),
        (
            "SELECT 1; COMMIT",
            "Statement 2, line 1: COMMIT is not allowed. "
            "The statements of a run share one transaction, which the platform begins and commits.",
        ),
    ],
)
def test_what_is_wrong_with_the_text_is_said_before_anything_runs(target, text, message):
    end = go(replace(target, host="no-such-host.invalid", path="none.db", identity="x"), text)

    assert (end.kind, end.reason, end.error.message) == ("failed", Reason.SQL_ERROR, message)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "SELECT 1;\n\nSELECT id\n  FORM orders x",
            "sql.syntax_error",
            'Statement 2, line 4, column 8: syntax error at or near "orders"',
        ),
        (
            "SELECT :p, nope FROM orders",
            "sql.error",
            'Statement 1, line 1, column 12: column "nope" does not exist',
        ),
        (
            "INSERT INTO orders VALUES (1, :p, nope)",
            "sql.error",
            'Statement 1, line 1, column 35: column "nope" does not exist',
        ),
        ("SELECT 1/0", "sql.error", "Statement 1, line 1: division by zero"),
        (
            "SELECT * FROM none_such",
            "sql.error",
            'Statement 1, line 1, column 15: relation "none_such" does not exist',
        ),
    ],
)
def test_an_error_of_postgresql_has_its_place_and_state(postgres, text, code, message):
    end = go(postgres, text, params={"p": "a long value\nof two lines"})

    assert failure(end) == (Reason.SQL_ERROR, code, message)
    assert len(end.error.params["state"]) == 5


@pytest.mark.parametrize(
    ("text", "code", "errno", "start"),
    [
        (
            "SELECT 1;\n\nSELECT id,\n  FORM FORM orders",
            "sql.syntax_error",
            1064,
            "Statement 2, line 4: You have an error in your SQL syntax; ",
        ),
        (
            "SELECT nope FROM orders",
            "sql.error",
            1054,
            "Statement 1, line 1: Unknown column 'nope' in '",
        ),
    ],
)
def test_an_error_of_mysql_has_its_line_and_number(mariadb, text, code, errno, start):
    end = go(mariadb, text)

    assert (end.error.code, end.error.params["errno"]) == (code, errno)
    assert end.error.message.startswith(start)
    assert " at line " not in end.error.message


def test_an_error_of_sqlite_has_the_line_of_its_statement(sqlite_file):
    assert failure(go(sqlite_file, "SELECT 1;\n\nSELECT nope")) == (
        Reason.SQL_ERROR,
        "sql.error",
        "Statement 2, line 3: no such column: nope",
    )
    assert failure(go(sqlite_file, "SELEC 1")) == (
        Reason.SQL_ERROR,
        "sql.syntax_error",
        'Statement 1, line 1: near "SELEC": syntax error',
    )


def test_a_parameter_that_the_driver_can_not_send(postgres, sqlite_file):
    assert failure(go(postgres, "SELECT :a", params={"a": "x\0y"})) == (
        Reason.SQL_ERROR,
        "sql.bad_parameter",
        "Statement 1: the driver can't send a parameter: A string literal cannot contain NUL (0x00) characters.",
    )
    assert failure(go(sqlite_file, "SELECT :a", params={"a": 2**80})) == (
        Reason.SQL_ERROR,
        "sql.bad_parameter",
        "Statement 1: the driver can't send a parameter: Python int too large to convert to SQLite INTEGER",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wr0ng"}, "datasource.wrong_password"),
        ({"database": "nope"}, "datasource.unknown_database"),
        ({"host": "no-such-host.invalid"}, "network.unknown_host"),
        ({"host": "169.254.169.254"}, "network.address_refused"),
        ({"port": 1}, "network.refused"),
    ],
)
@pytest.mark.parametrize("server", ["postgres_server", "mariadb_server"])
def test_a_database_out_of_reach_is_told_apart_from_wrong_sql(request, server, change, code):
    end = go(variant(request.getfixturevalue(server), **change), "SELECT 1")

    assert (end.kind, end.reason, end.error.code) == ("failed", Reason.UNREACHABLE, code)


def test_a_connection_that_breaks_is_unreachable_and_not_an_error_of_the_sql(postgres):
    end = go(postgres, "SELECT 1; SELECT pg_terminate_backend(pg_backend_pid())")

    assert (end.reason, end.error.code) == (Reason.UNREACHABLE, "sql.connection_lost")
    assert end.error.message.startswith(
        "The connection to the database broke at statement 2; nothing is kept: "
    )
    assert go(postgres, "SELECT 1").kind == "succeeded"


def test_a_constraint_that_fails_at_the_very_end_keeps_nothing(postgres):
    end = go(
        postgres,
        "DROP TABLE IF EXISTS late; CREATE TABLE late (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO late VALUES (1), (1)",
    )

    assert failure(end) == (
        Reason.SQL_ERROR,
        "sql.commit_failed",
        "All statements ran, but the commit failed and nothing is kept: "
        'duplicate key value violates unique constraint "late_a_key"',
    )


def test_a_server_that_has_gone_silent_is_left(postgres, monkeypatch):
    # Given a server that no cancel reaches any more
    monkeypatch.setattr("apps.jobs.runners.sql.watch.SEVER_AFTER_SECONDS", 0.3)
    monkeypatch.setattr(connections, "cancel", lambda connection, target: None)
    begun = time.monotonic()

    end = go(postgres, "SELECT pg_sleep(30)", cancel_after=0.2)

    assert end.kind == "cancelled"
    assert time.monotonic() - begun < 2


def test_an_engine_shows_no_secret(postgres):
    with engines.connected(postgres) as connection:
        assert PASSWORD not in repr(connection.engine) + str(connection.engine.url)
    assert PASSWORD not in repr(postgres)


def test_an_edit_closes_the_old_pool(postgres):
    old, new = variant(postgres, identity="edited"), variant(postgres, identity="edited", max_rows=7)
    with engines.connected(old) as connection:
        first = connection.engine
    with engines.connected(new) as connection:
        assert connection.engine is not first
    assert first.pool.status().startswith("Pool size: 4  Connections in pool: 0 ")
