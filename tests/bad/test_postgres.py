# ruff: noqa: S608  (names of tables and columns from the list of tables)
"""Whoever owns the database changes one thing of a good ledger in PostgreSQL, and an error names it; a sample of what SQLite is put through.

Each change is made in a transaction that is verified from inside and rolled back. Triggers are put out of the way and back, so
that only what was changed can give it away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from fixtures.bad.world import LOG, World
from ledger.errors import UnverifiableError
from ledger.migrate import _Copy
from ledger.rules.finding import Finding
from ledger.store.contract import Store
from ledger.store.postgres.definitions import TRIGGERS
from ledger.store.postgres.reading import PostgresSnapshot
from ledger.store.postgres.store import SAFE, PostgresStore
from ledger.store.sql import SqliteStore
from ledger.verify import verify
from tests.bad import tampering
from tests.bad.tampering import COLUMNS, KEYS, TABLES, Change
from tests.store.engines import Postgres
from tests.trials import some

pytestmark = pytest.mark.uncounted  # many times the same lines, which other tests count
Connection = psycopg.Connection[tuple[Any, ...]]
EACH = 6
"""Changes of one kind that `make test` tries; `make test-deep` tries more."""


class Victim:
    """The good ledger in a database, and one connection of its owner."""

    def __init__(self, folder: Path) -> None:
        self.backend = Postgres()
        self.store: PostgresStore = self.backend.open()
        World.good(folder / "good.db").close()
        source = SqliteStore(folder / "good.db")
        self.store.fill(source, lambda _copy: None)
        self.checkpoint = source.head().checkpoint
        source.close()
        self.disk = self.backend.raw()
        self.made = 0  # changes that the tables let happen
        self.rows = {
            table: self.disk.execute(
                f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(columns[: KEYS[table]])}".encode()
            ).fetchall()
            for table, columns in TABLES.items()
        }

    def end(self) -> None:
        self.disk.close()
        self.store.close()
        self.backend.end()

    @contextmanager
    def spoiling(self) -> Iterator[Connection]:
        """A transaction that never happened."""
        with self.disk.transaction(force_rollback=True):
            yield self.disk

    def found(self, remembered: bytes | None = None) -> list[Finding] | None:
        """Findings of severity error; None where the verifier says that it cannot verify."""
        self.disk.execute(SAFE.encode())  # as the store's own transactions begin
        seen = PostgresSnapshot(self.store.path, self.disk)
        try:
            verdict = verify(cast("Store", _Copy(seen)), LOG.vkey, remembered=remembered)
        except UnverifiableError:
            return None
        finally:
            seen.end()
        return [item for item in verdict.findings if item.severity == "error"]

    def notices(self, named: frozenset[str]) -> bool:
        findings = self.found()
        return findings is None or any(item.subject in named for item in findings)

    def survives(self, change: Change) -> bool:
        """Whether a change takes place and nobody notices."""
        try:
            with self.spoiling() as disk:
                with unguarded(disk, change.table):
                    disk.execute(f"DELETE FROM {change.table}".encode())
                    marks = ",".join(["%s"] * len(TABLES[change.table]))
                    with disk.cursor() as cursor:
                        cursor.executemany(f"INSERT INTO {change.table} VALUES ({marks})".encode(), change.rows)
                self.made += 1
                columns = ", ".join(TABLES[change.table])
                now = disk.execute(f"SELECT {columns} FROM monazite.{change.table}".encode()).fetchall()
                return not self.notices(change.named) and sorted(map(repr, now)) != sorted(
                    map(repr, self.rows[change.table])
                )
        except (psycopg.IntegrityError, psycopg.DataError):
            return False  # the table's own constraints or types refuse it


@contextmanager
def unguarded(disk: Connection, table: str) -> Iterator[None]:
    """No trigger stands in the way; afterwards all do again."""
    disk.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    yield
    for name in (name for name, (on, _statement) in TRIGGERS.items() if on == table):
        disk.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}".encode())


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    made = Victim(tmp_path_factory.mktemp("tamper"))
    yield made
    made.end()


def sample(changes: Iterable[Change], start: int = 0) -> list[Change]:
    """A few of them, spread over all; under the profile `thorough` every one of some."""
    all_of_them = list(changes)
    chosen = list(some(all_of_them, start))
    if len(chosen) < len(all_of_them):
        chosen = chosen[:: max(len(chosen) // EACH, 1)]
    return chosen[:: max(len(chosen) // 60, 1)]


def of_its_type(victim: Victim, table: str, column: str) -> list[Change]:
    """Other values that the column's type can hold."""
    at = TABLES[table].index(column)
    kind = {type(row[at]) for row in victim.rows[table]}
    changes = tampering.values(cast("tampering.Victim", victim), table, column)
    return [change for change in changes if {type(row[at]) for row in change.rows} <= kind]


