"""Where a lot comes from: its ancestry walked back, its elements' shares carried forward (DESIGN.md section 6, "Origin").

Costs what the ancestry costs. Presence is decided on the graph: a lot is in the ancestry or it is not, whatever the shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ledger.errors import UsageError
from ledger.model.entry import Fact, Place
from ledger.model.events import Declare, Extract, Recover, Transform
from ledger.model.quantity import Composition
from ledger.origin.china import AT_EVENT, afterwards, at_creation, with_event
from ledger.origin.lens import CHINA, Lens
from ledger.origin.shares import CLEAN, DARK, WHOLE, Origin, darkened, mix, performed, performed_unseen, weights
from ledger.reference.forms import implied_stages
from ledger.reference.stages import NEUTRAL, ORIGIN_STAGES
from ledger.rules.content import GROSS, Amount, amount, elements_of
from ledger.rules.history import History
from ledger.rules.lot import Drawn, Lot
from ledger.rules.passage import MINOR, TRACE, contained, excess, let_pass
from ledger.rules.provenance import NOT_KNOWN, joined, mined_in, places_of, stated_origin
from ledger.rules.replacement import standing

LOST = Origin(
    stages={stage: {NOT_KNOWN: WHOLE} for stage in ORIGIN_STAGES},
    declared={},
    ways=dict.fromkeys(AT_EVENT, DARK),
)
"""The origin of material whose creation was retracted and not replaced: nothing is known."""


HALF = 0.5
BOOKED = ("mass_balance", "book_and_claim")
"""Custody models (ISO 22095) under which what leaves a site need not be what entered it."""


def booked(mixed: Origin) -> Origin:
    """Origin under mass balance or book and claim: bookkeeping, so every place is unknown.

    Known Chinese shares stay in the books; what left may hold none of it, or nothing else.
    """
    ways = {way: (known, 1.0 - known, 0.0, 1.0) for way in AT_EVENT for known in (mixed.ways.get(way, CLEAN)[0],)}
    return Origin(LOST.stages, {}, ways, estimated=True)


class Parent(Struct, frozen=True):
    """An input of a lot's creating event: what was drawn, and the lot that stands for it (None where it is void)."""

    drawn: Drawn
    lot: str | None


class Trace(Struct, frozen=True):
    """A lot's ancestry and where its elements come from.

    Attributes:
        lot: the asked lot.
        lots: the ancestry, parents before children, the asked lot last.
        parents: inputs of each lot in the ancestry.
        until: for each lot, the place of the last draw that feeds the asked lot; events after it do not count. None: all.
        elements: symbols asked, those of the lot's composition in force or, without one, those upstream; `material`, traced
            by gross mass, where no composition names any.
        fractions: mass fraction of each element in the lot; empty where no composition is in force.
        origins: by element.
        passing: by lot and element, the share of the asked lot's element that came by way of that lot.
    """

    lot: Lot
    lots: tuple[str, ...]
    parents: Mapping[str, tuple[Parent, ...]]
    until: Mapping[str, Place | None]
    elements: tuple[str, ...]
    fractions: Mapping[str, float]
    origins: Mapping[str, Origin]
    passing: Mapping[str, Mapping[str, float]]

    def events(self, history: History) -> Iterator[tuple[str, Fact]]:
        """(lot, fact) for every event on the ancestry up to the draws, not void, in log order, each event once."""
        seen: dict[str, tuple[str, Fact]] = {}
        for name in self.lots:
            end, lot = self.until[name], history.lots[name]
            for fact in lot.facts:
                counts = end is None or fact.place <= end or lot.born_of(fact)
                if counts and fact.hash not in history.voided:
                    seen.setdefault(fact.hash, (name, fact))
        yield from sorted(seen.values(), key=lambda pair: pair[1].place)


def trace(history: History, name: str, also: Iterable[str] = (), *, asked: Lens = CHINA) -> Trace:
    """Trace one lot.

    `also` are elements to trace although its composition does not list them; `asked` is what `Origin.ways` speaks of.

    Raises:
        UsageError: no such lot.
    """
    lot = history.lots.get(name)
    if lot is None:
        raise UsageError(f"there is no lot {name!r}; `monazite lot list` shows them")
    parents, until, order = _ancestry(history, lot)
    stated = elements_of(lot.composition)
    # An element measured as zero is not there, so there is nothing of it to ask for.
    elements = tuple(element for element, share in stated.items() if share > 0) or _upstream(history, order) or (GROSS,)
    elements += tuple(sorted(set(also) - set(elements)))
    run = _Shares(history, parents, asked)
    for ancestor in order:
        run.take(history.lots[ancestor], elements)
    since = afterwards(history, lot, None, asked)
    return Trace(
        lot=lot,
        lots=tuple(order),
        parents=parents,
        until=until,
        elements=elements,
        fractions=stated,
        origins={
            element: darkened(with_event(run.origins[name, element], since), lot.excess, LOST) for element in elements
        },
        passing=_passing(order, parents, run.brought, elements),
    )


