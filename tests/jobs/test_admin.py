"""Jobs in the admin: what a form writes, who may do what, and what the lists cost."""

from __future__ import annotations

import json

import pytest
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from apps.audit.models import Entry
from apps.datasources.services import datasources
from apps.jobs.models import Job, JobVersion, Run
from apps.jobs.services import jobs
from kernel.schemas import connection
from tests import clients, factories
from tests.api_cases import asked, permission

LIST = "/admin/jobs/job/"
PRESSED = {"_form_submitted": "True"}  # the dialog's own mark
FORM = {
    "name": "Nightly load",
    "kind": "python",
    "description": "",
    "tags": "sales, nightly",
    "source": "print(1)\r\nprint(2)\r\n",
    "network": "on",
    "timeout_seconds": "60",
    "retry_strategy": "none",
    "retry_max_attempts": "3",
    "retry_base_seconds": "10",
    "retry_cap_seconds": "600",
    "retry_on": ["exit_code", "signal", "timeout", "unreachable"],
    "priority": "7",
    "group": "default",
}


@pytest.fixture
def browser(acme):
    return clients.browser(acme, factories.owner())


@pytest.fixture
def clerk(acme):
    """Staff without any right."""
    return factories.user("clerk", is_staff=True)


def submit(browser, url, /, **changes):
    return browser.post(url, {**FORM, **changes}, format="multipart")


def page_of(job):
    return f"{LIST}{job.pk}/change/"


def typed(browser, job):
    """What a browser would send back when nothing was touched."""
    form = browser.get(page_of(job)).context["adminform"].form
    sent = {}
    for bound in form:
        value = bound.field.prepare_value(bound.value())
        if value is not None and value is not False:
            sent[bound.html_name] = value
    return sent


def errors(answer):
    return answer.context["adminform"].form.errors


def back(acme):
    """The client's requests leave the connection elsewhere."""
    connection.set_tenant(acme)


def test_a_script_job_is_made_by_the_service_once(browser, acme):
    answer = submit(browser, f"{LIST}add/", note="the first")
    assert answer.status_code == 302, errors(answer)

    back(acme)
    job = Job.objects.get(name="Nightly load")
    definition = factories.version(job).definition
    assert (job.tags, job.owner, factories.version(job).number) == (
        ["nightly", "sales"],
        factories.owner(),
        1,
    )
    assert definition["source"] == "print(1)\nprint(2)\n"
    assert (definition["timeout_seconds"], definition["priority"], definition["network"]) == (60, 7, True)
    assert definition["limits"]["memory_mb"] == 1024
    assert factories.version(job).note == "the first"
    assert [e.action for e in Entry.objects.filter(object_id=str(job.pk))] == ["job.created"]


def test_an_http_job_keeps_the_shape_of_its_body(browser, acme):
    answer = submit(
        browser,
        f"{LIST}add/",
        kind="http",
        url="https://example.com/hook",
        method="POST",
        body='{"up": true}',
        body_is_json="on",
        headers='{"Accept": "text/plain"}',
        expected_status="200, 202-204",
        verify_tls="on",
    )
    assert answer.status_code == 302, errors(answer)

    back(acme)
    definition = JobVersion.objects.get(job__name="Nightly load").definition
    assert definition["body"] == {"up": True}
    assert definition["headers"] == {"Accept": "text/plain"}
    assert definition["expected_status"] == ["200", "202-204"]
    assert "source" not in definition


def test_sql_runs_only_on_a_datasource_that_is_open_to_the_author(acme, clerk):
    mine, theirs = (
        datasources.create(by=factories.owner(), name=name, kind="sqlite", path=f"{name}.db")
        for name in ("mine", "theirs")
    )
    clerk.user_permissions.add(permission("jobs.add_job"))
    assign_perm("datasources.use_datasource", clerk, mine)
    browser = clients.browser(acme, clerk)

    page = browser.get(f"{LIST}add/").content.decode()
    assert str(mine.pk) in page
    assert str(theirs.pk) not in page
    sql = {"kind": "sql", "statement": "SELECT 1", "read_only": "on", "max_rows": "5"}
    refused = submit(browser, f"{LIST}add/", datasource=str(theirs.pk), **sql)
    assert "datasource" in errors(refused)
    made = submit(browser, f"{LIST}add/", datasource=str(mine.pk), **sql)
    assert made.status_code == 302, errors(made)

    back(acme)
    definition = JobVersion.objects.get().definition
    assert (definition["datasource"], definition["read_only"], definition["max_rows"]) == (
        str(mine.pk), True, 5,
    )  # fmt: skip


