"""What one transaction in PostgreSQL gives to read: a ledger's head, log, index, map and faults, as they are at one moment.

Long answers come through cursors of the server, so that memory does not grow with the ledger. Rows are read as plain values,
because a database under verification may hold anything.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import psycopg
from psycopg import errors

from ledger.errors import ConflictError, MonaziteError, StoreError
from ledger.store.contract import Fault, Head, IndexRow, Mapped, Recall, Recalled, Stored
from ledger.store.joining import joined
from ledger.store.postgres.address import Address
from ledger.store.postgres.comparing import changed_definitions

Connection = psycopg.Connection[tuple[Any, ...]]
FETCHED: Final = 500
"""Rows that one cursor brings at a time; an entry may have 65,535 bytes."""
_SELECT: Final = (
    "SELECT e.entry, e.position, n.data, e.data FROM monazite.events e JOIN monazite.entries n ON n.sequence = e.entry "
)
_JOIN: Final = "JOIN monazite.subjects s ON s.entry = e.entry AND s.position = e.position "
_ABOUT: Final = """WHERE e.kind = ANY(%s) AND EXISTS
(SELECT 1 FROM monazite.subjects s WHERE s.subject = ANY(%s) AND s.entry = e.entry AND s.position = e.position OFFSET 0)"""
"""By type first, since a busy site has all the events that happened there: `OFFSET` keeps the server from making a join of it."""
_BY_REF: Final = "JOIN unnest(%s::text[], %s::text[]) AS v (actor, ref) ON e.actor = v.actor AND e.ref = v.ref"
_ENTRIES: Final = "SELECT sequence, leaf, data FROM monazite.entries {} ORDER BY sequence"
_EVENTS: Final = "SELECT entry, data FROM monazite.events {} ORDER BY entry, position"
_STRAY_EVENTS: Final = """SELECT DISTINCT entry FROM monazite.events e
WHERE NOT EXISTS (SELECT 1 FROM monazite.entries n WHERE n.sequence = e.entry) LIMIT 20"""
_STRAY_SUBJECTS: Final = """SELECT DISTINCT entry FROM monazite.subjects s
WHERE NOT EXISTS (SELECT 1 FROM monazite.events e WHERE e.entry = s.entry AND e.position = s.position) LIMIT 20"""
_ABSENT: Final = (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedFunction)
_GONE: Final = ("57P01", "57P02", "57P03")
"""The server is going down, has crashed, or is not up yet."""
_BUSY: Final = (errors.LockNotAvailable, errors.SerializationFailure, errors.DeadlockDetected)


class PostgresMapView:
    """One read transaction; see the contract."""

    def __init__(self, address: Address, connection: Connection) -> None:
        self._address = address
        self._connection = connection
        self.mapped: Mapped = mapped(connection)
        self.recall: Recall = partial(recalled, address, connection)

    def pages(self, numbers: Collection[int]) -> dict[int, bytes]:
        """See the contract."""
        if self.mapped.entry < 0:
            return {}
        query = "SELECT number, data FROM monazite.map_pages WHERE number = ANY(%s)"
        with driver_errors(self._address):
            rows = ask(self._connection, query, (list(numbers),))
        return {number: blob(data) for number, data in rows}

    def entry(self, number: int) -> bytes | None:
        """See the contract."""
        with driver_errors(self._address):
            rows = ask(self._connection, "SELECT data FROM monazite.entries WHERE sequence = %s", (number,))
        return blob(rows[0][0]) if rows else None

    def stored(self, number: int) -> Stored | None:
        """See the contract."""
        with driver_errors(self._address):
            rows = ask(self._connection, "SELECT leaf, data FROM monazite.entries WHERE sequence = %s", (number,))
            query = "SELECT data FROM monazite.events WHERE entry = %s ORDER BY position"
            events = ask(self._connection, query, (number,)) if rows else []
        return (
            Stored(number, blob(rows[0][0]), blob(rows[0][1]), tuple(blob(row[0]) for row in events)) if rows else None
        )

    def leaves(self, start: int, stop: int) -> list[bytes]:
        """See the contract."""
        query = "SELECT leaf FROM monazite.entries WHERE sequence >= %s AND sequence < %s ORDER BY sequence"
        with driver_errors(self._address):
            return [blob(leaf) for (leaf,) in ask(self._connection, query, (start, stop))]

    def about(self, subjects: Collection[str], kinds: Collection[str]) -> list[Recalled]:
        """See the contract."""
        asked = _sayable(subjects)
        with driver_errors(self._address):
            return _placed(ask(self._connection, _SELECT + _ABOUT, (list(kinds), asked)) if asked else ())


class PostgresSnapshot:
    """What one read transaction sees; keeps the promises of `ledger.store.contract.Snapshot`."""

    def __init__(self, address: Address, connection: Connection) -> None:
        """`connection` is inside a transaction, and stays there as long as this is used."""
        self.path = address
        self._connection = connection
        self._numbers = itertools.count()
        self._cursors: list[psycopg.ServerCursor[tuple[Any, ...]]] = []

    def end(self) -> None:
        """Let go of what is being read; the transaction is about to end, and its connection to be used for another."""
        for cursor in self._cursors:
            cursor.close()

    def head(self) -> Head:
        """See the contract."""
        with driver_errors(self.path):
            return head_of(self.path, self._connection)

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """See the contract; events and entries are read side by side, in two ordered passes."""
        with driver_errors(self.path):
            # A whole reading has no condition, so that no row is passed over, be it numbered below 0 or not at all.
            values = (start,) if start else ()
            entries = self._stream(_ENTRIES.format("WHERE sequence >= %s" if start else ""), values)
            events = self._stream(_EVENTS.format("WHERE entry >= %s" if start else ""), values)
            placed = ((_number(sequence), leaf, data) for sequence, leaf, data in entries)
            theirs = ((_number(entry), data) for entry, data in events)
            for (sequence, leaf, data), beside in joined(placed, theirs, operator.itemgetter(0)):
                yield Stored(sequence, blob(leaf), blob(data), tuple([blob(row[1]) for row in beside]))

    def index(self) -> Iterator[IndexRow]:
        """See the contract."""
        with driver_errors(self.path):
            # In the order of the primary key, so that the server need not sort; a place that is no number comes last.
            events = self._stream(
                "SELECT entry, position, hash, kind, actor, ref FROM monazite.events ORDER BY entry, position"
            )
            subjects = self._stream(
                "SELECT entry, position, subject FROM monazite.subjects ORDER BY entry, position, subject"
            )
            placed = ((_number(entry), _number(position), *said) for entry, position, *said in events)
            names = ((_number(entry), _number(position), name) for entry, position, name in subjects)
            for (entry, position, digest, kind, actor, ref), beside in joined(placed, names, operator.itemgetter(0, 1)):
                named = tuple([str(name) for _entry, _position, name in beside])
                yield IndexRow(entry, position, digest, kind, actor, ref, named)

    def mapped(self) -> Mapped:
        """See the contract."""
        with driver_errors(self.path):
            return mapped(self._connection)

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """See the contract."""
        with driver_errors(self.path):
            for number, data in self._stream("SELECT number, data FROM monazite.map_pages ORDER BY number"):
                yield _number(number), blob(data)

    def faults(self) -> Iterator[Fault]:
        """See the contract."""
        with driver_errors(self.path):
            yield from changed_definitions(self._connection)
            for code, query in (("SEAL-EVENT", _STRAY_EVENTS), ("SEAL-INDEX", _STRAY_SUBJECTS)):
                for (entry,) in ask(self._connection, query):
                    yield Fault(code, f"entry:{entry!s:.40}", "rows are there that belong to no stored entry or event")
            for table in ("head", "map_head"):
                ((count,),) = ask(self._connection, f"SELECT count(*) FROM monazite.{table}")  # noqa: S608  (two names)
                if count != 1:
                    code = "SEAL-HEAD" if table == "head" else "SEAL-INDEX"
                    yield Fault(code, "ledger", f"{count} rows in {table}; there is one")

    def _stream(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a long answer, some at a time."""
        cursor = self._connection.cursor(f"monazite_{next(self._numbers)}", binary=True)
        self._cursors.append(cursor)
        cursor.itersize = FETCHED
        cursor.execute(query, values)
        yield from cursor
        cursor.close()


