"""Merkle trees over SHA-256 as RFC 6962 section 2.1 and RFC 9162 section 2.1 define them.

One mechanism for events in a submission and entries in the log. `*_proof` makes what `check_*` checks. A checker takes
index, sizes and roots from its caller and never from the proof, and it checks all lengths before the first loop, so no
number in hostile input decides how long it runs.

The tree head of n leaves, with k the largest power of two below n (RFC 9162 section 2.1.1):

    MTH({})   = SHA-256()
    MTH({d})  = SHA-256(0x00 || d)
    MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))

Seen from the leaves, that is pairing neighbours level by level and promoting an unpaired last node unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, Self, TypeAlias

import msgspec

from ledger.errors import FormatError

Hash: TypeAlias = bytes
"""A SHA-256 value, exactly 32 bytes."""

HASH_SIZE: Final = 32
MAX_SIZE: Final = 2**53 - 1
"""Largest tree, in leaves: the largest integer that every JSON reader keeps exact."""

EMPTY_ROOT: Final[Hash] = sha256().digest()
"""Root of the tree without leaves (RFC 9162 section 2.1.1)."""


class ProofError(FormatError):
    """A size, hash or proof that is malformed, or a proof that does not prove what was asked."""


def leaf_hash(data: bytes) -> Hash:
    """Hash one leaf: SHA-256(0x00 || data), 32 bytes (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Hash one inner node: SHA-256(0x01 || left || right), 32 bytes (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[Hash]) -> Hash:
    """Compute the root over leaf hashes, 32 bytes each, in log order; `EMPTY_ROOT` for none.

    Raises:
        ProofError: a leaf hash is not 32 bytes.
    """
    return Frontier().extend(leaf_hashes).root()


def inclusion_proof(index: int, leaf_hashes: Sequence[Hash]) -> list[Hash]:
    """Prove that leaf `index` (from 0) is in the tree: the sibling hashes from leaf to root (RFC 9162 section 2.1.3.1).

    Raises:
        ProofError: the index is not in the tree, or a leaf hash is not 32 bytes.
    """
    return inclusion_proofs([index], leaf_hashes)[0]


def inclusion_proofs(indexes: Sequence[int], leaf_hashes: Sequence[Hash]) -> list[list[Hash]]:
    """Prove several leaves of one tree; hashes the tree once, where `inclusion_proof` would hash it for each leaf.

    Returns:
        One proof per index, in the order asked.

    Raises:
        ProofError: an index is not in the tree, or a leaf hash is not 32 bytes.
    """
    for index in indexes:
        _check_index(index, len(leaf_hashes))
    levels = _levels(leaf_hashes)
    return [_path(levels, 0, index) for index in indexes]


def consistency_proof(old_size: int, leaf_hashes: Sequence[Hash]) -> list[Hash]:
    """Prove that the tree over `leaf_hashes` extends its first `old_size` leaves (RFC 9162 section 2.1.4.1).

    Raises:
        ProofError: not 1 <= old_size <= number of leaves, or a leaf hash is not 32 bytes.
    """
    _check_sizes(old_size, len(leaf_hashes))
    if old_size == len(leaf_hashes):
        return []
    # The last complete subtree of the old tree is a node of the new tree as well; the proof climbs from it.
    height = _trailing_zeros(old_size)
    index = (old_size >> height) - 1
    levels = _levels(leaf_hashes)
    # When the old tree is that one subtree, its root is what the verifier already holds (the RFC's b = true).
    start = [levels[height][index]] if index else []
    return start + _path(levels, height, index)


def check_inclusion(*, index: int, size: int, leaf: Hash, proof: Sequence[Hash], root: Hash) -> None:
    """Check that the leaf hash `leaf` is leaf `index` of the tree with that size and root (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: malformed input, or the proof leads to another root.
    """
    _check_hash(root, "root")
    if root_from_inclusion(index=index, size=size, leaf=leaf, proof=proof) != root:
        raise ProofError(f"the inclusion proof of leaf {index} does not lead to the root at size {size}")


def root_from_inclusion(*, index: int, size: int, leaf: Hash, proof: Sequence[Hash]) -> Hash:
    """Compute the root that an inclusion proof leads to, 32 bytes (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: not 0 <= index < size < 2**53, a hash is not 32 bytes, or the proof's length is not the one that
            `index` and `size` demand.
    """
    _check_index(index, size)
    inner, border = _shape(index, size)
    _check_hash(leaf, "leaf hash")
    _check_proof(proof, inner + border)
    node = leaf
    for level, sibling in enumerate(proof):
        # Beyond `inner` the path runs along the right border: what joins there lies to the left.
        on_the_right = level >= inner or index >> level & 1
        node = node_hash(sibling, node) if on_the_right else node_hash(node, sibling)
    return node


def check_consistency(*, old_size: int, new_size: int, old_root: Hash, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Check that the new tree has the old tree's leaves as its first leaves (RFC 9162 section 2.1.4.2).

    An empty old tree is refused, even against an empty new one: every tree extends it, so a proof would show nothing.

    Raises:
        ProofError: malformed input, not 1 <= old_size <= new_size < 2**53, or the proof leads to another root.
    """
    _check_sizes(old_size, new_size)
    _check_hash(old_root, "old root")
    _check_hash(new_root, "new root")
    if old_size == new_size:
        _check_proof(proof, 0)
        if old_root != new_root:
            raise ProofError(f"two different roots at size {old_size}")
        return
    old, new = _climb(old_size, new_size, proof, old_root)
    if old != old_root:
        raise ProofError(f"the consistency proof does not lead to the old root at size {old_size}")
    if new != new_root:
        raise ProofError(f"the consistency proof does not lead to the new root at size {new_size}")


def start_of(*, old_size: int, new_size: int, new_root: Hash, proof: Sequence[Hash]) -> Hash | None:
    """The root over the first `old_size` leaves of the tree with `new_root`, from a consistency proof that leads to it.

    For a verifier whose own old root the proof does not lead to: what it does lead from, the new root commits to. None
    where the proof leads elsewhere, and where `old_size` is a power of two, since then the old root is not in the proof.

    Raises:
        ProofError: malformed input, or not 1 <= old_size < new_size < 2**53.
    """
    _check_sizes(old_size, new_size)
    _check_hash(new_root, "new root")
    if old_size == new_size:
        raise ProofError("between equal sizes there is nothing to prove")
    if old_size.bit_count() == 1:
        return None
    old, new = _climb(old_size, new_size, proof, new_root)  # the last argument is for powers of two alone
    return old if new == new_root else None


def _climb(old_size: int, new_size: int, proof: Sequence[Hash], old_root: Hash) -> tuple[Hash, Hash]:
    """The two roots that a consistency proof leads to (RFC 9162 section 2.1.4.2); sizes are checked, and differ."""
    height = _trailing_zeros(old_size)
    index = (old_size - 1) >> height
    inner, border = _shape(old_size - 1, new_size)
    inner -= height
    known = 0 if index else 1  # index 0: the old tree is complete and its root starts both climbs
    _check_proof(proof, inner + border + 1 - known)
    old = new = old_root if known else proof[0]
    for level, sibling in enumerate(proof[1 - known :]):
        if level >= inner or index >> level & 1:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
        else:
            # The sibling lies to the right: it holds only leaves that the old tree did not have.
            new = node_hash(new, sibling)
    return old, new


class Frontier(msgspec.Struct, frozen=True):
    """The right edge of a growing tree: all that appending and the root need.

    Attributes:
        size: number of leaves, 0 <= size < 2**53.
        hashes: roots of the complete subtrees from left to right, one per bit set in `size`, largest first.

    Raises:
        ProofError: on construction, where size and hashes do not fit together.
    """

    size: int = 0
    hashes: tuple[Hash, ...] = ()

    def __post_init__(self) -> None:
        _check_size(self.size, "frontier size")
        if len(self.hashes) != self.size.bit_count():
            raise ProofError(
                f"a frontier of size {self.size} has {self.size.bit_count()} hashes, not {len(self.hashes)}"
            )
        for value in self.hashes:
            _check_hash(value, "frontier hash")

    def append(self, leaf_hash: Hash) -> Frontier:
        """Return the frontier with one more leaf hash (32 bytes); raises ProofError as `extend` does."""
        _check_hash(leaf_hash, "leaf hash")
        # Each 1 bit at the low end of the size is a subtree that the new leaf completes to one twice as large.
        kept = len(self.hashes) - _trailing_zeros(self.size + 1)
        node = leaf_hash
        for left in reversed(self.hashes[kept:]):
            node = node_hash(left, node)
        return Frontier(self.size + 1, (*self.hashes[:kept], node))

    def extend(self, leaf_hashes: Iterable[Hash]) -> Frontier:
        """Return the frontier with more leaf hashes, 32 bytes each, in log order; about 1 us a leaf.

        Raises:
            ProofError: a leaf hash is not 32 bytes, or the tree would reach 2**53 leaves.
        """
        nodes = list(leaf_hashes)
        for value in nodes:
            _check_hash(value, "leaf hash")
        size = self.size + len(nodes)
        old, kept, bits = list(self.hashes), [], self.size
        # Level by level instead of leaf by leaf: the frontier's node at a level, where it has one, makes the new nodes
        # start at an even place, and a node left over at the end is complete and stays.
        while nodes or bits:
            if bits & 1:
                nodes.insert(0, old.pop())
            if len(nodes) & 1:
                kept.append(nodes.pop())
            nodes = _parents(nodes)
            bits >>= 1
        return Frontier(size, tuple(reversed(kept)))

    def root(self) -> Hash:
        """Return the root at this size, 32 bytes."""
        if not self.hashes:
            return EMPTY_ROOT
        *others, node = self.hashes
        for left in reversed(others):
            node = node_hash(left, node)
        return node

    def to_bytes(self) -> bytes:
        """Return the hashes one after the other, 32 bytes each; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Self:
        """Read what `to_bytes` wrote for a tree of `size` leaves.

        Raises:
            ProofError: not 0 <= size < 2**53, or not exactly the bytes that this size demands.
        """
        _check_size(size, "frontier size")
        if len(data) != HASH_SIZE * size.bit_count():
            raise ProofError(f"a frontier of size {size} has {HASH_SIZE * size.bit_count()} bytes, not {len(data)}")
        return cls(size, tuple(data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)))


def _parents(nodes: Sequence[Hash]) -> list[Hash]:
    """Pair neighbours; an unpaired last node is left to the caller. `node_hash` written out: it is half the cost."""
    pairs = iter(nodes)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]


