"""Triggers in the admin: written through the services, previewed before they count, seen by who sees the job."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.jobs.models import Job
from apps.scheduling.models import Trigger
from apps.scheduling.services import triggers
from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests import clients, factories
from tests.api_cases import asked

LIST = "/admin/scheduling/trigger/"
PRESSED = {"_form_submitted": "True"}  # the dialog's own mark
FORM = {
    "name": "nightly",
    "kind": "cron",
    "expression": "30 2 * * *",
    "interval_seconds": "",
    "once_at_0": "",
    "once_at_1": "",
    "zone": "Europe/Berlin",
    "start_at_0": "",
    "start_at_1": "",
    "end_at_0": "",
    "end_at_1": "",
    "params": "{}",
    "misfire": "once",
}


@pytest.fixture
def browser(acme):
    return clients.browser(acme, factories.owner())


def change(trigger):
    return f"{LIST}{trigger.pk}/change/"


def button(name, trigger):
    return reverse(f"admin:scheduling_trigger_{name}", args=[trigger.pk], urlconf="config.urls.tenant")


def submit(browser, url, **changes):
    return browser.post(url, {**FORM, **changes}, format="multipart")


def stored(acme):
    connection.set_tenant(acme)
    return Trigger.objects.get()


class TestMaking:
    def test_a_trigger_is_made_for_a_job_chosen_by_name_and_recorded(self, browser, acme):
        job = factories.job(name="Load sales")
        assert ">Load sales</option>" in browser.get(f"{LIST}add/").content.decode()

        answer = submit(browser, f"{LIST}add/", job=str(job.pk))

        assert answer.status_code == 302, answer.context["errors"]
        made = stored(acme)
        assert (made.job_id, made.expression, made.zone, made.created_by) == (
            job.pk,
            "30 2 * * *",
            "Europe/Berlin",
            "owner",
        )
        assert made.next_fire_at is not None
        assert [e.action for e in Entry.objects.filter(object_id=str(made.pk))] == ["trigger.created"]
        page = browser.get(LIST).content.decode()
        for shown in ("nightly", "Load sales", "every day at 02:30", "Europe/Berlin"):
            assert shown in page

    @pytest.mark.parametrize(
        ("wrong", "field", "sentence"),
        [
            ({"expression": "0 24 * * *"}, "expression", "hour: 24 is out of range 0–23; midnight is 0."),
            (
                {"kind": "interval"},
                "interval_seconds",
                "There is no interval. Set how much time lies between two runs.",
            ),
            ({"params": '{"x": 1}'}, "params", 'The job takes no parameters, so "x" means nothing to it.'),
            ({"job": ""}, "job", "This field is required."),
        ],
    )
    def test_what_the_service_refuses_stands_at_its_field(self, browser, acme, wrong, field, sentence):
        answer = submit(browser, f"{LIST}add/", **{"job": str(factories.job().pk), **wrong})

        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors == {field: [sentence]}
        connection.set_tenant(acme)
        assert not Trigger.objects.exists()

    def test_what_was_typed_into_fields_of_another_kind_is_left_out(self, browser, acme):
        answer = submit(
            browser, f"{LIST}add/", job=str(factories.job().pk), kind="interval", interval_seconds="60"
        )

        assert answer.status_code == 302, answer.context["errors"]
        assert (stored(acme).interval_seconds, stored(acme).expression) == (60, "")

    def test_times_are_meant_by_the_clock_of_the_triggers_zone(self, browser, acme):
        submit(
            browser,
            f"{LIST}add/",
            job=str(factories.job().pk),
            kind="once",
            once_at_0="2031-07-01",
            once_at_1="09:00:00",
        )

        assert stored(acme).once_at == datetime(2031, 7, 1, 7, tzinfo=UTC)
        assert 'value="09:00:00"' in browser.get(change(stored(acme))).content.decode()

    def test_the_job_of_the_link_is_chosen_already(self, browser):
        job = factories.job()

        page = browser.get(f"{LIST}add/?job_id={job.pk}").content.decode()

        assert f'<option value="{job.pk}" selected>' in page


class TestPreviews:
    def test_a_schedule_is_previewed_without_being_saved(self, browser, acme):
        answer = submit(browser, f"{LIST}add/", _preview="", start_at_0="2031-03-29", start_at_1="00:00:00")

        page = answer.content.decode()
        assert answer.status_code == 200
        assert answer.context["preview"].words == "every day at 02:30"
        assert [fire.at.isoformat() for fire in answer.context["preview"].fires][:2] == [
            "2031-03-29T02:30:00+01:00",
            "2031-03-30T03:00:00+02:00",
        ]
        assert "Sun 2031-03-30 03:00:00" in page
        assert "so 02:30 does not exist on this day." in page
        assert "Please correct" not in page
        connection.set_tenant(acme)
        assert not Trigger.objects.exists()
        assert not Entry.objects.filter(action="trigger.created").exists()

    def test_a_preview_of_a_wrong_schedule_says_what_is_wrong(self, browser):
        answer = submit(browser, f"{LIST}add/", _preview="", expression="* * *")

        assert answer.context["preview"] is None
        assert "The expression has 3 of the 5 fields it needs" in answer.content.decode()

    def test_a_change_is_previewed_and_the_stored_trigger_stays(self, browser, acme):
        trigger = factories.trigger(expression="@daily")

        answer = submit(browser, change(trigger), _preview="", expression="0 7 * * *")

        assert answer.context["preview"].words == "every day at 07:00"
        assert stored(acme).expression == "@daily"

    def test_after_a_failed_save_the_preview_shows_what_was_typed(self, browser):
        answer = submit(browser, f"{LIST}add/", job="", expression="0 8 * * *")

        assert answer.context["preview"].words == "every day at 08:00"

    def test_the_page_of_a_trigger_shows_its_next_ten_fires(self, browser):
        trigger = factories.trigger(kind="interval", interval_seconds=3600)
        triggers.pause(trigger.pk, by=factories.owner())

        answer = browser.get(change(trigger))

        page = answer.content.decode()
        assert len(answer.context["preview"].fires) == 10
        assert page.count('<time datetime="') == 10
        assert "every hour" in page
        assert "The trigger is paused. Were it on, it would fire at these times." in page


class TestChanging:
    def test_a_change_is_saved_through_the_service(self, browser, acme):
        trigger = factories.trigger(expression="@daily")

        answer = submit(browser, change(trigger), expression="0 7 * * *")

        assert answer.status_code == 302, answer.context["errors"]
        assert stored(acme).expression == "0 7 * * *"
        assert Entry.objects.get(action="trigger.changed").detail["fields"] == ["expression", "name", "zone"]

    def test_buttons_pause_and_resume(self, browser, acme):
        trigger = factories.trigger()
        assert button("pause", trigger) in browser.get(change(trigger)).content.decode()

        browser.post(button("pause", trigger), PRESSED, format="multipart")

        assert (stored(acme).is_paused, stored(acme).next_fire_at) == (True, None)
        page = browser.get(change(trigger)).content.decode()
        assert button("resume", trigger) in page
        assert button("pause", trigger) not in page
        browser.post(button("resume", trigger), PRESSED, format="multipart")
        assert stored(acme).is_paused is False

    def test_chosen_triggers_are_paused_but_for_those_that_one_may_not_operate(self, acme):
        user, mine, other = factories.user(is_staff=True), factories.trigger(), factories.trigger()
        for trigger in (mine, other):
            assign_perm("jobs.view_job", user, Job.objects.get(pk=trigger.job_id))
        assign_perm("jobs.operate_job", user, Job.objects.get(pk=mine.job_id))

        answer = clients.browser(acme, user).post(
            LIST,
            {"action": "pause_selected", "_selected_action": [str(mine.pk), str(other.pk)]},
            format="multipart",
            follow=True,
        )

        page = answer.content.decode()
        assert "1 trigger is paused." in page
        assert "1 was left out: you may not operate its job." in page
        connection.set_tenant(acme)
        assert list(Trigger.objects.filter(is_paused=True)) == [mine]

    def test_a_trigger_is_deleted_and_recorded(self, browser, acme):
        trigger = factories.trigger()

        browser.post(f"{LIST}{trigger.pk}/delete/", {"post": "yes"}, format="multipart")

        connection.set_tenant(acme)
        assert not Trigger.objects.exists()
        assert Entry.objects.filter(action="trigger.deleted", object_id=str(trigger.pk)).exists()


class TestWhoMay:
    def test_triggers_of_unseen_jobs_and_of_other_tenants_are_not_there(self, acme, globex):
        with tenant_context(globex):
            theirs = factories.trigger(name="of globex")
        connection.set_tenant(acme)
        seen, unseen = factories.trigger(name="seen one"), factories.trigger(name="unseen one")
        user = factories.user(is_staff=True)
        assign_perm("jobs.view_job", user, Job.objects.get(pk=seen.job_id))
        browser = clients.browser(acme, user)

        page = browser.get(LIST).content.decode()

        assert "seen one" in page
        assert "unseen one" not in page
        assert "of globex" not in page
        for trigger in (unseen, theirs):
            assert browser.get(change(trigger)).status_code == 302  # "doesn't exist", to the index
            assert browser.post(button("pause", trigger), PRESSED, format="multipart").status_code in (
                403,
                404,
            )
        connection.set_tenant(acme)
        assert not Trigger.objects.filter(is_paused=True).exists()

    def test_who_sees_the_job_reads_and_does_not_write(self, acme):
        trigger, user = factories.trigger(name="read me"), factories.user(is_staff=True)
        assign_perm("jobs.view_job", user, Job.objects.get(pk=trigger.job_id))
        browser = clients.browser(acme, user)

        page = browser.get(change(trigger))

        assert "every 5 minutes" in page.content.decode()
        assert 'name="_save"' not in page.content.decode()
        assert browser.get(f"{LIST}add/").status_code == 403
        assert submit(browser, change(trigger), name="changed").status_code == 403
        assert browser.post(button("pause", trigger), PRESSED, format="multipart").status_code == 403
        assert (
            browser.post(f"{LIST}{trigger.pk}/delete/", {"post": "yes"}, format="multipart").status_code
            == 403
        )
        connection.set_tenant(acme)
        assert Trigger.objects.get().name == "read me"

    def test_only_jobs_that_one_may_change_are_offered(self, acme):
        user, mine, seen = (
            factories.user(is_staff=True),
            factories.job(name="mine"),
            factories.job(name="seen"),
        )
        for job in (mine, seen):
            assign_perm("jobs.view_job", user, job)
        assign_perm("jobs.change_job", user, mine)
        browser = clients.browser(acme, user)

        page = browser.get(f"{LIST}add/").content.decode()
        refused = submit(browser, f"{LIST}add/", job=str(seen.pk))

        assert ">mine</option>" in page
        assert ">seen</option>" not in page
        assert list(refused.context["adminform"].form.errors) == ["job"]

    def test_who_sees_no_job_has_no_such_page(self, acme):
        factories.trigger()
        browser = clients.browser(acme, factories.user(is_staff=True))

        assert browser.get(LIST).status_code == 403
        assert LIST not in browser.get("/admin/").content.decode()


class TestLists:
    def test_the_list_is_searched_by_the_jobs_name(self, browser):
        factories.trigger(factories.job(name="Load sales"), name="one")
        factories.trigger(name="two")

        page = browser.get(LIST, {"q": "sales"}).content.decode()

        assert ">one<" in page.replace("\n", "").replace(" ", "")
        assert ">two<" not in page.replace("\n", "").replace(" ", "")

    def test_the_list_of_one_job(self, browser):
        trigger = factories.trigger(name="one")
        factories.trigger(name="two")

        assert browser.get(LIST, {"job_id": str(trigger.job_id)}).context["cl"].result_count == 1

    def test_a_longer_list_costs_no_more_queries(self, browser):
        factories.trigger()
        browser.get(LIST)
        with CaptureQueriesContext(connection) as short:
            browser.get(LIST)
        for _ in range(4):
            factories.trigger()
        with CaptureQueriesContext(connection) as longer:
            assert browser.get(LIST).context["cl"].result_count == 5
        assert len(asked(longer)) == len(asked(short))


class TestThePlatform:
    @pytest.fixture
    def administrator(self, db):
        platform = Tenant.objects.get(schema_name="public")
        return clients.browser(platform, User.objects.create_superuser("root", "root@example.com"))

    def test_all_tenants_triggers_are_listed_without_what_is_theirs_alone(self, administrator, acme, globex):
        for tenant in (acme, globex):
            with tenant_context(tenant):
                factories.trigger(name=f"secret plan of {tenant.slug}", expression="0 9 * * MON-FRI")
        connection.set_schema_to_public()

        page = administrator.get(LIST).content.decode()

        assert "Acme" in page
        assert "Globex" in page
        assert page.count("Monday–Friday, at 09:00") == 2
        assert "secret plan" not in page

    def test_nothing_is_changed_there(self, administrator, acme):
        trigger = factories.trigger(name="secret plan")
        connection.set_schema_to_public()

        page = administrator.get(change(trigger)).content.decode()

        assert "every 5 minutes" in page
        assert "secret plan" not in page
        assert 'name="_save"' not in page
        assert administrator.get(f"{LIST}add/").status_code == 403
        assert administrator.post(f"{LIST}{trigger.pk}/delete/", {"post": "yes"}).status_code == 403
