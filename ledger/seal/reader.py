"""Reading a tiled log against a tree head: nothing comes out that the root does not vouch for.

The tree's right edge, the partial tiles of all levels, gives the root by itself; that decides them. A full tile's own
root stands in the tile above it, and so on up to the edge; that decides it. An entry's hash stands in a tile of level 0.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeAlias

from ledger.seal import merkle, spans, tiles
from ledger.seal.merkle import Hash, ProofError
from ledger.seal.tiles import ENTRIES, HEIGHT, TOP_LEVEL, WIDTH, Address, TileError

Source: TypeAlias = Callable[[Address], bytes | None]
"""Gives a tile or bundle, or None where there is nothing. It should not read more than `tiles.MAX_BUNDLE` bytes."""

MAX_KEPT: Final = 256
"""Full tiles that are kept after they were checked, 16 KiB each with the nodes above their hashes."""
_Heights: TypeAlias = tuple[tuple[Hash, ...], ...]
"""A tile's hashes, and above them the nodes of its complete subtrees, each pair's node a step higher."""


class Reader:
    """A tree of known size and root, read from tiles.

    Attributes:
        size: number of leaves.
        root: RFC 6962 root at that size, 32 bytes.
    """

    __slots__ = ("_edge", "_kept", "_source", "root", "size")

    def __init__(self, source: Source, size: int, root: Hash) -> None:
        """Read the right edge and check it.

        Args:
            source: where tiles come from.
            size: of a checkpoint whose signatures were verified (tlog-tiles, Partial Tiles).
            root: of the same checkpoint.

        Raises:
            TileError: a tile is missing or malformed, or the edge does not lead to the root.
            ProofError: no size or root of a tree.
        """
        if type(size) is not int or not 0 <= size <= merkle.MAX_SIZE or len(root) != merkle.HASH_SIZE:
            raise ProofError("a tree has a size from 0 to 2^53 - 1 and a root of 32 bytes")
        self.size: Final = size
        self.root: Final = root
        self._source: Final = source
        self._kept: Final[OrderedDict[tuple[int, int], _Heights]] = OrderedDict()
        self._edge: Final[dict[int, _Heights]] = {}
        for level in range(TOP_LEVEL + 1):
            full, partial = tiles.widths(size, level)
            self._edge[level] = _heights(self._tile(Address(level, full, partial)) if partial else ())
        if self._folded() != root:
            raise TileError(f"the tiles at the edge of the tree do not lead to the root at size {size}")

    def leaf(self, index: int) -> Hash:
        """The hash of one leaf.

        Raises:
            ProofError: the index is not in the tree.
            TileError: a tile is missing, malformed or not the tree's.
        """
        self._check(index)
        return self.hashes(0, index // WIDTH)[index % WIDTH]

    def hashes(self, level: int, index: int) -> tuple[Hash, ...]:
        """The hashes of one tile, full or at the edge.

        Raises:
            ProofError: the tree has no such tile.
            TileError: a tile is missing, malformed or not the tree's.
        """
        return self._checked(level, index)[0]

    def _checked(self, level: int, index: int) -> _Heights:
        """A tile with its nodes; raises as `hashes`."""
        if not 0 <= level <= TOP_LEVEL or not 0 <= index <= tiles.widths(self.size, level)[0]:
            raise ProofError(f"a tree of {self.size} leaves has no tile {index} at level {level}")
        # from the asked tile up to the first one that is vouched for, then down again, each by the one above it
        above = [(level, index)]
        while (found := self._vouched(*above[-1])) is None:
            above.append((above[-1][0] + 1, above[-1][1] // WIDTH))
        for below, number in reversed(above[:-1]):
            address = Address(below, number)
            read = _heights(self._tile(address))
            if read[-1] != (found[0][number % WIDTH],):
                raise TileError("the tile is not the one that the tree has here", file=address.path())
            self._keep((below, number), read)
            found = read
        if not found[0]:
            raise ProofError(f"a tree of {self.size} leaves has no tile {index} at level {level}")
        return found

    def root_at(self, size: int) -> Hash:
        """The root that the tree had at an earlier size.

        Raises:
            ProofError: not 0 <= size <= the tree's.
            TileError: as `hashes`.
        """
        if type(size) is not int or not 0 <= size <= self.size:
            raise ProofError(f"a tree of {self.size} leaves had no size {size}")
        return self._span(0, size) if size else merkle.EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[Hash]:
        """Prove that leaf `index` is in the tree (RFC 9162 section 2.1.3.1); `merkle.check_inclusion` checks it.

        Raises:
            ProofError: the index is not in the tree.
            TileError: as `hashes`.
        """
        return [self._span(low, high) for low, high in spans.inclusion(index, self.size)]

    def consistency_proof(self, old_size: int) -> list[Hash]:
        """Prove that the tree extends its first `old_size` leaves (RFC 9162 section 2.1.4.1).

        Raises:
            ProofError: not 1 <= old_size <= the tree's size.
            TileError: as `hashes`.
        """
        return [self._span(low, high) for low, high in spans.consistency(old_size, self.size)]

    def bundle(self, index: int) -> tuple[bytes, ...]:
        """The entries of one bundle, 256 or those at the edge.

        Raises:
            ProofError: the tree has no such bundle.
            TileError: missing, malformed, or an entry that the tree has not at its place.
        """
        leaves = self.hashes(0, index)
        address = Address(ENTRIES, index, len(leaves))
        entries = fetch(self._source, address, tiles.parse_bundle)
        for place, (entry, leaf) in enumerate(zip(entries, leaves, strict=True), index * WIDTH):
            if merkle.leaf_hash(entry) != leaf:
                raise TileError(f"entry {place} is not the one that the tree has", file=address.path())
        return entries

    def entry(self, index: int) -> bytes:
        """One entry. Raises as `leaf` and `bundle`."""
        self._check(index)
        return self.bundle(index // WIDTH)[index % WIDTH]

    def _check(self, index: int) -> None:
        if type(index) is not int or not 0 <= index < self.size:
            raise ProofError(f"leaf index {index} is not in a tree of size {self.size}")

    def _vouched(self, level: int, index: int) -> _Heights | None:
        """A tile that was checked before, or None; above the top level there is only the edge."""
        if index == tiles.widths(self.size, level)[0]:
            return self._edge[level]
        found = self._kept.get((level, index))
        if found is not None:
            self._kept.move_to_end((level, index))
        return found

    def _keep(self, place: tuple[int, int], read: _Heights) -> None:
        self._kept[place] = read
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def _tile(self, address: Address) -> tuple[Hash, ...]:
        return fetch(self._source, address, tiles.parse_tile)

    def _folded(self) -> Hash:
        """The root that the edge leads to: the frontier of each level, lowest and rightmost first."""
        node: Hash | None = None
        for level in range(TOP_LEVEL + 1):
            for nodes in self._edge[level]:
                if len(nodes) % 2:  # one that has no neighbour: a complete subtree of the right edge
                    node = nodes[-1] if node is None else merkle.node_hash(nodes[-1], node)
        return merkle.EMPTY_ROOT if node is None else node

    def _span(self, low: int, high: int) -> Hash:
        """Root over the leaves low to high, where low is a multiple of a power of two that is not below high - low."""
        nodes, at = [], low
        for height in range((high - low).bit_length() - 1, -1, -1):
            if (high - low) >> height & 1:
                nodes.append(self._node(height, at >> height))
                at += 1 << height
        *others, node = nodes
        for left in reversed(others):
            node = merkle.node_hash(left, node)
        return node

    def _node(self, height: int, index: int) -> Hash:
        """The hash of a complete subtree of 2^height leaves: within one tile, since tiles are eight levels high."""
        level, inner = divmod(height, HEIGHT)
        tile, first = divmod(index << inner, WIDTH)
        return self._checked(level, tile)[inner][first >> inner]


def _heights(hashes: tuple[Hash, ...]) -> _Heights:
    """All nodes of a tile at once, because its root is asked for and then the nodes on the way to it."""
    found = [hashes]
    while len(found[-1]) > 1:
        pairs = zip(found[-1][::2], found[-1][1::2], strict=False)
        found.append(tuple([sha256(b"\x01" + left + right).digest() for left, right in pairs]))
    return tuple(found)


def fetch(source: Source, address: Address, take: Callable[[bytes, Address], tuple[bytes, ...]]) -> tuple[bytes, ...]:
    """Read a tile or bundle, unchecked; a partial one that is gone is the start of the full one (tlog-tiles, Partial Tiles).

    Raises:
        TileError: neither is there, or it is malformed.
    """
    data = source(address)
    if data is None and address.width < WIDTH:
        full = address.full()
        data = source(full)
        if data is not None:
            return take(data, full)[: address.width]
    if data is None:
        raise TileError("nothing is here", file=address.path())
    return take(data, address)
