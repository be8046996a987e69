"""What a ledger in PostgreSQL costs beside COPY of the same rows into the same indexed table, in one run. `make bench-postgres`.

Events as those of `benchmarks.intake`, in submissions of 1,000. The server is one of its own, with the settings that it comes
with: a commit is on the disk when it returns. Beside it the events' rows go by COPY into a table with the same columns and
indexes, without the triggers; and, for what else a ledger stores, all of its rows into all of its tables.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from functools import partial
from itertools import count, islice
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.intake import SINGLES, clocks
from benchmarks.mill import CALL, KEYS, ORIGIN, begin_in, drafts, recorded
from fixtures.server import running
from ledger.store import copying
from ledger.store.postgres import definitions
from ledger.store.postgres.address import parse
from ledger.store.postgres.store import PostgresStore
from ledger.store.postgres.writing import COLUMNS
from ledger.verify import verify

Rows = dict[str, list[tuple[Any, ...]]]
RUNS = 3
"""Of what is compared the quickest run counts, which other programs disturbed least."""
_numbers = count()


def database(place: str) -> PostgresStore:
    """A new database with an empty ledger."""
    name = f"bench_{next(_numbers)}"
    with psycopg.connect(parse(place.format("postgres")).uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    store = PostgresStore(parse(place.format(name)))
    store.create()
    return store


def bare(place: str, rows: Rows, tables: Sequence[str]) -> float:
    """Seconds of a COPY into tables with a ledger's indexes and no triggers, in as many transactions as the ledger takes."""
    store = database(place)
    with psycopg.connect(store.path.uri) as connection:
        for table in definitions.TABLES:
            connection.execute(f"ALTER TABLE monazite.{table} DISABLE TRIGGER USER".encode())
    with psycopg.connect(store.path.uri) as connection:
        seconds = clocks(partial(_copied, connection, rows, tables))[0]
    store.close()
    return seconds


def _copied(connection: psycopg.Connection[Any], rows: Rows, tables: Sequence[str]) -> None:
    calls = -(-len(rows["events"]) // CALL)
    for call in range(calls):
        with connection.transaction():
            for table in tables:
                part = len(rows[table]) * call // calls, len(rows[table]) * (call + 1) // calls
                names, kinds = zip(*COLUMNS[table], strict=True)
                statement = f"COPY monazite.{table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)".encode()
                with connection.cursor() as cursor, cursor.copy(statement) as copy:
                    copy.set_types(kinds)
                    for row in rows[table][slice(*part)]:
                        copy.write_row(row)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000, help="recorded in bulk (default 20000)")
    events = parser.parse_args().events
    with running() as server:
        place = server.place
        runs: list[tuple[float, float]] = []
        for _ in range(RUNS):
            store, made = database(place), drafts()
            begin_in(store)
            parts = []
            for start in range(0, events, CALL):
                batch = list(islice(made, min(CALL, events - start)))
                parts.append(clocks(partial(recorded, store, batch)))
            runs.append((sum(clock for clock, _work in parts), sum(work for _clock, work in parts)))
            store.close()
        took, work = min(runs)
        with store.snapshot() as seen:
            rows: Rows = {
                "entries": list(copying.entry_rows(seen)),
                "events": list(copying.event_rows(seen)),
                "subjects": list(copying.subject_rows(seen)),
            }
        total = len(rows["events"])
        of_events = min(bare(place, rows, ["events"]) for _ in range(RUNS))
        of_all = min(bare(place, rows, list(rows)) for _ in range(RUNS))
        moved = database(place)
        with store.snapshot() as seen:
            moving = clocks(lambda: moved.fill(seen, lambda _copy: None))[0]
        moved.close()
        checking = clocks(lambda: verify(store, KEYS[ORIGIN].vkey))[0]
        singles = list(islice(made, SINGLES + 1))
        recorded(store, singles[:1])
        ours = statistics.median(clocks(partial(recorded, store, [draft]))[0] for draft in singles[1:])
        with psycopg.connect(store.path.uri, autocommit=True) as connection:
            connection.execute("CREATE TABLE bare (n bigint, data bytea)")
            insert = partial(connection.execute, "INSERT INTO bare VALUES (%s, %s)")
            beside = statistics.median(clocks(partial(insert, (1, row[-1])))[0] for row in rows["events"][:SINGLES])
        store.close()
    table = Table(
        title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {total} events"
    )
    for column in ("what", "ours", "beside", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")

    def rates(what: str, mine: float, other: float) -> None:
        table.add_row(what, f"{mine:,.0f}", f"{other:,.0f}", f"{mine / other:.3f}")

    rates("bulk intake beside COPY into the same indexed table, events/s", events / took, total / of_events)
    rates("the same beside COPY of all rows into all tables, events/s", events / took, total / of_all)
    rates("a ledger moved in, not verified, beside COPY of all rows, events/s", total / moving, total / of_all)
    rates("verify all rules beside bulk intake, events/s", total / checking, events / took)
    table.add_row("share of this process in bulk intake, the rest is the server's", "-", "-", f"{work / took:.2f}")
    table.add_row(
        "one durable record beside one durable INSERT of its bytes, ms, medians",
        f"{ours * 1e3:.2f}",
        f"{beside * 1e3:.2f}",
        f"{beside / ours:.2f}",
    )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
