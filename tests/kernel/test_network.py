"""Which addresses a guard admits, and a connect that can be stopped."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from kernel import network
from kernel.network import Guard

INSIDE = Guard.of(["127.0.0.0/8", "::1/128", "10.0.0.0/8"], ["10.1.0.0/16", "224.0.0.251/32"])


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("192.0.2.1", True),
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("10.2.0.1", False),
        ("10.1.0.1", True),
        ("::1", False),
        ("2001:db8::1", True),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.1.0.1", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("239.1.2.3", False),
        ("224.0.0.251", True),
        ("ff02::1", False),
    ],
)
def test_an_address_is_admitted_by_what_it_reaches(address, admitted):
    assert INSIDE.admits(ipaddress.ip_address(address)) is admitted


def test_a_name_with_one_closed_address_is_closed(monkeypatch):
    def both(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in ("192.0.2.1", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)

    with pytest.raises(network.AddressRefused) as caught:
        network.resolve("mixed.test", 80, guard=INSIDE)
    assert caught.value.message == 'The address 127.0.0.1 of the host "mixed.test" is closed to jobs.'


def test_a_malformed_network_is_no_guard():
    with pytest.raises(ValueError, match="home"):
        Guard.of(["home"])


def test_the_next_address_is_tried_when_one_refuses(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def two(host, number, **_):
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, number)) for a in ("127.0.0.2", "127.0.0.1")
            ]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        with network.dial("two.test", port, guard=Guard(()), timeout_seconds=5) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
            assert sock.gettimeout() is None


def test_a_label_that_is_too_long_is_an_unknown_host():
    with pytest.raises(network.HostUnknown):
        network.resolve("a" * 70 + ".example", 80, guard=INSIDE)
