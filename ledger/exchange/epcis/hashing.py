"""The event hash of CBV 2.0, section 8.9: an `eventID` that anybody can work out again from the event.

It leaves out the id, the time of recording and the error declaration, and joins fields without separators, so different events
can share it: an alias of an event, never what a ledger rests on. The implementations in use read the standard in three ways
(`READINGS`), and an id counts as sound where any of them gives it. A mismatch is said, and is nobody's fault yet: most ids
that documents publish as examples verify in no implementation.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from ledger.exchange.epcis.document import Document
from ledger.exchange.epcis.prehash import Reading, prehash
from ledger.exchange.epcis.terms import Members, numbered

VERSION = "CBV2.0"
_ID = re.compile(r"ni:///sha-256;([0-9A-Fa-f]{64})\?ver=(\S+)")
READINGS = (Reading(False, False), Reading(True, False), Reading(True, True))
"""The standard's text, the reference implementation (epcis-event-hash-generator), epcis2.js."""


def event_hash(event: Members, context: Any = None, reading: Reading = READINGS[0]) -> str:  # noqa: ANN401  (JSON)
    """The `ni` URI of an event (RFC 6920).

    Args:
        event: its members; numbers with a point are `Decimal`.
        context: the `@context` of its document.
        reading: which implementation to agree with.
    """
    text = prehash(event, context, reading)
    return f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver={VERSION}"


def matches(event: Members, context: Any = None) -> bool | None:  # noqa: ANN401  (as above)
    """Whether an event has the id that its content gives; None where its id is no hash of this version."""
    own = event.get("eventID")
    found = _ID.fullmatch(own) if isinstance(own, str) else None
    if found is None or found[2] != VERSION:
        return None
    wanted = f"ni:///sha-256;{found[1].lower()}?ver={VERSION}"
    return any(event_hash(event, context, reading) == wanted for reading in READINGS)


def notes(document: Document) -> list[str]:
    """What a person should know of a document's event hashes: those that do not fit, by event."""
    sound, bad = 0, []
    for item in document.events:
        match matches(item.event, document.context):
            case True:
                sound += 1
            case False:
                bad.append(item.number)
            case None:
                pass
    if not bad:
        return []
    return [
        f"the eventID of {numbered(bad)} is a hash of other content than the event has (CBV 2.0, 8.9); {sound} others fit. The ids stay"
    ]
