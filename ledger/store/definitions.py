"""The tables of a ledger in SQLite and the engine that writes them; the only module that knows SQLModel, imported by who writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, CheckConstraint, Connection, Engine, Index, LargeBinary, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlmodel import Column, Field, SQLModel, create_engine

from ledger.store import connection
from ledger.store.connection import Address
from ledger.store.schema import complete


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


def engine_at(where: Address) -> Engine:
    """Connections as this program wants them: they wait for other writers, and begin no transaction by themselves.

    One or two stay open between questions, as `ledger.store.sql.IDLE` says of those that read.
    """
    database = where.uri if where.query else str(where.path)
    url = URL.create(
        "sqlite", database=database, query={**dict(where.query), **({"uri": "true"} if where.query else {})}
    )
    engine = create_engine(url, poolclass=QueuePool, pool_size=2, connect_args={"timeout": connection.BUSY_SECONDS})

    def configure(made: sqlite3.Connection, _record: object) -> None:
        connection.configure(made)

    event.listen(engine, "connect", configure)
    return engine


def define(fresh: Connection, *, mapped: bool = True) -> None:
    """Make everything of an empty ledger; without the tables of the map, as version 1 did."""
    SQLModel.metadata.create_all(fresh, tables=[SQLModel.metadata.tables[name] for name in _TABLES])
    complete(fresh, mapped=mapped)


@contextmanager
def driver_errors() -> Iterator[None]:
    """What SQLAlchemy raises for the driver, as the driver raised it (`ledger.store.connection.engine_errors` takes it from there)."""
    try:
        yield
    except DBAPIError as error:
        if error.orig is None:
            raise
        raise error.orig from error
