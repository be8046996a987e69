"""MASS: the balance of one event by contained element, with its uncertainty.

For an element e, MUF_e = inputs - outputs - declared losses ("material unaccounted for", IAEA Safeguards Glossary 2022, 6.43). A gain,
-MUF beyond 3 standard uncertainties, cannot be: material came in that nobody recorded. A loss is judged by the stage's recovery. Never
by gross mass, of which a concentrator's tailings are nine tenths; only the neutral stages, which change nothing, keep the whole mass.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from statistics import NormalDist

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Transform
from ledger.reference.forms import base
from ledger.reference.stages import NEUTRAL
from ledger.rules.content import GROSS, WASTE
from ledger.rules.figures import SIGMAS
from ledger.rules.history import History
from ledger.rules.lot import uncertainty
from ledger.rules.measure import Held, Portion, oxides, total

RARE = "rare earths"
"""The sum of all rare earths, as an element of a balance."""
OXIDES = "rare-earth oxides"
"""The same as oxides, where analyses give only the sum."""
TESTS = 4
"""So many elements are tested at 3 standard uncertainties each; more share the same false alarms among them."""


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
        composition = lot.composition if lot is not None and lot.born_of(fact) else output.composition
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
    return any(part.silent for part in parts.outputs)


@lru_cache(maxsize=64)
def sigmas(tests: int) -> float:
    """Standard uncertainties that make an alarm: 3, and more where more than four elements are tested at once.

    Bonferroni: the event's chance of a false alarm stays that of four tests at 3, one-sided 0.54 %.
    """
    normal = NormalDist()
    return float(SIGMAS) if tests <= TESTS else -normal.inv_cdf(normal.cdf(-SIGMAS) * TESTS / tests)