def test_who_may_change_a_job_can_not_run_sql_where_they_may_not(acme, clerk):
    source = datasources.create(by=factories.owner(), name="theirs", kind="sqlite", path="theirs.db")
    job = factories.job(kind="sql", datasource=str(source.pk), statement="SELECT 1")
    assign_perm("jobs.change_job", clerk, job)
    browser = clients.browser(acme, clerk)

    sent = typed(browser, job)
    renamed = browser.post(page_of(job), {**sent, "name": "Another name"}, format="multipart")
    assert renamed.status_code == 302, errors(renamed)
    refused = browser.post(
        page_of(job), {**sent, "name": "Another name", "statement": "DROP TABLE x"}, format="multipart"
    )

    assert errors(refused)["datasource"] == ["There is no such datasource, or you may not use it."]
    back(acme)
    assert Job.objects.get().name == "Another name"
    assert JobVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"source": " "}, "source", "The script is missing."),
        ({"interpreter": "python3"}, "interpreter", "The interpreter must be an absolute path"),
        ({"parameters": "{"}, "parameters", "Enter a valid JSON."),
        ({"parameters": '{"type": "array"}'}, "parameters", "must describe an object"),
        ({"env": '{"1": "x"}'}, "env", "can&#x27;t name an environment variable"),
        ({"timeout_seconds": "-1"}, "timeout_seconds", "must be a number above 0"),
        ({"retry_strategy": "fixed", "retry_cap_seconds": "1"}, "retry_cap_seconds", "The longest wait"),
        ({"limits_memory_mb": "-5"}, "limits_memory_mb", "must be a whole number from 0"),
        ({"group": "A b"}, "group", "can&#x27;t name an executor group"),
        ({"kind": "http", "url": "ftp://x"}, "url", "must start with http:// or https://."),
        (
            {"kind": "http", "url": "http://x", "body": "{", "body_is_json": "on"},
            "body",
            "This is not JSON",
        ),
        ({"kind": "sql", "statement": "SELECT 1"}, "datasource", "Choose the datasource"),
    ],
)
def test_what_the_service_refuses_stands_at_its_field(browser, acme, change, field, sentence):
    answer = submit(browser, f"{LIST}add/", **change)

    assert answer.status_code == 200
    assert field in errors(answer)
    assert sentence in answer.content.decode()
    back(acme)
    assert not Job.objects.exists()


def test_a_name_that_is_taken_stands_at_the_name(browser, acme):
    factories.job(name="nightly LOAD")

    assert errors(submit(browser, f"{LIST}add/"))["name"] == ['There is already a job named "Nightly load".']


@pytest.mark.parametrize(
    "definition",
    [
        {"source": "print(1)\n", "retry": {"strategy": "fixed", "base_seconds": 3, "on": []}},
        {"source": "x", "timeout_seconds": 0.5, "max_running": 2, "required_tags": ["gpu", "big"]},
        {"source": "x", "parameters": {"properties": {"day": {"type": "string"}}}, "env": {"A": "1"}},
        {"kind": "http", "url": "http://x.example", "body": "[1, 2]", "verify_tls": False},
        {"kind": "http", "url": "http://x.example", "body": {"a": [1, None]}, "method": "PUT"},
    ],
)
def test_saving_a_page_as_it_is_makes_no_version(browser, acme, definition):
    job = factories.job(**definition)

    answer = browser.post(page_of(job), typed(browser, job), format="multipart")

    assert answer.status_code == 302, errors(answer)
    back(acme)
    job.refresh_from_db()
    assert factories.version(job).number == 1


def test_a_change_makes_a_version_with_its_note(browser, acme):
    job = factories.job(source="print(1)")
    sent = typed(browser, job)

    answer = browser.post(page_of(job), {**sent, "source": "print(2)", "note": "two"}, format="multipart")

    assert answer.status_code == 302, errors(answer)
    back(acme)
    job.refresh_from_db()
    assert (factories.version(job).number, factories.version(job).note, factories.version(job).author) == (
        2,
        "two",
        factories.owner(),
    )
    assert factories.version(job).definition["source"] == "print(2)"
    assert Entry.objects.get(action="job.changed").detail["to"] == 2


def test_a_page_that_somebody_else_overtook_is_not_saved(browser, acme):
    job = factories.job(source="print(1)")
    sent = typed(browser, job)
    back(acme)
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"})

    answer = browser.post(page_of(job), {**sent, "source": "print(3)"}, format="multipart")

    assert "The job was changed meanwhile" in answer.content.decode()
    back(acme)
    assert JobVersion.objects.count() == 2


