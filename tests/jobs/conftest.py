"""Servers of users' databases, started when a test first asks for one."""

from tests.servers import mariadb_authority, mariadb_root, mariadb_server, postgres_server

__all__ = ["mariadb_authority", "mariadb_root", "mariadb_server", "postgres_server"]
