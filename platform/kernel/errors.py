"""Errors that a user or a program is told about: a stable code, a status, and a sentence with named parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


def N_(text: str) -> str:
    """Mark a sentence for the catalogues without translating it yet."""
    return text


class Phrase(str):
    """A parameter that is itself words: it is translated when the sentence around it is."""


class DomainError(Exception):
    """A refusal with a reason. ``code`` is for programs and never changes, the sentence is for people.

    A subclass gives the defaults; ``template`` is an English sentence for ``%`` formatting by name.
    members: parameters that programs get, too, each under its name.
    field: the input that is wrong, when there is one.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    template: ClassVar[str] = N_("The request can't be served.")
    members: ClassVar[tuple[str, ...]] = ()

    def __init__(self, template: str | None = None, /, *, field: str | None = None, **params: object) -> None:
        self.sentence = template if template is not None else self.template
        self.field = field
        self.params = params
        super().__init__(self.sentence, params)

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.render(lambda text: text)

    def render(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language of ``translate``, a gettext function."""
        words = {k: translate(v) if isinstance(v, Phrase) else v for k, v in self.params.items()}
        sentence = translate(self.sentence)
        return sentence % words if words else sentence.replace("%%", "%")

    @property
    def stored(self) -> dict[str, Any]:
        """The sentence as JSON, for ``kernel.sentences.of`` to put into the reader's language."""
        plain = (int, float, bool, type(None))
        words = {name: v if isinstance(v, plain) else str(v) for name, v in self.params.items()}
        return {"template": self.sentence, "params": words}

    def __str__(self) -> str:
        return self.message


class JobError(DomainError):
    """The job's fault, and its author's to mend: recorded with the run, perhaps retried."""

    code = "job.error"


class PlatformError(DomainError):
    """The platform's fault: logged and alerted."""

    code = "platform.error"
    status = 500


class Invalid(DomainError):
    """Input that can't be taken; ``field`` says which."""

    code = "invalid"


class NotFound(DomainError):
    code = "not_found"
    status = 404
    template = N_("There is nothing here, or you may not see it.")


class Forbidden(DomainError):
    code = "forbidden"
    status = 403
    template = N_("You may see this, but you may not do that with it.")


class Conflict(DomainError):
    code = "conflict"
    status = 409
