# ruff: noqa: S608  (names of tables and columns from this module)
"""A good ledger under the hands of whoever holds the disk: ways to change its rows, and who notices.

A change is a table's rows written anew, with every trigger and check out of the way and the definitions put back
afterwards, so that nothing but the rows differs. What the table's own constraints refuse cannot happen and is skipped.
"""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from fixtures.bad.disk import opened, unguarded
from fixtures.bad.world import LOG, World
from ledger.errors import UnverifiableError
from ledger.rules.finding import Finding
from ledger.store.sql import SqliteStore
from ledger.verify import verify

Value = int | float | str | bytes | None
Row = tuple[Value, ...]
TABLES = {
    "entries": ("sequence", "leaf", "data"),
    "events": ("entry", "position", "hash", "kind", "actor", "ref", "data"),
    "subjects": ("subject", "entry", "position"),
    "head": ("id", "size", "leaf", "frontier", "checkpoint"),
    "map_head": ("id", "entry", "size"),
    "map_pages": ("number", "data"),
}
COLUMNS = [(table, column) for table, columns in TABLES.items() for column in columns]
BLOBS = ("leaf", "data", "frontier", "checkpoint")
KEYS = {"entries": 1, "events": 2, "subjects": 3, "head": 1, "map_head": 1, "map_pages": 1}
"""How many columns, from the first, are a table's key."""
FAR = 1 << 40


class Change(Struct, frozen=True):
    """One way to change a table.

    Attributes:
        what: the exact change, for a message.
        table: the table.
        rows: all of its rows afterwards.
        named: subjects of which a finding must name one.
    """

    what: str
    table: str
    rows: tuple[Row, ...]
    named: frozenset[str]


class Definition(Struct, frozen=True):
    """One way to change the database's definitions.

    Attributes:
        what: name of the change.
        named: the subject that a finding must name.
        statements: what is executed.
        schema: whether they write into `sqlite_master` itself.
    """

    what: str
    named: str
    statements: tuple[str, ...]
    schema: bool = False

    def carry_out(self, disk: sqlite3.Connection) -> None:
        for statement in self.statements:
            if self.schema:
                write_schema(disk, statement)
            else:
                disk.execute(statement)


def _definitions() -> Iterator[Definition]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "good.db"
        World.good(path).close()
        with opened(path) as disk:
            made = disk.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
            ).fetchall()
    for name, sql in ((name, sql) for kind, name, _table, sql in made if kind == "trigger"):
        drop, named = f"DROP TRIGGER {name}", f"trigger:{name}"
        idle = f"{sql[: sql.index('BEGIN')]}BEGIN SELECT 1; END"
        mild = f"UPDATE sqlite_master SET sql = replace(sql, 'RAISE(ABORT', 'RAISE(FAIL') WHERE name = '{name}'"
        yield Definition(f"{name} dropped", named, (drop,))
        yield Definition(f"{name} does nothing", named, (drop, idle))
        yield Definition(f"{name} comes too late", named, (drop, sql.replace(" BEFORE ", " AFTER ")))
        yield Definition(f"{name} rewritten", named, (mild,), schema=True)
    for name, table in ((name, table) for kind, name, table, _sql in made if kind == "index"):
        drop, named = f"DROP INDEX {name}", f"index:{name}"
        yield Definition(f"{name} dropped", named, (drop,))
        yield Definition(f"{name} on another column", named, (drop, f"CREATE INDEX {name} ON {table} (position)"))
    yield Definition(
        "ref no longer unique",
        "index:events_by_ref",
        ("DROP INDEX events_by_ref", "CREATE INDEX events_by_ref ON events (actor, ref) WHERE ref IS NOT NULL"),
    )
    for table in TABLES:
        named = f"table:{table}"
        yield Definition(f"{table} dropped", named, (f"DROP TABLE {table}",))
        yield Definition(f"{table} renamed", named, (f"ALTER TABLE {table} RENAME TO old",))
        yield Definition(f"{table} with a column more", named, (f"ALTER TABLE {table} ADD COLUMN extra TEXT",))
        yield Definition(
            f"{table} behind a view",
            f"view:{table}",
            (f"ALTER TABLE {table} RENAME TO old", f"CREATE VIEW {table} AS SELECT * FROM old"),
        )
        yield Definition(
            f"{table} without NOT NULL",
            named,
            (f"UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = '{table}'",),
            schema=True,
        )
        yield Definition(
            f"{table} with another type",
            named,
            (f"UPDATE sqlite_master SET sql = replace(sql, 'INTEGER', 'TEXT') WHERE name = '{table}'",),
            schema=True,
        )
        last = TABLES[table][-1]
        yield Definition(f"{table}.{last} renamed", named, (f"ALTER TABLE {table} RENAME COLUMN {last} TO former",))
    yield Definition(
        "a head row more allowed",
        "table:head",
        ("UPDATE sqlite_master SET sql = replace(sql, 'id = 1', 'id > 0') WHERE name = 'head'",),
        schema=True,
    )
    yield Definition("a table more", "table:mine", ("CREATE TABLE mine (x)",))
    yield Definition("a view more", "view:mine", ("CREATE VIEW mine AS SELECT 1",))
    yield Definition("an index more", "index:mine", ("CREATE INDEX mine ON events (actor)",))
    yield Definition(
        "a trigger more", "trigger:mine", ("CREATE TRIGGER mine AFTER INSERT ON entries BEGIN SELECT 1; END",)
    )
    yield Definition("statistics", "table:sqlite_stat1", ("ANALYZE",))


