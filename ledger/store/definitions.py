"""The tables of a ledger in SQLite, as they are made and as they should be; the only module that knows SQLModel."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from sqlalchemy import URL, CheckConstraint, Connection, Engine, Index, LargeBinary, event, text
from sqlalchemy.pool import NullPool
from sqlmodel import Column, Field, SQLModel, create_engine

from ledger.store import maprows
from ledger.store.contract import Fault

APPLICATION_ID = 0x4D4E5A31
"""`MNZ1` in the file's header, so that `file` and we know whose it is."""
SCHEMA_VERSION = 2
"""2 has the tables of the map (`ledger.store.maprows`), 1 has not; both are read, and a map entry makes 2 of 1."""
BUSY_SECONDS = 30.0
NO_LEAF = bytes(32)


class EntryRow(SQLModel, table=True):
    """The log's leaves."""

    __tablename__ = "entries"
    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EventRow(SQLModel, table=True):
    """The events that entries commit to; every column but `data` is index."""

    __tablename__ = "events"
    __table_args__ = (Index("events_by_ref", "actor", "ref", unique=True, sqlite_where=text("ref IS NOT NULL")),)
    entry: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    hash: str = Field(unique=True)
    kind: str = Field(index=True)
    actor: str
    ref: str | None
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SubjectRow(SQLModel, table=True):
    """Which events speak of a lot, party or site."""

    __tablename__ = "subjects"
    __table_args__ = (Index("subjects_by_event", "entry", "position"), {"sqlite_with_rowid": False})
    subject: str = Field(primary_key=True)
    entry: int = Field(primary_key=True)
    position: int = Field(primary_key=True)


class HeadRow(SQLModel, table=True):
    """Where the log ends: one row."""

    __tablename__ = "head"
    __table_args__ = (CheckConstraint("id = 1", name="one_head"),)
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    frontier: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    checkpoint: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


_TABLES = ("entries", "events", "subjects", "head")
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


def engine_at(address: URL) -> Engine:
    """Connections as this program wants them: they wait for other writers, and begin no transaction by themselves."""
    engine = create_engine(address, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})

    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that DDL is in the transaction too
        connection.text_factory = _decode
        connection.execute("PRAGMA synchronous = FULL")

    event.listen(engine, "connect", configure)
    return engine


def _decode(raw: bytes) -> str:
    """Text of a column; bytes that are not UTF-8 become a text that equals nothing we wrote."""
    return raw.decode("utf-8", "replace")


def define(connection: Connection, *, mapped: bool = True) -> None:
    """Make everything of an empty ledger; without the tables of the map, as version 1 did."""
    SQLModel.metadata.create_all(connection, tables=[SQLModel.metadata.tables[name] for name in _TABLES])
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
    memory = engine_at(URL.create("sqlite", database=":memory:"))
    with memory.connect() as fresh:
        define(fresh, mapped=mapped)
        ours = made(fresh)
    memory.dispose()
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
