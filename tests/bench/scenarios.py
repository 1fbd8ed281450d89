"""The scenarios; each tells one JSON line."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from tests.bench import pages, stage
from tests.processes import until


def burst(n: int = 1000, rounds: int = 3) -> None:
    """n trivial scripts queued at once, against raw Celery in the same minutes, taking turns."""
    ours: list[dict[str, Any]] = []
    raw: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            with stage.raw_celery(Path(folder)) as worker:
                raw.append(_burst_raw(worker, n, Path(folder)))
            with stage.platform(Path(folder)) as worker:
                ours.append(_burst_ours(worker, n))
    best = sorted(ours, key=lambda one: one["rate_per_s"])[len(ours) // 2]
    base = statistics.median(one["rate_per_s"] for one in raw)
    stage.tell(
        scenario="burst",
        n=n,
        **best,
        baseline={
            "what": "raw Celery, prefork 8",
            "rate_per_s": base,
            "cpu_ms_each": statistics.median(one["cpu_ms_each"] for one in raw),
        },
        ratio=round(best["rate_per_s"] / base, 2),
        ratios=[round(a["rate_per_s"] / b["rate_per_s"], 2) for a, b in zip(ours, raw, strict=True)],
    )


def _burst_ours(worker: subprocess.Popen[bytes], n: int) -> dict[str, Any]:
    from django.db import connection

    from apps.jobs.domain.run_states import Source
    from apps.jobs.models import Attempt, LogChunk, Run
    from apps.jobs.services import runs
    from apps.queue.models import WorkItem
    from tests import factories

    job = factories.job(source=stage.SCRIPT)
    cpu = stage.cpu_seconds(worker)
    began = time.monotonic()
    runs.admit([runs.draft(job, source=Source.MANUAL, params={}) for _ in range(n)])
    until(lambda: not WorkItem.objects.exists(), seconds=300, every=0.02)
    seconds = time.monotonic() - began
    spent = stage.cpu_seconds(worker) - cpu
    rows = Run.objects.filter(job=job)
    ends: Any = rows.values_list("queued_at", "finished_at")
    waits = [(end - start).total_seconds() * 1000 for start, end in ends]
    logged = LogChunk.objects.filter(run__job=job).count()
    done = rows.filter(state="succeeded").count()
    doubled = Attempt.objects.filter(run__job=job).count() - n
    connection.close()
    return {
        "rate_per_s": round(n / seconds, 1),
        **stage.quantiles(waits),
        "lost": n - min(done, logged),
        "doubled": doubled,
        "cpu_ms_each": round(spent * 1000 / n, 2),
    }


def _burst_raw(worker: subprocess.Popen[bytes], n: int, folder: Path) -> dict[str, Any]:
    from tests.bench import raw

    script = folder / "hello.py"
    script.write_text(stage.SCRIPT)
    counter = redis.Redis.from_url(os.environ["BENCH_COUNTER"])
    counter.delete("raw-done")
    cpu = stage.cpu_seconds(worker)
    began = time.monotonic()
    with raw.app.producer_or_acquire(None) as producer:
        for _ in range(n):
            raw.run.apply_async(args=(str(script),), producer=producer)
    until(lambda: int(counter.get("raw-done") or 0) >= n, seconds=300, every=0.02)
    seconds = time.monotonic() - began
    spent = stage.cpu_seconds(worker) - cpu
    counter.close()
    return {"rate_per_s": round(n / seconds, 1), "cpu_ms_each": round(spent * 1000 / n, 2)}


def latency(n: int = 100) -> None:
    """From the request for a run to its start, on an idle platform, one after the other."""
    from apps.jobs.models import Attempt, Run
    from tests import factories

    with tempfile.TemporaryDirectory() as folder, stage.platform(Path(folder)) as worker:
        job = factories.job(source=stage.SCRIPT)
        cpu = stage.cpu_seconds(worker)
        began = time.monotonic()
        for _ in range(n):
            run = factories.run(job)
            until(Run.objects.filter(pk=run.pk, state="succeeded").exists, every=0.005)
            time.sleep(0.03)
        seconds = time.monotonic() - began
        spent = stage.cpu_seconds(worker) - cpu
        rows: Any = Run.objects.filter(job=job).values_list("queued_at", "started_at", "state")
        waits = [(start - queued).total_seconds() * 1000 for queued, start, _ in rows]
        stage.tell(
            scenario="latency",
            n=n,
            rate_per_s=round(n / seconds, 1),
            **stage.quantiles(waits),
            lost=n - sum(state == "succeeded" for *_, state in rows),
            doubled=Attempt.objects.filter(run__job=job).count() - n,
            cpu_ms_each=round(spent * 1000 / n, 2),
        )


def cron_lag(n: int = 100) -> None:
    """n triggers due in the same second: how late their runs start."""
    from apps.jobs.models import Attempt, Run
    from tests import factories

    with tempfile.TemporaryDirectory() as folder, stage.platform(Path(folder)) as worker:
        job = factories.job(source=stage.SCRIPT)
        at = (datetime.now(UTC) + timedelta(seconds=6)).replace(microsecond=0)
        for _ in range(n):
            factories.trigger(job, kind="once", once_at=at)
        cpu = stage.cpu_seconds(worker)
        until(lambda: Run.objects.filter(job=job, state="succeeded").count() >= n, seconds=120)
        spent = stage.cpu_seconds(worker) - cpu
        rows: Any = Run.objects.filter(job=job).values_list("started_at", "finished_at")
        late = [(start - at).total_seconds() * 1000 for start, _ in rows]
        seconds = (max(end for _, end in rows) - at).total_seconds()
        stage.tell(
            scenario="cron_lag",
            n=n,
            rate_per_s=round(n / seconds, 1),
            **stage.quantiles(late),
            lost=n - len(rows),
            doubled=Attempt.objects.filter(run__job=job).count() - n,
            cpu_ms_each=round(spent * 1000 / n, 2),
        )


ALL = {
    "burst": burst,
    "latency": latency,
    "cron_lag": cron_lag,
    "scroll_jobs": pages.scroll_jobs,
    "scroll_log": pages.scroll_log,
    "pages": pages.pages,
}
