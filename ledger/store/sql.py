"""The store on SQLite: one file, WAL, synchronous=FULL, triggers that refuse change (DESIGN.md section 8).

The only module that knows SQLModel. Tables are defined here once; rows are read as plain values, because a database
under verification may hold anything, and written in chunks, because that is what bulk intake costs.
"""

from __future__ import annotations

import itertools
import operator
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, CheckConstraint, Connection, Engine, Index, LargeBinary, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool
from sqlmodel import Column, Field, SQLModel, create_engine

from ledger.errors import ConflictError, StoreError
from ledger.store import maprows
from ledger.store.contract import Fault, Head, IndexRow, Mapped, MapRows, Recall, Recalled, Stored

APPLICATION_ID = 0x4D4E5A31
"""`MNZ1` in the file's header, so that `file` and we know whose it is."""
SCHEMA_VERSION = 2
"""2 has the tables of the map (`ledger.store.maprows`), 1 has not; both are read, and a map entry makes 2 of 1."""
BUSY_SECONDS = 30.0
CHUNK = 500
NO_LEAF = bytes(32)
LOWEST = -(2**63)
"""Below every row, so that a whole reading passes over none, be it numbered below 0."""
T = TypeVar("T")


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
_TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table, verb in _FROZEN
    ),
    _NO_SHRINK,
    *_NO_REPLACE,
)
_PLACE = "coalesce(CAST(entry AS INTEGER), -1) AS n, coalesce(CAST(position AS INTEGER), -1) AS p"
_STRAY_TYPES = """SELECT DISTINCT entry FROM events WHERE typeof(entry) <> 'integer' OR typeof(position) <> 'integer'
UNION SELECT DISTINCT entry FROM subjects WHERE typeof(entry) <> 'integer' OR typeof(position) <> 'integer' LIMIT 20"""
_STRAY_EVENTS = "SELECT DISTINCT entry FROM events WHERE entry NOT IN (SELECT sequence FROM entries) LIMIT 20"
_STRAY_SUBJECTS = """SELECT DISTINCT s.entry FROM subjects s
LEFT JOIN events e ON e.entry = s.entry AND e.position = s.position WHERE e.entry IS NULL LIMIT 20"""

_SELECT_EVENTS = "SELECT e.entry, e.position, n.data, e.data FROM events e JOIN entries n ON n.sequence = e.entry "


