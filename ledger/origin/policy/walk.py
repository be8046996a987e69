"""A lot's ancestry as a policy reads it: which lot passed which stage where, and which elements it can carry.

Presence is decided on the graph and never on a share. An element that a composition does not list is not an element that
is absent: only a measured zero, a full listing, or a form that bears none says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Declare, Event, Extract, Recover, Transform
from ledger.model.quantity import Composition
from ledger.origin.china import counting
from ledger.origin.policy.kin import Kin, relatives, said_of
from ledger.origin.policy.material import ABSENT, CERTAIN, POSSIBLE, ROOM, bears, level, trace_iron
from ledger.origin.trace import Parent, Trace
from ledger.reference.forms import base
from ledger.reference.stages import NEUTRAL, STAGES
from ledger.reference.words import named
from ledger.rules.content import elements_of
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.provenance import MAYBE, NOT_KNOWN, mined_in, places_of, stated_origin

__all__ = ["ABSENT", "CERTAIN", "POSSIBLE", "ROOM", "Step", "Walk", "level"]
IN_FORM: Mapping[str, frozenset[str]] = dict.fromkeys(
    ("strip-cast", "powder", "compact", "block", "magnet-ndfeb", "magnet-smco"),
    frozenset({"Nd", "Fe", "B", "Sm", "Co"}),
)
"""Forms of magnet material: a composition that denies the magnet's own elements leaves it open at best."""
PARTING = frozenset(
    {"beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce", "hydromet_recycled", "dismantle"}
)
"""Stages that part elements; after any other, what an input is stated to hold is in what came out."""

UNMAKING = frozenset(
    {"crack_leach", "separate", "metal_reduce", "alloy_melt", "hydromet_recycled", "hpms", "mill_recycled"}
)
"""Stages after which a magnet is none any more."""


class Step(Struct, frozen=True):
    """One stage that one lot passed.

    Attributes:
        lot: the lot.
        stage: a stage code.
        places: country codes or `unknown`; several where site, event and deposit disagree. `?CN` goes with `unknown`, and says
            where a site's position lies that is stated to be elsewhere.
        fact: the event that says so.
        word: `recorded`, or `declared` where it is somebody's statement about what was before the ledger.
        disguised: a neutral stage that changed the form, which is processing of an unnamed kind.
    """

    lot: str
    stage: str
    places: tuple[str, ...]
    fact: Fact
    word: str
    disguised: bool = False


