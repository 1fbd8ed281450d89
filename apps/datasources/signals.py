"""What higher apps hear of a datasource's life."""

from __future__ import annotations

from django.dispatch import Signal

datasource_deleting = Signal()
"""The row is about to go. Sent inside the transaction: who still needs it raises ``errors.StillUsed``.

Argument: datasource_id.
"""
