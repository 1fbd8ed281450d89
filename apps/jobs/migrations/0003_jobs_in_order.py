"""A page of ten thousand jobs in order of name or change. Before the new code or after it.

Built beside the traffic, so not in one transaction: what a try that broke off has left is removed first.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

LIVE = models.Q(("deleted_at__isnull", True))
INDEXES = [
    models.Index(condition=LIVE, fields=["name", "id"], name="jobs_live_by_name"),
    models.Index(condition=LIVE, fields=["updated_at", "id"], name="jobs_live_by_change"),
]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0002_trials")]

    operations = [
        operation
        for index in INDEXES
        for operation in (
            migrations.RunSQL(f'DROP INDEX CONCURRENTLY IF EXISTS "{index.name}"', migrations.RunSQL.noop),
            AddIndexConcurrently(model_name="job", index=index),
        )
    ]