class Walk:
    """The ancestry of one lot.

    Attributes:
        history, trace: what was walked.
        steps: every stage of every lot, parents before children; of the neutral ones those that change a form, and blending.
        kin: lots beside it that are of the same material.
    """

    def __init__(self, history: History, trace: Trace) -> None:
        """Walk the ancestry once; element levels are worked out when they are asked for."""
        self.history = history
        self.trace = trace
        self._steps_of = {name: tuple(_steps(history, trace, name)) for name in trace.lots}
        self.steps = tuple(step for steps in self._steps_of.values() for step in steps)
        self._uses: dict[str, set[str]] = {}
        for name in trace.lots:
            for parent in trace.parents[name]:
                if parent.lot is not None:
                    self._uses.setdefault(parent.lot, set()).add(self._stage(name))
        self.kin = relatives(history, trace)
        self._said_of_kin: dict[str, list[tuple[Kin, list[tuple[dict[str, float], str]]]]] = {}
        for item in self.kin:
            said = [(elements_of(told), event) for told, event in said_of(history, history.lots[item.lot])]
            self._said_of_kin.setdefault(item.of, []).append((item, said))
        self._told: dict[tuple[str, str], list[tuple[float, str, str]]] = {}
        # Asked again by every reading, branch and rule; a walk never changes.
        self._denials: dict[str, frozenset[str]] = {}
        self._draws: dict[tuple[int, str], int] = {}
        self._levels: dict[tuple[str, frozenset[str]], Mapping[str, int]] = {}

    @property
    def everything(self) -> frozenset[str]:
        """Every lot of the ancestry."""
        return frozenset(self.trace.lots)

    def form(self, lot: str) -> str:
        """The listed form of a lot, or its own words where none is listed."""
        return base(self.history.lots[lot].output.form)

    def items(self, forms: Collection[str]) -> frozenset[str]:
        """The lots of the ancestry that are of one of these listed forms."""
        return frozenset(name for name in self.trace.lots if self.form(name) in forms)

    def made_of(self, forms: Collection[str]) -> bool:
        """Whether the asked lot was made of lots of these forms that nothing has dissolved or melted on the way."""
        todo, seen = [self.trace.lot.id], set[str]()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if self.form(name) in forms:
                return True
            if self._stage(name) not in UNMAKING:
                todo += [parent.lot for parent in self.trace.parents[name] if parent.lot is not None]
        return False

    def above(self, items: Collection[str]) -> frozenset[str]:
        """`items` and what they were made from."""
        found = set(items)
        for name in reversed(self.trace.lots):
            if name in found:
                found.update(parent.lot for parent in self.trace.parents[name] if parent.lot is not None)
        return frozenset(found)

    def below(self, items: Collection[str]) -> frozenset[str]:
        """What was made from `items` on the way to the asked lot, themselves left out."""
        found = set(items)
        for name in self.trace.lots:
            if any(parent.lot in found for parent in self.trace.parents[name]):
                found.add(name)
        return frozenset(found) - frozenset(items)

    def uses(self, lot: str) -> frozenset[str]:
        """The stages that took from a lot on the way to the asked lot."""
        return frozenset(self._uses.get(lot, ()))

    def steps_of(self, lot: str) -> tuple[Step, ...]:
        """The steps of one lot of the ancestry; none of others."""
        return self._steps_of.get(lot, ())

    def scope(self, items: Collection[str]) -> frozenset[str]:
        """What `items` were made from, the items, and what was made from them."""
        return self.above(items) | self.below(items)

    def levels(self, element: str, scope: frozenset[str]) -> Mapping[str, int]:
        """How surely each lot of `scope` carries an element that can reach the asked lot; lots that cannot are left out."""
        key = (element, scope)
        if key not in self._levels:
            self._levels[key] = self._reach(element, scope)
        return self._levels[key]

    def _reach(self, element: str, scope: frozenset[str]) -> Mapping[str, int]:
        asked = self.trace.lot
        own = level(asked.mass_mg, asked.composition, asked.output.form, element)
        denied = self._denied(element)
        # A zero stated of the asked lot is not taken for the absence of what its inputs are said to hold.
        reached, most = {asked.id: max(own, ROOM)}, {asked.id: CERTAIN}
        for name in reversed(self.trace.lots):
            if name not in reached:
                continue
            # Where elements are parted and the lot is said to hold none, its inputs may have lost theirs elsewhere.
            limit = min(most[name], ROOM) if name in denied and self._stage(name) in PARTING else most[name]
            for parent in self.trace.parents[name]:
                if parent.lot is None or parent.lot not in scope:
                    continue
                found = self._drawn(parent, self.history.lots[parent.lot], element)
                found = min(max(found, ROOM if parent.lot in denied else ABSENT), limit)
                if found:
                    reached[parent.lot] = max(reached.get(parent.lot, ABSENT), found)
                    most[parent.lot] = max(most.get(parent.lot, ABSENT), limit)
        if len(reached) == 1:
            reached[asked.id] = own
        return {name: found for name, found in reached.items() if found and name in scope}

    def _stage(self, name: str) -> str:
        event = self.history.lots[name].born.event
        return event.stage if isinstance(event, Transform) else ""

    def _denied(self, element: str) -> frozenset[str]:
        """Lots that are said to hold none of an element which their inputs are said to hold, and no other output took it."""
        if element not in self._denials:
            self._denials[element] = self._deny(element)
        return self._denials[element]

    def _deny(self, element: str) -> frozenset[str]:
        found: set[str] = set()
        for name in self.trace.lots:
            lot = self.history.lots[name]
            event = lot.born.event
            if not isinstance(event, Transform) or level(lot.mass_mg, lot.composition, lot.output.form, element) > ROOM:
                continue
            came = any(
                parent.lot is not None
                and (parent.lot in found or self._drawn(parent, self.history.lots[parent.lot], element) == CERTAIN)
                for parent in self.trace.parents[name]
            )
            others = [self.history.lots.get(output.lot) for output in event.outputs if output.lot != name]
            took = event.stage in PARTING and any(
                other is not None and level(other.mass_mg, other.composition, other.output.form, element) == CERTAIN
                for other in others
            )
            if came and not took:
                found.add(name)
        return frozenset(found)

    def _drawn(self, parent: Parent, stands: Lot, element: str) -> int:
        """How surely what was drawn carries an element, by the composition at the draw and by whatever else is said of the lot."""
        key = (id(parent), element)  # the trace keeps its parents as long as the walk lives
        if key not in self._draws:
            self._draws[key] = self._draw_level(parent, stands, element)
        return self._draws[key]

    def _draw_level(self, parent: Parent, stands: Lot, element: str) -> int:
        drawn = parent.drawn
        found = level(drawn.mg, drawn.composition, self.history.lots[drawn.lot].output.form, element)
        if stands.composition is not None:
            # What was measured since, or what the replacement of a retracted lot says, counts as well.
            found = max(found, level(drawn.mg, stands.composition, stands.output.form, element))
        by_name = element in IN_FORM.get(self.form(stands.id), ()) or element in named(stands.output.form)
        if found < ROOM and (by_name or self._ever_stated(stands, element)):
            return ROOM
        return found

    def statements(self, lot: Lot) -> list[Composition]:
        """Every composition that is said of a lot and stands, whatever a later one says: at creation, by analysis, in force."""
        said = [composition for composition, _event in said_of(self.history, lot)]
        return [lot.composition, *said] if lot.composition is not None else said

    def most_stated(self, name: str, element: str) -> float:
        """The greatest mass fraction of an element that any statement about a lot gives; 0 where none does."""
        lot = self.history.lots[name]
        return max((elements_of(said).get(element, 0.0) for said in self.statements(lot)), default=0.0)

    def _ever_stated(self, lot: Lot, element: str) -> bool:
        return any(
            elements_of(said).get(element, 0.0) > 0 and not (element == "Fe" and trace_iron(said, lot.output.form))
            for said in self.statements(lot)
        ) or bool(self.said_of_kin(lot.id, element))

    def said_of_kin(self, name: str, element: str) -> Collection[tuple[float, str, str]]:
        """(mass fraction, lot, event) for each statement of an element about lots of the same material that nothing else explains."""
        key = (name, element)
        if key not in self._told:
            lots = self.history.lots
            self._told[key] = [
                (share, item.lot, event)
                for item, said in self._said_of_kin.get(name, ())
                if not any(other in lots and self._may_bring(lots[other], element) for other in item.joined)
                for stated, event in said
                if (share := stated.get(element, 0.0)) > 0
            ]
        return self._told[key]

    def _may_bring(self, lot: Lot, element: str) -> bool:
        return level(lot.output.mass.mg, lot.composition, lot.output.form, element) >= POSSIBLE

    def sources(self, element: str, scope: frozenset[str]) -> list[str]:
        """The lots with which an element entered the ledger: stated, or not measured in a form that bears it."""
        levels = self.levels(element, scope)
        found = []
        for name, carried in levels.items():
            lot = self.history.lots[name]
            if isinstance(lot.born.event, Transform) or carried < POSSIBLE:
                continue
            if carried == CERTAIN or lot.output.composition is not None or bears(lot.output.form, element):
                found.append(name)
        return found

    def shipments(self) -> Iterator[tuple[str, Fact]]:
        """(lot, fact) for each `ship` of the ancestry that moved what reached the asked lot."""
        for name in self.trace.lots:
            for fact in counting(self.history, self.history.lots[name], self.trace.until[name]):
                if fact.event.type == "ship":
                    yield name, fact


