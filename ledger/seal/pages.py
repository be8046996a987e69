"""A prefix tree kept in pages, so that a change costs the pages on the paths of the changed keys and no others.

A page stands for the subtree below a prefix of whole nibbles, and is numbered by it: a 1, then the nibbles; the root's is
1. A page is one of

    0x00 || (key || value)...         leaves, sorted by key: a subtree of at most `MOST` keys
    0x01 || 16 x (how many || hash)   a branch: its 16 subtrees one nibble further, with 0, 1 or 2 for 2 and more keys

so that pages, like the tree, depend on the content alone. Beyond `DEEPEST` nibbles nothing branches: page numbers fit
into 64 bits, and who makes keys that share 60 bits makes that one page longer. Pages come from a caller's store and go
to it; what comes is not trusted, and ends in a ProofError where it is no page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec

from ledger.seal import prefix
from ledger.seal.merkle import HASH_SIZE, Hash, ProofError
from ledger.seal.prefix import EMPTY, Proof

MOST: Final = 8
"""Most leaves of a page that could branch."""
DEEPEST: Final = 15
ROOT: Final = 1
"""Number of the root's page."""

Fetch: TypeAlias = Callable[[Collection[int]], Mapping[int, bytes]]
"""Gives the pages of these numbers; those that are not there are left out."""

_LEAVES: Final = 0
_BRANCH: Final = 1
_PAIR: Final = 2 * HASH_SIZE
_CHILD: Final = 1 + HASH_SIZE
_BRANCH_SIZE: Final = 1 + 16 * _CHILD
_NIBBLE: Final = 4

_Node: TypeAlias = tuple[int, Hash]
"""How many keys a subtree has (0, 1, or 2 for more), and its hash."""
_NOTHING: Final[_Node] = (0, EMPTY)


class Change(msgspec.Struct, frozen=True):
    """What an update makes.

    Attributes:
        root: of the tree from now on.
        added: how many keys were not there before.
        pages: those that are new or have changed, by number.
    """

    root: Hash
    added: int
    pages: dict[int, bytes]


def extend(fetch: Fetch, events: Mapping[Hash, Sequence[Hash]]) -> Change:
    """Add events to the chains of keys.

    Args:
        fetch: gives pages, asked once a level.
        events: for each key, 32 bytes, the hashes of its further events in the order of the log, one at least.

    Raises:
        ProofError: a page that came from `fetch` is none.
    """
    pages: dict[int, bytes] = {}
    done: dict[int, _Node] = {}
    branches: list[dict[int, tuple[bytes, list[int]]]] = []
    added = 0
    waiting: dict[int, list[Hash]] = {ROOT: sorted(events)}
    depth = 0
    while waiting:
        found = fetch(waiting.keys())
        below: dict[int, list[Hash]] = {}
        here: dict[int, tuple[bytes, list[int]]] = {}
        for number, keys in waiting.items():
            page = found.get(number, b"\x00")
            if page[:1] == b"\x01":
                split = _nibbles(keys, depth)
                here[number] = page, list(split)
                below |= {number << _NIBBLE | nibble: its for nibble, its in split.items()}
                continue
            content = _leaves(page)
            before = len(content)
            for key in keys:
                content[key] = prefix.chain(events[key], content.get(key, EMPTY))
            added += len(content) - before
            done[number] = _build(pages, number, depth, content)
        branches.append(here)
        waiting, depth = below, depth + 1
    for here in reversed(branches):
        for number, (page, nibbles) in here.items():
            children = _children(page)
            for nibble in nibbles:
                children[nibble] = done.pop(number << _NIBBLE | nibble)
            pages[number] = _branch(children)
            done[number] = _fold(children)[-1][0]
    return Change(done[ROOT][1], added, pages)


def prove(fetch: Fetch, key: Hash) -> tuple[Hash | None, Proof]:
    """The value of a key and the proof that it is its value; None and the proof of absence where it has none.

    Raises:
        ProofError: a page that came from `fetch` is none, or is missing.
    """
    siblings: list[Hash] = []
    number, depth = ROOT, 0
    while (page := fetch((number,)).get(number, b"\x00"))[:1] == b"\x01":
        levels = _fold(_children(page))
        nibble = _nibble(key, depth)
        for height in range(_NIBBLE - 1, -1, -1):
            place = nibble >> height
            siblings.append(levels[height][place ^ 1][1])
            count, _digest = levels[height][place]
            if count <= 1:
                only = [at for at in range(place << height, (place + 1) << height) if levels[0][at][0]]
                number, depth = (number << _NIBBLE | only[0] if only else 0), DEEPEST
                break
        else:
            number, depth = number << _NIBBLE | nibble, depth + 1
            continue
        content = _leaves(fetch((number,)).get(number, b"\x00")) if number else {}
        if len(content) != count:
            raise ProofError("a page of the map does not hold the leaf that the page above it counts")
        return _ended(key, content, siblings)
    content = dict(sorted(_leaves(page).items()))  # a stranger's page may not be sorted
    return _ended(key, _narrow(key, content, siblings, _NIBBLE * depth), siblings)