def test_left_alone_it_verifies(victim: Victim) -> None:
    with victim.spoiling() as disk:
        for table in TABLES:
            with unguarded(disk, table):
                pass
        assert victim.found(victim.checkpoint) == []
    assert len(victim.rows["entries"]) > 10


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_another_value_is_found(victim: Victim, table: str, column: str) -> None:
    changes = sample(of_its_type(victim, table, column), COLUMNS.index((table, column)))
    assert changes
    before = victim.made
    assert [change.what for change in changes if victim.survives(change)] == []
    assert victim.made > before or column in TABLES[table][: KEYS[table]]  # of which most others are taken


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", [tampering.deletions, tampering.swaps, tampering.copies])
def test_rows_gone_exchanged_or_added_are_found(
    victim: Victim, table: str, kind: Callable[..., Iterator[Change]]
) -> None:
    changes = sample(kind(cast("tampering.Victim", victim), table))
    assert [change.what for change in changes if victim.survives(change)] == []


@pytest.mark.parametrize(
    ("table", "column"), [pair for pair in COLUMNS if pair not in {("events", "ref"), ("head", "checkpoint")}]
)
def test_null_where_the_definition_forbids_it_is_found(victim: Victim, table: str, column: str) -> None:
    """The definition is rewritten in the catalogue itself, the value set, and the definition put back, keys apart."""
    keys = TABLES[table][: KEYS[table]]
    key = column in keys
    of = f"attrelid = 'monazite.{table}'::regclass AND attname = '{column}'"
    with victim.spoiling() as disk:
        disk.execute("SET LOCAL allow_system_table_mods = on")
        with unguarded(disk, table):
            if key:
                disk.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey".encode())
            disk.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL".encode())
            where = " AND ".join(f"{name} = %s" for name in keys)
            row = victim.rows[table][len(victim.rows[table]) // 2]
            disk.execute(f"UPDATE {table} SET {column} = NULL WHERE {where}".encode(), row[: len(keys)])
        disk.execute(f"UPDATE pg_attribute SET attnotnull = true WHERE {of}".encode())
        findings = victim.found()
        assert findings is None or findings
        if not key and findings is not None:
            assert [item for item in findings if item.code != "SEAL-SCHEMA"]  # the value itself, not how it came


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_of_another_type_is_found(victim: Victim, table: str, column: str) -> None:
    kind = "text" if isinstance(victim.rows[table][0][TABLES[table].index(column)], int) else "bytea"
    using = f"convert_to({column}::text, 'UTF8')" if kind == "bytea" else f"{column}::text"
    if kind == "bytea" and isinstance(victim.rows[table][0][TABLES[table].index(column)], bytes):
        kind, using = "text", f"encode({column}, 'escape')"
    with victim.spoiling() as disk:
        for name in ("one_head", "one_map") if column == "id" else ():
            if name == ("one_head" if table == "head" else "one_map"):
                disk.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        if (table, column) == ("head", "size"):
            disk.execute("DROP TRIGGER head_no_shrink ON head")
        disk.execute(f"ALTER TABLE {table} ALTER {column} TYPE {kind} USING {using}".encode())
        assert victim.notices(frozenset({f"table:{table}"}))


DEFINITIONS = [
    *((f"DROP TRIGGER {name} ON {table}", f"trigger:{name}") for name, (table, _statement) in TRIGGERS.items()),
    *(
        (f"ALTER TABLE {table} {verb} TRIGGER {name}", f"trigger:{name}")
        for name, table in (("entries_no_update", "entries"), ("head_no_shrink", "head"))
        for verb in ("DISABLE", "ENABLE", "ENABLE REPLICA")
    ),
    *((f"DROP TABLE {table} CASCADE", f"table:{table}") for table in TABLES),
    *((f"ALTER TABLE {table} RENAME TO old", f"table:{table}") for table in TABLES),
    *((f"ALTER TABLE {table} ADD COLUMN extra text", f"table:{table}") for table in TABLES),
    *((f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"table:{table}") for table in TABLES),
    *((f"ALTER TABLE {table} SET UNLOGGED", f"table:{table}") for table in TABLES),
    *(
        (f"GRANT {right} ON {table} TO PUBLIC", f"right:{table}")
        for table in TABLES
        for right in ("UPDATE", "DELETE", "TRUNCATE")
    ),
    ("GRANT UPDATE (size) ON head TO PUBLIC", "right:head"),
    ("GRANT INSERT ON head TO PUBLIC", "right:head"),
    ("GRANT CREATE ON SCHEMA monazite TO PUBLIC", "right:schema"),
    ("GRANT EXECUTE ON FUNCTION advance TO PUBLIC", "right:advance()"),
    ("CREATE ROLE somebody; ALTER TABLE entries OWNER TO somebody", "owner:entries"),
    ("CREATE ROLE somebody; ALTER FUNCTION set_map OWNER TO somebody", "owner:set_map"),
    ("DROP FUNCTION set_map", "function:set_map"),
    ("ALTER FUNCTION advance SECURITY INVOKER", "function:advance"),
    ("ALTER FUNCTION advance RESET search_path", "function:advance"),
    ("CREATE FUNCTION advance() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function:advance"),
    ("CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function:mine"),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "function:refuse_change",
    ),
    ("CREATE TRIGGER mine BEFORE INSERT ON entries EXECUTE FUNCTION refuse_change()", "trigger:mine"),
    ("CREATE RULE mine AS ON INSERT TO entries DO INSTEAD NOTHING", "rule:mine"),
    ("CREATE POLICY mine ON entries", "policy:mine"),
    ("CREATE TABLE child () INHERITS (entries)", "table:child"),
    ("CREATE VIEW mine AS SELECT 1", "view:mine"),
    ("CREATE SEQUENCE mine", "relation:mine"),
    ("CREATE INDEX mine ON events (actor)", "index:mine"),
    ("DROP INDEX events_by_ref", "index:events_by_ref"),
    (
        "DROP INDEX events_by_ref; CREATE INDEX events_by_ref ON events (actor, ref) WHERE ref IS NOT NULL",
        "index:events_by_ref",
    ),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'monazite.events_hash_key'::regclass",
        "index:events_hash_key",
    ),
    ("ALTER TABLE events DROP CONSTRAINT events_hash_key", "constraint:events_hash_key"),
    (
        "ALTER TABLE head DROP CONSTRAINT one_head; ALTER TABLE head ADD CONSTRAINT one_head CHECK (id > 0)",
        "constraint:one_head",
    ),
    ("ALTER TABLE entries ADD CONSTRAINT mine CHECK (sequence < 5) NOT VALID", "constraint:mine"),
    ("ALTER TABLE entries ALTER data DROP NOT NULL", "table:entries"),
    ("ALTER TABLE head ALTER size SET DEFAULT 1", "table:head"),
    ('ALTER TABLE events ALTER kind TYPE text COLLATE "default"', "table:events"),
    ("ALTER TABLE entries RENAME COLUMN data TO former", "table:entries"),
    ("COMMENT ON SCHEMA monazite IS 'Monazite ledger, definitions 0'", "schema:monazite"),
    ("ALTER SCHEMA monazite RENAME TO old", "schema:monazite"),
]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        pytest.param(*change, marks=[pytest.mark.deep] if number % 3 else [])
        for number, change in enumerate(DEFINITIONS)
    ],
)
def test_a_changed_definition_or_right_is_found(victim: Victim, statement: str, named: str) -> None:
    with victim.spoiling() as disk:
        disk.execute("SET LOCAL allow_system_table_mods = on")
        disk.execute(statement.encode())
        assert victim.notices(frozenset({named}))
