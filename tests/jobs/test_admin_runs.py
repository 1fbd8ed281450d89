"""Runs in the admin: history to read, with a log, a result, and reasons; cancelled and repeated by who may."""

from __future__ import annotations

import gzip

import pytest
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from guardian.shortcuts import assign_perm

from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import LogChunk, Run, RunResult
from apps.jobs.services import jobs
from apps.jobs.services.logs import LogWriter
from apps.scheduling.services import settle
from kernel.schemas import connection
from tests import clients, factories
from tests.api_cases import asked

LIST = "/admin/jobs/run/"
PRESSED = {"_form_submitted": "True"}  # the dialog's own mark


@pytest.fixture
def browser(acme):
    return clients.browser(acme, factories.owner())


@pytest.fixture
def clerk(acme):
    """Staff without any right."""
    return factories.user("clerk", is_staff=True)


def page_of(run_id):
    return f"{LIST}{run_id}/change/"


def text_of(browser, url):
    answer = browser.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def failed(job=None):
    """A run whose script has ended with 3."""
    ended = factories.started(job)
    outcome = Outcome(
        reason=Reason.EXIT_CODE,
        exit_code=3,
        template="The script ended with exit code %(exit_code)s.",
        params={"exit_code": 3},
        cpu_seconds=0.25,
        max_rss_bytes=30 * 2**20,
    )
    settle.settle(ended, outcome)
    return Run.objects.get(pk=ended.run_id)


def log_of(run_id, *, attempt=1, lines=()):
    writer = LogWriter(run_id, attempt=attempt, cap_bytes=2**20)
    for stream, line in lines:
        writer.write(stream, line.encode() + b"\n")
    writer.flush()


def test_the_list_says_who_when_how_long_and_why(browser, acme):
    run = failed(factories.job(name="Nightly load"))

    page = text_of(browser, LIST)

    assert page_of(run.pk) in page
    for words in ("Nightly load", "failed", "by hand", "exit code 3", "owner", " ms"):
        assert words in page, words


def test_the_list_is_narrowed(browser, acme):
    bad, waiting = failed(), factories.run(factories.job(name="other"))

    for query in (f"?job={waiting.job_id}", "?state__exact=queued", "?q=other", f"?q={waiting.pk}"):
        page = text_of(browser, LIST + query)
        assert page_of(waiting.pk) in page, query
        assert page_of(bad.pk) not in page, query
    assert page_of(bad.pk) not in text_of(browser, f"{LIST}?job=nonsense")


def test_the_page_tells_how_it_ended_and_everything_on_the_way(browser, acme):
    job = factories.job(parameters={"properties": {"day": {"type": "string"}}})
    run = failed(factories.run(job, params={"day": "monday"}))

    page = text_of(browser, page_of(run.pk))

    for words in (
        "The script ended with exit code 3.",
        "exit code 3",
        "&quot;day&quot;: &quot;monday&quot;",
        "test:1",
        "0.25 s",
        "30 MB",
        f"/admin/jobs/job/{run.job_id}/versions/1/",
    ):
        assert words in page, words
    happened = page[page.index('id="events"') :]
    assert happened.index("queued") < happened.index("running") < happened.index("failed")


def test_a_run_that_waits_says_why(browser, acme):
    run = factories.run(factories.job(group="gpu"))

    assert "No executor of group &quot;gpu&quot; is online." in text_of(browser, page_of(run.pk))


def test_the_log_tells_the_streams_apart_and_goes_on_while_it_runs(browser, acme):
    ended = factories.started()
    log_of(ended.run_id, lines=[("out", "one <b>"), ("err", "two")])

    page = text_of(browser, page_of(ended.run_id))
    assert "data-live" in page
    assert '<div class="jobs-out"><span>1</span>' in page
    assert "one &lt;b&gt;" in page
    assert '<div class="jobs-err"><span>2</span>' in page
    news = browser.get(f"{LIST}{ended.run_id}/log/?attempt=1&after=1").json()
    assert [(line["number"], line["stream"], line["text"]) for line in news["lines"]] == [(2, "err", "two")]
    assert (news["is_over"], news["has_more"]) == (False, False)

    connection.set_tenant(acme)
    before = news["event"]
    settle.settle(ended, Outcome())
    news = browser.get(f"{LIST}{ended.run_id}/log/?attempt=1&after=2").json()
    assert (news["lines"], news["is_over"]) == ([], True)
    assert news["event"] > before, "the page's script sees that it must load the page again"
    assert "data-live" not in text_of(browser, page_of(ended.run_id))


