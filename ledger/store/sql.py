"""The store on SQLite: one file, WAL, synchronous=FULL, triggers that refuse change (DESIGN.md section 8).

Tables are defined in `ledger.store.definitions`, read by `ledger.store.reading`, and written here, in chunks, because that is
what bulk intake costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ledger.errors import ConflictError, StoreError
from ledger.store import copying, maprows
from ledger.store.connection import Connection, Plain, address, engine_errors
from ledger.store.contract import Head, IndexRow, MapRows, Recall, Snapshot, Stored
from ledger.store.files import locked_within
from ledger.store.moments import Moments
from ledger.store.reading import SqliteMapView, SqliteSnapshot, chunks, head_of, recalled
from ledger.store.schema import APPLICATION_ID, TRIGGERS, made, make_room

if TYPE_CHECKING:
    from sqlalchemy import Connection as SqlConnection
    from sqlalchemy import Engine


IDLE = 2
"""Connections that stay open for reading: when its last one closes SQLite writes its log back and deletes it, which costs a
small question more than its answer."""


class SqliteStore(Moments):
    """A ledger in one SQLite file; keeps the promises of `ledger.store.contract.Store`."""

    READ_ONLY: ClassVar[bool] = False

    def __init__(self, path: Path) -> None:
        """Open an existing file, or a new one for `create`."""
        self.path = path
        self._address = address(path)
        self._idle: list[Plain] = []

    @cached_property
    def _engine(self) -> Engine:
        """What writes; made by the first that does, because readers are spared the import."""
        from ledger.store.definitions import engine_at  # noqa: PLC0415  (as said)

        return engine_at(self._address)

    def create(self) -> None:
        """Make the tables in one transaction, unless they are there.

        Raises:
            StoreError: the file cannot be written, or is something else.
        """
        from ledger.store.definitions import define  # noqa: PLC0415  (start-up time of readers)

        with self._connected() as connection:
            if not made(connection):
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # kept in the file, so said once
        with self._write() as connection:
            if not made(connection):
                define(connection)
            elif connection.exec_driver_sql("PRAGMA application_id").scalar_one() != APPLICATION_ID:
                raise StoreError(f"{self.path} is the database of another program; nothing was written")

    @contextmanager
    def snapshot(self) -> Iterator[SqliteSnapshot]:
        """See the contract; one read transaction, which no writer waits for."""
        with self._read() as connection:
            yield SqliteSnapshot(self.path, connection)

    @contextmanager
    def recalling(self) -> Iterator[Recall]:
        """See the contract; one transaction, and one connection, which is most of what a small question costs."""
        with self._read() as connection:
            yield partial(recalled, connection)

    @contextmanager
    def map_view(self) -> Iterator[SqliteMapView]:
        """See the contract; one transaction."""
        with self._read() as connection:
            yield SqliteMapView(connection)

    @contextmanager
    def turn(self, seconds: float, *, shared: bool) -> Iterator[bool]:
        """See the contract; a lock on a file beside the ledger."""
        with locked_within(self.path.with_name(f"{self.path.name}.turn"), seconds, shared=shared) as got:
            yield got

    def append(
        self,
        expected: Head,
        entries: Sequence[Stored],
        index: Sequence[IndexRow],
        head: Head,
        rows: MapRows | None = None,
    ) -> None:
        """See the contract. Order of writes: head swapped first, so that a loser stops at once; then leaves, events, index, map; one commit."""
        with self._write() as connection:
            self._swap(connection, expected, head)
            data = {
                (stored.sequence, position): raw for stored in entries for position, raw in enumerate(stored.events)
            }
            _insert(connection, "entries", "sequence, leaf, data", ((s.sequence, s.leaf, s.entry) for s in entries))
            _insert(
                connection,
                "events",
                "entry, position, hash, kind, actor, ref, data",
                ((r.entry, r.position, r.hash, r.kind, r.actor, r.ref, data[r.entry, r.position]) for r in index),
            )
            _insert(connection, "subjects", "subject, entry, position", _subject_rows(index))
            if rows is not None:
                make_room(connection)
                maprows.write(connection, rows)

    def publish(self, expected: Head, checkpoint: bytes) -> None:
        """See the contract."""
        with self._write() as connection:
            if head_of(self.path, connection).checkpoint != expected.checkpoint:
                raise ConflictError("another checkpoint was published meanwhile; nothing was written.")
            self._swap(connection, expected, Head(expected.size, expected.leaf, expected.frontier, checkpoint))

    def reindex(
        self,
        index: Iterable[IndexRow],
        leaves: Iterable[tuple[int, bytes]],
        head: Head,
        rows: MapRows | None = None,
    ) -> None:
        """See the contract; the triggers that stand in the way are dropped and made again in the same transaction."""
        with self._write() as connection:
            if connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one() != head.size:
                raise ConflictError(
                    "another writer appended meanwhile; nothing was rebuilt. Run the same command again."
                )
            make_room(connection)
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                connection.exec_driver_sql(f'DROP TRIGGER "{str(name).replace(chr(34), chr(34) * 2)}"')
            connection.exec_driver_sql("DELETE FROM subjects")
            connection.exec_driver_sql("UPDATE events SET hash = 'reindexing ' || rowid, ref = NULL")
            for row in index:
                connection.exec_driver_sql(
                    "UPDATE events SET hash = ?, kind = ?, actor = ?, ref = ? WHERE entry = ? AND position = ?",
                    (row.hash, row.kind, row.actor, row.ref, row.entry, row.position),
                )
                _insert(connection, "subjects", "subject, entry, position", _subject_rows((row,)))
            for sequence, leaf in leaves:
                connection.exec_driver_sql("UPDATE entries SET leaf = ? WHERE sequence = ?", (leaf, sequence))
            connection.exec_driver_sql("DELETE FROM head")
            _insert(
                connection,
                "head",
                "id, size, leaf, frontier, checkpoint",
                [(1, head.size, head.leaf, head.frontier, head.checkpoint)],
            )
            maprows.clear(connection)
            if rows is not None:
                maprows.write(connection, rows)
            for statement in (*TRIGGERS, *maprows.TRIGGERS):
                connection.exec_driver_sql(statement)

    def fill(self, seen: Snapshot, check: Callable[[Snapshot], None]) -> None:
        """See the contract."""
        with self._write() as connection:
            self._swap(connection, copying.EMPTY, seen.head())
            _insert(connection, "entries", "sequence, leaf, data", copying.entry_rows(seen))
            _insert(connection, "events", "entry, position, hash, kind, actor, ref, data", copying.event_rows(seen))
            _insert(connection, "subjects", "subject, entry, position", copying.subject_rows(seen))
            for rows in copying.map_rows(seen):
                make_room(connection)
                maprows.write(connection, rows)
            check(SqliteSnapshot(self.path, connection))

    def close(self) -> None:
        """See the contract. What was appended goes into the file itself by now, so that a copy of the one file is whole."""
        while self._idle:
            self._idle.pop().close()
        if "_engine" in self.__dict__:
            self._engine.dispose()

    def _swap(self, connection: Connection, expected: Head, head: Head) -> None:
        now = head_of(self.path, connection)
        if (now.size, now.leaf) != (expected.size, expected.leaf):
            raise ConflictError(
                f"another writer appended entry {now.size - 1} while this was prepared on top of entry {expected.size - 1}; "
                "nothing was written. Run the same command again."
            )
        # Entries without a checkpoint of their own leave the one that is there, which may have been cosigned meanwhile.
        signed = now.checkpoint if head.checkpoint == expected.checkpoint else head.checkpoint
        connection.exec_driver_sql(
            "UPDATE head SET size = ?, leaf = ?, frontier = ?, checkpoint = ? WHERE id = 1",
            (head.size, head.leaf, head.frontier, signed),
        )

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """One read transaction; its connection stays open for the next question, of which a command asks some."""
        with engine_errors(self.path):
            connection = self._idle.pop() if self._idle else Plain.to(self._address)
            try:
                connection.exec_driver_sql("BEGIN")
                yield connection
                connection.exec_driver_sql("ROLLBACK")
            except BaseException:
                connection.close()
                raise
            if len(self._idle) < IDLE:
                self._idle.append(connection)
            else:
                connection.close()

    @contextmanager
    def _connected(self) -> Iterator[SqlConnection]:
        from ledger.store.definitions import driver_errors  # noqa: PLC0415  (start-up time of readers)

        with engine_errors(self.path), driver_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[SqlConnection]:
        """One transaction that holds the write lock from its start; left by an exception, it never happened."""
        with self._connected() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")


def _insert(connection: Connection, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ",".join("?" * (columns.count(",") + 1))
    for chunk in chunks(rows):
        connection.exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", chunk)  # noqa: S608  (names from this module)


def _subject_rows(index: Iterable[IndexRow]) -> Iterator[tuple[str, int, int]]:
    return ((subject, row.entry, row.position) for row in index for subject in row.subjects)
