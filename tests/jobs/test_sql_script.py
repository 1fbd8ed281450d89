"""Scripts of several statements, taken apart as each server's own lexer would."""

from __future__ import annotations

import sqlite3
import string
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.datasources.domain.kinds import Kind
from apps.jobs.runners.sql import errors, rules
from apps.jobs.runners.sql.script import split
from kernel.errors import JobError

PG, MY, LITE = Kind.POSTGRESQL, Kind.MYSQL, Kind.SQLITE
EVERY = (PG, MY, LITE)


def texts(script: str, kind: Kind) -> list[str]:
    return [statement.text for statement in split(script, kind)]


SPLITS = [
    (EVERY, "SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
    (EVERY, ";;SELECT 1;;\n;", ["SELECT 1"]),
    (EVERY, "SELECT 'a;b', 'it''s;' ; SELECT 2", ["SELECT 'a;b', 'it''s;'", "SELECT 2"]),
    (EVERY, "SELECT 1 -- ; no end\n; SELECT 2", ["SELECT 1", "SELECT 2"]),
    (EVERY, "/* ; */ SELECT 1 /* ; */; -- end;", ["SELECT 1"]),
    (EVERY, 'SELECT "a;b"; SELECT 2', ['SELECT "a;b"', "SELECT 2"]),
    ((PG,), r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
    ((LITE,), r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
    ((MY,), r"SELECT '\';'; SELECT 2", [r"SELECT '\';'", "SELECT 2"]),
    ((PG,), r"SELECT E'\';'; SELECT 2", [r"SELECT E'\';'", "SELECT 2"]),
    ((PG,), "SELECT $$;$$, $tag$ ; $$ ; $tag$; SELECT $1", ["SELECT $$;$$, $tag$ ; $$ ; $tag$", "SELECT $1"]),
    ((PG,), "SELECT a$b$c; SELECT 2", ["SELECT a$b$c", "SELECT 2"]),
    ((PG,), "/* a /* ; */ ; */ SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
    ((PG,), "SELECT '{}'::jsonb #> '{a}' ; SELECT 2", ["SELECT '{}'::jsonb #> '{a}'", "SELECT 2"]),
    ((MY,), "SELECT 1 # ; no end\n; SELECT 2", ["SELECT 1", "SELECT 2"]),
    ((MY,), "SELECT 1--1; SELECT 2", ["SELECT 1--1", "SELECT 2"]),
    ((MY, LITE), "SELECT `a;``b`; SELECT 2", ["SELECT `a;``b`", "SELECT 2"]),
    ((MY,), "/*!40101 SET @a = 1; */ SELECT 2", ["/*!40101 SET @a = 1; */ SELECT 2"]),
    ((LITE,), "SELECT [a;b]; SELECT 2", ["SELECT [a;b]", "SELECT 2"]),
    ((LITE,), "SELECT 1; /* never closed ;", ["SELECT 1"]),
    (
        (PG,),
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3",
        [
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "SELECT 3",
        ],
    ),
    (
        (LITE,),
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE d WHEN 1 THEN 2 END; END; SELECT 1",
        [
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE d WHEN 1 THEN 2 END; END",
            "SELECT 1",
        ],
    ),
    (
        (MY,),
        "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; CASE 1 WHEN 1 THEN SELECT 2; END CASE; END; CALL p()",
        [
            "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; CASE 1 WHEN 1 THEN SELECT 2; END CASE; END",
            "CALL p()",
        ],
    ),
    (EVERY, "CREATE TABLE event (begin int); SELECT 1", ["CREATE TABLE event (begin int)", "SELECT 1"]),
]


@pytest.mark.parametrize(
    ("kind", "script", "expected"),
    [(kind, script, parts) for kinds, script, parts in SPLITS for kind in kinds],
)
def test_a_script_is_taken_apart(kind, script, expected):
    assert texts(script, kind) == expected


BROKEN = [
    (
        PG,
        "SELECT 1;\nSELECT 'a",
        errors.Unterminated,
        "Line 2: a text in quotes begins here and does not end.",
    ),
    (PG, 'SELECT "a', errors.Unterminated, "Line 1: a name in quotes begins here and does not end."),
    (PG, "\n\n/* a /* b */", errors.Unterminated, "Line 3: a comment begins here and does not end."),
    (PG, "SELECT $x$ $$", errors.Unterminated, "Line 1: a dollar-quoted text begins here and does not end."),
    (MY, r"SELECT 'a\'", errors.Unterminated, "Line 1: a text in quotes begins here and does not end."),
    (MY, "SELECT 1 /* ;", errors.Unterminated, "Line 1: a comment begins here and does not end."),
    (
        LITE,
        "-- nothing\n ; ",
        errors.NothingToRun,
        "The SQL text holds no statement, only comments and blanks.",
    ),
    (
        MY,
        "SELECT 1;\nDELIMITER //",
        errors.ClientCommand,
        "Line 2: DELIMITER is a command of the mysql program, not SQL. Leave it out: a routine's body is recognised.",
    ),
]


@pytest.mark.parametrize(("kind", "script", "error", "message"), BROKEN)
def test_what_has_no_end_is_told_with_its_line(kind, script, error, message):
    with pytest.raises(error) as caught:
        split(script, kind)
    assert caught.value.message == message


PARAMETERS = [
    (EVERY, "SELECT :a, :b_2 + :a", ["a", "b_2", "a"]),
    (EVERY, "SELECT ':a', 1 -- :b\n, :c /* :d */", ["c"]),
    ((PG,), "SELECT x::int, a[1:n], b[:n], $$:x$$, y::text||:z", ["n", "z"]),
    ((MY,), 'SELECT @a := 1, ":x", `:y`, :z', ["z"]),
    (EVERY, "CALL p(:a)", ["a"]),
    (EVERY, "EXPLAIN SELECT :a", ["a"]),
    (EVERY, "SELECT '12:30', :größe", ["größe"]),
]


@pytest.mark.parametrize(
    ("kind", "script", "names"),
    [(kind, script, names) for kinds, script, names in PARAMETERS for kind in kinds],
)
def test_parameters_are_found_where_values_may_stand(kind, script, names):
    (statement,) = split(script, kind)
    assert [parameter.name for parameter in statement.parameters] == names


def test_a_percent_sign_is_doubled_only_where_something_is_filled_in():
    plain, filled = split("SELECT '%s' LIKE '%'; SELECT :a LIKE '%x%'", PG)

    assert plain.pyformat() == "SELECT '%s' LIKE '%'"
    assert filled.pyformat() == "SELECT %(a)s LIKE '%%x%%'"


def test_a_place_is_told_in_the_script_not_in_the_statement():
    first, second = split("SELECT 1;  SELECT 2,\n  3", PG)

    assert (first.line, first.column) == (1, 1)
    assert (second.line, second.column) == (1, 12)
    assert second.place(0) == (1, 12)
    assert second.place(second.text.index("2")) == (1, 19)
    assert second.place(second.text.index("3")) == (2, 3)


@given(st.text(alphabet=string.printable + "é$\u3000", max_size=60), st.sampled_from(EVERY))
def test_no_text_breaks_the_lexer_and_nothing_but_separators_is_lost(script, kind):
    try:
        statements = split(script, kind)
    except JobError:
        return
    here = 0
    for statement in statements:
        found = script.index(statement.text, here)
        assert statement.line == script.count("\n", 0, found) + 1
        here = found + len(statement.text)


@given(
    st.lists(
        st.sampled_from(["'", '"', "--", "\n", "/*", "*/", ";", "a", " ", "`", "[", "]", "1"]), max_size=14
    )
)
def test_sqlite_agrees_on_where_statements_end(pieces):
    script = "".join(pieces)
    try:
        statements = split(script, LITE)
    except JobError:
        return
    for statement in statements:  # sqlite3 itself refuses to execute more than one at once, and says so
        assert "one statement at a time" not in _complaint(statement.text), (script, statement.text)


def _complaint(text: str) -> str:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(text)
        except sqlite3.Error as error:
            return str(error)
    return ""


CONTROL = [
    (EVERY, "COMMIT", "COMMIT"),
    (EVERY, "begin", "BEGIN"),
    (EVERY, "ROLLBACK", "ROLLBACK"),
    (EVERY, "END", "END"),
    ((PG, MY), "START TRANSACTION", "START TRANSACTION"),
    ((PG,), "PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION"),
    ((PG, MY), "SET TRANSACTION READ WRITE", "SET TRANSACTION"),
    ((PG, MY), "SET SESSION TRANSACTION READ WRITE", "SET TRANSACTION"),
    ((PG,), "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SET TRANSACTION"),
    ((MY,), "SET @@session.autocommit = 1", "SET AUTOCOMMIT"),
    ((MY,), "LOCK TABLES t READ", "LOCK"),
]


@pytest.mark.parametrize(
    ("kind", "script", "word"), [(kind, script, word) for kinds, script, word in CONTROL for kind in kinds]
)
def test_a_script_can_not_end_the_runs_transaction(kind, script, word):
    (statement,) = split(script, kind)
    with pytest.raises(errors.TransactionControl) as caught:
        rules.check(statement, kind=kind, is_read_only=False)
    assert caught.value.message == (
        f"Statement 1, line 1: {word} is not allowed. "
        "The statements of a run share one transaction, which the platform begins and commits."
    )


def test_savepoints_are_the_scripts_own():
    for statement in split("SAVEPOINT a; ROLLBACK TO SAVEPOINT a; ROLLBACK WORK TO a; RELEASE a", PG):
        rules.check(statement, kind=PG, is_read_only=False)


@pytest.mark.parametrize(
    ("script", "declarable"),
    [
        ("SELECT 1", True),
        ("(SELECT 1) UNION (SELECT 2)", True),
        ("VALUES (1)", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", False),
        ("SELECT * INTO b FROM a", False),
        ("SELECT 'insert into'", True),
        ("INSERT INTO t VALUES (1) RETURNING a", False),
        ("SHOW work_mem", False),
    ],
)
def test_what_postgresql_can_hand_out_in_portions(script, declarable):
    (statement,) = split(script, PG)
    assert rules.is_declarable(statement) is declarable
