"""Which events count for which subject: what the map commits to. docs/format.md, "The map".

A subject is `lot:ID`, `party:ID` or `site:ID`, and since version 2 of the map `name:TEXT`, `key:BASE64` or `retracted:PARTY`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ledger.model.entry import Fact
from ledger.model.events import Attest, Enrol, Event, Key, Open, Retract, Revoke, Site
from ledger.seal import prefix
from ledger.seal.merkle import Hash

Told = tuple[Event, str, Event | None]
"""An event, its hash in hex, and the event that it retracts, if it retracts one."""

_FURTHER_TYPES: Final = frozenset({Open, Enrol, Key, Retract})
_COUNT_FOR_MORE: Final = frozenset({Open, Enrol, Key, Revoke, Site, Attest, Retract})
"""Types that count for more than the lots that they touch and make."""


def further(event: Event, target: Event | None = None) -> set[str]:
    """The subjects for which an event counts since version 2 of the map; `target` as in `subjects`.

    Who else has a name or a key, and what a party took back that had created lots: without these a bundle could pass over a
    namesake, a shared key, or a past that was withdrawn and told anew.
    """
    if type(event) not in _FURTHER_TYPES:
        return set()
    match event:
        case Open():
            anchors = (event.operator, event.registrar)
            return {f"name:{one.name}" for one in anchors} | {f"key:{key_part(one.vkey)}" for one in anchors}
        case Enrol():
            return {f"name:{event.name}"} | ({f"key:{key_part(event.vkey)}"} if event.vkey is not None else set())
        case Key():
            return {f"key:{key_part(event.vkey)}"}
        case Retract() if target is not None and target.outputs_made:
            return {f"retracted:{target.actor}"}
        case _:
            return set()


def key_part(vkey: str) -> str:
    """The key itself, of a verifier key, without name and id: what two parties would share."""
    return vkey.split("+", 2)[2]


def every(event: Event, target: Event | None = None) -> set[str]:
    """All subjects for which an event counts."""
    found = subjects(event, target)
    return found | further(event, target) if type(event) in _FURTHER_TYPES else found


def subjects(event: Event, target: Event | None = None) -> set[str]:
    """The subjects for which an event counts, whatever the version of the map.

    Args:
        event: what was said.
        target: of a retraction, the earlier event that it names; None where there is none. A retraction counts for
            everything for which its target does, so that it cannot be kept from whoever is shown the target.
    """
    found = {f"lot:{name}" for name, _prev in event.touches} | {f"lot:{output.lot}" for output in event.outputs_made}
    if type(event) not in _COUNT_FOR_MORE:
        return found
    match event:
        case Open():
            found |= {f"party:{event.operator.party}", f"party:{event.registrar.party}"}
        case Enrol() | Key() | Revoke():
            found.add(f"party:{event.party}")
        case Site():
            found |= {f"party:{event.party}", f"site:{event.site}"}
        case Attest():
            found |= {f"party:{party}" for party in event.parties} | {f"site:{site}" for site in event.sites}
        case Retract() if target is not None:
            found |= subjects(target)
        case _:
            pass
    return found


def grouped(told: Iterable[Told], of: Callable[[Event, Event | None], set[str]] = every) -> dict[Hash, list[Hash]]:
    """Event hashes by the key of each subject for which they count, in the order in which they come."""
    found: dict[str, list[Hash]] = {}
    for event, digest, target in told:
        hashed = bytes.fromhex(digest)
        for name in of(event, target):
            found.setdefault(name, []).append(hashed)
    return {prefix.key_of(name): hashes for name, hashes in found.items()}


def told(fact: Fact, facts: Mapping[str, Fact]) -> Told:
    """A fact with the event that it retracts, which is among the facts before it."""
    event = fact.event
    target = facts.get(event.target) if isinstance(event, Retract) else None
    return event, fact.hash, None if target is None else target.event
