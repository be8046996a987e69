"""The stores under test: how each is made, reached behind its back, and made to fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

import psycopg
import pytest

from ledger.store import connection, maprows, sql
from ledger.store.contract import Head, IndexRow, MapRows, Store, Stored
from ledger.store.postgres import definitions as postgres_definitions
from ledger.store.postgres import writing
from ledger.store.postgres.address import Address
from ledger.store.postgres.store import PostgresStore
from ledger.store.sql import SqliteStore
from tests.store import servers


class DiedError(Exception):
    """The caller died here."""


class Backend(Protocol):
    """One kind of store."""

    DAMAGE: ClassVar[dict[str, str]]
    """What somebody might change behind the store's back, in the engine's own words."""
    STEPS: ClassVar[tuple[str, ...]]
    """The writes inside an append, in order."""
    CHANGES: ClassVar[tuple[str, ...]]
    """What the engine refuses by itself, whoever asks."""

    def impatient(self, patch: pytest.MonkeyPatch) -> None:
        """Stores wait for hardly a moment for a lock."""

    def end(self) -> None:
        """The ledger is not needed any more."""

    def open(self) -> Store:
        """The ledger, new at the first call."""

    def damage(self, statement: str) -> None:
        """Change something that the store would not."""

    def refused(self, statement: str) -> bool:
        """Whether the engine itself refuses a change, the store being nowhere near."""

    def break_guards(self, patch: pytest.MonkeyPatch) -> None:
        """A reindex fails when it makes the triggers anew, which is the last that it does."""

    def fail_after(self, step: str, error: BaseException, patch: pytest.MonkeyPatch) -> None:
        """Raise right after this write, or right after the commit."""

    def lock(self) -> Any:
        """A context in which somebody else holds the write lock; stores opened before it wait for hardly a moment."""


class Sqlite:
    """SQLite, one file."""

    DAMAGE: ClassVar[dict[str, str]] = {
        "leaf": "UPDATE entries SET leaf = zeroblob(32) WHERE sequence = 1",
        "leaf of another type": "UPDATE entries SET leaf = 'text' WHERE sequence = 1",
        "head size": "UPDATE head SET size = 7",
        "head size of another type": "UPDATE head SET size = 'seven'",
        "head leaf": "UPDATE head SET leaf = zeroblob(32)",
        "frontier": "UPDATE head SET frontier = x''",
        "kind": "UPDATE events SET kind = 'open' WHERE kind = 'enrol'",
        "actor": "UPDATE events SET actor = 'mine'",
        "ref": "UPDATE events SET ref = 'r' || rowid",
        "hash": "UPDATE events SET hash = hash || 'x'",
        "hash and kind of another type": "UPDATE events SET hash = x'ff', kind = x'ff' WHERE entry = 0",
        "hashes swapped": "UPDATE events SET hash = CASE hash WHEN (SELECT max(hash) FROM events) THEN 'x' ELSE hash END",
        "a subject": "UPDATE subjects SET subject = 'lot:X' WHERE subject = 'party:mine'",
        "subjects": "DELETE FROM subjects",
        "a subject too many": "INSERT INTO subjects VALUES ('lot:A', 1, 0), ('lot:A', 99, 0)",
        "a page of the map": "UPDATE map_pages SET data = data || x'00' WHERE number = 1",
        "a page of another type": "UPDATE map_pages SET data = 'text' WHERE number = 1",
        "a page gone": "DELETE FROM map_pages WHERE number > 1 AND number < 24",
        "a page too many": "INSERT INTO map_pages VALUES (70000, x'00')",
        "pages": "DELETE FROM map_pages",
        "map entry": "UPDATE map_head SET entry = 1",
        "map entry of another type": "UPDATE map_head SET entry = 'one'",
        "map size": "UPDATE map_head SET size = size + 1",
        "map head": "DELETE FROM map_head",
        "triggers": "SELECT 1",
        "a strange trigger": 'CREATE TRIGGER "a ""b" AFTER INSERT ON events BEGIN DELETE FROM subjects; END',
    }
    STEPS: ClassVar[tuple[str, ...]] = ("head", "entries", "events", "subjects", "map")

    CHANGES: ClassVar[tuple[str, ...]] = (
        "DELETE FROM entries",
        "DELETE FROM events",
        "DELETE FROM subjects",
        "DELETE FROM head",
        "DELETE FROM entries WHERE sequence = (SELECT max(sequence) FROM entries)",
        "UPDATE entries SET data = x'00'",
        "UPDATE entries SET leaf = leaf",
        "UPDATE entries SET sequence = sequence + 10",
        "UPDATE events SET data = x'00' WHERE position = 1",
        "UPDATE events SET kind = kind",
        "UPDATE subjects SET subject = 'lot:X'",
        "UPDATE OR REPLACE entries SET sequence = 0 WHERE sequence = 1",
        "UPDATE head SET size = size - 1",
        "UPDATE head SET id = 2",
        "INSERT INTO head VALUES (2, 0, x'', x'', NULL)",
        "INSERT INTO entries SELECT * FROM entries",
        "INSERT INTO events SELECT entry + 1, position, hash, kind, actor, ref, data FROM events",
        "INSERT OR REPLACE INTO entries VALUES (1, x'00', x'00')",
        "INSERT OR REPLACE INTO events SELECT entry, position, hash, 'x', actor, ref, x'00' FROM events",
        "INSERT OR REPLACE INTO head VALUES (1, 1, x'', x'', NULL)",
    )

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"

    def impatient(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(connection, "BUSY_SECONDS", 0.05)

    def end(self) -> None:
        """The folder goes by itself."""

    def break_guards(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(sql, "TRIGGERS", ("no statement at all",))

    def open(self) -> SqliteStore:
        store = SqliteStore(self.path)
        store.create()
        return store

    def damage(self, statement: str) -> None:
        with closing(self.raw()) as raw, raw:
            triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                raw.execute(f"DROP TRIGGER {name}")
            raw.execute(statement)

    def refused(self, statement: str) -> bool:
        with closing(self.raw()) as raw:
            try:
                raw.execute(statement)
            except sqlite3.IntegrityError:
                return True
            return False

    def raw(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path)

    def fail_after(self, step: str, error: BaseException, patch: pytest.MonkeyPatch) -> None:
        if step == "head":
            patch.setattr(SqliteStore, "_swap", then_raise(SqliteStore._swap, error))
        elif step == "map":
            patch.setattr(maprows, "write", then_raise(maprows.write, error))
        elif step == "commit":
            patch.setattr(SqliteStore, "_write", _dying(SqliteStore._write, error))
        else:
            patch.setattr(sql, "_insert", _put_then_raise(sql._insert, step, error))

    @contextmanager
    def lock(self) -> Iterator[None]:
        with closing(self.raw()) as raw:
            raw.execute("BEGIN IMMEDIATE")
            yield
            raw.execute("ROLLBACK")


class Postgres:
    """PostgreSQL, a database of its own."""

    DAMAGE: ClassVar[dict[str, str]] = {
        "leaf": "UPDATE entries SET leaf = decode(repeat('00', 32), 'hex') WHERE sequence = 1",
        "head size": "UPDATE head SET size = 7",
        "head leaf": "UPDATE head SET leaf = decode(repeat('00', 32), 'hex')",
        "frontier": "UPDATE head SET frontier = ''",
        "kind": "UPDATE events SET kind = 'open' WHERE kind = 'enrol'",
        "actor": "UPDATE events SET actor = 'mine'",
        "ref": "UPDATE events SET ref = 'r' || entry || ' ' || position",
        "hash": "UPDATE events SET hash = hash || 'x'",
        "hashes swapped": "UPDATE events SET hash = CASE hash WHEN (SELECT max(hash) FROM events) THEN 'x' ELSE hash END",
        "a subject": "UPDATE subjects SET subject = 'lot:X' WHERE subject = 'party:mine'",
        "subjects": "DELETE FROM subjects",
        "no subjects": "TRUNCATE subjects",
        "a subject too many": "INSERT INTO subjects VALUES ('lot:A', 1, 0), ('lot:A', 99, 0)",
        "a page of the map": "UPDATE map_pages SET data = data || '\\x00'::bytea WHERE number = 1",
        "a page gone": "DELETE FROM map_pages WHERE number > 1 AND number < 24",
        "a page too many": "INSERT INTO map_pages VALUES (70000, '')",
        "pages": "DELETE FROM map_pages",
        "map entry": "UPDATE map_head SET entry = 1",
        "map size": "UPDATE map_head SET size = size + 1",
        "map head": "DELETE FROM map_head",
        "triggers": "SELECT 1",
        "a strange trigger": 'CREATE TRIGGER "a ""b" AFTER INSERT ON events EXECUTE FUNCTION monazite.refuse_change()',
        "a harmless function": "CREATE OR REPLACE FUNCTION monazite.refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NEW; END'",
    }
    STEPS: ClassVar[tuple[str, ...]] = ("head", "entries", "events", "subjects", "map")
    CHANGES: ClassVar[tuple[str, ...]] = (
        "DELETE FROM entries",
        "DELETE FROM events",
        "DELETE FROM subjects",
        "DELETE FROM head",
        "DELETE FROM map_head",
        "DELETE FROM map_pages",
        "TRUNCATE entries",
        "TRUNCATE events, subjects",
        "TRUNCATE head",
        "TRUNCATE map_pages",
        "DELETE FROM entries WHERE sequence = (SELECT max(sequence) FROM entries)",
        "UPDATE entries SET data = ''",
        "UPDATE entries SET leaf = leaf",
        "UPDATE entries SET sequence = sequence + 10",
        "UPDATE events SET data = '' WHERE position = 1",
        "UPDATE events SET kind = kind",
        "UPDATE subjects SET subject = 'lot:X'",
        "UPDATE head SET size = size - 1",
        "UPDATE head SET id = 2",
        "INSERT INTO head VALUES (2, 0, '', '', NULL)",
        "INSERT INTO entries SELECT * FROM entries",
        "INSERT INTO events SELECT entry + 1, position, hash, kind, actor, ref, data FROM events",
        "INSERT INTO entries VALUES (1, '', '') ON CONFLICT (sequence) DO UPDATE SET data = excluded.data",
        "INSERT INTO head VALUES (1, 1, '', '', NULL) ON CONFLICT (id) DO UPDATE SET size = excluded.size",
        "SET session_replication_role = replica; DELETE FROM entries",
    )

    def __init__(self, _folder: Path | None = None) -> None:
        self._address: Address | None = None

    @property
    def address(self) -> Address:
        if self._address is None:
            self._address = servers.bare()
        return self._address

    def impatient(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(postgres_definitions, "BUSY_SECONDS", 0.05)

    def end(self) -> None:
        if self._address is not None:
            servers.give_back(self._address)

    def break_guards(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(postgres_definitions, "TRIGGERS", {"t": ("head", "no statement at all")})

    def open(self) -> PostgresStore:
        store = PostgresStore(self.address)
        store.create()
        return store

    def damage(self, statement: str) -> None:
        with self.raw() as raw, raw.transaction():
            for table in postgres_definitions.TABLES:
                raw.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
            raw.execute(statement.encode())

    def refused(self, statement: str) -> bool:
        with self.raw() as raw:
            try:
                raw.execute(statement.encode())
            except psycopg.IntegrityError:
                return True
            return False

    def raw(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.address.uri, autocommit=True, options="-c search_path=monazite")

    def fail_after(self, step: str, error: BaseException, patch: pytest.MonkeyPatch) -> None:
        if step == "head":
            patch.setattr(writing, "swap", then_raise(writing.swap, error))
        elif step == "map":
            patch.setattr(writing, "put_map", then_raise(writing.put_map, error))
        elif step == "commit":
            patch.setattr(PostgresStore, "_write", _dying(PostgresStore._write, error))
        else:
            for name in ("insert", "copy_in"):
                patch.setattr(writing, name, _put_then_raise(getattr(writing, name), step, error))

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self.raw() as raw, raw.transaction(force_rollback=True):
            raw.execute("SELECT 1 FROM head FOR UPDATE")
            yield


BACKENDS: dict[str, Callable[[Path], Backend]] = {"sqlite": Sqlite, "postgres": Postgres}
CASES: dict[str, type[Sqlite | Postgres]] = {"sqlite": Sqlite, "postgres": Postgres}


def then_raise(step: Callable[..., Any], error: BaseException) -> Callable[..., Any]:
    def done(*args: Any, **named: Any) -> None:
        step(*args, **named)
        raise error

    return done


def _put_then_raise(put: Callable[..., None], table: str, error: BaseException) -> Callable[..., None]:
    def done(connection: Any, into: str, *rest: Any) -> None:
        put(connection, into, *rest)
        if into == table:
            raise error

    return done


def _dying(write: Callable[..., Any], error: BaseException) -> Any:
    @contextmanager
    def done(store: Any) -> Iterator[Any]:
        with write(store) as connection:
            yield connection
        raise error

    return done


class Appended(Exception):  # noqa: N818  (it is a result)
    """What was to be appended."""

    def __init__(
        self, expected: Head, entries: Sequence[Stored], index: Sequence[IndexRow], head: Head, rows: MapRows | None
    ) -> None:
        super().__init__()
        self.values = (expected, entries, index, head, rows)


class Held:
    """A store that hands the arguments of `append` back instead of appending."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, *values: Any) -> None:
        raise Appended(*values)
