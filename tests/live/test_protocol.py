"""The rules of the protocol, bare."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from apps.live.domain import bulletin, messages, topics
from apps.live.domain.bulletin import Bulletin, Change
from apps.live.domain.handshake import Handshake
from apps.live.domain.messages import Join, Leave, Ping
from apps.live.domain.outbox import Outbox, Parcel
from apps.live.domain.pace import Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(clock: Clock) -> Outbox:
    return Outbox(clock=clock, on_news=lambda: None, every=0.25, most_events=3)


def taken(outbox: Outbox) -> list[object]:
    return [json.loads(parcel.text) for parcel in outbox.take()[0]]


def test_the_first_event_leaves_at_once_and_the_next_together(outbox, clock):
    outbox.open("runs")
    outbox.add("runs", ["1"])
    assert taken(outbox) == [{"topic": "runs", "events": [1]}]

    outbox.add("runs", ["2"])
    outbox.add("runs", ["3"])
    assert outbox.take() == ([], 0.25)
    clock.now += 0.25
    assert taken(outbox) == [{"topic": "runs", "events": [2, 3]}]
    assert outbox.take() == ([], None)


def test_topics_do_not_wait_for_each_other_and_replies_for_none(outbox):
    outbox.open("a")
    outbox.open("b")
    outbox.add("a", ["1"])
    outbox.take()
    outbox.add("a", ["2"])
    outbox.add("b", ["3"])
    outbox.reply('"hello"')
    assert taken(outbox) == ["hello", {"topic": "b", "events": [3]}]


def test_too_many_events_become_one_gap(outbox, clock):
    outbox.open("runs")
    outbox.add("runs", ["1", "2", "3"])
    outbox.add("runs", ["4"])
    outbox.add("runs", ["5"])
    assert taken(outbox) == [{"topic": "runs", "gap": True}]
    outbox.add("runs", ["6"])
    clock.now += 0.25
    assert taken(outbox) == [{"topic": "runs", "events": [6]}]


def test_leaving_and_joining_again_is_no_way_around_the_pace(outbox):
    outbox.open("runs")
    outbox.gap("runs")
    outbox.take()
    outbox.open("runs")
    outbox.add("runs", ["1"])
    assert outbox.take() == ([], 0.25)


def test_what_is_not_joined_is_not_kept(outbox):
    outbox.add("runs", ["1"])
    outbox.gap("runs")
    outbox.put("runs", Parcel("{}"))
    outbox.open("log")
    outbox.put("log", Parcel("{}"))
    outbox.close("log")
    assert outbox.take() == ([], None)


def test_a_portion_waits_for_its_topics_time(outbox, clock):
    sent: list[int] = []
    outbox.open("log")
    outbox.put("log", Parcel('"one"', lambda: sent.append(1)))
    (parcel,), _ = outbox.take()
    assert parcel.on_sent is not None
    parcel.on_sent()
    assert sent == [1]
    outbox.put("log", Parcel('"two"'))
    assert outbox.take() == ([], 0.25)
    clock.now += 0.25
    assert taken(outbox) == ["two"]


def test_a_client_is_slowed_down_after_its_burst(clock):
    pace = Pace(rate=10, burst=3, clock=clock)
    assert [pace.wait_for_one() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])
    clock.now += 60
    assert pace.wait_for_one() == 0


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('{"join":"runs"}', Join("runs")),
        ('{"join":"log:1","after":7,"attempt":2}', Join("log:1", 7, 2)),
        ('{"join":"log:1","after":null,"attempt":null,"more":1}', Join("log:1")),
        ('{"leave":"runs"}', Leave("runs")),
        ('{"ping":1}', Ping()),
    ],
)
def test_what_a_client_means(text, meaning):
    assert messages.parse(text) == meaning


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "{}", '{"join":1}', '{"join":"a","after":"1"}', '{"join":"a","after":2147483648}', "[" * 4096],
)  # fmt: skip
def test_what_makes_no_sense(text):
    with pytest.raises(ValueError):
        messages.parse(text)


def test_a_topic_has_one_name():
    run = uuid4()
    for name in ("runs", "changes", f"job:{run}", f"run:{run}", f"log:{run}"):
        assert str(topics.parse(name)) == name
    for name in (
        "",
        "run",
        "runs:",
        f"changes:{run}",
        f"run:{run.hex}",
        f"run:{{{run}}}",
        f"run:urn:uuid:{run}",
        f"user:{run}",
        "run:x",
    ):
        assert topics.parse(name) is None


@pytest.mark.parametrize(
    ("host", "origin", "is_from_here"),
    [
        ("acme.localhost:8000", "http://acme.localhost:8000", True),
        ("Acme.example.com", "https://acme.example.com", True),
        ("acme.localhost:8000", "http://acme.localhost", False),
        ("acme.localhost", "http://globex.localhost", False),
        ("acme.localhost", "http://acme.localhost.evil.com", False),
        ("acme.localhost", "http://acme.localhost@evil.com", False),
        ("acme.localhost", "file://acme.localhost", False),
        ("acme.localhost", "null", False),
        ("acme.localhost", "", False),
        ("", "", False),
        ("[::1", "http://[::1", False),
    ],
)
def test_where_a_page_is_from(host, origin, is_from_here):
    handshake = Handshake.of([(b"Host", host.encode()), (b"Origin", origin.encode())])
    assert handshake.is_from_here is is_from_here


def test_a_header_that_is_said_twice_counts_as_missing():
    twice = [(b"host", b"a"), (b"origin", b"http://a")] * 2
    assert not Handshake.of(twice).is_from_here


@pytest.mark.parametrize(
    ("header", "token"), [(None, None), (b"Token abc ", "abc"), (b"token abc", "abc"), (b"Bearer abc", ""), (b"Token", "")]
)  # fmt: skip
def test_the_token_of_a_program(header, token):
    assert Handshake.of([(b"authorization", header)] if header else []).token == token


def test_a_bulletin_arrives_as_it_was_written():
    run, job = uuid4(), uuid4()
    change = Change("job", str(job), None, "changed", 2, 1, "2026-11-25T02:00:00+00:00")
    written = bulletin.write(events=[(run, job, 7)], logs=[run], changes=[change], has_gap=True)
    assert bulletin.read(written) == Bulletin(((str(run), str(job), 7),), (str(run),), (change,), True)
    assert bulletin.read(bulletin.write()) == Bulletin()
    for bad in (b"", b"[]", b'{"events":[1]}', b'{"events":[[1,2]]}', b'{"logs":1}', b'{"changes":[[1]]}'):
        with pytest.raises(ValueError):
            bulletin.read(bad)
