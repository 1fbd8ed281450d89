"""A week of runs, written as rows: what jobs would have left behind had they run all that time."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from apps.jobs.models import Attempt, Job, LogChunk, Run, RunEvent
from tests.showroom.goods import HABITS, Habit

EXECUTORS = [(UUID(int=number), f"worker-{number}") for number in (1, 2, 3)]
BATCH = 2000


def fill(jobs: Iterable[Job], *, days: float = 8, seed: int = 7) -> None:
    """Give each job runs for the last days, at the pace and with the luck that its habit says."""
    chance = random.Random(seed)
    now = timezone.now()
    for job in jobs:
        habit = HABITS.get(job.name, Habit())
        at = now - timedelta(days=days) + timedelta(minutes=chance.uniform(0, habit.every_minutes))
        moments = []
        while at < now - timedelta(minutes=2):
            moments.append(at)
            at += timedelta(minutes=habit.every_minutes)
        for first in range(0, len(moments), BATCH):
            _write(job, habit, moments[first : first + BATCH], chance)


def _write(job: Job, habit: Habit, moments: list[datetime], chance: random.Random) -> None:
    runs: list[Run] = []
    events: list[RunEvent] = []
    attempts: list[Attempt] = []
    logs: list[LogChunk] = []
    for at in moments:
        run = Run(id=_id(at, chance), job=job, version=job.version, source="cron", queued_at=at)
        run.scheduled_for = at
        events.append(RunEvent(run=run, attempt=0, state="queued", at=at))
        moment = at
        tries = 1 + sum(chance.random() < habit.retries for _ in range(2))
        has_failed = chance.random() < habit.failures
        for number in range(1, tries + 1):
            moment += timedelta(seconds=chance.expovariate(1 / habit.waits_seconds))
            started = moment
            moment += timedelta(seconds=max(0.02, chance.lognormvariate(0, 0.35) * habit.takes_seconds))
            executor, name = chance.choice(EXECUTORS)
            is_last = number == tries
            ended_badly = has_failed if is_last else True
            reason = habit.reason if ended_badly else ""
            attempts.append(
                Attempt(
                    run=run,
                    number=number,
                    executor_id=executor,
                    executor_name=name,
                    started_at=started,
                    finished_at=moment,
                    exit_reason=reason,
                    exit_code=(1 if ended_badly else 0) if habit.reason == "exit_code" else None,
                    cpu_seconds=round((moment - started).total_seconds() * 0.6, 2),
                    max_rss_bytes=chance.randrange(24, 180) << 20,
                )
            )
            logs.append(_log(run, number, habit, ended_badly, moment - started))
            events.append(RunEvent(run=run, attempt=number, state="running", at=started))
            state = ("failed" if ended_badly else "succeeded") if is_last else "queued"
            events.append(RunEvent(run=run, attempt=number, state=state, at=moment, reason=reason))
            run.started_at = run.started_at or started
        run.attempt, run.failures = tries, tries - 1 + has_failed
        run.state = "failed" if has_failed else "succeeded"
        run.state_at = run.finished_at = moment
        run.exit_reason = habit.reason if has_failed else ""
        run.exit_code = attempts[-1].exit_code
        runs.append(run)
    Run.objects.bulk_create(runs)
    for event in RunEvent.objects.bulk_create(events):
        event.run.event = event.pk
    Run.objects.bulk_update(runs, ["event"])
    Attempt.objects.bulk_create(attempts)
    LogChunk.objects.bulk_create(logs)


def _log(run: Run, attempt: int, habit: Habit, has_failed: bool, took: timedelta) -> LogChunk:
    lines = [*habit.log, *(habit.complaint if has_failed else ("done",))]
    step = took / timedelta(milliseconds=1) / (len(lines) + 1)
    text = "".join(
        f"{int(step * place)} {'e' if has_failed and place > len(habit.log) else 'o'}{line}\n"
        for place, line in enumerate(lines, start=1)
    )
    return LogChunk(run=run, attempt=attempt, first_line=1, lines=len(lines), text=text)


def _id(at: datetime, chance: random.Random) -> UUID:
    """A UUIDv7 of that moment. Source: RFC 9562, section 5.7."""
    value = int(at.timestamp() * 1000) << 80 | chance.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
