"""The baseline: Celery as it is, one message per script, prefork, no bookkeeping.

The counter at the end is the bench's own: without it nobody could tell when the last script has ended.
"""

from __future__ import annotations

import os
import subprocess
import sys

import redis
from celery import Celery

BROKER = os.environ["BENCH_BROKER"]
app = Celery("raw", broker=BROKER)
app.conf.update(
    task_ignore_result=True, worker_hijack_root_logger=False, broker_connection_retry_on_startup=True
)
_counter: redis.Redis | None = None


@app.task(name="raw.run")
def run(script: str) -> None:
    global _counter
    subprocess.run([sys.executable, "-I", script], capture_output=True, check=False)
    if _counter is None:
        _counter = redis.Redis.from_url(os.environ["BENCH_COUNTER"])
    _counter.incr("raw-done")
