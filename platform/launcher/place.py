"""Where things are, and how the launcher speaks. Standard library only.

The launcher writes the ``JIEPAI_*`` environment that ``config.settings.env`` reads; it looks only at
the few variables that change what it starts.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
IGNORED = frozenset({"__pycache__", "node_modules", "dist", ".vite", "coverage"})


class Refusal(Exception):
    """The launcher cannot go on; the text is one clear sentence for the person at the terminal."""


def data_dir() -> Path:
    """Where the platform keeps what it makes: JIEPAI_DATA_DIR, else var/."""
    return Path(os.environ.get("JIEPAI_DATA_DIR") or ROOT / "var").absolute()


def say(text: str) -> None:
    """Print a line at once, also when the output is a pipe."""
    print(text, flush=True)


def exit_with_one_sentence(main: Callable[[], int]) -> None:
    """Run ``main`` and leave; what it refuses, a full disk and a missing permission are one sentence on stderr and exit code 1."""
    try:
        code = main()
    except Refusal as refusal:
        print(f"jiepai: {refusal}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            print(f"jiepai: {disk_full(error.filename or ROOT)}", file=sys.stderr)
        elif error.filename and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            print(f"jiepai: {error.filename} cannot be used: {error.strerror}.", file=sys.stderr)
        else:
            raise
        code = 1
    sys.exit(code)


def disk_full(where: object) -> str:
    """The sentence about a full disk; ``where``: something on it."""
    return f"The disk that holds {where} is full: free some space and start again."


def digest(paths: Iterable[Path]) -> str:
    """One hash over names and contents of files, and of all files below folders; missing ones count as absent."""
    total = hashlib.sha256()
    for file in sorted(file for path in paths for file in _files(path)):
        total.update(f"{os.path.relpath(file, ROOT)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        for folder, names, files in os.walk(path):
            names[:] = [name for name in names if name not in IGNORED]
            yield from (Path(folder, file) for file in files if not file.endswith((".pyc", ".mo")))
