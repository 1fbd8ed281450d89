"""Runs of definitions that nobody saved: each has a version of number 0. Before the new code."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="source",
            field=models.CharField(
                choices=[
                    ("cron", "cron"),
                    ("interval", "interval"),
                    ("once", "once"),
                    ("manual", "by hand"),
                    ("api", "API"),
                    ("rerun", "run again"),
                    ("trial", "trial"),
                ],
                max_length=10,
                verbose_name="source",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number__gt", 0)),
                fields=("job", "number"),
                name="jobs_number_of_a_version",
            ),
        ),
        migrations.RemoveConstraint(model_name="jobversion", name="jobs_version_number"),
    ]
