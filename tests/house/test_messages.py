"""Every word for people is marked, in the catalogue, and translated."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation.reloader import translation_file_changed
from guardian.shortcuts import assign_perm

from kernel.errors import DomainError
from launcher import install, messages
from tests import clients
from tests.house import sources

LOCALES = messages.LOCALES
#: Said the same in every language.
WORDLESS = {"CPU", "ID", "SHA"}
MARKS = {"_", "N_", "gettext", "gettext_lazy", "ngettext", "pgettext", "Phrase"}


@pytest.fixture(scope="module")
def wanted():
    return messages.collect()


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalogue_holds_what_is_marked_and_nothing_else(wanted, locale: str) -> None:
    held = messages.read(messages.catalogue(locale), locale)
    ours, marked = ({messages.key(message) for message in them if message.id} for them in (held, wanted))
    assert marked - ours == set(), "run: make messages"
    assert ours - marked == set(), "run: make messages"
    assert not held.obsolete


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalogue_is_written_one_way(locale: str) -> None:
    path = messages.catalogue(locale)
    assert path.read_text(encoding="utf-8") == messages.as_text(messages.read(path, locale))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_is_translated_with_its_fields(locale: str) -> None:
    held = messages.read(messages.catalogue(locale), locale)
    assert messages.untranslated(held) == []
    assert not [message.id for message in held if message.id and message.fuzzy]


def test_a_translation_without_its_fields_is_noticed() -> None:
    held = Catalog(locale="zh_Hans")
    held.add("%(count)d runs", "%(number)d 个运行")
    held.add("%(at).1f s", "%(at)s 秒")
    held.add("no fields", "没有")
    held.add("missing", "")
    assert [fault.split(":")[0] for fault in messages.untranslated(held)] == [
        "other fields than its source has",
        "other fields than its source has",
        "not translated",
    ]


def test_words_that_only_a_template_has_are_collected(tmp_path: Path) -> None:
    page = tmp_path / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text(
        '{% load i18n %}<p title="not (this">{% translate "A title" %}\n'
        "  it's {% blocktranslate with name=job.name %}Job {{ name }} ran{% endblocktranslate %}\n"
        '{% trans "May" context "month" %}</p>'
    )
    assert list(messages.strings_in(page)) == [
        ("A title", None),
        ("Job %(name)s ran", None),
        ("May", "month"),
    ]


def test_of_a_call_that_translates_later_nothing_is_collected(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text('_("one " "sentence")\n_(said["key"])\nngettext("a run", "%(count)d runs", count)\n')
    assert list(messages.strings_in(code)) == [
        ("one sentence", None),
        (("a run", "%(count)d runs"), None),
    ]


def test_nothing_is_filled_in_before_it_is_translated() -> None:
    faults = [
        f"{name}:{node.lineno}"
        for name, tree in sources.python("apps", "platform")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and sources.called(node) in MARKS
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert faults == []


def test_the_sentences_of_errors_are_marked() -> None:
    refusals = {kind.__name__ for kind in _subclasses(DomainError)}
    faults = []
    for name, tree in sources.python("apps", "platform"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and sources.called(node) in refusals and node.args:
                faults += [f"{name}:{node.lineno}"] if isinstance(node.args[0], ast.Constant) else []
            if isinstance(node, ast.ClassDef):
                faults += [
                    f"{name}:{line.lineno}"
                    for line in node.body
                    if isinstance(line, ast.Assign)
                    and [getattr(target, "id", "") for target in line.targets] == ["template"]
                    and isinstance(line.value, ast.Constant)
                    and node.name in refusals
                ]
    assert faults == []


def _subclasses(kind: type[DomainError]) -> set[type[DomainError]]:
    return {kind}.union(*(_subclasses(below) for below in kind.__subclasses__()))


def test_models_and_their_columns_have_names_in_both_languages() -> None:
    nameless = []
    for model in _models():
        meta = model._meta
        words = {"verbose_name": meta.verbose_name, "verbose_name_plural": meta.verbose_name_plural}
        for field in meta.local_fields:
            if field.name not in _inherited(model) | {"id"} and not field.remote_field:
                words[field.name] = field.verbose_name
            if field.help_text:
                words[f"{field.name}.help_text"] = field.help_text
        nameless += [f"{meta.label}.{name}" for name, word in words.items() if not isinstance(word, Promise)]
    assert nameless == []


def _models() -> list[type[models.Model]]:
    ours = (config for config in apps.get_app_configs() if config.name.startswith("apps."))
    return [model for config in ours for model in config.get_models()]


def _inherited(model: type[models.Model]) -> set[str]:
    """The columns that a package's abstract model brings; their names are its business."""
    return {
        field.name
        for base in model.__mro__
        if not base.__module__.startswith("apps.") and hasattr(base, "_meta")
        for field in base._meta.local_fields
    }


