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
RESULT_TOO_LARGE: Final = N_(
    "The script's result was left out: it is larger than the %(most)d bytes that are kept. Write large results to files."
)
RESULT_NOT_A_FILE: Final = N_("The script's result was left out: it is a link or no plain file.")


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
    return _outcome(end, log=log, result_max_bytes=result_max_bytes)


def _limits(rules: Mapping[str, int]) -> Limits:
    return Limits(
        cpu_seconds=rules["cpu_seconds"] or None,
        memory_bytes=rules["memory_mb"] * MB or None,
        file_bytes=rules["file_mb"] * MB or None,
        open_files=rules["open_files"] or None,
        processes=rules["processes"] or None,
        disk_bytes=rules["disk_mb"] * MB or None,
        output_bytes=rules.get("output_mb", 0) * MB or None,
    )


def _outcome(end: ScriptEnd, *, log: Log, result_max_bytes: int) -> Outcome:
    reason, template, params = _reading(end)
    result, fault, about = _result(end, max_bytes=result_max_bytes)
    if fault:
        log.say(fault, **about)
    if not template:
        template, params = fault, about
    return Outcome(
        reason=reason,
        exit_code=end.exit_code,
        exit_signal=signal_name(end.signal),
        template=template,
        params=params,
        result=result,
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
        case "out_of_processes":
            return (
                Reason.SIGNAL,
                N_("The script was stopped: it started more processes than its limit (%(detail)s)."),
                {"detail": end.detail},
            )
        case "out_of_time":
            return (
                Reason.SIGNAL,
                N_("The script was stopped: it used more CPU time than its limit (%(detail)s)."),
                {"detail": end.detail},
            )
        case "too_much_output":
            return (
                Reason.SIGNAL,
                N_("The script was stopped: it wrote more output than its limit (%(detail)s)."),
                {"detail": end.detail},
            )
        case "not_started":
            return (
                Reason.NOT_STARTED,
                N_("The script could not be started: %(detail)s."),
                {"detail": end.detail},
            )
        case "no_interpreter":
            return (
                Reason.NOT_STARTED,
                N_("The script could not be started: there is no %(detail)s on this executor."),
                {"detail": end.detail},
            )
        case "bad_interpreter":
            return (
                Reason.NOT_STARTED,
                N_("The script could not be started: scripts can't use %(detail)s."),
                {"detail": end.detail},
            )
        case "network_open":
            return (
                Reason.NOT_STARTED,
                N_(
                    "The script was not started: this executor can't keep it from the network, "
                    "as its job wants (seccomp: %(detail)s)."
                ),
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


def _result(end: ScriptEnd, *, max_bytes: int) -> tuple[Any, str, dict[str, Any]]:
    """The JSON that the script wrote into JIEPAI_RESULT_FILE, or a sentence that says why it was left out."""
    match end.result_fault:
        case "too_large":
            return None, RESULT_TOO_LARGE, {"most": max_bytes}
        case "not_a_file":
            return None, RESULT_NOT_A_FILE, {}
    if not end.result or not end.result.strip():
        return None, "", {}
    try:
        result = json.loads(end.result)
        _refuse_what_jsonb_refuses(result)
    except RecursionError:
        return None, RESULT_NOT_JSON, {"reason": "it is nested too deeply"}
    except UnicodeDecodeError:
        return None, RESULT_NOT_JSON, {"reason": "it is not UTF-8"}
    except UnicodeEncodeError:
        return None, RESULT_NOT_JSON, {"reason": "it contains half a character (a lone surrogate)"}
    except ValueError as error:
        return None, RESULT_NOT_JSON, {"reason": str(error)}
    return result, "", {}


def _refuse_what_jsonb_refuses(value: Any) -> None:
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        raise ValueError("it contains NaN or an infinity, which JSON does not know") from None
    if "\\u0000" in text:
        raise ValueError("it contains a null character")
    json.dumps(value, ensure_ascii=False).encode()  # UnicodeEncodeError for half a surrogate pair
