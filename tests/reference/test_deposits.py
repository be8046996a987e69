from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reference.countries import is_country
from ledger.reference.deposits import DEPOSITS, find
from ledger.reference.elements import RARE_EARTHS, content


def test_every_pattern_is_of_rare_earth_oxides_and_sums_to_about_100() -> None:
    assert len(DEPOSITS) == 24
    for deposit in DEPOSITS.values():
        assert Decimal(90) < sum(deposit.pattern.values()) < Decimal(105), deposit.id
        for oxide, percent in deposit.pattern.items():
            found = content(oxide)
            assert found is not None
            assert found[0] in RARE_EARTHS
            assert percent > 0, (deposit.id, oxide)


def test_deposits_stand_in_countries_and_are_graded() -> None:
    for deposit in DEPOSITS.values():
        assert is_country(deposit.country)
        assert deposit.confidence in {"high", "medium", "low"}
        assert deposit.source


def test_the_filing_that_was_read_is_the_one_verified_row() -> None:
    # MP Materials 10-K FY2021: Ce 50.2, La 32.3, NdPr 15.7 percent of TREO.
    row = DEPOSITS["mountain-pass"]
    assert row.pattern["CeO2"] == Decimal("50.2")
    assert row.pattern["La2O3"] == Decimal("32.3")
    assert row.pattern["Nd2O3"] + row.pattern["Pr6O11"] == Decimal("15.7")
    assert [deposit.id for deposit in DEPOSITS.values() if deposit.confidence == "high"] == ["mountain-pass"]


@pytest.mark.parametrize(
    ("deposit", "ndpr", "ce_la"),
    [
        ("bayan-obo", "24.7", "2.2"),
        ("mt-weld-cld", "23.8", "1.8"),
        ("longnan", "3.7", "0.22"),
        ("norra-karr", "13.7", "2.3"),
    ],
)
def test_fingerprints_are_the_published_ones(deposit: str, ndpr: str, ce_la: str) -> None:
    pattern = DEPOSITS[deposit].pattern
    assert abs(pattern["Nd2O3"] + pattern["Pr6O11"] - Decimal(ndpr)) <= Decimal("0.05")
    assert abs(pattern["CeO2"] / pattern["La2O3"] - Decimal(ce_la)) <= Decimal("0.05")


def test_blank_is_absent_and_not_zero() -> None:
    assert "Dy2O3" not in DEPOSITS["mountain-pass"].pattern
    assert DEPOSITS["mountain-pass-2"].pattern["Lu2O3"] == Decimal("0.0001")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mountain-pass", "mountain-pass"),
        ("MOUNTAIN-PASS", "mountain-pass"),
        ("Mountain Pass", "mountain-pass"),
        ("mountain-pass-2", "mountain-pass-2"),
        ("Mountain Pass (USGS)", "mountain-pass-2"),
        ("mt-weld", "mt-weld"),  # the group's first row is mt-weld-cld, the row that bears its name goes first
        ("Mt Weld", "mt-weld"),
        ("mt weld cld", "mt-weld-cld"),
        ("  Bayan  Obo ", "bayan-obo"),
        ("longnan (zudong)", "longnan"),
        ("Atlantis", None),
        ("mountain", None),
        ("", None),
    ],
)
def test_find_by_id_group_or_name(text: str, found: str | None) -> None:
    deposit = find(text)
    assert (deposit.id if deposit else None) == found


@given(st.sampled_from(sorted(DEPOSITS)), st.sampled_from([str, str.upper, str.title]))
def test_every_deposit_is_found_by_id_and_by_name(key: str, spelling: type[str]) -> None:
    assert find(spelling(key)) is DEPOSITS[key]
    assert find(spelling(DEPOSITS[key].name)) is DEPOSITS[key]
    group = find(DEPOSITS[key].group)
    assert group is not None
    assert group.group == DEPOSITS[key].group


def test_a_deposit_can_be_a_member_of_a_set_and_cannot_be_changed() -> None:
    assert len(set(DEPOSITS.values())) == 24
    with pytest.raises(TypeError):
        DEPOSITS["longnan"].pattern["CeO2"] = Decimal(50)  # type: ignore[index]
