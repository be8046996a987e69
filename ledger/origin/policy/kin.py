"""Lots beside the ancestry that are of the same material as one of it, so that what is said of them is said of it as well.

Of one material are the like outputs of one transform, and what was drawn from one alloy by stages that neither melt it nor
add to it: powder, blocks and magnets of one melt. What parts elements, or joins on the way, makes other material.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.model.events import Assay, Transform
from ledger.model.quantity import Composition
from ledger.origin.policy.material import ALLOYED
from ledger.origin.trace import Trace
from ledger.reference.forms import base
from ledger.reference.stages import NEUTRAL
from ledger.rules.history import History
from ledger.rules.kinship import SAME_MATERIAL
from ledger.rules.lot import Lot
from ledger.rules.provenance import places_of

SAME = SAME_MATERIAL | {"bond"}
"""Stages that leave an alloy what it is; resin and coatings add no element that a rule on magnets asks for."""


class Kin(Struct, frozen=True):
    """A lot of the same material as one of the ancestry.

    Attributes:
        lot: its id.
        of: the lot of the ancestry.
        joined: lots that joined on its own way, and may have brought what it holds.
        places: where its own way led, which is not the ancestry's.
        neutral: whether it differs by splitting, repacking and blending alone.
    """

    lot: str
    of: str
    joined: tuple[str, ...] = ()
    places: frozenset[str] = frozenset()
    neutral: bool = True


def relatives(history: History, trace: Trace) -> tuple[Kin, ...]:
    """Every such lot, each once, by the lot of the ancestry that is nearest to the asked one."""
    ancestry = set(trace.lots)
    found: dict[str, Kin] = {}
    for name in reversed(trace.lots):
        todo = [*_beside(history, name)]
        if base(history.lots[name].output.form) in ALLOYED or name == trace.lot.id:
            todo += _drawn(history, Kin(name, name))
        while todo:
            item = todo.pop()
            lot = history.lots.get(item.lot)
            if lot is None or lot.void is not None or item.lot in ancestry or item.lot in found:
                continue
            found[item.lot] = item
            todo += _drawn(history, item)
    return tuple(found.values())


def _beside(history: History, name: str) -> Iterator[Kin]:
    """Like outputs of the event that made a lot."""
    born = history.lots[name].born
    if isinstance(born.event, Transform):
        form = history.lots[name].output.form
        for output in born.event.outputs:
            if output.lot != name and _alike(form, output.form):
                yield Kin(output.lot, name, neutral=born.event.stage in NEUTRAL)


def _drawn(history: History, item: Kin) -> Iterator[Kin]:
    """What was made from a lot without becoming another material."""
    lot = history.lots[item.lot]
    for digest in lot.draws:
        fact = history.facts.get(digest)
        event = fact.event if fact is not None and digest not in history.voided else None
        if not isinstance(event, Transform) or event.stage not in SAME:
            continue
        joined = (*item.joined, *(draw.lot for draw in event.inputs if draw.lot != item.lot))
        places = item.places | (places_of(history, event) if event.stage not in NEUTRAL else frozenset())
        for output in event.outputs:
            if _alike(lot.output.form, output.form):
                yield Kin(output.lot, item.of, joined, places, item.neutral and event.stage in NEUTRAL)


def _alike(form: str, other: str) -> bool:
    return form == other or (base(form) in ALLOYED and base(other) in ALLOYED)


def said_of(history: History, lot: Lot) -> Iterator[tuple[Composition, str]]:
    """Every composition that is said of a lot and stands, with the event that says it."""
    if lot.output.composition is not None:
        yield lot.output.composition, lot.born.hash
    for fact in lot.facts:
        if isinstance(fact.event, Assay) and fact.hash not in history.voided:
            yield fact.event.composition, fact.hash
