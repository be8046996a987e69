"""Owners along paths: products, sums, control, cross-holdings, and what stays unknown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.reference.countries import CHINESE
from ledger.rules.stakes import stake
from tests.rules.tale import Tale
from tests.trials import trials

WHOLE = 10**9


def owner(where: str, percent: float | None, *, party: bool = False) -> dict[str, Any]:
    """An owner by country, or by party id; the share in percent."""
    share = {} if percent is None else {"ppb": round(percent * 10_000_000)}
    return {"party": where, "country": "AU", **share} if party else {"name": f"of {where}", "country": where, **share}


@pytest.fixture
def tale() -> Tale:
    return Tale()


def held(tale: Tale, name: str) -> tuple[float, float, float]:
    found = stake(tale.history, name, CHINESE)
    return pytest.approx((found.held, found.attributed, found.unknown))  # type: ignore[return-value]


def test_shares_multiply_along_a_path_and_add_over_paths(tale: Tale) -> None:
    tale.party("one", "AU", "owner", owners=[owner("CN", 40), owner("AU", 60)])
    tale.party("two", "AU", "owner", owners=[owner("HK", 30), owner("AU", 70)])
    tale.party("maker", "AU", "processor", owners=[owner("one", 50, party=True), owner("two", 50, party=True)])
    assert held(tale, "maker") == (0.35, 0.35, 0.0)
    assert tale.codes("ORIG") == ["ORIG-CN-OWNED"]
    assert stake(tale.history, "maker", CHINESE).marks == (0.25,)


def test_an_owner_under_control_counts_whole(tale: Tale) -> None:
    tale.party("shell", "SG", "owner", owners=[owner("CN", 60), owner("SG", 40)])
    tale.party("maker", "AU", "processor", owners=[owner("shell", 30, party=True), owner("AU", 70)])
    found = stake(tale.history, "maker", CHINESE)
    assert (found.held, found.attributed) == pytest.approx((0.18, 0.30))
    assert found.owned and found.where == "CN" and found.by == ("shell",)
    assert "counted whole" in tale.newest[0].message and "18 %" in tale.newest[0].message
    assert len(tale.newest[0].events) == 2


def test_a_quarter_along_the_path_is_the_mark_and_less_is_not(tale: Tale) -> None:
    tale.party("shell", "SG", "owner", owners=[owner("CN", 49), owner("SG", 51)])
    tale.party("maker", "AU", "processor", owners=[owner("shell", 50, party=True), owner("AU", 50)])
    assert held(tale, "maker") == (0.245, 0.245, 0.0)
    assert tale.codes("ORIG") == []
    assert stake(tale.history, "maker", CHINESE).excluded


def test_less_than_a_quarter_with_unknown_owners_is_not_excluded(tale: Tale) -> None:
    tale.party("maker", "AU", "processor", owners=[owner("CN", 20), owner("AU", 70)])
    found = stake(tale.history, "maker", CHINESE)
    assert not found.owned and not found.excluded
    assert found.unknown == pytest.approx(0.1)


def test_cross_holdings_are_solved(tale: Tale) -> None:
    tale.party("a", "AU", "owner", owners=[owner("CN", 10), owner("AU", 90)])
    tale.party("b", "AU", "owner", owners=[owner("a", 50, party=True), owner("CN", 20), owner("AU", 30)])
    tale.party("a", "AU", "owner", owners=[owner("b", 40, party=True), owner("CN", 10), owner("AU", 50)])
    # a = 0.1 + 0.4 b, b = 0.2 + 0.5 a
    assert stake(tale.history, "a", CHINESE).held == pytest.approx(0.18 / 0.8)
    assert stake(tale.history, "b", CHINESE).held == pytest.approx(0.2 + 0.5 * 0.18 / 0.8)


def test_a_ring_without_an_outside_owner_is_no_proof_of_anything(tale: Tale) -> None:
    tale.party("a", "AU", "owner")
    tale.party("b", "AU", "owner", owners=[owner("a", 100, party=True)])
    tale.party("a", "AU", "owner", owners=[owner("b", 100, party=True)])
    assert stake(tale.history, "a", CHINESE).attributed == 0.0


def test_an_owner_stated_anew_makes_those_it_owns_chinese(tale: Tale) -> None:
    tale.party("shell", "SG", "owner", owners=[owner("SG", 100)])
    tale.party("maker", "AU", "processor", owners=[owner("shell", 100, party=True)])
    assert tale.ending("ORIG-CN-OWNED") == []
    tale.party("shell", "SG", "owner", owners=[owner("CN", 100)])
    assert tale.ending("ORIG-CN-OWNED") == [("ORIG-CN-OWNED", "party:maker")]


def test_what_was_stated_when_it_happened_and_when_it_was_recorded_both_count(tale: Tale) -> None:
    tale.party("maker", "AU", "processor", owners=[owner("CN", 30), owner("AU", 70)])
    tale.site("works", "maker", "AU")
    digest = tale.declare("maker", "works", {"lot": "x", "form": "oxide", "mass": {"mg": 1}})
    tale.party("maker", "AU", "processor", owners=[owner("AU", 100)])
    fact = tale.history.facts[digest]
    assert stake(tale.history, "maker", CHINESE, (fact.place, fact.event.instant)).owned
    assert not stake(tale.history, "maker", CHINESE).owned


def test_an_unknown_party_is_unknown() -> None:
    assert stake(Tale().history, "nobody", CHINESE).unknown == 1.0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 60)), max_size=12), st.integers(0, 40))
@settings(max_examples=trials(50), deadline=None)
def test_any_web_of_owners_gives_shares_between_nothing_and_all(web: list[tuple[int, int, int]], chinese: int) -> None:
    tale = Tale()
    names = [f"p{number}" for number in range(6)]
    for name in names:
        tale.party(name, "AU", "owner")
    for number, name in enumerate(names):
        links = {owned: percent for owner_, owned, percent in web if owner_ == number}
        owners = [owner("CN", chinese / 6)] if number == 0 else []
        room = 100 - sum(item["ppb"] for item in owners) / 1e7
        for link, percent in links.items():
            part = min(percent, room)
            owners.append(owner(names[link], part, party=True))
            room -= part
        tale.party(name, "AU", "owner", owners=owners)
    for name in names:
        found = stake(tale.history, name, CHINESE)
        assert 0.0 <= found.held <= found.attributed + 1e-9
        assert found.attributed + found.unknown <= 1.0 + 1e-9
