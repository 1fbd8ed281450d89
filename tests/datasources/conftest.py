"""Servers of users' databases, started when a test first asks for one."""

from tests.servers import closed_port, mariadb_authority, mariadb_root, mariadb_server, postgres_server

__all__ = ["closed_port", "mariadb_authority", "mariadb_root", "mariadb_server", "postgres_server"]