def leaves(pages: Iterator[tuple[int, bytes]]) -> Iterator[tuple[Hash, Hash]]:
    """Every key and value of these pages."""
    for _number, page in pages:
        if page[:1] != b"\x01":
            yield from _leaves(page).items()


def _ended(key: Hash, content: Mapping[Hash, Hash], siblings: list[Hash]) -> tuple[Hash | None, Proof]:
    """The proof whose path ends in this subtree of one leaf or none."""
    path = tuple(reversed(siblings))
    for other, value in content.items():
        return (value, Proof(path)) if other == key else (None, Proof(path, (other, value)))
    return None, Proof(path)


def _narrow(key: Hash, content: dict[Hash, Hash], siblings: list[Hash], depth: int) -> dict[Hash, Hash]:
    """Go down a page of leaves until one is left, or none."""
    while len(content) > 1:
        side = prefix.bit(key, depth)
        beside = [other for other in content if prefix.bit(other, depth) != side]
        hashes = [prefix.leaf_hash(other, content[other]) for other in beside]
        siblings.append(prefix.subtree(beside, hashes, depth + 1))
        content = {other: value for other, value in content.items() if prefix.bit(other, depth) == side}
        depth += 1
    return content


def _build(pages: dict[int, bytes], number: int, depth: int, content: dict[Hash, Hash]) -> _Node:
    """Write the pages of a subtree; its node."""
    keys = sorted(content)
    if len(keys) <= MOST or depth == DEEPEST:
        pages[number] = b"\x00" + b"".join([part for key in keys for part in (key, content[key])])
        hashes = [sha256(b"\x02" + key + content[key]).digest() for key in keys]
        return min(len(keys), 2), prefix.subtree(keys, hashes, _NIBBLE * depth)
    children = [_NOTHING] * 16
    for nibble, its in _nibbles(keys, depth).items():
        below = number << _NIBBLE | nibble
        children[nibble] = _build(pages, below, depth + 1, {key: content[key] for key in its})
    pages[number] = _branch(children)
    return _fold(children)[-1][0]


def _fold(nodes: list[_Node]) -> list[list[_Node]]:
    """The levels above 16 subtrees, theirs first."""
    levels = [nodes]
    while len(nodes) > 1:
        pairs = iter(nodes)
        nodes = [
            (2, sha256(b"\x03" + left[1] + right[1]).digest())
            if left[0] + right[0] > 1
            else (left if left[0] else right)
            for left, right in zip(pairs, pairs, strict=True)
        ]
        levels.append(nodes)
    return levels


def _branch(children: list[_Node]) -> bytes:
    return b"\x01" + b"".join([bytes((count,)) + digest for count, digest in children])


def _children(page: bytes) -> list[_Node]:
    if len(page) != _BRANCH_SIZE:
        raise ProofError("a page of the map is neither leaves nor a branch")
    return [(page[at], page[at + 1 : at + _CHILD]) for at in range(1, _BRANCH_SIZE, _CHILD)]


def _leaves(page: bytes) -> dict[Hash, Hash]:
    if page[:1] != b"\x00" or len(page) % _PAIR != 1:
        raise ProofError("a page of the map is neither leaves nor a branch")
    return {page[at : at + HASH_SIZE]: page[at + HASH_SIZE : at + _PAIR] for at in range(1, len(page), _PAIR)}


def _nibbles(keys: Sequence[Hash], depth: int) -> dict[int, list[Hash]]:
    """Keys by their nibble at this depth."""
    found: dict[int, list[Hash]] = {}
    for key in keys:
        found.setdefault(_nibble(key, depth), []).append(key)
    return found


def _nibble(key: Hash, depth: int) -> int:
    return key[depth >> 1] >> (0 if depth & 1 else _NIBBLE) & 15