DEFINITIONS = tuple(_definitions())


class Victim:
    """The good ledger, and a file to spoil copies of it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spoilt = itertools.count()
        self.path = folder / "good.db"
        world = World.good(self.path)
        self.checkpoint = world.store.head().checkpoint
        world.close()
        self.data = self.path.read_bytes()
        self.content = content(self.path)
        self.definitions = definitions(self.path)
        self.rows = {table: read(self.path, table) for table in TABLES}

    def restore(self, data: bytes | None = None) -> Path:
        """The good ledger again, or these bytes in its place, in a file of its own."""
        for beside in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + beside).unlink(missing_ok=True)
        self.path = self.folder / f"spoilt-{next(self.spoilt)}.db"
        self.path.write_bytes(self.data if data is None else data)
        return self.path

    def found(self, remembered: bytes | None = None) -> list[Finding] | None:
        """Findings of severity error; None where the verifier says that it cannot verify."""
        store = SqliteStore(self.path)
        try:
            verdict = verify(store, LOG.vkey, remembered=remembered)
        except UnverifiableError:
            return None
        finally:
            store.close()
        return [item for item in verdict.findings if item.severity == "error"]

    def notices(self, named: frozenset[str]) -> bool:
        """Whether an error names one of these subjects, or the ledger cannot be verified at all."""
        findings = self.found()
        return findings is None or any(item.subject in named for item in findings)

    def survives(self, change: Change) -> bool:
        """Whether a change takes place and nobody notices."""
        self.restore()
        try:
            with unguarded(self.path) as disk:
                disk.execute(f"DELETE FROM {change.table}")
                marks = ",".join("?" * len(TABLES[change.table]))
                disk.executemany(f"INSERT INTO {change.table} VALUES ({marks})", change.rows)
        except sqlite3.IntegrityError:
            return False
        return not self.notices(change.named) and content(self.path) != self.content


def read(path: Path, table: str) -> list[Row]:
    """A table's rows in the order of their key."""
    with opened(path) as disk:
        return disk.execute(f"SELECT * FROM {table} ORDER BY {', '.join(TABLES[table][: KEYS[table]])}").fetchall()


def definitions(path: Path) -> list[str]:
    """What a database says of itself; `tbl_name` repeats what stands in `sql`."""
    with opened(path) as disk:
        return sorted(repr(row) for row in disk.execute("SELECT type, name, sql FROM sqlite_master"))


def content(path: Path) -> list[str]:
    """Everything that a database says: its definitions, its marks and its rows with their types."""
    said = definitions(path)
    with opened(path) as disk:
        said += [
            repr(disk.execute(f"PRAGMA {name}").fetchone()) for name in ("application_id", "user_version", "encoding")
        ]
        disk.text_factory = bytes
        for table, columns in TABLES.items():
            types = ", ".join(f"typeof({column})" for column in columns)
            said += [f"{table} {row!r}" for row in disk.execute(f"SELECT *, {types} FROM {table}")]
    return sorted(said)


@contextmanager
def redefined(path: Path, name: str, rewrite: Callable[[str], str]) -> Iterator[sqlite3.Connection]:
    """A connection under another definition of a table, without triggers; at the end the definitions read as before."""
    with opened(path) as disk:
        ((sql,),) = disk.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchall()
    with opened(path) as disk:
        write_schema(disk, "UPDATE sqlite_master SET sql = ? WHERE name = ?", rewrite(sql), name)
    with unguarded(path) as disk:
        yield disk
    with opened(path) as disk:
        write_schema(disk, "UPDATE sqlite_master SET sql = ? WHERE name = ?", sql, name)


def write_schema(disk: sqlite3.Connection, statement: str, *values: Value) -> None:
    """Write into the table of definitions itself; the next connection reads it."""
    disk.execute("PRAGMA writable_schema = ON")
    disk.execute(statement, values)
    disk.execute("PRAGMA writable_schema = OFF")


def subjects(table: str, *rows: Row) -> frozenset[str]:
    """Who must be named when these rows are wrong; `ledger` covers whatever the head row or the database says."""
    if table in ("head", "map_head", "map_pages"):
        return frozenset({"ledger"})
    place = TABLES[table].index("sequence" if table == "entries" else "entry")
    return frozenset(f"entry:{row[place]}" for row in rows)


