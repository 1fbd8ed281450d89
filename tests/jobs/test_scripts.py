"""Python and shell jobs through the runner: what a script is given, and how its end is told."""

from __future__ import annotations

import json
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.jobs.domain.log_lines import parse
from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import LogChunk
from apps.jobs.runners import attempts, scripts
from apps.jobs.runners.sandbox import CancelToken, ForkServer
from apps.jobs.services.logs import LogWriter
from apps.tenants.services import folders
from tests import factories
from tests.jobs.workers import shared
from tests.stops import stop_after

MB = 2**20


@pytest.fixture(scope="module")
def forks() -> Iterator[ForkServer]:
    server = ForkServer(workdirs=shared() / f"scripts-{os.getpid()}")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(shared() / f"scripts-{os.getpid()}")


class Log:
    """Takes output as the log of an attempt does; sentences are put together at once."""

    def __init__(self) -> None:
        self.text = b""
        self.sentences: list[str] = []

    def write(self, _stream: str, data: bytes) -> None:
        self.text += data

    def say(self, template: str, **params: object) -> None:
        self.sentences.append(template % params if params else template)


def go(
    forks: ForkServer, tenant: Any, source: str, *, kind: str = "python", params: Any = None, stop: float | None = None,
    **rules: Any,
) -> tuple[Outcome, Log]:  # fmt: skip
    rules.setdefault("timeout_seconds", 30)
    run = factories.run(factories.job(kind=kind, source=source, **rules), params=params or {})
    log = Log()
    with stop_after(stop) as cancel:
        outcome = attempts.carry_out(run, attempt=2, tenant=tenant, log=log, cancel=cancel, forks=forks)
    return outcome, log


def sentence(outcome: Outcome) -> str:
    message = outcome.message
    return message["template"] % message["params"] if message else ""


# --- what it is given ---------------------------------------------------------------------------------


def test_a_script_finds_its_parameters_and_who_it_is(forks, acme):
    outcome, log = go(
        forks,
        acme,
        "import json, os\n"
        "own = {k: v for k, v in os.environ.items() if k.startswith('JIEPAI_')}\n"
        "own['JIEPAI_PARAMS'] = json.loads(own['JIEPAI_PARAMS'])\n"
        "print(json.dumps(own))",
        parameters={
            "properties": {"day": {"type": "string"}, "count": {"type": "integer", "default": 3}, "tags": {}},
        },
        params={"day": "星期一", "tags": ["a"]},
    )

    found = json.loads(log.text)
    assert outcome.has_succeeded
    assert found["JIEPAI_PARAM_DAY"] == "星期一"
    assert found["JIEPAI_PARAM_COUNT"] == "3"
    assert found["JIEPAI_PARAM_TAGS"] == '["a"]'
    assert found["JIEPAI_PARAMS"] == {"count": 3, "day": "星期一", "tags": ["a"]}
    assert (found["JIEPAI_ATTEMPT"], found["JIEPAI_TENANT"]) == ("2", "acme")
    assert found["JIEPAI_JOB"].startswith("job ")
    assert found["JIEPAI_FILES"] == str(folders.of(acme))
    assert len(found["JIEPAI_RUN_ID"]) == 36
    assert "T" in found["JIEPAI_SCHEDULED_FOR"]
    assert found["JIEPAI_RESULT_FILE"].endswith("/result.json")
    assert not {"JIEPAI_SECRET_KEY", "JIEPAI_DATABASE_URL", "JIEPAI_ENCRYPTION_KEYS"} & set(found)


def test_a_job_has_an_environment_of_its_own_but_not_the_platforms_names(forks, acme):
    _, log = go(
        forks, acme, 'echo "$COLOUR $HOME" | grep -c "^green /"', kind="shell", env={"COLOUR": "green"}
    )

    assert log.text == b"1\n"


