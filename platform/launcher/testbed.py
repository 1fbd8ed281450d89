"""Programs that some tests run against, from Debian's packages: other databases, brokers and a browser.

Only the programs are wanted: the tests start private instances of their own, so nothing that a
package would start as a service is allowed to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import glob
from pathlib import Path

from launcher.place import Refusal

POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTERS = Path("/etc/postgresql-common/createcluster.conf")
CLUSTERS_AS_SHIPPED = Path("/usr/share/postgresql-common/createcluster.conf")
APT_SECONDS = 600
# package: a file that is there once it is installed, as a pattern
PACKAGES = {
    "chromium": ("/usr/bin/chromium",),
    "fonts-noto-cjk": ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",),
    "mariadb-server": ("/usr/sbin/mariadbd",),
    "postgresql": ("/usr/lib/postgresql/*/bin/postgres",),
    "rabbitmq-server": ("/usr/sbin/rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server"),
    "redis-server": ("/usr/bin/redis-server",),
}


def chromium() -> str | None:
    """The path of the system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def missing() -> list[str]:
    """Packages none of whose files is there."""
    return [name for name, files in PACKAGES.items() if not any(glob(file) for file in files)]


def ensure(say: Callable[[str], None]) -> None:
    """Install what is missing. Raises Refusal where that is impossible: not root, no apt, no network."""
    wanted = missing()
    if not wanted:
        return
    names = " ".join(wanted)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Refusal(f"tests that need {names} will be skipped; install them with: apt install {names}")
    say(f"Installing {names} for the tests …")
    with _no_service_starts(), _no_clusters():
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *wanted]):
            _apt_get(arguments)


def _apt_get(arguments: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    environment["UCF_FORCE_CONFFOLD"] = "1"  # what _no_clusters has written is to stand
    options = ["-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"]
    try:
        done = subprocess.run(
            ["apt-get", *options, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=APT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refusal(f"apt-get {arguments[0]} did not end within {APT_SECONDS} seconds") from None
    if done.returncode != 0:
        lines = [
            line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "dpkg:"))
        ]
        raise Refusal(f"apt-get {arguments[0]} failed: {lines[0] if lines else done.stderr.strip()[-200:]}")


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Debian asks this file whether a package may start its service: never, while we install."""
    if POLICY.exists():  # the administrator's own rule stands
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


@contextmanager
def _no_clusters() -> Iterator[None]:
    """Debian asks this file whether to make a PostgreSQL cluster for a server that is new: not for the tests."""
    if CLUSTERS.exists():  # PostgreSQL is known here, so is what its administrator wants
        yield
        return
    CLUSTERS.parent.mkdir(parents=True, exist_ok=True)
    CLUSTERS.write_text("create_main_cluster = false\n", encoding="ascii")
    try:
        yield
    finally:
        CLUSTERS.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copy(CLUSTERS_AS_SHIPPED, CLUSTERS)
