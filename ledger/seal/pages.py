"""A prefix tree kept in pages, so that a change costs the pages on the paths of the changed keys and no others.

A page stands for the subtree below a prefix of whole nibbles, and is numbered by it: a 1, then the nibbles; the root's is
1. A page is one of

    0x00 || leaves                              at most `FEW` keys: key || value of each, sorted by key
    0x01 || 16 x (how many || hash) || leaves   at most `MOST` keys, with the 16 subtrees one nibble further
    0x02 || 16 x (how many || hash)             more keys: those subtrees alone; each has its page, unless it is empty

`how many` is a byte, at most 255. The hashes save a change of one leaf the hashing of its neighbours; that small subtrees
have no pages of their own saves a database half of the rows. Pages, like the tree, depend on the content alone.

Beyond `DEEPEST` nibbles nothing branches: page numbers fit into 64 bits, and who makes keys that share 60 bits makes that
one page longer. Pages come from a caller's store and go to it; what comes is not trusted, and ends in a ProofError where
it is no page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from struct import Struct
from typing import Any, Final, TypeAlias

import msgspec

from ledger.seal import prefix
from ledger.seal.merkle import HASH_SIZE, Hash, ProofError
from ledger.seal.prefix import EMPTY, Proof, chain, subtree
from ledger.seal.sixteen import above, top

FEW: Final = 8
"""Most leaves of a page that are quicker hashed than looked up."""
MOST: Final = 48
"""Most leaves of a page that could branch; it has 3,601 bytes then, and fits into a page of SQLite."""
DEEPEST: Final = 15
ROOT: Final = 1
"""Number of the root's page."""

Fetch: TypeAlias = Callable[[Collection[int]], Mapping[int, bytes]]
"""Gives the pages of these numbers; those that are not there are left out."""

_FEW: Final = b"\x00"
_GROUPED: Final = b"\x01"
_BRANCH: Final = b"\x02"
_PAIR: Final = 2 * HASH_SIZE
_CELLS: Final = Struct("c" + "B32s" * 16)
"""Kind of a page that branches, and of each of its subtrees how many keys it has and its hash."""
_HEAD: Final = _CELLS.size
_CHILD: Final = 1 + HASH_SIZE
_LONGEST: Final = _HEAD + _PAIR * MOST
_NIBBLE: Final = 4
_MANY: Final = 255
_BYTES: Final = tuple(bytes((count,)) for count in range(_MANY + 1))

_Node: TypeAlias = tuple[int, Hash]
"""How many keys a subtree has, at most 255, and its hash."""


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
    branches: list[dict[int, tuple[bytes, Collection[int]]]] = []
    added = 0
    waiting: dict[int, list[Hash]] = {ROOT: sorted(events)}
    depth = 0
    while waiting:
        found = fetch(waiting.keys())
        below: dict[int, list[Hash]] = {}
        here: dict[int, tuple[bytes, Collection[int]]] = {}
        for number, keys in waiting.items():
            page = found.get(number, _FEW)
            kind = page[:1]
            if kind == _GROUPED and len(page) + _PAIR * len(keys) <= _LONGEST:
                pages[number], done[number], count = _inserted(page, depth, keys, events)
                added += count
            elif kind == _BRANCH and depth < DEEPEST:  # deeper, `_leaves` refuses it
                split = _nibbles(keys, depth)
                here[number] = page, split.keys()
                first = number << _NIBBLE
                for nibble, its in split.items():
                    below[first | nibble] = its
            else:
                content = _leaves(page)
                added -= len(content)
                for key in keys:
                    content[key] = chain(events[key], content.get(key, EMPTY))
                added += len(content)
                done[number] = _build(pages, number, depth, content)
        branches.append(here)
        waiting, depth = below, depth + 1
    for here in reversed(branches):
        for number, (page, nibbles) in here.items():
            cells = _cells(page)
            first = number << _NIBBLE
            for nibble in nibbles:
                cells[2 * nibble + 1 : 2 * nibble + 3] = done.pop(first | nibble)
            pages[number] = _CELLS.pack(*cells)
            done[number] = _node(cells[1::2], cells[2::2])
    return Change(done[ROOT][1], added, pages)


def _inserted(
    page: bytes, depth: int, keys: list[Hash], events: Mapping[Hash, Sequence[Hash]]
) -> tuple[bytes, _Node, int]:
    """A page of grouped leaves with these keys, for which it has room; its node, and how many of them are new.

    The usual case, mostly of one key: only its subtree is hashed, and the rest of the page is copied as it is.
    """
    counts, hashes = _children(page)
    before = sum(counts)
    if len(page) != _HEAD + _PAIR * before:
        raise ProofError("a page of the map does not have the leaves that it counts")
    for key in keys:
        nibble = _nibble(key, depth)
        count, head = counts[nibble], 1 + _CHILD * nibble
        start = _HEAD + _PAIR * sum(counts[:nibble])
        stop = start + _PAIR * count
        if not count:  # as a third of the keys find it
            data = key + chain(events[key])
            count, digest = 1, sha256(b"\x02" + data).digest()
        else:
            content = _pairs(page[start:stop])
            content[key] = chain(events[key], content.get(key, EMPTY))
            data, (count, digest) = _sealed(content, _NIBBLE * (depth + 1))
        page = b"".join((page[:head], _BYTES[count], digest, page[head + _CHILD : start], data, page[stop:]))
        counts[nibble], hashes[nibble] = count, digest
    count = sum(counts)
    return page, (count, top(counts, hashes)), count - before


