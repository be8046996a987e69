"""The stored map on SQLite: its tables, and how they are read and written. Derived rows; `monazite reindex` renews them.

The tables are made with the others, or by the first map entry of a ledger that an earlier version began without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ledger.store.connection import Connection
from ledger.store.contract import Fault, Mapped, MapRows

TABLES: Final = ("map_head", "map_pages")
DEFINITIONS: Final = (
    """CREATE TABLE map_head (id INTEGER NOT NULL PRIMARY KEY, entry INTEGER NOT NULL, size INTEGER NOT NULL,
CONSTRAINT one_map CHECK (id = 1))""",
    "CREATE TABLE map_pages (number INTEGER NOT NULL PRIMARY KEY, data BLOB NOT NULL)",
)
TRIGGERS: Final = tuple(
    f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
    for table in TABLES
)
_PUT: Final = (
    "INSERT INTO map_pages (number, data) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET data = excluded.data"
)
_STRAY: Final = (
    "SELECT count(*) <> 1 OR sum(typeof(entry) <> 'integer' OR typeof(size) <> 'integer') FROM map_head",
    "SELECT count(*) FROM map_pages WHERE typeof(number) <> 'integer' OR typeof(data) <> 'blob'",
)


def there(connection: Connection) -> bool:
    """Whether this database has a place for a map."""
    found = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'map~_%' ESCAPE '~'"
    )
    return {str(name) for (name,) in found} >= set(TABLES)


def define(connection: Connection) -> None:
    """Make the tables, with no map in them."""
    for statement in (*DEFINITIONS, *TRIGGERS):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO map_head (id, entry, size) VALUES (1, -1, 0)")


def mapped(connection: Connection) -> Mapped:
    """Which map is stored; a row that is none reads as no map, and `faults` says so."""
    if not there(connection):
        return Mapped()
    row = connection.exec_driver_sql("SELECT entry, size FROM map_head WHERE id = 1").first()
    if row is None or not isinstance(row[0], int) or not isinstance(row[1], int):
        return Mapped()
    return Mapped(row[0], row[1])


def read(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, Any]]:
    """Number and data of these pages, at most as many as a statement takes."""
    marks = ",".join("?" * len(numbers))
    query = f"SELECT number, data FROM map_pages WHERE number IN ({marks})"  # noqa: S608  (marks)
    return [(number, data) for number, data in connection.exec_driver_sql(query, tuple(numbers))]


def everything(connection: Connection) -> Iterator[tuple[Any, Any]]:
    """Every page as it is stored."""
    if there(connection):
        rows = connection.exec_driver_sql("SELECT number, data FROM map_pages ORDER BY number")
        yield from ((number, data) for number, data in rows)


def write(connection: Connection, rows: MapRows) -> None:
    """Put pages in, and say of what they are now; in the order of their numbers, neighbours being in one database page."""
    pages = sorted(rows.pages.items())
    if pages:
        connection.exec_driver_sql(_PUT, pages)
    connection.exec_driver_sql(
        "UPDATE map_head SET entry = ?, size = ? WHERE id = 1", (rows.mapped.entry, rows.mapped.size)
    )


def clear(connection: Connection) -> None:
    """Forget the map; the triggers are not there."""
    connection.exec_driver_sql("DELETE FROM map_pages")
    connection.exec_driver_sql("DELETE FROM map_head")
    connection.exec_driver_sql("INSERT INTO map_head (id, entry, size) VALUES (1, -1, 0)")


def faults(connection: Connection) -> Iterator[Fault]:
    """Rows that no version wrote."""
    if there(connection):
        for table, query in zip(TABLES, _STRAY, strict=True):
            if connection.exec_driver_sql(query).scalar_one():
                yield Fault("SEAL-INDEX", "ledger", f"the table {table} has rows that are none of the map's")