class _MapView:
    """One read transaction; see the contract."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.mapped: Mapped = maprows.mapped(connection)
        self.recall: Recall = partial(_recall, connection)

    def pages(self, numbers: Collection[int]) -> dict[int, bytes]:
        """See the contract."""
        if self.mapped.entry < 0:
            return {}
        chunks = _chunks(sorted(numbers))
        return {number: _blob(data) for chunk in chunks for number, data in maprows.read(self._connection, chunk)}

    def entry(self, number: int) -> bytes | None:
        """See the contract."""
        row = self._connection.exec_driver_sql("SELECT data FROM entries WHERE sequence = ?", (number,)).first()
        return None if row is None else _blob(row[0])

    def about(self, subject: str, kinds: Collection[str]) -> list[Recalled]:
        """See the contract."""
        found: dict[tuple[int, int], Recalled] = {}
        wanted = (
            "JOIN subjects s ON s.entry = e.entry AND s.position = e.position WHERE s.subject = ? AND e.kind IN ({})"
        )
        query = _SELECT_EVENTS + wanted.format(",".join("?" * len(kinds)))
        _collect(self._connection.exec_driver_sql(query, (subject, *sorted(kinds))), found)
        return [found[place] for place in sorted(found)]


class SqliteStore:
    """A ledger in one SQLite file; keeps the promises of `ledger.store.contract.Store`."""

    READ_ONLY: ClassVar[bool] = False

    def __init__(self, path: Path) -> None:
        """Open an existing file, or a new one for `create`."""
        self.path = path
        self._engine = _engine(_address(path))

    def create(self) -> None:
        """Make the tables in one transaction, unless they are there.

        Raises:
            StoreError: the file cannot be written, or is something else.
        """
        with _engine_errors(self.path), self._engine.connect() as connection:
            if not _definitions(connection):
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # kept in the file, so said once
        with self._write() as connection:
            if not _definitions(connection):
                _define(connection)
            elif connection.exec_driver_sql("PRAGMA application_id").scalar_one() != APPLICATION_ID:
                raise StoreError(f"{self.path} is the database of another program; nothing was written")

    def head(self) -> Head:
        """See the contract."""
        with self.snapshot() as seen:
            return seen.head()

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.entries(start)

    def index(self) -> Iterator[IndexRow]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.index()

    def faults(self) -> Iterator[Fault]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.faults()

    @contextmanager
    def snapshot(self) -> Iterator[SqliteSnapshot]:
        """See the contract; one read transaction, which no writer waits for."""
        with self._read() as connection:
            yield SqliteSnapshot(self.path, connection)

    def recall(
        self,
        *,
        kinds: Collection[str] = (),
        subjects: Collection[str] = (),
        hashes: Collection[str] = (),
        refs: Collection[tuple[str, str]] = (),
    ) -> list[Recalled]:
        """See the contract."""
        with self._read() as connection:
            return _recall(connection, kinds=kinds, subjects=subjects, hashes=hashes, refs=refs)

    @contextmanager
    def recalling(self) -> Iterator[Recall]:
        """See the contract; one transaction, and one connection, which is most of what a small question costs."""
        with self._read() as connection:
            yield partial(_recall, connection)

    @contextmanager
    def map_view(self) -> Iterator[_MapView]:
        """See the contract; one transaction."""
        with self._read() as connection:
            yield _MapView(connection)

    def mapped(self) -> Mapped:
        """See the contract."""
        with self.snapshot() as seen:
            return seen.mapped()

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.pages()

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
                _make_room(connection)
                maprows.write(connection, rows)

    def publish(self, expected: Head, checkpoint: bytes) -> None:
        """See the contract."""
        with self._write() as connection:
            if _head(self.path, connection).checkpoint != expected.checkpoint:
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
            _make_room(connection)
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
            for statement in (*_TRIGGERS, *maprows.TRIGGERS):
                connection.exec_driver_sql(statement)

    def close(self) -> None:
        """See the contract."""
        self._engine.dispose()

    def _swap(self, connection: Connection, expected: Head, head: Head) -> None:
        now = _head(self.path, connection)
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
        with _engine_errors(self.path), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its start; left by an exception, it never happened."""
        with _engine_errors(self.path), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")


