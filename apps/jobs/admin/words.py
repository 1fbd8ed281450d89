"""How the admin says things: states and their colours, why a run ended, how long it took."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.jobs.domain.run_states import Reason, RunState
from apps.jobs.models import JobVersion

#: The theme's name of the colour of each state.
COLOURS: Final = {
    RunState.QUEUED.value: "default",
    RunState.RUNNING.value: "info",
    RunState.SUCCEEDED.value: "success",
    RunState.FAILED.value: "danger",
    RunState.CANCELLED.value: "warning",
    RunState.SKIPPED.value: "default",
}
REASONS: Final = {
    Reason.EXIT_CODE.value: _("exit code"),
    Reason.SIGNAL.value: _("ended by a signal"),
    Reason.TIMEOUT.value: _("timeout"),
    Reason.OUT_OF_MEMORY.value: _("out of memory"),
    Reason.LOST_EXECUTOR.value: _("executor lost"),
    Reason.EXECUTOR_STOPPED.value: _("executor stopped"),
    Reason.CANCELLED.value: _("cancelled"),
    Reason.NOT_STARTED.value: _("could not start"),
    Reason.SQL_ERROR.value: _("SQL error"),
    Reason.HTTP_ERROR.value: _("HTTP error"),
    Reason.UNREACHABLE.value: _("not reachable"),
    Reason.PLATFORM_ERROR.value: _("fault of the platform"),
    Reason.MISSED.value: _("missed"),
    Reason.REFUSED.value: _("refused"),
    Reason.JOB_DELETED.value: _("job deleted"),
}


def reason(word: str, *, exit_code: int | None = None, exit_signal: str = "", by: str = "") -> str:
    """Why an attempt or a run ended, in a few words; empty for none."""
    if not word:
        return ""
    match word:
        case Reason.EXIT_CODE if exit_code is not None:
            return gettext("exit code %(code)d") % {"code": exit_code}
        case Reason.SIGNAL if exit_signal:
            return gettext("signal %(signal)s") % {"signal": exit_signal}
        case Reason.CANCELLED if by:
            return gettext("cancelled by %(name)s") % {"name": by}
    return str(REASONS.get(word, word))


def duration(span: timedelta | None) -> str:
    """Short: 85 ms, 3.2 s, 4 min 05 s, 2 h 03 min."""
    if span is None:
        return ""
    ms = max(0, round(span.total_seconds() * 1000))
    if ms < 1000:
        return gettext("%(ms)d ms") % {"ms": ms}
    seconds = ms / 1000
    if seconds < 60:
        return gettext("%(seconds).1f s") % {"seconds": seconds}
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return gettext("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    return gettext("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}


def version(pinned: JobVersion) -> str:
    """v3, or that it is a trial."""
    return gettext("trial") if pinned.is_trial else f"v{pinned.number}"
