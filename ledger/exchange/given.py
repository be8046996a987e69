"""Events of a ledger as members that can be recorded again, in this ledger or another, and what cannot be said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from ledger.exchange.contract import REGISTRY
from ledger.model.events import Event, Retract

Members = dict[str, Any]
Find = Callable[[str], Event | None]
"""The event of a hash."""
Lost = Counter[str]
"""What cannot be carried, in words, and how many events it concerns."""


class Given(NamedTuple):
    """One event of custody.

    Attributes:
        members: as a draft has them: without `v`, `ledger`, every `prev`, and the lots of a retraction.
        digest: its hash.
        void: members and hash of the event that a retraction voids.
    """

    members: Members
    digest: str
    void: tuple[Members, str] | None = None


def given(events: Iterable[tuple[Event, str]], find: Find, lost: Lost) -> Iterator[Given]:
    """The events of custody among events of a ledger, in their order.

    Args:
        events: each with its hash.
        find: gives the event that a retraction voids.
        lost: counts what is left out: the registry, and retractions that only this ledger could resolve.
    """
    for event, digest in events:
        if event.type in REGISTRY:
            lost[f"registry events of type {event.type}, which `monazite {REGISTRY[event.type]}` records"] += 1
            continue
        if not isinstance(event, Retract):
            yield Given(members_of(event), digest)
            continue
        void = find(event.target)
        if void is None or void.type in (*REGISTRY, "retract"):
            lost["retractions of what is no event of custody"] += 1
        elif void.ref is None:
            lost["retractions of an event without a name, which another ledger could not find"] += 1
        elif void.actor != event.actor:
            lost["retractions of an event of another party, which only a hash can name"] += 1
        else:
            yield Given({**members_of(event), "target": void.ref}, digest, (members_of(void), event.target))


def members_of(event: Event) -> Members:
    """An event's members without what the recorder fills in."""
    members: Members = msgspec.json.decode(msgspec.json.encode(event))
    for name in ("v", "ledger", "prev"):
        members.pop(name, None)
    if isinstance(event, Retract):
        members.pop("lots", None)
    for name in ("inputs", "lots"):
        if name in members:
            members[name] = [{key: value for key, value in item.items() if key != "prev"} for item in members[name]]
    return members


def lines(events: Iterable[Given]) -> Iterator[bytes]:
    """JSON Lines, one event a line."""
    encoder = msgspec.json.Encoder()
    for item in events:
        yield encoder.encode(item.members) + b"\n"
