"""What stands in the place of a retracted event, so that a slip can be corrected and a past cannot be laundered."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import Declare, Extract, Recover, Retract
from ledger.model.materials import Output
from ledger.reference.forms import base
from ledger.rules.figures import SIGMAS
from ledger.rules.history import History
from ledger.rules.lot import Lot, uncertainty
from ledger.rules.provenance import mined_in


def replacement(history: History, target: str) -> Fact | None:
    """The event that stands in a void event's place: by the same actor, of the same type and stage, in the same country, outputs alike.

    It must have been able to happen instead: from the same lots, with as much of each output as was drawn, and with no place
    made cleaner; when, cannot be asked, since a correction is recorded after the retraction on the same lots. A replacement that was
    itself retracted stands only by way of its own replacement.
    """
    seen: set[str] = set()
    while target in history.voided and target not in seen:
        seen.add(target)
        retraction, void = history.voided[target], history.facts.get(target)
        if void is None or not isinstance(retraction.event, Retract) or retraction.event.replacement is None:
            return None
        made = history.refs.get((void.event.actor, retraction.event.replacement))
        if made is None or not _alike(history, void, made):
            return None
        if made.hash not in history.voided:
            return made
        target = made.hash
    return None


def _alike(history: History, void: Fact, made: Fact) -> bool:
    """Whether one event could have happened in another's place."""
    one, other = void.event, made.event
    if one.type != other.type or getattr(one, "stage", None) != getattr(other, "stage", None):
        return False
    if history.country_of_site(one.site) != history.country_of_site(other.site):
        return False
    if (
        isinstance(one, Extract)
        and isinstance(other, Extract)
        and not mined_in(history, one) <= mined_in(history, other)
    ):
        return False
    if {draw.lot for draw in one.draws} != {draw.lot for draw in other.draws}:
        return False
    if isinstance(one, Declare | Recover) and isinstance(other, Declare | Recover) and not _no_cleaner(one, other):
        return False
    if [base(output.form) for output in one.outputs_made] != [base(output.form) for output in other.outputs_made]:
        return False
    return all(_could_stand(history, lot, output) for lot, output in _pairs(history, void, made))


def _no_cleaner(one: Declare | Recover, other: Declare | Recover) -> bool:
    """Whether a new declaration states for every stage what the old one did, or less: a correction must not turn one place into another."""
    old, new = one.origin or {}, other.origin or {}
    return all(place == old.get(stage) or place in ("unknown", "withheld", "ZZ") for stage, place in new.items())


def _pairs(history: History, void: Fact, made: Fact) -> Iterator[tuple[Lot, Output]]:
    for output, instead in zip(void.event.outputs_made, made.event.outputs_made, strict=True):
        lot = history.lots.get(output.lot)
        if lot is not None and lot.born_of(void):
            yield lot, instead


def _could_stand(history: History, lot: Lot, output: Output) -> bool:
    drawn = sum(item.mg for digest, item in lot.draws.items() if digest not in history.voided)
    return drawn <= output.mass.mg + SIGMAS * uncertainty(output.mass, history.tolerances)


def standing(history: History, lot: Lot) -> Lot | None:
    """The lot that stands for `lot`: itself, or the like output of what replaces its void creation, or nothing."""
    if lot.void is None:
        return lot
    made = replacement(history, lot.born.hash)
    if made is None:
        return None
    place = [output.lot for output in lot.born.event.outputs_made].index(lot.id)
    return history.lots.get(made.event.outputs_made[place].lot)
