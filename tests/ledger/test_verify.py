"""The read path: what is remembered against what is shown, and what a wrong key, a missing tail or an empty ledger is."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger.errors import UnverifiableError
from ledger.restore import restored
from ledger.rules.finding import Finding
from ledger.seal import checkpoint, evidence
from ledger.store.sql import SqliteStore
from ledger.verify import Verdict, found_vkey, verify
from tests.ledger.world import LEDGER, LOG, World, drawn, errors, key, output, settled


@pytest.fixture
def world(tmp_path: Path) -> World:
    return settled(tmp_path / "ledger.db")


def dig(world: World, lot: str, kg: float = 100) -> bytes:
    """Record a lot; returns the checkpoint."""
    return world.say("extract", "mine", site="pit", outputs=[output(lot, kg)]).head.checkpoint or b""


def branch(world: World, tmp_path: Path) -> World:
    """A copy of the ledger as it is now, which goes its own way."""
    path = tmp_path / "branch.db"
    with sqlite3.connect(tmp_path / "ledger.db") as source, sqlite3.connect(path) as target:
        source.backup(target)
    return World(SqliteStore(path), now=world.now)


def only(verdict: Verdict, code: str) -> Finding:
    (item,) = [item for item in verdict.findings if item.code == code]
    return item


def test_a_clean_ledger_says_what_was_looked_at_and_what_was_not(world: World) -> None:
    dig(world, "A")
    verdict = world.verify()
    assert (verdict.verdict, verdict.ledger, verdict.size) == ("clean", LEDGER, 6)
    checked = verdict.checked
    assert (checked.entries, checked.submissions, checked.events, checked.signatures, checked.lots) == (6, 3, 11, 3, 1)
    assert verdict.checkpoint == world.store.head().checkpoint
    assert "truth of statements" in {item.what for item in verdict.not_checked}
    assert "whether entries were removed earlier" in {item.what for item in verdict.not_checked}


def test_what_was_remembered_is_checked_and_then_said_no_longer(world: World) -> None:
    remembered = dig(world, "A")
    dig(world, "B")
    verdict = world.verify(remembered)
    assert errors(verdict) == []
    assert "whether entries were removed earlier" not in {item.what for item in verdict.not_checked}


def test_every_earlier_checkpoint_is_consistent_with_the_ledger(world: World) -> None:
    seen = [dig(world, f"A{number}") for number in range(9)]
    for remembered in seen:
        assert errors(world.verify(remembered)) == []


def test_a_rollback_carries_both_notes(world: World, tmp_path: Path) -> None:
    shown = dig(world, "A")
    older = branch(world, tmp_path)
    remembered = dig(world, "B")
    verdict = older.verify(remembered)
    assert errors(verdict) == ["SEAL-ROLLBACK"]
    assert only(verdict, "SEAL-ROLLBACK").evidence == {"remembered": remembered.decode(), "shown": shown.decode()}
    assert verdict.checkpoint is None
    for note in only(verdict, "SEAL-ROLLBACK").evidence.values():
        checkpoint.open(note.encode(), LOG.vkey)


def test_an_older_checkpoint_over_the_same_entries_is_a_rollback(world: World) -> None:
    older = dig(world, "A")
    remembered = dig(world, "B")
    world.store.publish(world.store.head(), older)
    verdict = world.verify(remembered)
    assert errors(verdict) == ["SEAL-ROLLBACK"]
    assert only(verdict, "SEAL-ROLLBACK").evidence == {"remembered": remembered.decode(), "shown": older.decode()}


@pytest.mark.parametrize("more", [0, 1, 3])
def test_a_fork_carries_both_notes(world: World, tmp_path: Path, more: int) -> None:
    other = branch(world, tmp_path)
    remembered = dig(world, "A", 100)
    shown = dig(other, "A", 200)
    for number in range(more):
        shown = dig(other, f"B{number}")
    verdict = other.verify(remembered)
    assert errors(verdict) == ["SEAL-FORK"]
    notes = {"remembered": remembered.decode(), "shown": shown.decode()}
    found = dict(only(verdict, "SEAL-FORK").evidence)
    assert ("consistency" in found) == bool(more)
    found.pop("consistency", None)
    assert found == notes
    assert verdict.dispute is not None
    judged = evidence.judge(verdict.dispute, LOG.vkey)
    assert (judged.proven, judged.claim) == (True, "rewritten" if more else "two-roots")
    assert verdict.checkpoint is None
    assert errors(other.verify()) == []


def test_a_remembered_checkpoint_that_does_not_verify_is_an_error(world: World) -> None:
    mine = checkpoint.sign(checkpoint.Checkpoint(LEDGER, 1, bytes(32)), key(LEDGER, 1))
    for remembered in (mine, b"", b"\xff", b"no note"):
        assert errors(world.verify(remembered)) == ["SEAL-CHECKPOINT"]


def test_without_the_log_key_the_tail_is_said(world: World) -> None:
    signed = dig(world, "A")
    for lot in ("B", "C"):
        world.record(world.draft("extract", "mine", site="pit", outputs=[output(lot, 1)]), log=None)
    verdict = world.verify(signed)
    tail = only(verdict, "DATA-TAIL")
    assert (tail.severity, verdict.verdict, verdict.size) == ("warning", "clean", 6)
    assert "2 of 8" in tail.message
    assert any("newest 2 entries" in item.what for item in verdict.not_checked)
    dig(world, "D")
    assert "DATA-TAIL" not in {item.code for item in world.verify(signed).findings}


def test_a_checkpoint_of_more_entries_than_there_are_is_a_cut(world: World, tmp_path: Path) -> None:
    older = branch(world, tmp_path)
    longer = dig(world, "A")
    older.store.publish(older.store.head(), longer)
    assert errors(older.verify()) == ["SEAL-TRUNCATED"]


def test_a_checkpoint_of_another_tree(world: World) -> None:
    head = world.store.head()
    false = checkpoint.sign(checkpoint.Checkpoint(LEDGER, head.size, bytes(32)), LOG)
    world.store.publish(head, false)
    verdict = world.verify()
    assert errors(verdict) == ["SEAL-ROOT"]
    assert (verdict.size, verdict.root, verdict.checkpoint) == (0, b"", None)


def test_no_checkpoint_at_all_is_an_error(tmp_path: Path) -> None:
    world = settled(tmp_path / "ledger.db")
    index, leaves, head, rows = restored(world.store)
    world.store.reindex(index, leaves, type(head)(head.size, head.leaf, head.frontier, None), rows)
    verdict = world.verify()
    assert errors(verdict) == ["SEAL-CHECKPOINT"]
    assert verdict.checkpoint is None


@pytest.mark.parametrize("name", [LEDGER, "ledger.example/other"])
def test_another_log_key_than_the_trusted_one(world: World, name: str) -> None:
    verdict = verify(world.store, key(name, 1).vkey)
    assert errors(verdict) == ["SEAL-CHECKPOINT", "SEAL-ANCHOR"]
    assert (verdict.verdict, verdict.size, verdict.checkpoint) == ("findings", 0, None)


def test_an_empty_ledger_cannot_be_verified(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "ledger.db")
    store.create()
    with pytest.raises(UnverifiableError, match="empty"):
        verify(store, LOG.vkey)
    assert found_vkey(store) is None


def test_the_key_that_a_ledger_claims_is_found(world: World) -> None:
    assert found_vkey(world.store) == str(LOG.vkey)


def test_what_is_recorded_without_a_place_in_time_order_is_verified_the_same(world: World) -> None:
    """A clock that went back between two calls is said, not refused."""
    dig(world, "A")
    world.now = world.now.replace(hour=0)
    dig(world, "B")
    found = {item.code: item.severity for item in world.verify().findings}
    assert found["TIME-CLOCK"] == "warning"


def test_progress_is_told_now_and_then(world: World) -> None:
    drafts = [world.draft("extract", "mine", site="pit", outputs=[output(f"A{number}", 1)]) for number in range(300)]
    world.record(*drafts, batch=1)
    told: list[tuple[int, int]] = []
    verify(world.store, LOG.vkey, progress=lambda done, in_all: told.append((done, in_all)))
    assert told == [(256, 305)]


def test_an_open_handover_is_said_until_it_is_received(world: World) -> None:
    dig(world, "A")
    world.say("ship", "mine", site="pit", lots=[drawn("A")], to="mill")
    assert only(world.verify(), "CUST-OPEN").subject == "lot:A"
    world.say("receive", "plant", site="mill", lots=[drawn("A")], result="disputed", reason="wet")
    found = {item.code for item in world.verify().findings}
    assert "CUST-DISPUTED" in found
    assert "CUST-OPEN" not in found
    world.say("receive", "plant", site="mill", lots=[drawn("A")], result="accepted")
    assert "CUST-OPEN" not in {item.code for item in world.verify().findings}


def test_a_copy_of_the_file_verifies_like_the_original(world: World, tmp_path: Path) -> None:
    dig(world, "A")
    world.store.close()
    shutil.copy(tmp_path / "ledger.db", tmp_path / "copy.db")
    first, second = world.verify(), verify(SqliteStore(tmp_path / "copy.db"), LOG.vkey)
    assert (first.root, first.findings, first.checked) == (second.root, second.findings, second.checked)
