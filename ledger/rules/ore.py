"""What ore of a known deposit looks like, how far a lot departs from it, and the ratios that some deposits cannot have.

The table's rows are single analyses, most of them unverified, and ore of one deposit varies. So each figure carries, in
quadrature, the rounding of its last digit (rectangular: half a unit over sqrt 3, JCGM 100:2008, 4.3.7) and a natural
variability, chosen from the table itself: of Mt Weld's two rows, La, Ce and Nd differ by 2 to 21 %, Pr and Sm by 23 and 28 %,
the traces by 10 to 51 %; of Mountain Pass's, all but Sm (24 %) by 2 to 6 %; one standard deviation is the difference over
sqrt 2. Where a deposit has several rows, the nearest counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from math import sqrt

from msgspec import Struct

from ledger.reference.deposits import DEPOSITS, Deposit
from ledger.reference.elements import content
from ledger.rules.pattern import Fit, Part, Pattern, chi_square, compare, mixed

VARIATION = ((0.10, 0.12), (0.01, 0.20), (0.0, 0.35))
"""Natural variability, relative, of an oxide that is at least this share of the deposit's: 12, 20 and 35 %."""
DOUBT: Mapping[str, float] = {"high": 1.0, "medium": 1.25, "low": 1.5}
"""What multiplies it, by the row's confidence."""
FLOOR = 0.001
"""Share of the compared oxides below which figures are not told apart: 0.1 % and 0.001 % are both "traces"."""
FEWEST = 4
"""Oxides in common below which nothing is said."""
SIGMAS = 2.576
"""The threshold's rarity: a normal variable exceeds it once in 200. Ore that varies as little as `benchmarks/fingerprint.py`
supposes exceeds it far more rarely, because what is allowed for above is more."""
CLEARLY = 0.5
"""Another deposit is named where its distance over its threshold is below this share of the declared one's."""
ENOUGH = 0.75
"""And where it is compared over at least this share of the degrees of freedom: few oxides fit easily."""
MARGIN = 2.5
"""A gate stands at least this factor away from the declared deposits' own ratios: three times 30 % of variability."""
MOVES = 2.0
"""A gate that would have to move by more than this factor is no gate for that deposit."""


LEAST_UNDER = 0.01
"""Share of a lot's rare-earth oxides that a ratio's denominator must have to count."""


class Row(Struct, frozen=True):
    """A row of the table in floats: its deposit, and share of the oxides by element symbol."""

    deposit: Deposit
    pattern: Mapping[str, Part]

    @property
    def doubtful(self) -> bool:
        """Reconstructed, or another place's analysis: it may be mentioned and accuses nobody."""
        return self.deposit.confidence == "low" or "proxy" in self.deposit.name.casefold()


class Misfit(Struct, frozen=True):
    """A lot that does not look like its deposits.

    Attributes:
        rows: the declared rows that come nearest, with their shares.
        fit: the comparison, and `threshold` what it exceeds.
        worst: the elements most apart, with the lot's and the deposit's share of the compared oxides.
        closer: a row that fits, and clearly better; None if there is none.
    """

    rows: tuple[tuple[Row, float], ...]
    fit: Fit
    threshold: float
    worst: tuple[tuple[str, float, float], ...]
    closer: Row | None

    @property
    def doubtful(self) -> bool:
        """Whether any of the declared rows is."""
        return any(row.doubtful for row, _share in self.rows)


class Gate(Struct, frozen=True):
    """A ratio of oxides by mass that some deposits cannot have.

    Attributes:
        over, under: element symbols of the ratio; `under` must be at least `LEAST_UNDER` of the lot.
        limit: where the gate stands, if the deposits' own ratios leave it there; `above` says on which side the ratio is odd.
        also: a second ratio, with its limit, that must be exceeded too.
        says: what it may mean.
    """

    over: str
    under: str
    limit: float
    above: bool
    says: str
    also: tuple[str, str, float] | None = None


GATES = (
    Gate("Ce", "La", 0.5, False, "the mark of an ion-adsorption clay, unless cerium was removed on purpose"),
    Gate("Dy", "Nd", 0.02, True, "more dysprosium than such ore holds"),
    Gate("Y", "Nd", 0.15, True, "yttrium high together with dysprosium", ("Dy", "Nd", 0.02)),
)
"""In the table, Ce/La of every clay is below 0.35 and of every rock above 1.3; Dy/Nd of Mountain Pass, Bayan Obo and Mt Weld is
below 0.014, of every clay that states it above 0.1."""


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, tuple[Row, ...]]:
    grouped: dict[str, tuple[Row, ...]] = {}
    for deposit in DEPOSITS.values():
        grouped[deposit.group] = (*grouped.get(deposit.group, ()), Row(deposit, _pattern(deposit)))
    return grouped


def _pattern(deposit: Deposit) -> dict[str, Part]:
    pattern: dict[str, Part] = {}
    for oxide, percent in deposit.pattern.items():
        found = content(oxide)
        if found is None or not percent:
            continue
        share = float(percent) / 100
        half_unit = 0.5 * 10.0 ** int(percent.as_tuple().exponent)
        rounding = half_unit / float(percent) / sqrt(3)
        varies = next(u for least, u in VARIATION if share >= least) * DOUBT[deposit.confidence]
        pattern[found[0]] = Part(share, sqrt(rounding**2 + varies**2))
    return pattern


