"""Drop the table of Django's own sessions. Runs after the new code: the old one signs people in with it.

Everybody signs in once more. The table is named with the schema that is being migrated: one that has none of its own
must not reach for that of the public schema, which is in its search path.
"""

from django.db import migrations

DROP = """
DO $$ BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I.django_session', current_schema());
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_session"),
    ]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
    ]
