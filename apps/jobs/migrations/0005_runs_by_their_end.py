"""How runs ended, found without touching them: for figures of days and weeks. Before the new code or after it.

Built beside the traffic, so not in one transaction: what a try that broke off has left is removed first.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEXES = [
    models.Index(
        condition=models.Q(("finished_at__isnull", False)),
        fields=["job", "finished_at"],
        include=("state", "source", "queued_at", "started_at", "failures"),
        name="jobs_run_ended",
    ),
    models.Index(
        condition=models.Q(("state", "failed")),
        fields=["-finished_at", "-id"],
        name="jobs_run_failed",
    ),
]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0004_run_of_trial")]

    operations = [
        operation
        for index in INDEXES
        for operation in (
            migrations.RunSQL(f'DROP INDEX CONCURRENTLY IF EXISTS "{index.name}"', migrations.RunSQL.noop),
            AddIndexConcurrently(model_name="run", index=index),
        )
    ]
