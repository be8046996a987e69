"""ORIG-CN-TOLL: material worked in China for a fee, so that no invoice shows it (DOMAIN.md L04)."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Receive, Ship, Transform
from ledger.reference.countries import CHINESE
from ledger.reference.stages import NEUTRAL
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.provenance import destination, worked_in
from ledger.rules.standing import counted


class Toll(Struct, frozen=True):
    """What is in China with its title elsewhere.

    Attributes:
        sent: the shipment that kept the title.
        owner: who sent it.
        worked: the newest stage that was performed on it there, None before the first.
    """

    sent: Fact
    owner: str
    worked: Fact | None = None


def tolled(history: History) -> Iterator[Finding]:
    """A lot that leaves China, made there by a stage that is not neutral from what was sent there with `title` retained."""
    # A pass over shipments alone: without a title kept across the border there is nothing to follow.
    if not any(isinstance(fact.event, Ship) and fact.event.title == "retained" for fact in counted(history, Ship)):
        return
    tolls: MutableMapping[str, Toll] = history.tables.table()
    sent: MutableMapping[str, Fact] = history.tables.table()
    for fact in counted(history, Ship, Receive, Transform):
        event = fact.event
        match event:
            case Ship():
                for draw in event.lots:
                    sent[draw.lot] = fact
                    toll = tolls.get(draw.lot)
                    if toll is None or toll.worked is None or destination(history, event) in CHINESE:
                        continue
                    stage = toll.worked.event.stage if isinstance(toll.worked.event, Transform) else ""
                    message = (
                        f"lot {draw.lot} goes from {event.site} to {event.to}: worked in China ({stage} at "
                        f"{toll.worked.event.site}) from what {toll.owner} sent there and kept the title to"
                    )
                    yield finding(
                        "ORIG-CN-TOLL", f"lot:{draw.lot}", message, toll.sent.hash, toll.worked.hash, fact.hash
                    )
            case Receive() if event.result == "accepted":
                for draw in event.lots:
                    _arrive(history, fact, draw.lot, sent.pop(draw.lot, None), tolls)
            case Transform():
                _work(history, fact, tolls)
            case _:
                pass


def _arrive(history: History, fact: Fact, lot: str, shipment: Fact | None, tolls: MutableMapping[str, Toll]) -> None:
    """A retained title into China begins a toll; within China it goes on until a title passes; elsewhere it ends."""
    event = shipment.event if shipment is not None else None
    if shipment is None or not isinstance(event, Ship) or worked_in(history, fact.event) not in CHINESE:
        tolls.pop(lot, None)
    elif worked_in(history, event) not in CHINESE:
        tolls.pop(lot, None)
        if event.title == "retained":
            tolls[lot] = Toll(shipment, event.actor)
    elif event.title == "passes":
        tolls.pop(lot, None)


def _work(history: History, fact: Fact, tolls: MutableMapping[str, Toll]) -> None:
    event = fact.event
    if not isinstance(event, Transform):
        return
    toll = next((tolls[draw.lot] for draw in event.inputs if draw.lot in tolls), None)
    if toll is None or worked_in(history, event) not in CHINESE:
        return
    made = toll if event.stage in NEUTRAL else Toll(toll.sent, toll.owner, fact)
    for output in event.outputs:
        lot = history.lots.get(output.lot)
        if lot is not None and lot.born_of(fact):
            tolls[output.lot] = made
