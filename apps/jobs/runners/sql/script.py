"""A text with several SQL statements, taken apart as the server's own lexer would.

Where a statement ends depends on the dialect: a backslash ends nothing in PostgreSQL and escapes in
MySQL, "#" is an operator in one and a comment in the other, comments nest only in PostgreSQL. The
libraries that were tried for this (sqlparse 0.6, sqlglot 30) either know one dialect's strings only, or
hide the parameters of CALL and EXPLAIN; both would send other text than the author wrote.

Parameters are written ``:name``. A colon after a letter, a digit or another colon is none, so casts
(``x::int``) and slices (``a[1:n]``) stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apps.datasources.domain.kinds import Kind
from apps.jobs.runners.sql.errors import ClientCommand, NothingToRun, Unterminated
from kernel.errors import N_, Phrase

_PLAIN: Final = r"'[^']*(?:''[^']*)*'"
_ESCAPED: Final = r"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'"
_WORD: Final = r"[^\W\d][\w$]*"
_SHARED: Final = rf"""
    (?P<blank>\s+)
  | (?P<end>;)
  | (?P<colons>::|:=)
  | (?<![\w:]):(?P<parameter>[^\W\d]\w*)
  | (?P<word>{_WORD})
  | (?P<number>\d[\w.]*)
"""
_TOKENS: Final = {
    Kind.POSTGRESQL: re.compile(
        rf"""
          (?P<comment>--[^\n]*)
        | (?P<nested>/\*)
        | (?P<text>[eE]{_ESCAPED} | {_PLAIN} | "[^"]*(?:""[^"]*)*")
        | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
        | {_SHARED}
        """,
        re.VERBOSE | re.DOTALL,
    ),
    Kind.MYSQL: re.compile(
        rf"""
          (?P<comment>--(?=\s|\Z)[^\n]* | \#[^\n]* | /\*(?!M?!).*?\*/)
        | (?P<live>/\*M?!\d*)
        | (?P<dead>\*/)
        | (?P<text>{_ESCAPED} | {_ESCAPED.replace("'", '"')} | `[^`]*(?:``[^`]*)*`)
        | {_SHARED}
        """,
        re.VERBOSE | re.DOTALL,
    ),
    Kind.SQLITE: re.compile(
        rf"""
          (?P<comment>--[^\n]* | /\*.*?(?:\*/|\Z))
        | (?P<text>{_PLAIN} | "[^"]*(?:""[^"]*)*" | `[^`]*(?:``[^`]*)*` | \[[^\]]*\])
        | {_SHARED}
        """,
        re.VERBOSE | re.DOTALL,
    ),
}
_ROUTINES: Final = frozenset({"FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "PACKAGE"})
_OTHER_OBJECTS: Final = frozenset({"TABLE", "VIEW", "INDEX", "TYPE", "SEQUENCE", "DOMAIN", "SCHEMA", "RULE"})
_UNCOUNTED_ENDS: Final = frozenset({"IF", "LOOP", "WHILE", "REPEAT", "FOR"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """``:name`` at [start, end) of the statement's text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script, without the semicolon after it.

    number, line: counted from 1; the line is of the script.
    column:       of its first character in that line, from 1.
    words:        what stands outside of quotes and comments, in upper case, in order.
    """

    number: int
    text: str
    line: int
    column: int
    words: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    @property
    def verb(self) -> str:
        return self.words[0] if self.words else ""

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column in the script of the character at this offset of the text, both from 1."""
        before = self.text[: max(0, offset)]
        newlines = before.count("\n")
        if newlines:
            return self.line + newlines, len(before) - before.rindex("\n")
        return self.line, self.column + len(before)

    def pyformat(self) -> str:
        """The text for a driver that wants ``%(name)s``; as written when there is nothing to fill in."""
        if not self.parameters:
            return self.text
        pieces = []
        here = 0
        for parameter in self.parameters:
            pieces.append(self.text[here : parameter.start].replace("%", "%%"))
            pieces.append(f"%({parameter.name})s")
            here = parameter.end
        pieces.append(self.text[here:].replace("%", "%%"))
        return "".join(pieces)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    start: int
    end: int
    value: str


def split(text: str, kind: Kind) -> list[Statement]:
    """The statements of a script, in order; those of nothing but comments are left out.

    Raises NothingToRun, Unterminated, ClientCommand.
    """
    statements: list[Statement] = []
    pending: list[_Token] = []
    block = _Block()
    in_live_comment = False
    for token in _tokens(text, kind):
        if token.kind == "word":
            if kind is Kind.MYSQL and not pending and token.value.upper() == "DELIMITER":
                raise ClientCommand(line=_line(text, token.start))
            block.see(token.value.upper())
        elif token.kind in ("live", "dead"):
            in_live_comment = token.kind == "live"
        elif token.kind == "end" and not block.is_open and not in_live_comment:
            if pending:
                statements.append(_statement(text, pending, len(statements) + 1))
            pending, block = [], _Block()
            continue
        pending.append(token)
    if pending:
        statements.append(_statement(text, pending, len(statements) + 1))
    if not statements:
        raise NothingToRun
    return statements


class _Block:
    """Whether the words so far are inside the BEGIN … END of a routine's body, where semicolons don't end it."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._is_routine = False
        self._depth = 0
        self._previous = ""

    @property
    def is_open(self) -> bool:
        return self._depth > 0

    def see(self, word: str) -> None:
        if len(self._first) < 12 and not self._is_routine:
            self._first.append(word)
            is_create = self._first[0] == "CREATE" and _OTHER_OBJECTS.isdisjoint(self._first)
            self._is_routine = is_create and word in _ROUTINES
        elif self._is_routine:
            if self._previous == "END" and word in _UNCOUNTED_ENDS:
                self._depth += 1  # END IF and the like close what was not counted: undo what END did
            elif word == "BEGIN" or (word == "CASE" and self._depth and self._previous != "END"):
                self._depth += 1
            elif word == "END" and self._depth:
                self._depth -= 1
        self._previous = word


def _tokens(text: str, kind: Kind) -> Iterator[_Token]:
    """All but blanks and comments. A character that begins none of the known tokens stands for itself."""
    pattern = _TOKENS[kind]
    here = 0
    while here < len(text):
        found = pattern.match(text, here)
        if found is None:
            if (what := _openers(kind).get(text[here])) or text.startswith("/*", here):
                raise Unterminated(line=_line(text, here), what=what or Phrase(N_("a comment")))
            yield _Token("other", here, here + 1, text[here])
            here += 1
            continue
        name = found.lastgroup or ""
        end = found.end()
        if name == "nested":
            end = _end_of_nested(text, here)
        elif name == "dollar":
            close = text.find(found.group(), end)
            if close < 0:
                raise Unterminated(line=_line(text, here), what=Phrase(N_("a dollar-quoted text")))
            end = close + len(found.group())
        if name not in ("blank", "comment", "nested"):
            yield _Token(name, here, end, found.group(name))
        here = end


def _openers(kind: Kind) -> dict[str, Phrase]:
    names = {"'": Phrase(N_("a text in quotes")), '"': Phrase(N_("a name in quotes"))}
    if kind is not Kind.POSTGRESQL:
        names["`"] = names['"']
    return names


def _end_of_nested(text: str, start: int) -> int:
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    raise Unterminated(line=_line(text, start), what=Phrase(N_("a comment")))


def _statement(text: str, tokens: list[_Token], number: int) -> Statement:
    start, end = tokens[0].start, tokens[-1].end
    return Statement(
        number=number,
        text=text[start:end],
        line=_line(text, start),
        column=start - text.rfind("\n", 0, start),
        words=tuple(token.value.upper() for token in tokens if token.kind == "word"),
        parameters=tuple(
            Parameter(token.value, token.start - start, token.end - start)
            for token in tokens
            if token.kind == "parameter"
        ),
    )


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
