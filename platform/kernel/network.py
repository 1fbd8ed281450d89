"""Connections that users name: which addresses they may reach, and a connect that can be stopped.

A name is resolved once, each of its addresses is checked, and the connection goes to a checked address.
A second look-up between check and connect could give another answer (DNS rebinding).
"""

from __future__ import annotations

import errno
import ipaddress
import os
import selectors
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from kernel.errors import N_, JobError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class HostUnknown(JobError):
    code = "network.unknown_host"
    template = N_('The host "%(host)s" is not known: its name can\'t be resolved.')


class AddressRefused(JobError):
    code = "network.address_refused"
    template = N_('The address %(address)s of the host "%(host)s" is closed to jobs.')


class PortRefused(JobError):
    code = "network.refused"
    template = N_("Nothing listens on port %(port)d of %(host)s: the connection was refused.")


class ConnectTimeout(JobError):
    code = "network.timeout"
    template = N_("%(host)s did not answer on port %(port)d within %(seconds)g s.")


class Unreachable(JobError):
    code = "network.unreachable"
    template = N_("%(host)s can't be reached on port %(port)d: %(reason)s.")


class Stopped(Exception):
    """The caller's stop signal came before the connection stood."""


class StopSignal(Protocol):
    """What is readable from the moment on at which the work shall stop."""

    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be reached: none of ``deny``, unless one of ``allow`` holds it too."""

    deny: tuple[IpNetwork, ...]
    allow: tuple[IpNetwork, ...] = ()

    @classmethod
    def of(cls, deny: Iterable[str], allow: Iterable[str] = ()) -> Guard:
        """From networks in CIDR notation. Raises ValueError when one is malformed."""
        return cls(tuple(map(ipaddress.ip_network, deny)), tuple(map(ipaddress.ip_network, allow)))

    def admits(self, address: IpAddress) -> bool:
        address = plain(address)
        if any(address in network for network in self.allow):
            return True
        return not address.is_multicast and not any(address in network for network in self.deny)


def plain(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), or the address itself.

    ``::ffff:127.0.0.1`` reaches what ``127.0.0.1`` reaches.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address


def resolve(host: str, port: int, *, guard: Guard) -> list[str]:
    """The addresses of a host, in the resolver's order, each of them admitted. Blocks for the resolver.

    Raises HostUnknown, and AddressRefused when any address is not admitted: a name that mixes inside
    and outside is not trusted at all.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (socket.gaierror, UnicodeError):
        raise HostUnknown(host=host) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not guard.admits(ipaddress.ip_address(address.partition("%")[0])):
            raise AddressRefused(address=address, host=host)
    return addresses


def is_raised(stop: StopSignal | None) -> bool:
    if stop is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(stop.fileno(), selectors.EVENT_READ)
        return bool(selector.select(0))


def dial(
    host: str, port: int, *, guard: Guard, timeout_seconds: float, stop: StopSignal | None = None
) -> socket.socket:
    """A connected TCP socket to the first address of a host that answers.

    timeout_seconds: for all addresses together, without the time the resolver takes.
    Raises HostUnknown, AddressRefused, PortRefused, ConnectTimeout, Unreachable; Stopped once ``stop`` is
    readable.
    """
    deadline = time.monotonic() + timeout_seconds
    reason = errno.EHOSTUNREACH
    for address in resolve(host, port, guard=guard):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            reason = _connect(sock, address, port, deadline, stop)
        except BaseException:
            sock.close()
            raise
        if reason == 0:
            sock.setblocking(True)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return sock
        sock.close()
        if reason == errno.ETIMEDOUT and time.monotonic() >= deadline:
            break
    if reason == errno.ECONNREFUSED:
        raise PortRefused(host=host, port=port)
    if reason == errno.ETIMEDOUT:
        raise ConnectTimeout(host=host, port=port, seconds=timeout_seconds)
    raise Unreachable(host=host, port=port, reason=os.strerror(reason))


def _connect(sock: socket.socket, address: str, port: int, deadline: float, stop: StopSignal | None) -> int:
    """The errno of a connection attempt, 0 when it stands. Raises Stopped."""
    sock.setblocking(False)
    begun = sock.connect_ex((address, port))
    if begun != errno.EINPROGRESS:
        return begun
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        if stop is not None:
            selector.register(stop.fileno(), selectors.EVENT_READ)
        ready = selector.select(max(0.0, deadline - time.monotonic()))
    if any(key.fd != sock.fileno() for key, _ in ready):
        raise Stopped
    if not ready:
        return errno.ETIMEDOUT
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
