"""What one connection to a ledger in SQLite gives to read: its head, log, index, map and faults, as they are at one moment.

Rows are read as plain values, because a database under verification may hold anything.
"""

from __future__ import annotations

import itertools
import operator
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ledger.errors import StoreError
from ledger.store import maprows
from ledger.store.connection import Connection, engine_errors
from ledger.store.contract import Fault, Head, IndexRow, Mapped, Recall, Recalled, Stored
from ledger.store.joining import joined
from ledger.store.schema import changed_definitions

CHUNK = 500
LOWEST = -(2**63)
"""Below every row, so that a whole reading passes over none, be it numbered below 0."""
T = TypeVar("T")
_PLACE = "coalesce(CAST(entry AS INTEGER), -1) AS n, coalesce(CAST(position AS INTEGER), -1) AS p"
_STRAY_TYPES = """SELECT DISTINCT entry FROM events WHERE typeof(entry) <> 'integer' OR typeof(position) <> 'integer'
UNION SELECT DISTINCT entry FROM subjects WHERE typeof(entry) <> 'integer' OR typeof(position) <> 'integer' LIMIT 20"""
_STRAY_EVENTS = "SELECT DISTINCT entry FROM events WHERE entry NOT IN (SELECT sequence FROM entries) LIMIT 20"
_STRAY_SUBJECTS = """SELECT DISTINCT s.entry FROM subjects s
LEFT JOIN events e ON e.entry = s.entry AND e.position = s.position WHERE e.entry IS NULL LIMIT 20"""

_SELECT_EVENTS = "SELECT e.entry, e.position, n.data, e.data FROM events e JOIN entries n ON n.sequence = e.entry "
_ABOUT = """WHERE e.kind IN ({}) AND EXISTS
(SELECT 1 FROM subjects s WHERE s.entry = e.entry AND s.position = e.position AND s.subject IN ({}))"""
"""By type first, since a busy site has all the events that happened there; joined, SQLite would begin with the subject."""


