"""The store on PostgreSQL, for a ledger that many write to.

An append is one transaction that holds the head row from its first statement to its end: whoever else appends waits for it
there, then sees a head that is not the one it knew, and has written nothing. Few rows go in with plain INSERTs, all in one
round trip; many by COPY. Readers wait for nobody.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import ClassVar, Final

import psycopg

from ledger.errors import ConflictError, StoreError
from ledger.store import copying
from ledger.store.contract import Head, IndexRow, MapRows, Recall, Snapshot, Stored
from ledger.store.moments import Moments
from ledger.store.postgres import comparing, definitions, writing
from ledger.store.postgres.address import Address
from ledger.store.postgres.reading import (
    Connection,
    PostgresMapView,
    PostgresSnapshot,
    ask,
    driver_errors,
    recalled,
    unreached,
)

IDLE: Final = 4
"""Connections that are kept for the next question."""
_TABLES: Final = ", ".join(f"{definitions.SCHEMA}.{table}" for table in definitions.TABLES)
SAFE: Final = "SET LOCAL search_path = pg_catalog, pg_temp"
"""Names mean what they say, whatever the role's or the database's settings."""
_READ: Final = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {SAFE}; SET LOCAL lock_timeout = {{}}"
# A writer that stands still does not stop the others for ever; and whatever the server's or the role's setting, a commit is
# on the disk when it returns.
_WRITE: Final = (
    f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {SAFE}; SET LOCAL lock_timeout = {{}}; "
    "SET LOCAL idle_in_transaction_session_timeout = '60s'; "
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
)

_TURN = (
    f"BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; {SAFE}; SET LOCAL idle_in_transaction_session_timeout = '10min'"
)


class PostgresStore(Moments):
    """A ledger in a database of PostgreSQL; keeps the promises of `ledger.store.contract.Store`."""

    READ_ONLY: ClassVar[bool] = False

    def __init__(self, address: Address) -> None:
        """Nothing is connected before something is asked."""
        self.path = address
        self._idle: list[Connection] = []
        self._process = os.getpid()

    def create(self) -> None:
        """Make everything in one transaction, unless it is there; the roles as far as this role may make any.

        Raises:
            StoreError: the database cannot be written, or has a schema `monazite` of somebody else.
        """
        with self._write() as connection:
            ((encoding, database),) = ask(
                connection, "SELECT current_setting('server_encoding'), current_database()::text"
            )
            if encoding != "UTF8":
                raise StoreError(f"{self.path} is a database in {encoding}; a ledger needs one in UTF8")
            ask(connection, "SELECT pg_advisory_xact_lock(hashtextextended('monazite', 0))::text")
            there = comparing.made(connection)
            if not there:
                definitions.define(connection)
                ((can,),) = ask(
                    connection, "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
                )
                if can or _all_there(connection, definitions.roles(database)):
                    definitions.grant(connection, database)
            elif there.get(("schema", definitions.SCHEMA)) != definitions.MARK:
                raise StoreError(f"{self.path} has a schema `monazite` of another program; nothing was written")

    def roles(self) -> tuple[str, str] | None:
        """The group roles that may write and read; None where `create` could not make them."""
        with self._read() as connection, driver_errors(self.path):
            ((database,),) = ask(connection, "SELECT current_database()::text")
            named = definitions.roles(database)
            return named if _all_there(connection, named) else None

    @contextmanager
    def snapshot(self) -> Iterator[PostgresSnapshot]:
        """See the contract; one read transaction, which no writer waits for."""
        with self._read() as connection:
            seen = PostgresSnapshot(self.path, connection)
            try:
                yield seen
            finally:
                seen.end()

    @contextmanager
    def recalling(self) -> Iterator[Recall]:
        """See the contract; one transaction."""
        with self._read() as connection:
            yield partial(recalled, self.path, connection)

    @contextmanager
    def map_view(self) -> Iterator[PostgresMapView]:
        """See the contract; one transaction."""
        with self._read() as connection:
            with driver_errors(self.path):
                view = PostgresMapView(self.path, connection)
            yield view

    @contextmanager
    def turn(self, seconds: float, *, shared: bool) -> Iterator[bool]:
        """See the contract; an advisory lock, in a transaction that the server ends where its holder stands still."""
        connection = self._begun(_TURN)
        try:
            with driver_errors(self.path):
                got = writing.take_turn(connection, seconds, shared=shared)
            yield got
        finally:
            self._ended(connection)

    def append(
        self,
        expected: Head,
        entries: Sequence[Stored],
        index: Sequence[IndexRow],
        head: Head,
        rows: MapRows | None = None,
    ) -> None:
        """See the contract. Order of writes: head swapped first, so that a loser stops at once; then leaves, events, index, map; one commit."""
        data = {(stored.sequence, place): raw for stored in entries for place, raw in enumerate(stored.events)}
        with self._write() as connection, writing.putting(connection, len(entries) + len(index)) as put:
            writing.swap(connection, expected, head)
            put(connection, "entries", ((s.sequence, s.leaf, s.entry) for s in entries))
            put(
                connection,
                "events",
                ((r.entry, r.position, r.hash, r.kind, r.actor, r.ref, data[r.entry, r.position]) for r in index),
            )
            put(connection, "subjects", writing.subject_rows(index))
            if rows is not None:
                writing.put_map(connection, rows)

    def publish(self, expected: Head, checkpoint: bytes) -> None:
        """See the contract."""
        with self._write() as connection:
            writing.swap(
                connection, expected, Head(expected.size, expected.leaf, expected.frontier, checkpoint), same=True
            )

    def reindex(
        self,
        index: Iterable[IndexRow],
        leaves: Iterable[tuple[int, bytes]],
        head: Head,
        rows: MapRows | None = None,
    ) -> None:
        """See the contract; for the owner alone, with the tables locked and the triggers out of the way in one transaction."""
        with self._write() as connection:
            definitions.run(connection, f"LOCK TABLE {_TABLES} IN ACCESS EXCLUSIVE MODE")
            ((count,),) = ask(connection, "SELECT count(*) FROM monazite.entries")
            if count != head.size:
                raise ConflictError(
                    "another writer appended meanwhile; nothing was rebuilt. Run the same command again."
                )
            for table in definitions.TABLES:
                definitions.run(connection, f"ALTER TABLE monazite.{table} DISABLE TRIGGER USER")
            writing.rebuild(connection, index, leaves)
            connection.execute("DELETE FROM monazite.head")
            connection.execute(
                "INSERT INTO monazite.head VALUES (1, %s, %s, %s, %s)",
                (head.size, head.leaf, head.frontier, head.checkpoint),
            )
            connection.execute("DELETE FROM monazite.map_pages")
            connection.execute("DELETE FROM monazite.map_head")
            connection.execute("INSERT INTO monazite.map_head VALUES (1, -1, 0)")
            definitions.guard(connection)
            if rows is not None:
                writing.put_map(connection, rows)

    def fill(self, seen: Snapshot, check: Callable[[Snapshot], None]) -> None:
        """See the contract; by COPY."""
        with self._write() as connection:
            writing.swap(connection, copying.EMPTY, seen.head())
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # a verification takes its time
            writing.copy_in(connection, "entries", copying.entry_rows(seen))
            writing.copy_in(connection, "events", copying.event_rows(seen))
            writing.copy_in(connection, "subjects", copying.subject_rows(seen))
            for rows in copying.map_rows(seen):
                writing.put_map(connection, rows)
            definitions.run(connection, f"ANALYZE {_TABLES}")  # or the first questions are planned for an empty ledger
            copy = PostgresSnapshot(self.path, connection)
            try:
                check(copy)
            finally:
                copy.end()

    def close(self) -> None:
        """See the contract."""
        idle, self._idle = self._idle, []
        if self._process == os.getpid():  # a connection that was there before a fork is the parent's
            for connection in idle:
                connection.close()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        connection = self._begun(_READ)
        try:
            yield connection
        finally:
            self._ended(connection)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction; left by an exception, it never happened."""
        connection = self._begun(_WRITE)
        try:
            with _swapping(self.path), driver_errors(self.path):
                yield connection
                writing.commit(connection, self.path)
        except BaseException:
            connection.close()  # which rolls back; what the driver believes to be prepared may be gone
            raise
        self._ended(connection)

    def _begun(self, statement: str) -> Connection:
        """A connection in a new transaction: one that lies idle, unless the server let go of it, else a new one."""
        statement = statement.format(int(definitions.BUSY_SECONDS * 1000))
        if self._process != os.getpid():
            self._idle, self._process = [], os.getpid()
        while self._idle:
            connection = self._idle.pop()
            try:
                definitions.run(connection, statement)
            except psycopg.OperationalError:
                connection.close()
            else:
                return connection
        with driver_errors(self.path):
            try:
                connection = psycopg.connect(self.path.uri, autocommit=True)
            except psycopg.Error as error:
                raise unreached(self.path, error) from error
            definitions.run(connection, statement)
        return connection

    def _ended(self, connection: Connection) -> None:
        """End a transaction that is still open, and keep the connection where it is sound."""
        try:
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()
            return
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < IDLE:
            self._idle.append(connection)
        else:
            connection.close()


@contextmanager
def _swapping(address: Address) -> Iterator[None]:
    """What the sequencer says, as errors of the contract."""
    try:
        yield
    except StoreError as error:
        cause = error.__cause__
        state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
        if state == "MZ001" and cause is not None:
            size = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
            raise ConflictError(
                f"another writer was first: the ledger has {size} entries by now; nothing was written. Run the same command again."
            ) from cause
        if state == "MZ003":
            raise ConflictError("another checkpoint was published meanwhile; nothing was written.") from cause
        if state == "MZ002":
            raise StoreError(
                f"{address} has no head row; nothing was written. `monazite reindex` may restore it."
            ) from cause
        raise


def _all_there(connection: Connection, roles: tuple[str, str]) -> bool:
    ((count,),) = ask(connection, "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", (list(roles),))
    return bool(count == len(roles))
