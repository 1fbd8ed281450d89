"""Finds the runs of a trial's version, for no index leads there otherwise. Before the new code.

Built beside the traffic, so not in one transaction: what a try that broke off has left is removed first.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0003_jobs_in_order")]

    operations = [
        migrations.RunSQL('DROP INDEX CONCURRENTLY IF EXISTS "jobs_run_of_trial"', migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="run",
            index=models.Index(
                condition=models.Q(("source", "trial")), fields=["job", "version"], name="jobs_run_of_trial"
            ),
        ),
    ]
