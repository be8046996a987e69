"""The kept tiles of a log's tree: the same however it grew, and what is proven from them is what is proven from the leaves."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.seal import merkle, treepages
from ledger.seal.merkle import ProofError
from ledger.seal.reader import Reader
from ledger.seal.tiles import ENTRIES, WIDTH, Address

LEAVES = [sha256(number.to_bytes(4, "big")).digest() for number in range(WIDTH * WIDTH + 700)]
BIG = len(LEAVES)


class Kept:
    """What a store keeps."""

    def __init__(self) -> None:
        self.size = 0
        self.tiles: dict[int, bytes] = {}

    def fetch(self, numbers: Collection[int]) -> dict[int, bytes]:
        return {number: self.tiles[number] for number in numbers if number in self.tiles}

    def leaves(self, start: int, stop: int) -> list[bytes]:
        return LEAVES[start : min(stop, self.size)]

    def grow(self, size: int) -> dict[int, bytes]:
        old, self.size = self.size, size
        made = treepages.grown(self.fetch, self.leaves, old, size)
        self.tiles |= made
        return made

    def reader(self, size: int) -> Reader:
        return Reader(treepages.source(self.fetch, self.leaves), size, merkle.root(LEAVES[:size]))


def roots(size: int) -> list[bytes]:
    return [merkle.root(LEAVES[start : start + WIDTH]) for start in range(0, size - size % WIDTH, WIDTH)]


@given(st.lists(st.integers(0, 700), max_size=6))
def test_tiles_are_the_same_however_the_log_grew(steps: list[int]) -> None:
    kept = Kept()
    for step in steps:
        made = kept.grow(kept.size + step)
        assert bool(made) == ((kept.size - step) // WIDTH < kept.size // WIDTH)
        assert all(number < 0 for number in made)
    assert kept.tiles == treepages.all_of(roots(kept.size))


@pytest.fixture(scope="module")
def big() -> Kept:
    kept = Kept()
    for size in (WIDTH * WIDTH - 1, BIG):
        kept.grow(size)
    return kept


def test_a_second_level_begins_with_its_first_full_tile(big: Kept) -> None:
    assert big.tiles == treepages.all_of(roots(BIG))
    assert set(big.tiles) == {treepages.number(1, 0), treepages.number(1, 1), treepages.number(2, 0)}
    assert big.tiles[treepages.number(2, 0)] == merkle.root(LEAVES[: WIDTH * WIDTH])


@pytest.mark.parametrize("index", [0, 255, 256, 300, 65_535, 65_536, 65_800, BIG - 1])
def test_a_proof_from_tiles_is_that_from_the_leaves(big: Kept, index: int) -> None:
    assert big.reader(BIG).inclusion_proof(index) == merkle.inclusion_proof(index, LEAVES)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_000])
def test_of_an_earlier_size_too(big: Kept, size: int) -> None:
    # a tile that has grown since begins with what it was
    assert big.reader(size).inclusion_proof(size - 1) == merkle.inclusion_proof(size - 1, LEAVES[:size])


def test_a_proof_reads_a_few_rows(big: Kept) -> None:
    asked: list[Address] = []
    source = treepages.source(big.fetch, big.leaves)

    def counted(address: Address) -> bytes | None:
        asked.append(address)
        return source(address)

    Reader(counted, BIG, merkle.root(LEAVES)).inclusion_proof(12_345)
    assert len(asked) <= 6


def test_tiles_that_were_never_kept_are_made_anew() -> None:
    kept = Kept()
    kept.size = 3 * WIDTH
    kept.grow(3 * WIDTH + 5)
    assert not kept.tiles  # nothing is full with these
    kept.grow(4 * WIDTH)
    assert kept.tiles == treepages.all_of(roots(4 * WIDTH))


def test_a_tile_that_is_short_or_long_is_refused_and_gaps_too() -> None:
    place = treepages.number(1, 0)
    for data in (bytes(31), bytes(64)):
        kept = Kept()
        kept.grow(WIDTH)
        kept.tiles[place] = data
        with pytest.raises(ProofError):
            kept.grow(2 * WIDTH)
    kept = Kept()
    with pytest.raises(ProofError):
        treepages.grown(kept.fetch, lambda start, stop: LEAVES[start : stop - 1], 0, WIDTH)


def test_a_source_has_no_entries_and_nothing_beyond_its_leaves(big: Kept) -> None:
    source = treepages.source(big.fetch, big.leaves)
    assert source(Address(ENTRIES, 0)) is None
    assert source(Address(0, BIG // WIDTH)) is None
    assert source(Address(3, 0)) is None
