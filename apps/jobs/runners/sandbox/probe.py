"""What scripts are kept from, found out by a script that tries: a feature that is there may still not hold."""

from __future__ import annotations

import json
import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from apps.jobs.runners.sandbox.cancel import CancelToken
from apps.jobs.runners.sandbox.spec import Limits, Protection, ScriptSpec

if TYPE_CHECKING:
    from apps.jobs.runners.sandbox.client import ForkServer

_ATTACK: Final = """
import json, os, signal, socket
target = json.loads(os.environ["TARGET"])
def held(attack):
    try:
        return "" if not attack() else "a script got through"
    except OSError:
        return ""
def read(path):
    with open(path, "rb") as file:
        return file.read()
def connect():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(target["socket"])
    return True
def sniff():
    os.kill(target["worker"], 0)
    return True
def raw():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW):
        return True
found = {
    "files": held(lambda: read(target["file"])),
    "environment": held(lambda: read(f"/proc/{target['worker']}/environ")),
    "memory": held(lambda: open(f"/proc/{target['worker']}/mem", "rb")),
    "signals": held(sniff),
    "unix_sockets": held(connect),
    "kernel_surface": held(raw),
}
with open(os.environ["JIEPAI_RESULT_FILE"], "w") as file:
    json.dump(found, file)
"""
_REASONS: Final = {
    "files": "landlock",
    "environment": "landlock",
    "memory": "landlock",
    "signals": "landlock",
    "unix_sockets": "seccomp",
    "kernel_surface": "seccomp",
}
#: What must be active for level "strict". A user of its own is not: other layers stand in for it.
STRICT: Final = frozenset(_REASONS)


def probe(forks: ForkServer, *, facts: dict[str, Any], workdirs: Path) -> list[Protection]:
    """Attack a file, a socket and this very process through the real way of a run."""
    name = secrets.token_hex(8)
    canary = workdirs / f"canary-{name}"
    canary.write_text(name)
    canary.chmod(0o644)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0jiepai-{name}")
        server.listen()
        end = forks.run(
            ScriptSpec(
                kind="python",
                source=_ATTACK,
                env={
                    "TARGET": json.dumps(
                        {
                            "file": str(canary),
                            "worker": os.getpid(),
                            "socket": f"\0jiepai-{name}",
                        }
                    )
                },
                limits=Limits(cpu_seconds=5, open_files=64),
                timeout_seconds=10,
            ),
            on_output=lambda _stream, _data: None,
            cancel=CancelToken(),
        )
    canary.unlink()
    own_user = (
        Protection("own_user", "missing", facts["users"])
        if facts["users"]
        else Protection("own_user", "active")
    )
    if end.result is None:
        reason = f"the probe did not end well: {end.kind} {end.exit_code} {end.detail}".strip()
        return [*(Protection(name, "missing", reason) for name in _REASONS), own_user]
    found: dict[str, str] = json.loads(end.result)
    return [
        *(
            Protection(name, "missing", f"{why} ({layer}: {_state(facts, layer)})")
            if (why := found[name])
            else Protection(name, "active")
            for name, layer in _REASONS.items()
        ),
        own_user,
    ]


def _state(facts: dict[str, Any], layer: str) -> str:
    if layer == "landlock" and facts["landlock"] == "ok":
        return f"the kernel has version {facts['landlock_abi']} of it only"
    return str(facts[layer])
