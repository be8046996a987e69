"""EPCIS from anybody: whatever the bytes are, they are read or refused with a reason, in bounded time and memory."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BatchError, FormatError, InputError
from ledger.exchange.epcis import document
from ledger.exchange.faults import LIMIT
from tests.exchange.epcis import LOT, MAPPING, OBJECT, OTHER, THING, TRANSFORM, VECTORS, amount, faults, read, written

MADE = {**OBJECT, "action": "ADD", "quantityList": [amount()]}
WHOLE = written(MADE)
AT = WHOLE.index(b'"quantity": 5') + len(b'"quantity": ')


def number(text: bytes) -> bytes:
    return WHOLE[:AT] + text + WHOLE[AT + 1 :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (WHOLE[:-30], "not JSON"),
        (WHOLE + b"x", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"5", "not a JSON object"),
        (b"{}", "`type` is 'None'"),
        (b'{"type": 5}', "`type` is '5'"),
        (b'{"type": ["ObjectEvent"]}', "`type` is"),
        (b'{"type": {"a": "ObjectEvent"}}', "`type` is"),
        (b'{"type": "NoEvent"}', "`type` is 'NoEvent'"),
        (WHOLE.decode().encode("utf-16"), "not UTF-8"),
        (WHOLE.replace(b"KGM", b"K\xffM"), "not UTF-8"),
        (WHOLE.replace(b"KGM", b"\xed\xa0\x80"), "not UTF-8"),
        (WHOLE.replace(b"KGM", b"\\ud800"), "half of a surrogate pair"),
        (WHOLE.replace(b'"action"', b'"\\udfff"'), "half of a surrogate pair"),
        (WHOLE.replace(b'"action"', b'"action": "ADD", "action"'), "stands twice"),
        (number(b"NaN"), "NaN is no number"),
        (number(b"Infinity"), "Infinity is no number"),
        (number(b"-Infinity"), "no number"),
        (number(b"9" * 65), "64 are the most"),
        (number(b"9" * 5000), "64 are the most"),
        (number(b"1." + b"9" * 65), "at most 64 characters"),
        (number(b"1e999999999"), "beyond what anything weighs"),
        (number(b"1E-100000000000000000000"), "beyond what anything weighs"),
        (number(b"[" * 100_000 + b"]" * 100_000), "nested"),
        (number(b"[" * 70 + b"]" * 70), "nested deeper than 64"),
        (number(b'{"a":' * 50_000 + b"1" + b"}" * 50_000), "nested"),
    ],
)
def test_bytes_that_are_no_document_are_refused_as_a_whole(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=None) as caught:
        read(data)
    assert words in str(caught.value)
    assert str(caught.value).startswith("e.json")
    assert len(str(caught.value)) < 250


def test_a_byte_order_mark_is_no_content() -> None:
    assert read(b"\xef\xbb\xbf" + WHOLE).drafts == read(WHOLE).drafts


def test_large_and_small_numbers_are_named() -> None:
    for text in (b"9" * 64, b"1e99", b"-1e-99", b"-5"):
        (error,) = read(number(text)).errors
        assert (error.line, error.field) == (1, "quantity")


@pytest.mark.parametrize("body", [None, 5, "x", [], {}, {"eventList": None}, {"eventList": {}}, {"eventList": [5, {}]}])
def test_a_body_of_another_shape_is_refused(body: Any) -> None:
    with pytest.raises(InputError, match="epcisBody"):
        read(written(epcisBody=body))


@pytest.mark.parametrize(
    "body",
    [{"queryResults": 5}, {"queryResults": {"resultsBody": 5}}, {"queryResults": {"resultsBody": {"eventList": 5}}}],
)
def test_query_results_of_another_shape_are_refused(body: Any) -> None:
    with pytest.raises(InputError, match="epcisBody"):
        read(written(type="EPCISQueryDocument", epcisBody=body))


def test_the_bounds_on_bytes_and_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_ROWS", 1)
    with pytest.raises(FormatError, match="2 events; 1 are the most"):
        read(written(MADE, MADE))
    monkeypatch.setattr(document, "MAX_BYTES", 10)
    with pytest.raises(FormatError, match="10 are the most"):
        read(WHOLE)


def test_a_document_that_is_wrong_throughout_is_not_read_to_its_end() -> None:
    with pytest.raises(BatchError) as caught:
        read(written(*[{}] * (LIMIT + 500)))
    assert len(caught.value.errors) == LIMIT + 1


def test_reading_says_how_far_it_is() -> None:
    from ledger.exchange import sources

    told: list[tuple[int, int]] = []
    data = written(*[{**OBJECT, "epcList": [THING]}] * 2500)
    sources.read(data, "e.json", "epcis", progress=lambda done, whole: told.append((done, whole)))
    assert told == [(1024, 2500), (2048, 2500)]


ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "x",
        "urn:x:y",
        "2026-02-30T00:00:00Z",
        "+99:99",
        [],
        [None],
        [[]],
        {},
        {"id": 5},
        {"a": {"b": []}},
    ]
)
EVENTS: list[dict[str, Any]] = [
    MADE,
    {
        **TRANSFORM,
        "transformationID": "urn:x:t",
        "inputQuantityList": [amount()],
        "outputQuantityList": [amount(OTHER)],
    },
    {**TRANSFORM, "transformationID": "urn:x:t", "inputEPCList": [THING], "outputEPCList": [THING]},
    {
        **OBJECT,
        "bizStep": "shipping",
        "epcList": [THING],
        "destinationList": [{"type": "location", "destination": LOT}],
    },
    {
        **MADE,
        "eventID": "urn:x:y",
        "errorDeclaration": {"declarationTime": "2026-01-01T00:00:00Z", "correctiveEventIDs": ["urn:x:z"]},
    },
    {
        **OBJECT,
        "monazite:event": {"type": "dispose", "lots": [{"lot": LOT}], "at": "2026-01-01T00:00:00Z"},
        "epcList": [THING],
    },
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4), st.data())
def test_a_value_of_another_type_anywhere_is_read_or_refused_by_event(
    events: list[dict[str, Any]], data: st.DataObject
) -> None:
    changed = copy.deepcopy(json.loads(written(*events)))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from([place for place in places(changed) if place]))
        target = changed
        for step in path:
            target = target[step]
        target[last] = copy.deepcopy(data.draw(ODD))
    try:
        found = read(json.dumps(changed).encode())
    except InputError:
        return
    numbers = set(found.rows)
    assert {draft.line for draft in found.drafts} <= numbers
    assert {error.line for error in found.errors} <= numbers
    assert not {draft.line for draft in found.drafts} & {error.line for error in found.errors}


def assert_answered(data: bytes) -> None:
    """Events and errors of some number, or one refusal that names the file."""
    try:
        found = read(data)
    except InputError as error:
        refused = str(error)
    else:
        assert len(found.drafts) + len(found.errors) + len(found.notes) > 0 or not found.rows
        return
    assert "e.json" in refused


@given(st.binary(max_size=300), st.sampled_from([b"", WHOLE[:200], WHOLE]))
def test_any_bytes_are_read_or_refused(data: bytes, start: bytes) -> None:
    assert_answered(start + data)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_any_byte_changed_is_read_or_refused(place: int, byte: int) -> None:
    assert_answered(WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :])


def test_a_document_of_ours_that_somebody_changed_is_refused() -> None:
    event = {**OBJECT, "action": "DELETE", "bizStep": "decommissioning", "quantityList": [{"epcClass": LOT}]}
    own = {
        "type": "dispose",
        "actor": "kuantan",
        "site": "gebeng",
        "at": "2026-11-10T00:30:00Z",
        "lots": [{"lot": LOT}],
    }
    assert faults({**event, "monazite:event": own})[0][1] == "eventTimeZoneOffset"
    for wrong in (
        None,
        5,
        [],
        {},
        {"type": "open"},
        {"type": "ship"},
        {"type": "retract"},
        {"type": "enrol", "at": "x"},
    ):
        (fault,) = faults({**event, "monazite:event": wrong})
        assert fault[0] == 1
        assert fault[1] in ("monazite:event", "errorDeclaration")


def test_vectors_cut_anywhere_are_refused() -> None:
    data = (VECTORS / "Documents" / "Combination_of_different_event.json").read_bytes()
    for end in range(0, len(data.rstrip()) - 1, 997):
        with pytest.raises(FormatError):
            read(data[:end], MAPPING)
