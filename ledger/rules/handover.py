"""MASS: two scales at a handover, and draws that exceed a lot within the noise."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import Dispose, Receive, Ship, Transform
from ledger.rules.catalogue import finding
from ledger.rules.custody import overdraft
from ledger.rules.figures import SIGMAS, kg
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import uncertainty


def handover(history: History, fact: Fact) -> Iterator[Finding]:
    """What is shipped is what is left, and what is received is what was shipped, within 3 standard uncertainties."""
    event = fact.event
    if not isinstance(event, Ship | Receive):
        return
    for draw in event.draws:
        lot = history.lots.get(draw.lot)
        if lot is None or draw.mass is None:
            continue
        expected, variance, against = lot.left_mg, lot.left_var, lot.head
        shipment = lot.shipment.event if lot.shipment else None
        if isinstance(event, Receive) and isinstance(shipment, Ship) and lot.shipment is not None:
            sent = next((sent.mass for sent in shipment.lots if sent.lot == lot.id), None)
            if sent is not None:
                expected, variance, against = sent.mg, uncertainty(sent, history.tolerances) ** 2, lot.shipment.hash
        sigma = (variance + uncertainty(draw.mass, history.tolerances) ** 2) ** 0.5
        difference = draw.mass.mg - expected
        if abs(difference) > SIGMAS * sigma:
            yield finding(
                "MASS-HANDOVER",
                f"lot:{lot.id}",
                f"{event.actor} weighs {kg(draw.mass.mg)} of lot {lot.id} where {kg(expected)} was stated: "
                f"{kg(difference)}, beyond 3 x {kg(int(float(f'{sigma:.2g}')))}",
                fact.hash,
                against,
            )


def remainder(history: History, fact: Fact) -> Iterator[Finding]:
    """A draw beyond what is left, within the noise, exhausts the lot; the difference is kept."""
    event = fact.event
    if not isinstance(event, Transform | Dispose):
        return
    for draw in event.draws:
        lot = history.lots.get(draw.lot)
        if lot is None or lot.left_mg == 0:
            continue
        over, sigma = overdraft(history, lot, draw)
        if 0 < over <= SIGMAS * sigma:
            yield finding(
                "MASS-REMAINDER",
                f"lot:{lot.id}",
                f"draws {kg(over)} more of lot {lot.id} than was left",
                fact.hash,
                lot.born.hash,
            )
