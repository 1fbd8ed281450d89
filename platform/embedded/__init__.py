"""PostgreSQL and Valkey without anything to install: for `make run` on one machine and for the tests.

    with EmbeddedPostgres(Path("var/postgres"), durable=True) as pg, EmbeddedValkey(Path("var/valkey")) as vk:
        pg.url("jiepai"), vk.url, vk.broker_url

No Django here. docs/adr/0003-embedded-postgres-as-root.md says what happens when root starts them.
"""

from embedded.account import ServerError
from embedded.postgres import EmbeddedPostgres
from embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedValkey", "ServerError"]
