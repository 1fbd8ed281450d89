"""Audit entries. Runs before the new code; makes new tables only."""

import django.core.serializers.json
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="time",
                    ),
                ),
                ("actor_id", models.CharField(blank=True, max_length=64, verbose_name="actor id")),
                ("actor_name", models.CharField(blank=True, max_length=150, verbose_name="actor")),
                ("action", models.CharField(max_length=80, verbose_name="action")),
                ("object_type", models.CharField(blank=True, max_length=80, verbose_name="object type")),
                ("object_id", models.CharField(blank=True, max_length=64, verbose_name="object id")),
                ("object_name", models.CharField(blank=True, max_length=200, verbose_name="object")),
                (
                    "detail",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="detail",
                    ),
                ),
                ("ip", models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request id")),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "ordering": ["-id"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["object_type", "object_id", "-id"], name="audit_entry_object"),
                    models.Index(fields=["actor_id", "-id"], name="audit_entry_actor"),
                    models.Index(fields=["-at", "-id"], name="audit_entry_newest"),
                ],
            },
        ),
    ]
