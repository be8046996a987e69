"""Order: files that are in order stay as they are, others are sorted along their lots, and what cannot be is named."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import InputError
from ledger.exchange.csv import read_events
from ledger.exchange.draft import Draft
from ledger.exchange.order import arrange
from tests.exchange.sheets import DRAW, EXTRACT, FILE, MAKE, RECEIVE, RETRACT, SHIP, drafts, written


def at(hour: int) -> str:
    return f"2026-03-01T{hour:02}:00:00Z"


def event(ref: str, hour: int, kind: str = "transform", *, made: str = "", used: str = "", **more: Any) -> Draft:
    """A draft as far as its order goes; `made` and `used` are lots separated by spaces."""
    lots = "inputs" if kind == "transform" else "lots"
    sides = {"outputs": made, lots: used}
    items = {name: [{"lot": lot} for lot in text.split()] for name, text in sides.items() if text}
    return Draft({"type": kind, "ref": ref, "actor": "x", "at": at(hour), **items, **more}, FILE, int(ref, 36))


def order(*events: Draft) -> str:
    return "".join(draft.members["ref"] for draft in arrange(events))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # In order by lots: kept, whatever the times say.
        ([event("a", 9, made="L"), event("b", 1, used="L"), event("c", 0, made="M")], "abc"),
        # A lot that the file does not create may be used at once.
        ([event("a", 9, used="OLD"), event("b", 1, used="OLD")], "ab"),
        # Used above its creation.
        ([event("a", 1, used="L"), event("b", 9, made="L")], "ba"),
        # Stable elsewhere: what has no part in it keeps its place.
        ([event("a", 5, used="L"), event("b", 9, made="M"), event("c", 1, made="L"), event("d", 0, made="N")], "bcad"),
        # Once sorted, along each lot by time, ties by the file.
        (
            [event("a", 3, used="L"), event("b", 2, used="L"), event("c", 2, used="L"), event("d", 1, made="L")],
            "dbca",
        ),
        # A chain of three, upside down.
        ([event("a", 3, made="N", used="M"), event("b", 2, made="M", used="L"), event("c", 1, made="L")], "cba"),
        # Received above its shipment.
        ([event("a", 2, "receive", used="L"), event("b", 1, "ship", used="L")], "ba"),
        # Received, shipped on and received again; the first shipment is in the ledger already.
        (
            [event("a", 1, "receive", used="L"), event("b", 2, "ship", used="L"), event("c", 3, "receive", used="L")],
            "abc",
        ),
        # A receipt alone needs nothing of the file.
        ([event("a", 2, "receive", used="L"), event("b", 1, "ship", used="M")], "ab"),
        # An assay and an attestation use their lots too.
        ([event("a", 3, "assay", lot="L"), event("b", 2, "attest", used="L"), event("c", 1, made="L")], "cba"),
        # A retraction comes after its target, found by ref and actor.
        ([event("a", 2, "retract", target="b"), event("b", 1, made="L")], "ba"),
        ([event("a", 2, "retract", target="zz"), event("b", 1, made="L")], "ab"),
        ([event("a", 2, "retract", target="a"), event("b", 1, made="L")], "ab"),
        # It stands on its target's lots by time, so before later uses of them.
        ([event("a", 3, used="L"), event("b", 2, "retract", target="c"), event("c", 1, made="L")], "cba"),
        # A lot created twice is for the rules to judge.
        ([event("a", 1, made="L"), event("b", 2, made="L"), event("c", 3, used="L")], "abc"),
        ([event("a", 3, used="L"), event("b", 1, made="L"), event("c", 2, made="L")], "bca"),
        ([], ""),
    ],
)
def test_order(events: list[Draft], expected: str) -> None:
    assert order(*events) == expected


def test_times_are_compared_as_moments() -> None:
    early = event("b", 0, used="L", at="2026-03-01T09:00:00+09:00")
    late = event("a", 0, used="L", at="2026-03-01T01:00:00Z")
    assert order(late, early, event("c", 0, made="L")) == "cba"


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        ([event("a", 1, made="L", used="M"), event("b", 2, made="M", used="L")], "10, 11"),
        # What merely follows the circle is not named.
        (
            [event("a", 3, used="M"), event("b", 1, made="L", used="M"), event("c", 2, made="M", used="L")],
            "11, 12",
        ),
        # The times contradict the lots: `a` draws on Y before `b` does, and needs what `b` makes.
        ([event("a", 1, used="X Y"), event("b", 2, made="X", used="Y")], "10, 11"),
        ([event("a", 1, "retract", target="b"), event("b", 2, "ship", used="L")], "10, 11"),
    ],
)
def test_what_cannot_be_ordered_names_its_lines(events: list[Draft], lines: str) -> None:
    with pytest.raises(InputError) as caught:
        arrange(events)
    assert f"the events on lines {lines} cannot be put in order" in caught.value.message
    assert caught.value.file == FILE
    assert caught.value.line == int(lines.split(",", maxsplit=1)[0])


def test_a_long_circle_names_ten_lines() -> None:
    ring = [
        event(str(number), 1, made=f"L{number}", used=f"L{(number + 1) % 20}")
        for number in [*range(10, 20), *range(10)]
    ]
    with pytest.raises(InputError, match="and 10 more cannot be put in order"):
        arrange(ring)


def test_a_deep_chain_is_no_trouble() -> None:
    chain = [event("z", 1, made=f"L{number}", used=f"L{number - 1}") for number in range(5_000, 0, -1)]
    assert [draft.members["outputs"][0]["lot"] for draft in arrange(chain)][:2] == ["L1", "L2"]


def test_a_table_is_ordered_and_keeps_its_lines() -> None:
    ship = {**SHIP, "event": "E4", "at": "2026-03-03T00:00Z"}
    receive = {**RECEIVE, "event": "E3", "at": "2026-03-04T00:00Z"}
    void = {**RETRACT, "event": "E5", "target": "E1", "at": "2026-03-05T00:00Z"}
    found = drafts(void, receive, ship, {**DRAW, "event": "E2"}, {**MAKE, "event": "E2"}, EXTRACT)
    assert [(draft.members["ref"], draft.line) for draft in found] == [
        ("E1", 7),
        ("E2", 5),
        ("E5", 2),
        ("E4", 4),
        ("E3", 3),
    ]


def test_a_circle_in_a_table_names_its_lines() -> None:
    rows = [DRAW, MAKE, {**DRAW, "event": "E2", "lot": "CON-1"}, {**MAKE, "event": "E2", "lot": "ORE-1"}]
    with pytest.raises(InputError, match="lines 2, 4 cannot"):
        read_events(written(rows), FILE)
