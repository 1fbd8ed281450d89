"""A cloned schema is what a migrated schema is, to the last index name."""

import pytest
from django.db import ProgrammingError, transaction
from django_tenants.utils import schema_context

from apps.tenants.domain.names import TEMPLATE_SCHEMA
from apps.tenants.errors import NoTemplate
from apps.tenants.models import Tenant
from apps.tenants.services.clone import CannotClone, clone_schema
from kernel.schemas import connection

pytestmark = pytest.mark.django_db

# Names are printed bare inside the schema, because it alone is on the search path.
CATALOGUE = {
    "relations": """
        SELECT relname, relkind, relpersistence, reloptions, relrowsecurity FROM pg_class
         WHERE relnamespace = %(s)s::regnamespace AND relkind NOT IN ('t')""",
    "columns": """
        SELECT c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
               format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
               a.attcollation::regcollation::text, a.attstorage, pg_get_expr(d.adbin, d.adrelid),
               col_description(c.oid, a.attnum)
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relnamespace = %(s)s::regnamespace AND c.relkind = 'r'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid), convalidated
          FROM pg_constraint WHERE connamespace = %(s)s::regnamespace""",
    "indexes": """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid, 0, true), i.indisvalid, i.indisreplident
          FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace = %(s)s::regnamespace AND c.relkind = 'r'""",
    "triggers": """
        SELECT tgname, pg_get_triggerdef(t.oid, true), tgenabled FROM pg_trigger t
          JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = %(s)s::regnamespace AND NOT tgisinternal""",
    "functions": """
        SELECT proname, pg_get_function_identity_arguments(oid), pg_get_function_result(oid), prosrc, provolatile,
               prosecdef, prokind FROM pg_proc WHERE pronamespace = %(s)s::regnamespace""",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle, cache_size
          FROM pg_sequences WHERE schemaname = %(s)s""",
    "types": """
        SELECT typname, typtype FROM pg_type WHERE typnamespace = %(s)s::regnamespace""",
    "migrations": "SELECT app, name FROM django_migrations",
    "permissions": "SELECT id, codename, content_type_id FROM auth_permission",
}


def catalogue(schema: str) -> dict[str, list[tuple]]:
    with schema_context(schema):
        connection.set_schema(schema, include_public=False)
        with connection.cursor() as cursor:
            found = {}
            for what, query in CATALOGUE.items():
                cursor.execute(query, {"s": schema})
                found[what] = sorted(cursor.fetchall(), key=repr)
    return found


def alter_template(statement: str) -> None:
    """What a migration would do to the template; undone with the test."""
    with schema_context(TEMPLATE_SCHEMA), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("what", sorted(CATALOGUE))
def test_a_clone_has_everything_that_migrations_made(what):
    # Given acme, whose schema was cloned, and the template, whose schema was migrated
    cloned, migrated = catalogue(Tenant.objects.get(slug="acme").schema_name), catalogue(TEMPLATE_SCHEMA)

    assert migrated[what], "the template has none: the test would compare nothing with nothing"
    assert cloned[what] == migrated[what]


def test_a_clone_points_to_itself_and_to_public_only():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT f.relnamespace::regnamespace::text FROM pg_constraint n
                 JOIN pg_class f ON f.oid = n.confrelid WHERE n.connamespace = 't_acme'::regnamespace"""
        )
        assert {row[0] for row in cursor.fetchall()} == {"t_acme", "public"}


def test_rows_sequences_and_odd_things_come_along():
    # Given a template with what later migrations may bring
    alter_template(
        """
        CREATE TABLE "Odd ""table" (
            id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY,
            "select" text COLLATE "C" DEFAULT 'it''s 100%' NOT NULL,
            twice int GENERATED ALWAYS AS (length("select") * 2) STORED,
            parent bigint REFERENCES "Odd ""table" DEFERRABLE INITIALLY DEFERRED,
            during tstzrange, EXCLUDE USING gist (during WITH &&)
        ) WITH (fillfactor = 70);
        COMMENT ON COLUMN "Odd ""table"."select" IS 'a word';
        ALTER TABLE "Odd ""table" RENAME TO odd;
        CREATE INDEX odd_partial ON odd (lower("select")) INCLUDE (parent) WHERE parent IS NOT NULL;
        CREATE UNLOGGED TABLE odd_cache (k text PRIMARY KEY);
        ALTER TABLE odd DROP COLUMN during;
        INSERT INTO odd ("select") VALUES ('first'), ('second');
        """
    )

    clone_schema(TEMPLATE_SCHEMA, "t_copy")

    assert catalogue("t_copy") == catalogue(TEMPLATE_SCHEMA)
    with schema_context("t_copy"), connection.cursor() as cursor:
        cursor.execute("INSERT INTO odd (\"select\") VALUES ('third')")
        cursor.execute('SELECT id, "select", twice FROM odd ORDER BY id')
        assert cursor.fetchall() == [(100, "first", 10), (105, "second", 12), (110, "third", 10)]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE VIEW people AS SELECT 1", "view people"),
        ("CREATE MATERIALIZED VIEW totals AS SELECT 1", "materialized view totals"),
        ("CREATE SEQUENCE tickets", "sequence tickets"),
        ("CREATE TABLE logs (d date) PARTITION BY RANGE (d)", "partitioned table logs"),
        ("CREATE TYPE mood AS ENUM ('good')", "type mood"),
        ("ALTER TABLE auth_group ENABLE ROW LEVEL SECURITY", "row security on auth_group"),
    ],
)
def test_what_can_not_be_copied_is_refused_by_name(statement, what):
    alter_template(statement)

    with pytest.raises(CannotClone) as refusal:
        clone_schema(TEMPLATE_SCHEMA, "t_copy")

    assert str(refusal.value) == f"The template schema can't be copied: it holds {what}."


def test_the_connection_is_left_where_it_was(acme):
    clone_schema(TEMPLATE_SCHEMA, "t_copy")

    assert connection.schema_name == acme.schema_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        assert cursor.fetchone() == ("t_acme",)


def test_nothing_is_cloned_over_an_existing_schema():
    with pytest.raises(ProgrammingError, match="already exists"), transaction.atomic():
        clone_schema(TEMPLATE_SCHEMA, "t_acme")


def test_without_a_template_the_remedy_is_named():
    with pytest.raises(NoTemplate, match="setup_platform"):
        clone_schema("_gone", "t_copy")
