"""HTTP jobs: one request, judged by its status."""

from apps.jobs.runners.http.run import HttpEnd, HttpSpec, run

__all__ = ["HttpEnd", "HttpSpec", "run"]
