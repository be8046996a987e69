"""SQLite in particular: what its triggers refuse, what it takes for a ledger, and crashes at each statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from ledger.errors import ConflictError, StoreError, UnverifiableError
from ledger.restore import restored
from ledger.seal import checkpoint, merkle
from ledger.store import schema, sql
from ledger.store.connection import BUSY_SECONDS, Address, Plain
from ledger.store.definitions import define, engine_at
from ledger.store.sql import SqliteStore
from tests.ledger.world import LEDGER, LOG, World, errors, output, settled
from tests.store.backends import content, prepared

pytestmark = pytest.mark.alike  # its cases run the same lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def world(path: Path) -> Iterator[World]:
    world = settled(path)
    for number in range(3):
        world.say("extract", "mine", site="pit", ref=f"e{number}", outputs=[output(f"L{number}", 10)])
    yield world
    world.store.close()


def raw(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def without_triggers(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")


# --- Nothing is changed through SQL


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET data = data",
        "UPDATE entries SET leaf = zeroblob(32) WHERE sequence = 1",
        "UPDATE entries SET sequence = sequence + 100",
        "DELETE FROM entries",
        "DELETE FROM entries WHERE sequence = 4",
        "UPDATE events SET data = zeroblob(1)",
        "UPDATE events SET actor = 'other' WHERE entry = 2",
        "DELETE FROM events WHERE entry = 4",
        "UPDATE subjects SET subject = 'lot:other'",
        "DELETE FROM subjects",
        "DELETE FROM head",
        "UPDATE head SET size = size - 1",
        "UPDATE head SET id = 2",
        "INSERT INTO head SELECT 2, size, leaf, frontier, checkpoint FROM head",
        "INSERT INTO entries SELECT sequence, leaf, data FROM entries",
        "INSERT INTO events SELECT entry, 9, hash, kind, actor, NULL, data FROM events",
        "INSERT INTO events SELECT entry, 9, hash || 'x', kind, actor, ref, data FROM events WHERE ref IS NOT NULL",
    ],
)
def test_changes_through_sql_are_refused(world: World, path: Path, statement: str) -> None:
    before = content(world.store)
    with pytest.raises(sqlite3.IntegrityError):
        raw(path, statement)
    assert content(world.store) == before
    assert world.verify().verdict == "clean"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO entries SELECT 2, leaf, data FROM entries WHERE sequence = 3",
        "REPLACE INTO events SELECT entry, position, hash, kind, 'other', ref, data FROM events WHERE entry = 2",
        "REPLACE INTO head SELECT 1, 1, leaf, frontier, checkpoint FROM head",
        "REPLACE INTO events SELECT entry, 9, hash || 'x', kind, actor, ref, data FROM events WHERE entry = 2",
    ],
)
def test_replacing_through_sql_is_refused(world: World, path: Path, statement: str) -> None:
    before = content(world.store)
    with suppress(sqlite3.IntegrityError):
        raw(path, statement)
    assert content(world.store) == before


# --- Damage to what follows from the bytes is found, and undone by `reindex`

DAMAGE = {
    "leaf": ("UPDATE entries SET leaf = zeroblob(32) WHERE sequence = 2", {"SEAL-LEAF", "SEAL-SCHEMA"}),
    "leaf as text": ("UPDATE entries SET leaf = 'text'", {"SEAL-LEAF", "SEAL-SCHEMA"}),
    "hash": ("UPDATE events SET hash = hash || '0' WHERE entry = 2", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "hashes swapped": (
        "UPDATE events SET hash = CASE entry WHEN 4 THEN 'a' ELSE 'b' END WHERE entry IN (4, 6)",
        {"SEAL-INDEX", "SEAL-SCHEMA"},
    ),
    "kind": ("UPDATE events SET kind = 'extract'", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "actor": ("UPDATE events SET actor = 'plant' WHERE actor = 'mine'", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "ref": ("UPDATE events SET ref = NULL", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "refs renamed": ("UPDATE events SET ref = ref || '!'", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "subject changed": (
        "UPDATE subjects SET subject = 'lot:X' WHERE subject = 'lot:L1'",
        {"SEAL-INDEX", "SEAL-SCHEMA"},
    ),
    "subjects gone": ("DELETE FROM subjects", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "subject too many": ("INSERT INTO subjects VALUES ('lot:L1', 2, 0)", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "stray subject": ("INSERT INTO subjects VALUES ('lot:L1', 77, 0)", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "head size": ("UPDATE head SET size = size + 1", {"SEAL-HEAD", "SEAL-SCHEMA"}),
    "head shrunk": ("UPDATE head SET size = size - 1", {"SEAL-HEAD", "SEAL-SCHEMA"}),
    "head leaf": ("UPDATE head SET leaf = zeroblob(32)", {"SEAL-HEAD", "SEAL-SCHEMA"}),
    "head frontier": ("UPDATE head SET frontier = zeroblob(64)", {"SEAL-HEAD", "SEAL-SCHEMA"}),
    "map page": ("UPDATE map_pages SET data = zeroblob(100)", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "map gone": ("DELETE FROM map_pages", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "map of an earlier entry": ("UPDATE map_head SET entry = 7", {"SEAL-INDEX", "SEAL-SCHEMA"}),
    "triggers": ("SELECT 1", {"SEAL-SCHEMA"}),
    "trigger too many": (
        'CREATE TRIGGER "odd "" name" AFTER INSERT ON entries BEGIN DELETE FROM subjects; END',
        {"SEAL-SCHEMA"},
    ),
}


@pytest.mark.parametrize(("statement", "codes"), DAMAGE.values(), ids=DAMAGE)
def test_reindexing_undoes_damage(world: World, path: Path, statement: str, codes: set[str]) -> None:
    before = content(world.store)
    without_triggers(path)
    raw(path, statement)
    assert set(errors(world.verify())) == codes
    world.store.reindex(*restored(world.store))
    assert world.verify().findings == ()
    assert content(world.store) == before
    world.say("extract", "mine", site="pit", outputs=[output("M1", 1)])
    assert world.verify().findings == ()


def test_a_lost_head_row_is_restored_but_for_the_checkpoint(world: World, path: Path) -> None:
    before = content(world.store)
    without_triggers(path)
    raw(path, "DELETE FROM head")
    with pytest.raises(StoreError, match="no head row"):
        world.store.head()
    with pytest.raises(UnverifiableError):
        world.verify()
    world.store.reindex(*restored(world.store))
    assert errors(world.verify()) == ["SEAL-CHECKPOINT"]
    head = world.store.head()
    root = merkle.Frontier.from_bytes(head.size, head.frontier).root()
    world.store.publish(head, checkpoint.sign(checkpoint.Checkpoint(LEDGER, head.size, root), LOG))
    assert world.verify().findings == ()
    assert content(world.store) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET data = zeroblob(9) WHERE sequence = 3",
        "UPDATE events SET data = x'7b7d' WHERE entry = 4",
        "DELETE FROM entries WHERE sequence = 3",
        "DELETE FROM entries WHERE sequence = 4",
        "DELETE FROM events WHERE entry = 4",
        "UPDATE entries SET sequence = 19 WHERE sequence = 4",
        "UPDATE events SET position = 50 WHERE entry = 2 AND position = 2",
        "INSERT INTO events SELECT 3, 0, 'x', kind, actor, NULL, data FROM events WHERE entry = 4",
    ],
)
def test_reindexing_hides_no_damage_to_the_bytes(world: World, path: Path, statement: str) -> None:
    without_triggers(path)
    raw(path, statement)
    assert errors(world.verify())
    with pytest.raises(StoreError, match="does not hold together"):
        restored(world.store)


def test_reindexing_cannot_bring_back_what_was_cut_off(world: World, path: Path) -> None:
    without_triggers(path)
    raw(
        path,
        "DELETE FROM entries WHERE sequence >= 8",
        "DELETE FROM events WHERE entry >= 8",
        "DELETE FROM subjects WHERE entry >= 8",
    )
    world.store.reindex(*restored(world.store))
    assert errors(world.verify()) == ["SEAL-TRUNCATED"]


def test_a_wrong_head_row_gets_no_signature(world: World, path: Path) -> None:
    raw(path, "UPDATE head SET frontier = zeroblob(64)")
    before = content(world.store)
    with pytest.raises(StoreError, match="cut or changed"):
        world.say("extract", "mine", site="pit", outputs=[output("M1", 1)])
    assert content(world.store) == before


# --- What is no ledger


def unreadable(path: Path) -> None:
    path.mkdir()


def garbage(path: Path) -> None:
    path.write_bytes(b"no database, whatever its name says. " * 200)


def torn(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + bytes(50))


def foreign(path: Path) -> None:
    raw(path, "CREATE TABLE accounts (id INTEGER)", "INSERT INTO accounts VALUES (7)")


def lookalike(path: Path) -> None:
    raw(path, "CREATE TABLE head (id INTEGER)", "CREATE TABLE entries (id INTEGER)")


NO_LEDGER: dict[str, Callable[[Path], None]] = {
    "folder": unreadable,
    "garbage": garbage,
    "torn": torn,
    "foreign": foreign,
    "lookalike": lookalike,
    "absent": lambda _path: None,
    "empty": Path.touch,
}


@pytest.mark.parametrize("make", NO_LEDGER.values(), ids=NO_LEDGER)
def test_what_is_no_ledger_is_not_read(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    store = SqliteStore(path)
    for reading in (
        store.head,
        lambda: list(store.entries()),
        lambda: store.recall(kinds=("open",)),
        lambda: list(store.index()),
    ):
        with pytest.raises(StoreError):
            reading()
    store.close()


@pytest.mark.parametrize("make", [unreadable, garbage, torn], ids=["folder", "garbage", "torn"])
def test_no_ledger_is_made_in_a_file_that_is_none(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError):
        SqliteStore(path).create()
    assert (path.read_bytes() if path.is_file() else None) == before


def test_no_ledger_is_made_in_the_database_of_another_program(path: Path) -> None:
    foreign(path)
    with pytest.raises(StoreError):
        SqliteStore(path).create()


def test_reading_the_database_of_another_program_leaves_it_alone(path: Path) -> None:
    foreign(path)
    before = path.read_bytes()
    with pytest.raises(StoreError):
        SqliteStore(path).head()
    assert path.read_bytes() == before


def test_a_file_name_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "what?mode=ro.db"
    store = SqliteStore(path)
    store.create()
    store.close()
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        SqliteStore(tmp_path / "none" / "ledger.db").create()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE head SET size = 'many'",
        "UPDATE head SET size = 1.5",
        "DROP TABLE events",
        "DROP TABLE subjects",
        "ALTER TABLE entries RENAME COLUMN data TO bytes",
    ],
)
def test_a_ledger_that_lost_its_shape_cannot_be_read(world: World, path: Path, statement: str) -> None:
    without_triggers(path)
    raw(path, statement)
    with pytest.raises(UnverifiableError):
        world.verify()


@pytest.mark.parametrize("mapped", [True, False])
def test_the_definitions_that_are_looked_for_are_those_that_are_made(tmp_path: Path, mapped: bool) -> None:
    engine = engine_at(Address(tmp_path / "made.db"))
    with engine.connect() as fresh:
        define(fresh, mapped=mapped)
        assert schema.made(fresh) == dict(schema._ours(mapped=mapped))
    engine.dispose()


# --- Others at the same file


def test_a_ledger_that_is_locked_is_a_conflict(world: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.connection.BUSY_SECONDS", 0.05)
    append = prepared(world, world.draft("extract", "mine", site="pit", outputs=[output("M1", 1)]))
    before = content(world.store)
    store = SqliteStore(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConflictError, match="locked"):
            append.to(store)
        with pytest.raises(ConflictError, match="locked"):
            store.publish(before.head, b"checkpoint")
        assert content(store) == before  # readers do not wait
        other.execute("ROLLBACK")
    append.to(store)
    assert world.verify().verdict == "clean"
    store.close()


@pytest.mark.usefixtures("world")
def test_a_writer_waits_for_its_turn(path: Path) -> None:
    assert BUSY_SECONDS >= 10
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# --- Faults in pairs: failed and lost, failed and persisted

STEPS = (
    *("BEGIN", "UPDATE head", "INSERT INTO entries", "INSERT INTO events", "INSERT INTO subjects"),
    *("INSERT INTO map_pages", "UPDATE map_head", "COMMIT"),
)


class CrashError(Exception):
    """The process is gone."""


@contextmanager
def crash(store: Any, moment: str, step: int, seen: list[str]) -> Iterator[None]:
    """Crash before or after the write step of this number; `seen` keeps the statements that began."""

    def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("PRAGMA", "SELECT")):
            return
        seen.append(statement)
        if len(seen) == step + 1:
            raise CrashError

    name = f"{moment}_cursor_execute"
    sqlalchemy.event.listen(store._engine, name, watch)
    try:
        yield
    finally:
        sqlalchemy.event.remove(store._engine, name, watch)


def test_the_write_steps_are_those_that_the_faults_try(world: World) -> None:
    seen: list[str] = []
    append = prepared(world, world.draft("extract", "mine", site="pit", outputs=[output("M1", 1)]))
    with crash(world.store, "before", 1000, seen):
        append.to(world.store)
    assert len(seen) == len(STEPS)
    for statement, step in zip(seen, STEPS, strict=True):
        assert statement.startswith(step)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
def test_a_crash_at_any_write_step_leaves_all_or_nothing(world: World, moment: str, step: int) -> None:
    append = prepared(world, world.draft("extract", "mine", site="pit", outputs=[output("M1", 1)]))
    before = content(world.store)
    with crash(world.store, moment, step, []), pytest.raises(CrashError):
        append.to(world.store)
    committed = (moment, STEPS[step]) == ("after", "COMMIT")
    after = content(world.store)
    assert (after == before) is not committed
    assert after.head == (append.head if committed else before.head)
    assert world.verify().findings == ()
    if committed:
        with pytest.raises(ConflictError):
            append.to(world.store)
    else:
        append.to(world.store)
    assert world.store.head() == append.head
    assert world.verify().findings == ()


@pytest.mark.parametrize("table", ["entries", "events", "subjects"])
def test_a_fault_in_the_insert_helper_leaves_nothing(world: World, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    insert = sql._insert

    def failing(connection: Any, into: str, columns: str, rows: Any) -> None:
        insert(connection, into, columns, rows)
        if into == table:
            raise CrashError

    before = content(world.store)
    monkeypatch.setattr(sql, "_insert", failing)
    with pytest.raises(CrashError):
        world.say("extract", "mine", site="pit", outputs=[output("M1", 1)])
    monkeypatch.undo()
    assert content(world.store) == before
    assert world.verify().findings == ()
    world.say("extract", "mine", site="pit", outputs=[output("M1", 1)])
    assert world.verify().findings == ()


def test_a_caller_that_died_after_the_commit_left_a_whole_ledger(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = SqliteStore.append

    def dying(*given: Any) -> None:
        real(*given)
        raise CrashError

    monkeypatch.setattr(SqliteStore, "append", dying)
    draft = world.draft("extract", "mine", site="pit", ref="again", outputs=[output("M1", 1)])
    with pytest.raises(CrashError):
        world.record(draft)
    monkeypatch.undo()
    assert "M1" in world.verify().history.lots
    assert world.verify().findings == ()
    again = world.record(draft)  # the caller does not know, and asks again
    assert (again.facts, [ref for ref, _hash in again.skipped]) == ((), ["again"])
    assert world.verify().findings == ()


def test_a_crash_while_reindexing_leaves_all_or_nothing(world: World, path: Path) -> None:
    without_triggers(path)
    raw(path, "UPDATE head SET leaf = zeroblob(32)", "DELETE FROM subjects")
    before = content(world.store)
    plan = restored(world.store)
    step = 0
    while True:
        seen: list[str] = []
        with crash(world.store, "before", step, seen):
            try:
                world.store.reindex(*plan)
            except CrashError:
                assert content(world.store) == before
            else:
                break
        step += 3
    assert step > 20
    assert world.verify().findings == ()


def test_no_question_reads_the_whole_log(world: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []
    run = Plain.exec_driver_sql

    def watched(plain: Plain, text: str, values: Any = None, /) -> Any:
        asked.append((text, values or ()))
        return run(plain, text, values)

    monkeypatch.setattr(Plain, "exec_driver_sql", watched)
    world.store.recall(
        kinds=["open"], subjects=["lot:L0", "lot:L1"], hashes=["0"], refs=[("mine", "e0"), ("mine", "e1")]
    )
    with closing(sqlite3.connect(path)) as connection:
        plans = [
            row[3]
            for text, values in asked
            if text.startswith("SELECT")
            for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    assert len([step for step in plans if step.startswith("SEARCH e ")]) == 4
    assert [step for step in plans if step.startswith(("SCAN e", "SCAN n", "SCAN s"))] == []
