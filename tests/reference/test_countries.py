from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reference.countries import CHINESE, COUNTRIES, UNKNOWN, is_country, is_region, name
from ledger.reference.deposits import DEPOSITS
from ledger.reference.facilities import FACILITIES


def test_iso_3166_1_assigns_249_codes() -> None:
    assert len(COUNTRIES) == 249
    assert list(COUNTRIES) == sorted(COUNTRIES)
    assert all(len(code) == 2 and code.isascii() and code.isalpha() and code.isupper() for code in COUNTRIES)
    assert len(set(COUNTRIES.values())) == 249
    assert all(text and text == text.strip() for text in COUNTRIES.values())


def test_the_countries_of_the_other_tables_exist() -> None:
    used = {facility.country for facility in FACILITIES.values()}
    used |= {facility.owner_country for facility in FACILITIES.values()}
    used |= {deposit.country for deposit in DEPOSITS.values()}
    assert used
    assert used <= COUNTRIES.keys()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AU", "Australia"),
        ("MM", "Myanmar"),
        ("NA", "Namibia"),  # not a missing value
        ("NO", "Norway"),  # not a boolean
        ("KP", "North Korea"),
        ("KR", "South Korea"),
        ("IR", "Iran"),
        ("RU", "Russia"),
        ("CD", "Democratic Republic of the Congo"),
        ("TW", "Taiwan"),
        ("AX", "Åland Islands"),
        ("ZZ", "not known"),
        ("QQ", "QQ"),
    ],
)
def test_names(code: str, expected: str) -> None:
    assert name(code) == expected


def test_the_special_administrative_regions_count_as_chinese() -> None:
    assert {"CN", "HK", "MO"} == CHINESE
    assert COUNTRIES.keys() >= CHINESE


# Reserved, withdrawn, user-assigned or misspelt codes.
@pytest.mark.parametrize("code", ["ZZ", "XK", "EU", "UK", "SU", "AN", "QQ", "cn", "CHN", "C", " CN", "CN\n", ""])
def test_other_codes_are_no_countries(code: str) -> None:
    assert not is_country(code)


def test_not_known_is_no_country() -> None:
    assert UNKNOWN == "ZZ"
    assert UNKNOWN not in COUNTRIES
    assert UNKNOWN not in CHINESE


@pytest.mark.parametrize("text", ["CN-XJ", "US-CA", "FR-17", "SI-061", "MY-06", "SE-F", "GB-CHW"])
def test_regions(text: str) -> None:
    assert is_region(text)


@pytest.mark.parametrize(
    "text",
    ["CN", "CN-", "CN-XJXJ", "cn-xj", "CN-xj", "CN_XJ", "CNXJ", "ZZ-01", "QQ-1", "CN-XJ\n", " CN-XJ", "CN-Ä", ""],
)
def test_what_is_no_region(text: str) -> None:
    assert not is_region(text)


@given(st.text(max_size=8))
def test_any_text_may_be_asked(text: str) -> None:
    assert is_country(text) == (text in list(COUNTRIES))
    assert not is_region(text) or is_country(text[:2])
    assert name(text) or not text
