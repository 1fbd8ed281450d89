"""HTTP jobs against a real server: what is sent, what is kept, and the exact words when it goes wrong."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from apps.jobs.domain.run_states import Reason
from apps.jobs.runners.http import HttpSpec, run, transport
from apps.jobs.runners.http.run import is_expected
from kernel.network import Guard
from tests.servers import certificate
from tests.stops import stop_after

HERE = Guard.of([], ["127.0.0.0/8"])


class Site(BaseHTTPRequestHandler):
    """Answers by path; remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers), self._body()))
        name = self.path.strip("/").partition("?")[0].partition("/")[0]
        getattr(self, f"on_{name}", self.on_missing)()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _send(self, body: bytes, *, status: int = 200, kind: str = "text/plain", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def on_hello(self) -> None:
        self._send("你好".encode(), kind="text/plain; charset=utf-8", Set_Cookie="session=s3cret")

    def on_json(self) -> None:
        self._send(b'{"ok": true, "ratio": NaN, "odd": "\\u0000\\ud800x"}', kind="application/json")

    def on_broken_json(self) -> None:
        self._send(b'{"ok": ', kind="application/json")

    def on_binary(self) -> None:
        self._send(bytes(range(256)), kind="application/octet-stream")

    def on_gzip(self) -> None:
        self._send(gzip.compress(b"x" * 5000), Content_Encoding="gzip")

    def on_error(self) -> None:
        self._send(b"no stock", status=503)

    def on_missing(self) -> None:
        self._send(b"", status=404)

    def on_away(self) -> None:
        self._send(b"", status=302, Location=self.server.leads_to)

    def on_loop(self) -> None:
        self._send(b"", status=302, Location="/loop")

    def on_slow(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"a")
        self.wfile.flush()
        self.server.closing.wait(20)

    def on_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.closing.is_set():
                self.wfile.write(b"x" * 65536)
                self.server.sent += 65536
        except OSError:
            pass

    def on_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _serve(tls=None) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.asked, server.closing, server.leads_to, server.sent = [], threading.Event(), "/hello", 0
    scheme = "http" if tls is None else "https"
    server.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site() -> Iterator[Any]:
    yield from _serve()


@pytest.fixture
def other_site() -> Iterator[Any]:
    yield from _serve()


def go(
    url: str, *, cancel_after: float | None = None, method: str = "GET", **settings
) -> tuple[Any, list[str]]:
    lines: list[str] = []
    spec = HttpSpec(method=method, url=url, **{"guard": HERE, "timeout_seconds": 10, **settings})
    with stop_after(cancel_after) as stop:
        return run(spec, on_line=lambda _, text: lines.append(text), cancel=stop), lines


# --- what is sent, what is kept ----------------------------------------------------------------------


def test_an_answer_is_kept_with_its_status_text_and_time(site):
    end, lines = go(f"{site.url}/hello")

    assert (end.kind, end.error) == ("succeeded", None)
    assert end.result["status"] == 200
    assert end.result["body"] == "你好"
    assert end.result["bytes"] == 6
    assert end.result["elapsed_ms"] >= 0
    assert "set-cookie" not in end.result["headers"]
    assert lines[0] == f"> GET {site.url}/hello"
    assert lines[-1].startswith("< 200 OK, 6 bytes, ")


def test_a_json_answer_is_kept_as_json_that_the_database_can_store(site):
    end, _ = go(f"{site.url}/json")

    assert end.result["json"] == {"ok": True, "ratio": "NaN", "odd": "\ufffd\ufffdx"}
    assert "body" not in end.result


def test_what_only_says_that_it_is_json_is_kept_as_text(site):
    assert go(f"{site.url}/broken_json")[0].result["body"] == '{"ok": '


def test_a_body_that_is_no_text_is_counted_and_not_kept(site):
    result = go(f"{site.url}/binary")[0].result

    assert result["bytes"] == 256
    assert "body" not in result
    assert "json" not in result


def test_a_json_body_is_sent_as_json_and_a_text_as_it_is(site):
    go(f"{site.url}/hello", method="POST", body={"day": "2026-01-01"})
    go(f"{site.url}/hello", method="PUT", body="a=1", headers={"Content-Type": "text/csv"})

    (_, _, first, body), (method, _, second, text) = site.asked
    assert (first["Content-Type"], json.loads(body)) == ("application/json", {"day": "2026-01-01"})
    assert (method, second["Content-Type"], text) == ("PUT", "text/csv", b"a=1")


def test_a_packed_answer_counts_unpacked(site):
    assert go(f"{site.url}/gzip", max_bytes=3000)[0].result | {"elapsed_ms": 0} == {
        "status": 200,
        "url": f"{site.url}/gzip",
        "http_version": "HTTP/1.1",
        "redirects": 0,
        "headers": go(f"{site.url}/gzip")[0].result["headers"],
        "bytes": 3000,
        "truncated": True,
        "elapsed_ms": 0,
        "body": "x" * 3000,
        "body_cut": False,
    }


def test_an_endless_answer_is_read_up_to_the_cap(site):
    end, lines = go(f"{site.url}/endless", max_bytes=100_000)

    assert end.kind == "succeeded"
    assert (end.result["bytes"], end.result["truncated"]) == (100_000, True)
    assert ", and there is more, " in lines[-1]
    assert site.sent < 50_000_000  # what fits into the sockets' buffers, not all there is


def test_secrets_are_sent_but_not_shown(site):
    end, lines = go(
        f"{site.url}/hello?token=abc123&day=1",
        headers={"Authorization": "Bearer abc456", "X-Api-Key": "abc789", "X-Day": "today"},
    )
    basic, more = go(site.url.replace("://", "://bob:hunter2@") + "/hello")

    sent = site.asked[0]
    assert "token=abc123" in sent[1]
    assert (sent[2]["Authorization"], sent[2]["X-Api-Key"]) == ("Bearer abc456", "abc789")
    assert site.asked[1][2]["Authorization"] == "Basic Ym9iOmh1bnRlcjI="
    shown = "\n".join(lines + more) + json.dumps([end.result, basic.result])
    assert "X-Day: today" in shown
    assert "day=1" in shown
    for secret in ("abc123", "abc456", "abc789", "hunter2", "Ym9i", "s3cret"):
        assert secret not in shown


# --- status ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected", "fits"),
    [
        (200, ("200-299",), True),
        (299, ("200-299",), True),
        (300, ("200-299",), False),
        (404, ("200-299", "404"), True),
        (405, ("404",), False),
    ],
)
def test_a_status_is_expected_when_a_number_or_a_range_holds_it(status, expected, fits):
    assert is_expected(status, expected) is fits


