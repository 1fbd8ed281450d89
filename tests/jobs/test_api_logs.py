"""Logs over HTTP: read on, searched, downloaded."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.jobs.api.views.runs import ANSWER_BYTES
from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Run
from apps.jobs.selectors import log_texts
from apps.jobs.services.logs import LogWriter
from apps.scheduling.services import settle
from kernel.errors import N_
from tests import clients, factories

SAID = N_("The run was stopped after %(seconds)d s.")


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


@pytest.fixture
def ended(acme) -> settle.Ended:
    return factories.started()


def write(ended: settle.Ended, *pieces: tuple[str, str]) -> None:
    """Output of the run's attempt, each piece stored as a chunk of its own."""
    writer = LogWriter(ended.run_id, attempt=ended.epoch, cap_bytes=50_000_000)
    for stream, text in pieces:
        if stream == "system":
            writer.say(text, seconds=5)
        else:
            writer.write(stream, text.encode())  # type: ignore[arg-type]
        writer.flush()


def log(client: Any, ended: settle.Ended, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/api/v1/runs/{ended.run_id}/log/", query)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def lines(found: dict[str, Any]) -> list[tuple[int, str]]:
    return [
        (block["line"] + place, line)
        for block in found["blocks"]
        for place, line in enumerate(block["text"].splitlines())
    ]


def test_a_log_comes_in_blocks_of_one_stream(client, ended):
    write(ended, ("out", "one\ntwo\n"), ("err", "bad\n"), ("system", SAID))

    found = log(client, ended)

    assert [(b["attempt"], b["line"], b["stream"], b["text"]) for b in found["blocks"]] == [
        (1, 1, "out", "one\ntwo\n"),
        (1, 3, "err", "bad\n"),
        (1, 4, "system", "The run was stopped after 5 s.\n"),
    ]
    assert all(block["at_ms"] >= 0 for block in found["blocks"])
    assert found["has_more"] is False
    assert lines(log(client, ended, after=2)) == [(3, "bad"), (4, "The run was stopped after 5 s.")]


def test_a_run_that_has_not_begun_has_an_empty_log(client):
    run = factories.run()

    assert client.get(f"/api/v1/runs/{run.pk}/log/").json() == {"blocks": [], "has_more": False}


def test_a_long_log_is_read_in_bounded_pieces_without_a_gap(client, ended):
    line = "x" * 99
    write(ended, *[("out", f"{line}\n" * 600) for _ in range(30)])  # 1.8 MB

    numbers: list[int] = []
    pieces = 0
    while True:
        answer = client.get(f"/api/v1/runs/{ended.run_id}/log/", {"after": len(numbers)})
        assert len(answer.content) < ANSWER_BYTES * 1.2
        numbers += [number for number, _ in lines(answer.json())]
        pieces += 1
        if not answer.json()["has_more"]:
            break

    assert numbers == list(range(1, 18_001))
    assert pieces == 4


def test_the_latest_attempt_is_shown_unless_another_is_asked_for(client):
    job = factories.job(retry={"strategy": "fixed", "max_attempts": 2, "base_seconds": 0.001})
    first = factories.started(job)
    write(first, ("out", "first try\n"))
    settle.settle(first, Outcome(reason=Reason.EXIT_CODE, exit_code=1))
    Run.objects.filter(pk=first.run_id).update(attempt=2)
    second = settle.Ended(run_id=first.run_id, job_id=first.job_id, epoch=2, rules=first.rules)
    write(second, ("out", "second try\n"))

    assert lines(log(client, first)) == [(1, "second try")]
    assert lines(log(client, first, attempt=1)) == [(1, "first try")]
    assert lines(log(client, first, attempt=3)) == []
    assert download(client, first) == "=== Attempt 1 ===\nfirst try\n=== Attempt 2 ===\nsecond try\n"
    assert download(client, first, attempt=2) == "second try\n"


@pytest.mark.parametrize("accept", ["text/plain", "text/html,*/*;q=0.8", "application/json"])
def test_whatever_a_program_accepts_it_gets_the_log_or_a_problem(client, ended, accept):
    write(ended, ("out", "fine\n"))
    path = f"/api/v1/runs/{ended.run_id}/log/download/"

    assert b"".join(client.get(path, headers={"Accept": accept}).streaming_content) == b"fine\n"
    refused = client.get(f"{path}?attempt=x", headers={"Accept": accept})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    assert refused.json()["errors"][0]["field"] == "attempt"


def download(client: Any, ended: settle.Ended, **query: Any) -> str:
    answer = client.get(f"/api/v1/runs/{ended.run_id}/log/download/", query)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{ended.run_id}.log"'
    return b"".join(answer.streaming_content).decode()


def test_a_search_finds_lines_in_any_case_and_keeps_their_numbers(client, ended):
    write(
        ended,
        ("out", "start\nError: disk\nerror again\nfine\n"),
        ("err", "an ERROR\n"),
        ("out", "100% done_\n"),
    )

    assert lines(log(client, ended, search="error")) == [
        (2, "Error: disk"), (3, "error again"), (5, "an ERROR"),
    ]  # fmt: skip
    assert [b["line"] for b in log(client, ended, search="error")["blocks"]] == [2, 5]
    assert lines(log(client, ended, search="error", after=3)) == [(5, "an ERROR")]
    assert lines(log(client, ended, search="0% d")) == [(6, "100% done_")]
    assert lines(log(client, ended, search="done%")) == []
    assert lines(log(client, ended, search="nothing like it")) == []


def test_a_search_looks_at_the_platforms_own_sentences_as_they_are_read(client, ended):
    write(ended, ("out", "fine\n"), ("system", SAID))

    assert lines(log(client, ended, search="after 5 s")) == [(2, "The run was stopped after 5 s.")]
    assert lines(log(client, ended, search="%(seconds)")) == []


def test_a_search_of_a_long_log_goes_through_all_of_it_and_answers_in_pieces(client, ended, monkeypatch):
    monkeypatch.setattr(log_texts, "STEP_BYTES", 200_000)
    write(ended, *[("out", "dull line\n" * 5000 + f"needle {number}\n") for number in range(20)])

    found = lines(log(client, ended, search="needle"))
    assert [line for _, line in found] == [f"needle {number}" for number in range(20)]
    assert found[0][0] == 5001

    dull: list[int] = []
    has_more = True
    while has_more:
        part = log(client, ended, search="dull", after=dull[-1] if dull else 0)
        dull += [number for number, _ in lines(part)]
        has_more = part["has_more"]
    assert len(dull) == len(set(dull)) == 100_000


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("attempt=0", "attempt"),
        ("attempt=last", "attempt"),
        ("attempt=99999999999", "attempt"),
        ("after=-1", "after"),
        ("search=%00", "search"),
        (f"search={'x' * 201}", "search"),
    ],
)
def test_what_makes_no_sense_is_named(client, ended, query, field):
    answer = client.get(f"/api/v1/runs/{ended.run_id}/log/?{query}")

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_sentence_that_does_not_fit_hides_no_log(client, ended):
    writer = LogWriter(ended.run_id, attempt=1, cap_bytes=50_000_000)
    writer.say("Took %(seconds)d s.", seconds="many\nyears")
    writer.say("Took %(seconds)d s.")
    writer.write("out", b"fine\n")
    writer.flush()

    assert [line for _, line in lines(log(client, ended))] == [
        "Took %(seconds)d s.", "Took %(seconds)d s.", "fine",
    ]  # fmt: skip


def test_a_download_is_made_while_it_is_sent(client, ended):
    write(ended, *[("out", "0123456789\n" * 5000) for _ in range(40)])

    answer = client.get(f"/api/v1/runs/{ended.run_id}/log/download/")
    pieces = list(answer.streaming_content)

    assert answer.streaming
    assert len(pieces) > 4
    assert max(map(len, pieces)) < 400_000
    assert b"".join(pieces) == b"0123456789\n" * 200_000


def test_a_log_is_translated_for_its_reader(acme, ended):
    write(ended, ("system", "Enter a valid value."))  # Django's own catalogue has it
    User.objects.filter(pk=factories.owner().pk).update(language="zh-hans")
    client = clients.browser(acme, factories.owner())

    ((_, shown),) = lines(log(client, ended))

    assert not shown.isascii()
    assert download(client, ended) == f"{shown}\n"


def test_who_does_not_see_the_job_does_not_read_its_log(acme, ended):
    write(ended, ("out", "secret\n"))
    client = clients.browser(acme, factories.user())

    for path in ("log/", "log/download/", "result/", "attempts/", "events/", "explain/"):
        assert client.get(f"/api/v1/runs/{ended.run_id}/{path}").status_code == 404
