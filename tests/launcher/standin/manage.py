"""A platform small enough to start in no time: the commands that `make run` calls, writing down what happened."""

import json
import os
import signal
import sys
import time
from pathlib import Path

DATA = Path(os.environ["JIEPAI_DATA_DIR"])


def note(text):
    with (DATA / "events").open("a") as events:
        events.write(f"{text}\n")


def stay(name):
    """Live until SIGTERM, take as long to end as the test wants, say so."""
    ending = []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(1))
    note(f"{name} started {os.getpid()}")
    print(f"{name} is here", flush=True)
    while not ending:
        time.sleep(0.02)
    time.sleep(float(os.environ.get(f"STANDIN_{name.upper()}_SECONDS", 0)))
    import psycopg2

    psycopg2.connect(os.environ["JIEPAI_DATABASE_URL"]).close()  # the database must outlive us
    note(f"{name} ended")


command = sys.argv[1]
if os.environ.get("STANDIN_BROKEN") == command:
    sys.exit(f"{command}: something is wrong")
if command in ("worker", "beat"):
    stay(command)
else:
    note(command)
    if command == "setup_platform":
        sign_in = Path(sys.argv[3])
        if not sign_in.exists():
            sign_in.write_text(json.dumps({"username": "admin", "password": "generated-once"}))
    if command == "collectstatic":
        (DATA / "static").mkdir(exist_ok=True)
