"""What the ledger itself has against a lot: as long as any of it stands, nothing about the lot is called compliant.

Open and disputed handovers are read from the history, since one that was settled, or that concerns what is left of a lot after
the draw, says nothing of what was drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledger.model.events import Transform
from ledger.origin.doubts import DATED, WARNINGS, concerning
from ledger.origin.policy import corrections
from ledger.origin.policy.attestations import against
from ledger.origin.policy.model import Reason
from ledger.origin.policy.walk import Walk
from ledger.origin.trace import BOOKED, Trace
from ledger.rules.finding import Finding
from ledger.rules.history import History


def obstacles(walk: Walk, findings: Iterable[Finding], before: corrections.Past) -> list[Reason]:
    """Every reason why nothing about this lot is compliant, each once."""
    history, trace = walk.history, walk.trace
    found: dict[tuple[str, tuple[str, ...]], Reason] = {}
    for reason in (
        *_structure(history, trace),
        *_found(history, trace, findings),
        *(Reason(item.said, (item.event,), (item.lot,)) for item in walk.short),
        *against(history, trace),
        *corrections.against(before),
    ):
        found.setdefault((reason.text, reason.lots), reason)
    return list(found.values())


def _structure(history: History, trace: Trace) -> Iterator[Reason]:
    for name in trace.lots:
        lot, until = history.lots[name], trace.until[name]
        event = lot.born.event
        if lot.void is not None:
            yield Reason(
                f"the creation of lot {name} was retracted, so nothing is known of it",
                (lot.born.hash, lot.void.hash),
                (name,),
            )
            continue
        if len(trace.parents[name]) < len(event.draws):
            yield Reason(f"lot {name} was made from a lot that the ledger does not hold", (lot.born.hash,), (name,))
        for parent in trace.parents[name]:
            if parent.lot is None:
                yield Reason(
                    f"lot {name} was made from lot {parent.drawn.lot}, whose creation was retracted and not replaced",
                    (lot.born.hash,),
                    (name, parent.drawn.lot),
                )
        if lot.passage.gap > 0:
            yield Reason(
                f"lot {name} is {lot.output.form}, and no event records how it came to be so", (lot.born.hash,), (name,)
            )
        if isinstance(event, Transform):
            if lot.passage.excess > 0:
                yield Reason(
                    f"more came out of the event that made lot {name} than its inputs can have brought: mass",
                    (lot.born.hash,),
                    (name,),
                )
            if event.custody_model in BOOKED:
                yield Reason(
                    f"lot {name} was made under {event.custody_model} (ISO 22095): what left the site need not be what "
                    "entered it, and book-keeping carries no origin",
                    (lot.born.hash,),
                    (name,),
                )
        if lot.excess > 0:
            yield Reason(f"more of lot {name} arrived than was made, beyond the noise", (lot.head,), (name,))
        shipment = lot.shipment
        if shipment is not None and (until is None or shipment.place < until):
            said = "disputed by its addressee" if lot.disputed is not None else "not received"
            hashes = (shipment.hash, *((lot.disputed.hash,) if lot.disputed is not None else ()))
            yield Reason(f"lot {name} was shipped and is {said}: the handover is open", hashes, (name,))


def _found(history: History, trace: Trace, findings: Iterable[Finding]) -> Iterator[Reason]:
    for item in concerning(history, trace, findings, WARNINGS | DATED):
        said = "has an error here" if item.severity == "error" else "warns"
        yield Reason(f"the ledger {said}: {item.code}: {item.message}", item.events)
