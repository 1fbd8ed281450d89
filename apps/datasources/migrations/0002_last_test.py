"""How the last test of a datasource ended. Runs before the new code; adds columns that old code leaves at their defaults."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasources", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="datasource",
            name="test_code",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text='"ok", or the code of the cause; empty before the first test of these settings.',
                max_length=100,
                verbose_name="outcome of the last test",
            ),
        ),
        migrations.AddField(
            model_name="datasource",
            name="test_latency_ms",
            field=models.FloatField(
                editable=False, null=True, verbose_name="latency at the last test, milliseconds"
            ),
        ),
        migrations.AddField(
            model_name="datasource",
            name="test_message",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                editable=False,
                help_text="A sentence for gettext and its parameters.",
                verbose_name="cause that the last test found",
            ),
        ),
        migrations.AddField(
            model_name="datasource",
            name="test_server",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=200,
                verbose_name="server that answered the last test",
            ),
        ),
        migrations.AddField(
            model_name="datasource",
            name="tested_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last tested"),
        ),
        migrations.AddConstraint(
            model_name="datasource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("test_code", ""), ("tested_at", None)),
                    models.Q(("tested_at__isnull", False), models.Q(("test_code", ""), _negated=True)),
                    _connector="OR",
                ),
                name="datasource_test_has_time_and_outcome",
            ),
        ),
    ]