def test_of_a_long_log_the_end_is_shown_and_the_script_takes_it_in_portions(browser, acme):
    run = failed()
    LogChunk.objects.bulk_create(
        LogChunk(run=run, attempt=1, first_line=start, lines=400, text="".join(
            f"5 oline {number}\n" for number in range(start, start + 400)
        ))
        for start in range(1, 2400, 400)
    )  # fmt: skip

    page = text_of(browser, page_of(run.pk))
    assert "1900 earlier lines are not shown here." in page
    assert "line 1901" in page
    assert "line 2400" in page
    assert "line 1900<" not in page
    first = browser.get(f"{LIST}{run.pk}/log/?attempt=1&after=0").json()
    assert (len(first["lines"]), first["has_more"]) == (1000, True)
    last = browser.get(f"{LIST}{run.pk}/log/?attempt=1&after=2000").json()
    assert ([line["number"] for line in last["lines"]], last["has_more"]) == (list(range(2001, 2401)), False)


def test_what_the_platform_says_in_a_log_is_read_in_the_readers_language(browser, acme):
    run = failed()
    writer = LogWriter(run.pk, attempt=1, cap_bytes=100)
    writer.say("The script was stopped: it ran longer than its timeout.")
    writer.flush()

    chinese = text_of(
        clients.browser(acme, factories.owner(), HTTP_ACCEPT_LANGUAGE="zh-hans"), page_of(run.pk)
    )
    english = text_of(browser, page_of(run.pk))

    with translation.override("zh-hans"):
        said = translation.gettext("The script was stopped: it ran longer than its timeout.")
    assert said in chinese
    assert "The script was stopped: it ran longer than its timeout." in english


def test_the_log_of_an_earlier_attempt_is_there_too(browser, acme):
    first = factories.started()
    log_of(first.run_id, lines=[("out", "the first try")])
    settle.settle(first, Outcome(reason=Reason.EXECUTOR_STOPPED))
    run = Run.objects.get(pk=first.run_id)
    second = factories.started(run)
    log_of(run.pk, attempt=second.epoch, lines=[("out", "the second try")])

    newest = text_of(browser, page_of(run.pk))
    assert "the second try" in newest
    assert "the first try" not in newest
    assert "the first try" in text_of(browser, f"{page_of(run.pk)}?attempt=1")


@pytest.mark.parametrize("suffix", ["log/download/?attempt=1", "result/download/"])
def test_the_links_to_take_things_away_lead_somewhere(browser, acme, suffix):
    run = failed()
    log_of(run.pk, lines=[("out", "whole log")])
    RunResult.objects.create(
        run=run,
        attempt=1,
        data={"columns": [{"name": "shop", "type": "text"}], "rows": [["Lyon"], [None]], "row_count": 2},
        rows_csv=gzip.compress(b"shop\r\nLyon\r\n\r\n"),
    )

    page = text_of(browser, page_of(run.pk))
    url = f"/api/v1/runs/{run.pk}/{suffix}"
    assert url in page
    answer = browser.get(url)

    assert answer.status_code == 200
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert content.startswith((b"whole log", b"shop"))


def test_a_querys_rows_are_a_table(browser, acme):
    run = failed()
    RunResult.objects.create(
        run=run,
        attempt=1,
        data={
            "columns": [{"name": "shop", "type": "text"}, {"name": "sum", "type": "numeric"}],
            "rows": [["<Lyon>", 3], [None, 4]],
            "row_count": 700,
            "truncated": True,
        },
    )

    page = text_of(browser, page_of(run.pk))

    for words in ("<th>shop</th>", "<td>&lt;Lyon&gt;</td>", "NULL", "2 of 700 rows are shown."):
        assert words in page, words
    assert "the job&#x27;s limit cut them off" in page or "the job's limit cut them off" in page


