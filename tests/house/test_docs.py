"""The documents agree with the code and with one another."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from config.settings.env import Env
from tests.house import sources

ROOT = sources.ROOT
PAGES = [path for path in sources.files(".md") if "frontend" not in path.parts]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    dead = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (heading and heading not in _headings(file)):
            dead.append(target)
    assert dead == []


def _headings(page: Path) -> set[str]:
    lines = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_paths_that_the_documents_name_are_there() -> None:
    """In backticks, with a folder of ours in front: `apps/…`, `tests/…`, and functions of tests after two colons."""
    missing = []
    for page in PAGES:
        for named in re.findall(
            r"`((?:apps|platform|tests|docs|deploy|locale|frontend)/[\w./-]+)", page.read_text()
        ):
            path = named.rstrip(".")
            if not (ROOT / path).exists() and not path.startswith(("frontend/dist", "frontend/node_modules")):
                missing.append(f"{page.name}: {named}")
    assert missing == []


def test_tests_that_the_documents_name_are_there() -> None:
    missing = []
    for page in PAGES:
        for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)", page.read_text(encoding="utf-8")):
            if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8"):
                missing.append(f"{page.name}: {file}::{name}")
    assert missing == []


def test_decisions_have_numbers_of_their_own_and_are_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    decisions = sorted(path.name for path in folder.glob("[0-9]*.md"))
    numbers = [name[:4] for name in decisions]
    assert len(numbers) == len(set(numbers)) > 5
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in decisions if f"({name})" not in index] == []


def test_each_setting_is_described_with_its_default() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    described = dict(re.findall(r"^\| `(JIEPAI_\w+)` \| (.*?) \|", page, flags=re.MULTILINE))
    actual = {f"JIEPAI_{name.upper()}": _default(name, field) for name, field in Env.model_fields.items()}
    assert described == actual


def _default(name: str, field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "required"
    if name == "script_dir":  # worked out from another one
        return "the data folder"
    if value == []:
        return "empty"
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}/`"
    if isinstance(value, list):
        return f"`{','.join(value)}`"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def test_each_line_of_the_requirements_says_why_it_is_there() -> None:
    silent = [
        f"{path.name}: {line}"
        for path in sorted(ROOT.glob("requirements*.in"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-c ")) and not re.search(r"\S+ +# \S", line)
    ]
    assert silent == []


def test_each_target_of_make_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets == set(re.findall(r"make ([a-z-]+)", shown))
