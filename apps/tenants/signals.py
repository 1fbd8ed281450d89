"""What other apps hear of a tenant's life.

Unlike the news of runs these are sent inside the transaction: a receiver adds its rows to it, or stops
it by raising. The connection is in the schema that is named below.
"""

from __future__ import annotations

from django.dispatch import Signal

platform_set_up = Signal()
"""The platform's own rows are there, perhaps since long. A receiver adds its own that are missing.

Sent in the public schema, at each run of setup_platform. No arguments.
"""

tenant_created = Signal()
"""A schema is complete and has its first user. Sent in the tenant's schema. Argument: tenant_id."""

tenant_suspended = Signal()
"""Sent in the public schema. Argument: tenant_id."""

tenant_resumed = Signal()
"""Sent in the public schema. Argument: tenant_id."""

tenant_deleted = Signal()
"""The tenant's row and its schema are about to go. Sent in the public schema. Argument: tenant_id.

Rows with a foreign key to the tenant go by themselves.
"""

secrets_rotating = Signal()
"""Encrypt every stored secret of this schema again, under the first key. Sent in each tenant's schema.

Argument: keys (str, as in JIEPAI_ENCRYPTION_KEYS). A receiver returns how many it has written.
"""
