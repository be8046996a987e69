"""The nodes above 16 subtrees against the definition, bit by bit."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from ledger.seal import prefix, sixteen
from ledger.seal.merkle import Hash
from ledger.seal.prefix import EMPTY

_COUNTS = st.one_of(st.integers(0, 2), st.integers(0, 255), st.just(0))
"""Few keys in many of them, so that single leaves rise to every height."""


def defined(counts: list[int], hashes: list[Hash]) -> Hash:
    """The definition: nothing, the only leaf, or the hash over two halves."""
    if sum(counts) == 0:
        return EMPTY
    if len(counts) == 1 or sum(counts) == 1:
        return next(digest for count, digest in zip(counts, hashes, strict=True) if count)
    half = len(counts) // 2
    return prefix.node_hash(defined(counts[:half], hashes[:half]), defined(counts[half:], hashes[half:]))


def numbered(counts: list[int]) -> list[Hash]:
    """Hashes of so many subtrees, each another."""
    return [sha256(bytes((place,))).digest() if count else EMPTY for place, count in enumerate(counts)]


@given(st.lists(_COUNTS, min_size=16, max_size=16))
def test_sixteen_subtrees_meet_in_the_node_of_the_definition(counts: list[int]) -> None:
    hashes = numbered(counts)
    assert sixteen.top(counts, hashes) == defined(counts, hashes)


@given(st.integers(0, 3).flatmap(lambda power: st.lists(_COUNTS, min_size=1 << power, max_size=1 << power)))
def test_fewer_subtrees_meet_so_too(counts: list[int]) -> None:
    hashes = numbered(counts)
    assert sixteen.above(counts, hashes) == defined(counts, hashes)


def test_every_place_counts() -> None:
    for full in (1, 2, 255):
        hashes = numbered([full] * 16)
        roots = {sixteen.top([full] * 16, hashes)}
        for place in range(16):
            roots.add(sixteen.top([full] * 16, [*hashes[:place], prefix.leaf_hash(EMPTY, EMPTY), *hashes[place + 1 :]]))
        assert len(roots) == 17
