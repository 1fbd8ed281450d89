"""`make reset`: remove the data folder, and what PostgreSQL keeps elsewhere for it, after asking.

Standard library only: it must work when the virtual environment does not.
"""

from __future__ import annotations

import fcntl
import shutil
import sys
from pathlib import Path

from launcher.place import Refusal, data_dir, exit_with_one_sentence, say


def main() -> int:
    """Ask, unless ``--yes`` is given, and remove; 1 when the answer is not yes."""
    data = data_dir()
    if not data.exists():
        say(f"There is nothing to remove: {data} does not exist.")
        return 0
    if not (data / "run.lock").exists():  # a folder that `make run` never used, perhaps somebody's home
        raise Refusal(f"{data} was not made by `make run`: remove it yourself if you mean it.")
    _refuse_if_running(data)
    homes = _homes_elsewhere(data)
    if "--yes" not in sys.argv[1:]:
        say(
            f"This removes {' and '.join(str(path) for path in (data, *homes))}: all tenants, jobs, runs and logs."
        )
        if not _confirmed():
            say("Nothing was removed.")
            return 1
    for home in homes:
        _remove(home)
        _remove_unused_programs(home.parent)
    _remove(data)
    say("Removed.")
    return 0


def _confirmed() -> bool:
    try:
        return input("Go on? [yes/no] ").strip().lower() == "yes"
    except EOFError:
        return False


def _refuse_if_running(data: Path) -> None:
    with (data / "run.lock").open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(f"Jiepai is running on {data}: stop it first.") from None


def _homes_elsewhere(data: Path) -> list[Path]:
    """Folders outside ``data`` that a server of it has its data in; each names ``data`` as its owner."""
    named = (Path(pointer.read_text(encoding="utf-8").strip()) for pointer in data.glob("*/home"))
    return [home for home in named if (home / "belongs-to").exists()]


def _remove_unused_programs(state: Path) -> None:
    """Drop the shared copies of programs when no data of any clone is left beside them."""
    if not list(state.glob("*/belongs-to")):
        for copy in state.glob("program-*"):
            _remove(copy)


def _remove(path: Path) -> None:
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise Refusal(f"{error.filename or path} cannot be removed: {error.strerror}.") from None


if __name__ == "__main__":
    exit_with_one_sentence(main)
