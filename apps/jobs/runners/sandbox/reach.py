"""A Python that scripts can read, whoever they run as.

Under users of their own, scripts can't enter an installation below /root: a module that the warm process has not
loaded yet could not be imported. Then the standard library is copied once, beside the scripts' folders.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LEFT_OUT: Final = shutil.ignore_patterns(
    "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3",
    "config-*", "*.a",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Python:
    """environment: what a program needs to start it again."""

    executable: Path
    prefix: Path
    environment: dict[str, str]


def for_scripts(folder: Path, *, own_users: bool) -> Python:
    """The interpreter that the platform runs on, or a copy of it below ``folder``. Raises OSError."""
    base = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    library = Path(sysconfig.get_path("stdlib"))
    if not own_users or (is_open_to_all(base) and is_open_to_all(library / "os.py")):
        return Python(base, Path(sys.base_prefix), {})
    return _copy(
        folder / f"python-{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}",
        base,
        library,
    )


def is_open_to_all(path: Path) -> bool:
    """Whether any user may pass to ``path`` and read it."""
    try:
        return may_pass(path.parent) and bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def may_pass(folder: Path) -> bool:
    """Whether any user may pass through ``folder`` and all above it. Raises OSError when it is missing."""
    return all(one.stat().st_mode & stat.S_IXOTH for one in (folder, *folder.parents))


def _copy(target: Path, base: Path, library: Path) -> Python:
    """Copied under another name first, so that a copy that is there is whole."""
    if not target.is_dir():
        draft = target.with_name(f"{target.name}.{os.getpid()}.new")
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "bin").mkdir(parents=True)
        shutil.copy2(base, draft / "bin" / base.name)
        shutil.copytree(library, draft / "lib" / library.name, ignore=_LEFT_OUT, symlinks=True)
        for shared in Path(str(sysconfig.get_config_var("LIBDIR"))).glob("libpython*.so*"):
            shutil.copy2(shared, draft / "lib" / shared.name, follow_symlinks=False)
        for folder, _, files in os.walk(draft):
            os.chmod(folder, 0o755)  # noqa: S103
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | 0o444)
        try:
            draft.rename(target)
        except OSError:  # another worker was faster
            shutil.rmtree(draft, ignore_errors=True)
    return Python(target / "bin" / base.name, target, {"LD_LIBRARY_PATH": str(target / "lib")})
