"""Numbers in cells: exact, rounded half to even, refused with how to write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.errors import InputError
from ledger.exchange import amounts


@pytest.mark.parametrize(
    ("text", "unit", "mg"),
    [
        ("0", "kg", 0),
        ("-0", "kg", 0),
        ("1", "mg", 1),
        ("12.5", "kg", 12_500_000),
        ("+12.5", "t", 12_500_000_000),
        ("1e3", "kg", 10**9),
        ("1E-3", "g", 1),
        (".5", "g", 500),
        ("5.", "g", 5000),
        ("0.1", "g", 100),
        ("0.0005", "g", None),
        ("0.5", "mg", None),
        ("1.5", "mg", 2),
        ("2.5", "mg", 2),
        ("2.5000000000000000000000000000000000000001", "mg", 3),
        ("3.5", "mg", 4),
        ("0.0000015", "kg", 2),
        ("0.50000000000000000001", "mg", 1),
        ("9007199254.740991", "kg", 2**53 - 1),
        ("9007199254.7409914", "kg", 2**53 - 1),
        ("9007199254.7409915", "kg", None),
        ("9007199254.740992", "kg", None),
        ("1e99", "t", None),
        ("1e-99", "t", None),
        ("-1", "kg", None),
        ("-1e-99", "kg", None),
    ],
)
def test_masses(text: str, unit: str, mg: int | None) -> None:
    if mg is not None:
        assert amounts.mass(text, unit) == mg
        return
    with pytest.raises(InputError) as caught:
        amounts.mass(text, unit)
    assert caught.value.field == "mass"


@pytest.mark.parametrize("unit", ["KG", "Kg", "kilo", "lb", "G", "", "%"])
def test_other_units_of_mass_are_refused_by_name(unit: str) -> None:
    with pytest.raises(InputError, match="units are mg g kg t") as caught:
        amounts.mass("1", unit)
    assert caught.value.field == "unit"


@pytest.mark.parametrize(
    ("text", "unit", "ppb"),
    [
        ("100", "%", 10**9),
        ("17.5", "%", 175_000_000),
        ("17.5", "wt%", 175_000_000),
        ("0", "%", 0),
        ("0.00000005", "%", 0),
        ("0.00000015", "%", 2),
        ("0.00000025", "%", 2),
        ("12", "ppm", 12_000),
        ("12", "g/t", 12_000),
        ("12", "ppb", 12),
        ("12.5", "ppb", 12),
        ("12", "kg/t", 12_000_000),
        ("12", "g/kg", 12_000_000),
        ("1e6", "ppm", 10**9),
        ("100.0000000000001", "%", None),
        ("1000001", "ppm", None),
        ("-0.0000000000001", "ppm", None),
    ],
)
def test_fractions(text: str, unit: str, ppb: int | None) -> None:
    if ppb is not None:
        assert amounts.share(text, unit, "Nd %") == ppb
        return
    with pytest.raises(InputError, match="outside 0 to 100 %") as caught:
        amounts.share(text, unit, "Nd %")
    assert caught.value.field == "Nd %"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,000", "remove it (1000)"),
        ("1,000,000.5", "remove it (1000000.5)"),
        ("0,5", "decimal comma; write a point: 0.5"),
        ("1.234,5", "write a point: 1234.5"),
        (",5", "write a point: .5"),
        ("1 000", "separators between thousands"),
        ("1\u00a0000", "separators between thousands"),
        ("1'000", "separators between thousands"),
        ("1_000", "separators between thousands"),
        ("5 ppm", "a number with a unit; write 5,"),
        ("5kg", "a number with a unit"),
        ("NaN", "not a number"),
        ("nan", "not a number"),
        ("inf", "not a number"),
        ("-Infinity", "not a number"),
        ("", "not a number"),
        (".", "not a number"),
        ("1e", "not a number"),
        ("1e+", "not a number"),
        ("1e100", "not a number"),
        ("0x10", "not a number"),
        ("\u0663", "not a number"),
        ("\uff11", "not a number"),
        ("\u22125", "not a number"),
        ("=1+1", "not a number"),
        ("1/2", "not a number"),
        ("~5", "not a number"),
        ("1\n", "not a number"),
        ("1" * 65, "a number of 65 characters"),
        ("x" * 9_000, "a number of 9000 characters"),
    ],
)
def test_what_is_no_number_says_how_to_write_it(text: str, words: str) -> None:
    readers: tuple[Callable[[], object], ...] = (
        lambda: amounts.number(text, "f"),
        lambda: amounts.mass(text, "kg", "f"),
        lambda: amounts.share(text, "%", "f"),
        lambda: amounts.money(text, "f"),
        lambda: amounts.percent(text, "f"),
        lambda: amounts.degrees(text, "f", 90),
    )
    for read in readers:
        with pytest.raises(InputError) as caught:
            read()
        assert caught.value.field == "f"
        assert words in caught.value.message
        assert len(caught.value.message) < 200


def test_money_percent_and_degrees() -> None:
    assert amounts.money("1234.565", "value") == 123_456
    assert amounts.percent("24.9", "owners") == 249_000_000
    assert amounts.degrees("-32.91", "lat", 90) == -32_910_000
    assert amounts.degrees("180", "lon", 180) == 180_000_000
    for read in (
        lambda: amounts.money("-1", "f"),
        lambda: amounts.percent("101", "f"),
        lambda: amounts.degrees("91", "f", 90),
    ):
        with pytest.raises(InputError, match="outside"):
            read()


def test_an_uncertainty_may_round_to_nothing_but_is_never_negative() -> None:
    assert amounts.mass("0.1", "mg", "u_mass") == 0
    with pytest.raises(InputError, match="negative"):
        amounts.mass("-0.1", "mg", "u_mass")
