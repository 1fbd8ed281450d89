"""``manage.py worker``: this process as an executor."""

from __future__ import annotations

import sys
from typing import Any

from celery import current_app, signals
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.jobs.runners.sandbox import ForkServer, NotConfined, harden_process
from apps.scheduling.services import station


class Command(BaseCommand):
    help = "Run attempts: hear doorbells, claim runs, carry them out. Stops gracefully on SIGTERM and Ctrl-C."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        env = settings.ENV
        harden_process()
        forks = ForkServer(workdirs=env.script_dir / "work", level=env.sandbox, hidden=[env.data_dir])
        try:
            forks.start()
        except (NotConfined, OSError) as error:
            raise CommandError(f"Scripts can't be run here: {error}") from None
        here = station.open_station(forks)
        signals.worker_shutting_down.connect(lambda **_: here.stop_claiming(), weak=False)
        worker = current_app.Worker(
            hostname=f"executor@{here.executor.name}",
            pool="threads",
            concurrency=env.worker_concurrency + 2,  # so that a doorbell is answered while all slots work
            queues=[f"group.{env.worker_group}", f"executor.{here.executor.pk}", "maintenance"],
            loglevel=env.log_level,
            without_gossip=True,
            without_mingle=True,
            quiet=True,
        )
        try:
            worker.start()
        finally:
            here.leave()
            forks.stop()
        sys.exit(worker.exitcode or 0)