def test_the_page_of_a_version_shows_what_it_changed_and_restores(browser, acme):
    job = factories.job(source="print(1)\nprint('same')\n")
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)\nprint('same')\n"}, note="two")

    page = browser.get(f"{LIST}{job.pk}/versions/2/").content.decode()
    assert "<del>print(1)</del>" in page
    assert "<ins>print(2)</ins>" in page
    assert "Restore" not in page, "it is the current one"
    history = browser.get(f"{LIST}{job.pk}/versions/").content.decode()
    assert "two" in history
    assert "Restore version 1" in browser.get(f"{LIST}{job.pk}/versions/1/").content.decode()
    answer = browser.post(f"{LIST}{job.pk}/versions/1/restore/")

    assert answer.status_code == 302
    back(acme)
    job.refresh_from_db()
    assert (factories.version(job).number, factories.version(job).definition["source"]) == (
        3,
        "print(1)\nprint('same')\n",
    )


def test_who_only_sees_a_job_reads_its_definition_and_changes_nothing(acme, clerk):
    job, hidden = factories.job(source="print('seen')"), factories.job(name="not for you")
    assign_perm("jobs.view_job", clerk, job)
    browser = clients.browser(acme, clerk)

    page = browser.get(page_of(job)).content.decode()
    assert "print(&#x27;seen&#x27;)" in page
    assert "run_now" not in page
    assert "/admin/scheduling/trigger/add/" not in page
    assert 'name="_save"' not in page
    listed = browser.get(LIST).content.decode()
    assert job.name in listed
    assert "not for you" not in listed
    assert submit(browser, page_of(job)).status_code == 403
    assert browser.post(f"{LIST}{job.pk}/versions/1/restore/").status_code == 403
    assert browser.get(f"{LIST}{hidden.pk}/versions/1/").status_code == 404
    for deed in ("run_now", "pause"):
        assert browser.post(f"{LIST}{job.pk}/{deed}/", PRESSED, format="multipart").status_code == 403
    assert browser.post(f"{LIST}{job.pk}/delete/", {"post": "yes"}, format="multipart").status_code == 403
    back(acme)
    assert not Run.objects.exists()
    assert not Job.objects.filter(is_paused=True).exists()


def test_run_now_asks_for_the_parameters_of_the_schema(browser, acme):
    job = factories.job(
        parameters={
            "properties": {
                "day": {"type": "string", "title": "Which day"},
                "count": {"type": "integer", "maximum": 9},
                "mode": {"enum": ["full", "delta"], "default": "delta"},
                "dry": {"type": "boolean"},
                "shops": {"type": "array"},
            },
            "required": ["day"],
        }
    )
    url = f"{LIST}{job.pk}/run_now/"

    assert "Which day *" in browser.get(url).content.decode()
    refused = browser.post(url, {**PRESSED, "param_count": "12"}, format="multipart").content.decode()
    assert "Parameter &quot;day&quot; is required." in refused
    refused = browser.post(
        url, {**PRESSED, "param_day": "mon", "param_count": "12"}, format="multipart"
    ).content.decode()
    assert "12 is greater than the maximum of 9" in refused
    back(acme)
    assert not Run.objects.exists()

    answer = browser.post(
        url,
        {
            **PRESSED,
            "param_day": "mon",
            "param_count": "3",
            "param_mode": json.dumps("full"),
            "param_dry": "on",
            "param_shops": '["a"]',
            "priority": "9",
        },
        format="multipart",
    )
    back(acme)
    run = Run.objects.get()
    assert answer["Location"] == f"/admin/jobs/run/{run.pk}/change/"
    assert run.params == {"day": "mon", "count": 3, "mode": "full", "dry": True, "shops": ["a"]}
    assert (run.priority, run.source, run.requested_by) == (9, "manual", factories.owner())


def test_a_dialogs_redirect_is_one_that_htmx_follows(browser, acme):
    job = factories.job()

    answer = browser.post(f"{LIST}{job.pk}/run_now/", PRESSED, format="multipart", HTTP_HX_REQUEST="true")

    back(acme)
    assert answer["HX-Redirect"] == f"/admin/jobs/run/{Run.objects.get().pk}/change/"


def test_pause_and_resume(browser, acme):
    job = factories.job()
    assert f"{LIST}{job.pk}/pause/" in browser.get(page_of(job)).content.decode()

    browser.post(f"{LIST}{job.pk}/pause/", PRESSED, format="multipart")
    back(acme)
    assert Job.objects.get().is_paused
    page = browser.get(page_of(job)).content.decode()
    assert f"{LIST}{job.pk}/pause/" not in page
    assert f"{LIST}{job.pk}/resume/" in page
    browser.post(f"{LIST}{job.pk}/resume/", PRESSED, format="multipart")

    back(acme)
    assert not Job.objects.get().is_paused
    deeds = Entry.objects.filter(object_id=str(job.pk)).order_by("pk").values_list("action", flat=True)
    assert list(deeds) == ["job.created", "job.paused", "job.resumed"]


