"""The demo tenant works as it is seeded: its jobs run on its data."""

from __future__ import annotations

import json
import sqlite3

from apps.jobs.domain.run_states import Source
from apps.jobs.models import Job, Run, RunResult
from apps.jobs.services import runs
from apps.scheduling.demo import seed
from apps.scheduling.models import Trigger
from apps.scheduling.services import execute
from apps.scheduling.services.station import Station
from apps.tenants.models import Tenant
from apps.tenants.services import folders
from kernel.schemas import connection


def test_the_demo_runs(committed, forks, tmp_path):
    file = tmp_path / "sign-in.json"

    password = seed.seed(sign_in_file=file)
    assert seed.seed(sign_in_file=file) is None  # a second time does nothing

    assert json.loads(file.read_text())["demo tenant"]["password"] == password
    assert file.stat().st_mode & 0o777 == 0o600
    tenant = Tenant.objects.get(slug="demo")
    connection.set_tenant(tenant)
    assert Trigger.objects.filter(tenant=tenant).count() == Job.objects.count() == 5
    station = Station(forks=forks)
    station.start()
    try:
        execute.drain(station)
        # the tills have written a file, so ingesting again takes it
        ingest = Job.objects.select_related("version").get(name="销售数据入库")
        again = runs.request(ingest, source=Source.MANUAL)
        execute.drain(station)
    finally:
        station.leave()

    states = dict(Run.objects.values_list("job__name", "state"))
    flaky = states.pop("汇率同步")
    assert set(states.values()) == {"succeeded"}
    assert flaky in {"succeeded", "queued"}
    report = RunResult.objects.get(run__job__kind="sql").data
    assert [column["name"] for column in report["columns"]] == [
        "day",
        "category",
        "sales",
        "pieces",
        "revenue",
    ]
    assert RunResult.objects.get(pk=again.pk).data["known"] == 0
    with sqlite3.connect(folders.of(tenant) / "sales.db") as sold:
        assert sold.execute("SELECT count(*) FROM sales").fetchone()[0] > 3000
