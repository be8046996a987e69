"""MASS: the balance of one event by contained element, with its uncertainty.

For an element e, MUF_e = inputs - outputs - declared losses ("material unaccounted for", IAEA Safeguards Glossary 2022, 6.43). A gain,
-MUF beyond 3 standard uncertainties, cannot be: material came in that nobody recorded. A loss is judged by the stage's recovery. Never
by gross mass, of which a concentrator's tailings are nine tenths; only the neutral stages, which change nothing, keep the whole mass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Transform
from ledger.reference.recoveries import RECOVERIES
from ledger.reference.stages import NEUTRAL
from ledger.rules.catalogue import finding
from ledger.rules.content import GROSS
from ledger.rules.custody import SIGMAS, kg
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import uncertainty
from ledger.rules.measure import Held, Portion, oxides, total
from ledger.rules.passage import TRACE, base

RARE = "rare earths"
"""The sum of all rare earths, as an element of a balance."""
OXIDES = "rare-earth oxides"
"""The same as oxides, where analyses give only the sum."""
CONSTITUENTS = ("Fe", "B", "Co")
"""What a magnet needs besides rare earths; the law asks where it comes from (48 CFR 252.225-7052(b)(2), (b)(3))."""
COMPOSING = frozenset(
    {"alloy_melt", "powder", "press", "sinter", "bond", "gbd", "machine", "coat", "magnetize", "hpms"}
)
"""Stages at which a constituent that appears must have been an input."""
LITTLE = 0.005
CIRCUITS = frozenset({"crack_leach", "separate", "hydromet_recycled"})
"""Stages that keep stock from batch to batch; it has to be recorded as a lot to be an input."""
WASTE = frozenset({"residue", "swarf", "scrap"})
ELSEWHERE = 0.98
"""Least recovery at a stage that `stage_yields.csv` does not describe, and what a balance with its waste accounts for: handling loses
little. Our own estimate, for warnings alone."""
TESTS = 4
"""So many elements are tested at 3 standard uncertainties each; more share the same false alarms among them."""
SHOWN = 6


class Balance(Struct, frozen=True, gc=False):
    """One event's balance for one element, milligrams.

    Attributes:
        element: symbol, `rare earths` or `material` (the gross mass).
        brought: the most that the inputs can hold.
        made: the least that outputs and declared losses hold.
        product: what the outputs that are no waste are stated to hold.
        sigma: standard uncertainty of `made - brought`.
        known: whether every input states the element or cannot hold it.
        closed: whether besides no output leaves it open, so that a loss can be told.
        somewhere: whether some input states the element above zero.
        arrives: whether some output or loss states it, be it as zero.
        inputs, outputs: the parts, in order; losses stand after outputs.
    """

    element: str
    brought: float
    made: float
    product: float
    sigma: float
    known: bool
    closed: bool
    somewhere: bool
    arrives: bool
    inputs: tuple[Held, ...]
    outputs: tuple[Held, ...]


class Sides(Struct, frozen=True):
    """What went into an event and what came of it."""

    inputs: tuple[Portion, ...]
    outputs: tuple[Portion, ...]

    @property
    def stated(self) -> frozenset[str]:
        """Every rare earth that some part states."""
        return frozenset().union(*(part.rare_earths for part in (*self.inputs, *self.outputs)))


def sides(history: History, fact: Fact) -> Sides | None:
    """Both sides of a transform that was applied, compositions as they are in force now; None where an input is unknown or void.

    An output counts as its newest analysis says, since one that was made without is analysed after.
    """
    event = fact.event
    if not isinstance(event, Transform):
        return None
    tolerances = history.tolerances
    inputs: list[Portion] = []
    for draw in event.inputs:
        lot = history.lots.get(draw.lot)
        drawn = lot.draws.get(fact.hash) if lot is not None else None
        if lot is None or drawn is None or lot.void is not None:
            return None
        stated = draw.mass or lot.output.mass
        inputs.append(
            Portion(lot.id, drawn.mg, drawn.u_mg, stated.u_mg is not None, lot.output.form, drawn.composition)
        )
    outputs: list[Portion] = []
    for output in event.outputs:
        lot = history.lots.get(output.lot)
        composition = lot.composition if lot is not None and lot.born is fact else output.composition
        u_mg = uncertainty(output.mass, tolerances)
        declared = output.mass.u_mg is not None
        outputs.append(Portion(output.lot, output.mass.mg, u_mg, declared, output.form, composition))
    for loss in event.losses:
        u_mg = uncertainty(loss.mass, tolerances)
        outputs.append(Portion("", loss.mass.mg, u_mg, loss.mass.u_mg is not None, "residue", loss.composition))
    return Sides(tuple(inputs), tuple(outputs))


def strike(parts: Sides, element: str, *, neutral: bool, among: frozenset[str] = frozenset()) -> Balance:
    """The balance for one element; for `rare earths`, of the elements `among`.

    Analyses are independent measurements, but where a neutral stage restates the very figures of its input they are one and the same,
    and its error cancels.
    """

    def amounts(portions: Iterable[Portion]) -> tuple[Held, ...]:
        if element == OXIDES:
            return tuple([oxides(part) for part in portions])
        if element == RARE:
            return tuple([total(part, among) for part in portions])
        return tuple([part.held(element) for part in portions])

    inputs, outputs = amounts(parts.inputs), amounts(parts.outputs)
    shared: dict[object, float] = {}
    var = 0.0
    brought: float = 0
    made: float = 0
    product: float = 0
    known = closed = True
    somewhere = arrives = False
    # One loop a side: this runs for every element of every event.
    for place, item in enumerate(inputs):
        var += item.u_mass**2
        key: object = item.statement if neutral and item.statement is not None else (1.0, place)
        shared[key] = shared.get(key, 0.0) + item.u_analysis
        brought += item.high
        known = known and item.stated
        somewhere = somewhere or (item.stated and item.low > 0)
    for place, (part, item) in enumerate(zip(parts.outputs, outputs, strict=True)):
        made += item.low
        closed = closed and not item.open
        arrives = arrives or item.low > 0 or item.statement is not None
        if part.lot and not _waste(part.form):
            product += item.low
        if item.stated or element == RARE:  # else it counts as nothing in `made`, which is exact
            var += item.u_mass**2
            key = item.statement if neutral and item.statement is not None else (-1.0, place)
            shared[key] = shared.get(key, 0.0) - item.u_analysis
    analyses: float = 0
    for value in shared.values():
        analyses += value**2
    return Balance(
        element,
        brought=brought,
        made=made,
        product=product,
        sigma=(var + analyses) ** 0.5,
        known=known,
        closed=known and closed,
        somewhere=somewhere,
        arrives=arrives,
        inputs=inputs,
        outputs=outputs,
    )


@lru_cache(maxsize=4096)
def _waste(form: str) -> bool:
    return base(form) in WASTE


def balances(fact: Fact, parts: Sides) -> list[Balance]:
    """Every balance of an event that the analyses allow: each rare earth that is stated, their sum, and the mass at a neutral stage."""
    neutral = isinstance(fact.event, Transform) and fact.event.stage in NEUTRAL
    stated = parts.stated
    struck = [strike(parts, element, neutral=neutral) for element in sorted(stated)]
    if neutral:
        struck.append(strike(parts, GROSS, neutral=True))
    elif len(stated) > 1 and all(item.known for item in struck) and not _only_sums(parts):
        struck.append(strike(parts, RARE, neutral=False, among=stated))
    elif not struck or not all(item.known for item in struck) or _only_sums(parts):
        whole = strike(parts, OXIDES, neutral=False)
        if whole.known and whole.arrives:
            struck.append(whole)
    return struck


def _only_sums(parts: Sides) -> bool:
    """Whether some output states no rare earth by itself, so that the single elements' balances miss what it holds."""
    return any(part.mg and not part.rare_earths and not part.held("Nd").stated for part in parts.outputs)


