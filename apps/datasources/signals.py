"""What higher apps hear of a datasource's life."""

from __future__ import annotations

from django.dispatch import Signal

datasource_deleting = Signal()
"""The row is about to go. Sent inside the transaction: who still needs it raises ``errors.StillUsed``.

Argument: datasource_id.
"""

datasource_changed = Signal()
"""A datasource was created, changed or deleted; a test of it changes what is known of it. Sent after the commit.

Arguments: datasource_id, what (one of the three words), by_id, at (by the database's clock).
"""
