# ruff: noqa: S608  (names of tables and columns from the list of tables)
"""Whoever holds the disk changes one thing of a good ledger, and an error names it.

Every cell, row, definition and mark in turn. The changer drops the triggers, writes, and puts the triggers back, so that
only what it changed can give it away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import pytest

from fixtures.bad.disk import cut, opened, unguarded
from fixtures.bad.forge import signed
from ledger.seal import merkle
from tests.bad import tampering
from tests.bad.tampering import BLOBS, COLUMNS, TABLES, Change, Definition, Victim, content, definitions
from tests.trials import some

pytestmark = pytest.mark.uncounted  # many times the same lines, which other tests count
SIZE = 20
"""Entries of the good ledger: ten submissions, and a map after each."""
PARTS = 8
"""Into how many tests the bytes of the file are dealt."""


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    return Victim(tmp_path_factory.mktemp("tamper"))


def surviving(victim: Victim, changes: Iterable[Change]) -> list[str]:
    return [change.what for change in changes if victim.survives(change)]


def test_left_alone_it_verifies(victim: Victim) -> None:
    victim.restore()
    assert victim.found(victim.checkpoint) == []
    assert len(victim.rows["entries"]) == SIZE
    assert len(victim.rows["events"]) > SIZE // 2


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_another_value_is_found(victim: Victim, table: str, column: str) -> None:
    changes = list(tampering.values(victim, table, column))
    assert len(changes) > len(victim.rows[table])
    assert surviving(victim, some(changes, start=COLUMNS.index((table, column)))) == []


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_null_where_the_definition_forbids_it_is_found(victim: Victim, table: str, column: str) -> None:
    """The definition is rewritten, the value set, and the definition put back."""
    for row in some(victim.rows[table], start=COLUMNS.index((table, column))):
        if row[TABLES[table].index(column)] is None:
            continue
        victim.restore()
        keys = TABLES[table][: tampering.KEYS[table]]
        where = " AND ".join(f"{name} = ?" for name in keys)
        try:
            with tampering.redefined(victim.path, table, lambda sql: sql.replace(" NOT NULL", "")) as disk:
                disk.execute(f"UPDATE {table} SET {column} = NULL WHERE {where}", row[: len(keys)])
        except sqlite3.IntegrityError:
            assert column in keys  # a rowid, or the key of a table without rowid: SQLite itself refuses
            continue
        findings = victim.found()
        assert findings is None or findings, f"{table} {row[: len(keys)]}: {column} becomes NULL"


@pytest.mark.parametrize("table", TABLES)
def test_a_deleted_row_is_found(victim: Victim, table: str) -> None:
    changes = list(tampering.deletions(victim, table))
    assert len(changes) == len(victim.rows[table])
    assert surviving(victim, changes) == []


@pytest.mark.parametrize("table", ["entries", "events", "subjects"])
def test_rows_that_change_places_are_found(victim: Victim, table: str) -> None:
    changes = list(tampering.swaps(victim, table))
    assert len(changes) > len(victim.rows[table])
    assert surviving(victim, some(changes)) == []


@pytest.mark.parametrize("table", TABLES)
def test_a_copied_row_is_found(victim: Victim, table: str) -> None:
    changes = list(tampering.copies(victim, table))
    assert len(changes) >= len(victim.rows[table])
    assert surviving(victim, some(changes)) == []


@pytest.mark.parametrize("size", range(2, SIZE, 2))
def test_a_removed_end_is_found_by_who_remembers(victim: Victim, size: int) -> None:
    """The head is fitted to what is left, under the checkpoint that the operator signed at that size."""
    leaves = [row[1] for row in victim.rows["entries"][:size]]
    then = signed(size, merkle.root(leaves))  # Ed25519 is deterministic: the very bytes of back then
    cut(victim.restore(), size, then)
    assert victim.found() == []
    assert victim.found(then) == []
    findings = victim.found(victim.checkpoint)
    assert findings is not None
    assert [(item.code, item.subject) for item in findings] == [("SEAL-ROLLBACK", "ledger")]
    assert findings[0].evidence["remembered"].encode() == victim.checkpoint


@pytest.mark.parametrize("size", range(1, SIZE))
def test_a_removed_end_under_the_newest_checkpoint_is_found_by_everybody(victim: Victim, size: int) -> None:
    cut(victim.restore(), size)
    findings = victim.found()
    assert findings is not None
    assert [(item.code, item.subject) for item in findings] == [("SEAL-TRUNCATED", "ledger")]


def test_an_empty_ledger_is_not_a_clean_one(victim: Victim) -> None:
    with unguarded(victim.restore()) as disk:
        for table in ("entries", "events", "subjects", "map_pages"):
            disk.execute(f"DELETE FROM {table}")
        disk.execute("UPDATE head SET size = 0, leaf = zeroblob(32), frontier = x'', checkpoint = NULL")
    assert victim.found(victim.checkpoint) is None


@pytest.mark.parametrize("change", tampering.DEFINITIONS, ids=lambda change: change.what)
def test_a_changed_definition_is_found(victim: Victim, change: Definition) -> None:
    with opened(victim.restore()) as disk:
        change.carry_out(disk)
    assert definitions(victim.path) != victim.definitions
    assert victim.notices(frozenset({change.named}))


@pytest.mark.parametrize("mark", ["application_id", "user_version"])
@pytest.mark.parametrize("value", [0, 1, 3, -1, 0x4D4E5A32])
def test_a_changed_mark_is_found(victim: Victim, mark: str, value: int) -> None:
    with opened(victim.restore()) as disk:
        disk.execute(f"PRAGMA {mark} = {value}")
    assert victim.notices(frozenset({f"pragma:{mark}"}))
    assert victim.found() is not None


@pytest.mark.deep
@pytest.mark.parametrize(("table", "column"), [pair for pair in COLUMNS if pair[1] in BLOBS])
def test_every_byte_of_every_stored_blob_counts(victim: Victim, table: str, column: str) -> None:
    tried = 0
    for change in tampering.flips(victim, table, column):
        tried += 1
        assert not victim.survives(change), change.what
    assert tried >= sum(len(row[TABLES[table].index(column)]) for row in victim.rows[table])


def test_a_damaged_definition_ends_the_verification(victim: Victim) -> None:
    data = bytearray(victim.data)
    data[data.index(b"CREATE TABLE events")] |= 0x80
    victim.restore(bytes(data))
    assert victim.found() is None


@pytest.mark.deep
@pytest.mark.parametrize("part", range(PARTS))
def test_a_byte_of_the_file_that_nobody_misses_says_nothing(victim: Victim, part: int) -> None:
    """Where no error is found, every definition, mark and value is what it was: the byte lies in unused space."""
    missed = 0
    for at in range(part, len(victim.data), PARTS):
        data = bytearray(victim.data)
        data[at] ^= 1 << at // PARTS % 8
        victim.restore(bytes(data))
        if victim.found() == []:
            assert content(victim.path) == victim.content, f"byte {at} of the file"
            missed += 1
    assert 0 < missed < len(victim.data) // PARTS
