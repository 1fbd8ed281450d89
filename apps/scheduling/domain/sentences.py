"""Words for people that are put together here and translated when shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kernel.errors import N_, Phrase


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English template with named parameters; a parameter may be a Phrase, a Sentence, or a tuple of them."""

    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    def render(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language of ``translate``, a gettext function."""
        words = {name: _render(value, translate) for name, value in self.params.items()}
        return translate(self.template) % words

    def __str__(self) -> str:
        return self.render(lambda text: text)


def say(template: str, /, **params: object) -> Sentence:
    return Sentence(template, params)


def _render(value: object, translate: Callable[[str], str]) -> str:
    if isinstance(value, Sentence):
        return value.render(translate)
    if isinstance(value, tuple):
        return translate(N_(", ")).join(_render(part, translate) for part in value)
    return translate(value) if isinstance(value, Phrase) else str(value)
