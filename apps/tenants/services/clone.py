"""A new schema as a copy of another: in time that depends on the number of tables, not of migrations.

The copy is made from PostgreSQL's own catalogue, in the caller's transaction. Names of indexes and
constraints are kept, because later migrations call them by name; that is why indexes are not left to
``CREATE TABLE … LIKE``, which invents names. docs/adr/0006-clone-of-a-template-schema.md tells what else was tried.

Copied: tables with their rows, defaults, identities, checks, keys, indexes, storage parameters,
statistics, comments; foreign keys inside the schema and out of it; functions and triggers. A schema
with anything else is refused.
"""

from __future__ import annotations

from django_tenants.utils import quote_schema_name, schema_context, schema_exists

from apps.tenants.errors import NoTemplate
from kernel.errors import N_, PlatformError
from kernel.schemas import connection


class CannotClone(PlatformError):
    """The template has something that this module does not copy: teach it, before that migration is used."""

    code = "tenant.cannot_clone"
    template = N_("The template schema can't be copied: it holds %(what)s.")


# What would be lost. Identity sequences (deptype i) and row types of tables come with their tables.
_UNKNOWN = """
SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
       WHEN 'p' THEN 'partitioned table ' ELSE 'relation ' END || c.relname
  FROM pg_class c
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind NOT IN ('r', 'i', 't', 'c')
   AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
            AND d.objid = c.oid AND d.deptype = 'i'))
UNION ALL
SELECT 'type ' || t.typname FROM pg_type t
 WHERE t.typnamespace = %(schema)s::regnamespace AND t.typtype IN ('e', 'd', 'r')
UNION ALL
SELECT 'composite type ' || c.relname FROM pg_class c
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'c'
UNION ALL
SELECT 'row security on ' || c.relname FROM pg_class c
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relrowsecurity
UNION ALL
SELECT 'inheritance of ' || c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r'
ORDER BY 1 LIMIT 1
"""

# Each of these gives the statements of one step, to be run with only the copy on the search path.
# With only the original on it, the catalogue's functions print names inside the schema bare and
# names outside it in full: exactly what the copy needs. Functions are always printed in full.
_FUNCTIONS = """
SELECT regexp_replace(pg_get_functiondef(p.oid),
       '^(CREATE OR REPLACE (?:FUNCTION|PROCEDURE) )(?:"[^"]+"|[^".]+)\\.', '\\1')
  FROM pg_proc p WHERE p.pronamespace = %(schema)s::regnamespace AND p.prokind IN ('f', 'p') ORDER BY p.oid
"""
_TABLES = """
SELECT format('CREATE %%sTABLE %%I (LIKE %%s INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY)',
              CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
              c.relname, %(schema)s::regnamespace || '.' || quote_ident(c.relname))
       || CASE WHEN c.reloptions IS NULL THEN ''
          ELSE format('; ALTER TABLE %%I SET (%%s)', c.relname, array_to_string(c.reloptions, ', ')) END
  FROM pg_class c WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r' ORDER BY c.oid
"""
_ROWS = """
SELECT format('INSERT INTO %%1$I (%%2$s) SELECT %%2$s FROM %%3$s', c.relname,
              string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
              %(schema)s::regnamespace || '.' || quote_ident(c.relname))
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r'
   AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 GROUP BY c.oid, c.relname ORDER BY c.oid
"""
# Not left to LIKE either: the sequence of a table that was renamed has kept its old name.
_IDENTITIES = """
SELECT format('ALTER TABLE %%I ALTER %%I ADD GENERATED %%s AS IDENTITY (SEQUENCE NAME %%I START %%s INCREMENT %%s '
              'MINVALUE %%s MAXVALUE %%s CACHE %%s %%s)',
              c.relname, a.attname, CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, s.relname,
              q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache,
              CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END)
       || coalesce('; SELECT setval(' || quote_literal(quote_ident(s.relname)) || ', '
                   || pg_sequence_last_value(s.oid) || ')', '')
  FROM pg_class s
  JOIN pg_sequence q ON q.seqrelid = s.oid
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype = 'i'
  JOIN pg_class c ON c.oid = d.refobjid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
 WHERE s.relnamespace = %(schema)s::regnamespace ORDER BY s.oid
"""
_KEYS = """
SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', n.conrelid::regclass, n.conname,
              pg_get_constraintdef(n.oid))
  FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
 WHERE c.relnamespace = %(schema)s::regnamespace AND n.contype IN ('p', 'u', 'x') ORDER BY n.oid
"""
_INDEXES = """
SELECT pg_get_indexdef(i.indexrelid, 0, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r'
   AND NOT EXISTS (SELECT FROM pg_constraint n WHERE n.conindid = i.indexrelid AND n.contype IN ('p', 'u', 'x'))
 ORDER BY i.indexrelid
"""
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', n.conrelid::regclass, n.conname,
              pg_get_constraintdef(n.oid))
  FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
 WHERE c.relnamespace = %(schema)s::regnamespace AND n.contype = 'f' ORDER BY n.oid
"""
_TRIGGERS = """
SELECT pg_get_triggerdef(t.oid, true) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = %(schema)s::regnamespace AND NOT t.tgisinternal ORDER BY t.oid
"""


_STEPS = (_FUNCTIONS, _TABLES, _ROWS, _IDENTITIES, _KEYS, _INDEXES, _FOREIGN_KEYS, _TRIGGERS)

TEMPLATE_LOCK = (
    0x4A69_6570_6169_0001  # "Jiepai", 1: shared by copies, exclusive to a migration of the template
)


def clone_schema(source: str, target: str) -> None:
    """Make ``target`` a copy of ``source``; the connection is in the schema it was in before.

    Must be called inside a transaction, which then takes the new schema with it if it fails. Waits
    while the source is being migrated. Raises NoTemplate when there is no source, CannotClone when
    it holds what is not copied, ProgrammingError when the target exists.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("clone_schema() needs a transaction")
    with schema_context(source):
        connection.set_schema(source, include_public=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [TEMPLATE_LOCK])
            if not schema_exists(source):
                raise NoTemplate
            cursor.execute(_UNKNOWN, {"schema": source})
            if unknown := cursor.fetchone():
                raise CannotClone(what=unknown[0])
            steps = []
            for step in _STEPS:
                cursor.execute(step, {"schema": source})
                steps.append(";\n".join(row[0] for row in cursor.fetchall()))
        connection.set_schema(target, include_public=False)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {quote_schema_name(target)}")
            for statements in filter(None, steps):
                cursor.execute(statements)
