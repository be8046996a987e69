"""DATA-HS, ORIG-CN-CODE and ORIG-WASTE: words that the form of the material belies (DOMAIN.md L04, L16, L19)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import Recover, Ship
from ledger.reference.countries import CHINESE
from ledger.reference.forms import lookup
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.provenance import miscoded, passed

_MANUFACTURING = re.compile(
    r"\b(?:swarf|grindings|grinding (?:sludge|dust|fines|residues?|chips|waste)|off-?cuts?|turnings|kerf"
    r"|(?:production|process|manufacturing|machining|factory) (?:scrap|rejects?|waste|residues?)"
    r"|(?:new|unused|never used|virgin|unsold|over-?(?:run|stock)s?|surplus|obsolete (?:stock|inventory))\b.{0,30}"
    r"|(?:magnet|block|sinter(?:ing|ed)?|press(?:ing)?|quality|line) rejects?|pre-?consumer)\b"
)
_WITHOUT = re.compile(r"\b(?:no|not|non|without|excluding|except|free (?:of|from))\b")


def misdeclared(history: History, fact: Fact) -> Iterator[Finding]:
    """A shipment under an HS code that none of its lots can honestly have."""
    event = fact.event
    forms = miscoded(history, event)
    if forms and isinstance(event, Ship):
        message = f"{', '.join(sorted(forms))} is shipped under HS {event.hs}, which is another kind of goods"
        yield finding("DATA-HS", f"event:{fact.hash}", message, fact.hash)


def miscoded_in_china(history: History, fact: Fact) -> Iterator[Finding]:
    """The same on a way from, through or to China: what is another thing by its papers may have become it there."""
    event = fact.event
    if not isinstance(event, Ship) or not miscoded(history, event):
        return
    there = passed(history, event) & CHINESE
    for draw in event.lots if there else ():
        lot = history.lots.get(draw.lot)
        if lot is None:
            continue  # a bundle does not hold what else was on the load
        form = lot.output.form
        message = (
            f"lot {draw.lot} is {form} and was shipped by way of {'+'.join(sorted(there))} under HS {event.hs}, which is no code for it: "
            "that it was worked there is not excluded"
        )
        yield finding("ORIG-CN-CODE", f"lot:{draw.lot}", message, fact.hash)


def not_consumed(_history: History, fact: Fact) -> Iterator[Finding]:
    """Recovered material that is called post-consumer waste and by its form or feedstock is waste of manufacturing."""
    event = fact.event
    if not isinstance(event, Recover) or event.waste != "post_consumer":
        return
    words = _MANUFACTURING.search((event.feedstock or "").casefold())
    said = words[0] if words is not None and not _WITHOUT.search((event.feedstock or "").casefold()) else None
    for output in event.outputs:
        known = lookup(output.form)
        why = "its form is swarf" if known is not None and known.name == "swarf" else None
        why = why or (f"its feedstock is {said!r}" if said is not None else None)
        if why is not None:
            message = f"lot {output.lot} is called post-consumer, and {why}"
            yield finding("ORIG-WASTE", f"lot:{output.lot}", message, fact.hash)
