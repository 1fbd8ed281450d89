"""The dashboard and a job's statistics over HTTP: what counts where, who sees it, what it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.jobs.domain.run_states import RunState, Source
from apps.jobs.models import Run
from apps.jobs.services import jobs
from apps.monitoring.selectors import dashboard, rankings, statistics
from apps.scheduling.services import triggers
from tests import clients, factories
from tests.api_cases import asked, permission

PATH = "/api/v1/dashboard/"
RANKINGS = f"{PATH}jobs/"
S = RunState
BERLIN = ZoneInfo("Europe/Berlin")


def statistics_of(job):
    return f"/api/v1/statistics/jobs/{job.pk}/"


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


@pytest.fixture
def nobody(acme):
    return User.objects.create_user("nobody")


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def ago(**span):
    return datetime.now(UTC) - timedelta(**span)


class TestToday:
    """With the clock at half past nine in Berlin, on the day after the clocks went back."""

    NOW = at("2026-10-26T09:30:30+01:00")

    @pytest.fixture
    def board(self, acme, ended):
        job = factories.job()
        for state, time in [
            (S.SUCCEEDED, "2026-10-26T00:00:00+01:00"),
            (S.SUCCEEDED, "2026-10-26T09:15:00+01:00"),
            (S.FAILED, "2026-10-26T09:29:00+01:00"),
            (S.CANCELLED, "2026-10-26T08:00:00+01:00"),
            (S.SKIPPED, "2026-10-26T08:30:00+01:00"),
            (S.SUCCEEDED, "2026-10-25T23:59:59+01:00"),
            (S.FAILED, "2026-10-25T09:30:00+01:00"),  # the minute that is running is not over
            (S.SUCCEEDED, "2026-10-25T09:29:59+01:00"),
            (S.SUCCEEDED, "2026-10-25T02:30:00+01:00"),  # the second half past two of that night
            (S.SUCCEEDED, "2026-10-25T00:00:00+02:00"),
            (S.FAILED, "2026-10-24T23:59:59+02:00"),
        ]:
            ended(job, state, at(time))
        ended(job, S.FAILED, at("2026-10-26T09:00:00+01:00"), source=Source.TRIAL)
        return dashboard.of(factories.owner(), zone=BERLIN, now=self.NOW)

    def test_a_run_counts_on_the_day_on_which_it_ended(self, board):
        assert board.today.by_state == {"succeeded": 2, "failed": 1, "cancelled": 1, "skipped": 1}
        assert board.today.total == 5
        assert board.yesterday.by_state == {"succeeded": 4, "failed": 1, "cancelled": 0, "skipped": 0}

    def test_yesterday_is_compared_up_to_the_same_time(self, board):
        assert board.yesterday_until_now.by_state == {
            "succeeded": 3,
            "failed": 0,
            "cancelled": 0,
            "skipped": 0,
        }

    def test_what_neither_succeeded_nor_failed_changes_no_rate(self, board):
        assert board.today.success_rate == pytest.approx(2 / 3)
        assert board.yesterday_until_now.success_rate == 1

    def test_each_hour_has_the_runs_that_ended_in_it(self, board):
        filled = {
            hour.start.astimezone(BERLIN).hour: hour.ended.by_state
            for hour in board.timeline
            if hour.ended.total
        }
        assert len(board.timeline) == 24
        assert board.timeline[-1].start == at("2026-10-26T09:00+01:00")
        assert filled == {
            0: {"succeeded": 1, "failed": 0, "cancelled": 0, "skipped": 0},
            8: {"succeeded": 0, "failed": 0, "cancelled": 1, "skipped": 1},
            9: {"succeeded": 1, "failed": 1, "cancelled": 0, "skipped": 0},
            23: {"succeeded": 1, "failed": 0, "cancelled": 0, "skipped": 0},
        }


def test_durations_and_waiting_are_percentiles(client, ended):
    job = factories.job()
    start = datetime.now(UTC)
    for seconds in range(1, 21):
        ended(job, S.SUCCEEDED, start, lasted=seconds, waited=seconds / 10)
    ended(job, S.CANCELLED, start, lasted=3600)
    ended(job, S.SKIPPED, start)

    today = client.get(PATH).json()["today"]

    assert (today["p50_ms"], today["p95_ms"], today["waiting_p95_ms"]) == (10_000, 19_000, 1_900)


def test_what_runs_and_waits_is_counted_now_and_in_its_hour(client):
    factories.started()
    factories.run()
    factories.run(source=Source.TRIAL)

    board = client.get(PATH).json()

    assert (board["running"], board["queued"]) == (1, 1)
    assert [board["timeline"][-1][state] for state in ("running", "queued")] == [1, 1]
    assert board["today"]["total"] == 0
    assert board["today"]["success_rate"] is None
    assert board["today"]["p95_ms"] is None


def test_the_next_fires_are_told_in_words_each_trigger_once(client):
    late = factories.trigger(name="late", expression="0 0 1 1 *")
    soon = factories.trigger(name="soon", expression="* * * * *")
    factories.trigger(kind="once", once_at=datetime.now(UTC) + timedelta(days=900), name="in years")
    triggers.pause(factories.trigger(name="paused").pk, by=factories.owner())

    fires = client.get(PATH).json()["next_fires"]

    assert [fire["name"] for fire in fires][:2] == ["soon", "late"]
    assert len(fires) == 3
    assert fires[0]["trigger"] == str(soon.pk)
    assert parse_datetime(fires[1]["at"]) == late.next_fire_at
    assert fires[0]["words"].startswith("every minute")
    assert fires[0]["job"]["kind"] == "python"


def test_the_last_failures_come_newest_first_with_what_happened(client, ended):
    job = factories.job(name="Load sales")
    for minutes in range(12):
        ended(job, S.FAILED, ago(minutes=minutes + 1))
    newest = ended(job, S.FAILED, ago(seconds=1))
    ended(job, S.FAILED, ago(days=8))
    ended(job, S.SUCCEEDED, ago(seconds=0))
    ended(job, S.FAILED, ago(seconds=0), source=Source.TRIAL)

    failures = client.get(PATH).json()["recent_failures"]

    assert len(failures) == 10
    assert failures[0]["id"] == str(newest.pk)
    assert failures[0]["job"] == {"id": str(job.pk), "name": "Load sales", "kind": "python"}
    assert (failures[0]["exit_reason"], failures[0]["exit_code"]) == ("exit_code", 3)


class TestRankings:
    def test_the_slowest_have_their_days(self, client, ended):
        slow, fast, gone = factories.job(name="slow"), factories.job(name="fast"), factories.job()
        for days, lasted in [(0, 40), (0, 60), (2, 20), (8, 900)]:
            ended(slow, S.SUCCEEDED, ago(days=days), lasted=lasted)
        ended(fast, S.SUCCEEDED, ago(), lasted=0.25)
        ended(gone, S.SUCCEEDED, ago(), lasted=500)
        jobs.delete(gone.pk, by=factories.owner())

        ranked = client.get(RANKINGS, {"zone": "UTC"}).json()

        assert [row["job"]["name"] for row in ranked["slowest"]] == ["slow", "fast"]
        first = ranked["slowest"][0]
        assert (first["runs"], first["p50_ms"], first["p95_ms"]) == (3, 40_000, 60_000)
        assert first["trend"] == [None, None, None, None, 20_000, None, 60_000]

    def test_flaky_is_what_alternates_or_needs_more_than_one_try(self, client, ended):
        made = {}
        for name, results in [
            ("alternates", [S.SUCCEEDED, S.FAILED] * 5),
            ("broke once", [S.SUCCEEDED] * 5 + [S.FAILED] * 5),
            ("broken", [S.FAILED] * 10),
            ("sound", [S.SUCCEEDED] * 10),
            ("new", [S.SUCCEEDED, S.FAILED]),
        ]:
            made[name] = factories.job(name=name)
            for minute, state in enumerate(results):
                ended(made[name], state, ago(minutes=60 - minute))
        retries = factories.job(name="retries")
        for minute in range(10):
            ended(retries, S.SUCCEEDED, ago(minutes=60 - minute), failures=int(minute % 2 == 0))

        flakiest = client.get(RANKINGS).json()["flakiest"]

        assert [(row["job"]["name"], row["wobbles"], row["flakiness"]) for row in flakiest] == [
            ("alternates", 9, 0.9),
            ("retries", 5, 0.5),
            ("broke once", 1, 0.1),
        ]
        assert [run["state"] for run in flakiest[0]["last_runs"]] == ["succeeded", "failed"] * 5


class TestStatistics:
    def test_each_day_of_the_zone_is_there(self, acme, ended):
        job = factories.job()
        now = at("2026-03-30T12:00+02:00")
        ended(job, S.SUCCEEDED, at("2026-03-29T00:00+01:00"), lasted=4)
        ended(job, S.FAILED, at("2026-03-29T23:59+02:00"), lasted=8)
        ended(job, S.SUCCEEDED, at("2026-03-30T00:00+02:00"), lasted=2)
        ended(job, S.SUCCEEDED, at("2026-03-28T23:59+01:00"), lasted=90)
        ended(job, S.SUCCEEDED, at("2026-03-30T00:00+02:00"), source=Source.TRIAL)
        ended(factories.job(), S.SUCCEEDED, at("2026-03-30T00:00+02:00"))

        found = statistics.of(job, zone=BERLIN, days=2, now=now)

        assert [
            (day.date.isoformat(), day.tally.by_state["succeeded"], day.tally.by_state["failed"])
            for day in found.days
        ] == [("2026-03-29", 1, 1), ("2026-03-30", 1, 0)]
        assert [day.tally.p95_ms for day in found.days] == [8_000, 2_000]
        assert (found.total.total, found.total.p50_ms) == (3, 4_000)
        assert found.total.success_rate == pytest.approx(2 / 3)

    def test_it_is_there_over_http(self, client, ended):
        job = factories.job()
        ended(job, S.SUCCEEDED, ago(), lasted=4)

        found = client.get(statistics_of(job), {"days": 7, "zone": "Asia/Tokyo"}).json()

        assert found["zone"] == "Asia/Tokyo"
        assert len(found["days"]) == 7
        assert {**found["days"][-1], "date": ""} == {
            "date": "",
            "succeeded": 1,
            "failed": 0,
            "p50_ms": 4_000,
            "p95_ms": 4_000,
        }
        assert found["total"]["by_state"]["succeeded"] == 1

    @pytest.mark.parametrize("days", ["0", "91", "many"])
    def test_too_many_days_are_refused(self, client, days):
        answer = client.get(statistics_of(factories.job()), {"days": days})

        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["days"]


class TestZone:
    @pytest.mark.parametrize("path", [PATH, RANKINGS])
    def test_a_zone_that_is_none_is_refused_with_the_field(self, client, path):
        answer = client.get(path, {"zone": "Mars/Olympus"})

        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["zone"]

    def test_without_one_it_is_the_users_and_then_the_tenants(self, acme):
        user = factories.user(time_zone="Asia/Kolkata")
        other = factories.user()

        assert clients.browser(acme, user).get(PATH).json()["zone"] == "Asia/Kolkata"
        assert clients.browser(acme, other).get(PATH).json()["zone"] == acme.time_zone
        assert clients.browser(acme, user).get(PATH, {"zone": "UTC"}).json()["zone"] == "UTC"


class TestWhoSees:
    """Every figure is of the jobs that the user may see, and of nothing else."""

    @pytest.fixture
    def two(self, acme, ended):
        seen, other = factories.job(name="seen"), factories.job(name="other")
        for job in (seen, other):
            for minute in range(6):
                ended(job, S.FAILED if minute % 2 else S.SUCCEEDED, ago(seconds=minute))
            factories.run(job)
            factories.trigger(job)
        return seen, other

    def counted(self, acme, user):
        client = clients.browser(acme, user)
        board, ranked = client.get(PATH).json(), client.get(RANKINGS).json()
        return {
            "ended": sum(hour["succeeded"] + hour["failed"] for hour in board["timeline"]),
            "queued": board["queued"],
            "fires": {fire["job"]["name"] for fire in board["next_fires"]},
            "failures": {run["job"]["name"] for run in board["recent_failures"]},
            "slowest": {row["job"]["name"] for row in ranked["slowest"]},
            "flakiest": {row["job"]["name"] for row in ranked["flakiest"]},
        }

    def figures(self, *names, each=6):
        every = set(names)
        return {
            "ended": each * len(every),
            "queued": len(every),
            **dict.fromkeys(("fires", "failures", "slowest", "flakiest"), every),
        }

    def test_who_is_not_signed_in_gets_401(self, acme):
        for path in (PATH, RANKINGS, statistics_of(factories.job())):
            assert clients.anyone(acme).get(path).status_code == 401

    def test_without_a_right_there_is_nothing(self, acme, two, nobody):
        assert self.counted(acme, nobody) == self.figures()
        assert clients.browser(acme, nobody).get(statistics_of(two[0])).status_code == 404

    def test_a_right_on_one_job_shows_that_one_alone(self, acme, two, nobody):
        assign_perm("jobs.view_job", nobody, two[0])

        assert self.counted(acme, nobody) == self.figures("seen")
        client = clients.browser(acme, nobody)
        assert client.get(statistics_of(two[0])).status_code == 200
        assert client.get(statistics_of(two[1])).status_code == 404

    def test_a_right_to_all_shows_all(self, acme, two, nobody):
        nobody.user_permissions.add(permission("jobs.view_job"))

        assert self.counted(acme, nobody) == self.figures("seen", "other")

    def test_what_is_kept_for_one_is_not_shown_to_another(self, acme, two, nobody, monkeypatch):
        monkeypatch.setattr("apps.monitoring.selectors.kept.QUICK_SECONDS", 0)
        self.counted(acme, factories.owner())

        assert self.counted(acme, nobody) == self.figures()
        assign_perm("jobs.view_job", nobody, two[0])
        assert self.counted(acme, nobody) == self.figures("seen")

    def test_another_tenants_jobs_are_not_there(self, globex, acme, two):
        with tenant_context(globex):
            theirs = User.objects.create_superuser("root")

        assert self.counted(globex, theirs) == self.figures()
        assert clients.browser(globex, theirs).get(statistics_of(two[0])).status_code == 404


@pytest.mark.parametrize("path", [PATH, RANKINGS])
@pytest.mark.parametrize("sees_all", [True, False])
def test_more_of_everything_costs_no_more_queries(acme, nobody, ended, path, sees_all):
    def more():
        job = factories.job()
        assign_perm("jobs.view_job", nobody, job)
        factories.trigger(job)
        for minute in range(6):
            ended(job, S.FAILED if minute % 2 else S.SUCCEEDED, ago(minutes=minute))

    if sees_all:
        nobody.user_permissions.add(permission("jobs.view_job"))
    client = clients.browser(acme, nobody)
    more()
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for _ in range(3):
        more()
    with CaptureQueriesContext(connection) as many:
        client.get(path)

    assert len(asked(many)) == len(asked(few)), "\n".join(asked(many))
    assert len(asked(many)) <= 16


def test_the_figures_of_the_past_are_read_from_an_index_alone(acme, ended):
    job = factories.job()
    for minute in range(20):
        ended(job, S.SUCCEEDED, ago(minutes=minute))
    with CaptureQueriesContext(connection) as captured:
        dashboard.of(factories.owner(), zone=BERLIN)
        rankings.of(factories.owner(), zone=BERLIN)
    counting = [
        query["sql"]
        for query in captured
        if "percentile_disc" in query["sql"] and query["sql"].lstrip().startswith("SELECT")
    ]
    assert len(counting) == 6

    with connection.cursor() as cursor:  # without rivals, which a planner may like better for so few rows
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s"
            " AND indexdef LIKE '%%(job_id%%' AND indexname <> 'jobs_run_ended'",
            [Run._meta.db_table],
        )
        for (rival,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{rival}"')
        for way in ("seqscan", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for sql in counting:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Index Only Scan using jobs_run_ended" in plan, plan