def test_list_actions_leave_alone_what_the_user_may_not_operate(acme, clerk):
    mine, theirs = factories.job(name="mine"), factories.job(name="theirs")
    needy = factories.job(name="needy", parameters={"properties": {"a": {}}, "required": ["a"]})
    for job in (mine, theirs, needy):
        assign_perm("jobs.view_job", clerk, job)
    assign_perm("jobs.operate_job", clerk, mine)
    assign_perm("jobs.operate_job", clerk, needy)
    browser = clients.browser(acme, clerk)
    chosen = [str(job.pk) for job in (mine, theirs, needy)]

    page = browser.post(
        LIST, {"action": "run_selected", "_selected_action": chosen}, format="multipart", follow=True
    ).content.decode()

    assert "1 job is queued." in page
    assert "theirs: you may not operate it." in page
    assert "needy: Parameter &quot;a&quot; is required." in page
    back(acme)
    assert [run.job_id for run in Run.objects.all()] == [mine.pk]
    browser.post(LIST, {"action": "pause_selected", "_selected_action": chosen}, format="multipart")
    back(acme)
    assert set(Job.objects.filter(is_paused=True)) == {mine, needy}


def test_a_job_is_deleted_out_of_sight_with_its_history_kept(browser, acme):
    job = factories.job(name="Old job")
    factories.run(job)

    assert "Old job" in browser.get(f"{LIST}{job.pk}/delete/").content.decode()
    answer = browser.post(f"{LIST}{job.pk}/delete/", {"post": "yes"}, format="multipart")

    assert answer.status_code == 302
    back(acme)
    job.refresh_from_db()
    assert job.deleted_at is not None
    assert Run.objects.count() == 1
    browser.get(LIST)  # takes the message
    assert "Old job" not in browser.get(LIST).content.decode()
    assert browser.get(page_of(job)).status_code == 302
    back(acme)
    assert Entry.objects.filter(action="job.deleted", object_id=str(job.pk)).exists()


def test_several_jobs_are_deleted_after_asking(browser, acme):
    kept, *gone = (factories.job() for _ in range(3))
    form = {"action": "delete_selected", "_selected_action": [str(job.pk) for job in gone]}

    assert "Are you sure" in browser.post(LIST, form, format="multipart").content.decode()
    browser.post(LIST, {**form, "post": "yes"}, format="multipart")

    back(acme)
    assert list(Job.objects.filter(deleted_at__isnull=True)) == [kept]


def test_rights_on_a_job_are_given_on_its_own_page(browser, acme, clerk):
    job = factories.job()
    url = f"{LIST}{job.pk}/permissions/user-manage/{clerk.pk}/"

    assert browser.post(url, {"permissions": ["operate_job"]}, format="multipart").status_code == 302

    back(acme)
    assert clerk.has_perm("jobs.operate_job", job)


def test_the_list_says_how_each_job_fared_and_filters(browser, acme):
    loaded, idle = factories.job(name="loaded"), factories.job(name="idle")
    jobs.save(loaded.pk, by=factories.owner(), tags=["sales"])
    jobs.pause(idle.pk, by=factories.owner())
    run = factories.run(loaded)

    page = browser.get(LIST).content.decode()
    assert f"/admin/jobs/run/{run.pk}/change/" in page
    assert "queued" in page
    for query, shown in [("?tag=sales", "loaded"), ("?state=paused", "idle"), ("?q=load", "loaded")]:
        table = browser.get(f"{LIST}{query}").content.decode()
        hidden = {"loaded": idle, "idle": loaded}[shown]
        assert f"{LIST}{hidden.pk}/change/" not in table, query


def test_the_page_of_a_job_asks_for_its_triggers_by_their_address(browser, acme):
    job, other = factories.job(name="loaded"), factories.job(name="another")
    factories.trigger(job, expression="0 7 * * 1")
    factories.trigger(other, expression="30 8 * * *")
    url = f"/admin/scheduling/trigger/?job_id={job.pk}"

    page = browser.get(page_of(job)).content.decode()
    assert f'hx-get="{url}"' in page
    assert f"/admin/scheduling/trigger/add/?job_id={job.pk}" in page
    page = browser.get(url).content.decode()
    assert 'id="result_list"' in page
    assert "0 7 * * 1" in page
    assert "30 8 * * *" not in page


def test_a_longer_list_costs_no_more_queries(browser, acme):
    def cost():
        browser.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST).status_code == 200
        back(acme)
        return asked(queries)

    factories.run(factories.job())
    short = cost()
    for _ in range(6):
        factories.run(factories.job())
    longer = cost()

    assert len(longer) == len(short), "\n".join(longer)