def test_what_one_run_leaves_in_the_tenants_files_the_next_may_read_and_replace(forks, acme):
    place = "import os; path = os.path.join(os.environ['JIEPAI_FILES'], 'orders.csv')\n"

    go(forks, acme, place + "open(path, 'w').write('first')")
    outcome, log = go(forks, acme, place + "print(open(path).read()); open(path, 'a').write(' second')")
    go(forks, acme, place + "os.rename(path, path + '.old')")

    assert (outcome.reason, log.text) == (Reason.NONE, b"first\n")
    left = folders.of(acme) / "orders.csv.old"
    assert left.read_text() == "first second"
    left.unlink()


def test_a_tenants_files_are_closed_to_scripts_of_another(forks, acme, globex):
    secret = folders.ensure(globex) / "salaries.csv"
    secret.write_text("canary")
    secret.chmod(0o666)
    from kernel.schemas import connection

    connection.set_tenant(acme)
    outcome, log = go(forks, acme, f"cat {secret}; ls {secret.parent}; echo x > {secret}", kind="shell")

    assert outcome.exit_code != 0
    assert b"canary" not in log.text
    assert log.text.count(b"ermission denied") == 3
    assert secret.read_text() == "canary"
    secret.unlink()


# --- how its end is told ------------------------------------------------------------------------------

ENDS = [
    ("exit 0", {}, Reason.NONE, 0, "", ""),
    ("exit 3", {}, Reason.EXIT_CODE, 3, "", "The script ended with exit code 3."),
    ("kill -SEGV $$", {}, Reason.SIGNAL, None, "SIGSEGV", "The script was ended by signal SIGSEGV."),
    ("kill -9 $$", {}, Reason.SIGNAL, None, "SIGKILL", "The script was ended by signal SIGKILL."),
    (
        "sleep 30",
        {"timeout_seconds": 0.3},
        Reason.TIMEOUT,
        None,
        "SIGTERM",
        "The script was stopped: it ran longer than its timeout.",
    ),
    (
        "while true; do :; done",
        {"limits": {"cpu_seconds": 1}},
        Reason.SIGNAL,
        None,
        "SIGXCPU",
        "The script was stopped: it used more CPU time than its limit (1 s).",
    ),
    (
        "head -c 3000000 /dev/zero; sleep 10",
        {"limits": {"output_mb": 2}},
        Reason.SIGNAL,
        None,
        "SIGKILL",
        "The script was stopped: it wrote more output than its limit (2 MB).",
    ),
    (
        "echo never",
        {"interpreter": "/opt/python9/bin/python9"},
        Reason.NOT_STARTED,
        None,
        "",
        "The script could not be started: there is no /opt/python9/bin/python9 on this executor.",
    ),
    (
        "echo never",
        {"interpreter": "/etc/passwd"},
        Reason.NOT_STARTED,
        None,
        "",
        "The script could not be started: scripts can't use /etc/passwd: Permission denied.",
    ),
]


@pytest.mark.parametrize(("source", "rules", "reason", "code", "signal", "words"), ENDS)
def test_each_end_has_its_reason_and_its_sentence(forks, acme, source, rules, reason, code, signal, words):
    outcome, log = go(forks, acme, source, kind="shell", **rules)

    assert (outcome.reason, outcome.exit_code, outcome.exit_signal) == (reason, code, signal)
    assert sentence(outcome) == words
    assert b"never" not in log.text


def test_running_out_of_memory_says_how_much_there_was(forks, acme):
    outcome, log = go(forks, acme, "x = bytearray(400 * 2**20)", limits={"memory_mb": 64})

    assert (outcome.reason, outcome.exit_code) == (Reason.OUT_OF_MEMORY, 1)
    assert sentence(outcome).startswith("The script was stopped: it used more memory than its limit (")
    assert log.text.endswith(b"MemoryError\n")