def rewound(fetch: Fetch, values: Mapping[Hash, Hash]) -> Change:
    """The pages on the paths of some keys as they were when these had other values; `extend` goes on from them.

    Pages of leaves are not split or joined, so they are those of a map in all but shape. Nothing is proven until the root is
    compared with a trusted one; then these are pages of that map, and what `extend` makes of them is what it makes of the map. For
    no hash covers how many keys a subtree has, nor on which side of a node a lone leaf hangs: whoever could say so freely would have
    it pass for another's neighbour, and gone once that one is there. So counts must fit their hashes, and every leaf lie on its path.

    Args:
        fetch: gives pages, asked once a level.
        values: one at least; of each key that is in the map now, what it was; `EMPTY` where there was none.

    Raises:
        ProofError: a page that came from `fetch` is none, does not have a key, or counts what is not there.
    """
    found = along(fetch, values.keys())
    _lone_leaves(fetch, found)
    its: dict[int, list[Hash]] = {number: [] for number in found}
    for key in values:
        number, depth = ROOT, 0
        while found.get(number, _FEW)[:1] == _BRANCH and depth < DEEPEST:
            number, depth = number << _NIBBLE | _nibble(key, depth), depth + 1
        if number not in its:
            raise ProofError("a page of the map is missing")
        its[number].append(key)
    pages: dict[int, bytes] = {}
    done: dict[int, _Node] = {}
    removed = 0
    for number in sorted(found, reverse=True):  # those below a page have larger numbers
        page, depth = found[number], (number.bit_length() - 1) // _NIBBLE
        if page[:1] == _BRANCH and depth < DEEPEST:
            cells = _cells(page)
            for nibble in range(16):
                if (below := number << _NIBBLE | nibble) in done:
                    cells[2 * nibble + 1 : 2 * nibble + 3] = done.pop(below)
            pages[number] = _CELLS.pack(*cells)
            done[number] = _node(cells[1::2], cells[2::2])
            continue
        content = _leaves(page)
        if not content.keys() >= set(its[number]):
            raise ProofError("a page of the map lacks a key that should be in it")
        _on_path(content, number)
        content |= {key: values[key] for key in its[number]}
        left = {key: value for key, value in content.items() if value != EMPTY}
        removed += len(content) - len(left)
        data, done[number] = _sealed(left, _NIBBLE * depth)
        pages[number] = _FEW + data
    return Change(done[ROOT][1], -removed, pages)


def _lone_leaves(fetch: Fetch, found: Mapping[int, bytes]) -> None:
    """That the branching ones of these pages count right: the subtrees beside them of one key, by that leaf; those of none, by their hash."""
    lone: dict[int, Hash] = {}
    for number, page in found.items():
        if page[:1] != _BRANCH or number >> _NIBBLE * DEEPEST:  # which is refused as no page
            continue
        for nibble, (count, digest) in enumerate(zip(*_children(page), strict=True)):
            if (count == 0) != (digest == EMPTY):
                raise ProofError("a page of the map counts keys where there are none, or none where there are some")
            if count == 1 and number << _NIBBLE | nibble not in found:
                lone[number << _NIBBLE | nibble] = digest
    pages = fetch(lone.keys()) if lone else {}
    for number, digest in lone.items():
        content = _leaves(pages.get(number, _FEW))
        _on_path(content, number)
        if [prefix.leaf_hash(*leaf) for leaf in content.items()] != [digest]:
            raise ProofError("a page of the map does not hold the leaf that the page above it counts")


def _on_path(keys: Iterable[Hash], number: int) -> None:
    """That keys belong into the page of this number."""
    depth = (number.bit_length() - 1) // _NIBBLE
    if any(1 << _NIBBLE * depth | int.from_bytes(key[:8], "big") >> 64 - _NIBBLE * depth != number for key in keys):
        raise ProofError("a page of the map holds a leaf of another")


