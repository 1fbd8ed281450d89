"""Who an embedded server runs as, and where that account may read its program and keep its data.

An ordinary user's servers run as that user, in place. Root's servers run as an unprivileged number
that needs no entry in /etc/passwd. Folders above a clone are never opened for it: what it cannot
reach is put under ``STATE_ROOT`` instead (docs/adr/0003-embedded-postgres-as-root.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

STATE_ROOT = Path("/var/lib/jiepai")
POINTER = "home"


class ServerError(Exception):
    """An embedded server cannot start; the text is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Account:
    """uid and gid a server runs with; ``switched`` when they are not the caller's own."""

    uid: int
    gid: int
    switched: bool

    def reaches(self, path: Path) -> bool:
        """Whether the account can enter this folder or execute this file. Asked of the kernel, not of mode bits."""
        if not self.switched:
            return os.access(path, os.X_OK)
        asked = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$0"', str(path)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
        return asked.returncode == 0

    def owned_folder(self, path: Path) -> Path:
        """Make ``path`` a folder that this account alone may enter."""
        path.mkdir(exist_ok=True)
        if self.switched:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)
        return path


def unprivileged(preferred: int) -> Account:
    """The caller's own account, or for root the first number from ``preferred`` down that nobody bears."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switched=False)
    for uid in range(preferred, preferred - 100, -1):
        if _is_mapped(uid) and not _has_a_name(uid):
            return Account(uid, uid, switched=True)
    raise ServerError(
        "PostgreSQL refuses to run as root, and no unprivileged user id is free or mapped in this container: "
        "start as an ordinary user, or set JIEPAI_DATABASE_URL, JIEPAI_BROKER_URL and JIEPAI_REDIS_URL."
    )


def borrowed(account: Account) -> Account:
    """An account with a name, for a program that insists on one (initdb); one that no process runs as now.

    What it leaves behind must be handed over with :func:`hand_over` before it is used.
    """
    if not account.switched:
        return account
    in_use = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            in_use.add(process.uids().real)
    entries = sorted(pwd.getpwall(), key=lambda entry: entry.pw_name != "nobody")
    for entry in entries:
        if entry.pw_uid not in {0, *in_use} and _is_mapped(entry.pw_uid):
            return Account(entry.pw_uid, entry.pw_gid, switched=True)
    raise ServerError("Every name in /etc/passwd is in use: add one for initdb, or set JIEPAI_DATABASE_URL.")


def hand_over(folder: Path, account: Account) -> None:
    """Give a folder with all that is in it to ``account``; its former owner loses the way in first."""
    if not account.switched:
        return
    os.chown(folder, 0, 0)
    for path in folder.rglob("*"):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    os.chown(folder, account.uid, account.gid)


def owner_of(path: Path) -> Account:
    """The account that existing data belongs to."""
    found = path.stat()
    if os.geteuid() not in (0, found.st_uid):
        raise ServerError(
            f"{path} belongs to user id {found.st_uid}: start as that user, or as root, or run `make reset`."
        )
    return Account(found.st_uid, found.st_gid, switched=os.geteuid() != found.st_uid)


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds a server's data; ``temporary`` when it goes with the server."""

    path: Path
    temporary: bool


def home_for(directory: Path, account: Account, *, durable: bool) -> Home:
    """Where the server that belongs to ``directory`` keeps its data: there, if the account can enter it.

    Otherwise a folder under STATE_ROOT that ``directory``/home names (durable), or under the system's
    temporary folder (not durable: removed when the server stops).
    """
    pointer = directory / POINTER
    if pointer.exists():
        home = Path(pointer.read_text(encoding="utf-8").strip())
        if not home.is_dir():
            raise ServerError(
                f"{pointer} says that the data is in {home}, which is gone: bring it back, or start anew with `make reset`."
            )
        return Home(home, temporary=False)
    if account.reaches(directory):
        return Home(directory, temporary=False)
    if not durable:
        home = Path(tempfile.mkdtemp(prefix="jiepai-", dir="/tmp"))
        home.chmod(0o711)
        return Home(home, temporary=True)
    if any(entry.name != "lock" for entry in directory.iterdir()):
        raise ServerError(
            f"User id {account.uid} can no longer enter {directory}, where its data is: give back the permission "
            "to pass through the folders above it, or start anew with `make reset`."
        )
    home = _state_folder() / secrets.token_hex(6)
    home.mkdir(mode=0o711)
    (home / "belongs-to").write_text(f"{directory}\n", encoding="utf-8")
    pointer.write_text(f"{home}\n", encoding="utf-8")
    return Home(home, temporary=False)


def reachable_copy(root: Path, parts: tuple[str, ...], program: str, account: Account) -> Path:
    """``root`` if the account can execute ``root/program``, else a copy of its ``parts`` under STATE_ROOT.

    The copy is named by its contents, made once, and shared by all clones.
    """
    if account.reaches(root / program):
        return root
    files = sorted(file for part in parts for file in _files(root / part))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root)}\0".encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    copy = _state_folder() / f"program-{digest.hexdigest()[:16]}"
    if copy.is_dir():
        return copy
    making = Path(tempfile.mkdtemp(prefix="making-", dir=copy.parent))
    try:
        for file in files:
            target = making / file.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
            target.chmod(0o755)
        for folder in [making, *(entry for entry in making.rglob("*") if entry.is_dir())]:
            folder.chmod(0o755)
        if not copy.is_dir():  # someone else may have been faster
            making.rename(copy)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return copy


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def _state_folder() -> Path:
    STATE_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    return STATE_ROOT


def _is_mapped(uid: int) -> bool:
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:  # no /proc, so no user namespaces either
        return True
    ranges = [(int(first), int(count)) for first, _, count in (line.split() for line in lines)]
    return any(first <= uid < first + count for first, count in ranges)


def _has_a_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