def test_a_memory_error_that_is_caught_is_none(forks, acme):
    outcome, _ = go(
        forks,
        acme,
        "try: x = bytearray(400 * 2**20)\nexcept MemoryError: raise SystemExit(7)",
        limits={"memory_mb": 64},
    )

    assert (outcome.reason, outcome.exit_code) == (Reason.EXIT_CODE, 7)


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.access("/sys/fs/cgroup/memory/memory.limit_in_bytes", os.W_OK),
    reason="needs a cgroup (version 1) for memory that may be written",
)
def test_the_kernels_own_kill_for_want_of_memory_is_told_as_one(forks, acme):
    group = Path(f"/sys/fs/cgroup/memory/jiepai-test-{os.getpid()}")
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(48 * MB))
        before = set(_scripts_of(forks))
        import threading

        from tests.processes import until

        def confine() -> None:
            pid = until(lambda: set(_scripts_of(forks)) - before).pop()
            (group / "cgroup.procs").write_text(str(pid))

        thread = threading.Thread(target=confine)
        thread.start()
        outcome, _ = go(
            forks,
            acme,
            "import time; time.sleep(1)\nheld = [b'x' * 2**20 for _ in range(200)]; time.sleep(9)",
        )
        thread.join()
    finally:
        group.rmdir()

    assert (outcome.reason, outcome.exit_signal) == (Reason.OUT_OF_MEMORY, "SIGKILL")
    assert sentence(outcome) == (
        "The script was stopped: it used more memory than its limit (the machine had none left)."
    )


def _scripts_of(forks: ForkServer) -> list[int]:
    from apps.jobs.runners.sandbox.watch import children

    return children(forks.pid)


def test_a_cancelled_script_is_told_as_one_and_was_not_started_if_it_came_first(forks, acme):
    outcome, _ = go(forks, acme, "import time; time.sleep(30)", stop=0.4)
    assert (outcome.reason, sentence(outcome)) == (Reason.CANCELLED, "The script was stopped on request.")

    run = factories.run(factories.job(source="print('never')"))
    log, cancel = Log(), CancelToken()
    cancel.set("before")
    outcome = attempts.carry_out(run, attempt=1, tenant=acme, log=log, cancel=cancel, forks=forks)
    assert (outcome.reason, log.text) == (Reason.CANCELLED, b"")


def test_a_lost_fork_server_is_no_fault_of_the_job(forks, acme):
    import signal
    import threading

    timer = threading.Timer(0.6, os.kill, [forks.pid, signal.SIGKILL])
    timer.start()
    outcome, _ = go(forks, acme, "import time; time.sleep(20)")
    timer.join()

    assert outcome.reason is Reason.LOST_EXECUTOR
    assert (
        sentence(outcome)
        == "The process that runs scripts was lost: the fork server ended with exit code -9."
    )
    assert go(forks, acme, "print('again')")[1].text == b"again\n"


# --- results ------------------------------------------------------------------------------------------


def test_a_result_is_what_the_script_wrote(forks, acme):
    outcome, log = go(
        forks,
        acme,
        "import json, os; json.dump({'rows': [1, 'é']}, open(os.environ['JIEPAI_RESULT_FILE'], 'w'))",
    )

    assert (outcome.result, outcome.message, log.sentences) == ({"rows": [1, "é"]}, {}, [])


NOT_JSON = "The script's result is not JSON and was left out: "
BAD_RESULTS = [
    ("printf 'rows: 3' > $JIEPAI_RESULT_FILE", NOT_JSON + "Expecting value: line 1 column 1 (char 0)."),
    (
        "printf '[NaN]' > $JIEPAI_RESULT_FILE",
        NOT_JSON + "it contains NaN or an infinity, which JSON does not know.",
    ),
    ("printf '\"\\\\u0000\"' > $JIEPAI_RESULT_FILE", NOT_JSON + "it contains a null character."),
    (
        "printf '\"\\\\ud83d\"' > $JIEPAI_RESULT_FILE",
        NOT_JSON + "it contains half a character (a lone surrogate).",
    ),
    ("printf '\"\\xff\"' > $JIEPAI_RESULT_FILE", NOT_JSON + "it is not UTF-8."),
    (
        "head -c 100000 /dev/zero | tr '\\0' '[' > $JIEPAI_RESULT_FILE",
        NOT_JSON + "it is nested too deeply.",
    ),
    (
        "head -c 1048577 /dev/zero | tr '\\0' '1' > $JIEPAI_RESULT_FILE",
        "The script's result was left out: it is larger than the 1048576 bytes that are kept. "
        "Write large results to files.",
    ),
    (
        "ln -s /etc/passwd $JIEPAI_RESULT_FILE",
        "The script's result was left out: it is a link or no plain file.",
    ),
    ("mkdir $JIEPAI_RESULT_FILE", "The script's result was left out: it is a link or no plain file."),
]


