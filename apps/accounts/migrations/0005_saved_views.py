"""Saved views of lists. Runs before the new code; makes one new table."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_preferences"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "page",
                    models.CharField(
                        choices=[("jobs", "jobs"), ("runs", "runs")], max_length=16, verbose_name="page"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=2000, verbose_name="filters")),
                ("is_default", models.BooleanField(default=False, verbose_name="is shown first")),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["page", "position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "page", "name"), name="accounts_savedview_name_of_user"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("user", "page"),
                        name="accounts_savedview_one_default",
                    ),
                ],
            },
        ),
    ]
