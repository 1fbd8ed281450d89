"""HTTP on threads: what passes through unharmed, and what cannot take the threads away."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from config.bridge import HttpOnThreads
from tests.processes import Processes, free_port, until

THREADS = 2


@contextmanager
def serving(app: Callable[..., Iterable[bytes]]) -> Iterator[str]:
    """This WSGI application on two threads behind uvicorn."""
    port = free_port()
    bridge = HttpOnThreads(app, threads=THREADS)
    server = uvicorn.Server(
        uvicorn.Config(bridge, port=port, log_level="warning", lifespan="off", timeout_graceful_shutdown=1, proxy_headers=False)
    )  # fmt: skip
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        bridge.close()
        assert not thread.is_alive()


def plain(start_response: Callable[..., Any]) -> None:
    start_response("200 OK", [("Content-Type", "text/plain")])


def test_a_large_upload_arrives_whole_without_being_held() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        digest = hashlib.sha256()
        while piece := environ["wsgi.input"].read(64 * 1024):
            digest.update(piece)
        plain(start_response)
        return [digest.hexdigest().encode()]

    content = bytes(range(256)) * 4096 * 30
    with serving(app) as address:
        assert httpx.post(address, content=content, timeout=60).text == hashlib.sha256(content).hexdigest()
        assert httpx.post(address, content=b"").text == hashlib.sha256(b"").hexdigest()


def test_an_answer_streams_piece_by_piece() -> None:
    may_go_on = threading.Event()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        plain(start_response)
        yield b"first"
        assert may_go_on.wait(10)
        yield b"second"

    with serving(app) as address, httpx.stream("GET", address, timeout=10) as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first"
        may_go_on.set()
        assert next(pieces) == b"second"


def test_the_client_is_who_connects_and_not_who_it_says_it_is() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        plain(start_response)
        return [
            f"{environ['REMOTE_ADDR']} {environ['HTTP_HOST']} {environ['PATH_INFO']} {environ['QUERY_STRING']}".encode()
        ]

    with serving(app) as address:
        headers = {"Host": "acme.localhost:8000", "X-Forwarded-For": "10.9.8.7"}
        answer = httpx.get(f"{address}/a%20b/?q=%E8%8A%82", headers=headers)
        assert answer.text == "127.0.0.1 acme.localhost:8000 /a b/ q=%E8%8A%82"


def test_slow_senders_take_no_thread() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        plain(start_response)
        return [environ["wsgi.input"].read() or b"nothing"]

    with serving(app) as address:
        host, port = address.removeprefix("http://").split(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(5 * THREADS)]
        for one in slow:
            one.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome")
        time.sleep(0.3)
        assert httpx.get(address, timeout=5).text == "nothing"
        for one in slow:
            one.close()


def test_threads_come_back_from_those_who_have_gone_and_at_the_end() -> None:
    closed: list[int] = []

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * 64 * 1024

        def close(self) -> None:
            closed.append(1)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        plain(start_response)
        return Endless() if environ["PATH_INFO"] == "/endless" else [b"short"]

    with serving(app) as address:
        host, port = address.removeprefix("http://").split(":")
        held = []
        for _ in range(THREADS):
            one = socket.create_connection((host, int(port)))
            one.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            held.append(one)
        time.sleep(0.5)
        held.pop().close()
        assert httpx.get(address, timeout=10).text == "short"
    until(lambda: len(closed) == THREADS, seconds=10)


@pytest.mark.processes
def test_the_web_process_answers(processes: Processes) -> None:
    address = processes.web()

    assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{address}/readyz").json()["status"] == "ok"
