"""The lots that a lot is made of, as plain data: what each was made as, of how much of which, and where (`lots` of a report).

Masses in kg. What a lot was made as is told, and beside it what it was last measured at, so that what was drawn adds up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.model.entry import Fact
from ledger.model.events import Transform
from ledger.model.quantity import Composition
from ledger.origin.trace import Parent, Trace, denied
from ledger.rules.content import elements_of
from ledger.rules.history import History
from ledger.rules.lot import Drawn, Lot, uncertainty
from ledger.rules.measure import Portion

MG_PER_KG = 1_000_000


def lots(trace: Trace, history: History) -> list[dict[str, Any]]:
    """Every lot of the ancestry, parents before children, the asked one last.

    Each is {lot, form, mass_kg, sigma_kg, measured_kg, event, at, type, stage, actor, site, country, elements, from}; `elements`
    is {symbol: {mass_kg, sigma_kg}} by the composition in force, zeros that were measured included, an element that is not
    stated left out. `from` is [{lot, mass_kg, elements: {symbol: kg}}], `drawn` beside it where another lot was drawn, whose
    creation was retracted and for which this one stands. A lot whose creation is retracted, or that nothing creates, is
    `missing`, as is the input that names it; so is an input that is its own descendant, which says nothing.
    """
    found: list[dict[str, Any]] = []
    told: set[str] = set()
    stated = _Stated(history)
    for name in trace.lots:
        lot = history.lots[name]
        inputs = [_input(stated, item) for item in trace.parents[name]] + _nowhere(history, lot)
        for item, entry in zip(trace.parents[name], inputs, strict=False):
            if item.lot is None and item.drawn.lot not in trace.parents and item.drawn.lot not in told:
                told.add(item.drawn.lot)
                void = history.lots[item.drawn.lot]
                found.append({**_lot(stated, history, void), "from": [], "missing": True})
                assert entry["missing"]  # noqa: S101  (one says what the other says)
        for entry in inputs[len(trace.parents[name]) :]:
            if entry["lot"] not in told:
                told.add(entry["lot"])
                found.append(_unheard(entry))
        missing = {"missing": True} if lot.void is not None else {}
        found.append({**_lot(stated, history, lot), "from": inputs, **missing})
    return found


class _Stated:
    """What compositions say of elements: zeros that the lot's own inputs belie left out. Each is read once."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._denied: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def denied(self, lot: Lot, composition: Composition | None) -> frozenset[str]:
        """Elements of which a stated zero settles nothing."""
        zeros = frozenset(element for element, share in elements_of(composition).items() if not share)
        if not zeros:
            return zeros
        key = (lot.id, zeros)
        if key not in self._denied:
            self._denied[key] = zeros & denied(self.history, lot, composition)
        return self._denied[key]


def _lot(stated: _Stated, history: History, lot: Lot) -> dict[str, Any]:
    fact, mass = lot.born, lot.output.mass
    u_mg = uncertainty(mass, history.tolerances)
    portion = Portion(lot.id, mass.mg, u_mg, mass.u_mg is not None, lot.output.form, lot.composition)
    denied_of = stated.denied(lot, lot.composition)
    elements: dict[str, dict[str, float]] = {}
    for element in portion.stated:
        if element not in denied_of:
            held = portion.held(element)
            sigma = (held.u_mass**2 + held.u_analysis**2) ** 0.5
            elements[element] = {"mass_kg": held.low / MG_PER_KG, "sigma_kg": sigma / MG_PER_KG}
    return {
        "lot": lot.id,
        "form": lot.output.form,
        "mass_kg": mass.mg / MG_PER_KG,
        "sigma_kg": u_mg / MG_PER_KG,
        "measured_kg": lot.mass_mg / MG_PER_KG,
        **_made(fact, history),
        "elements": elements,
    }


def _made(fact: Fact, history: History) -> dict[str, Any]:
    event = fact.event
    return {
        "event": fact.hash,
        "at": event.at,
        "type": event.type,
        "stage": event.stage if isinstance(event, Transform) else None,
        "actor": event.actor,
        "site": event.site,
        "country": history.country_of_site(event.site),
    }


def _input(stated: _Stated, item: Parent) -> dict[str, Any]:
    """What was drawn of one input, and whether anything stands for it."""
    drawn = item.drawn
    entry: dict[str, Any] = {
        "lot": drawn.lot if item.lot is None else item.lot,
        "mass_kg": drawn.mg / MG_PER_KG,
        "elements": _drawn(stated, drawn),
    }
    if item.lot is None:
        entry["missing"] = True
    elif item.lot != drawn.lot:
        entry["drawn"] = drawn.lot
    return entry


def _drawn(stated: _Stated, drawn: Drawn) -> Mapping[str, float]:
    denied_of = stated.denied(stated.history.lots[drawn.lot], drawn.composition)
    return {
        element: share * drawn.mg / MG_PER_KG
        for element, share in elements_of(drawn.composition).items()
        if element not in denied_of
    }


def _nowhere(history: History, lot: Lot) -> list[dict[str, Any]]:
    """Inputs that no event creates: an origin cannot be traced through them, and they must not be left out of a picture."""
    if lot.void is not None:
        return []
    return [
        {
            "lot": draw.lot,
            "mass_kg": None if draw.mass is None else draw.mass.mg / MG_PER_KG,
            "elements": {},
            "missing": True,
        }
        for draw in lot.born.event.draws
        if draw.lot not in history.lots
    ]


def _unheard(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A lot that nothing creates."""
    unknown = dict.fromkeys(("event", "at", "type", "stage", "actor", "site", "country"))
    return {
        "lot": entry["lot"],
        "form": None,
        "mass_kg": entry["mass_kg"],
        "sigma_kg": None,
        "measured_kg": None,
        **unknown,
        "elements": {},
        "from": [],
        "missing": True,
    }
