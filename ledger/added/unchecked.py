"""What a verification of new entries leaves to one of the whole, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from ledger.bundle.complete import MOST_MADE
from ledger.model.events import Enrol, Event, Revoke, Site
from ledger.verify import NotChecked

ONLY_ALL: Final = (
    NotChecked("sites as a whole", "drift, injection, capacity and default uncertainties need every event of a site"),
    NotChecked(
        "papers, analyses and figures used again, and what was written off elsewhere",
        "they are compared among the new entries and what these build on, not with the other lots of the ledger",
    ),
    NotChecked(
        "numbers of references, names and owners",
        "whether an actor used a `ref` before, whether a carrier or supplier is nearly a party by name, and who is owned by a party that "
        "is stated anew was looked up in the index, which proves nothing",
    ),
    NotChecked("index, stored map and definitions", "they were used where they could be proven, and not read in full"),
)
"""What only a verification of the whole shows, whatever is new."""


def verified_before(size: int, whole: int) -> NotChecked:
    """Of the entries that were there, of which the first `whole` were verified as one."""
    why = "they were verified here before and are not read again, nor are the warnings of then repeated"
    if whole < size:
        why += f"; the last {size - whole} of them were verified by themselves, too"
    return NotChecked(f"the first {size} entries", why)


def by_new(events: Collection[Event], many: Collection[str]) -> Iterator[NotChecked]:
    """What new events say of older ones that were not all read; `many` are lots of which more was made than is followed."""
    if any(isinstance(event, Revoke) for event in events):
        yield NotChecked("what a revoked key signed before", "older events by that key were not all read")
    if any(isinstance(event, Enrol | Site) for event in events):
        why = "older events of parties and sites that are stated anew were not all held against what is stated now"
        yield NotChecked("what new statements say of older events", why)
    if many:
        why = f"more than {MOST_MADE} lots were made of {', '.join(sorted(many)[:4])}"
        yield NotChecked("lots made of those of which something else is said now", why)
