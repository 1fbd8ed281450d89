"""Datasources. Runs before the new code; makes one new table."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Datasource",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("postgresql", "PostgreSQL"),
                            ("mysql", "MySQL / MariaDB"),
                            ("sqlite", "SQLite"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=253, verbose_name="host")),
                (
                    "port",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(65535),
                        ],
                        verbose_name="port",
                    ),
                ),
                ("database", models.CharField(blank=True, max_length=128, verbose_name="database")),
                ("username", models.CharField(blank=True, max_length=128, verbose_name="user name")),
                (
                    "password_token",
                    models.TextField(blank=True, editable=False, verbose_name="encrypted password"),
                ),
                (
                    "path",
                    models.CharField(
                        blank=True,
                        help_text="SQLite only: the file's path inside the tenant's own folder.",
                        max_length=255,
                        verbose_name="file",
                    ),
                ),
                ("options", models.JSONField(blank=True, default=dict, verbose_name="options")),
                (
                    "is_read_only",
                    models.BooleanField(
                        default=False,
                        help_text="The server refuses every statement that writes.",
                        verbose_name="read only",
                    ),
                ),
                (
                    "statement_timeout_seconds",
                    models.PositiveIntegerField(
                        default=300,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(86400),
                        ],
                        verbose_name="statement timeout, seconds",
                    ),
                ),
                (
                    "max_rows",
                    models.PositiveIntegerField(
                        default=10000,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000000),
                        ],
                        verbose_name="most rows of a result",
                    ),
                ),
                (
                    "max_connections",
                    models.PositiveSmallIntegerField(
                        default=4,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(32),
                        ],
                        verbose_name="most connections of one worker process",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "datasource",
                "verbose_name_plural": "datasources",
                "ordering": ["name", "pk"],
                "permissions": [("use_datasource", "Can run SQL on a datasource")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("host", ""),
                                ("kind", "sqlite"),
                                ("password_token", ""),
                                ("port", None),
                                ("username", ""),
                                models.Q(("path", ""), _negated=True),
                            ),
                            models.Q(
                                ("path", ""),
                                ("port__isnull", False),
                                models.Q(("kind", "sqlite"), _negated=True),
                                models.Q(("host", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="datasource_has_file_or_host",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            statement_timeout_seconds__gte=1, max_rows__gte=1, max_connections__gte=1
                        ),
                        name="datasource_limits_are_positive",
                    ),
                ],
            },
        ),
    ]