def ask(connection: Connection, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """A short answer as a whole; the query is of this package's own text."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(query, values).fetchall()


def head_of(address: Address, connection: Connection) -> Head:
    """The head row; raises StoreError where there is none that can be read."""
    rows = ask(connection, "SELECT size, leaf, frontier, checkpoint FROM monazite.head WHERE id = 1")
    if not rows or not isinstance(rows[0][0], int):
        raise StoreError(f"{address} has no head row; the ledger cannot be read. `monazite reindex` may restore it.")
    size, leaf, frontier, checkpoint = rows[0]
    return Head(size, blob(leaf), blob(frontier), None if checkpoint is None else blob(checkpoint))


def mapped(connection: Connection) -> Mapped:
    """Which map is stored; a row that is none reads as no map, and `faults` says so."""
    rows = ask(connection, "SELECT entry, size FROM monazite.map_head WHERE id = 1")
    if not rows or not all(isinstance(value, int) for value in rows[0]):
        return Mapped()
    return Mapped(*rows[0])


@contextmanager
def driver_errors(address: Address) -> Iterator[None]:
    """What the driver raises, as ConflictError or StoreError that name the ledger and no password."""
    try:
        yield
    except MonaziteError:
        raise
    except _BUSY as error:
        raise ConflictError(
            f"{address} is locked: another process is writing. Nothing was written; run the same command again."
        ) from error
    except _ABSENT as error:
        raise StoreError(
            f"{address} is not a Monazite ledger, or a part of it is gone: {said(address, error)}. "
            f"Begin one with `monazite init --origin NAME --ledger {address}`."
        ) from error
    except errors.InsufficientPrivilege as error:
        raise StoreError(f"{address}: this role may not do that: {said(address, error)}") from error
    except psycopg.OperationalError as error:
        if error.sqlstate is not None and error.sqlstate not in _GONE:
            raise StoreError(f"{address}: {said(address, error)}") from error
        raise StoreError(
            f"{address} went away: {said(address, error).rstrip('. ')}. Run the same command again when it answers; what a "
            "command records is there as a whole or not at all."
        ) from error
    except (psycopg.Error, UnicodeError) as error:
        raise StoreError(f"{address}: {said(address, error)}") from error


def unreached(address: Address, error: psycopg.Error) -> StoreError:
    """No connection: what was wrong, and what its reader can do. Servers may speak any language, so the last answer fits all."""
    message = said(address, error)
    told = message.casefold()
    if "password" in told or "authentication" in told:
        hint = "The role and its password are read from the address, else PGUSER and PGPASSWORD or ~/.pgpass."
    elif "too many" in told or "starting up" in told or "shutting down" in told or "recovery" in told:
        hint = "Run the same command again in a moment."
    elif "pg_hba" in told:
        hint = "The server's pg_hba.conf must let this role in from here."
    elif "database" in told and "not exist" in told:
        hint = "Make it with `createdb`, then `monazite init` or `monazite migrate`; or name another."
    else:
        hint = "See that the address is right and the server runs there."
    return StoreError(f"{address}: {message.rstrip('.? ')}. {hint}")


def said(address: Address, error: Exception) -> str:
    """What an error says first, without a password."""
    diagnosis = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return address.clean(diagnosis or str(error))[:300]


def blob(value: Any) -> bytes:  # noqa: ANN401  (whatever a changed database holds)
    """A stored value as bytes; a value of another type becomes bytes that match no hash."""
    return value if isinstance(value, bytes) else f"not bytes: {value!r}"[:200].encode()


def _number(value: Any) -> int:  # noqa: ANN401  (whatever a changed database holds)
    """A place in the log; -1, which nothing has, for what is no number."""
    return value if isinstance(value, int) else -1


def _sayable(values: Iterable[str]) -> list[str]:
    """Those texts that the database could hold at all: without U+0000 and lone surrogates."""
    given = list(values)
    if _is_sayable("".join(given)):  # nearly always, and one look instead of one for each
        return given
    return [value for value in given if _is_sayable(value)]


def _is_sayable(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def recalled(
    address: Address,
    connection: Connection,
    *,
    kinds: Collection[str] = (),
    subjects: Collection[str] = (),
    hashes: Collection[str] = (),
    refs: Collection[tuple[str, str]] = (),
) -> list[Recalled]:
    """As the contract's `recall`."""
    rows: list[tuple[Any, ...]] = []
    with driver_errors(address):
        for clause, values in (
            ("WHERE e.kind = ANY(%s)", kinds),
            (f"{_JOIN}WHERE s.subject = ANY(%s)", subjects),
            ("WHERE e.hash = ANY(%s)", hashes),
        ):
            asked = _sayable(values)
            if asked:
                rows += ask(connection, _SELECT + clause, (asked,))
        actors, names = [actor for actor, _ref in refs], [ref for _actor, ref in refs]
        if not _is_sayable("".join((*actors, *names))):
            pairs = [pair for pair in refs if len(_sayable(pair)) == len(pair)]
            actors, names = [actor for actor, _ref in pairs], [ref for _actor, ref in pairs]
        if actors:
            rows += ask(connection, f"{_SELECT}{_BY_REF}", (actors, names))
    return _placed(rows)


def _placed(rows: Iterable[tuple[Any, ...]]) -> list[Recalled]:
    """Each event once, in the order of the log."""
    found = {(row[0], row[1]): row for row in rows}
    return [
        Recalled(entry, position, blob(entry_data), blob(data))
        for entry, position, entry_data, data in (found[place] for place in sorted(found))
    ]