def _ancestry(history: History, lot: Lot) -> tuple[dict[str, tuple[Parent, ...]], dict[str, Place | None], list[str]]:
    """Parents of each lot in the ancestry, up to which place its events count, and an order with parents first.

    A replacement may be younger than what descends from the event it replaces, and even descend from it; a parent that is
    its own descendant says nothing and counts as unknown.
    """
    parents: dict[str, tuple[Parent, ...]] = {}
    until: dict[str, Place | None] = {lot.id: None}
    order: list[str] = []
    done: set[str] = set()
    todo = [lot.id]
    while todo:
        name = todo[-1]
        child = history.lots[name]
        if name not in parents:
            parents[name] = () if child.void is not None else tuple(_inputs(history, child))
            waiting = [parent.lot for parent in parents[name] if parent.lot is not None and parent.lot not in parents]
            todo += reversed(waiting)
            continue
        todo.pop()
        if name in done:
            continue
        # A parent that is not done by now waits for this lot, or is this lot: an ancestor that is a descendant as well.
        parents[name] = tuple(Parent(item.drawn, None) if item.lot not in done else item for item in parents[name])
        done.add(name)
        order.append(name)
    for name in reversed(order):
        for parent in parents[name]:
            if parent.lot is not None:
                born = history.lots[name].born.place
                last = until.get(parent.lot, born)
                until[parent.lot] = None if last is None else max(last, born)
    return parents, until, order


def _inputs(history: History, child: Lot) -> Iterator[Parent]:
    for draw in child.born.event.draws:
        source = history.lots.get(draw.lot)
        if source is None:
            continue
        drawn = source.draws.get(child.born.hash) or Drawn(
            source.id, draw.mass.mg if draw.mass else 0, 0, source.composition
        )
        stands = standing(history, source)
        yield Parent(drawn, stands.id if stands is not None else None)


