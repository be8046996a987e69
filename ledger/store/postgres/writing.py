"""How rows are put into a ledger in PostgreSQL, inside a transaction that the store began."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import errors

from ledger.errors import StoreError
from ledger.store.contract import Head, IndexRow, MapRows
from ledger.store.postgres.address import Address
from ledger.store.postgres.reading import Connection, ask

FEW: Final = 32
"""Rows up to which INSERTs in one round trip cost less than a COPY for each table."""
PAGES: Final = 2_000
"""Pages of the map that one statement takes."""
COLUMNS: Final = {
    "entries": (("sequence", "int8"), ("leaf", "bytea"), ("data", "bytea")),
    "events": (
        ("entry", "int8"), ("position", "int8"), ("hash", "text"), ("kind", "text"), ("actor", "text"), ("ref", "text"),
        ("data", "bytea"),
    ),
    "subjects": (("subject", "text"), ("entry", "int8"), ("position", "int8")),
}  # fmt: skip
_ADVANCE: Final = (
    "SELECT monazite.advance(%s::bigint, %s::bytea, %s::bytea, %s, %s::bigint, %s::bytea, %s::bytea, %s::bytea, %s)"
)


_TURN: Final = "SELECT pg_advisory_xact_lock{}(hashtextextended('monazite turn', 0))::text"


def take_turn(connection: Connection, seconds: float, *, shared: bool) -> bool:
    """Wait for the writers' turn in a transaction that is given up afterwards; False where it was waited for in vain."""
    ask(connection, "SELECT set_config('lock_timeout', %s, true)", (str(max(int(seconds * 1000), 1)),))  # 0 is for ever
    try:
        ask(connection, _TURN.format("_shared" if shared else ""))
    except (errors.LockNotAvailable, errors.QueryCanceled):  # the second where the role has a time limit of its own
        return False
    return True


def swap(connection: Connection, expected: Head, head: Head, *, same: bool = False) -> None:
    """Take the head row, which others wait for, and move it; `same` where the checkpoint must be the expected one, too."""
    # Entries without a checkpoint of their own leave the one that is there, which may have been cosigned meanwhile.
    keep = head.checkpoint == expected.checkpoint and not same
    was = (expected.size, expected.leaf, expected.checkpoint, same)
    connection.execute(_ADVANCE, (*was, head.size, head.leaf, head.frontier, head.checkpoint, keep))


def commit(connection: Connection, address: Address) -> None:
    """End the transaction so that it counts, durable when this returns.

    Raises:
        StoreError: it does not count, or nobody knows.
    """
    try:
        said = connection.execute("COMMIT").statusmessage
    except psycopg.OperationalError as error:
        raise StoreError(
            f"{address} went away while it was told to keep what was written; whether it did is not known. "
            "`import` and `submit` can be repeated when it is back, since they skip what is there; look before you repeat another command."
        ) from error
    if said != "COMMIT":  # as after a failure that nobody passed on
        raise StoreError(f"{address}: an earlier step had failed; nothing was written")


@contextmanager
def putting(connection: Connection, count: int) -> Iterator[Callable[..., None]]:
    """How so many rows are put in: INSERTs whose answers are awaited together, or a COPY for each table."""
    if count > FEW:
        yield copy_in
        return
    with connection.pipeline():
        yield insert


def insert(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Put rows into a table, one statement each."""
    columns = [name for name, _kind in COLUMNS[table]]
    statement = f"INSERT INTO monazite.{table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"  # noqa: S608  (names of this module)
    for row in rows:
        connection.execute(statement, row)


def copy_in(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Put rows into a table, by COPY."""
    columns = ", ".join(name for name, _kind in COLUMNS[table])
    statement = f"COPY monazite.{table} ({columns}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([kind for _name, kind in COLUMNS[table]])
        for row in rows:
            copy.write_row(row)


def put_map(connection: Connection, rows: MapRows) -> None:
    """Put pages in, and say of what they are now; in the order of their numbers, neighbours being in one block."""
    pages = iter(sorted(rows.pages.items()))
    while some := list(itertools.islice(pages, PAGES)):
        numbers, data = zip(*some, strict=True)
        connection.execute("SELECT monazite.put_pages(%b::bigint[], %b::bytea[])", (list(numbers), list(data)))
    connection.execute("SELECT monazite.set_map(%s::bigint, %s::bigint)", (rows.mapped.entry, rows.mapped.size))


def rebuild(connection: Connection, index: Iterable[IndexRow], leaves: Iterable[tuple[int, bytes]]) -> None:
    """Make index and stored leaf hashes anew, from temporary tables that hold what they should be."""
    connection.execute("CREATE TEMP TABLE said ON COMMIT DROP AS SELECT * FROM monazite.events WITH NO DATA")
    connection.execute("CREATE TEMP TABLE leaves (sequence bigint, leaf bytea) ON COMMIT DROP")
    rows = list(index)
    with connection.cursor() as cursor:
        with cursor.copy("COPY pg_temp.said (entry, position, hash, kind, actor, ref) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((row.entry, row.position, row.hash, row.kind, row.actor, row.ref))
        with cursor.copy("COPY pg_temp.leaves FROM STDIN") as copy:
            for pair in leaves:
                copy.write_row(pair)
    # Two values that change places would collide halfway, so all make room first.
    connection.execute("UPDATE monazite.events SET hash = 'reindexing ' || entry || ' ' || position, ref = NULL")
    connection.execute(
        "UPDATE monazite.events e SET hash = s.hash, kind = s.kind, actor = s.actor, ref = s.ref "
        "FROM pg_temp.said s WHERE (e.entry, e.position) = (s.entry, s.position)"
    )
    connection.execute(
        "UPDATE monazite.entries e SET leaf = n.leaf FROM pg_temp.leaves n WHERE e.sequence = n.sequence"
    )
    connection.execute("DELETE FROM monazite.subjects")
    copy_in(connection, "subjects", subject_rows(rows))


def subject_rows(index: Iterable[IndexRow]) -> Iterator[tuple[str, int, int]]:
    """Which events speak of what."""
    return ((subject, row.entry, row.position) for row in index for subject in row.subjects)
