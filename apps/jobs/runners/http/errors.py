"""What may be wrong with an HTTP job, one class for each cause."""

from __future__ import annotations

from kernel.errors import N_, JobError


class BadRequest(JobError):
    code = "http.bad_request"
    template = N_("The request can't be sent: %(message)s")


class TlsUntrusted(JobError):
    code = "http.tls_untrusted"
    template = N_("The certificate of %(host)s is not trusted: %(message)s.")


class TlsFailed(JobError):
    code = "http.tls_failed"
    template = N_("No encrypted connection to %(host)s came to stand: %(message)s.")


class BrokenAnswer(JobError):
    code = "http.broken_answer"
    template = N_("%(host)s broke off before its answer was complete: %(message)s")


class UnexpectedStatus(JobError):
    code = "http.unexpected_status"
    template = N_("%(host)s answered %(status)d %(phrase)s; expected is %(expected)s.")


class TooManyRedirects(JobError):
    code = "http.too_many_redirects"
    template = N_("The answer leads on after %(count)d redirects; the last one was to %(url)s.")


class Timeout(JobError):
    code = "http.timeout"
    template = N_("%(host)s gave no complete answer within %(seconds)g s.")


class Cancelled(JobError):
    code = "http.cancelled"
    template = N_("The run was cancelled; whether %(host)s acted on the request is not known.")
