"""Python and shell scripts, in a confined child process."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Run
from apps.jobs.runners.sandbox import CancelToken, ForkServer, Limits, ScriptEnd, ScriptSpec
from apps.tenants.models import Tenant
from apps.tenants.services import folders
from kernel.errors import N_

if TYPE_CHECKING:
    from apps.jobs.runners.attempts import Log

MB: Final = 1024 * 1024
GRACE_SECONDS: Final = 5.0

RESULT_NOT_JSON: Final = N_("The script's result is not JSON and was left out: %(reason)s.")


def carry_out(
    run: Run,
    *,
    environment: Mapping[str, str],
    tenant: Tenant,
    log: Log,
    cancel: CancelToken,
    forks: ForkServer,
    result_max_bytes: int = MB,
) -> Outcome:
    """Run the script of the run's version. It may read and write the tenant's files, and no other tenant's."""
    rules = run.version.definition
    folder = folders.ensure(tenant)
    end = forks.run(
        ScriptSpec(
            kind="python" if run.job.kind == "python" else "shell",
            source=rules["source"],
            env=environment,
            limits=_limits(rules["limits"]),
            timeout_seconds=rules["timeout_seconds"],
            grace_seconds=GRACE_SECONDS,
            network=rules["network"],
            writable=(str(folder),),
            groups=(folders.group_of(tenant),) if os.geteuid() == 0 else (),
            interpreter=rules["interpreter"],
            result_max_bytes=result_max_bytes,
        ),
        on_output=log.write,
        cancel=cancel,
    )
    return _outcome(end, log=log)


def _limits(rules: Mapping[str, int]) -> Limits:
    return Limits(
        cpu_seconds=rules["cpu_seconds"] or None,
        memory_bytes=rules["memory_mb"] * MB or None,
        file_bytes=rules["file_mb"] * MB or None,
        open_files=rules["open_files"] or None,
        processes=rules["processes"] or None,
        disk_bytes=rules["disk_mb"] * MB or None,
    )


def _outcome(end: ScriptEnd, *, log: Log) -> Outcome:
    reason, template, params = _reading(end)
    return Outcome(
        reason=reason,
        exit_code=end.exit_code,
        exit_signal=signal_name(end.signal),
        template=template,
        params=params,
        result=_result(end.result, log=log),
        cpu_seconds=end.cpu_seconds,
        max_rss_bytes=end.max_rss_bytes,
    )


def _reading(end: ScriptEnd) -> tuple[Reason, str, dict[str, Any]]:
    match end.kind:
        case "exited" if end.exit_code == 0:
            return Reason.NONE, "", {}
        case "exited":
            return (
                Reason.EXIT_CODE,
                N_("The script ended with exit code %(exit_code)s."),
                {"exit_code": end.exit_code},
            )
        case "signalled":
            name = signal_name(end.signal)
            return Reason.SIGNAL, N_("The script was ended by signal %(signal)s."), {"signal": name}
        case "timeout":
            return Reason.TIMEOUT, N_("The script was stopped: it ran longer than its timeout."), {}
        case "cancelled":
            return Reason.CANCELLED, N_("The script was stopped on request."), {}
        case "out_of_memory":
            return (
                Reason.OUT_OF_MEMORY,
                N_("The script was stopped: it used more memory than its limit (%(detail)s)."),
                {"detail": end.detail},
            )
        case "out_of_disk":
            return (
                Reason.SIGNAL,
                N_("The script was stopped: its files grew over their limit (%(detail)s)."),
                {"detail": end.detail},
            )
        case "not_started":
            return (
                Reason.NOT_STARTED,
                N_("The script could not be started: %(detail)s."),
                {"detail": end.detail},
            )
        case "lost":
            return (
                Reason.LOST_EXECUTOR,
                N_("The process that runs scripts was lost: %(detail)s."),
                {"detail": end.detail},
            )
    raise AssertionError(end.kind)


def signal_name(number: int | None) -> str:
    """SIGKILL for 9; empty for None."""
    if number is None:
        return ""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def _result(raw: bytes | None, *, log: Log) -> Any:
    """The JSON that the script wrote into JIEPAI_RESULT_FILE; a bad one is told in the log and left out."""
    if not raw or not raw.strip():
        return None
    try:
        result = json.loads(raw)
        _refuse_what_jsonb_refuses(result)
    except (ValueError, RecursionError) as error:
        log.say(RESULT_NOT_JSON, reason=str(error))
        return None
    return result


def _refuse_what_jsonb_refuses(value: Any) -> None:
    text = json.dumps(value, allow_nan=False)  # ValueError for NaN and infinities
    if "\\u0000" in text:
        raise ValueError("it contains a null character")
    text.encode()
    json.dumps(value, ensure_ascii=False).encode()  # ValueError for half a surrogate pair