def test_an_unexpected_status_fails_with_the_answer_kept(site):
    end, _ = go(f"{site.url}/error")

    assert (end.kind, end.reason, end.error.code) == ("failed", Reason.HTTP_ERROR, "http.unexpected_status")
    assert end.error.message == "127.0.0.1 answered 503 Service Unavailable; expected is 200-299."
    assert end.result["body"] == "no stock"
    assert go(f"{site.url}/error", expected_status=("503",))[0].kind == "succeeded"


# --- redirects ---------------------------------------------------------------------------------------


def test_a_redirect_is_an_answer_like_any_other_unless_it_shall_be_followed(site):
    end, _ = go(f"{site.url}/away")

    assert end.error.message == "127.0.0.1 answered 302 Found; expected is 200-299."
    assert end.result["headers"]["location"] == "/hello"
    followed, _ = go(f"{site.url}/away", follow_redirects=True)
    assert (followed.kind, followed.result["redirects"], followed.result["url"]) == (
        "succeeded",
        1,
        f"{site.url}/hello",
    )


def test_a_redirect_to_another_origin_takes_no_credentials_along(site, other_site):
    site.leads_to = f"{other_site.url}/hello"
    go(
        f"{site.url}/away",
        follow_redirects=True,
        headers={"Authorization": "Bearer x", "X-Api-Key": "x", "X-Custom": "x", "Accept": "text/csv"},
    )

    headers = other_site.asked[0][2]
    assert headers["Accept"] == "text/csv"
    assert headers["Host"] == f"127.0.0.1:{other_site.server_port}"
    assert not {"Authorization", "X-Api-Key", "X-Custom"} & set(headers)


def test_a_redirect_to_a_closed_address_is_refused(site):
    site.leads_to = "http://169.254.169.254/latest/meta-data/"
    end, _ = go(f"{site.url}/away", follow_redirects=True, guard=Guard.of(["169.254.0.0/16"]))

    assert end.error.message == 'The address 169.254.169.254 of the host "169.254.169.254" is closed to jobs.'


def test_redirects_in_a_circle_end(site):
    end, _ = go(f"{site.url}/loop", follow_redirects=True)

    assert end.error.message == (
        f"The answer leads on after 5 redirects; the last one was to {site.url}/loop."
    )
    assert len(site.asked) == 6


# --- addresses ---------------------------------------------------------------------------------------

