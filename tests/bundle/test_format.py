"""The parser and what stands behind it: nothing but a FormatError or findings, whatever the bytes; and no byte without meaning."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.bundles.loose import spelled
from fixtures.bundles.recipes import GOOD, Recipe
from ledger.bundle import format as bundles
from ledger.bundle.format import MAX_BYTES, parse
from ledger.bundle.verify import found_vkey, verify
from ledger.errors import FormatError

ORE = GOOD["ore"].make()
SMALL: dict[str, Any] = json.loads(ORE)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def noticed(data: bytes, recipe: Recipe) -> bool:
    try:
        bundle = parse(data)
    except FormatError:
        return True
    return verify(bundle, recipe.trust).verdict.verdict == "findings"


def flipped(data: bytes, place: int, bits: int) -> bytes:
    return data[:place] + bytes((data[place] ^ bits,)) + data[place + 1 :]


@pytest.mark.parametrize("name", ["ore", "oxide-with-evidence", "oxide-cosigned"])
def test_a_flipped_byte_is_noticed(name: str) -> None:
    data = GOOD[name].make()
    draw = random.Random(7)  # noqa: S311  (a sample, not a secret)
    for _ in range(120):
        place, bits = draw.randrange(len(data)), draw.choice((1, 2, 4, 8, 16, 32, 64, 128))
        assert noticed(flipped(data, place, bits), GOOD[name]), (place, bits)


@pytest.mark.deep
@pytest.mark.parametrize("bits", [1, 32])
@pytest.mark.parametrize("name", ["ore", "oxide-with-evidence", "oxide-cosigned"])
def test_every_flipped_byte_is_noticed(name: str, bits: int) -> None:
    data = GOOD[name].make()
    assert [place for place in range(len(data)) if not noticed(flipped(data, place, bits), GOOD[name])] == []


@pytest.mark.deep
def test_every_cut_and_every_doubled_byte_is_noticed() -> None:
    assert [size for size in range(len(ORE)) if not noticed(ORE[:size], GOOD["ore"])] == []
    assert [at for at in range(len(ORE)) if not noticed(ORE[:at] + ORE[at : at + 1] + ORE[at:], GOOD["ore"])] == []


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse(data)


@given(st.data())
def test_any_value_in_any_place_gives_findings_or_a_format_error(data: st.DataObject) -> None:
    """One value somewhere in a bundle is replaced by any other: it is noticed, and never by a traceback."""
    members = json.loads(ORE)
    at: Any = members
    while True:
        key = data.draw(st.sampled_from(sorted(at)) if isinstance(at, dict) else st.integers(0, len(at) - 1))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    before, at[key] = at[key], data.draw(ANYTHING | st.sampled_from([1, 2**53, "", "a" * 70, [], {}]))
    try:
        text = spelled(members)
    except (UnicodeEncodeError, ValueError, OverflowError):
        return
    assert noticed(text, GOOD["ore"]) or (type(at[key]) is type(before) and at[key] == before)


@given(st.lists(st.integers(0, 2**20), max_size=70))
def test_any_path_is_noticed(path: list[int]) -> None:
    members = json.loads(ORE)
    before = members["entries"][1]["inclusion"]
    members["entries"][1]["inclusion"] = path
    assert noticed(spelled(members), GOOD["ore"]) or path == before


def test_what_is_too_large_is_not_even_read() -> None:
    with pytest.raises(FormatError, match="more than"):
        parse(b" " * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("member", "most"),
    [("nodes", bundles.MAX_NODES), ("entries", bundles.MAX_ENTRIES), ("evidence", bundles.MAX_EVIDENCE)],
)
def test_counts_are_bounded_before_anything_is_hashed(member: str, most: int) -> None:
    value = SMALL[member][0] if SMALL[member] else {"bytes": "", "name": "x", "sha256": "0" * 64}
    data = spelled({**SMALL, member: [value] * (most + 1)}) if len(json.dumps(value)) * most < MAX_BYTES else None
    if data is None:
        data = b'{"checkpoint":"x","entries":[' + b",".join([b"{}"] * (most + 1)) + b"]}"
    with pytest.raises(FormatError):
        parse(data)


def test_an_error_names_the_member() -> None:
    data = spelled({**SMALL, "entries": [{**SMALL["entries"][0], "index": -1}]})
    with pytest.raises(FormatError) as caught:
        parse(data, "x.monazite")
    assert str(caught.value).startswith("x.monazite, entries[0].index: ")


def test_the_vkey_found_is_the_one_of_entry_0() -> None:
    assert found_vkey(parse(ORE)) == str(GOOD["ore"].trust.logs[0].vkey)