@lru_cache(maxsize=64)
def sigmas(tests: int) -> float:
    """Standard uncertainties that make an alarm: 3, and more where more than four elements are tested at once.

    Bonferroni: the event's chance of a false alarm stays that of four tests at 3, one-sided 0.54 %.
    """
    normal = NormalDist()
    return float(SIGMAS) if tests <= TESTS else -normal.inv_cdf(normal.cdf(-SIGMAS) * TESTS / tests)


def judged(fact: Fact, parts: Sides, struck: Sequence[Balance]) -> Iterator[Finding]:
    """What the balances of one event say."""
    event = fact.event
    assert isinstance(event, Transform)  # noqa: S101  (`sides` has looked)
    neutral = event.stage in NEUTRAL
    limit = sigmas(len(struck))
    mass = sum(part.mg for part in parts.outputs)
    gained = False
    for item in struck:
        gain = item.made - item.brought
        if gain > limit * item.sigma + TRACE * mass:
            # A sum comes last, and adds nothing to what its elements have said.
            if item.element not in (RARE, OXIDES) or not gained:
                yield _gained(event, fact, parts, item, limit)
            gained = True
        elif item.arrives and item.element != RARE and (item.element != OXIDES or event.stage not in CIRCUITS):
            yield from _lost(event, fact, parts, item, limit)
    if not neutral:
        yield from _constituents(event, fact, parts)
        yield from _open(event, fact, parts, struck)


