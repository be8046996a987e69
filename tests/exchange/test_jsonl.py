"""Events from JSON Lines: what JSON allows and an event does not, each with its line and member."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.errors import BatchError, FormatError, InputError, UsageError
from ledger.exchange import jsonl, sources
from ledger.exchange.draft import Draft, check
from ledger.exchange.jsonl import read_events
from ledger.exchange.mapping import Mapping
from tests.exchange.sheets import ALL, DRAW, MAKE, drafts

COMMON = {"actor": "lynas", "site": "mt-weld", "at": "2026-03-01T08:30:00+08:00"}
EXTRACT: dict[str, Any] = {
    "type": "extract",
    **COMMON,
    "outputs": [{"lot": "ORE-1", "form": "ore", "mass": {"mg": 5}}],
}
SHIP: dict[str, Any] = {"type": "ship", **COMMON, "to": "gebeng", "lots": [{"lot": "ORE-1"}]}
ASSAY: dict[str, Any] = {"type": "assay", **COMMON, "lot": "ORE-1", "composition": {"Nd": {"ppb": 5}}}
RETRACT: dict[str, Any] = {"type": "retract", **COMMON, "target": "E1", "reason": "wrong"}
TRANSFORM: dict[str, Any] = {**EXTRACT, "type": "transform", "stage": "split", "inputs": [{"lot": "L"}]}
ENROL: dict[str, Any] = {
    "type": "enrol",
    **COMMON,
    "party": "x",
    "name": "X",
    "country": "AU",
    "roles": ["miner"],
}


def line_of(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def faults(data: bytes) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(BatchError) as caught:
        read_events(data, "e.jsonl")
    assert {error.file for error in caught.value.errors} == {"e.jsonl"}
    return [(error.line, error.field, error.message) for error in caught.value.errors]


def test_events_lines_and_blank_lines() -> None:
    data = b"\xef\xbb\xbf\n" + line_of(EXTRACT) + b"\r\n \t\r\n" + line_of({**SHIP, "v": 1}) + b"\n" + line_of(ENROL)
    found = read_events(data, "e.jsonl")
    assert [(draft.line, draft.file) for draft in found] == [(2, "e.jsonl"), (4, "e.jsonl"), (5, "e.jsonl")]
    assert [draft.members for draft in found] == [EXTRACT, SHIP, ENROL]
    assert read_events(b"", "e.jsonl") == read_events(b"\xef\xbb\xbf\r\n\n", "e.jsonl") == []


def test_what_a_table_says_json_lines_can_say() -> None:
    found = [*drafts(DRAW, MAKE), *(draft for row in ALL if row is not DRAW for draft in drafts(row))]
    for draft in found:
        assert read_events(line_of(draft.members), "e.jsonl")[0].members == draft.members


def test_events_are_put_in_order() -> None:
    data = line_of(SHIP) + b"\n" + line_of({**EXTRACT, "at": "2026-03-02T00:00:00Z"})
    assert [draft.line for draft in read_events(data, "e.jsonl")] == [2, 1]


@pytest.mark.parametrize(
    ("event", "field", "words"),
    [
        ({**EXTRACT, "v": 2}, "v", "this is version 1"),
        ({**EXTRACT, "v": True}, "v", "this is version 1"),
        ({**EXTRACT, "v": "1"}, "v", "this is version 1"),
        ({**EXTRACT, "ledger": "x"}, "ledger", "leave it out"),
        ({**ASSAY, "prev": "0" * 64}, "prev", "leave it out"),
        ({**SHIP, "lots": [{"lot": "L", "prev": "0" * 64}]}, "lots[0].prev", "leave it out"),
        ({**TRANSFORM, "inputs": [{"lot": "L"}, {"lot": "M", "prev": 1}]}, "inputs[1].prev", "leave it out"),
        ({**RETRACT, "lots": []}, "lots", "follow from its target"),
        ({**RETRACT, "target": "a\u200bb"}, "target", "hash of an event, or a ref"),
        ({**RETRACT, "target": 5}, "target", "Expected `str`"),
        ({name: value for name, value in RETRACT.items() if name != "target"}, "target", "which event is void"),
        ({**EXTRACT, "type": "open"}, "type", "`monazite init`"),
        ({**EXTRACT, "type": "mine"}, "type", "mine"),
        ({**EXTRACT, "type": 5}, "type", ""),
        ({**EXTRACT, "type": []}, "type", ""),
        (COMMON, "type", "missing"),
        ({**EXTRACT, "colour": "red"}, "colour", "unknown"),
        ({**EXTRACT, "outputs": []}, "outputs", "length"),
        ({**EXTRACT, "outputs": {}}, "outputs", "array"),
        ({**SHIP, "lots": [5]}, "lots[0]", "object"),
        ({**SHIP, "lots": 5}, "lots", "array"),
        ({**EXTRACT, "actor": "A B"}, "actor", "expected an id: 1 to 64"),
        ({**EXTRACT, "at": "2026-03-01T08:30:00"}, "at", "RFC 3339"),
        ({**EXTRACT, "outputs": [{"lot": "L", "form": "ore", "mass": {"mg": "5"}}]}, "outputs[0].mass.mg", "int"),
        ({**EXTRACT, "outputs": [{"lot": " L", "form": "ore", "mass": {"mg": 5}}]}, "outputs[0].lot", "no space"),
        ({**EXTRACT, "outputs": [{"lot": "L", "form": "ore", "mass": {}}]}, "outputs[0].mass.mg", "missing"),
        ({**EXTRACT, "outputs": [{"lot": "L", "form": "ore"}]}, "outputs[0].mass", "missing"),
        ({name: value for name, value in EXTRACT.items() if name != "site"}, "site", "is required"),
        ({**ENROL, "roles": ["trader", "miner"]}, "roles", "sorted"),
        ({**EXTRACT, "note": "x" * 5000}, "note", "text"),
    ],
)
def test_what_is_no_event_is_named(event: dict[str, Any], field: str | None, words: str) -> None:
    ((line, found, message),) = faults(b"\n" + line_of(event))
    assert (line, found) == (2, field)
    assert words in message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not JSON: "),
        (b"[]", "every line is one event"),
        (b"5", "every line is one event"),
        (b"null", "every line is one event"),
        (b'"x"', "every line is one event"),
        (b"\x0b", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": "\x01"}', "not JSON"),
        (b'{"a": 1, "a": 1}', "stands twice"),
        (b'{"b": [{"a": 1, "\\u0061": 2}]}', "stands twice"),
        (b'{"a": 1.0}', "not an integer"),
        (b'{"a": 1e3}', "not an integer"),
        (b'{"a": -0.0}', "not an integer"),
        (b'{"a": NaN}', "not an integer"),
        (b'{"a": -Infinity}', "not an integer"),
        (b'{"a": null}', "no null"),
        (b'{"a": 9007199254740992}', "beyond 2^53 - 1"),
        (b'{"a": ' + b"9" * 5000 + b"}", "an integer of 5000 characters"),
        (b'{"\xc3\xa9": 1}', "not ASCII"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\ud800": 1}', "not ASCII"),
        (b'{"a": "\xff"}', "byte 0xff is not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a": ' * 40 + b"1" + b"}" * 40, "nested deeper than 32"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper than 32"),
        (b'{"a": "' + b"x" * (1 << 20) + b'"}', "1048576 are the most"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        ('{"a": 1}'.encode("utf-16-le"), "not JSON"),
    ],
)
def test_what_is_no_json_of_ours_is_named(line: bytes, words: str) -> None:
    errors = faults(line_of(EXTRACT) + b"\r\n" + line + b"\n")
    assert [number for number, _, _ in errors] == [2]
    assert words in errors[0][2]
    assert len(errors[0][2]) < 200


def test_a_surrogate_pair_is_a_character() -> None:
    (draft,) = read_events(line_of(EXTRACT)[:-1] + b', "note": "\\ud83d\\ude00"}', "e.jsonl")
    assert draft.members["note"] == "\U0001f600"


def test_a_draft_of_any_source_is_checked_for_lone_surrogates() -> None:
    with pytest.raises(InputError, match="surrogate|expected text") as caught:
        check(Draft({**EXTRACT, "note": "\ud800"}))
    assert (caught.value.file, caught.value.line) == (None, None)


def test_all_errors_of_a_file_are_told() -> None:
    lines = [b"{", line_of(EXTRACT), line_of({**EXTRACT, "v": 3}), b"", line_of(COMMON)]
    assert [number for number, _, _ in faults(b"\n".join(lines))] == [1, 3, 5]


def test_bounds_on_size_and_events(monkeypatch: pytest.MonkeyPatch) -> None:
    data = line_of(EXTRACT) + b"\n" + line_of(ENROL)
    monkeypatch.setattr(jsonl, "MAX_ROWS", 1)
    with pytest.raises(FormatError, match="more than 1 events") as caught:
        read_events(data, "e.jsonl")
    assert caught.value.line == 2
    monkeypatch.setattr(jsonl, "MAX_BYTES", 10)
    with pytest.raises(FormatError, match="10 are the most"):
        read_events(data, "e.jsonl")


def test_what_does_not_apply_to_lines_is_refused_and_not_passed_over() -> None:
    with pytest.raises(UsageError, match="a mapping is for tables and EPCIS"):
        sources.read(b"{}", "e.jsonl", "jsonl", mapping=Mapping(name="m", version="1"))
    with pytest.raises(UsageError, match="it has no sheets"):
        sources.read(b"a,b\n", "e.csv", "csv", sheet="Events")
