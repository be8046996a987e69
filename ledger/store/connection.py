"""A connection to a ledger in SQLite: what is asked of one, and one by the driver alone, for reading.

Reading asks for plain rows by statements of its own, which the driver of Python's library gives; SQLAlchemy, which writers
take, costs ten times as long to import as a small ledger to read. Both answer to `Connection`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import quote, urlencode

from msgspec import Struct

from ledger.errors import ConflictError, StoreError

BUSY_SECONDS = 30.0
"""How long one waits for another writer."""
SYNCHRONOUS: Final = "PRAGMA synchronous = FULL"


class Rows(Protocol):
    """What a statement gives, once."""

    def __iter__(self) -> Iterator[Any]:
        """The rows, as tuples."""

    def all(self) -> Sequence[Any]:
        """All rows."""

    def first(self) -> Any | None:  # noqa: ANN401  (a row)
        """The first row, None without any."""

    def scalar_one(self) -> Any:  # noqa: ANN401  (whatever is stored)
        """The value of a row that is always there."""


class Connection(Protocol):
    """One connection; SQLAlchemy's is one."""

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> Rows:  # noqa: ANN401  (a tuple, or a list of them)
        """Run a statement as the driver takes it; with a list of tuples once for each."""


class Address(Struct, frozen=True):
    """Where a file is opened, and how.

    Attributes:
        path: the file.
        query: of SQLite's address; empty where the file is opened by its path.
    """

    path: Path
    query: tuple[tuple[str, str], ...] = ()

    @property
    def uri(self) -> str:
        """The address without its query."""
        return f"file:{quote(str(self.path.absolute()))}"


def address(path: Path) -> Address:
    """How to open a file: for reading alone where it or its folder cannot be written, as on somebody else's medium.

    A file in WAL mode is read without its shared-memory file only as immutable, which passes over a log that was not
    written back; so that is done only where there is none.
    """
    if not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return Address(path)
    log = path.with_name(path.name + "-wal")
    whole = not (log.exists() and log.stat().st_size)
    return Address(path, (("mode", "ro"), *([("immutable", "1")] if whole else [])))


def configure(connection: sqlite3.Connection) -> None:
    """As this program wants a connection: durable, beginning no transaction by itself, and reading whatever is there."""
    connection.isolation_level = None  # we say BEGIN ourselves, so that DDL is in the transaction too
    connection.text_factory = _decode
    connection.execute(SYNCHRONOUS)


def _decode(raw: bytes) -> str:
    """Text of a column; bytes that are not UTF-8 become a text that equals nothing we wrote."""
    return raw.decode("utf-8", "replace")


class PlainRows:
    """A cursor of the driver, as `Rows`."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    def __iter__(self) -> Iterator[Any]:
        """See `Rows`."""
        return self._cursor

    def all(self) -> list[Any]:
        """See `Rows`."""
        return self._cursor.fetchall()

    def first(self) -> Any | None:  # noqa: ANN401  (a row)
        """See `Rows`."""
        row = self._cursor.fetchone()
        self._cursor.close()
        return row

    def scalar_one(self) -> Any:  # noqa: ANN401  (whatever is stored)
        """See `Rows`."""
        row = self.first()
        if row is None:
            raise sqlite3.DatabaseError("no row where there is always one")
        return row[0]


class Plain:
    """A connection of the driver, as `Connection`; of a block, closed when that is left."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def to(cls, where: Address) -> Plain:
        """A connection to a file; raises what SQLite does."""
        database = f"{where.uri}?{urlencode(where.query)}" if where.query else str(where.path)
        # A generator of rows may be closed by another thread than the one that began it.
        opened = sqlite3.connect(database, timeout=BUSY_SECONDS, uri=bool(where.query), check_same_thread=False)
        try:
            configure(opened)
        except sqlite3.Error:
            opened.close()
            raise
        return cls(opened)

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> PlainRows:  # noqa: ANN401  (as `Connection`)
        """See `Connection`."""
        if isinstance(parameters, list):
            return PlainRows(self._connection.executemany(statement, parameters))
        return PlainRows(self._connection.execute(statement, parameters or ()))

    def close(self) -> None:
        """Let go of the file; what was not committed never happened."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


@contextmanager
def engine_errors(path: Path) -> Iterator[None]:
    """What SQLite raises, as ConflictError or StoreError that name the file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        message = str(error)
        if "locked" in message or "busy" in message:
            raise ConflictError(
                f"{path} is locked: another process is writing. Nothing was written; run the same command again."
            ) from error
        if "no such table" in message:
            raise StoreError(f"{path} is not a Monazite ledger, or a table of it is gone: {message}") from error
        raise StoreError(f"{path}: {message}") from error
    except UnicodeDecodeError as error:  # SQLite quotes damaged definitions in its message, as bytes
        raise StoreError(f"{path}: the database file is damaged") from error
