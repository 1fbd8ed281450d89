"""Scripts are put into shape by the tool of their language, in a process of its own that knows nothing of ours."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from kernel.errors import N_, Invalid, PlatformError

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 256 * 1024
SECONDS: Final = 5.0
#: All that the tools find in their environment.
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
_PROGRAMS: Final = Path(sysconfig.get_path("scripts"))
_COMMANDS: Final[dict[str, Sequence[str]]] = {
    # The oldest Python that scripts may meet: a newer one's shape need not be its syntax.
    "python": (
        str(_PROGRAMS / "ruff"), "format", "--isolated", "--no-cache", "--target-version=py311",
        "--stdin-filename=job.py", "-",
    ),
    "shell": (str(_PROGRAMS / "shfmt"), "-ln=bash", "-i=4", "-ci"),
    # Words stay as they are written: what looks like a keyword may be the name of a column.
    "sql": (sys.executable, "-I", "-m", "sqlparse", "--reindent", "-"),
}  # fmt: skip
_PLACE: Final = re.compile(r"(?:job\.py|<standard input>):(\d+):(\d+): (.+)")


class Unparsable(Invalid):
    """line, column: where, counted from 1 in characters."""

    code = "job.source_unparsable"
    template = N_("Line %(line)d, column %(column)d: %(reason)s")
    members = ("line", "column")


class TooLarge(Invalid):
    code = "job.source_too_large"
    template = N_("The script has %(size)d KB; the formatter takes at most %(most)d KB.")


class NotFormatted(Invalid):
    code = "job.source_not_formatted"
    template = N_("The formatter can't make anything of this script; it stays as it is.")


class NoFormatter(PlatformError):
    code = "platform.no_formatter"
    template = N_("The formatter %(name)s is missing on the server; tell the administrator.")


def shape(kind: str, source: str) -> str:
    """The source in its language's usual shape; what it says stays the same.

    kind: python, shell or sql. Raises Unparsable, TooLarge, NotFormatted, NoFormatter.
    """
    size = len(source.encode())
    if size > MOST_BYTES:
        raise TooLarge(field="source", size=size // 1024, most=MOST_BYTES // 1024)
    if not source.strip():
        return source
    done = _run(_COMMANDS[kind], source)
    if done.returncode == 0:
        return done.stdout.decode().rstrip() + "\n"
    place = _PLACE.search(done.stderr.decode(errors="replace"))
    if place is None:
        log.warning("job.not_formatted", kind=kind, returncode=done.returncode)
        raise NotFormatted(field="source")
    line, column = int(place[1]), int(place[2])
    if kind == "shell":
        column = _in_characters(source, line, column)
    raise Unparsable(field="source", line=line, column=column, reason=place[3])


def _run(command: Sequence[str], source: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command,
            input=source.encode(),
            capture_output=True,
            env=ENVIRONMENT,
            cwd="/",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotFormatted(field="source") from None
    except OSError:
        raise NoFormatter(name=Path(command[0]).name) from None


def _in_characters(source: str, line: int, column: int) -> int:
    """The same column of a line; shfmt counts bytes."""
    text = source.split("\n")[line - 1].encode()[: column - 1]
    return len(text.decode(errors="ignore")) + 1
