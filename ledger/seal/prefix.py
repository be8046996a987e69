"""A Merkle prefix tree: a dictionary with proofs that a key is in it with a value, or that it is not in it.

A binary trie over the 256 bits of the keys, the highest bit of the first byte first:

    empty subtree        32 zero bytes
    subtree of one leaf  SHA-256(0x02 || key || value), however high it stands
    any other subtree    SHA-256(0x03 || left || right), the left one with the keys whose next bit is 0

as CONIKS (Melara et al., USENIX Security 2015, section 3.1) and the IETF's KEYTRANS (draft-ietf-keytrans-protocol, Prefix
Tree) build it, without their private index: names in this ledger are no secrets. The shape depends on the keys alone and
never on the order in which they came. 0x02 to 0x04 keep its hashes apart from those of the log, 0x00 and 0x01.

The value of a key is a chain over all events of a subject, in the order of the log, so that whoever shows some of them
and leaves one out comes to another value:

    c_0 = 32 zero bytes, c_n = SHA-256(0x04 || c_(n-1) || hash of event n)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from ledger.errors import FormatError
from ledger.seal.merkle import HASH_SIZE, Hash, ProofError

BITS: Final = 256
"""Bits of a key, and so the most siblings of a proof."""
EMPTY: Final[Hash] = bytes(HASH_SIZE)
"""Hash of the subtree without keys, and the chain over no events. Nobody knows bytes of which it is the SHA-256."""
MAX_BYTES: Final = 3 + HASH_SIZE * (BITS + 2)
"""Largest encoded proof, in bytes."""

_ENDS_HERE: Final = 0
_ENDS_AT_ANOTHER: Final = 1
_HEADER: Final = 3


class Proof(msgspec.Struct, frozen=True):
    """Where the path of a key ends, and what stands beside it. Being a Proof says nothing of proving anything.

    Attributes:
        siblings: the hashes beside the path, from its end up to the root; at most 256 of 32 bytes. The first is not
            `EMPTY`: a path goes no deeper than it must, so that there is one proof of a thing and no second.
        other: key and value, 32 bytes each, of the leaf at which the path ends where that is another key's; None where
            it ends at the key's own leaf or at an empty subtree.

    Raises:
        ProofError: on construction, where a part is malformed.
    """

    siblings: tuple[Hash, ...]
    other: tuple[Hash, Hash] | None = None

    def __post_init__(self) -> None:
        if len(self.siblings) > BITS:
            raise ProofError(f"a proof in a prefix tree has at most {BITS} hashes, not {len(self.siblings)}")
        for value in (*self.siblings, *(self.other or ())):
            _check(value, "hash of a proof")
        if self.siblings and self.siblings[0] == EMPTY:
            raise ProofError("a path in a prefix tree goes no deeper than it must")


def key_of(subject: str) -> Hash:
    """The key of a subject, such as `lot:NDPR-7`: SHA-256 of its UTF-8.

    Raises:
        FormatError: text that has no UTF-8.
    """
    try:
        return sha256(subject.encode()).digest()
    except UnicodeEncodeError as error:
        raise FormatError("text with a lone surrogate has no UTF-8") from error


def chain(events: Iterable[Hash], start: Hash = EMPTY) -> Hash:
    """The value after these event hashes, 32 bytes each, in the order of the log.

    Raises:
        ProofError: a hash is not 32 bytes.
    """
    value = start
    for event in events:
        if type(event) is not bytes or len(event) != HASH_SIZE:  # `_check`, without its call
            raise ProofError(f"event hash must be {HASH_SIZE} bytes")
        value = sha256(b"\x04" + value + event).digest()
    return value


def leaf_hash(key: Hash, value: Hash) -> Hash:
    """Hash of a subtree of one leaf."""
    return sha256(b"\x02" + key + value).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Hash of a subtree of two leaves or more."""
    return sha256(b"\x03" + left + right).digest()


def bit(key: Hash, depth: int) -> int:
    """The bit that decides at this depth, 0 for the root's."""
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def root(content: Mapping[Hash, Hash]) -> Hash:
    """The root of a dictionary of keys and values, from scratch."""
    keys = sorted(content)
    return subtree(keys, [leaf_hash(key, content[key]) for key in keys], 0)


def subtree(keys: Sequence[Hash], leaves: Sequence[Hash], depth: int) -> Hash:
    """The hash of a subtree at this depth, of sorted keys that share so many bits, and their leaf hashes."""
    if len(keys) <= 1:
        return leaves[0] if keys else EMPTY
    return _joined([int.from_bytes(key, "big") for key in keys], leaves, 0, len(keys), depth)


