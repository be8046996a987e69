"""Auditors that are not independent, owners just below a mark, and owners that go in time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.rules.tale import MINE, PLANT, Tale, made, peopled


def owner(who: str, percent: float | None, country: str = "GB", *, party: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"party" if party else "name": who, "country": country}
    return found if percent is None else {**found, "ppb": round(percent * 10**7)}


def enrol(tale: Tale, party: str, country: str, *owners: dict[str, Any], role: str = "processor") -> str:
    return tale.say(
        "enrol", "registry", party=party, name=party, country=country, roles=[role], owners=list(owners)
    )  # fmt: skip


def attest(tale: Tale, actor: str = "judge", **members: Any) -> str:
    return tale.say("attest", actor, scheme="RMAP", result="conformant", **(members or {"parties": ["plant"]}))


def selves(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == "SIGN-SELF-ATTEST"]


def audited(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> bool:
    tale = peopled()
    enrol(tale, "plant", "MY", *theirs)
    if ours:
        enrol(tale, "judge", "GB", *ours, role="auditor")
    attest(tale)
    return bool(selves(tale))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([], [owner("judge", 25, party=True)]),
        ([], [owner("judge", None, party=True)]),
        ([owner("plant", 60, party=True)], []),
        ([owner("Holding", 25)], [owner("holding", 100)]),
        ([owner("shop", 30, party=True)], [owner("shop", 30, party=True)]),
    ],
)
def test_an_auditor_that_is_not_independent(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    assert audited(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([], []),
        ([], [owner("judge", 24.9, party=True)]),
        ([owner("Holding", 24.9)], [owner("Holding", 100)]),
        ([owner("Holding", 30)], [owner("Holding", 30, "US")]),
        ([owner("Holding", None)], [owner("Holding", None)]),
        ([owner("Free float", 60)], [owner("Free float", 60)]),
        ([owner("The founders", 100)], [owner("The founders", 100)]),
    ],
)
def test_an_independent_auditor(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    assert not audited(ours, theirs)


def test_an_auditor_that_attests_itself_its_sites_or_what_it_holds() -> None:
    tale = peopled()
    tale.party("both", "GB", "auditor", "trader")
    tale.site("depot", "both", "GB")
    tale.extract(*MINE, made("A", 10))
    lot = {"lot": "A"}
    attest(tale, "both", lots=[lot])
    tale.move("A", MINE, ("both", "depot"))
    assert selves(tale) == []
    found = [attest(tale, "both", parties=["both"]), attest(tale, "both", sites=["depot"])]
    found.append(attest(tale, "both", lots=[lot]))
    tale.move("A", ("both", "depot"), PLANT)
    attest(tale, "both", lots=[lot])
    assert selves(tale) == [f"event:{digest}" for digest in found]
    tale.retract("both", found[0])
    assert selves(tale) == [f"event:{digest}" for digest in found[1:]]


def test_ownership_counts_as_stated_when_it_was_attested() -> None:
    tale = peopled()
    attest(tale)
    said = enrol(tale, "plant", "MY", owner("judge", 30, party=True))
    bad = attest(tale)
    enrol(tale, "plant", "MY", owner("Founders", 100))
    attest(tale)
    (item,) = [item for item in tale.concluded() if item.code == "SIGN-SELF-ATTEST"]
    assert item.events[:1] == (bad,)
    assert said in item.events


def split(country: str, *owners: dict[str, Any]) -> list[tuple[str, str]]:
    tale = peopled()
    enrol(tale, "smelter", country, *owners)
    enrol(tale, "smelter", country, *owners)
    return tale.ending("ORIG-OWNERS-SPLIT")


@pytest.mark.parametrize(
    "owners",
    [
        [owner("A", 24.9, "CN"), owner("B", 24.9, "HK")],
        [owner("A", 23, "CN"), owner("B", 24, "ZZ")],
        [owner("A", 23, "ZZ"), owner("B", 24, "ZZ")],
        [owner("A", 10, "CN"), owner("B", 10, "CN"), owner("C", 5, "CN")],
    ],
)
def test_owners_just_below_the_mark_are_told_once(owners: list[dict[str, Any]]) -> None:
    assert split("VN", *owners) == [("ORIG-OWNERS-SPLIT", "party:smelter")]
    assert split("CN", *owners) == []


@pytest.mark.parametrize(
    "owners",
    [
        [owner("A", 24.9, "CN")],
        [owner("A", 24.9, "CN"), owner("B", 24.9, "US")],
        [owner("A", 30, "CN"), owner("B", 30, "CN")],
        [owner("A", 10, "CN"), owner("B", 10, "CN")],
        [owner("Free float", 22, "ZZ"), owner("Others", 20, "ZZ"), owner("A", 58, "US")],
        [owner("A", None, "CN"), owner("B", None, "CN")],
        [],
    ],
)
def test_owners_that_hide_nothing(owners: list[dict[str, Any]]) -> None:
    assert split("VN", *owners) == []


def changed(when: datetime, before: float, after: float, country: str = "VN") -> bool:
    tale = peopled()
    tale.now = when
    first = enrol(tale, "smelter", country, owner("Holding", before, "CN"))
    second = enrol(tale, "smelter", "VN", owner("Holding", after, "CN"))
    found = [item for item in tale.concluded() if item.code == "ORIG-OWNERS-CHANGED"]
    assert all((item.subject, item.events) == ("party:smelter", (second, first)) for item in found)
    return bool(found)


NEAR = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "before", "after", "found"),
    [
        (NEAR, 30, 20, True),
        (NEAR, 25, 24.9, True),
        (NEAR, 60, 49, True),
        (NEAR, 60, 0, True),
        (datetime(2027, 3, 30, tzinfo=UTC), 30, 20, True),
        (datetime(2027, 4, 2, tzinfo=UTC), 30, 20, False),
        (datetime(2026, 10, 2, tzinfo=UTC), 30, 20, False),
        (NEAR, 20, 30, False),
        (NEAR, 45, 30, False),
        (NEAR, 24, 10, False),
        (NEAR, 30, 30, False),
    ],
)
def test_ownership_that_falls_below_a_mark_near_a_day(when: datetime, before: float, after: float, found: bool) -> None:
    assert changed(when, before, after) == found


def test_leaving_china_is_a_change_of_ownership() -> None:
    assert changed(NEAR, 0, 0, "CN")
