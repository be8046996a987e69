"""The log's tree kept beside the log, so that a proof reads some rows and not the whole log.

What is kept are the hash tiles of tlog-tiles from level 1 up, each under a number below 0; the hashes of level 0 are those of
the stored entries. A store writes the tiles with a map entry, for the entries up to it. They are derived: a proof made from
them is checked against a checkpoint's root (`ledger.seal.reader`), and where they are missing they are made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ledger.seal import merkle
from ledger.seal.merkle import HASH_SIZE, Hash, ProofError
from ledger.seal.pages import Fetch
from ledger.seal.reader import Source
from ledger.seal.tiles import ENTRIES, WIDTH, Address

Leaves = Callable[[int, int], Sequence[Hash]]
"""The stored leaf hashes of entries from the first number up to, and without, the second; as many as are there."""

_LEVEL: Final = 1 << 56


def number(level: int, index: int) -> int:
    """Under which number a tile is kept: below 0, where the map has no pages."""
    return -(level * _LEVEL + index)


def grown(fetch: Fetch, leaves: Leaves, old_size: int, size: int) -> dict[int, bytes]:
    """The tiles that change as a tree grows; where those of the old tree are not there, all of them.

    Args:
        fetch: gives kept tiles, by number.
        leaves: gives leaf hashes, those of the new entries too.
        old_size: of the tree whose tiles are kept.
        size: of the tree from now on.

    Raises:
        ProofError: leaves are missing, or a tile is none.
    """
    first, stop = old_size // WIDTH, size // WIDTH
    if first == stop:
        return {}
    if first and not fetch((number(1, (first - 1) // WIDTH),)):
        first = 0
    return _laid(fetch, _roots(leaves, first, stop), first)


def all_of(roots: Sequence[Hash]) -> dict[int, bytes]:
    """All tiles of a tree, from the roots over each 256 of its leaves."""
    return _laid(lambda _numbers: {}, list(roots), 0)


def source(fetch: Fetch, leaves: Leaves) -> Source:
    """Tiles for `ledger.seal.reader.Reader`, which checks them; bundles of entries are not among them."""

    def read(address: Address) -> bytes | None:
        if address.level == ENTRIES:
            return None
        if address.level == 0:
            found = leaves(address.index * WIDTH, address.index * WIDTH + address.width)
            return b"".join(found) if len(found) == address.width else None
        at = number(address.level, address.index)
        tile = fetch((at,)).get(at, b"")[: address.width * HASH_SIZE]
        return tile if len(tile) == address.width * HASH_SIZE else None

    return read


def _roots(leaves: Leaves, first: int, stop: int) -> list[Hash]:
    """The roots over each 256 leaves, from the `first` of them."""
    found = []
    for index in range(first, stop):
        some = leaves(index * WIDTH, (index + 1) * WIDTH)
        if len(some) != WIDTH:
            raise ProofError(f"of entries {index * WIDTH} to {(index + 1) * WIDTH - 1} some are missing")
        found.append(merkle.root(some))
    return found


def _laid(fetch: Fetch, hashes: list[Hash], at: int) -> dict[int, bytes]:
    """Put the hashes of level 1, from place `at`, into their tiles, and what is full with them into those above."""
    made: dict[int, bytes] = {}
    level = 1
    while hashes:
        index, held = divmod(at, WIDTH)
        place = number(level, index)
        before = fetch((place,)).get(place, b"") if held else b""
        if len(before) != held * HASH_SIZE:
            raise ProofError(f"tile {index} at level {level} does not have the hashes that it should")
        data = before + b"".join(hashes)
        hashes, at = [], index
        for start in range(0, len(data), WIDTH * HASH_SIZE):
            tile = data[start : start + WIDTH * HASH_SIZE]
            made[number(level, index)] = tile
            index += 1
            if len(tile) == WIDTH * HASH_SIZE:
                hashes.append(merkle.root([tile[one : one + HASH_SIZE] for one in range(0, len(tile), HASH_SIZE)]))
        level += 1
    return made
