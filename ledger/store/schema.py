"""The definitions of a ledger in SQLite, as they are made and as a verification finds them; known without the library that made them.

The tables' own are written here as `ledger.store.definitions` makes them, and a test holds both against each other: what is
stored in a file is a text, and importing SQLModel to make that text anew took longer than verifying a small ledger.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from ledger.store import maprows
from ledger.store.connection import Connection, Plain
from ledger.store.contract import Fault

APPLICATION_ID = 0x4D4E5A31
"""`MNZ1` in the file's header, so that `file` and we know whose it is."""
SCHEMA_VERSION = 2
"""2 has the tables of the map (`ledger.store.maprows`), 1 has not; both are read, and a map entry makes 2 of 1."""
NO_LEAF = bytes(32)
TABLES = (
    """CREATE TABLE entries (
\tsequence INTEGER NOT NULL,\x20
\tleaf BLOB NOT NULL,\x20
\tdata BLOB NOT NULL,\x20
\tPRIMARY KEY (sequence)
)""",
    """CREATE TABLE events (
\tentry INTEGER NOT NULL,\x20
\tposition INTEGER NOT NULL,\x20
\thash VARCHAR NOT NULL,\x20
\tkind VARCHAR NOT NULL,\x20
\tactor VARCHAR NOT NULL,\x20
\tref VARCHAR,\x20
\tdata BLOB NOT NULL,\x20
\tPRIMARY KEY (entry, position),\x20
\tUNIQUE (hash)
)""",
    """CREATE TABLE subjects (
\tsubject VARCHAR NOT NULL,\x20
\tentry INTEGER NOT NULL,\x20
\tposition INTEGER NOT NULL,\x20
\tPRIMARY KEY (subject, entry, position)
)
 WITHOUT ROWID

""",
    """CREATE TABLE head (
\tid INTEGER NOT NULL,\x20
\tsize INTEGER NOT NULL,\x20
\tleaf BLOB NOT NULL,\x20
\tfrontier BLOB NOT NULL,\x20
\tcheckpoint BLOB,\x20
\tPRIMARY KEY (id),\x20
\tCONSTRAINT one_head CHECK (id = 1)
)""",
    "CREATE INDEX ix_events_kind ON events (kind)",
    "CREATE UNIQUE INDEX events_by_ref ON events (actor, ref) WHERE ref IS NOT NULL",
    "CREATE INDEX subjects_by_event ON subjects (entry, position)",
)
"""Tables and indexes, every blank as the library writes it: SQLite keeps the text of a definition, and `made` compares texts."""
_NO_SHRINK = """CREATE TRIGGER head_no_shrink BEFORE UPDATE ON head WHEN NEW.size < OLD.size OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'the log never shrinks'); END"""
_NO_REPLACE = (
    # INSERT OR REPLACE deletes without firing the triggers on delete; these fire before it looks for a conflict.
    """CREATE TRIGGER entries_no_replace BEFORE INSERT ON entries
WHEN EXISTS (SELECT 1 FROM entries WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'entries is append-only'); END""",
    """CREATE TRIGGER events_no_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE (entry = NEW.entry AND position = NEW.position) OR hash = NEW.hash
    OR (actor = NEW.actor AND ref = NEW.ref))
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END""",
    """CREATE TRIGGER head_no_replace BEFORE INSERT ON head WHEN EXISTS (SELECT 1 FROM head)
BEGIN SELECT RAISE(ABORT, 'head is one row'); END""",
)
_FROZEN = (*itertools.product(("entries", "events", "subjects"), ("update", "delete")), ("head", "delete"))
TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table, verb in _FROZEN
    ),
    _NO_SHRINK,
    *_NO_REPLACE,
)


def complete(connection: Connection, *, mapped: bool = True) -> None:
    """Make everything of an empty ledger but `TABLES`, which are there; without the tables of the map, as version 1 did."""
    for statement in TRIGGERS:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql("PRAGMA user_version = 1")
    if mapped:
        make_room(connection)
    connection.exec_driver_sql("INSERT INTO head (id, size, leaf, frontier) VALUES (1, 0, ?, ?)", (NO_LEAF, b""))


def make_room(connection: Connection) -> None:
    """Make the tables of the map, where an earlier version made none."""
    if not maprows.there(connection):
        maprows.define(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def made(connection: Connection) -> dict[tuple[str, str], str]:
    """Every definition in a database, by type and name."""
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
    return {(str(kind), str(name)): str(sql) for kind, name, sql in rows}


@cache
def _ours(*, mapped: bool) -> Mapping[tuple[str, str], str]:
    """Every definition as this program makes it; made once a process, because a verification of few entries cost little else."""
    with Plain(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        for statement in TABLES:
            fresh.exec_driver_sql(statement)
        complete(fresh, mapped=mapped)
        ours = made(fresh)
    return MappingProxyType(ours)


def changed_definitions(connection: Connection) -> Iterator[Fault]:
    """Definitions that are missing, foreign or otherwise than this program makes them."""
    found = made(connection)
    stated = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    # What an earlier version made is no change; that the log has no maps then, `verify` sees.
    before = stated == 1 and not any(name.startswith("map_") for _kind, name in found)
    wanted = _ours(mapped=not before)
    for kind, name in sorted(wanted.keys() | found.keys()):
        if (kind, name) not in found:
            yield Fault("SEAL-SCHEMA", f"{kind}:{name}", f"{kind} {name} is missing")
        elif (kind, name) not in wanted:
            yield Fault("SEAL-SCHEMA", f"{kind}:{name}", f"{kind} {name} is not Monazite's")
        elif found[kind, name] != wanted[kind, name]:
            yield Fault("SEAL-SCHEMA", f"{kind}:{name}", f"{kind} {name} is defined otherwise")
    for pragma, value in (("application_id", APPLICATION_ID), ("user_version", 1 if before else SCHEMA_VERSION)):
        is_now = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
        if is_now != value:
            yield Fault("SEAL-SCHEMA", f"pragma:{pragma}", f"{pragma} is {is_now}, not {value}")
