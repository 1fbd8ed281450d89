"""Facts of the tenant plane: jobs and their versions, runs and what became of them."""

from apps.jobs.models.history import Attempt, LogChunk, RunEvent, RunResult
from apps.jobs.models.jobs import Job, JobVersion
from apps.jobs.models.runs import Run

__all__ = ["Attempt", "Job", "JobVersion", "LogChunk", "Run", "RunEvent", "RunResult"]