def rows_of(group: str) -> tuple[Row, ...]:
    """The rows of a deposit's group; empty where the table has none."""
    return _rows().get(group, ())


def misfit(lot: Pattern, shares: Mapping[str, float], without: frozenset[str] = frozenset()) -> Misfit | None:
    """How a lot departs from the mixture of deposits that it is said to be, or None where it does not.

    `lot` is oxide by element symbol in any unit, `shares` the share of the lot's oxides by deposit group, `without` the
    elements left out. None also where fewer than `FEWEST` oxides are known on both sides.
    """
    lot = {name: part for name, part in lot.items() if name not in without} if without else lot
    groups = [(rows_of(group), share) for group, share in shares.items() if share > 0]
    nearest: Misfit | None = None
    for rows in product(*(rows for rows, _share in groups)):
        declared = tuple((row, share) for row, (_rows, share) in zip(rows, groups, strict=True))
        found = _against(lot, declared)
        if found is None:
            continue
        if found.fit.distance <= found.threshold:
            return None
        if nearest is None or _relative(found) < _relative(nearest):
            nearest = found
    if nearest is None:
        return None
    return Misfit(nearest.rows, nearest.fit, nearest.threshold, nearest.worst, _closer(lot, nearest, shares))


def _relative(found: Misfit) -> float:
    return found.fit.distance / found.threshold


def _against(lot: Pattern, declared: tuple[tuple[Row, float], ...]) -> Misfit | None:
    # A mixture of one is that one, and most lots are.
    pattern = declared[0][0].pattern if len(declared) == 1 else mixed((share, row.pattern) for row, share in declared)
    common = [name for name in lot if name in pattern]
    whole = sum(lot[name].value for name in common)
    against = sum(pattern[name].value for name in common)
    if whole <= 0:
        return None
    # What is below the floor on one side is raised to it, on both sides left out.
    ours: dict[str, Part] = {}
    theirs: dict[str, Part] = {}
    for name in common:
        mine, other = lot[name], pattern[name]
        if mine.value >= FLOOR * whole or other.value >= FLOOR * against:
            ours[name] = mine if mine.value >= FLOOR * whole else Part(FLOOR * whole, mine.u)
            theirs[name] = other if other.value >= FLOOR * against else Part(FLOOR * against, other.u)
    if len(ours) < FEWEST:
        return None
    fit = compare(ours, theirs)
    threshold = chi_square(fit.freedom, SIGMAS)
    most = sorted(fit.apart, key=lambda name: -abs(fit.apart[name]))[:3] if fit.distance > threshold else ()
    worst = tuple((name, lot[name].value / whole, pattern[name].value / against) for name in most)
    return Misfit(declared, fit, threshold, worst, None)


def _closer(lot: Pattern, declared: Misfit, shares: Mapping[str, float]) -> Row | None:
    others = [
        (_relative(found), row)
        for group, rows in _rows().items()
        if group not in shares
        for row in rows
        if not row.doubtful
        and (found := _against(lot, ((row, 1.0),))) is not None
        and found.fit.freedom >= ENOUGH * declared.fit.freedom
    ]
    best = min(others, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] < min(1.0, CLEARLY * _relative(declared)) else None


class Broken(Struct, frozen=True):
    """A gate that a lot does not pass, where it stands, and the lot's ratio."""

    gate: Gate
    limit: float
    ratio: float


def broken(lot: Pattern, groups: tuple[str, ...]) -> Iterator[Broken]:
    """Gates that all the named deposits have and the lot does not pass, by 3 standard uncertainties of its ratio."""
    total = sum(part.value for part in lot.values())
    for gate in GATES:
        below = lot.get(gate.under)
        if below is None or below.value < LEAST_UNDER * total:
            continue
        limits = [_limit(gate, group) for group in groups]
        known = [limit for limit in limits if limit is not None]
        if not known or len(known) < len(limits):
            continue
        limit = max(known) if gate.above else min(known)
        if _beyond(lot, gate.over, gate.under, limit, above=gate.above) and (
            gate.also is None or _beyond(lot, *gate.also, above=True)
        ):
            yield Broken(gate, limit, lot[gate.over].value / below.value)


@lru_cache(maxsize=256)
def _limit(gate: Gate, group: str) -> float | None:
    """Where a gate stands for a deposit; None where it has none, or no row of it states both elements."""
    ratios = [
        row.pattern[gate.over].value / row.pattern[gate.under].value
        for row in rows_of(group)
        if gate.over in row.pattern and gate.under in row.pattern
    ]
    if not ratios:
        return None
    if gate.above:
        limit = max(gate.limit, MARGIN * max(ratios))
        return limit if limit <= gate.limit * MOVES else None
    limit = min(gate.limit, min(ratios) / MARGIN)
    return limit if limit >= gate.limit / MOVES else None


def _beyond(lot: Pattern, over: str, under: str, limit: float, *, above: bool) -> bool:
    one, other = lot.get(over), lot.get(under)
    if one is None or other is None or other.value <= 0:
        return False
    # By 3 of the ratio's own uncertainties, which is relative: at the limit, not at zero.
    room = 3 * sqrt(one.u**2 + other.u**2)
    ratio = one.value / other.value
    return ratio > limit * (1 + room) if above else ratio < limit * max(1 - room, 0.0)
