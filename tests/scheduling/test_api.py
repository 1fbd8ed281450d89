"""Triggers over HTTP: who may, what comes out, and what a wrong schedule is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from apps.audit.models import Entry
from apps.jobs.models import Job
from apps.jobs.services import jobs
from apps.scheduling.models import Trigger
from tests import clients, factories
from tests.api_cases import Deed, ObjectCases, asked

PATH = "/api/v1/triggers/"
LIMIT = {"type": "object", "properties": {"limit": {"type": "integer"}}}


class TestTriggers(ObjectCases):
    path = PATH
    view = "jobs.view_job"
    deeds = [
        Deed("patch", "", "jobs.change_job", body={"name": "nightly"}),
        Deed("post", "pause/", "jobs.operate_job"),
        Deed("post", "resume/", "jobs.operate_job"),
        Deed("delete", "", "jobs.change_job", status=204),
    ]

    def make(self):
        return factories.trigger()

    def guarded(self, obj):
        return Job.objects.get(pk=obj.job_id)


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def at(text):
    return parse_datetime(text)


class TestMaking:
    def test_a_trigger_comes_back_whole_and_in_words(self, client):
        job = factories.job(name="Load sales", parameters=LIMIT)

        answer = client.post(
            PATH,
            {
                "job": str(job.pk),
                "name": "weekdays",
                "kind": "cron",
                "expression": "0 9 * * MON-FRI",
                "zone": "Europe/Berlin",
                "params": {"limit": 5},
                "misfire": "skip",
            },
        )

        body = answer.json()
        assert answer.status_code == 201, body
        trigger = Trigger.objects.get()
        assert body.pop("next_fire_at") is not None
        assert at(body.pop("created_at")) == trigger.created_at
        assert at(body.pop("updated_at")) == trigger.updated_at
        assert body == {
            "id": str(trigger.pk),
            "job": {"id": str(job.pk), "name": "Load sales", "kind": "python"},
            "name": "weekdays",
            "kind": "cron",
            "expression": "0 9 * * MON-FRI",
            "interval_seconds": None,
            "once_at": None,
            "zone": "Europe/Berlin",
            "start_at": None,
            "end_at": None,
            "params": {"limit": 5},
            "misfire": "skip",
            "is_paused": False,
            "is_muted": False,
            "last_fire_at": None,
            "words": "Monday–Friday, at 09:00",
            "created_by": "owner",
        }
        assert client.get(f"{PATH}{trigger.pk}/").json()["words"] == "Monday–Friday, at 09:00"
        assert Entry.objects.get(action="trigger.created").object_id == str(trigger.pk)

    def test_without_a_zone_the_clock_is_the_tenants(self, client, acme):
        body = {"job": str(factories.job().pk), "kind": "interval", "interval_seconds": 90}

        made = client.post(PATH, body).json()

        assert made["zone"] == acme.time_zone
        assert made["words"] == "every 90 seconds"
        due = at(made["next_fire_at"]) - at(made["created_at"])
        assert due == timedelta(seconds=90)

    def test_it_takes_the_right_to_change_the_job_and_an_unseen_job_is_not_there(self, acme):
        job, user = factories.job(), factories.user()
        client = clients.browser(acme, user)
        body = {"job": str(job.pk), "kind": "cron", "expression": "@daily"}

        unseen = client.post(PATH, body)
        assert (unseen.status_code, unseen.json()["code"]) == (404, "trigger.no_such_job")
        assign_perm("jobs.view_job", user, job)
        seen = client.post(PATH, body)
        assert (seen.status_code, seen.json()["code"]) == (403, "forbidden")
        assert not Trigger.objects.exists()
        assign_perm("jobs.change_job", user, job)
        assert client.post(PATH, body).status_code == 201

    def test_another_tenants_job_is_not_there(self, client, acme, globex):
        with tenant_context(globex):
            theirs = factories.job()

        answer = client.post(PATH, {"job": str(theirs.pk), "kind": "cron", "expression": "@daily"})

        assert (answer.status_code, answer.json()["code"]) == (404, "trigger.no_such_job")

    @pytest.mark.parametrize(
        ("wrong", "field", "code", "detail"),
        [
            (
                {"expression": "0 24 * * *"},
                "expression",
                "cron.out_of_range",
                "hour: 24 is out of range 0–23; midnight is 0.",
            ),
            (
                {"expression": ""},
                "expression",
                "cron.empty",
                "There is no cron expression. Write five fields, for example 0 9 * * MON-FRI.",
            ),
            (
                {"zone": "Europe/Berln"},
                "zone",
                "schedule.unknown_zone",
                "Europe/Berln is not a time zone that is known here. Did you mean Europe/Berlin, Europe/Dublin?",
            ),
            (
                {"kind": "interval", "interval_seconds": 0},
                "interval_seconds",
                "schedule.interval_too_short",
                "The interval is 0 seconds; 1 second is the least.",
            ),
            (
                {"kind": "interval"},
                "interval_seconds",
                "schedule.missing",
                "There is no interval. Set how much time lies between two runs.",
            ),
            (
                {"kind": "once", "once_at": "2031-01-01T09:00:00"},
                "once_at",
                "schedule.naive_time",
                "2031-01-01T09:00:00 says no time zone. Add one, for example 2031-01-01T09:00:00+00:00.",
            ),
            (
                {"start_at": "2031-01-02T00:00:00Z", "end_at": "2031-01-01T00:00:00Z"},
                "end_at",
                "schedule.empty_window",
                "The trigger would end at 2031-01-01T00:00:00+00:00, "
                "which is not after its start at 2031-01-02T00:00:00+00:00.",
            ),
            (
                {"params": {"limt": 5}},
                "params.limt",
                "run.bad_parameters",
                'There is no parameter "limt"; the job has: limit.',
            ),
            ({"kind": "hourly"}, "kind", "invalid_choice", '"hourly" is not a valid choice.'),
        ],
    )
    def test_what_is_wrong_is_named_with_its_field_and_the_reason(self, client, wrong, field, code, detail):
        job = factories.job(parameters=LIMIT)

        answer = client.post(
            PATH, {"job": str(job.pk), "kind": "cron", "expression": "@daily", "zone": "UTC", **wrong}
        )

        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"] == [{"field": field, "code": code, "detail": detail}]
        assert not Trigger.objects.exists()

    def test_parameters_that_the_database_cannot_hold_do_no_harm(self, client):
        job = factories.job(parameters={"type": "object", "properties": {"text": {"type": "string"}}})

        answer = client.post(
            PATH, {"job": str(job.pk), "kind": "cron", "expression": "@daily", "params": {"text": "a\0b"}}
        )

        assert answer.status_code == 201, answer.json()
        assert answer.json()["params"] == {"text": "a\N{REPLACEMENT CHARACTER}b"}


class TestChanging:
    def test_a_change_counts_from_now_and_the_trigger_stays_on(self, client):
        trigger = factories.trigger(expression="@yearly")

        body = client.patch(f"{PATH}{trigger.pk}/", {"expression": "* * * * * *"}).json()

        assert body["words"] == "every second"
        assert body["is_paused"] is False
        assert at(body["next_fire_at"]) - datetime.now(UTC) < timedelta(seconds=5)
        assert Entry.objects.get(action="trigger.changed").detail["fields"] == ["expression"]

    def test_a_change_that_cannot_be_leaves_the_trigger_as_it_is(self, client):
        trigger = factories.trigger(expression="@daily")

        answer = client.patch(f"{PATH}{trigger.pk}/", {"expression": "61 * * * *", "name": "new"})

        assert answer.json()["errors"][0]["field"] == "expression"
        trigger.refresh_from_db()
        assert (trigger.expression, trigger.name) == ("@daily", "")

    def test_a_trigger_stays_with_its_job(self, client):
        trigger = factories.trigger()

        client.patch(f"{PATH}{trigger.pk}/", {"job": str(factories.job().pk)})

        assert Trigger.objects.get().job_id == trigger.job_id

    def test_pausing_takes_the_next_fire_away_and_resuming_brings_it_back(self, client):
        trigger = factories.trigger()

        paused = client.post(f"{PATH}{trigger.pk}/pause/").json()
        assert (paused["is_paused"], paused["next_fire_at"]) == (True, None)
        resumed = client.post(f"{PATH}{trigger.pk}/resume/").json()
        assert resumed["is_paused"] is False
        assert at(resumed["next_fire_at"]) > datetime.now(UTC)

    def test_a_deleted_trigger_is_gone_and_recorded(self, client):
        trigger = factories.trigger()

        assert client.delete(f"{PATH}{trigger.pk}/").status_code == 204

        assert not Trigger.objects.exists()
        assert Entry.objects.get(action="trigger.deleted").actor_name == "owner"


class TestLists:
    def test_a_list_is_narrowed_by_job_kind_and_pause(self, client):
        job = factories.job()
        cron, other = factories.trigger(job), factories.trigger()
        interval = factories.trigger(job, kind="interval", interval_seconds=60)
        client.post(f"{PATH}{cron.pk}/pause/")

        def found(**query):
            return {row["id"] for row in client.get(PATH, query).json()["results"]}

        assert found(job=job.pk) == {str(cron.pk), str(interval.pk)}
        assert found(job=[job.pk, other.job_id]) == {str(cron.pk), str(interval.pk), str(other.pk)}
        assert client.get(PATH, {"job": "x"}).json()["errors"][0]["field"] == "job"
        assert found(kind="interval") == {str(interval.pk)}
        assert found(is_paused="true") == {str(cron.pk)}
        assert found(is_paused="false", kind="cron") == {str(other.pk)}

    def test_ordered_by_the_next_fire_those_without_one_come_last_and_pages_miss_none(self, client):
        made = [
            factories.trigger(kind="interval", interval_seconds=seconds) for seconds in (900, 300, 600, 60)
        ]
        for one in made[:2]:
            client.post(f"{PATH}{one.pk}/pause/")

        seen, url = [], f"{PATH}?ordering=next_fire_at&page_size=1"
        while url:
            page = client.get(url).json()
            seen += [row["id"] for row in page["results"]]
            url = page["next"]

        assert seen == [str(one.pk) for one in (made[3], made[2], made[0], made[1])]

    def test_a_cursor_of_another_order_is_refused_not_a_fault(self, client):
        for name in ("b", "a", "c"):
            factories.trigger(name=name)
        cursor = client.get(PATH, {"ordering": "name", "page_size": 1}).json()["next"].partition("cursor=")[2]

        answer = client.get(f"{PATH}?ordering=next_fire_at&cursor={cursor.partition('&')[0]}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_triggers_of_deleted_jobs_are_gone(self, client, django_capture_on_commit_callbacks):
        trigger = factories.trigger()
        job = Job.objects.get(pk=trigger.job_id)
        with django_capture_on_commit_callbacks(execute=True):
            jobs.delete(job.pk, by=factories.owner())

        assert client.get(PATH).json()["results"] == []

    def test_one_trigger_costs_few_queries(self, acme):
        trigger, user = factories.trigger(), factories.user()
        user.user_permissions.add(Permission.objects.get(codename="view_job"))
        client = clients.browser(acme, user)
        client.get(f"{PATH}{trigger.pk}/")

        with CaptureQueriesContext(connection) as queries:
            client.get(f"{PATH}{trigger.pk}/")

        of_the_row = [sql for sql in asked(queries) if "scheduling_trigger" in sql]
        assert len(of_the_row) == 1, of_the_row


class TestPreviews:
    URL = f"{PATH}preview/"

    def test_the_next_ten_fires_in_the_zone_of_the_trigger(self, client):
        answer = client.post(
            self.URL,
            {
                "kind": "cron",
                "expression": "30 9 * * *",
                "zone": "Asia/Shanghai",
                "start_at": "2031-05-01T00:00:00+08:00",
            },
        )

        body = answer.json()
        assert answer.status_code == 200, body
        assert body["words"] == "every day at 09:30"
        assert [fire["at"] for fire in body["fires"]] == [
            f"2031-05-{day:02}T09:30:00+08:00" for day in range(1, 11)
        ]
        assert {(fire["note"], fire["detail"]) for fire in body["fires"]} == {("", "")}
        assert body["words_by_language"] == {"en": "every day at 09:30", "zh-hans": "每天 09:30"}

    def test_a_night_when_the_clocks_go_forward_is_told(self, client):
        body = client.post(
            f"{self.URL}?count=3",
            {
                "kind": "cron",
                "expression": "30 2 * * *",
                "zone": "Europe/Berlin",
                "start_at": "2031-03-29T00:00:00+01:00",
            },
        ).json()

        assert body["fires"] == [
            {"at": "2031-03-29T02:30:00+01:00", "note": "", "detail": ""},
            {
                "at": "2031-03-30T03:00:00+02:00",
                "note": "moved",
                "detail": "The clocks go forward from 02:00 to 03:00, so 02:30 does not exist on this day. "
                "It runs once, right after the change, at 03:00.",
            },
            {"at": "2031-03-31T02:30:00+02:00", "note": "", "detail": ""},
        ]

    def test_a_night_when_the_clocks_go_back_is_told(self, client):
        body = client.post(
            f"{self.URL}?count=3",
            {
                "kind": "cron",
                "expression": "30 * * * *",
                "zone": "Europe/Berlin",
                "start_at": "2031-10-26T02:00:00+02:00",
            },
        ).json()

        assert [(fire["at"], fire["note"]) for fire in body["fires"]] == [
            ("2031-10-26T02:30:00+02:00", "first"),
            ("2031-10-26T02:30:00+01:00", "second"),
            ("2031-10-26T03:30:00+01:00", ""),
        ]
        assert body["fires"][1]["detail"] == (
            "The clocks went back from 03:00 to 02:00, so 02:30 comes twice on this day. "
            "It runs both times; this is the second."
        )

    def test_there_are_as_many_as_asked_up_to_fifty_and_no_more_than_the_window_holds(self, client):
        every_minute = {"kind": "interval", "interval_seconds": 60, "zone": "UTC"}

        assert len(client.post(f"{self.URL}?count=50", every_minute).json()["fires"]) == 50
        refused = client.post(f"{self.URL}?count=51", every_minute)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == "count"
        window = {"start_at": "2031-01-01T00:00:00Z", "end_at": "2031-01-01T00:02:00Z"}
        assert [fire["at"] for fire in client.post(self.URL, {**every_minute, **window}).json()["fires"]] == [
            "2031-01-01T00:00:00+00:00",
            "2031-01-01T00:01:00+00:00",
            "2031-01-01T00:02:00+00:00",
        ]

    def test_an_interval_counts_from_now_as_a_new_trigger_would(self, client):
        before = datetime.now(UTC)

        first = at(
            client.post(self.URL, {"kind": "interval", "interval_seconds": 600}).json()["fires"][0]["at"]
        )

        assert before + timedelta(minutes=9) < first < datetime.now(UTC) + timedelta(minutes=11)

    def test_once_is_one_fire_and_none_when_it_has_passed(self, client):
        coming = client.post(
            self.URL, {"kind": "once", "once_at": "2031-05-01T08:00:00Z", "zone": "Asia/Shanghai"}
        ).json()
        passed = client.post(self.URL, {"kind": "once", "once_at": "2001-05-01T08:00:00Z"}).json()

        assert coming["words"] == "once, on 2031-05-01 at 16:00"
        assert [fire["at"] for fire in coming["fires"]] == ["2031-05-01T16:00:00+08:00"]
        assert passed["fires"] == []

    def test_a_wrong_expression_is_told_as_it_is_when_saving(self, client):
        answer = client.post(self.URL, {"kind": "cron", "expression": "* * *"})

        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {
                "field": "expression",
                "code": "cron.too_few_fields",
                "detail": "The expression has 3 of the 5 fields it needs: minute, hour, day of month, month, "
                "weekday. Write * for a field that does not matter.",
            }
        ]

    def test_a_stored_trigger_shows_what_it_will_do_also_while_it_is_paused(self, client):
        trigger = factories.trigger(kind="interval", interval_seconds=60)
        due = trigger.next_fire_at
        assert due is not None
        client.post(f"{PATH}{trigger.pk}/pause/")

        body = client.get(f"{PATH}{trigger.pk}/preview/?count=2").json()

        assert [at(fire["at"]) for fire in body["fires"]] == [due, due + timedelta(seconds=60)]

    def test_a_preview_of_a_trigger_is_for_who_sees_its_job(self, acme):
        trigger, user = factories.trigger(), factories.user()
        client = clients.browser(acme, user)

        assert client.get(f"{PATH}{trigger.pk}/preview/").status_code == 404
        assign_perm("jobs.view_job", user, Job.objects.get(pk=trigger.job_id))
        assert client.get(f"{PATH}{trigger.pk}/preview/").status_code == 200
        assert (
            clients.anyone(acme).post(self.URL, {"kind": "cron", "expression": "@daily"}).status_code == 401
        )
