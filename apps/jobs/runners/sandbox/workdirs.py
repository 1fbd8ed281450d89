"""The folder of one run: made for it, read for its result, removed whatever it made of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Final

from apps.jobs.runners.sandbox.spec import ResultFault, ScriptSpec

RESULT: Final = "result.json"


def make(folder: Path, uid: int | None) -> None:
    """An empty folder that this user alone may enter. Raises OSError."""
    folder.mkdir(mode=0o700)
    if uid is not None:
        os.chown(folder, uid, uid)


def place(folder: str, spec: ScriptSpec) -> str:
    """Write the script where its interpreter reads it; gives the path. Raises OSError."""
    path = os.path.join(folder, "job.py" if spec.kind == "python" else "job.sh")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o444)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o444)  # whatever the worker's umask
        file.write(spec.source.encode())
    return path


def result(folder: str, *, max_bytes: int) -> tuple[bytes | None, ResultFault | None]:
    """The script's result file, and what is wrong with it: it must be a plain file, no link, and small enough."""
    path = os.path.join(folder, RESULT)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None, None
    except OSError:
        return None, "not_a_file"
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
            return None, "not_a_file"
        if facts.st_size > max_bytes:
            return None, "too_large"
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes), None
    finally:
        os.close(descriptor)


def remove(folder: Path) -> None:
    """Remove a folder that a script has filled; none of its processes lives any more.

    Folders in folders are left to ``rm``: a tree may be deeper than Python recurses or has descriptors for.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    break
                os.unlink(entry.path)
            else:
                os.rmdir(folder)
                return
    except FileNotFoundError:
        return
    except OSError:
        pass
    _run("rm", "-rf", "--", str(folder))
    if os.path.lexists(folder):  # where the script's user is ours, it may have locked us out of its folders
        _run("chmod", "-R", "u+rwX", "--", str(folder))
        _run("rm", "-rf", "--", str(folder))


def _run(name: str, *arguments: str) -> None:
    program = shutil.which(name, path="/usr/bin:/bin")
    if program is not None:
        with contextlib.suppress(OSError):
            subprocess.run(
                [program, *arguments],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
