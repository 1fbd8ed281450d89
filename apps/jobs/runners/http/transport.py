"""httpx's way to the network, through addresses that were checked.

Every connection, that of a redirect too, looks the name up once, asks the guard about each address, and
goes to one of these addresses; TLS still proves the name. No proxy, no ``.netrc``, nothing of the environment.
"""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from collections.abc import AsyncIterator, Iterable
from functools import lru_cache, partial
from typing import Final

import certifi
import httpcore
import httpx

from kernel.network import ConnectTimeout, Guard, PortRefused, Unreachable, resolve

CONNECT_SECONDS: Final = 10.0


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to admitted addresses only. Raises the JobErrors of ``kernel.network``."""

    def __init__(self, guard: Guard, connect_seconds: float) -> None:
        self._guard = guard
        self._connect_seconds = connect_seconds
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        addresses = await loop.run_in_executor(None, partial(resolve, host, port, guard=self._guard))
        seconds = self._connect_seconds / len(addresses)
        number = errno.EHOSTUNREACH
        for address in addresses:
            try:
                return await self._plain.connect_tcp(address, port, timeout=seconds)
            except httpcore.ConnectTimeout:
                number = errno.ETIMEDOUT
            except httpcore.ConnectError as error:
                number = _errno_of(error)
        if number == errno.ECONNREFUSED:
            raise PortRefused(host=host, port=port)
        if number == errno.ETIMEDOUT:
            raise ConnectTimeout(host=host, port=port, seconds=self._connect_seconds)
        raise Unreachable(host=host, port=port, reason=os.strerror(number))

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx over httpcore with the backend above; httpx's own transport has no place for one."""

    def __init__(self, guard: Guard, *, verify_tls: bool, connect_seconds: float = CONNECT_SECONDS) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(verify_tls),
            network_backend=GuardedBackend(guard, connect_seconds),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


@lru_cache(maxsize=2)
def _tls(verify: bool) -> ssl.SSLContext:
    """Trusts the machine's certificates (``SSL_CERT_FILE`` adds a company's own) and those of certifi."""
    context = ssl.create_default_context()
    if verify:
        context.load_verify_locations(certifi.where())
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _errno_of(error: BaseException | None) -> int:
    """The system's reason at the root of a chain of exceptions."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__cause__ or error.__context__
    return errno.EHOSTUNREACH
