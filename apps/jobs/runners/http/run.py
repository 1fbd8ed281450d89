"""Run an HTTP job: send one request, read the answer up to a cap, judge it by its status."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal

import httpcore
import httpx

from apps.jobs.domain import masking
from apps.jobs.domain.run_states import Reason
from apps.jobs.runners.http import errors
from apps.jobs.runners.http.answer import Answer
from apps.jobs.runners.http.transport import CONNECT_SECONDS, GuardedTransport
from kernel.errors import JobError
from kernel.network import Guard, StopSignal

OnLine = Callable[[Literal["out", "err"], str], None]

MAX_REDIRECTS: Final = 5
_KEPT_ACROSS_ORIGINS: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "user-agent", "host"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSpec:
    """What to send, and which answer counts as success.

    body:            text as it is; anything else but None as JSON.
    timeout_seconds: from the look-up of the name to the last byte of the answer; None for no limit.
    expected_status: single statuses and ranges: "204", "200-299".
    max_bytes:       of the answer's body; what comes after is not read.
    guard:           which addresses may be reached (``JIEPAI_HTTP_DENY``, ``JIEPAI_HTTP_ALLOW``).
    """

    method: str
    url: str
    guard: Guard
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    timeout_seconds: float | None = None
    expected_status: tuple[str, ...] = ("200-299",)
    follow_redirects: bool = False
    verify_tls: bool = True
    max_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpEnd:
    """How it ended. ``result`` is there whenever an answer came, also one with an unexpected status."""

    kind: Literal["succeeded", "failed", "timeout", "cancelled"]
    reason: Reason = Reason.NONE
    error: JobError | None = None
    result: dict[str, Any] | None = None


def run(spec: HttpSpec, *, on_line: OnLine, cancel: StopSignal) -> HttpEnd:
    """Send the request and wait for the answer. Blocks; made for a worker's thread.

    on_line: gets what is sent and what comes back, a line each, with secrets masked.
    cancel:  readable once the run shall stop; the connection is then closed at once.
    Never raises for what the job or the other side does; it is in the HttpEnd.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_until_cancelled(spec, on_line, cancel))
    finally:
        # Without waiting for the resolver's thread, which asyncio.run would do.
        loop.close()


async def _until_cancelled(spec: HttpSpec, on_line: OnLine, cancel: StopSignal) -> HttpEnd:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(_exchange(spec, on_line))

    def stop() -> None:
        loop.remove_reader(cancel.fileno())
        task.cancel()

    loop.add_reader(cancel.fileno(), stop)
    host = _host(spec.url)
    try:
        async with asyncio.timeout(spec.timeout_seconds):
            answer = await task
    except asyncio.CancelledError:
        return HttpEnd(kind="cancelled", reason=Reason.CANCELLED, error=errors.Cancelled(host=host))
    except TimeoutError:
        error = errors.Timeout(host=host, seconds=spec.timeout_seconds)
        return HttpEnd(kind="timeout", reason=Reason.TIMEOUT, error=error)
    except JobError as error:
        is_ours = error.code.startswith("http.")
        reason = Reason.HTTP_ERROR if is_ours else Reason.UNREACHABLE
        return HttpEnd(kind="failed", reason=reason, error=error)
    finally:
        loop.remove_reader(cancel.fileno())
    return _judge(spec, answer)


def _judge(spec: HttpSpec, answer: Answer) -> HttpEnd:
    result = answer.describe()
    if is_expected(answer.status, spec.expected_status):
        return HttpEnd(kind="succeeded", result=result)
    error = errors.UnexpectedStatus(
        host=_host(answer.url),
        status=answer.status,
        phrase=_phrase(answer.status),
        expected=", ".join(spec.expected_status),
    )
    return HttpEnd(kind="failed", reason=Reason.HTTP_ERROR, error=error, result=result)


def is_expected(status: int, expected: tuple[str, ...]) -> bool:
    """Whether one of "204" or "200-299" holds the status."""
    for word in expected:
        low, _, high = word.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


async def _exchange(spec: HttpSpec, on_line: OnLine) -> Answer:
    """Raises JobError."""
    begun = time.monotonic()
    connect_seconds = min(CONNECT_SECONDS, spec.timeout_seconds or CONNECT_SECONDS)
    transport = GuardedTransport(spec.guard, verify_tls=spec.verify_tls, connect_seconds=connect_seconds)
    host = _host(spec.url)
    try:
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=None) as client:  # noqa: S113
            request = _request(client, spec)
            redirects = 0
            while True:
                host = request.url.host
                _tell_request(request, on_line)
                response = await client.send(request, stream=True, follow_redirects=False)
                if not (spec.follow_redirects and response.next_request):
                    answer = await Answer.read(
                        response, most=spec.max_bytes, redirects=redirects, begun=begun
                    )
                    _tell_answer(answer, on_line)
                    return answer
                await response.aclose()
                on_line("out", f"< {response.status_code} {_phrase(response.status_code)}, redirected")
                if redirects == MAX_REDIRECTS:
                    raise errors.TooManyRedirects(
                        count=redirects, url=masking.url(str(response.next_request.url))
                    )
                redirects += 1
                request = _redirected(request, response.next_request)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol) as error:
        raise errors.BadRequest(message=str(error)) from None
    except (httpcore.LocalProtocolError, UnicodeError, TypeError, ValueError) as error:
        raise errors.BadRequest(message=str(error)) from None
    except httpcore.ConnectError as error:  # TCP stood, so this is TLS
        raise _tls_cause(error, host) from None
    except (httpcore.NetworkError, httpcore.RemoteProtocolError, httpx.DecodingError) as error:
        message = str(error) or type(error).__name__
        raise errors.BrokenAnswer(host=host, message=message) from None


def _request(client: httpx.AsyncClient, spec: HttpSpec) -> httpx.Request:
    headers = httpx.Headers({"User-Agent": "Jiepai", "Accept-Encoding": "identity"})
    headers.update(dict(spec.headers))
    if spec.body is None or isinstance(spec.body, str):
        content = None if spec.body is None else spec.body.encode()
        return client.build_request(spec.method, spec.url, headers=headers, content=content)
    return client.build_request(spec.method, spec.url, headers=headers, json=spec.body)


def _redirected(old: httpx.Request, new: httpx.Request) -> httpx.Request:
    """The next request; to another origin it takes along nothing that might be a credential."""
    if _origin(old.url) != _origin(new.url):
        for name in list(new.headers):
            if name.lower() not in _KEPT_ACROSS_ORIGINS and not name.lower().startswith("content-"):
                del new.headers[name]
    return new


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _tls_cause(error: BaseException, host: str) -> JobError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return errors.TlsUntrusted(host=host, message=cause.verify_message.rstrip("."))
        if isinstance(cause, ssl.SSLError):
            return errors.TlsFailed(host=host, message=(cause.reason or str(cause)).lower().replace("_", " "))
        cause = cause.__cause__ or cause.__context__
    return errors.TlsFailed(host=host, message=str(error) or "the connection was closed")


def _tell_request(request: httpx.Request, on_line: OnLine) -> None:
    on_line("out", f"> {request.method} {masking.url(str(request.url))}")
    sent = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    for name, value in masking.headers(sent):
        on_line("out", f"> {name}: {value}")


def _tell_answer(answer: Answer, on_line: OnLine) -> None:
    more = ", and there is more" if answer.is_truncated else ""
    on_line(
        "out",
        f"< {answer.status} {_phrase(answer.status)}, {len(answer.body)} bytes{more}, {answer.elapsed_ms} ms",
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL:
        return ""