def _upstream(history: History, order: list[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in order:
        found.update(dict.fromkeys(elements_of(history.lots[name].composition)))
    return tuple(found)


class _Shares:
    """Origins carried forward, lot by lot."""

    def __init__(self, history: History, parents: Mapping[str, tuple[Parent, ...]], asked: Lens) -> None:
        self.history = history
        self.asked = asked
        self.parents = parents
        self.origins: dict[tuple[str, str], Origin] = {}
        self.brought: dict[tuple[str, str], tuple[float, ...]] = {}
        self._since: dict[tuple[str, Place, int], Origin] = {}
        self._ways: dict[tuple[str, Place], Mapping[str, str]] = {}

    def take(self, lot: Lot, elements: tuple[str, ...]) -> None:
        """Work out one lot, whose parents were taken before."""
        event = lot.born.event
        if lot.void is not None:
            for element in elements:
                self.origins[lot.id, element] = LOST
            return
        ways = at_creation(self.history, lot, self.asked)
        implied = implied_stages(lot.output.form)
        if not isinstance(event, Transform):
            source = with_event(performed_unseen(self._source(lot), implied, lot.passage.gap), ways)
            for element in elements:
                self.origins[lot.id, element] = source
            return
        place = joined(places_of(self.history, event))
        mass = sum(output.mass.mg for output in event.outputs)
        made_mg = contained(self._made(event))
        # Elements that come in equal proportions from equal origins share one result; most lots have one or two.
        made: dict[tuple[object, ...], Origin] = {}
        for element in elements:
            amounts = self._amounts(lot, element)
            ranges, estimated = weights(amounts, [item.drawn.mg for item in self.parents[lot.id]])
            parts = self._parts(lot, element)
            had = made_mg.get(element, 0.0)
            if not any(item.high for item in amounts) and 0 < had <= let_pass(element, event.stage) * mass:
                # A trace that no input can hold came with them, or from the furnace: it is asked where they came from.
                ranges = [(float(item.drawn.mg),) * 3 for item in self.parents[lot.id]]
                parts, estimated = self._mainly(lot, elements, parts), True
            total = sum(mid for _low, mid, _high in ranges)
            self.brought[lot.id, element] = tuple(mid / total if total else 0.0 for _low, mid, _high in ranges)
            unseen = excess(had, mass, sum(item.high for item in amounts), let_pass(element, event.stage))
            key = (*(id(part) for part in parts), *ranges, estimated, unseen)
            if key not in made:
                mixed = mix(parts, ranges, estimated=estimated) if total else LOST
                if event.custody_model in BOOKED:
                    mixed = booked(mixed)
                stages = mixed.stages if event.stage in NEUTRAL else performed(mixed.stages, event.stage, place)
                passed = Origin(stages, mixed.declared, mixed.ways, mixed.estimated)
                passed = performed_unseen(
                    darkened(passed, max(unseen, lot.passage.excess), LOST), implied, lot.passage.gap
                )
                made[key] = with_event(passed, ways)
            self.origins[lot.id, element] = made[key]

    def _parts(self, lot: Lot, element: str) -> list[Origin]:
        inputs = self.parents[lot.id]
        return [LOST if item.lot is None else self._moved(item, element, lot.born.place) for item in inputs]

    def _mainly(self, lot: Lot, elements: tuple[str, ...], otherwise: list[Origin]) -> list[Origin]:
        """The origins of what each input mainly is, of the elements asked."""
        found: list[Origin] = []
        for item, part in zip(self.parents[lot.id], otherwise, strict=True):
            stated = elements_of(item.drawn.composition)
            most = max(elements, key=lambda element: stated.get(element, 0.0), default="")
            known = item.lot is not None and stated.get(most, 0.0) > 0
            found.append(self._moved(item, most, lot.born.place) if known else part)
        return found

    def _amounts(self, lot: Lot, element: str) -> list[Amount]:
        found: list[Amount] = []
        for item in self.parents[lot.id]:
            source = self.history.lots[item.drawn.lot]
            composition = item.drawn.composition
            if element in denied(self.history, source, composition):
                composition = None
            found.append(amount(item.drawn.mg, composition, source.output.form, element))
        return found

    def _made(self, event: Transform) -> list[tuple[int, Composition | None]]:
        """Mass and composition of every output: as stated, or as measured since where that is in force."""
        made: list[tuple[int, Composition | None]] = []
        for output in event.outputs:
            lot = self.history.lots.get(output.lot)
            made.append((output.mass.mg, lot.composition if lot is not None else output.composition))
        return made

    def _moved(self, item: Parent, element: str, place: Place) -> Origin:
        """The origin of what was drawn, with what happened to its lot between creation and the draw.

        Kept, so that elements of one origin go on sharing one object, by whose identity `take` finds equal parts.
        """
        assert item.lot is not None  # noqa: S101  (the caller has looked)
        origin = self.origins[item.lot, element]
        key = (item.drawn.lot, place, id(origin))
        if key not in self._since:
            moved = with_event(origin, self._afterwards(item.lot, place))
            if item.drawn.lot != item.lot:
                # The lot that was drawn is void, and another stands for it; what happened to the drawn one happened all the same.
                moved = with_event(moved, self._afterwards(item.drawn.lot, place))
            self._since[key] = darkened(moved, item.drawn.excess, LOST)
        return self._since[key]

    def _afterwards(self, lot: str, place: Place) -> Mapping[str, str]:
        """What happened to a lot up to a draw, which is the same of each of its elements, whatever their origins."""
        if (lot, place) not in self._ways:
            self._ways[lot, place] = afterwards(self.history, self.history.lots[lot], place, self.asked)
        return self._ways[lot, place]

    def _source(self, lot: Lot) -> Origin:
        event = lot.born.event
        match event:
            case Extract():
                key = joined(mined_in(self.history, event))
                return Origin({"mine": {key: WHOLE}}, {}, {})
            case Declare() | Recover():
                stages = {stage: {where: WHOLE} for stage, where in stated_origin(event, lot.output.form).items()}
                declared = {stage: 1.0 for stage, shares in stages.items() if NOT_KNOWN not in shares}
                if isinstance(event, Recover):
                    stages["collect"] = {joined(places_of(self.history, event)): WHOLE}
                    declared.pop("collect", None)
                return Origin(stages, declared, {})
            case _:
                return LOST


def denied(history: History, lot: Lot, composition: Composition | None) -> frozenset[str]:
    """Elements that a lot is stated to be without, although its inputs brought them and nothing else of its event holds half of them.

    A zero may be measured or made up; one that contradicts the lot's own inputs settles nothing.
    """
    event = lot.born.event
    if composition is None or not isinstance(event, Transform) or lot.mixes:
        return frozenset()
    zeros = {element for element, share in elements_of(composition).items() if share <= TRACE}
    if not zeros:
        return frozenset()
    brought = contained((item.mg, item.composition) for item in history.sources(event, lot.born.hash))
    others = contained(
        (output.mass.mg, history.lots[output.lot].composition if output.lot in history.lots else output.composition)
        for output in event.outputs
        if output.lot != lot.id
    )
    mass = sum(output.mass.mg for output in event.outputs)
    return frozenset(
        element
        for element in zeros
        if brought.get(element, 0.0) > MINOR * mass and others.get(element, 0.0) < HALF * brought[element]
    )


def _passing(
    order: list[str],
    parents: Mapping[str, tuple[Parent, ...]],
    brought: Mapping[tuple[str, str], tuple[float, ...]],
    elements: tuple[str, ...],
) -> dict[str, dict[str, float]]:
    passing = {name: dict.fromkeys(elements, 0.0) for name in order}
    passing[order[-1]] = dict.fromkeys(elements, 1.0)
    for name in reversed(order):
        for element in elements:
            share = passing[name][element]
            fractions = brought.get((name, element), ())
            if share:
                for parent, fraction in zip(parents[name], fractions, strict=bool(fractions)):
                    if parent.lot is not None and fraction:
                        passing[parent.lot][element] += share * fraction
    return passing
