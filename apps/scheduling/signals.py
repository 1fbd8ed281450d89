"""What higher apps hear of triggers, after commit, with ids only."""

from __future__ import annotations

from django.dispatch import Signal

#: trigger_id, job_id, what, by_id, at: somebody created, changed, paused, resumed or deleted a trigger, which is
#: ``what``. Not sent when it fires, nor for what it shares with its job: muted with it, gone with it.
trigger_changed = Signal()