class SqliteSnapshot:
    """What one read transaction sees; keeps the promises of `ledger.store.contract.Snapshot`."""

    def __init__(self, path: Path, connection: Connection) -> None:
        """`connection` is inside a transaction, and stays there as long as this is used."""
        self.path = path
        self._connection = connection

    def head(self) -> Head:
        """See the contract."""
        with _engine_errors(self.path):
            return _head(self.path, self._connection)

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """See the contract; events and entries are read side by side, in two ordered passes."""
        with _engine_errors(self.path):
            entries = self._connection.exec_driver_sql(
                "SELECT sequence, leaf, data FROM entries WHERE sequence >= ? ORDER BY sequence", (start or LOWEST,)
            )
            events = self._connection.exec_driver_sql(
                # The first condition is what the index knows; values of other types sort above every number.
                "SELECT CAST(entry AS INTEGER) AS n, data FROM events WHERE entry >= ? AND n >= ? "
                "ORDER BY n, CAST(position AS INTEGER)",
                (start or LOWEST, start or LOWEST),
            )
            groups = itertools.groupby(events, operator.itemgetter(0))
            group = next(groups, None)
            for sequence, leaf, data in entries:
                while group is not None and group[0] < sequence:
                    group = next(groups, None)
                rows: tuple[bytes, ...] = ()
                if group is not None and group[0] == sequence:
                    rows = tuple(_blob(row[1]) for row in group[1])
                    group = next(groups, None)
                yield Stored(sequence, _blob(leaf), _blob(data), rows)

    def index(self) -> Iterator[IndexRow]:
        """See the contract."""
        with _engine_errors(self.path):
            events = self._connection.exec_driver_sql(
                f"SELECT {_PLACE}, hash, kind, actor, ref FROM events ORDER BY n, p"  # noqa: S608  (text of this module)
            )
            subjects = self._connection.exec_driver_sql(
                f"SELECT {_PLACE}, subject FROM subjects ORDER BY n, p, subject"  # noqa: S608  (text of this module)
            )
            groups = itertools.groupby(subjects, operator.itemgetter(0, 1))
            group = next(groups, None)
            for entry, position, digest, kind, actor, ref in events:
                while group is not None and group[0] < (entry, position):
                    group = next(groups, None)
                names: tuple[str, ...] = ()
                if group is not None and group[0] == (entry, position):
                    names = tuple(str(row[2]) for row in group[1])
                    group = next(groups, None)
                yield IndexRow(entry, position, digest, kind, actor, ref, names)

    def mapped(self) -> Mapped:
        """See the contract."""
        with _engine_errors(self.path):
            return maprows.mapped(self._connection)

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """See the contract."""
        with _engine_errors(self.path):
            for number, data in maprows.everything(self._connection):
                yield number, _blob(data)

    def faults(self) -> Iterator[Fault]:
        """See the contract."""
        with _engine_errors(self.path):
            yield from _damage(self._connection)
            yield from _changed_definitions(self._connection)
            yield from maprows.faults(self._connection)
            stray = (("SEAL-EVENT", _STRAY_EVENTS), ("SEAL-INDEX", _STRAY_SUBJECTS), ("SEAL-INDEX", _STRAY_TYPES))
            for code, query in stray:
                for (entry,) in self._connection.exec_driver_sql(query):
                    yield Fault(code, f"entry:{entry!s:.40}", "rows are there that belong to no stored entry or event")
            heads = self._connection.exec_driver_sql("SELECT count(*) FROM head").scalar_one()
            if heads != 1:
                yield Fault("SEAL-HEAD", "ledger", f"{heads} head rows; there is one")


def _head(path: Path, connection: Connection) -> Head:
    try:
        row = connection.exec_driver_sql("SELECT size, leaf, frontier, checkpoint FROM head WHERE id = 1").first()
    except OperationalError as error:
        raise StoreError(f"{path} is not a Monazite ledger: {error.orig}") from error
    if row is None or not isinstance(row[0], int):
        raise StoreError(f"{path} has no head row; the ledger cannot be read. `monazite reindex` may restore it.")
    return Head(row[0], _blob(row[1]), _blob(row[2]), None if row[3] is None else _blob(row[3]))


@contextmanager
def _engine_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        message = str(error.orig)
        if "locked" in message or "busy" in message:
            raise ConflictError(
                f"{path} is locked: another process is writing. Nothing was written; run the same command again."
            ) from error
        if "no such table" in message:
            raise StoreError(f"{path} is not a Monazite ledger, or a table of it is gone: {message}") from error
        raise StoreError(f"{path}: {message}") from error
    except UnicodeDecodeError as error:  # SQLite quotes damaged definitions in its message, as bytes
        raise StoreError(f"{path}: the database file is damaged") from error


def _address(path: Path) -> URL:
    """How to open a file: for reading alone where it or its folder cannot be written, as on somebody else's medium.

    A file in WAL mode is read without its shared-memory file only as immutable, which passes over a log that was not
    written back; so that is done only where there is none.
    """
    if not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return URL.create("sqlite", database=str(path))
    log = path.with_name(path.name + "-wal")
    whole = not (log.exists() and log.stat().st_size)
    query = {"mode": "ro", "uri": "true", **({"immutable": "1"} if whole else {})}
    return URL.create("sqlite", database=f"file:{quote(str(path.absolute()))}", query=query)


