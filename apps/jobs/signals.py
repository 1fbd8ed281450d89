"""What jobs announce, after commit, with ids only."""

from django.dispatch import Signal

#: run_id, job_id, attempt, state, event_id, reason: a run came into a state. The tenant is the connection's.
run_moved = Signal()
#: run_id, attempt, first_line, text: lines were added to a log.
log_grew = Signal()
#: job_id: a job was paused, resumed, changed or deleted.
job_changed = Signal()