def _levels(leaf_hashes: Sequence[Hash]) -> list[list[Hash]]:
    """All nodes, leaves first and the root alone last; an unpaired last node is promoted."""
    nodes = list(leaf_hashes)
    for value in nodes:
        _check_hash(value, "leaf hash")
    levels = [nodes]
    while len(nodes) > 1:
        nodes = _parents(nodes) + nodes[len(nodes) & ~1 :]
        levels.append(nodes)
    return levels


def _path(levels: list[list[Hash]], height: int, index: int) -> list[Hash]:
    """Siblings from node `index` at `height` up to the root; a promoted node has none at its level."""
    path = []
    for nodes in levels[height:-1]:
        if index ^ 1 < len(nodes):
            path.append(nodes[index ^ 1])
        index >>= 1
    return path


def _shape(index: int, size: int) -> tuple[int, int]:
    """Lengths of the two parts of an inclusion proof: below and along the tree's right border.

    The path of `index` and the path of the last leaf meet where their numbers stop to differ. Above that every 1 bit of
    the index is a complete subtree to the left, and every 0 bit a promotion without a hash.
    """
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


def _check_size(size: int, what: str) -> None:
    # bool is an int to Python, and a decoder may hand over a float or a string whatever the annotation says
    if type(size) is not int or not 0 <= size <= MAX_SIZE:
        raise ProofError(f"{what} must be a whole number from 0 to 2^53 - 1")


def _check_index(index: int, size: int) -> None:
    _check_size(size, "tree size")
    _check_size(index, "leaf index")
    if index >= size:
        raise ProofError(f"leaf index {index} is not in a tree of size {size}")


def _check_sizes(old_size: int, new_size: int) -> None:
    _check_size(old_size, "old tree size")
    _check_size(new_size, "new tree size")
    if not 1 <= old_size <= new_size:
        raise ProofError(f"no consistency proof leads from size {old_size} to size {new_size}")


def _check_hash(value: Hash, what: str) -> None:
    if type(value) is not bytes or len(value) != HASH_SIZE:
        raise ProofError(f"{what} must be {HASH_SIZE} bytes")


def _check_proof(proof: Sequence[Hash], length: int) -> None:
    if len(proof) != length:
        raise ProofError(f"the proof has {len(proof)} hashes, it must have {length}")
    for value in proof:
        _check_hash(value, "proof hash")
