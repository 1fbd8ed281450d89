"""Lighthouse on the system's Chromium."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from launcher import install

FOLDER: Final = Path(__file__).parent
CATEGORIES: Final = ("performance", "accessibility", "best-practices")
PATIENCE_SECONDS: Final = 180


@dataclass(frozen=True, slots=True)
class Report:
    """scores: by category, 0 to 100. complaints: titles of audits that cost points, by category."""

    scores: dict[str, int]
    complaints: dict[str, list[str]]


def audit(address: str, *, port: int, form: str = "desktop") -> Report:
    """Audit a page in a browser that listens for debuggers on ``port``, with what is signed in there.

    form: "desktop", or "mobile": a phone's screen, and a processor and network slowed down to a phone's.
    """
    environment = install.ensure_node_modules(FOLDER, of="Lighthouse")
    command = [
        "node", str(FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"), address,
        f"--port={port}", "--output=json", "--quiet", "--disable-storage-reset",
        f"--only-categories={','.join(CATEGORIES)}",
    ]  # fmt: skip
    if form == "desktop":
        command.append("--preset=desktop")
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"Lighthouse failed on {address}: {done.stderr.strip()[-500:]}")
    return _read(json.loads(done.stdout))


def _read(found: dict) -> Report:
    scores, complaints = {}, {}
    for name in CATEGORIES:
        category = found["categories"][name]
        scores[name] = round((category["score"] or 0) * 100)
        costly = [found["audits"][ref["id"]] for ref in category["auditRefs"] if ref["weight"]]
        complaints[name] = [one["title"] for one in costly if one["score"] is not None and one["score"] < 0.9]
    return Report(scores, complaints)