def test_the_words_of_admin_pages_are_marked() -> None:
    words = {"description", "short_description", "verbose_name", "help_text", "label", "empty_value"}
    faults = [
        f"{name}:{node.lineno}"
        for name, tree in sources.python("apps")
        if "admin" in name
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in words
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
        and any(letter.isalpha() for letter in keyword.value.value)
    ]
    assert faults == []


@pytest.fixture
def compiled() -> None:
    """The catalogues as they are now, read anew."""
    install.ensure_catalogues()
    translation_file_changed(sender=None, file_path=Path("django.mo"))


@pytest.mark.django_db
def test_an_error_comes_in_the_language_that_is_asked_for(compiled: None, acme) -> None:
    ask = clients.anyone(acme)
    said = {
        language: ask.post(
            "/api/v1/session/",
            {"username": "nobody", "password": "wrong"},
            format="json",
            HTTP_ACCEPT_LANGUAGE=language,
        ).json()["detail"]
        for language in ("en", "zh-CN,zh;q=0.9", "zh-Hans", "fr, zh;q=0.5")
    }
    assert said["en"] == "The username or the password is wrong."
    assert set(said.values()) == {said["en"], "用户名或密码错误。"}
    assert said["zh-Hans"] == said["zh-CN,zh;q=0.9"] == said["fr, zh;q=0.5"]


@pytest.mark.django_db
def test_a_users_own_language_is_stronger_than_the_browsers(compiled: None, acme) -> None:
    from apps.accounts.models import User

    user = User.objects.create_superuser("lin", language="zh-hans")
    page = clients.browser(acme, user).get("/admin/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "后台管理" in page
    assert "数据源" in page
    assert "Datasources" not in page


@pytest.mark.django_db
def test_permissions_are_named_in_the_readers_language(compiled: None, acme) -> None:
    from apps.accounts.models import User
    from apps.datasources.models import Datasource

    root = User.objects.create_superuser("root", language="zh-hans")
    source = Datasource.objects.create(name="sales", kind="sqlite", path="sales.db")
    assign_perm("datasources.view_datasource", root, source)
    client = clients.browser(acme, root)
    for page in (
        f"/admin/datasources/datasource/{source.pk}/permissions/",
        f"/admin/datasources/datasource/{source.pk}/permissions/user-manage/{root.pk}/",
        f"/admin/accounts/user/{root.pk}/change/",
    ):
        text = client.get(page).content.decode()
        assert "可以查看：数据源" in text, page
        assert "Can view" not in text, page


def test_pages_hold_no_words_of_their_own() -> None:
    faults = []
    for path in sources.files(".html"):
        if "templates" not in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", text, flags=re.DOTALL)
        text = re.sub(r"{% blocktrans.*?{% endblocktrans\w* %}", "", text, flags=re.DOTALL)
        text = re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)
        text = re.sub(r"<(script|style|pre|code)\b.*?</\1>|<!doctype[^>]*>", "", text, flags=re.DOTALL)
        icons = r'<span class="material-symbols-outlined[^>]*>[^<]*</span>'
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", "", re.sub(icons, "", text)))
        faults += [f"{path.relative_to(sources.ROOT)}: {word}" for word in words if word not in WORDLESS]
    assert faults == []


@pytest.mark.django_db
def test_the_scripts_of_the_admin_speak_it_too(compiled: None, acme) -> None:
    from apps.accounts.models import User

    root = User.objects.create_superuser("root", language="zh-hans")
    catalogue = clients.browser(acme, root).get("/admin/jsi18n/").content.decode()
    for path in messages.catalogue("zh_Hans").parent.glob("djangojs.po"):
        ours = [message for message in messages.read(path, "zh_Hans") if message.id]
        assert len(ours) > 5
        for message in ours:
            said = str(message.string)
            assert said.encode("unicode_escape").decode() in catalogue or said in catalogue
