"""A server of a user's database, started when a test first asks for it."""

from tests.servers import closed_port, postgres_server

__all__ = ["closed_port", "postgres_server"]
