"""C2SP tlog-tiles: a log as files that never change, addressed by path.

    tile/<level>/<index>[.p/<width>]      hashes, 32 bytes each: those of complete subtrees of 256^level leaves
    tile/entries/<index>[.p/<width>]      entries, each behind its length, big-endian uint16

An index is written in groups of three digits, all but the last behind an x: 1234067 is x001/x234/067. A full tile or
bundle is 256 wide; a partial one, 1 to 255, is at the right edge of the tree that it belongs to. This module writes
them; `ledger.seal.reader` reads them against a checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ledger.errors import FormatError, UsageError
from ledger.seal import merkle
from ledger.seal.merkle import HASH_SIZE, Hash

WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""
HEIGHT: Final = 8
"""Tree levels that a tile spans."""
MAX_LEVEL: Final = 63
"""Highest level that a path may name (tlog-tiles, Merkle Tree)."""
TOP_LEVEL: Final = 6
"""Highest level with hashes in it, for trees below 2^53."""
MAX_INDEX: Final = 10**18 - 1
"""Largest index that is read: six groups of digits."""
MAX_ENTRY: Final = 65_535
"""Largest entry, the largest number that its length can be."""
MAX_BUNDLE: Final = WIDTH * (2 + MAX_ENTRY)
"""Largest bundle, in bytes."""
ENTRIES: Final = -1
"""The level of entry bundles: below the leaves' hashes."""


class TileError(FormatError):
    """A tile or bundle that is malformed, is not there, or is not the tree's; `file` is its path."""


class Address(msgspec.Struct, frozen=True):
    """Which tile or bundle.

    Attributes:
        level: 0 to `MAX_LEVEL`, or `ENTRIES`.
        index: 0 to `MAX_INDEX`, counted within the level.
        width: 1 to `WIDTH`; less than that where it is partial.

    Raises:
        TileError: on construction, where a part is out of bounds.
    """

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not ENTRIES <= self.level <= MAX_LEVEL:
            raise TileError(f"a tile's level is 0 to {MAX_LEVEL}")
        if not 0 <= self.index <= MAX_INDEX:
            raise TileError(f"a tile's index is 0 to {MAX_INDEX}")
        if not 1 <= self.width <= WIDTH:
            raise TileError(f"a tile's width is 1 to {WIDTH}")

    def full(self) -> Address:
        """The full tile that this one grows into."""
        return Address(self.level, self.index)

    def path(self) -> str:
        """Where it is served, below the log's prefix (tlog-tiles, Merkle Tree)."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{grouped(self.index)}{partial}"


def grouped(index: int) -> str:
    """An index as a path, three digits a folder: 1234067 is x001/x234/067."""
    groups, rest = [f"{index % 1000:03}"], index // 1000
    while rest:
        groups.append(f"x{rest % 1000:03}")
        rest //= 1000
    return "/".join(reversed(groups))


def widths(size: int, level: int) -> tuple[int, int]:
    """How many full tiles a level has in a tree of this size, and how wide its partial one is, 0 for none.

    Level `ENTRIES` is as level 0 (tlog-tiles, Partial Tiles: floor(s / 256**l) mod 256).
    """
    return divmod(size >> HEIGHT * max(level, 0), WIDTH)


def addresses(size: int, old_size: int = 0) -> Iterator[Address]:
    """The tiles and bundles of a tree of `size` leaves that a tree of `old_size` leaves had not.

    They are what a log writes before it publishes the checkpoint of `size`; those of the old checkpoint never change.

    Raises:
        UsageError: not 0 <= old_size <= size < 2**53.
    """
    if not 0 <= old_size <= size <= merkle.MAX_SIZE:
        raise UsageError(f"no tree of {size} leaves grows from one of {old_size}")
    for level in range(ENTRIES, TOP_LEVEL + 1):
        full, partial = widths(size, level)
        old_full, old_partial = widths(old_size, level)
        yield from (Address(level, index) for index in range(old_full, full))
        if partial and (full, partial) != (old_full, old_partial):
            yield Address(level, full, partial)


def hash_tiles(leaf_hashes: Sequence[Hash], old_size: int = 0) -> Iterator[tuple[Address, bytes]]:
    """Make the hash tiles of the tree over these leaf hashes; only those new since `old_size`, see `addresses`.

    Raises:
        ProofError: a leaf hash is not 32 bytes.
        UsageError: as `addresses`.
    """
    wanted = {address for address in addresses(len(leaf_hashes), old_size) if address.level != ENTRIES}
    growing = Growing()
    for leaf in leaf_hashes:
        yield from (made for made in growing.add(leaf) if made[0] in wanted)
    yield from (made for made in growing.edge() if made[0] in wanted)


class Growing:
    """The hash tiles of a tree whose leaves come one after the other; keeps the tiles of the right edge, no more."""

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: list[tuple[int, list[Hash]]] = []

    def add(self, leaf: Hash) -> list[tuple[Address, bytes]]:
        """Take one more leaf hash; gives the tiles that are full with it, from level 0 up.

        Raises:
            ProofError: not 32 bytes.
        """
        if len(leaf) != HASH_SIZE:
            raise merkle.ProofError(f"leaf hash must be {HASH_SIZE} bytes")
        made: list[tuple[Address, bytes]] = []
        node = leaf
        while True:
            if len(made) == len(self._levels):
                self._levels.append((0, []))
            full, hashes = self._levels[len(made)]
            hashes.append(node)
            if len(hashes) < WIDTH:
                return made
            self._levels[len(made)] = full + 1, []
            made.append((Address(len(made), full), b"".join(hashes)))
            # each hash of the next level is that of a full tile of this one (tlog-tiles, Merkle Tree)
            node = merkle.root(hashes)

    def edge(self) -> Iterator[tuple[Address, bytes]]:
        """The partial tiles of the tree so far, from level 0 up."""
        for level, (full, hashes) in enumerate(self._levels):
            if hashes:
                yield Address(level, full, len(hashes)), b"".join(hashes)


def parse_tile(data: bytes, address: Address) -> tuple[Hash, ...]:
    """Take a hash tile apart.

    Raises:
        TileError: not exactly `address.width` hashes.
    """
    if len(data) != address.width * HASH_SIZE:
        raise TileError(f"a tile of {address.width * HASH_SIZE} bytes has {len(data)}", file=address.path())
    return tuple(data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE))


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """Write an entry bundle (tlog-tiles, Log entries).

    Raises:
        TileError: not 1 to `WIDTH` entries, or one longer than `MAX_ENTRY`.
    """
    if not 1 <= len(entries) <= WIDTH:
        raise TileError(f"a bundle has 1 to {WIDTH} entries, not {len(entries)}")
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise TileError(f"an entry of {len(entry)} bytes; {MAX_ENTRY} is the most")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, address: Address) -> tuple[bytes, ...]:
    """Take an entry bundle apart.

    Raises:
        TileError: not exactly `address.width` entries, each with its length.
    """
    entries, at = [], 0
    for _number in range(address.width):
        start = at + 2
        at = start + int.from_bytes(data[start - 2 : start], "big")
        if start > len(data) or at > len(data):
            raise TileError(f"a bundle of {address.width} entries is cut short", file=address.path())
        entries.append(data[start:at])
    if at != len(data):
        raise TileError(f"a bundle of {address.width} entries goes on after them", file=address.path())
    return tuple(entries)
