"""Receipts, made from a database or from tiles and checked with nothing but a policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import receipt
from ledger.errors import FormatError, StoreError, UsageError
from ledger.seal import checkpoint, evidence, merkle, proof
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.policy import Log, Policy
from ledger.store.tiles import TileStore
from tests.ledger.world import LEDGER, LOG, World
from tests.store.logs import dig, export, grown

SIZE = 300
POLICY = Policy((Log(LOG.vkey),))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = grown(tmp_path_factory.mktemp("receipts") / "ledger.db", SIZE)
    yield world
    world.store.close()


def made(world: World, index: int) -> proof.Proof:
    return receipt.made(world.store, index)


def judged(given: proof.Proof, data: bytes | None = None, **said: Any) -> receipt.Judged:
    return receipt.judge(given, data, POLICY, **said)


def codes(found: receipt.Judged) -> list[str]:
    return [item.code for item in found.findings]


def check(given: proof.Proof, data: bytes | None = None) -> receipt.Shown:
    """What a receipt shows in which nothing is wrong."""
    found = judged(given, data)
    assert codes(found) == []
    assert found.shown is not None
    return found.shown


def test_every_kind_of_place_has_a_receipt_and_tiles_give_the_same(world: World, tmp_path: Path) -> None:
    export(world, tmp_path / "tiles")
    stored = list(world.store.entries())
    for index in (0, 1, 2, 127, 128, 254, 255, 256, 257, SIZE - 2, SIZE - 1):
        given = made(world, index)
        assert given == receipt.made(TileStore(tmp_path / "tiles"), index)
        assert given.extra == stored[index].entry
        shown = check(proof.parse(proof.format(given)))
        assert (shown.index, shown.leaf) == (index, stored[index].leaf)
        assert check(given, stored[index].entry) == shown
        wrong = judged(given, stored[index - 1].entry)
        assert (codes(wrong), wrong.shown) == (["SEAL-ROOT"], None)
        assert wrong.witnessed is not None
        assert wrong.witnessed.checkpoint.size == SIZE


def test_it_says_who_submitted_what(world: World) -> None:
    (dug,) = world.store.recall(subjects=["lot:L100"])
    shown = check(made(world, dug.sequence))
    assert shown.entry is not None
    assert shown.submission is not None
    assert (shown.entry.sequence, shown.submission.party, shown.submission.size) == (dug.sequence, "mine", 1)


def test_no_byte_of_a_receipt_can_be_changed(world: World) -> None:
    data = proof.format(made(world, 5))
    check(proof.parse(data))
    for at in range(len(data)):
        for bit in (0, 3, 5):
            changed = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            try:
                found = judged(proof.parse(changed))
            except FormatError:
                continue
            assert not found.sound
            assert found.shown is None


def test_what_has_no_receipt(world: World, tmp_path: Path) -> None:
    for index in (-1, SIZE, 2**60):
        with pytest.raises(UsageError, match=f"0 to {SIZE - 1}"):
            made(world, index)
    young = grown(tmp_path / "ledger.db", 9)
    young.record(dig(young, 99), log=None)
    with pytest.raises(UsageError, match="0 to 8"):
        made(young, 9)
    made(young, 8)
    given = made(young, 8)
    with pytest.raises(UsageError, match="--entry"):
        check(proof.Proof(given.index, given.path, given.checkpoint))


def test_a_ledger_that_does_not_fit_its_checkpoint_gives_none(tmp_path: Path) -> None:
    world = grown(tmp_path / "ledger.db", 9)
    for size in (9, 10):
        world.store.publish(world.store.head(), checkpoint.sign(Checkpoint(LEDGER, size, bytes(32)), LOG))
        for index in (0, size - 1):
            with pytest.raises(StoreError, match="no receipt"):
                made(world, index)


def test_another_logs_receipt_proves_nothing(world: World) -> None:
    given = made(world, 5)
    assert given.extra is not None
    head = Checkpoint(LEDGER, 1, merkle.leaf_hash(given.extra))
    forged = checkpoint.sign(head, type(LOG).from_seed(LEDGER, bytes(32)))
    found = judged(proof.Proof(0, (), forged, given.extra))
    assert (codes(found), found.witnessed, found.shown) == (["SEAL-CHECKPOINT"], None, None)


def test_a_receipt_is_compared_with_what_was_verified_before(world: World) -> None:
    given = made(world, 5)
    assert given.extra is not None
    same, fork, older, newer = (
        checkpoint.sign(Checkpoint(LEDGER, size, root), LOG)
        for size, root in (
            (SIZE, checkpoint.unverified(given.checkpoint).root),
            (SIZE, bytes(32)),
            (SIZE - 1, bytes(32)),
            (SIZE + 1, bytes(32)),
        )
    )
    gap = "whether this is the history that you saw before"
    unseen = "whether this is the history that others see"
    for before, found, gaps in (
        ((), [], {unseen}),
        ((same,), [], set()),
        ((older, same, newer), [], {gap}),
        ((older,), [], {gap}),
        ((same, fork), ["SEAL-FORK"], set()),
        ((newer, fork), ["SEAL-FORK"], {gap}),
        ((b"no note",), ["SEAL-CHECKPOINT"], {unseen}),
        ((same[:-4] + b"AAA\n",), ["SEAL-CHECKPOINT"], {unseen}),
    ):
        outcome = judged(given, before={LOG.vkey: before})
        assert codes(outcome) == found, before
        assert {what for what, _why in outcome.not_checked} & {gap, unseen} == gaps, before
        assert outcome.shown is not None
        assert outcome.sound == (not found)
    outcome = judged(given, before={LOG.vkey: (same, fork)})
    assert outcome.dispute is not None
    assert evidence.judge(outcome.dispute, LOG.vkey).claim == "two-roots"
    stranger = type(LOG).from_seed("other.example/ree", bytes(32)).vkey
    assert codes(judged(given, before={stranger: (fork,)})) == []