def prove(fetch: Fetch, key: Hash) -> tuple[Hash | None, Proof]:
    """The value of a key and the proof that it is its value; None and the proof of absence where it has none.

    Raises:
        ProofError: a page that came from `fetch` is none, or is missing.
    """
    siblings: list[Hash] = []
    number, depth = ROOT, 0
    while (page := fetch((number,)).get(number, _FEW))[:1] == _BRANCH and depth < DEEPEST:
        counts, hashes = _children(page)
        nibble = _nibble(key, depth)
        for height in range(_NIBBLE - 1, -1, -1):
            place = nibble >> height
            beside = slice((place ^ 1) << height, ((place ^ 1) + 1) << height)
            siblings.append(above(counts[beside], hashes[beside]))
            its = range(place << height, (place + 1) << height)
            if sum(counts[at] for at in its) <= 1:  # the path ends here, at a leaf or at nothing
                only = [number << _NIBBLE | at for at in its if counts[at]]
                content = _leaves(fetch(only).get(only[0], _FEW)) if only else {}
                if len(content) != len(only):
                    raise ProofError("a page of the map does not hold the leaf that the page above it counts")
                return _ended(key, content, siblings)
        number, depth = number << _NIBBLE | nibble, depth + 1
    content = dict(sorted(_leaves(page).items()))  # a stranger's page may not be sorted
    return _ended(key, _narrow(key, content, siblings, _NIBBLE * depth), siblings)


def along(fetch: Fetch, keys: Collection[Hash]) -> dict[int, bytes]:
    """The pages on the ways to keys, each once, for the proofs of many; `fetch` is asked once a level."""
    found: dict[int, bytes] = {}
    waiting: dict[int, Sequence[Hash]] = {ROOT: list(keys)}
    depth = 0
    while waiting:
        stored = fetch(waiting.keys())
        here = {number: stored[number] for number in waiting if number in stored}
        found |= here
        below: dict[int, Sequence[Hash]] = {}
        for number, its in waiting.items():
            if here.get(number, _FEW)[:1] == _BRANCH and depth < DEEPEST:
                below |= {number << _NIBBLE | nibble: some for nibble, some in _nibbles(its, depth).items()}
        waiting, depth = below, depth + 1
    return found


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
        siblings.append(subtree(beside, hashes, depth + 1))
        content = {other: value for other, value in content.items() if prefix.bit(other, depth) == side}
        depth += 1
    return content


def _build(pages: dict[int, bytes], number: int, depth: int, content: dict[Hash, Hash]) -> _Node:
    """Write the pages of a subtree; its node."""
    count = len(content)
    if count <= FEW or depth == DEEPEST:
        its, node = _sealed(content, _NIBBLE * depth)
        pages[number] = _FEW + its
        return node
    cells: list[Any] = [_GROUPED if count <= MOST else _BRANCH, *(0, EMPTY) * 16]
    parts = []
    for nibble, keys in _nibbles(sorted(content), depth).items():
        below = {key: content[key] for key in keys}
        if count <= MOST:
            its, node = _sealed(below, _NIBBLE * (depth + 1))
            parts.append(its)
        else:
            node = _build(pages, number << _NIBBLE | nibble, depth + 1, below)
        cells[2 * nibble + 1 : 2 * nibble + 3] = node
    pages[number] = b"".join((_CELLS.pack(*cells), *parts))
    return _node(cells[1::2], cells[2::2])


def _sealed(content: Mapping[Hash, Hash], depth: int) -> tuple[bytes, _Node]:
    """Leaves as they stand in a page, and their subtree."""
    keys = sorted(content)
    leaves = [key + content[key] for key in keys]
    hashes = [sha256(b"\x02" + leaf).digest() for leaf in leaves]
    return b"".join(leaves), (min(len(keys), _MANY), subtree(keys, hashes, depth))


def _node(counts: Sequence[int], hashes: Sequence[Hash]) -> _Node:
    """The node above the 16 subtrees of a page."""
    return min(sum(counts), _MANY), top(counts, hashes)


def _cells(page: bytes) -> list[Any]:
    """A page that branches, as `_CELLS` has it."""
    if len(page) < _HEAD or (page[:1] == _BRANCH and len(page) != _HEAD):
        raise ProofError("a page of the map is of no known kind")
    return list(_CELLS.unpack_from(page))


def _children(page: bytes) -> tuple[list[int], list[Hash]]:
    """How many keys the 16 subtrees have, and their hashes."""
    cells = _cells(page)
    return cells[1::2], cells[2::2]


def _leaves(page: bytes) -> dict[Hash, Hash]:
    """The leaves of a page that does not branch."""
    start = {_FEW: 1, _GROUPED: _HEAD}.get(page[:1])
    if start is None or len(page) < start or (len(page) - start) % _PAIR:
        raise ProofError("a page of the map is of no known kind")
    return _pairs(page[start:])


def _pairs(data: bytes) -> dict[Hash, Hash]:
    return {data[at : at + HASH_SIZE]: data[at + HASH_SIZE : at + _PAIR] for at in range(0, len(data), _PAIR)}


def _nibbles(keys: Sequence[Hash], depth: int) -> dict[int, list[Hash]]:
    """Keys by their nibble at this depth."""
    at, shift = depth >> 1, 0 if depth & 1 else _NIBBLE
    found: dict[int, list[Hash]] = {}
    for key in keys:
        found.setdefault(key[at] >> shift & 15, []).append(key)
    return found


def _nibble(key: Hash, depth: int) -> int:
    return key[depth >> 1] >> (0 if depth & 1 else _NIBBLE) & 15
