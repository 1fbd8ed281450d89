"""Telling what happened, at next to no cost and whatever becomes of Valkey."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis

from apps.live.domain import bulletin
from apps.live.domain.bulletin import Bulletin
from apps.live.services import publisher as module
from apps.live.services.publisher import Publisher
from embedded import EmbeddedValkey
from tests.processes import until

pytestmark = pytest.mark.processes


@pytest.fixture
def publisher(own_valkey: EmbeddedValkey) -> Iterator[Publisher]:
    publisher = Publisher(own_valkey.url)
    yield publisher
    publisher.close()


def subscription(valkey: EmbeddedValkey, schema: str) -> Any:
    found = redis.Redis.from_url(valkey.url).pubsub(ignore_subscribe_messages=True)
    found.subscribe(bulletin.channel(0, schema))
    found.get_message(timeout=5)
    return found


def heard(subscription: Any, *, seconds: float = 5) -> Bulletin:
    message = until(lambda: subscription.get_message(timeout=0.1), seconds=seconds)
    return bulletin.read(message["data"])


def test_each_tenants_news_goes_to_its_own_channel(publisher, own_valkey):
    acme, globex = subscription(own_valkey, "t_acme"), subscription(own_valkey, "t_globex")
    run, job, other = uuid4(), uuid4(), uuid4()

    publisher.run_moved("t_acme", run, job, 1)
    publisher.log_grew("t_globex", other)

    assert heard(acme) == Bulletin(events=((str(run), str(job), 1),))
    assert heard(globex) == Bulletin(logs=(str(other),))


def test_a_burst_leaves_in_few_messages(publisher, own_valkey):
    ear = subscription(own_valkey, "t_acme")
    run, job = uuid4(), uuid4()
    for event in range(1000):
        publisher.run_moved("t_acme", run, job, event)
        publisher.log_grew("t_acme", run)

    found: list[int] = []
    messages = 0
    while len(found) < 1000:
        found += [event for _, _, event in heard(ear).events]
        messages += 1
    assert found == list(range(1000))
    assert messages < 20


def test_eight_threads_lose_nothing(publisher, own_valkey):
    ear = subscription(own_valkey, "t_acme")
    run, job = uuid4(), uuid4()

    def work(number: int) -> None:
        for event in range(200):
            publisher.run_moved("t_acme", run, job, number * 1000 + event)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    found: set[int] = set()
    while len(found) < 1600:
        found |= {event for _, _, event in heard(ear).events}


def test_without_valkey_it_costs_a_line_in_the_log_and_then_a_gap(publisher, own_valkey, caplog):
    own_valkey.stop()
    caplog.set_level(logging.WARNING)
    began = time.monotonic()
    for event in range(50):
        publisher.run_moved("t_acme", uuid4(), uuid4(), event)
    assert time.monotonic() - began < 0.1
    until(lambda: "live.not_published" in caplog.text, seconds=10)
    time.sleep(2 * module.RETRY_SECONDS)
    assert caplog.text.count("live.not_published") == 1

    own_valkey.start()
    ear = subscription(own_valkey, "t_acme")
    assert heard(ear, seconds=10).has_gap


def test_too_much_at_once_is_a_gap(publisher, own_valkey, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    ear = subscription(own_valkey, "t_acme")
    for event in range(10_000):
        publisher.run_moved("t_acme", uuid4(), uuid4(), event)
    while not heard(ear).has_gap:
        pass


def test_what_waits_at_the_end_of_a_process_is_sent(publisher, own_valkey):
    ear = subscription(own_valkey, "t_acme")
    publisher.run_moved("t_acme", uuid4(), uuid4(), 1)
    publisher.run_moved("t_acme", uuid4(), uuid4(), 2)
    publisher.close()
    events = 0
    while events < 2:
        events += len(heard(ear).events)


def test_a_forked_child_publishes_by_itself(own_valkey):
    publisher = Publisher(own_valkey.url)
    os.register_at_fork(after_in_child=publisher._reset)
    ear = subscription(own_valkey, "t_acme")
    publisher.run_moved("t_acme", uuid4(), uuid4(), 1)
    assert heard(ear).events[0][2] == 1
    if not (child := os.fork()):
        publisher.run_moved("t_acme", uuid4(), uuid4(), 2)
        publisher.close(seconds=5)
        os._exit(0)
    assert heard(ear).events[0][2] == 2
    assert os.waitpid(child, 0)[1] == 0
    publisher.close()