def test_a_scripts_result_is_shown_as_json(browser, acme):
    run = failed()
    RunResult.objects.create(run=run, attempt=1, data={"rows": 3, "shop": "上海"})

    assert "&quot;shop&quot;: &quot;上海&quot;" in text_of(browser, page_of(run.pk))


def test_history_does_not_change(browser, acme):
    run = failed()

    assert browser.get(f"{LIST}add/").status_code == 403
    assert browser.post(page_of(run.pk), {"state": "succeeded"}, format="multipart").status_code == 403
    assert browser.post(f"{LIST}{run.pk}/delete/", {"post": "yes"}, format="multipart").status_code == 403
    assert "delete_selected" not in text_of(browser, LIST)
    connection.set_tenant(acme)
    run.refresh_from_db()
    assert run.state == "failed"


def test_a_run_is_seen_by_who_sees_its_job(acme, clerk):
    run, hidden = failed(), failed()
    browser = clients.browser(acme, clerk)
    assert browser.get(LIST).status_code == 403
    assert LIST not in text_of(browser, "/admin/")

    connection.set_tenant(acme)
    assign_perm("jobs.view_job", clerk, run.job)
    assert LIST in text_of(browser, "/admin/")
    page = text_of(browser, LIST)
    assert page_of(run.pk) in page
    assert page_of(hidden.pk) not in page
    assert hidden.job.name not in page, "nor does a filter name it"
    shown = text_of(browser, page_of(run.pk))
    assert f"{LIST}{run.pk}/run_again/" not in shown
    assert browser.get(page_of(hidden.pk)).status_code == 302
    assert browser.get(f"{LIST}{hidden.pk}/log/").status_code == 404
    for deed in ("cancel", "run_again"):
        assert browser.post(f"{LIST}{run.pk}/{deed}/", PRESSED, format="multipart").status_code == 403
    connection.set_tenant(acme)
    assert Run.objects.count() == 2


def test_a_run_is_cancelled_and_run_again(browser, acme):
    run = factories.run()
    assert f"{LIST}{run.pk}/run_again/" not in text_of(browser, page_of(run.pk))

    browser.post(f"{LIST}{run.pk}/cancel/", PRESSED, format="multipart")
    connection.set_tenant(acme)
    run.refresh_from_db()
    assert (run.state, run.cancelled_by) == ("cancelled", "owner")
    page = text_of(browser, page_of(run.pk))
    assert "cancelled by owner" in page
    assert f"{LIST}{run.pk}/cancel/" not in page
    answer = browser.post(f"{LIST}{run.pk}/run_again/", PRESSED, format="multipart")

    connection.set_tenant(acme)
    again = Run.objects.get(rerun_of=run)
    assert answer["Location"] == page_of(again.pk)
    assert page_of(run.pk) in text_of(browser, page_of(again.pk)), "it names the run that it repeats"


def test_several_runs_are_cancelled_but_not_those_of_others(acme, clerk):
    mine, theirs = factories.run(), factories.run()
    for run in (mine, theirs):
        assign_perm("jobs.view_job", clerk, run.job)
    assign_perm("jobs.operate_job", clerk, mine.job)
    browser = clients.browser(acme, clerk)
    form = {"action": "cancel_selected", "_selected_action": [str(mine.pk), str(theirs.pk)]}

    page = browser.post(LIST, form, format="multipart", follow=True).content.decode()

    assert "1 run is being cancelled." in page
    assert f"{theirs.job.name}: you may not operate it." in page
    connection.set_tenant(acme)
    states = dict(Run.objects.values_list("pk", "state"))
    assert states == {mine.pk: "cancelled", theirs.pk: "queued"}


def test_the_history_of_a_deleted_job_stays_readable(browser, acme):
    run = failed(factories.job(name="Old job"))
    jobs.delete(run.job_id, by=factories.owner())

    page = text_of(browser, page_of(run.pk))

    assert "Old job" in page
    assert f"/admin/jobs/job/{run.job_id}/change/" not in page
    assert f"{LIST}{run.pk}/run_again/" not in page


def test_a_longer_list_costs_no_more_queries(browser, acme):
    def cost():
        browser.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST).status_code == 200
        connection.set_tenant(acme)
        return asked(queries)

    failed()
    short = cost()
    for _ in range(6):
        failed()
    longer = cost()

    assert len(longer) == len(short), "\n".join(longer)