@pytest.mark.parametrize(("source", "words"), BAD_RESULTS)
def test_a_result_that_can_not_be_kept_is_told_in_log_and_run(forks, acme, source, words):
    outcome, log = go(forks, acme, source, kind="shell")

    assert outcome.result is None
    assert outcome.has_succeeded
    assert (log.sentences, sentence(outcome)) == ([words], words)


def test_a_failure_is_told_before_a_bad_result(forks, acme):
    outcome, log = go(forks, acme, "echo x > $JIEPAI_RESULT_FILE; exit 2", kind="shell")

    assert sentence(outcome) == "The script ended with exit code 2."
    assert log.sentences == [NOT_JSON + "Expecting value: line 1 column 1 (char 0)."]


def test_a_script_that_fails_may_leave_a_result(forks, acme):
    outcome, _ = go(forks, acme, "echo '{\"done\": 3}' > $JIEPAI_RESULT_FILE; exit 2", kind="shell")

    assert (outcome.reason, outcome.result) == (Reason.EXIT_CODE, {"done": 3})


# --- output -------------------------------------------------------------------------------------------


def logged(
    forks: ForkServer, tenant: Any, source: str, *, cap: int = MB, kind: str = "python"
) -> tuple[Outcome, list[str]]:
    """With a real log; its lines as they are stored."""
    run = factories.run(factories.job(kind=kind, source=source, timeout_seconds=60))
    log = LogWriter(run.pk, attempt=1, cap_bytes=cap)
    outcome = attempts.carry_out(run, attempt=1, tenant=tenant, log=log, cancel=CancelToken(), forks=forks)
    log.close()
    chunks = LogChunk.objects.filter(run=run).order_by("first_line")
    return outcome, [line.text for chunk in chunks for line in parse(chunk.text, first_line=chunk.first_line)]


def test_bytes_that_are_no_text_are_shown_as_what_they_are(forks, acme):
    _, lines = logged(forks, acme, r"printf 'a\0b \xff\xfe é\r\nhalf'", kind="shell")

    assert lines == ["a\\x00b \\xff\\xfe é", "half"]


@pytest.mark.parametrize("line_end", [b"\n", b""], ids=["in lines", "without a line end"])
def test_fifty_megabytes_neither_block_the_script_nor_swell_the_worker(forks, acme, line_end):
    piece = b"x" * 99 + line_end
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    outcome, lines = logged(
        forks, acme, f"import os\nfor _ in range(500): os.write(1, {piece!r} * 1000)\nprint('end')"
    )

    assert outcome.has_succeeded
    assert lines[-1].endswith("end")
    marker = next(line for line in lines if "left out" in line)
    assert json.loads(marker)["p"]["bytes"] > 45 * MB
    assert sum(map(len, lines)) < 1.3 * MB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 24 * 1024  # kilobytes


def test_every_kind_of_end_has_words():
    from typing import get_args

    from apps.jobs.runners.sandbox.spec import EndKind, ScriptEnd

    for kind in get_args(EndKind):
        reason, template, params = scripts._reading(ScriptEnd(kind, exit_code=1, signal=9, detail="x"))
        assert reason is not Reason.NONE
        assert "%(" not in template % params
