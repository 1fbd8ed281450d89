"""What the platform asks of its broker, Redis, Valkey or RabbitMQ: to carry doorbells, and to be away at times."""

from __future__ import annotations

from typing import Final

from celery.app.amqp import AMQP, Queues
from kombu import Exchange, Queue

from kernel import doorbell

UNUSED_QUEUE_SECONDS: Final = 3600


def options(url: str) -> dict[str, object]:
    """Transport options: a broker that hangs must not hang us, and a lost message is a lost ring only."""
    if url.startswith(("redis", "unix")):
        return {"socket_timeout": 5.0, "socket_connect_timeout": 5.0, "visibility_timeout": 60}
    return {"connect_timeout": 5.0, "write_timeout": 5.0}


class Doorbells(Queues):
    """How ``group.<name>`` and ``executor.<id>`` are declared, the same by who rings and who hears.

    They sit on the default exchange: a queue of an executor that has gone leaves no exchange and no binding behind.
    RabbitMQ drops what nobody heard in time, and the queue itself when nobody has asked for it for a while.
    """

    def new_missing(self, name: str) -> Queue:
        return Queue(
            name,
            Exchange(""),
            routing_key=name,
            expires=UNUSED_QUEUE_SECONDS,
            message_ttl=doorbell.EXPIRES_SECONDS,
        )


class Carrier(AMQP):
    queues_cls = Doorbells