class SqliteMapView:
    """One read transaction; see the contract."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.mapped: Mapped = maprows.mapped(connection)
        self.recall: Recall = partial(recalled, connection)

    def pages(self, numbers: Collection[int]) -> dict[int, bytes]:
        """See the contract."""
        if self.mapped.entry < 0:
            return {}
        parts = chunks(sorted(numbers))
        return {number: _blob(data) for chunk in parts for number, data in maprows.read(self._connection, chunk)}

    def entry(self, number: int) -> bytes | None:
        """See the contract."""
        row = self._connection.exec_driver_sql("SELECT data FROM entries WHERE sequence = ?", (number,)).first()
        return None if row is None else _blob(row[0])

    def stored(self, number: int) -> Stored | None:
        """See the contract."""
        query = "SELECT leaf, data FROM entries WHERE sequence = ?"
        row = self._connection.exec_driver_sql(query, (number,)).first()
        if row is None:
            return None
        query = "SELECT data FROM events WHERE entry = ? ORDER BY position"
        events = self._connection.exec_driver_sql(query, (number,))
        return Stored(number, _blob(row[0]), _blob(row[1]), tuple(_blob(data) for (data,) in events))

    def leaves(self, start: int, stop: int) -> list[bytes]:
        """See the contract."""
        query = "SELECT leaf FROM entries WHERE sequence >= ? AND sequence < ? ORDER BY sequence"
        return [_blob(leaf) for (leaf,) in self._connection.exec_driver_sql(query, (start, stop))]

    def about(self, subjects: Collection[str], kinds: Collection[str]) -> list[Recalled]:
        """See the contract."""
        found: dict[tuple[int, int], Recalled] = {}
        for chunk in chunks(sorted(subjects)):
            clause = _ABOUT.format(*(",".join("?" * len(values)) for values in (kinds, chunk)))
            _collect(self._connection.exec_driver_sql(_SELECT_EVENTS + clause, (*sorted(kinds), *chunk)), found)
        return [found[place] for place in sorted(found)]


class SqliteSnapshot:
    """What one read transaction sees; keeps the promises of `ledger.store.contract.Snapshot`."""

    def __init__(self, path: Path, connection: Connection) -> None:
        """`connection` is inside a transaction, and stays there as long as this is used."""
        self.path = path
        self._connection = connection

    def head(self) -> Head:
        """See the contract."""
        with engine_errors(self.path):
            return head_of(self.path, self._connection)

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """See the contract; events and entries are read side by side, in two ordered passes."""
        with engine_errors(self.path):
            entries = self._connection.exec_driver_sql(
                "SELECT sequence, leaf, data FROM entries WHERE sequence >= ? ORDER BY sequence", (start or LOWEST,)
            )
            events = self._connection.exec_driver_sql(
                # The first condition is what the index knows; values of other types sort above every number.
                "SELECT CAST(entry AS INTEGER) AS n, data FROM events WHERE entry >= ? AND n >= ? "
                "ORDER BY n, CAST(position AS INTEGER)",
                (start or LOWEST, start or LOWEST),
            )
            for (sequence, leaf, data), beside in joined(entries, events, operator.itemgetter(0)):
                yield Stored(sequence, _blob(leaf), _blob(data), tuple([_blob(row[1]) for row in beside]))

    def index(self) -> Iterator[IndexRow]:
        """See the contract."""
        with engine_errors(self.path):
            events = self._connection.exec_driver_sql(
                f"SELECT {_PLACE}, hash, kind, actor, ref FROM events ORDER BY n, p"  # noqa: S608  (text of this module)
            )
            subjects = self._connection.exec_driver_sql(
                f"SELECT {_PLACE}, subject FROM subjects ORDER BY n, p, subject"  # noqa: S608  (text of this module)
            )
            for (entry, position, digest, kind, actor, ref), beside in joined(
                events, subjects, operator.itemgetter(0, 1)
            ):
                named = tuple([str(name) for _entry, _position, name in beside])
                yield IndexRow(entry, position, digest, kind, actor, ref, named)

    def mapped(self) -> Mapped:
        """See the contract."""
        with engine_errors(self.path):
            return maprows.mapped(self._connection)

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """See the contract."""
        with engine_errors(self.path):
            for number, data in maprows.everything(self._connection):
                yield number, _blob(data)

    def faults(self) -> Iterator[Fault]:
        """See the contract."""
        with engine_errors(self.path):
            yield from _damage(self._connection)
            yield from changed_definitions(self._connection)
            yield from maprows.faults(self._connection)
            stray = (("SEAL-EVENT", _STRAY_EVENTS), ("SEAL-INDEX", _STRAY_SUBJECTS), ("SEAL-INDEX", _STRAY_TYPES))
            for code, query in stray:
                for (entry,) in self._connection.exec_driver_sql(query):
                    yield Fault(code, f"entry:{entry!s:.40}", "rows are there that belong to no stored entry or event")
            heads = self._connection.exec_driver_sql("SELECT count(*) FROM head").scalar_one()
            if heads != 1:
                yield Fault("SEAL-HEAD", "ledger", f"{heads} head rows; there is one")


def head_of(path: Path, connection: Connection) -> Head:
    """The head row; raises StoreError where there is none that can be read."""
    try:
        row = connection.exec_driver_sql("SELECT size, leaf, frontier, checkpoint FROM head WHERE id = 1").first()
    except sqlite3.OperationalError as error:
        raise StoreError(f"{path} is not a Monazite ledger: {error}") from error
    if row is None or not isinstance(row[0], int):
        raise StoreError(f"{path} has no head row; the ledger cannot be read. `monazite reindex` may restore it.")
    return Head(row[0], _blob(row[1]), _blob(row[2]), None if row[3] is None else _blob(row[3]))


def _blob(value: Any) -> bytes:  # noqa: ANN401  (whatever a changed database holds)
    """A stored value as bytes; a value of another type becomes bytes that match no hash."""
    return value if isinstance(value, bytes) else f"not bytes: {value!r}"[:200].encode()


def _damage(connection: Connection) -> Iterator[Fault]:
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Fault("SEAL-DATABASE", "ledger", str(line)[:200])


def recalled(
    connection: Connection,
    *,
    kinds: Collection[str] = (),
    subjects: Collection[str] = (),
    hashes: Collection[str] = (),
    refs: Collection[tuple[str, str]] = (),
) -> list[Recalled]:
    """As the contract's `recall`."""
    found: dict[tuple[int, int], Recalled] = {}
    for clause, values in (
        ("WHERE e.kind IN ({})", kinds),
        ("JOIN subjects s ON s.entry = e.entry AND s.position = e.position WHERE s.subject IN ({})", subjects),
        ("WHERE e.hash IN ({})", hashes),
    ):
        for chunk in chunks(sorted(values)):
            marks = ",".join("?" * len(chunk))
            rows = connection.exec_driver_sql(_SELECT_EVENTS + clause.format(marks), tuple(chunk))
            _collect(rows, found)
    for pairs in chunks(sorted(refs)):
        marks = ",".join(["(?,?)"] * len(pairs))
        # A join, because SQLite scans all events for `(actor, ref) IN (VALUES ...)`.
        wanted = f"JOIN (VALUES {marks}) v ON e.actor = v.column1 AND e.ref = v.column2"
        rows = connection.exec_driver_sql(_SELECT_EVENTS + wanted, tuple(itertools.chain(*pairs)))
        _collect(rows, found)
    return [found[place] for place in sorted(found)]


def _collect(rows: Iterable[Any], found: dict[tuple[int, int], Recalled]) -> None:
    for entry, position, entry_data, event_data in rows:
        if type(entry) is not int or type(position) is not int:
            raise StoreError("events are there that are in no place of any entry; `monazite verify` says where")
        found[entry, position] = Recalled(entry, position, _blob(entry_data), _blob(event_data))


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most `CHUNK` values, for one statement each."""
    iterator = iter(values)
    while chunk := list(itertools.islice(iterator, CHUNK)):
        yield chunk
