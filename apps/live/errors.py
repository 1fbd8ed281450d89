"""Why a socket is refused, or something that came over it."""

from __future__ import annotations

from kernel.errors import N_, DomainError, Forbidden, Invalid, NotFound


class SignedOut(DomainError):
    code = "not_authenticated"
    status = 401
    template = N_("Sign in, or send an API token that is valid.")


class ForeignOrigin(Forbidden):
    code = "live.foreign_origin"
    template = N_("A page of another site may not listen here.")


class TooManySockets(DomainError):
    code = "live.too_many_sockets"
    status = 429
    template = N_("This user has too many open connections.")


class BadMessage(Invalid):
    code = "live.bad_message"
    template = N_("This message can't be understood.")


class NoSuchTopic(NotFound):
    """A topic that is unknown, and one that the user may not hear: nobody can tell which."""


class TooManyTopics(Invalid):
    code = "live.too_many_topics"
    template = N_("A connection can follow %(most)d topics at once, %(most_logs)d of them logs.")
