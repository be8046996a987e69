"""What is there of a ledger's definitions and rights in PostgreSQL, beside what this program makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from psycopg import Connection

from ledger.store.contract import Fault
from ledger.store.postgres.definitions import CONSTRAINTS, FUNCTIONS, INDEXES, MARK, RIGHTS, SCHEMA, TABLES, TRIGGERS

_SAFE: Final = "search_path=pg_catalog, pg_temp"
_MADE: Final = """
WITH ours AS (SELECT oid, nspowner, nspacl FROM pg_namespace WHERE nspname = 'monazite'),
rel AS (SELECT c.* FROM pg_class c JOIN ours ON c.relnamespace = ours.oid)
SELECT 'schema', 'monazite', coalesce(obj_description(oid, 'pg_namespace'), '') FROM ours
UNION ALL
SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' ELSE 'relation' END, relname::text,
    concat_ws(' ', relkind, relpersistence, relrowsecurity, relispartition, relhassubclass,
        EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = rel.oid)) || ': ' || coalesce((
        SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod),
            CASE WHEN attcollation = 0 THEN NULL ELSE 'COLLATE "' || collname || '"' END,
            CASE WHEN attnotnull THEN 'NOT NULL' END, CASE WHEN atthasdef THEN 'DEFAULT' END,
            nullif(attidentity, ''), nullif(attgenerated, '')), ', ' ORDER BY attnum)
        FROM pg_attribute LEFT JOIN pg_collation l ON l.oid = attcollation
        WHERE attrelid = rel.oid AND attnum > 0 AND NOT attisdropped), '')
FROM rel WHERE relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT 'index', rel.relname::text, pg_get_indexdef(rel.oid) || CASE WHEN indisvalid AND indisready THEN '' ELSE ' INVALID' END
FROM rel JOIN pg_index i ON i.indexrelid = rel.oid
UNION ALL
SELECT 'constraint', conname::text, conrelid::regclass::text || ' ' || pg_get_constraintdef(k.oid)
    || CASE WHEN convalidated THEN '' ELSE ' NOT VALID' END
FROM pg_constraint k JOIN rel ON rel.oid = k.conrelid WHERE contype <> 'n'
UNION ALL
SELECT 'trigger', tgname::text, pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
FROM pg_trigger t JOIN rel ON rel.oid = t.tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT 'rule', rulename::text, pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN rel ON rel.oid = r.ev_class
UNION ALL
SELECT 'policy', polname::text, '' FROM pg_policy p JOIN rel ON rel.oid = p.polrelid
UNION ALL
SELECT 'function', proname::text, concat_ws(' ', nullif(pg_get_function_arguments(p.oid), ''), '->', pg_get_function_result(p.oid),
    lanname, prosecdef, array_to_string(proconfig, ';'), prosrc)
FROM pg_proc p JOIN ours ON p.pronamespace = ours.oid JOIN pg_language g ON g.oid = p.prolang
UNION ALL
SELECT 'right', concat_ws(' ', relname, coalesce(r.rolname, 'public')),
    string_agg(privilege_type || CASE WHEN is_grantable THEN '*' ELSE '' END, ' ' ORDER BY privilege_type)
FROM rel, aclexplode(relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> relowner GROUP BY relname, r.rolname
UNION ALL
SELECT 'right', concat_ws(' ', relname, coalesce(r.rolname, 'public')), 'on a column'
FROM rel JOIN pg_attribute t ON t.attrelid = rel.oid, aclexplode(attacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> relowner AND privilege_type <> 'SELECT'
UNION ALL
SELECT 'right', concat_ws(' ', proname || '()', 'public'), 'EXECUTE'
FROM pg_proc p JOIN ours ON p.pronamespace = ours.oid
WHERE prosecdef AND (proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(proacl) WHERE grantee = 0))
UNION ALL
SELECT 'right', concat_ws(' ', 'schema', coalesce(r.rolname, 'public')), privilege_type
FROM ours, aclexplode(nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> nspowner AND privilege_type <> 'USAGE'
UNION ALL
SELECT 'owner', relname::text, pg_get_userbyid(relowner) FROM rel, ours WHERE relkind = 'r' AND relowner <> nspowner
UNION ALL
SELECT 'owner', proname::text, pg_get_userbyid(proowner)
FROM pg_proc p JOIN ours ON p.pronamespace = ours.oid WHERE proowner <> nspowner
"""


def _ours() -> dict[tuple[str, str], str]:
    """Every definition as this program makes it, and as the server says it back."""
    wanted = {("schema", SCHEMA): MARK}
    for table, described in TABLES.items():
        said = ", ".join(f"{name} {kind}" for name, kind in described.items())
        wanted["table", table] = f"r p f f f f: {said}"
    for name, (table, what) in CONSTRAINTS.items():
        wanted["constraint", name] = f"{SCHEMA}.{table} {what}"
        if not what.startswith("CHECK"):
            columns = what[what.index("(") :]
            wanted["index", name] = f"CREATE UNIQUE INDEX {name} ON {SCHEMA}.{table} USING btree {columns}"
    wanted |= {("index", name): statement for name, statement in INDEXES.items()}
    wanted |= {("trigger", name): f"{statement} A" for name, (_table, statement) in TRIGGERS.items()}
    for name, (arguments, result, as_owner, body) in FUNCTIONS.items():
        flag = "t" if as_owner else "f"
        wanted["function", name] = " ".join(
            part for part in (arguments, "->", result, "plpgsql", flag, _SAFE, body) if part
        )
    return wanted


def made(connection: Connection[Any]) -> dict[tuple[str, str], str]:
    """Every definition in the ledger's schema, by type and name; two of one name are one that says both."""
    found: dict[tuple[str, str], str] = {}
    for kind, name, what in connection.execute(_MADE).fetchall():
        found[kind, name] = f"{found[kind, name]}; {what}" if (kind, name) in found else what
    return found


def changed_definitions(connection: Connection[Any]) -> Iterator[Fault]:
    """Definitions that are missing, foreign or otherwise than this program makes them, and rights that nobody should have."""
    found, wanted = made(connection), _ours()
    for kind, name in sorted(wanted.keys() | found.keys()):
        subject = f"{kind}:{name}"
        if kind == "owner":
            yield Fault(
                "SEAL-SCHEMA", subject, f"{name} belongs to {found[kind, name]}, not to the owner of the schema"
            )
        elif kind == "right":
            yield from _excess(name, found[kind, name])
        elif (kind, name) not in found:
            yield Fault("SEAL-SCHEMA", subject, f"{kind} {name} is missing")
        elif (kind, name) not in wanted:
            yield Fault("SEAL-SCHEMA", subject, f"{kind} {name} is not Monazite's")
        elif found[kind, name] != wanted[kind, name]:
            yield Fault("SEAL-SCHEMA", subject, f"{kind} {name} is defined otherwise")


def _excess(name: str, rights: str) -> Iterator[Fault]:
    what, _, role = name.partition(" ")
    if set(rights.replace(";", "").split()) - RIGHTS.get(what, frozenset()):
        yield Fault("SEAL-SCHEMA", f"right:{what}", f"{role} may do more with {what} than read and append: {rights}")
