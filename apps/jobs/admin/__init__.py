"""Jobs and runs on the tenant's admin site."""

from apps.jobs.admin.jobs import JobAdmin
from apps.jobs.admin.runs import RunAdmin

__all__ = ["JobAdmin", "RunAdmin"]
