"""Elements, their oxides, and how much of an analyte is the element.

A composition's keys are analytes: an element (`Nd`), one of its oxides (`Nd2O3`), or something that is neither (`TREO`,
`H2O`, `LOI`). Balances are struck by contained element, so each analyte of the first two kinds converts exactly:

    element mass = analyte mass / oxide factor          oxide factor = M(oxide) / (atoms per formula * M(element))

Factors are those of `data/elements.csv`, four decimals, computed there from the CIAAW 2021 standard atomic weights; the
decimals given are the definition here, so two implementations that read the file agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache

from ledger.reference.table import Row, Table, read

# IUPAC Red Book 2005, IR-3.5: scandium, yttrium and the fifteen lanthanoids.
RARE_EARTHS = frozenset({
    "Sc", "Y", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu",
})  # fmt: skip

# All 118 named elements: an assay may name one of which the table holds no oxide.
SYMBOLS = frozenset({
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K",
    "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb",
    "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs",
    "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf",
    "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th",
    "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs",
    "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Oxide:
    """An oxide by formula; `factor` is oxide mass per element mass, above 1."""

    formula: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the table; the first oxide is the one that trade and assays state, the others are alternatives."""

    symbol: str
    name: str
    atomic_weight: Decimal
    oxides: tuple[Oxide, ...]


def _load() -> Mapping[str, Element]:
    grouped: dict[str, list[Row]] = {}
    for row in read("elements.csv"):
        grouped.setdefault(row["symbol"], []).append(row)
    return {
        symbol: Element(
            symbol=symbol,
            name=rows[0]["name"],
            atomic_weight=Decimal(rows[0]["atomic_weight"]),
            oxides=tuple(Oxide(row["oxide"], Decimal(row["oxide_factor"])) for row in rows),
        )
        for symbol, rows in grouped.items()
    }


ELEMENTS: Mapping[str, Element] = Table(_load)


@cache
def _contents() -> Mapping[str, tuple[str, Fraction]]:
    contents = {symbol: (symbol, Fraction(1)) for symbol in SYMBOLS}
    for element in ELEMENTS.values():
        for oxide in element.oxides:
            contents[oxide.formula] = (element.symbol, 1 / Fraction(oxide.factor))
    return contents


def content(analyte: str) -> tuple[str, Fraction] | None:
    """The element that an analyte measures and its exact mass per analyte mass: `Nd2O3` -> `("Nd", 10000/11664)`.

    Names are matched exactly, case included: `Co` is cobalt, `CO` is nothing here. None for whatever is neither an
    element nor an oxide of the table (`TREO`, `H2O`, `LOI`, `SiO2`): such an analyte is no addend of a balance.
    """
    return _contents().get(analyte)


@lru_cache(maxsize=4096)  # analytes come from outside
def fraction(analyte: str) -> tuple[str, float] | None:
    """The same in double precision, for estimates: element and element mass per analyte mass."""
    found = content(analyte)
    return None if found is None else (found[0], float(found[1]))


@cache
def oxide_factor(symbol: str) -> float:
    """Mass of the oxide that trade and assays state, per mass of the element."""
    return float(ELEMENTS[symbol].oxides[0].factor)


def is_rare_earth(symbol: str) -> bool:
    """Whether an element symbol is one of the 17 rare earths; oxides are asked through `content`."""
    return symbol in RARE_EARTHS
