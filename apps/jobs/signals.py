"""What jobs announce, after commit, with ids only."""

from django.dispatch import Signal

#: run_id, job_id, attempt, state, event_id, reason: a run came into a state. The tenant is the connection's.
run_moved = Signal()
#: run_id, attempt, first_line, text: lines were added to a log.
log_grew = Signal()
#: job_id, what, version, by_id, at: a job was created, changed, paused, resumed or deleted, which is ``what``.
#: version: the number that is current now, None after the end. by_id: the user; at: when, by the database's clock.
job_changed = Signal()