DEFAULT = Guard.of(["127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128", "169.254.0.0/16", "fe80::/10"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
     "169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::169.254.169.254]", "[2002:7f00:1::]"],
)  # fmt: skip
def test_this_machine_and_its_link_are_closed_however_they_are_written(site, host):
    end, _ = go(f"http://{host}:{site.server_port}/hello", guard=DEFAULT)

    assert (end.kind, end.reason) == ("failed", Reason.UNREACHABLE)
    assert end.error.code == "network.address_refused"
    assert site.asked == []


def test_the_name_is_looked_up_once_so_no_second_answer_can_slip_in(site, monkeypatch):
    # Given a name that answers with an open address first and with this machine's ever after
    real = socket.getaddrinfo
    answers = iter(["192.0.2.1"])

    def rebinding(host, *rest, **options):
        if host == "rebind.test":
            host = next(answers, "127.0.0.1")
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.2)

    end, _ = go(f"http://rebind.test:{site.server_port}/hello", guard=DEFAULT, timeout_seconds=0.5)

    assert end.kind != "succeeded"
    assert site.asked == []


# --- when it goes wrong ------------------------------------------------------------------------------


def test_an_unknown_host():
    end, _ = go("http://no-such-host.invalid/")

    assert (end.reason, end.error.code) == (Reason.UNREACHABLE, "network.unknown_host")
    assert end.error.message == 'The host "no-such-host.invalid" is not known: its name can\'t be resolved.'


def test_a_refused_port(closed_port):
    end, _ = go(f"http://127.0.0.1:{closed_port}/")

    assert (end.reason, end.error.code) == (Reason.UNREACHABLE, "network.refused")
    assert (
        end.error.message
        == f"Nothing listens on port {closed_port} of 127.0.0.1: the connection was refused."
    )


def test_an_answer_that_takes_too_long(site):
    begun = time.monotonic()
    end, _ = go(f"{site.url}/slow", timeout_seconds=0.3)

    assert (end.kind, end.reason, end.error.code) == ("timeout", Reason.TIMEOUT, "http.timeout")
    assert end.error.message == "127.0.0.1 gave no complete answer within 0.3 s."
    assert time.monotonic() - begun < 1


def test_cancel_closes_the_connection_at_once(site):
    begun = time.monotonic()
    end, _ = go(f"{site.url}/slow", cancel_after=0.3)

    assert (end.kind, end.reason) == ("cancelled", Reason.CANCELLED)
    assert time.monotonic() - begun < 0.3 + 0.3
    assert end.error.message == (
        "The run was cancelled; whether 127.0.0.1 acted on the request is not known."
    )


def test_an_answer_that_breaks_off(site):
    end, _ = go(f"{site.url}/cut")

    assert (end.reason, end.error.code) == (Reason.HTTP_ERROR, "http.broken_answer")
    assert end.error.message.startswith("127.0.0.1 broke off before its answer was complete: ")


@pytest.mark.parametrize("url", ["http://a:port/", "ftp://example.com/", "http://"])
def test_an_address_that_is_none(url):
    end, _ = go(url)

    assert (end.kind, end.reason, end.error.code) == ("failed", Reason.HTTP_ERROR, "http.bad_request")
    assert end.error.message.startswith("The request can't be sent: ")


def test_a_header_that_would_smuggle_a_second_one(site):
    end, _ = go(f"{site.url}/hello", headers={"X-A": "1\r\nX-B: 2"})

    assert end.error.code == "http.bad_request"
    assert site.asked == []


# --- TLS ---------------------------------------------------------------------------------------------


@pytest.fixture
def tls_site(tmp_path):
    public, context = certificate(tmp_path)
    for server in _serve(context):
        server.public = public
        yield server


def test_a_certificate_that_nobody_vouches_for(tls_site):
    end, _ = go(f"{tls_site.url}/hello")

    assert (end.reason, end.error.code) == (Reason.HTTP_ERROR, "http.tls_untrusted")
    assert end.error.message == "The certificate of 127.0.0.1 is not trusted: self-signed certificate."
    assert go(f"{tls_site.url}/hello", verify_tls=False)[0].kind == "succeeded"


def test_a_certificate_of_the_companys_own_authority(tls_site, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_site.public))
    transport._tls.cache_clear()
    try:
        assert go(f"{tls_site.url}/hello")[0].kind == "succeeded"
    finally:
        monkeypatch.undo()
        transport._tls.cache_clear()


def test_https_to_a_server_that_speaks_plain_http(site):
    end, _ = go(site.url.replace("http:", "https:"))

    assert end.error.code == "http.tls_failed"
    assert end.error.message.startswith("No encrypted connection to 127.0.0.1 came to stand: ")
