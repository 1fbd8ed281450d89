"""What a statement may do in a run, as far as its words tell.

The server is what enforces read-only. These rules close what its read-only transaction leaves open: ending
that transaction, and, on MySQL, statements that leave it or write files of the server.
"""

from __future__ import annotations

from typing import Final

from apps.datasources.domain.kinds import Kind
from apps.jobs.runners.sql.errors import TransactionControl, WritesRefused
from apps.jobs.runners.sql.script import Statement

_ALWAYS_CONTROL: Final = frozenset({"BEGIN", "COMMIT", "END", "ABORT", "XA", "UNLOCK"})
_MYSQL_READS: Final = frozenset(
    {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "ANALYZE", "HELP"}
)
_MYSQL_COMMITS: Final = frozenset({"CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "GRANT", "REVOKE"})
_WRITING_WORDS: Final = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "INTO"})
_SQLITE_READS: Final = frozenset({"SELECT", "VALUES", "EXPLAIN", "PRAGMA"})


def check(statement: Statement, *, kind: Kind, is_read_only: bool) -> None:
    """Raises TransactionControl; WritesRefused for what a read-only run may not even try."""
    if word := _transaction_control(statement, kind):
        raise TransactionControl(statement=statement.number, line=statement.line, word=word)
    if is_read_only and kind is Kind.MYSQL and not _is_mysql_read(statement):
        raise WritesRefused(statement=statement.number, line=statement.line)


def is_declarable(statement: Statement) -> bool:
    """Whether PostgreSQL takes the statement behind DECLARE … CURSOR FOR, so that its rows come in portions."""
    if statement.verb == "WITH":
        return not _WRITING_WORDS & set(statement.words)
    return statement.verb in ("SELECT", "VALUES", "TABLE") and "INTO" not in statement.words


def may_write(statements: list[Statement]) -> bool:
    """SQLite: whether to take the write lock at the start, instead of failing when a reader wants it later."""
    return any(
        not (s.verb in _SQLITE_READS or (s.verb == "WITH" and not _WRITING_WORDS & set(s.words)))
        for s in statements
    )


def commits_at_once(statement: Statement, kind: Kind) -> bool:
    """Whether MySQL commits before and after the statement, whatever transaction it stands in."""
    is_temporary = "TEMPORARY" in statement.words[1:4]
    return kind is Kind.MYSQL and statement.verb in _MYSQL_COMMITS and not is_temporary


def _transaction_control(statement: Statement, kind: Kind) -> str:
    """The words that would begin or end a transaction, or change its mode; empty when there are none."""
    verb, following = statement.verb, statement.words[1:4]
    second = following[0] if following else ""
    if verb in _ALWAYS_CONTROL:
        return verb
    if verb == "ROLLBACK":
        return "" if "TO" in following else verb
    if verb == "START" and second in ("TRANSACTION", "SLAVE", "REPLICA"):
        return f"{verb} {second}"
    if verb == "PREPARE" and second == "TRANSACTION":
        return f"{verb} {second}"
    if verb == "LOCK" and kind is Kind.MYSQL:
        return verb
    if verb == "SET" and ({"TRANSACTION", "CHARACTERISTICS"} & set(following)):
        return "SET TRANSACTION"
    if verb == "SET" and kind is Kind.MYSQL and "AUTOCOMMIT" in statement.words:
        return "SET AUTOCOMMIT"
    return ""


def _is_mysql_read(statement: Statement) -> bool:
    words = set(statement.words)
    return (
        statement.verb in _MYSQL_READS
        and "/*!" not in statement.text
        and "/*M!" not in statement.text
        and not {"OUTFILE", "DUMPFILE"} & words
    )
