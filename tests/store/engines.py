"""The stores under test: how each is made, reached behind its back, and made to fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest
from sqlalchemy import Connection

from ledger.store import maprows, sql
from ledger.store.contract import Head, IndexRow, MapRows, Store, Stored
from ledger.store.sql import SqliteStore


class DiedError(Exception):
    """The caller died here."""


class Backend(Protocol):
    """One kind of store."""

    DAMAGE: ClassVar[dict[str, str]]
    """What somebody might change behind the store's back, in the engine's own words."""
    STEPS: ClassVar[tuple[str, ...]]
    """The writes inside an append, in order."""

    def open(self) -> Store:
        """The ledger, new at the first call."""

    def damage(self, statement: str) -> None:
        """Change something that the store would not."""

    def refused(self, statement: str) -> bool:
        """Whether the engine itself refuses a change, the store being nowhere near."""

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

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"

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
            patch.setattr(sql, "_insert", _insert_then_raise(step, error))

    @contextmanager
    def lock(self) -> Iterator[None]:
        with closing(self.raw()) as raw:
            raw.execute("BEGIN IMMEDIATE")
            yield
            raw.execute("ROLLBACK")


BACKENDS: dict[str, Callable[[Path], Backend]] = {"sqlite": Sqlite}


def then_raise(step: Callable[..., Any], error: BaseException) -> Callable[..., Any]:
    def done(*args: Any, **named: Any) -> None:
        step(*args, **named)
        raise error

    return done


def _insert_then_raise(table: str, error: BaseException) -> Callable[..., None]:
    insert = sql._insert

    def done(connection: Connection, into: str, *rest: Any) -> None:
        insert(connection, into, *rest)
        if into == table:
            raise error

    return done


def _dying(write: Callable[[SqliteStore], Any], error: BaseException) -> Any:
    @contextmanager
    def done(store: SqliteStore) -> Iterator[Connection]:
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
