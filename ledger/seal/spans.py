"""Which parts of a tree a proof is made of, as spans of leaves (RFC 9162 sections 2.1.3.1 and 2.1.4.1).

Each span [low, high) stands for the root over its leaves, which is a node of the tree; `prove` computes them all while the
leaves stream by, so that a proof needs no more memory than its own hashes.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.seal.merkle import Frontier, Hash, ProofError

BLOCK = 1 << 12
"""Leaves that are hashed together."""


def inclusion(index: int, size: int) -> list[tuple[int, int]]:
    """The siblings of leaf `index`, from the leaf up.

    Raises:
        ProofError: the index is not in the tree.
    """
    if type(index) is not int or not 0 <= index < size:
        raise ProofError(f"leaf index {index} is not in a tree of size {size}")
    spans, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    return spans[::-1]


def consistency(old_size: int, size: int) -> list[tuple[int, int]]:
    """What leads from the tree of `old_size` leaves to that of `size`, in the proof's order.

    Raises:
        ProofError: not 1 <= old_size <= size.
    """
    if type(old_size) is not int or not 1 <= old_size <= size:
        raise ProofError(f"no consistency proof leads from size {old_size} to size {size}")
    spans, low, high = [], 0, size
    while high != old_size:
        middle = low + _split(high - low)
        if old_size <= middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    if low:  # else the old tree is this one subtree, whose root the verifier holds (the RFC's b = true)
        spans.append((low, high))
    return spans[::-1]


def prove(spans: Iterable[tuple[int, int]], leaves: Iterable[Hash]) -> list[Hash]:
    """The root over each span, in the order asked; leaves come in log order, and those behind the last span are not read.

    Raises:
        ProofError: fewer leaves than the spans ask for, or one that is not 32 bytes.
    """
    asked = list(spans)
    found: dict[tuple[int, int], Hash] = {}
    stream, at = iter(leaves), 0
    for low, high in sorted(asked):
        frontier = Frontier()
        block: list[Hash] = []
        while at < high:
            leaf = next(stream, None)
            if leaf is None:
                raise ProofError(f"the log has {at} leaves; the proof asks for {high}")
            if at >= low:
                block.append(leaf)
            if len(block) == BLOCK:
                frontier = frontier.extend(block)
                block.clear()
            at += 1
        found[low, high] = frontier.extend(block).root()
    return [found[span] for span in asked]


def _split(size: int) -> int:
    """The largest power of two below `size`, which is 2 or more (RFC 9162 section 2.1.1)."""
    return 1 << (size - 1).bit_length() - 1
