"""`make messages`: collects every marked string into the catalogues, and compiles them.

A catalogue keeps the translations it has, loses what is no longer asked for, and holds neither dates nor
line numbers, so that a change of it shows words and nothing else.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from launcher.place import ROOT, say

LOCALES = ("zh_Hans",)
SOURCES = ("platform", "apps")
#: Packages whose own catalogue for our languages is missing or has gaps: what they leave is translated in ours.
PACKAGES = (
    "unfold",
    "unfold.contrib.guardian",
    "guardian",
    "axes",
    "knox",
    "django.contrib.admin",
    "django.contrib.auth",
    "rest_framework",
)
#: Whose translations are good enough to be left alone.
TRUSTED = ("django", "rest_framework")
#: What marks a string, and which of its arguments are the message; the first is its context when asked for.
MARKS: dict[str, tuple[slice, bool]] = {
    **dict.fromkeys(("_", "N_", "gettext", "gettext_lazy", "gettext_noop"), (slice(0, 1), False)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (slice(0, 2), False)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (slice(1, 2), True)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (slice(1, 3), True)),
}
HEADER = """\
# The words of the platform in {name}. English is the source. `make messages` collects and compiles.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {locale}\\n"
"Plural-Forms: {plural}\\n"

"""

Key = tuple[str | tuple[str, ...], str | None]


def main() -> int:
    """Collect and compile; says what is left to translate."""
    wanted = collect()
    for locale in LOCALES:
        path = catalogue(locale)
        merged = merge(wanted, read(path, locale), locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text(merged), encoding="utf-8")
        with path.with_suffix(".mo").open("wb") as target:
            write_mo(target, merged)
        left = untranslated(merged)
        for fault in left:
            say(f"{locale}: {fault}")
        say(f"{locale}: {len(merged)} messages, {len(left)} of them to mend.")
    return 0


def catalogue(locale: str) -> Path:
    """Where the catalogue of a locale lies."""
    return ROOT / "locale" / locale / "LC_MESSAGES" / "django.po"


def collect() -> Catalog:
    """Every marked string of ours, and those of packages that nobody else translates."""
    found = Catalog()
    for name in SOURCES:
        for path in sorted((ROOT / name).rglob("*")):
            for message, context in strings_in(path):
                found.add(message, locations=[(path.relative_to(ROOT).as_posix(), 0)], context=context)
    translated = {key(message) for message in [*found, *_trusted()]}
    for name in PACKAGES:
        folder = _folder_of(name)
        for path in sorted(folder.rglob("*")):
            if "contrib" in path.relative_to(folder).parts:  # not installed, unless it is named itself
                continue
            for message, context in strings_in(path):
                if (message, context) not in translated:
                    found.add(message, locations=[(name, 0)], context=context)
    return found


def strings_in(path: Path) -> Iterator[Key]:
    """The marked strings of one Python file or Django template, in their order."""
    if path.suffix == ".py":
        yield from _of_python(path.read_text(encoding="utf-8"))
    elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
        yield from _of_template(path.read_text(encoding="utf-8"))


def _of_python(text: str) -> Iterator[Key]:
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name not in MARKS:
            continue
        chosen, has_context = MARKS[name]
        said = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]
        words = tuple(word for word in said[chosen] if isinstance(word, str) and word)
        if len(words) == chosen.stop - chosen.start:
            context = said[0] if has_context and isinstance(said[0], str) else None
            yield (words[0] if len(words) == 1 else words), context


def _of_template(text: str) -> Iterator[Key]:
    """A template as calls of gettext; what is not one becomes a row of X, which no tokenizer minds."""
    from django.utils.translation.template import templatize  # needs no settings

    source = "\n".join(line.strip() for line in templatize(text).splitlines())
    keywords: dict[str, Any] = {**DEFAULT_KEYWORDS, "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
    for _line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords):
        yield message, context


def read(path: Path, locale: str) -> Catalog:
    """The catalogue as it stands; an empty one where there is none."""
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as source:
        return read_po(source, locale=locale, abort_invalid=True)


def merge(wanted: Catalog, held: Catalog, locale: str) -> Catalog:
    """What is wanted, with the translations that are held."""
    merged = Catalog(locale=locale, charset="utf-8")
    have = {key(message): message for message in held if message.id}
    for message in wanted:
        if message.id:
            old = have.get(key(message))
            merged.add(
                message.id,
                old.string if old and not old.fuzzy else "",
                locations=message.locations,
                user_comments=old.user_comments if old else (),
                context=message.context,
            )
    return merged


def untranslated(catalog: Catalog) -> list[str]:
    """One line for each message without a translation, or whose named fields differ in it."""
    faults = []
    for message in catalog:
        if not message.id:
            continue
        for source, translated in pairs(message):
            if not translated:
                faults.append(f"not translated: {source!r}")
            elif fields(source) != fields(translated):
                faults.append(f"other fields than its source has: {source!r} -> {translated!r}")
    return faults


def pairs(message: Message) -> list[tuple[str, str]]:
    """Source and translation; for a plural, each form of the translation beside the source's last."""
    source = message.id if isinstance(message.id, str) else message.id[-1]
    forms = message.string or ""
    return [(source, form) for form in ([forms] if isinstance(forms, str) else forms)]


def fields(text: str) -> set[str]:
    """What ``%`` formatting fills in; a bare %s counts with its number, as its place matters."""
    named = set(re.findall(r"%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]", text))
    bare = re.findall(r"(?<!%)%[sd]", text)
    return (
        named | {f"{sign} ({number})" for number, sign in enumerate(bare)} | set(re.findall(r"\{\w*\}", text))
    )


def key(message: Message) -> Key:
    return (tuple(message.id) if isinstance(message.id, list | tuple) else message.id), message.context


def as_text(catalog: Catalog) -> str:
    """The catalogue as a .po file."""
    assert catalog.locale is not None
    body = io.BytesIO()
    write_po(body, catalog, width=110, omit_header=True, ignore_obsolete=True, include_lineno=False)
    header = HEADER.format(
        name=catalog.locale.english_name, locale=str(catalog.locale), plural=catalog.plural_forms
    )
    return header + body.getvalue().decode()


def _folder_of(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _trusted() -> Iterator[Message]:
    for name in TRUSTED:
        for path in _folder_of(name).rglob("locale/zh_Hans/LC_MESSAGES/django.mo"):
            with path.open("rb") as compiled:
                yield from (message for message in read_mo(compiled) if message.id and message.string)


if __name__ == "__main__":
    sys.exit(main())
