"""What does not separate does not change the ratios between rare earths; and separation that keeps Pr with Nd keeps theirs.

Two sides of one event are compared, each the mass-weighted sum of its lots. An element that a lot does not list is not
zero there: it is anything up to the room that the composition leaves, so each side holds an interval of every element, and
a ratio is only odd where no values within the intervals explain it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log, log1p, sqrt

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Transform
from ledger.reference.elements import RARE_EARTHS, oxide_factor
from ledger.reference.forms import base
from ledger.reference.stages import NEUTRAL
from ledger.reference.words import may_bear_rare_earths
from ledger.rules.analysis import Analyses, Analysis, formula
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.pattern import sigmas

FLOOR = 0.001
"""Share of a side's rare-earth oxides below which amounts are not told apart."""
BOOKED = ("mass_balance", "book_and_claim")
"""Custody models (ISO 22095) under which what leaves need not be what entered."""
BY_PRODUCTS = ("residue", "swarf", "scrap", "slag")
HEAVY = frozenset({"Y", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu"})
"""What xenotime and its like hold, and monazite and bastnaesite hardly: dressing recovers the two differently."""
VOLATILE = frozenset({"Sm", "Eu", "Tm", "Yb"})
"""Of the rare-earth metals, those whose vapour pressure makes them leave a melt."""
NOBODY: frozenset[str] = frozenset()


class Tolerance(Struct, frozen=True):
    """What a stage may do to a ratio, relative: `plain`, `heavy` where one of `HEAVY` is in it; `without` is not compared."""

    plain: float = 0.02
    heavy: float = 0.02
    without: frozenset[str] = NOBODY


_KEEPS = Tolerance()
_MELTS = Tolerance(0.03, 0.03, VOLATILE)
STAGES: Mapping[str, Tolerance] = {
    # Minerals float differently; and cerium, oxidised to Ce(IV), stays behind at leaching, on purpose or not.
    "beneficiate": Tolerance(0.15, 0.75),
    "crack_leach": Tolerance(0.15, 0.30, frozenset({"Ce"})),
    "metal_reduce": _MELTS,
    "alloy_melt": _MELTS,
    "sinter": Tolerance(without=VOLATILE),
    **dict.fromkeys(("oxide_to_halide", "powder", "press", "bond", "machine", "coat", "magnetize", *NEUTRAL), _KEEPS),
}
"""Stages that do not separate."""
FROM_ORE = Tolerance(0.50, 0.50, frozenset({"Ce"}))
"""Leaching of ore as mined, an ion-adsorption clay's for one: only what is on the clay dissolves, the rest is in the rock."""
TOGETHER = frozenset({"Pr", "Nd"})
JOINT = Tolerance(0.05, 0.05)
"""Pr and Nd through solvent extraction that does not part them: the cut at Ce costs some Pr, the cut at Sm some Nd."""
PRODUCT = 0.5
"""Share of a product's rare-earth oxides that Pr and Nd must be together: a raffinate's traces are parted by every cut."""
PART_OF = 0.05
"""Share of Pr in Pr + Nd, and of Nd, from which a product holds both."""
ASTRAY = 0.02
"""Share of an event's Pr, or Nd, that may be in products that do not hold both."""


class Side(Struct, frozen=True):
    """The rare earths of one side of an event, as oxides in mg.

    Attributes:
        low, high: at least and at most, by element that some lot of the side lists.
        u: relative standard uncertainty of `low`.
        room: how much there can be of an element that none lists, as element.
        total: sum of `low`.
    """

    low: Mapping[str, float]
    high: Mapping[str, float]
    u: Mapping[str, float]
    room: float
    total: float


class Odd(Struct, frozen=True):
    """The ratio that changed most: element symbols, its value before and after, what noise may do, how far it is beyond."""

    over: str
    under: str
    before: float
    after: float
    sigma: float
    tests: int
    beyond: float


def side(parts: Iterable[tuple[int, Analysis]]) -> Side:
    """Sum up (mg, analysis). Uncertainties add up linearly: one laboratory's analyses share its errors (JCGM 100:2008, 5.2.2)."""
    low: dict[str, float] = {}
    spread: dict[str, float] = {}
    listed: dict[str, float] = {}
    room = 0.0
    for mg, analysis in parts:
        room += mg * analysis.room
        for name, part in analysis.parts.items():
            low[name] = low.get(name, 0.0) + mg * part.value
            spread[name] = spread.get(name, 0.0) + mg * part.value * part.u
            listed[name] = listed.get(name, 0.0) + mg * analysis.room
    return Side(
        low=low,
        high={name: value + max(room - listed[name], 0.0) * oxide_factor(name) for name, value in low.items()},
        u={name: spread[name] / value if value else 0.0 for name, value in low.items()},
        room=room,
        total=sum(low.values()),
    )


def odd(before: Side, after: Side, tolerance: Tolerance, only: frozenset[str] = RARE_EARTHS) -> Odd | None:
    """The ratio that differs most between two sides, beyond `tolerance` and 3 sigma, Bonferroni over all pairs; else None."""
    if not before.total or not after.total:
        return None
    # Of a ratio, the one is at least so much above what was, the other at most.
    ups: list[tuple[str, float, float]] = []
    downs: list[tuple[str, float, float]] = []
    names: set[str] = set()
    for name in sorted((before.low.keys() | after.low.keys()) & only - tolerance.without):
        was, most = _interval(before, name)
        is_now, may_be = _interval(after, name)
        variance = before.u.get(name, 0.0) ** 2 + after.u.get(name, 0.0) ** 2
        if is_now:
            ups.append((name, log(is_now / most), variance))
            names.add(name)
        if was and name in after.low:
            downs.append((name, log(may_be / was), variance))
            names.add(name)
    if len(names) < 2 or not ups or not downs:  # noqa: PLR2004  (a ratio takes two)
        return None
    tests = len(names) * (len(names) - 1) // 2
    widest = max(up for _name, up, _v in ups) - min(down for _name, down, _v in downs)
    least = sqrt(min(v for _name, _up, v in ups) + min(v for _name, _down, v in downs))
    if widest <= log1p(tolerance.plain) + sigmas(tests) * least:
        return None
    found: Odd | None = None
    for over, up, u_over in ups:
        for under, down, u_under in downs:
            if over == under:
                continue
            sigma = sqrt(u_over + u_under)
            let = tolerance.heavy if over in HEAVY or under in HEAVY else tolerance.plain
            beyond = up - down - log1p(let) - sigmas(tests) * sigma
            if beyond > 0 and (found is None or beyond > found.beyond):
                was = _interval(before, over)[1] / _interval(before, under)[0]
                now = _interval(after, over)[0] / _interval(after, under)[1]
                found = Odd(over, under, was, now, sigma, tests, beyond)
    return found


def _interval(of: Side, name: str) -> tuple[float, float]:
    """At least and at most; what is below the floor is anything from nothing to the floor."""
    floor = FLOOR * of.total
    low = of.low.get(name, 0.0)
    high = of.high[name] if name in of.high else of.room * oxide_factor(name)
    return (low if low >= floor else 0.0), max(high, floor)


def changed(history: History, fact: Fact, analyses: Analyses) -> Iterator[Finding]:
    """COMP-PATTERN and COMP-PRND about one event, by compositions in force: at the draw, and of what it made, now."""
    event = fact.event
    if not isinstance(event, Transform) or event.custody_model in BOOKED:
        return
    tolerance = STAGES.get(event.stage)
    if tolerance is None and event.stage != "separate":
        return
    made = [lot for output in event.outputs if (lot := history.lots.get(output.lot)) and lot.born_of(fact)]
    made = [lot for lot in made if not is_by_product(lot.output.form) and may_bear_rare_earths(lot.output.form)]
    if event.stage in NEUTRAL:
        made = [lot for lot in made if not follows(lot)]
    if not made:
        return
    went_in = _inputs(history, event, fact, analyses)
    if went_in is None:
        return
    if event.stage == "crack_leach" and any(base(history.lots[draw.lot].output.form) == "ore" for draw in event.inputs):
        tolerance = FROM_ORE
    if tolerance is None:
        yield from _joint(fact, went_in, made, analyses)
    elif event.stage in NEUTRAL:
        # Nothing can make the parts of a lot differ.
        for lot in made:
            yield from _persistent(fact, event.stage, went_in, [lot], tolerance, analyses)
    else:
        yield from _persistent(fact, event.stage, went_in, made, tolerance, analyses)


def _inputs(history: History, event: Transform, fact: Fact, analyses: Analyses) -> Side | None:
    """What went in; None where a lot is void or not there, or does not say what rare earths it holds though it may."""
    parts: list[tuple[int, Analysis]] = []
    for draw in event.inputs:
        lot = history.lots.get(draw.lot)
        drawn = lot.draws.get(fact.hash) if lot is not None and lot.void is None else None
        if lot is None or drawn is None:
            return None
        analysis = analyses.of(drawn.composition)
        if analysis is not None:
            parts.append((drawn.mg, analysis))
        elif may_bear_rare_earths(lot.output.form):
            return None
    return side(parts)


def follows(lot: Lot) -> bool:
    """Whether a lot's composition in force is reckoned from what went in and says nothing of its own."""
    return lot.mixes and lot.composition_by == lot.born.hash


def is_by_product(form: str) -> bool:
    """Residue, swarf, scrap or slag, which are not like what they come from."""
    return form.split("-", 1)[0] in BY_PRODUCTS


def _persistent(
    fact: Fact, stage: str, went_in: Side, made: Sequence[Lot], tolerance: Tolerance, analyses: Analyses
) -> Iterator[Finding]:
    stated = _stated(made, analyses)
    found = odd(went_in, side(stated), tolerance) if stated else None
    if found is not None:
        over, under = formula(found.over), formula(found.under)
        let = tolerance.heavy if {found.over, found.under} & HEAVY else tolerance.plain
        yield finding(
            "COMP-PATTERN",
            f"lot:{made[0].id}" if len(made) == 1 else f"event:{fact.hash}",
            f"{over}/{under} is {found.after:.3g} in {_named(made)} and {found.before:.3g} in what went into {stage}, which does not "
            f"separate: beyond {let:.0%} and {sigmas(found.tests):.1f} standard uncertainties of {found.sigma:.1%}",
            *_evidence(fact, made),
        )


def _joint(fact: Fact, went_in: Side, made: Sequence[Lot], analyses: Analyses) -> Iterator[Finding]:
    """Pr/Nd of products that hold both, where no product parts them."""
    stated = _stated(made, analyses)
    if not stated or any(not analysis.total for _mg, analysis in stated):
        return
    both = [(lot, mg, analysis) for lot, (mg, analysis) in zip(made, stated, strict=True) if _holds_both(analysis)]
    joint = side((mg, analysis) for _lot, mg, analysis in both)
    whole = side(stated)
    if not both or any(whole.low[name] - joint.low[name] > ASTRAY * whole.low[name] for name in TOGETHER):
        return
    found = odd(went_in, joint, JOINT, TOGETHER)
    if found is not None:
        lots = [lot for lot, _mg, _analysis in both]
        over, under = formula(found.over), formula(found.under)
        yield finding(
            "COMP-PRND",
            f"lot:{lots[0].id}" if len(lots) == 1 else f"event:{fact.hash}",
            f"{over}/{under} is {found.after:.3g} in {_named(lots)} and {found.before:.3g} in the feed, though no product parts the "
            f"two: beyond {JOINT.plain:.0%} and 3 standard uncertainties of {found.sigma:.1%}",
            *_evidence(fact, lots),
        )


def _holds_both(analysis: Analysis) -> bool:
    amounts = [analysis.parts[name].value if name in analysis.parts else 0.0 for name in TOGETHER]
    return min(amounts) > PART_OF * sum(amounts) >= PART_OF * PRODUCT * analysis.total


def _stated(made: Sequence[Lot], analyses: Analyses) -> list[tuple[int, Analysis]]:
    """(mg, analysis) of each lot as made; empty where one does not say what it holds."""
    found = [(lot.output.mass.mg, analyses.of(lot.composition)) for lot in made]
    stated = [(mg, analysis) for mg, analysis in found if analysis is not None]
    return stated if len(stated) == len(found) else []


def _named(lots: Sequence[Lot]) -> str:
    return f"lot {lots[0].id}" if len(lots) == 1 else f"lots {lots[0].id} to {lots[-1].id} together"


def _evidence(fact: Fact, lots: Sequence[Lot]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((fact.hash, *(lot.composition_by for lot in lots))))
