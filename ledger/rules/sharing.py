"""Texts that a ledger says over and over, kept once: a third of what a decoded event takes.

An event is a value, and an equal text in the place of a text leaves it the same value; so what repeats is replaced by the
one that is there already. Ids, forms and hashes alone: times and references rarely repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern

from msgspec.structs import force_setattr

from ledger.model.events import Event
from ledger.model.materials import Draw
from ledger.rules.lot import Lot


def share(event: Event, lots: Mapping[str, Lot]) -> None:
    """Let an event hold its ledger, actor, site, forms, and the lots and hashes it draws on, as the history holds them."""
    force_setattr(event, "ledger", intern(event.ledger))
    force_setattr(event, "actor", intern(event.actor))
    if event.site is not None:
        force_setattr(event, "site", intern(event.site))
    for output in event.outputs_made:
        force_setattr(output, "form", intern(output.form))
    for draw in event.draws:
        _draw(draw, lots.get(draw.lot))


def _draw(draw: Draw, lot: Lot | None) -> None:
    if lot is not None:
        force_setattr(draw, "lot", lot.id)
        if draw.prev == lot.head:
            force_setattr(draw, "prev", lot.head)