def _joined(numbers: Sequence[int], leaves: Sequence[Hash], low: int, high: int, depth: int) -> Hash:
    """The same of the keys from `low` up to `high`, two at least, as numbers: a third of what an update of the map costs.

    Flat on purpose: with slices of keys and a function for each bit it took twice as long (`benchmarks.completeness`).
    """
    first = numbers[low]
    # All share more bits where the first and the last do: no need to look at those between.
    shared = BITS - (first ^ numbers[high - 1]).bit_length()
    if high - low == 2:  # noqa: PLR2004  (most of those that an update meets)
        node = sha256(b"\x03" + leaves[low] + leaves[low + 1]).digest()
    else:
        height = BITS - 1 - shared
        at = bisect_left(numbers, (first >> height | 1) << height, low, high)
        left = leaves[low] if at - low == 1 else _joined(numbers, leaves, low, at, shared + 1)
        right = leaves[at] if high - at == 1 else _joined(numbers, leaves, at, high, shared + 1)
        node = sha256(b"\x03" + left + right).digest()
    for height in range(BITS - shared, BITS - depth):
        node = sha256(b"\x03" + EMPTY + node if first >> height & 1 else b"\x03" + node + EMPTY).digest()
    return node


def verify_membership(root: Hash, key: Hash, value: Hash, proof: Proof) -> None:
    """Verify that the tree with this root has `key` with `value`; 32 bytes each.

    Raises:
        ProofError: malformed input, or the proof leads to another root.
    """
    _check(value, "value")
    if proof.other is not None:
        raise ProofError("a proof of membership ends at the key's own leaf")
    _check(key, "key")
    _climb(root, key, leaf_hash(key, value), proof)


def verify_absence(root: Hash, key: Hash, proof: Proof) -> None:
    """Verify that the tree with this root does not have `key`; 32 bytes each.

    Raises:
        ProofError: malformed input, or the proof does not show it.
    """
    _check(key, "key")
    if proof.other is None:
        _climb(root, key, EMPTY, proof)
        return
    other, value = proof.other
    if other == key:
        raise ProofError("a proof of absence does not end at the key's own leaf")
    if _shared(other, key) < len(proof.siblings):
        raise ProofError("a proof of absence ends at a leaf that does not lie on the key's path")
    _climb(root, key, leaf_hash(other, value), proof)


def verify_events(root: Hash, subject: str, events: Sequence[Hash], proof: Proof) -> None:
    """Verify that these are all events of a subject, in order, under this root: none left out, none added.

    Args:
        root: of a map entry.
        subject: `lot:ID`, `party:ID` or `site:ID`.
        events: hashes, 32 bytes each, oldest first; none says that the map does not know the subject.
        proof: of membership, or of absence where there are no events.

    Raises:
        ProofError: malformed, or not so.
        FormatError: a subject that has no UTF-8.
    """
    key = key_of(subject)
    if events:
        verify_membership(root, key, chain(events), proof)
    else:
        verify_absence(root, key, proof)


def encode(proof: Proof) -> bytes:
    """A proof as bytes: 0 or 1 for a path that ends at another key's leaf, the number of siblings, and all hashes."""
    ends = _ENDS_HERE if proof.other is None else _ENDS_AT_ANOTHER
    head = bytes((ends,)) + len(proof.siblings).to_bytes(2, "big")
    return head + b"".join((*proof.siblings, *(proof.other or ())))


def decode(data: bytes) -> Proof:
    """Read what `encode` wrote; verifies nothing.

    Raises:
        ProofError: not exactly such bytes.
    """
    if not _HEADER <= len(data) <= MAX_BYTES:
        raise ProofError(f"a proof in a prefix tree has {_HEADER} to {MAX_BYTES} bytes, not {len(data)}")
    ends, count = data[0], int.from_bytes(data[1:_HEADER], "big")
    if ends not in (_ENDS_HERE, _ENDS_AT_ANOTHER):
        raise ProofError(f"a proof in a prefix tree begins with 0 or 1, not {ends}")
    if len(data) != _HEADER + HASH_SIZE * (count + 2 * ends):
        raise ProofError(f"a proof in a prefix tree says {count} hashes and has {len(data)} bytes")
    hashes = tuple(data[at : at + HASH_SIZE] for at in range(_HEADER, len(data), HASH_SIZE))
    if ends == _ENDS_HERE:
        return Proof(hashes)
    return Proof(hashes[:-2], (hashes[-2], hashes[-1]))


def _climb(root: Hash, key: Hash, node: Hash, proof: Proof) -> None:
    _check(root, "root")
    depth = len(proof.siblings)
    for sibling in proof.siblings:
        depth -= 1
        node = node_hash(sibling, node) if bit(key, depth) else node_hash(node, sibling)
    if node != root:
        raise ProofError("the proof does not lead to the root of the map")


def _shared(one: Hash, other: Hash) -> int:
    """How many bits two keys have in common from the first."""
    return BITS - (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_length()


def _check(value: object, what: str) -> None:
    if type(value) is not bytes or len(value) != HASH_SIZE:
        raise ProofError(f"{what} must be {HASH_SIZE} bytes")
