"""SQL jobs: statements on a datasource, in one transaction."""

from apps.jobs.runners.sql.run import OnLine, SqlEnd, SqlSpec, run

__all__ = ["OnLine", "SqlEnd", "SqlSpec", "run"]
