"""The reference tables that the chains are built from, read once from `ledger/reference/data`."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cli.chains.quantity import GRADE_DIGITS, PERCENT, WHOLE, cut, percent
from ledger.reference.table import read as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

TREO = "TREO"
RARE_EARTHS = ("Sc", "Y", "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")
FACTOR_ONE = 10**4  # oxide factors have four decimals


class Analyte(NamedTuple):
    """An element, or its oxide: `factor` is mass of this analyte per mass of element, times 10,000."""

    element: str
    factor: int


@lru_cache(maxsize=1)
def analytes() -> dict[str, Analyte]:
    """Return every analyte by its symbol: elements, then oxides (elements.csv)."""
    table = rows("elements.csv")
    known = {row["symbol"]: Analyte(row["symbol"], FACTOR_ONE) for row in table}
    for row in table:
        known.setdefault(row["oxide"], Analyte(row["symbol"], int(Decimal(row["oxide_factor"]) * FACTOR_ONE)))
    return known


@lru_cache(maxsize=1)
def oxides() -> dict[str, str]:
    """Return the usual oxide of each element: the first one listed in elements.csv."""
    usual: dict[str, str] = {}
    for row in rows("elements.csv"):
        usual.setdefault(row["symbol"], row["oxide"])
    return usual


@lru_cache(maxsize=1)
def order() -> tuple[str, ...]:
    """Return the order of composition columns: TREO, rare-earth oxides, rare earths, the rest."""
    table = oxides()
    rare = [*(table[symbol] for symbol in RARE_EARTHS), *RARE_EARTHS]
    return (TREO, *rare, *(name for name in analytes() if name not in rare))


@lru_cache(maxsize=1)
def facilities() -> dict[str, Mapping[str, str]]:
    """Return facilities.csv by site id."""
    return {row["id"]: row for row in rows("facilities.csv")}


@lru_cache(maxsize=1)
def deposits() -> dict[str, Mapping[str, str]]:
    """Return deposits_reo.csv by deposit id."""
    return {row["id"]: row for row in rows("deposits_reo.csv")}


def with_treo(composition: Mapping[str, int]) -> dict[str, int]:
    """Add TREO, the sum of the rare-earth oxides, where there are any."""
    rare = {oxides()[symbol] for symbol in RARE_EARTHS}
    total = sum(ppb for name, ppb in composition.items() if name in rare)
    plain = {name: ppb for name, ppb in composition.items() if name != TREO}
    return {TREO: total, **plain} if total else plain


def pattern(deposit: str, treo: str, extra: Mapping[str, str] | None = None) -> dict[str, int]:
    """Scale a deposit's oxide distribution to a TREO grade in percent; `extra` holds other analytes in percent.

    Blank cells of the row are not measured and stay absent.
    """
    row = deposits()[deposit]
    grade = percent(treo)
    found = {
        oxide: cut(int(Decimal(row[oxide]) * PERCENT) * grade // WHOLE, GRADE_DIGITS)
        for oxide in (oxides()[symbol] for symbol in RARE_EARTHS)
        if row.get(oxide)
    }
    return with_treo({**found, **percents(**(extra or {}))})


def percents(**amounts: str) -> dict[str, int]:
    """Return a composition given in percent by analyte."""
    return {name: percent(text) for name, text in amounts.items()}
