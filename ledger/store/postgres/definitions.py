"""Tables, triggers, functions and rights of a ledger in PostgreSQL, as they are made and as they should be.

All of it is in one schema of one database. Each definition is spelled as the server spells it back, so that one text makes
it and is compared with what is there. Who may do what:

- the owner, whoever ran `monazite init`, made everything and could unmake it; nobody records as the owner;
- `<database>_writer` may read, and insert entries, events and subjects; the head and the map, which change, move through
  functions alone. It has no UPDATE, DELETE or TRUNCATE on anything;
- `<database>_reader` may read, which is all that verification needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psycopg import Connection, sql

from ledger.errors import UsageError

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
