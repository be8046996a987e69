"""The prefix tree against a plain dictionary, and its proofs against everybody who would bend them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import pages, prefix
from ledger.seal.merkle import Hash, ProofError
from ledger.seal.prefix import EMPTY, Proof
from tests.trials import some, trials

hashes = st.binary(min_size=32, max_size=32)
# Keys that share long prefixes, as chance alone would not give them.
keys = st.one_of(
    hashes,
    st.integers(0, 255).map(lambda end: bytes(31) + bytes((end,))),
    st.tuples(st.integers(0, 7), st.integers(0, 31)).map(lambda way: (1 << way[0] + 8 * way[1]).to_bytes(32, "big")),
)
contents = st.dictionaries(keys, hashes, max_size=70)


class Kept:
    """Pages in memory."""

    def __init__(self) -> None:
        self.pages: dict[int, bytes] = {}
        self.root = EMPTY
        self.size = 0

    def fetch(self, numbers: Collection[int]) -> dict[int, bytes]:
        return {number: self.pages[number] for number in numbers if number in self.pages}

    def extend(self, events: dict[Hash, list[Hash]]) -> None:
        change = pages.extend(self.fetch, events)
        self.pages |= change.pages
        self.root, self.size = change.root, self.size + change.added


def kept(content: dict[Hash, Hash]) -> tuple[Kept, dict[Hash, Hash]]:
    """One event for each key; the pages, and the values."""
    made = Kept()
    made.extend({key: [event] for key, event in content.items()})
    return made, {key: prefix.chain([event]) for key, event in content.items()}


def plain(content: dict[Hash, Hash], depth: int = 0) -> Hash:
    """The definition, word for word."""
    if not content:
        return EMPTY
    if len(content) == 1:
        ((key, value),) = content.items()
        return sha256(b"\x02" + key + value).digest()
    sides = [
        {key: value for key, value in content.items() if int.from_bytes(key, "big") >> 255 - depth & 1 == side}
        for side in (0, 1)
    ]
    return sha256(b"\x03" + plain(sides[0], depth + 1) + plain(sides[1], depth + 1)).digest()


def holds(root: Hash, key: Hash, value: Hash | None, proof: Proof) -> bool:
    try:
        if value is None:
            prefix.verify_absence(root, key, proof)
        else:
            prefix.verify_membership(root, key, value, proof)
    except ProofError:
        return False
    return True


@given(contents)
def test_the_root_is_that_of_the_definition(content: dict[Hash, Hash]) -> None:
    assert prefix.root(content) == plain(content)


@given(contents, st.lists(keys, max_size=5))
def test_the_pages_on_the_ways_to_many_keys_are_asked_for_once(content: dict[Hash, Hash], others: list[Hash]) -> None:
    made, _values = kept(content)
    asked: list[int] = []
    questions: list[int] = []

    def fetch(numbers: Collection[int]) -> dict[int, bytes]:
        asked.extend(numbers)
        questions.append(len(numbers))
        return made.fetch(numbers)

    wanted = [*content, *others]
    found = pages.along(fetch, wanted)
    assert len(set(asked)) == len(asked)
    assert len(questions) <= 1 + pages.DEEPEST
    for key in wanted:
        beside: list[int] = []

        def rest(numbers: Collection[int], beside: list[int] = beside) -> dict[int, bytes]:
            beside += [number for number in numbers if number not in found]
            return made.fetch(numbers)

        assert pages.prove(rest, key) == pages.prove(made.fetch, key)
        assert len(beside) <= 1  # the one leaf of a neighbour, where the way ends beside it
        assert key not in content or not beside


@given(contents, st.lists(keys, max_size=5))
def test_every_key_is_proven_there_or_not_there_and_never_both(content: dict[Hash, Hash], others: list[Hash]) -> None:
    made, values = kept(content)
    assert (made.root, made.size) == (prefix.root(values), len(values))
    for key in (*content, *others):
        value, proof = pages.prove(made.fetch, key)
        assert value == values.get(key)
        assert holds(made.root, key, value, proof)
        assert prefix.decode(prefix.encode(proof)) == proof
        assert not holds(made.root, key, None if value is not None else bytes(32), proof)
        assert not holds(made.root, key, sha256(b"another value").digest(), proof)
        assert not holds(sha256(b"another root").digest(), key, value, proof)


@given(st.lists(st.tuples(keys, hashes), max_size=60), st.randoms(use_true_random=False), st.data())
def test_steps_of_any_size_and_order_end_in_the_same_pages(
    told: list[tuple[Hash, Hash]], chance: object, data: st.DataObject
) -> None:
    model: dict[Hash, Hash] = {}
    for key, event in told:
        model[key] = prefix.chain([event], model.get(key, EMPTY))
    made, rest = Kept(), told
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        events: dict[Hash, list[Hash]] = {}
        for key, event in rest[:cut]:
            events.setdefault(key, []).append(event)
        shuffled = list(events.items())
        chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
        made.extend(dict(shuffled))
        rest = rest[cut:]
    assert made.root == prefix.root(model) == plain(model)
    assert made.size == len(model)
    whole = Kept()
    whole.extend({key: [event for its, event in told if its == key] for key in model})
    assert whole.pages == made.pages or not told


@settings(max_examples=4)
@given(st.dictionaries(keys, hashes, min_size=2, max_size=12), hashes)
def test_a_proof_with_a_changed_byte_never_verifies(content: dict[Hash, Hash], other: Hash) -> None:
    made, _values = kept(content)
    for key in (next(iter(content)), other):
        value, proof = pages.prove(made.fetch, key)
        data = prefix.encode(proof)
        for at in some(range(len(data))):
            changed = data[:at] + bytes((data[at] ^ 1 << at // 4 % 8,)) + data[at + 1 :]
            try:
                read = prefix.decode(changed)
            except FormatError:
                continue
            assert not holds(made.root, key, value, read), at
            assert not holds(made.root, key, None, read), at


@given(st.binary(max_size=300))
def test_bytes_from_outside_give_a_proof_or_a_typed_error(data: bytes) -> None:
    try:
        proof = prefix.decode(data)
    except ProofError:
        return
    assert prefix.encode(proof) == data


@given(st.dictionaries(st.integers(0, 40), st.binary(max_size=1200), max_size=6), keys, hashes)
def test_pages_from_outside_give_an_answer_or_a_typed_error(stored: dict[int, bytes], key: Hash, event: Hash) -> None:
    def fetch(numbers: Collection[int]) -> dict[int, bytes]:
        return {number: stored[number] for number in numbers if number in stored}

    for ask in (
        lambda: pages.prove(fetch, key),
        lambda: pages.extend(fetch, {key: [event]}),
        lambda: pages.rewound(fetch, {key: event}),
        lambda: pages.rewound(fetch, {key: EMPTY}),
    ):
        try:
            ask()
        except ProofError:
            continue


@pytest.mark.parametrize("kind", [b"\x01", b"\x02", b"\x00"])
@pytest.mark.parametrize("count", [0, 1, 2, 255])
@pytest.mark.parametrize("leaves", [0, 1, 3])
def test_a_page_that_counts_wrongly_is_refused_or_read(kind: bytes, count: int, leaves: int) -> None:
    stored = {1: kind + (bytes((count,)) + bytes(32)) * 16 + bytes(range(64)) * leaves}

    def fetch(numbers: Collection[int]) -> dict[int, bytes]:
        return {number: stored[number] for number in numbers if number in stored}

    for ask in (
        lambda: pages.prove(fetch, bytes(32)),
        lambda: pages.extend(fetch, {bytes(32): [bytes(32)]}),
        lambda: pages.rewound(fetch, {bytes(32): EMPTY}),
    ):
        try:
            ask()
        except ProofError:
            continue


def test_pages_that_branch_for_ever_are_refused() -> None:
    asked: list[int] = []

    def fetch(numbers: Collection[int]) -> dict[int, bytes]:
        asked.extend(numbers)
        return dict.fromkeys(numbers, b"\x02" + (b"\x02" + bytes(32)) * 16)

    with pytest.raises(ProofError):
        pages.prove(fetch, bytes(32))
    with pytest.raises(ProofError):
        pages.extend(fetch, {bytes(32): [bytes(32)]})
    assert max(asked) < 2**63  # a database's integer


def test_keys_that_share_sixty_bits_make_one_page_longer() -> None:
    content = {bytes(8) + number.to_bytes(24, "big"): sha256(bytes((number,))).digest() for number in range(60)}
    made, values = kept(content)
    assert max(made.pages) == 1 << 4 * pages.DEEPEST
    assert made.root == prefix.root(values)
    for key, value in values.items():
        found, proof = pages.prove(made.fetch, key)
        assert found == value
        assert len(proof.siblings) > 200
        prefix.verify_membership(made.root, key, value, proof)
    made.extend({next(iter(content)): [bytes(32)]})
    assert made.size == len(content)


def test_nothing_can_be_left_out_of_a_subjects_events() -> None:
    events = [sha256(bytes((number,))).digest() for number in range(5)]
    made = Kept()
    made.extend({prefix.key_of("lot:A"): events, prefix.key_of("lot:B"): events[:2]})
    _value, proof = pages.prove(made.fetch, prefix.key_of("lot:A"))
    prefix.verify_events(made.root, "lot:A", events, proof)
    _value, absent = pages.prove(made.fetch, prefix.key_of("lot:C"))
    prefix.verify_events(made.root, "lot:C", [], absent)
    wrong = [events[:at] + events[at + 1 :] for at in range(5)]
    for shown in (*wrong, events[::-1], [*events, bytes(32)], [*events[:4], bytes(32)], []):
        with pytest.raises(ProofError):
            prefix.verify_events(made.root, "lot:A", shown, proof)
    for name, shown, its in (("lot:B", events, proof), ("lot:A", [], absent), ("lot:C", events, absent)):
        with pytest.raises(ProofError):
            prefix.verify_events(made.root, name, shown, its)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Proof((bytes(31),)),
        lambda: Proof((b"x" * 32,) * 257),
        lambda: Proof((EMPTY,)),
        lambda: Proof((), (bytes(32), bytes(31))),
        lambda: prefix.decode(b""),
        lambda: prefix.decode(b"\x02\x00\x00"),
        lambda: prefix.decode(b"\x00\x01\x01" + b"x" * 32 * 257),
        lambda: prefix.decode(b"\x00\x00\x01"),
        lambda: prefix.decode(b"\x01\x00\x00"),
        lambda: prefix.decode(bytes(prefix.MAX_BYTES + 1)),
        lambda: prefix.chain([b"short"]),
        lambda: prefix.verify_absence(EMPTY, b"short", Proof(())),
        lambda: prefix.verify_absence(b"short", bytes(32), Proof(())),
        lambda: prefix.verify_membership(EMPTY, bytes(32), b"short", Proof(())),
        lambda: prefix.verify_membership(EMPTY, bytes(32), bytes(32), Proof((), (bytes(32), bytes(32)))),
        lambda: prefix.verify_absence(EMPTY, bytes(32), Proof((), (bytes(32), bytes(32)))),
        lambda: prefix.verify_absence(EMPTY, bytes(32), Proof((b"x" * 32,), (b"\xff" * 32, bytes(32)))),
    ],
)
def test_malformed_parts_are_typed_errors(make: object) -> None:
    with pytest.raises(ProofError):
        make()  # type: ignore[operator]


def undone(before: dict[Hash, Hash], events: dict[Hash, Hash], bend: Callable[[Kept], None]) -> tuple[Hash, Hash]:
    """After further events, bent pages taken back and done again: the root then, and the root now."""
    made, values = kept(before)
    made.extend({key: [event] for key, event in events.items()})
    bend(made)
    change = pages.rewound(made.fetch, {key: values.get(key, EMPTY) for key in events})
    again = Kept()
    again.pages, again.root, again.size = dict(change.pages), change.root, made.size + change.added
    again.extend({key: [event] for key, event in events.items()})
    return change.root, again.root


@settings(max_examples=trials(300))
@given(contents, st.dictionaries(keys, hashes, min_size=1, max_size=20), st.integers(0, 20))
def test_what_was_added_is_taken_back_and_added_again(
    before: dict[Hash, Hash], events: dict[Hash, Hash], shared: int
) -> None:
    events = events | {key: before[key] for key in sorted(before)[:shared]}
    made, _values = kept(before)
    root = made.root
    made.extend({key: [event] for key, event in events.items()})
    assert undone(before, events, lambda _made: None) == (root, made.root)


@settings(max_examples=trials(500))
@given(st.data())
def test_bent_pages_that_lead_back_to_the_old_root_lead_on_to_the_new_one(data: st.DataObject) -> None:
    before = data.draw(contents)
    events = data.draw(st.dictionaries(keys, hashes, min_size=1, max_size=8))
    made, _values = kept(before)
    root = made.root
    made.extend({key: [event] for key, event in events.items()})

    def bend(kept: Kept) -> None:
        number = data.draw(st.sampled_from(sorted(kept.pages)))
        page = bytearray(kept.pages[number])
        # A count of a subtree as often as any byte: no hash covers the counts.
        at = data.draw(st.one_of(st.integers(0, len(page) - 1), st.integers(0, 15).map(lambda one: 1 + 33 * one)))
        page[min(at, len(page) - 1)] = data.draw(st.sampled_from((0, 1, 2, 3, 255)))
        kept.pages[number] = bytes(page)

    try:
        back, on = undone(before, events, bend)
    except ProofError:
        return
    if back == root:
        assert on == made.root


def branching(**cells: tuple[int, Hash]) -> bytes:
    """A page with these subtrees, by nibble."""
    return b"\x02" + b"".join(
        bytes((count,)) + digest for count, digest in (cells.get(f"{nibble:x}", (0, EMPTY)) for nibble in range(16))
    )


OLD, NEW = b"\x31" + bytes(31), b"\x01" + bytes(31)
"""Keys whose first bit is the same."""


def _beside(count: int, at: str, page: dict[int, bytes]) -> tuple[Hash, dict[int, bytes]]:
    """A map of the old key and the new one, said to hang at nibbles 0 and `at`."""
    leaf, new = prefix.leaf_hash(OLD, NEW), prefix.leaf_hash(NEW, prefix.chain([OLD]))
    stored = {1: branching(**{"0": (1, new), at: (count, leaf)}), 16: b"\x00" + NEW + prefix.chain([OLD])}
    return leaf, stored | page


@pytest.mark.parametrize(
    ("count", "at", "page"),
    [
        (1, "c", {}),  # on the other side of the root
        (1, "c", {28: b"\x00" + OLD + NEW}),
        (0, "f", {}),  # uncounted
        (2, "3", {}),
        (1, "3", {19: b"\x00"}),
        (0, "0", {16: b"\x00" + NEW + prefix.chain([OLD]) + OLD + NEW}),  # in the page of the new key
        (0, "0", {1: branching(**{"0": (1, OLD), "f": (1, EMPTY)})}),
    ],
)
def test_an_older_leaf_hung_elsewhere_is_refused_and_not_lost(count: int, at: str, page: dict[int, bytes]) -> None:
    root, stored = _beside(count, at, page)
    assert root == prefix.root({OLD: NEW})

    def fetch(numbers: Collection[int]) -> dict[int, bytes]:
        return {number: stored[number] for number in numbers if number in stored}

    try:
        change = pages.rewound(fetch, {NEW: EMPTY})
    except ProofError:
        return
    assert change.root != root  # else a map without the old key would pass for this one with the new


def test_a_subtree_is_no_lone_leaf() -> None:
    content = {bytes((16 * nibble,)) * 32: OLD for nibble in (8, 9, 10)}
    root = prefix.root(content)
    new = prefix.leaf_hash(NEW, prefix.chain([OLD]))
    stored = {1: branching(**{"0": (1, new), "8": (1, root)}), 16: b"\x00" + NEW + prefix.chain([OLD])}

    def fetch(numbers: Collection[int]) -> dict[int, bytes]:
        return {number: stored[number] for number in numbers if number in stored}

    with pytest.raises(ProofError, match="does not hold the leaf"):
        pages.rewound(fetch, {NEW: EMPTY})


def test_what_is_not_there_cannot_be_taken_back() -> None:
    made, _values = kept({bytes(32): bytes(32)})
    with pytest.raises(ProofError, match="lacks a key"):
        pages.rewound(made.fetch, {b"\x01" * 32: EMPTY})
    with pytest.raises(ProofError, match="missing"):
        pages.rewound(lambda _numbers: {}, {bytes(32): EMPTY})


def test_the_empty_map_has_nothing() -> None:
    assert prefix.root({}) == EMPTY
    value, proof = pages.prove(lambda _numbers: {}, bytes(32))
    assert (value, proof) == (None, Proof(()))
    prefix.verify_absence(EMPTY, bytes(32), proof)


def test_a_subject_without_utf8_is_a_typed_error() -> None:
    with pytest.raises(FormatError):
        prefix.key_of("lot:\ud800")


def test_pages_are_those_that_earlier_versions_stored() -> None:
    """A verification compares stored pages byte by byte: pages made otherwise would accuse every older ledger."""
    made = Kept()
    for start in range(0, 3_000, 500):
        names = (f"lot:{number}" for number in range(start, start + 700))
        made.extend({prefix.key_of(name): [sha256(name.encode()).digest()] * 2 for name in names})
    kinds = {page[:1] for page in made.pages.values()}
    assert (made.size, len(made.pages), kinds) == (3_200, 273, {b"\x00", b"\x01", b"\x02"})
    stored = b"".join(number.to_bytes(8, "big") + page for number, page in sorted(made.pages.items()))
    assert sha256(stored).hexdigest() == "161fc6729b61cbfc8701fe595eb7d0c0609665ab23bda3acee06fb9f754d81b1"
