"""What the log holds, as values: entries and the events that they commit to (DESIGN.md section 3)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from ledger.model.events import Event


class Place(Struct, frozen=True, order=True, gc=False):
    """Where an event stands in the log: its entry, then its place in the submission. Events apply in this order."""

    entry: int
    position: int


class Fact(Struct, frozen=True, kw_only=True, gc=False):
    """An event that was signed by its actor and committed to the log; the only thing that rules accept.

    Made by `ledger.attest` alone, which checks the seal first.

    Attributes:
        event: what was said.
        hash: SHA-256(0x00 || canonical bytes), hex.
        place: where it stands.
        recorded: when the log admitted it, by the operator's clock.
        vkey: the verifier key that signed it, as text.
    """

    event: Event
    hash: str
    place: Place
    recorded: datetime
    vkey: str
