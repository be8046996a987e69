from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.errors import FormatError
from ledger.model.events import EVENT_TYPES
from ledger.model.quantity import MAX_INTEGER
from ledger.seal import canonical
from tests import strategies as say
from tests.trials import trials

VECTORS = Path(__file__).parents[2] / "fixtures/vectors/jcs"
ACCEPTED = {"structures", "unicode"}

values = st.recursive(
    st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="ascii"), max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


def spelled(members: dict[str, Any]) -> bytes:
    """JSON in canonical order and spacing, whatever the members say."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


EXTRACT: dict[str, Any] = {
    "v": 1,
    "type": "extract",
    "ledger": "ledger.example",
    "actor": "mine",
    "site": "pit",
    "at": "2026-03-01T08:30:00+08:00",
    "outputs": [{"lot": "L1", "form": "ore", "mass": {"mg": 5}}],
}


def test_there_is_a_strategy_for_every_type_of_event() -> None:
    assert set(say.TYPES) == set(EVENT_TYPES)


@pytest.mark.parametrize("kind", say.TYPES)
def test_an_event_comes_back_from_its_bytes(kind: str) -> None:
    @given(say.events_of(kind))
    @settings(max_examples=trials(20))
    def check(event: Any) -> None:
        data = canonical.encode_event(event)
        assert canonical.decode_event(data) == event
        assert canonical.encode_event(canonical.decode_event(data)) == data
        assert type(event) is EVENT_TYPES[kind]
        assert data == rfc8785.dumps(json.loads(data))
        assert canonical.decode(data) == json.loads(data)

    check()


@given(values)
@settings(max_examples=trials(200))
def test_restricted_values_are_spelled_as_rfc8785_spells_them(value: Any) -> None:
    data = canonical.encode(value)
    assert data == rfc8785.dumps(value)
    assert canonical.decode(data) == value


@pytest.mark.parametrize("name", sorted(path.stem for path in (VECTORS / "input").iterdir()))
def test_published_jcs_vectors(name: str) -> None:
    given_value = json.loads((VECTORS / "input" / f"{name}.json").read_bytes())
    wanted = bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text())
    if name in ACCEPTED:
        whole = json.loads(wanted)  # the input writes 56 as 56.0
        assert whole == given_value
        assert canonical.encode(whole) == wanted
        assert canonical.decode(wanted) == given_value
        assert wanted == (VECTORS / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
    else:
        with pytest.raises(FormatError):
            canonical.encode(given_value)
        with pytest.raises(FormatError):
            canonical.decode(wanted)


@given(st.binary(max_size=60) | st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=trials(200))
def test_arbitrary_bytes_are_no_event_and_seldom_a_value(data: bytes) -> None:
    with pytest.raises(FormatError):
        canonical.decode_event(data)
    try:
        value = canonical.decode(data)
    except FormatError:
        return
    assert canonical.encode(value) == data


@given(say.events().flatmap(lambda event: say.spoiled(canonical.encode_event(event))))
@settings(max_examples=trials(150))
def test_spoiled_events_are_refused_or_mean_their_own_bytes(data: bytes) -> None:
    try:
        event = canonical.decode_event(data)
    except FormatError:
        pass
    else:
        assert canonical.encode_event(event) == data
    try:
        value = canonical.decode(data)
    except FormatError:
        return
    assert canonical.encode(value) == data


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        None,
        float("nan"),
        [None],
        {"a": 1.5},
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        {"ä": 1},
        {1: 2},
        (1, 2),
        b"bytes",
        "\ud800",
        {"a": "\udfff"},
    ],
    ids=repr,
)
def test_what_the_restricted_form_cannot_say(value: Any) -> None:
    with pytest.raises(FormatError):
        canonical.encode(value)


def test_an_integer_too_long_to_print_is_refused() -> None:
    with pytest.raises(FormatError):
        canonical.encode(10**5000)


def test_the_largest_integers_stand() -> None:
    assert canonical.encode([MAX_INTEGER, -MAX_INTEGER, True, 0]) == b"[9007199254740991,-9007199254740991,true,0]"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_ends_at_a_stated_depth() -> None:
    deepest = canonical.MAX_DEPTH
    assert canonical.decode(canonical.encode(nested(deepest))) == nested(deepest)
    with pytest.raises(FormatError, match="nested deeper"):
        canonical.encode(nested(deepest + 1))
    for depth in (deepest + 1, 100_000):
        with pytest.raises(FormatError):
            canonical.decode(b"[" * depth + b"1" + b"]" * depth)
        with pytest.raises(FormatError):
            canonical.decode_event(b'{"evidence":' * depth)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{} ",
        b"\n{}",
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\xff"',
        b'"\\ud800"',
        b'"\\ud83d"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"null",
        b"NaN",
        b"9007199254740992",
        b"1" * 5000,
        b"true false",
        "\u00fc".encode("latin-1"),
        "{}".encode("utf-16"),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        canonical.decode(data)


def test_the_plainest_event_is_accepted() -> None:
    assert canonical.encode_event(canonical.decode_event(spelled(EXTRACT))) == spelled(EXTRACT)


@pytest.mark.parametrize("kind", say.TYPES)
def test_an_optional_array_that_is_empty_is_left_out(kind: str) -> None:
    event_type = EVENT_TYPES[kind]
    empties = [name for name, default in zip_defaults(event_type) if default == ()]
    assert "evidence" in empties

    @given(say.events_of(kind))
    @settings(max_examples=2)
    def check(event: Any) -> None:
        members = json.loads(canonical.encode_event(event))
        for name in empties:
            with pytest.raises(FormatError):
                canonical.decode_event(spelled({**members, name: []}))

    check()


def zip_defaults(event_type: Any) -> list[tuple[str, Any]]:
    names, defaults = event_type.__struct_encode_fields__, event_type.__struct_defaults__
    # keyword-only structs have a default, or msgspec's mark for none, for each member
    return list(zip(names[-len(defaults) :], defaults, strict=True))


@pytest.mark.parametrize("name", ["note", "ref", "evidence", "deposit", "country"])
def test_null_is_not_absent(name: str) -> None:
    with pytest.raises(FormatError):
        canonical.decode_event(spelled({**EXTRACT, name: None}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, None),
        ({"type": "extracted"}, "type"),
        ({"v": 2}, "v"),
        ({"v": True}, "v"),
        ({"v": "1"}, "v"),
        ({"outputs": []}, "outputs"),
        ({"outputs": [{"lot": "L1", "form": "ore", "mass": {"mg": 5.5}}]}, "outputs[0].mass.mg"),
        ({"outputs": [{"lot": "L1", "form": "ore", "mass": {"mg": -1}}]}, "outputs[0].mass.mg"),
        ({"outputs": [{"lot": "L1", "form": "ore", "mass": {"mg": 2**53}}]}, "outputs[0].mass.mg"),
        ({"outputs": [{"lot": "L1", "form": "ore", "mass": {"mg": 5, "unit": "mg"}}]}, "outputs[0].mass"),
        ({"outputs": [{"lot": "L1", "form": "Ore", "mass": {"mg": 5}}]}, "outputs[0].form"),
        ({"outputs": EXTRACT["outputs"] * 2}, None),
        ({"site": "Pit"}, "site"),
    ],
)
def test_an_event_that_says_it_wrongly_is_refused_with_its_place(change: dict[str, Any], field: str | None) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.decode_event(spelled({**EXTRACT, **change}))
    assert caught.value.field == field


def test_a_member_that_is_missing_is_refused() -> None:
    for name in EXTRACT:
        with pytest.raises(FormatError):
            canonical.decode_event(spelled({key: value for key, value in EXTRACT.items() if key != name}))


def test_a_repeated_member_is_refused() -> None:
    data = spelled(EXTRACT)
    for doubled in (data.replace(b'"v":1', b'"v":1,"v":1'), data.replace(b'"mg":5', b'"mg":4,"mg":5')):
        with pytest.raises(FormatError, match="canonical"):
            canonical.decode_event(doubled)
    composed = {**EXTRACT, "outputs": [{**EXTRACT["outputs"][0], "composition": {"Nd": {"ppb": 1}}}]}
    assert canonical.decode_event(spelled(composed))
    with pytest.raises(FormatError, match="canonical"):
        canonical.decode_event(spelled(composed).replace(b'"Nd":{"ppb":1}', b'"Nd":{"ppb":2},"Nd":{"ppb":1}'))


def test_the_largest_event_is_bounded_both_ways() -> None:
    outputs = [{"lot": f"{n:0128}", "form": "o" * 40, "mass": {"mg": n, "u_mg": n}} for n in range(1000)]
    for output in outputs:
        output["composition"] = {f"X{n:022}": {"ppb": n, "u_ppb": n} for n in range(20)}
    data = spelled({**EXTRACT, "outputs": outputs})
    assert len(data) > canonical.MAX_EVENT_BYTES
    with pytest.raises(FormatError, match="is the most"):
        canonical.decode_event(data)
    whole = canonical.decode_event(spelled({**EXTRACT, "outputs": outputs[:500]}))
    others = (replace(made, lot=f"other{made.lot[5:]}") for made in whole.outputs_made)
    with pytest.raises(FormatError, match="is the most"):
        canonical.encode_event(replace(whole, outputs=(*whole.outputs_made, *others)))


def test_an_event_with_a_lone_surrogate_has_no_bytes() -> None:
    with pytest.raises(FormatError, match="surrogate"):
        canonical.encode_event(replace(canonical.decode_event(spelled(EXTRACT)), note="\ud800"))


def test_the_hash_of_an_event_is_its_leaf_hash() -> None:
    # SHA-256(0x00), RFC 6962 2.1: the leaf hash of no bytes
    assert canonical.event_hash(b"") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