def _steps(history: History, trace: Trace, name: str) -> Iterator[Step]:
    lot = history.lots[name]
    fact = counting(history, lot, trace.until[name])[0]
    event = fact.event
    match event:
        case Extract():
            yield Step(name, "mine", _open(mined_in(history, event)), fact, "recorded")
        case Declare() | Recover():
            stated = stated_origin(event, lot.output.form)
            for stage in STAGES:
                if stage in stated:
                    yield Step(name, stage, (stated[stage],), fact, "declared")
            if isinstance(event, Recover):
                yield Step(name, "collect", _at(history, event), fact, "recorded")
        case Transform() if event.stage not in NEUTRAL:
            yield Step(name, event.stage, _at(history, event), fact, "recorded")
        case Transform() if lot.passage.reformed or lot.passage.renamed:
            yield Step(name, event.stage, _at(history, event), fact, "recorded", disguised=True)
        case Transform() if event.stage == "blend":
            yield Step(name, event.stage, _at(history, event), fact, "recorded")


def _at(history: History, event: Event) -> tuple[str, ...]:
    return _open(places_of(history, event))


def _open(places: Collection[str]) -> tuple[str, ...]:
    """Places in order; where one only may be, it is not known which it was."""
    doubtful = any(where.startswith(MAYBE) for where in places)
    return tuple(sorted({*places, NOT_KNOWN} if doubtful else places))