def other_values(value: Value) -> Iterator[Value]:
    """Values near to this one: of its type, NULL, and of other types, those that read alike above all."""
    match value:
        case int():
            yield from (value + 1, -1 - value, value + 0.5, f"{value}x", str(value).encode())
        case str():
            yield from (value[:-1], value.swapcase(), value + "\0", "", value.encode())
        case bytes():
            flipped = (bytes((value[0] ^ 1,)) + value[1:], value[:-1] + bytes((value[-1] ^ 1,))) if value else ()
            yield from (*flipped, value[:-1], value + b"\0", b"", value.decode("latin-1"), 0, 0.5)
        case _:
            yield from ("", "x", 0, b"")
    yield None


def values(victim: Victim, table: str, column: str) -> Iterator[Change]:
    """Each row with another value in one column: a near one, or that of any other row."""
    at = TABLES[table].index(column)
    rows = victim.rows[table]
    for number, row in enumerate(rows):
        neighbours = (rows[number - 1][at], rows[(number + 1) % len(rows)][at])
        for value in (*other_values(row[at]), *neighbours):
            if (type(value), value) != (type(row[at]), row[at]):
                changed = (*row[:at], value, *row[at + 1 :])
                said = (*rows[:number], changed, *rows[number + 1 :])
                what = f"{table} {row[: KEYS[table]]}: {column} becomes {value!r:.60}"
                yield Change(what, table, said, subjects(table, row, changed))


def flips(victim: Victim, table: str, column: str) -> Iterator[Change]:
    """Each row with one bit of one byte of one column flipped, for every byte."""
    at = TABLES[table].index(column)
    rows = victim.rows[table]
    for number, row in enumerate(rows):
        value = row[at]
        assert isinstance(value, bytes)
        for place in range(len(value)):
            flipped = value[:place] + bytes((value[place] ^ 1,)) + value[place + 1 :]
            said = (*rows[:number], (*row[:at], flipped, *row[at + 1 :]), *rows[number + 1 :])
            yield Change(
                f"{table} {row[: KEYS[table]]}: byte {place} of {column} flipped", table, said, subjects(table, row)
            )


def deletions(victim: Victim, table: str) -> Iterator[Change]:
    """Each row deleted. Behind a missing entry the next one is named, or the ledger at the end."""
    rows = victim.rows[table]
    for number, row in enumerate(rows):
        named = subjects(table, row, *rows[number + 1 : number + 2]) | {"ledger"}
        what = f"{table} {row[: KEYS[table]]} deleted"
        yield Change(what, table, (*rows[:number], *rows[number + 1 :]), named)


def swaps(victim: Victim, table: str) -> Iterator[Change]:
    """Each pair of neighbours with one column exchanged, or everything but the key."""
    rows = victim.rows[table]
    names = TABLES[table]
    singles: list[Sequence[int]] = [(at,) for at in range(len(names))]
    for number, (one, two) in enumerate(itertools.pairwise(rows)):
        for columns in (*singles, range(KEYS[table], len(names))):
            first = tuple(two[at] if at in columns else value for at, value in enumerate(one))
            second = tuple(one[at] if at in columns else value for at, value in enumerate(two))
            said = (*rows[:number], first, second, *rows[number + 2 :])
            what = f"{table} {one[: KEYS[table]]} and {two[: KEYS[table]]} exchange {[names[at] for at in columns]}"
            yield Change(what, table, said, subjects(table, one, two))


def copies(victim: Victim, table: str) -> Iterator[Change]:
    """Each row once more under another key; a value that the table wants unique is changed as little as can be."""
    rows = victim.rows[table]
    for row in rows:
        for key in _keys(table, row, len(victim.rows["entries"])):
            copy = (*key, *row[KEYS[table] :])
            if table == "events":
                copy = (*key, str(row[2])[::-1], row[3], row[4], None, row[6])
            yield Change(
                f"{table} {row[: KEYS[table]]} copied to {key}",
                table,
                (*rows, copy),
                subjects(table, copy) | {"ledger"},
            )


def _keys(table: str, row: Row, size: int) -> Iterator[Row]:
    match table:
        case "entries":
            yield from ((size,), (-1,), (FAR,))
        case "events":
            entry, position = row[:2]
            assert isinstance(position, int)
            yield from ((entry, position + 100), (entry, -1), (size, 0), (-1, 0), (FAR, 0))
        case "subjects":
            subject, entry, position = row
            yield from ((f"{subject}x", entry, position), (subject, size, 0), (subject, entry, 100), (subject, -1, 0))
            yield from ((subject, 0, 0), (subject, 1, 1), (subject, FAR, FAR))
        case "map_pages":
            yield from ((FAR,), (-1,), (0,))
        case _:
            yield (2,)