def _gained(event: Transform, fact: Fact, parts: Sides, item: Balance, limit: float) -> Finding:
    subject = f"event:{fact.hash}"
    what = "" if item.element == GROSS else f" of {item.element}"
    evidence = (fact.hash,)
    if not item.somewhere:
        return finding(
            "MASS-SOURCE",
            subject,
            f"{event.stage} at {event.site} makes {amount_of(item.made)}{what}, and no input is stated to hold any; "
            f"{_names(parts.inputs)} can hold {amount_of(item.brought)} at most",
            *evidence,
        )
    return finding(
        "MASS-GAIN",
        subject,
        f"{event.stage} at {event.site} makes {amount_of(item.made)}{what} of {amount_of(item.brought)} that went in: "
        f"{amount_of(item.made - item.brought)} more, {(item.made - item.brought) / item.sigma if item.sigma else 0:.1f} "
        f"standard uncertainties of {amount_of(item.sigma)}; the limit is {limit:.2f}"
        + ("; stock left in the circuit from before would be an input" if event.stage in CIRCUITS else ""),
        *evidence,
    )


def _lost(event: Transform, fact: Fact, parts: Sides, item: Balance, limit: float) -> Iterator[Finding]:
    """A loss needs both: less product than the stage yields, and more missing than the waste that was recorded explains."""
    if not item.closed or not item.brought:
        return
    if not item.made and item.brought < LITTLE * sum(part.mg for part in parts.outputs):
        return  # a stated zero of an impurity
    lost = item.brought - item.made
    if lost <= (1 - ELSEWHERE) * item.brought:
        return
    trace = limit * item.sigma + TRACE * sum(part.mg for part in parts.outputs)
    least = least_recovery(event.stage)
    if item.product < least * item.brought - trace and lost > (1 - ELSEWHERE) * item.brought + trace:
        what = "material" if item.element == GROSS else item.element
        yield finding(
            "MASS-LOSS",
            f"event:{fact.hash}",
            f"{event.stage} at {event.site}: of {amount_of(item.brought)} {what} the product holds {item.product / item.brought:.1%}, "
            f"where at least {least:.0%} is usual, and {amount_of(lost)} is in no output and no declared loss "
            f"(standard uncertainty {amount_of(item.sigma)})",
            fact.hash,
        )


@lru_cache(maxsize=64)
def least_recovery(stage: str) -> float:
    """The least share of an element that a stage's product is expected to hold, from `stage_yields.csv` (mostly unverified)."""
    return min([ELSEWHERE, *(float(row.low) for row in RECOVERIES.get(stage, ()))])


def _constituents(event: Transform, fact: Fact, parts: Sides) -> Iterator[Finding]:
    if event.stage not in COMPOSING:
        return
    mass = sum(part.mg for part in parts.outputs)
    named = {element for part in parts.outputs for element in part.stated}
    missing: list[str] = []
    for element in CONSTITUENTS:
        if element in named:
            item = strike(parts, element, neutral=False)
            gain = item.made - item.brought
            # Magnets hold 1 % of boron; cobalt and iron below that are impurities.
            if gain > SIGMAS * item.sigma + 10 * TRACE * mass:
                missing.append(f"{amount_of(gain)} of {element}")
    if event.stage == "alloy_melt" and not missing:
        whole = strike(parts, GROSS, neutral=False)
        grown = whole.made - whole.brought
        if grown > SIGMAS * whole.sigma + 0.01 * whole.brought:
            missing.append(f"{amount_of(grown)} of material")
    if missing:
        yield finding(
            "MASS-CONSTITUENT",
            f"event:{fact.hash}",
            f"{event.stage} at {event.site} makes {', '.join(missing)} more than any recorded input can hold",
            fact.hash,
        )


def _open(event: Transform, fact: Fact, parts: Sides, struck: Sequence[Balance]) -> Iterator[Finding]:
    """What of this event could not be balanced, and why."""
    reasons: list[str] = []
    blank = [
        part
        for part in (*parts.inputs, *parts.outputs)
        if part.mg and not part.rare_earths and not part.held("Nd").stated
    ]
    if blank:
        lots = [part.lot or "a loss" for part in blank]
        reasons.append(f"no rare earth is stated of {_list(lots)}")
    else:
        silent = [item.element for item in struck if item.somewhere and not item.arrives]
        if silent:
            reasons.append(f"in no output's analysis: {_list(silent)}")
        half = [
            item.element for item in struck if not item.closed and item.arrives and item.element not in (RARE, OXIDES)
        ]
        if half:
            reasons.append(f"not in every analysis: {_list(half)}")
    if reasons or not struck:
        yield finding(
            "DATA-BALANCE",
            f"event:{fact.hash}",
            f"{event.stage} at {event.site} is not balanced in full: " + ("; ".join(reasons) or "nothing is stated"),
            fact.hash,
        )


def amount_of(mg: float) -> str:
    """Milligrams as kilograms, to five significant digits and no finer than 1 mg."""
    step = 10 ** max(len(str(int(abs(mg)))) - 5, 0)
    return kg(round(mg / step) * step)


def _names(portions: Sequence[Portion]) -> str:
    return _list([part.lot for part in portions])


def _list(words: Sequence[str]) -> str:
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more