def _engine(address: URL) -> Engine:
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


def _blob(value: Any) -> bytes:  # noqa: ANN401  (whatever a changed database holds)
    """A stored value as bytes; a value of another type becomes bytes that match no hash."""
    return value if isinstance(value, bytes) else f"not bytes: {value!r}"[:200].encode()


def _define(connection: Connection, *, mapped: bool = True) -> None:
    SQLModel.metadata.create_all(connection, tables=[SQLModel.metadata.tables[name] for name in _TABLES])
    for statement in _TRIGGERS:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql("PRAGMA user_version = 1")
    if mapped:
        _make_room(connection)
    _insert(connection, "head", "id, size, leaf, frontier, checkpoint", [(1, 0, NO_LEAF, b"", None)])


def _make_room(connection: Connection) -> None:
    """Make the tables of the map, where an earlier version made none."""
    if not maprows.there(connection):
        maprows.define(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _definitions(connection: Connection) -> dict[tuple[str, str], str]:
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
    return {(str(kind), str(name)): str(sql) for kind, name, sql in rows}


def _changed_definitions(connection: Connection) -> Iterator[Fault]:
    found = _definitions(connection)
    stated = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    # What an earlier version made is no change; that the log has no maps then, `verify` sees.
    before = stated == 1 and not any(name.startswith("map_") for _kind, name in found)
    memory = _engine(URL.create("sqlite", database=":memory:"))
    with memory.connect() as fresh:
        _define(fresh, mapped=not before)
        wanted = _definitions(fresh)
    memory.dispose()
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


def _damage(connection: Connection) -> Iterator[Fault]:
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Fault("SEAL-DATABASE", "ledger", str(line)[:200])


def _insert(connection: Connection, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ",".join("?" * (columns.count(",") + 1))
    for chunk in _chunks(rows):
        connection.exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", chunk)  # noqa: S608  (names from this module)


def _subject_rows(index: Iterable[IndexRow]) -> Iterator[tuple[str, int, int]]:
    return ((subject, row.entry, row.position) for row in index for subject in row.subjects)


def _recall(
    connection: Connection,
    *,
    kinds: Collection[str] = (),
    subjects: Collection[str] = (),
    hashes: Collection[str] = (),
    refs: Collection[tuple[str, str]] = (),
) -> list[Recalled]:
    found: dict[tuple[int, int], Recalled] = {}
    for clause, values in (
        ("WHERE e.kind IN ({})", kinds),
        ("JOIN subjects s ON s.entry = e.entry AND s.position = e.position WHERE s.subject IN ({})", subjects),
        ("WHERE e.hash IN ({})", hashes),
    ):
        for chunk in _chunks(sorted(values)):
            marks = ",".join("?" * len(chunk))
            rows = connection.exec_driver_sql(_SELECT_EVENTS + clause.format(marks), tuple(chunk))
            _collect(rows, found)
    for pairs in _chunks(sorted(refs)):
        marks = ",".join(["(?,?)"] * len(pairs))
        # A join, because SQLite scans all events for `(actor, ref) IN (VALUES ...)`.
        wanted = f"JOIN (VALUES {marks}) v ON e.actor = v.column1 AND e.ref = v.column2"
        rows = connection.exec_driver_sql(_SELECT_EVENTS + wanted, tuple(itertools.chain(*pairs)))
        _collect(rows, found)
    return [found[place] for place in sorted(found)]


def _collect(rows: Iterable[Any], found: dict[tuple[int, int], Recalled]) -> None:
    for entry, position, entry_data, event_data in rows:
        found[entry, position] = Recalled(entry, position, _blob(entry_data), _blob(event_data))


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(itertools.islice(iterator, CHUNK)):
        yield chunk
