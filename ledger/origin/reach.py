"""Whether all that came before can have brought what a lot is said to hold: the bound of every form and analysis, carried along the way.

One event may leave room that the events before it do not: ore that nobody analysed becomes carbonate that nobody analysed, and then
neodymium oxide, most of its mass. Asked of rare earths, and of the rare earths together, the iron, boron and cobalt that a magnet must hold by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from ledger.model.events import Declare, Extract, Transform
from ledger.model.quantity import Composition
from ledger.origin.trace import Trace
from ledger.reference.ceilings import LEACHED, TREO
from ledger.reference.elements import RARE_EARTHS, is_rare_earth
from ledger.reference.forms import base
from ledger.reference.words import named
from ledger.rules.content import OTHERS, PRODUCTS, STRAY, elements_of, most, of_another_metal
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.passage import KEPT, LEEWAY, LEEWAY_MINOR, MINOR, unexplained

LEAST_EARTHS: Mapping[str, float] = {"magnet-ndfeb": 0.22, "magnet-smco": 0.17}
"""Rare earths in any magnet of the name: 26 and 20 % (DOMAIN.md 2.3), less what the resin of a bonded one takes of its mass."""
LEAST_METALS: Mapping[str, Mapping[str, float]] = {
    "magnet-ndfeb": {"Fe": 0.4, "B": 0.005},
    "magnet-smco": {"Co": 0.35},
}
"""Iron, boron and cobalt below any magnet of the name, whatever its analysis leaves out: Nd2Fe14B is 72 % iron and 1.0 % boron, Sm2Co17 with
iron and copper at least 45 % cobalt (computed), less what resin takes."""
IMPURITY = 0.001
"""Mass fraction below which a rare earth is an impurity that analyses differ about."""
UNPARTED, BESIDE_ND = 0.2, 0.3
"""Of what no separation has parted: the share that lanthanum, cerium and yttrium make of its rare earths, and lanthanum with cerium
beside its neodymium. No row of `deposits_reo.csv` has less than 0.5 and 0.7."""


Held = Callable[[int, Lot, Composition | None], float]
"""Milligrams of what is asked that an amount of a lot can hold at most, by a composition."""


class Short(Struct, frozen=True):
    """A lot that holds more than can have come, or that is not what its form says.

    Attributes:
        lot: its id.
        event: the event that made it.
        said: why, in words.
    """

    lot: str
    event: str
    said: str


def short(history: History, trace: Trace) -> Iterator[Short]:
    """The first lot on the way for each element of which there is too much, for the rare earths of magnets, and mined lots that are none."""
    lots = [history.lots[name] for name in trace.lots]
    over: set[str] = set()
    for lot in lots:
        elements = _over(history, lot)
        over |= elements
        if elements:
            said = f"more came out of the event that made lot {lot.id} than its inputs can have brought: "
            yield Short(lot.id, lot.born.hash, said + ", ".join(sorted(elements)))
    stated = {lot.id: [elements_of(said) for said in (lot.output.composition, lot.composition) if said] for lot in lots}
    named = sorted(
        {element for said in stated.values() for one in said for element in one if is_rare_earth(element)} - over
    )
    for element in named:
        able = _able(history, trace, _of(element))
        for lot in lots:
            share = min((one.get(element, 0.0) for one in stated[lot.id]), default=0.0)
            leeway = LEEWAY_MINOR if share < MINOR else LEEWAY
            if share >= IMPURITY and able[lot.id] * (1 + leeway) < share * lot.output.mass.mg:
                yield _told(lot, f"{share * lot.output.mass.mg / 1e6:.4g} kg of {element}", able[lot.id])
                break
    yield from _blended(lots)
    able = _able(history, trace, _earths)
    for lot in lots:
        least = LEAST_EARTHS.get(base(lot.output.form), 0.0) * lot.output.mass.mg
        if able[lot.id] * (1 + LEEWAY) < least:
            yield _told(
                lot, f"{least / 1e6:.4g} kg of rare earths, as a magnet of its name does at least", able[lot.id]
            )
            break
    for lot in lots:
        if _parted(lot):
            said = (
                f"lot {lot.id} is called {lot.output.form} and is stated to hold next to no lanthanum and cerium beside its "
                "other rare earths: what was mined and never separated holds some, so where it was separated is not known"
            )
            yield Short(lot.id, lot.born.hash, said)


def short_of_metals(history: History, trace: Trace) -> Iterator[Short]:
    """Magnets whose iron, boron or cobalt nothing brought but as an impurity: where it comes from is not known.

    Apart from `short`, since not every rule asks where they come from; the rule that does has its own account of sources.
    """
    lots = [history.lots[name] for name in trace.lots]
    over = {element for lot in lots for element in _over(history, lot)}
    asked = {element for lot in lots for element in LEAST_METALS.get(base(lot.output.form), ())}
    for element in sorted(asked - over):
        able = _able(history, trace, _metal(element))
        for lot in lots:
            least = LEAST_METALS.get(base(lot.output.form), {}).get(element, 0.0) * lot.output.mass.mg
            if able[lot.id] * (1 + LEEWAY) < least:
                needed = f"{least / 1e6:.4g} kg of {element}, as a magnet of its name does at least"
                yield _told(lot, needed, able[lot.id])
                break


def _over(history: History, lot: Lot) -> set[str]:
    """Elements that the law asks about of which one event made more than its inputs can hold; other additions need no origin."""
    event = lot.born.event
    sources = history.sources(event, lot.born.hash)
    if not isinstance(event, Transform) or len(sources) < len(event.inputs):
        return set()
    found = unexplained(event.outputs, sources, event.stage)
    return {element for element in found if is_rare_earth(element) or element in KEPT}


def _blended(lots: list[Lot]) -> Iterator[Short]:
    """Controlled blending mixes in what is not certified, in proportions that its books know: what it was need not be recorded."""
    for lot in lots:
        if getattr(lot.born.event, "custody_model", None) == "controlled_blending":
            said = (
                f"lot {lot.id} was made under controlled_blending (ISO 22095): what was blended in need not be recorded"
            )
            yield Short(lot.id, lot.born.hash, said)


def _told(lot: Lot, needed: str, able: float) -> Short:
    said = f"lot {lot.id} must hold {needed}, and all that is recorded before it can have brought {able / 1e6:.4g} kg at most"
    return Short(lot.id, lot.born.hash, f"{said}: where the rest comes from is not known")


def _able(history: History, trace: Trace, held: Held) -> dict[str, float]:
    """Milligrams that each lot can hold at most by what it was made from; infinite where a parent is not known, which is said elsewhere."""
    found: dict[str, float] = {}
    for name in trace.lots:
        lot = history.lots[name]
        event = lot.born.event
        if not isinstance(event, Transform):
            mass = max(lot.output.mass.mg, lot.mass_mg)
            found[name] = max(held(mass, lot, said) for said in (lot.output.composition, lot.composition))
            continue
        parents = trace.parents[name]
        total = 0.0 if len(parents) == len(event.draws) else float("inf")
        for parent in parents:
            if parent.lot is None:
                total = float("inf")
                continue
            source = history.lots[parent.lot]
            share = min(parent.drawn.mg / max(source.output.mass.mg, 1), 1.0)
            total += min(held(parent.drawn.mg, source, parent.drawn.composition), found[parent.lot] * share)
        found[name] = total
    return found


def _of(element: str) -> Held:
    return lambda mg, lot, said: most(mg, said, lot.output.form, element)


def _metal(element: str) -> Held:
    """The most of a constituent; in a product that is named for others, and states none of it, it is an impurity."""

    def held(mg: int, lot: Lot, said: Composition | None) -> float:
        form = lot.output.form
        able = most(mg, said, form, element)
        stated = element in elements_of(said)
        if stated or base(form) not in PRODUCTS or not named(form) or element in named(form):
            return able
        return min(able, OTHERS * mg)

    return held


def _earths(mg: int, lot: Lot, said: Composition | None) -> float:
    """The most of all rare earths together: those that are stated, and the room for others once."""
    stated = {element: share for element, share in elements_of(said).items() if is_rare_earth(element)}
    able = [most(mg, said, lot.output.form, element) for element in RARE_EARTHS if element not in stated]
    if said is None:
        form = lot.output.form
        return min(sum(able), mg * (STRAY if of_another_metal(form) else TREO.get(base(form), 1.0)))
    return min(sum(stated.values()) * mg + max(able, default=0.0), float(mg))


def _parted(lot: Lot) -> bool:
    """Whether a lot brought in as mined or leached states main rare earths and no room for those that every deposit has."""
    event = lot.born.event
    if not isinstance(event, Declare | Extract) or base(lot.output.form) not in {*TREO, *LEACHED}:
        return False
    if isinstance(event, Declare) and "separate" in (event.origin or {}):
        return False
    return no_mineral(lot)


def no_mineral(lot: Lot) -> bool:
    """Whether the rare earths stated of a lot are those of no mineral, nor of anything that was leached from one."""
    composition = lot.output.composition
    stated = elements_of(composition)
    whole = sum(share for element, share in stated.items() if is_rare_earth(element))
    light, yttrium = (
        sum(most(10**6, composition, lot.output.form, element) for element in each) / 10**6
        for each in (("La", "Ce"), ("Y",))
    )
    return whole > IMPURITY and (light + yttrium < UNPARTED * whole or light < BESIDE_ND * stated.get("Nd", 0.0))
