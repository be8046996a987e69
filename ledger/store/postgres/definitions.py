"""Tables, triggers, functions and rights of a ledger in PostgreSQL, as they are made and as they should be.

All of it is in one schema of one database. Each definition is spelled as the server spells it back, so that one text makes
it and is compared with what is there. Who may do what:

- the owner, whoever ran `monazite init`, made everything and could unmake it; nobody records as the owner;
- `<database>_writer` may read, and insert entries, events and subjects; the head and the map, which change, move through
  functions alone. It has no UPDATE, DELETE or TRUNCATE on anything;
- `<database>_reader` may read, which is all that verification needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from psycopg import Connection, sql

from ledger.errors import UsageError
from ledger.store.contract import Fault

SCHEMA: Final = "monazite"
MARK: Final = "Monazite ledger, definitions 1"
"""The schema's comment, so that we know whose it is."""
BUSY_SECONDS = 30.0
NO_LEAF: Final = bytes(32)
_LONGEST: Final = 63
"""Bytes of a name, as the server is built."""

_TEXT: Final = 'text COLLATE "C"'
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "entries": {"sequence": "bigint NOT NULL", "leaf": "bytea NOT NULL", "data": "bytea NOT NULL"},
    "events": {
        "entry": "bigint NOT NULL",
        "position": "bigint NOT NULL",
        "hash": f"{_TEXT} NOT NULL",
        "kind": f"{_TEXT} NOT NULL",
        "actor": f"{_TEXT} NOT NULL",
        "ref": _TEXT,
        "data": "bytea NOT NULL",
    },
    "subjects": {"subject": f"{_TEXT} NOT NULL", "entry": "bigint NOT NULL", "position": "bigint NOT NULL"},
    "head": {
        "id": "bigint NOT NULL",
        "size": "bigint NOT NULL",
        "leaf": "bytea NOT NULL",
        "frontier": "bytea NOT NULL",
        "checkpoint": "bytea",
    },
    "map_head": {"id": "bigint NOT NULL", "entry": "bigint NOT NULL", "size": "bigint NOT NULL"},
    "map_pages": {"number": "bigint NOT NULL", "data": "bytea NOT NULL"},
}
CONSTRAINTS: Final = {
    "entries_pkey": ("entries", "PRIMARY KEY (sequence)"),
    "events_pkey": ("events", 'PRIMARY KEY (entry, "position")'),
    "events_hash_key": ("events", "UNIQUE (hash)"),
    "subjects_pkey": ("subjects", 'PRIMARY KEY (subject, entry, "position")'),
    "head_pkey": ("head", "PRIMARY KEY (id)"),
    "one_head": ("head", "CHECK ((id = 1))"),
    "map_head_pkey": ("map_head", "PRIMARY KEY (id)"),
    "one_map": ("map_head", "CHECK ((id = 1))"),
    "map_pages_pkey": ("map_pages", "PRIMARY KEY (number)"),
}
INDEXES: Final = {
    "events_by_kind": "CREATE INDEX events_by_kind ON monazite.events USING btree (kind)",
    "events_by_ref": "CREATE UNIQUE INDEX events_by_ref ON monazite.events USING btree (actor, ref) WHERE (ref IS NOT NULL)",
}
"""Those that no constraint makes."""

_SAFE: Final = "search_path=pg_catalog, pg_temp"
_REFUSE: Final = """
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END
"""
_NO_SHRINK: Final = """
BEGIN
    IF NEW.size < OLD.size OR NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the log never shrinks' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
"""
_ADVANCE_ARGUMENTS: Final = (
    "was_size bigint, was_leaf bytea, was_checkpoint bytea, same boolean, now_size bigint, now_leaf bytea, "
    "now_frontier bytea, now_checkpoint bytea, keep boolean"
)
_ADVANCE: Final = """
DECLARE is_now record;
BEGIN
    SELECT size, leaf, checkpoint INTO is_now FROM monazite.head WHERE id = 1 FOR UPDATE;
    IF NOT FOUND THEN RAISE EXCEPTION 'there is no head row' USING ERRCODE = 'MZ002'; END IF;
    IF (is_now.size, is_now.leaf) IS DISTINCT FROM (was_size, was_leaf) THEN
        RAISE EXCEPTION '%', is_now.size USING ERRCODE = 'MZ001';
    END IF;
    IF same AND is_now.checkpoint IS DISTINCT FROM was_checkpoint THEN
        RAISE EXCEPTION 'another checkpoint' USING ERRCODE = 'MZ003';
    END IF;
    UPDATE monazite.head SET size = now_size, leaf = now_leaf, frontier = now_frontier,
        checkpoint = CASE WHEN keep THEN is_now.checkpoint ELSE now_checkpoint END WHERE id = 1;
END
"""
_PUT_PAGES: Final = """
BEGIN
    INSERT INTO monazite.map_pages (number, data) SELECT * FROM unnest(numbers, pages)
        ON CONFLICT (number) DO UPDATE SET data = excluded.data;
END
"""
_SET_MAP: Final = """
BEGIN UPDATE monazite.map_head SET entry = now_entry, size = now_size WHERE id = 1; END
"""
FUNCTIONS: Final = {
    "refuse_change": ("", "trigger", False, _REFUSE),
    "refuse_shrinking": ("", "trigger", False, _NO_SHRINK),
    # The sequencer: waits for its turn at the head row, and goes on only from the head that the writer knew.
    "advance": (
        _ADVANCE_ARGUMENTS,
        "void",
        True,
        _ADVANCE,
    ),
    "put_pages": ("numbers bigint[], pages bytea[]", "void", True, _PUT_PAGES),
    "set_map": ("now_entry bigint, now_size bigint", "void", True, _SET_MAP),
}
"""Name: arguments, result, whether it runs with the owner's rights, body."""

