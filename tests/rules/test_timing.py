from __future__ import annotations

from datetime import timedelta

import pytest

from tests.ledger.world import key, stamp
from tests.rules.tale import MINE, PLANT, START, Tale, made, peopled

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def tale() -> Tale:
    return peopled()


# --- An event on a lot is not older than the one before it


@pytest.mark.parametrize(
    ("shift", "codes"), [(SECOND, []), (timedelta(0), []), (-SECOND, ["TIME-ORDER"]), (-DAY, ["TIME-ORDER"])]
)
def test_events_on_a_lot_go_forward(tale: Tale, shift: timedelta, codes: list[str]) -> None:
    tale.extract(*MINE, made("A", 10))
    at = tale.now + shift
    tale.say("dispose", "mine", site="pit", lots=[{"lot": "A"}], at=stamp(at))
    assert tale.codes("TIME-ORDER") == codes


def test_offsets_are_reckoned_with(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10), at="2026-03-01T20:00:00+08:00")  # 12:00 UTC
    tale.say("dispose", "mine", site="pit", lots=[{"lot": "A", "mass": {"mg": 1}}], at="2026-03-01T13:00:00Z")
    assert tale.codes("TIME-ORDER") == []
    tale.say("dispose", "mine", site="pit", lots=[{"lot": "A", "mass": {"mg": 1}}], at="2026-03-01T20:59:59+08:00")
    assert tale.codes("TIME-ORDER") == ["TIME-ORDER"]


def test_each_lot_has_its_own_time(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10), at=stamp(START))
    tale.extract(*MINE, made("B", 10), at=stamp(START + DAY))
    tale.turn("blend", *MINE, [("A", 1), ("B", 1)], made("C", 2), at=stamp(START + DAY - SECOND))
    assert [item.subject for item in tale.newest if item.code == "TIME-ORDER"] == ["lot:B"]


def test_a_void_event_keeps_its_time_in_the_chain(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10), at=stamp(START))
    target = tale.turn("split", *MINE, [("A", 1)], made("B", 1), at=stamp(START + DAY))
    tale.now = START + DAY
    tale.retract("mine", target)
    tale.turn("split", *MINE, [("A", 1)], made("C", 1), at=stamp(START + DAY - SECOND))
    assert tale.codes("TIME-ORDER") == ["TIME-ORDER"]


# --- Recorded after it happened, and not long after


@pytest.mark.parametrize(
    ("late", "codes"),
    [
        (timedelta(0), []),
        (30 * DAY, []),
        (30 * DAY + SECOND, ["TIME-LATE"]),
        (400 * DAY, ["TIME-LATE"]),
        (-300 * SECOND, []),
        (-301 * SECOND, ["TIME-FUTURE"]),
        (-400 * DAY, ["TIME-FUTURE"]),
    ],
)
def test_recording_is_neither_early_nor_late(tale: Tale, late: timedelta, codes: list[str]) -> None:
    at = START + 500 * DAY
    tale.extract(*MINE, made("A", 10), at=stamp(at), recorded=at + late)
    assert tale.codes("TIME") == codes


def test_the_operator_states_the_tolerances() -> None:
    tale = peopled(late_days=1, clock_s=0)
    at = START + DAY
    tale.extract(*MINE, made("A", 10), at=stamp(at), recorded=at + DAY + SECOND)
    assert tale.codes("TIME") == ["TIME-LATE"]
    tale.extract(*MINE, made("B", 10), at=stamp(at), recorded=at - SECOND)
    assert tale.codes("TIME") == ["TIME-FUTURE"]


def test_the_registry_is_never_late(tale: Tale) -> None:
    old = stamp(START - 300 * DAY)
    tale.say("site", "registry", site="old", party="mine", name="Old", country="AU", at=old, recorded=START)
    assert tale.codes("TIME") == []
    tale.say(
        "site", "registry", site="new", party="mine", name="New", country="AU", at=stamp(START + DAY), recorded=START
    )
    assert tale.codes("TIME") == ["TIME-FUTURE"]


def test_stock_older_than_the_ledger_is_noted(tale: Tale) -> None:
    at = START - DAY
    tale.declare(*PLANT, made("A", 10), at=stamp(at), recorded=START)
    assert tale.codes("TIME") == ["TIME-ENROLMENT"]
    assert [item.severity for item in tale.newest if item.code == "TIME-ENROLMENT"] == ["info"]


# --- A key that was lost


@pytest.mark.parametrize(
    ("since", "doubtful"),
    [
        (-SECOND, {"A", "B"}),
        (timedelta(0), {"A", "B"}),
        (SECOND, {"B"}),
        (timedelta(hours=1), {"B"}),
        (timedelta(hours=1, seconds=1), set()),
    ],
)
def test_what_was_signed_after_the_loss_is_in_doubt(tale: Tale, since: timedelta, doubtful: set[str]) -> None:
    hashes = {tale.extract(*MINE, made(lot, 10)): lot for lot in "AB"}
    first = tale.now - timedelta(hours=1)
    tale.extract("dig", "baotou", made("C", 10))
    tale.say(
        "revoke", "registry", party="mine", vkey=str(key("mine").vkey), reason="lost", **{"from": stamp(first + since)}
    )
    lost = [item for item in tale.newest if item.code == "SIGN-KEY-LOST"]
    assert {hashes[item.events[0]] for item in lost} == doubtful
    assert all(item.severity == "warning" for item in lost)


def test_recording_after_the_loss_is_in_doubt_whatever_the_event_says(tale: Tale) -> None:
    at = tale.now
    early = tale.extract(*MINE, made("A", 10), at=stamp(at - DAY), recorded=at + DAY)
    tale.say("revoke", "registry", party="mine", vkey=str(key("mine").vkey), reason="lost", **{"from": stamp(at)})
    assert [item.events[0] for item in tale.newest if item.code == "SIGN-KEY-LOST"] == [early]


def test_another_key_of_the_party_is_not_in_doubt(tale: Tale) -> None:
    second = str(key("mine", 1).vkey)
    tale.say("key", "registry", party="mine", vkey=second)
    first = tale.extract(*MINE, made("A", 10))
    tale.extract(*MINE, made("B", 10), signed_by=second)
    assert tale.codes("SIGN") == []
    tale.say("revoke", "registry", party="mine", vkey=str(key("mine").vkey), reason="lost", **{"from": stamp(START)})
    assert [item.events[0] for item in tale.newest if item.code == "SIGN-KEY-LOST"] == [first]
    tale.extract(*MINE, made("C", 10))
    assert tale.codes("SIGN") == ["SIGN-KEY-REVOKED"]
    tale.extract(*MINE, made("D", 10), signed_by=second)
    assert tale.codes("SIGN") == []


def test_a_revocation_without_a_time_looks_forward_only(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.say("revoke", "mine", party="mine", vkey=str(key("mine").vkey), reason="retired")
    assert tale.codes("SIGN") == []
    tale.extract(*MINE, made("B", 10))
    assert tale.codes("SIGN") == ["SIGN-KEY-REVOKED"]
