"""What must be done before the platform can answer: schemas, the first administrator, the demo, static files.

All of it may be run again at any time. With the embedded database it is left out while neither the
code nor the database has changed; a database of someone else's may have changed in any way.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from launcher.environment import write_private
from launcher.place import ROOT, Refusal, digest, disk_full, say

SIGN_IN = "sign-in.json"
CODE = ("apps", "platform", "frontend", "locale", "manage.py", "requirements.txt", "requirements-local.txt")


def prepare(data: Path, environment: Mapping[str, str], *, stamp: Path | None) -> bool:
    """Bring database and static files up to the code; says whether there was anything to do.

    stamp: a file that goes when the database goes; None when the database is not ours. Raises Refusal.
    """
    state = digest(ROOT / name for name in CODE)
    static = data / "static"
    if stamp and stamp.exists() and static.exists() and stamp.read_text(encoding="ascii") == state:
        return False
    sign_in = ["--sign-in-file", str(data / SIGN_IN)]
    for title, command in (
        ("Migrating the database", ["migrate_schemas"]),
        ("Setting up the platform", ["setup_platform", *sign_in]),
        ("Filling the demo tenant", ["seed_demo", *sign_in]),
        ("Collecting static files", ["collectstatic", "--no-input"]),
    ):
        _manage(title, command, environment)
    if stamp:
        write_private(stamp, state)
    return True


def _manage(title: str, command: list[str], environment: Mapping[str, str]) -> None:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        if "No space left on device" in done.stdout:
            raise Refusal(disk_full(environment["JIEPAI_DATA_DIR"]))
        say(done.stdout.rstrip())
        last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1]
        raise Refusal(f"{title} failed (manage.py {command[0]}): {last}")
    say(f"{title}: done in {time.monotonic() - begun:.1f} s.")
