"""What the web pages remember for a user. Runs before the new code; adds two columns, which the old one leaves alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_drop_old_sessions"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="notices_read_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="notices read"),
        ),
        migrations.AddField(
            model_name="user",
            name="preferences",
            field=models.JSONField(
                blank=True, db_default={}, default=dict, editable=False, verbose_name="preferences"
            ),
        ),
    ]
