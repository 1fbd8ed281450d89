"""The ``JIEPAI_*`` environment of everything that `make run` starts, and the secrets that it makes."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from launcher.place import Refusal

MARK = "JIEPAI_LAUNCHER"  # in the environment of all processes of one data folder, and of nothing else
ENV_FILE = "env"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; whole or not at all."""
    making = path.with_name(f".{path.name}.{os.getpid()}")
    making.unlink(missing_ok=True)
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)
    finally:
        making.unlink(missing_ok=True)


def kept_secrets(data: Path) -> dict[str, str]:
    """JIEPAI_SECRET_KEY and JIEPAI_ENCRYPTION_KEYS: made once, kept in the data folder with mode 0600."""
    path = data / "secrets.json"
    if not path.exists():
        made = {
            "JIEPAI_SECRET_KEY": secrets.token_urlsafe(48),
            "JIEPAI_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
        }
        write_private(path, json.dumps(made, indent=2) + "\n")
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise Refusal(
            f"{path} is damaged: bring it back from a copy (stored passwords cannot be read without it), "
            "or start anew with `make reset`."
        ) from None
    return kept


def build(data: Path, servers: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the platform's processes. What the caller's environment sets wins over what we make."""
    ours = {"JIEPAI_DATA_DIR": str(data), **kept_secrets(data), **servers}
    theirs = {name: value for name, value in os.environ.items() if value or name not in ours}
    return {**ours, **theirs, "JIEPAI_DATA_DIR": str(data), MARK: str(data), "PYTHONUNBUFFERED": "1"}


def keep_for_terminals(data: Path, environment: Mapping[str, str]) -> None:
    """Write var/env, so that another terminal can run manage.py: ``set -a; . var/env``."""
    lines = (
        f"{name}={shlex.quote(value)}\n"
        for name, value in sorted(environment.items())
        if name.startswith("JIEPAI_") and name != MARK
    )
    write_private(data / ENV_FILE, "".join(lines))
