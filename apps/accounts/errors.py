"""Why a sign-in, a password or a token is refused."""

from __future__ import annotations

from kernel.errors import N_, Conflict, DomainError, Forbidden, Invalid


class SignInRefused(DomainError):
    """One sentence for an unknown name, a wrong password and a disabled user alike."""

    code = "session.refused"
    status = 401
    template = N_("The username or the password is wrong.")


class SignInLocked(DomainError):
    code = "session.locked"
    status = 429
    template = N_("Too many failed sign-ins. Try again in %(minutes)d minutes.")


class WrongPassword(Invalid):
    code = "password.wrong"
    template = N_("The current password is wrong.")


class WeakPassword(Invalid):
    code = "password.weak"


class TokenNameTaken(Conflict):
    code = "token.name_taken"
    template = N_("You have a token named “%(name)s” already.")


class TokensNeedASession(Forbidden):
    """A token that could make tokens would outlive its own expiry."""

    code = "token.needs_session"
    template = N_("Sign in with your password to do this; a token can't.")


class ViewNameTaken(Conflict):
    code = "view.name_taken"
    template = N_("You have a view named “%(name)s” on this page already.")


class TooManyViews(Conflict):
    code = "view.too_many"
    template = N_("A page can have %(most)d saved views. Delete one that you no longer need.")