_REFUSING: Final = "FOR EACH STATEMENT EXECUTE FUNCTION monazite.refuse_change()"
_REFUSING_LESS: Final = "FOR EACH ROW EXECUTE FUNCTION monazite.refuse_shrinking()"
_FROZEN: Final = (
    *((table, verb) for table in ("entries", "events", "subjects") for verb in ("UPDATE", "DELETE", "TRUNCATE")),
    *((table, verb) for table in ("head", "map_head", "map_pages") for verb in ("DELETE", "TRUNCATE")),
)
TRIGGERS: Final = {
    **{
        f"{table}_no_{verb.lower()}": (
            table,
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON monazite.{table} {_REFUSING}",
        )
        for table, verb in _FROZEN
    },
    "head_no_shrink": (
        "head",
        f"CREATE TRIGGER head_no_shrink BEFORE UPDATE ON monazite.head {_REFUSING_LESS}",
    ),
}
RIGHTS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("entries", "events", "subjects"), frozenset({"SELECT", "INSERT"})),
    **dict.fromkeys(("head", "map_head", "map_pages"), frozenset({"SELECT"})),
}
"""The most that anybody but the owner may do with a table."""

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


def run(connection: Connection[Any], statement: str) -> None:
    """Execute a statement that this package spells."""
    connection.execute(statement)


def define(connection: Connection[Any]) -> None:
    """Make everything of an empty ledger but the roles."""
    run(connection, f"CREATE SCHEMA {SCHEMA}")
    run(connection, f"COMMENT ON SCHEMA {SCHEMA} IS '{MARK}'")
    for table, columns in TABLES.items():
        said = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        run(connection, f"CREATE TABLE {SCHEMA}.{table} ({said})")
    for name, (table, what) in CONSTRAINTS.items():
        run(connection, f"ALTER TABLE {SCHEMA}.{table} ADD CONSTRAINT {name} {what}")
    for statement in INDEXES.values():
        run(connection, statement)
    guard(connection)
    connection.execute("INSERT INTO monazite.head (id, size, leaf, frontier) VALUES (1, 0, %s, '')", (NO_LEAF,))
    connection.execute("INSERT INTO monazite.map_head (id, entry, size) VALUES (1, -1, 0)")


def guard(connection: Connection[Any]) -> None:
    """Make functions and triggers, in place of whatever triggers are there."""
    there = connection.execute(
        "SELECT tgname, relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
        "WHERE relnamespace = 'monazite'::regnamespace AND NOT tgisinternal"
    ).fetchall()
    for name, table in there:
        connection.execute(sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(name), sql.Identifier(SCHEMA, table)))
    for name, (arguments, result, as_owner, body) in FUNCTIONS.items():
        security = "SECURITY DEFINER" if as_owner else "SECURITY INVOKER"
        run(
            connection,
            f"CREATE OR REPLACE FUNCTION {SCHEMA}.{name}({arguments}) RETURNS {result} LANGUAGE plpgsql {security} "
            f"SET search_path = pg_catalog, pg_temp AS $body${body}$body$",
        )
        kinds = ", ".join(part.split()[-1] for part in arguments.split(", ") if part)
        run(connection, f"REVOKE ALL ON FUNCTION {SCHEMA}.{name}({kinds}) FROM PUBLIC")
    for name, (table, statement) in TRIGGERS.items():
        run(connection, statement)
        # Or a session that replays for replication would pass them by.
        run(connection, f"ALTER TABLE {SCHEMA}.{table} ENABLE ALWAYS TRIGGER {name}")


def roles(database: str) -> tuple[str, str]:
    """The group roles of a ledger in this database: its writers, its readers."""
    return f"{database}_writer", f"{database}_reader"


def grant(connection: Connection[Any], database: str) -> None:
    """Make the roles, where they are missing, and give them their rights.

    Raises:
        UsageError: the database's name is too long for theirs, which the server would cut.
    """
    writer, reader = roles(database)
    if len(writer.encode()) > _LONGEST:
        raise UsageError(f"the name of the database is too long for {writer!r} to be a role; choose a shorter one")
    for role in (writer, reader):
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        name = sql.Identifier(role)
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA monazite TO {}").format(name))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA monazite TO {}").format(name))
    name = sql.Identifier(writer)
    for table, rights in RIGHTS.items():
        if "INSERT" in rights:
            connection.execute(sql.SQL("GRANT INSERT ON {} TO {}").format(sql.Identifier(SCHEMA, table), name))
    for function, (_arguments, _result, as_owner, _body) in FUNCTIONS.items():
        if as_owner:
            connection.execute(
                sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.Identifier(SCHEMA, function), name)
            )


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
