"""A log that another implementation made: every checkpoint, hash tile and entry bundle of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import FormatError
from ledger.seal import checkpoint, merkle, note
from ledger.seal.keys import VerifierKey
from ledger.seal.merkle import Frontier, ProofError

LOG = Path(__file__).parents[2] / "fixtures" / "vectors" / "tessera-log"
VKEY = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
SIZES = [*range(11), 15]  # no checkpoint of sizes 11 to 14
TILES = range(1, 16)


def signed(size: int) -> bytes:
    return (LOG / f"checkpoint.{size}").read_bytes()


def entries(size: int) -> list[bytes]:
    """Read an entry bundle (C2SP tlog-tiles): each entry behind its length, big-endian uint16."""
    data = (LOG / "tile" / "entries" / "000.p" / str(size)).read_bytes()
    found, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        assert end <= len(data)
        found.append(data[at + 2 : end])
        at = end
    assert len(found) == size
    return found


ENTRIES = entries(15)
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
ROOTS = {size: checkpoint.open(signed(size), VKEY).root for size in SIZES}


@pytest.mark.parametrize("size", SIZES)
def test_every_checkpoint_opens_and_is_written_back_the_same(size: int) -> None:
    data = signed(size)
    opened = checkpoint.open(data, VKEY)
    assert (opened.origin, opened.size, opened.extensions) == (VKEY.name, size, ())
    assert opened.root == merkle.root(LEAVES[:size])
    assert checkpoint.format_text(opened) == note.parse(data).text
    assert note.format(note.parse(data)) == data


def test_the_newest_checkpoint_is_the_last() -> None:
    assert (LOG / "checkpoint").read_bytes() == signed(15)
    assert {p.name for p in LOG.glob("checkpoint.*")} == {f"checkpoint.{size}" for size in SIZES}


def test_a_checkpoint_with_any_byte_changed_does_not_open() -> None:
    data = signed(15)
    for at in range(len(data)):
        with pytest.raises(FormatError):
            checkpoint.open(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], VKEY)


@pytest.mark.parametrize("size", TILES)
def test_every_hash_tile_is_the_leaf_hashes_of_its_bundle(size: int) -> None:
    tile = (LOG / "tile" / "0" / "000.p" / str(size)).read_bytes()
    assert tile == b"".join(LEAVES[:size])


@pytest.mark.parametrize("size", TILES)
def test_every_entry_bundle_is_a_prefix_of_the_last(size: int) -> None:
    assert entries(size) == ENTRIES[:size]


def test_a_frontier_meets_every_checkpoint() -> None:
    frontier = Frontier()
    for size in range(16):
        assert frontier.size == size
        assert size not in ROOTS or frontier.root() == ROOTS[size]
        if size < 15:
            frontier = frontier.append(LEAVES[size])


@pytest.mark.parametrize("size", SIZES)
def test_every_entry_is_included_at_every_size(size: int) -> None:
    for index in range(size):
        proof = merkle.inclusion_proof(index, LEAVES[:size])
        merkle.check_inclusion(index=index, size=size, leaf=LEAVES[index], proof=proof, root=ROOTS[size])
        with pytest.raises(ProofError):
            merkle.check_inclusion(index=index, size=size, leaf=LEAVES[index - 1], proof=proof, root=ROOTS[size])


@pytest.mark.parametrize("new", SIZES)
def test_every_pair_of_checkpoints_is_consistent(new: int) -> None:
    for old in (size for size in SIZES if size <= new):
        if not old:
            with pytest.raises(ProofError):
                merkle.check_consistency(old_size=0, new_size=new, old_root=ROOTS[0], new_root=ROOTS[new], proof=[])
            continue
        proof = merkle.consistency_proof(old, LEAVES[:new])
        merkle.check_consistency(old_size=old, new_size=new, old_root=ROOTS[old], new_root=ROOTS[new], proof=proof)
