"""Whether the map of a log is an earlier one with new events added, and nothing else.

A store keeps the newest map alone. On the paths of the keys that the new events changed it is undone; what comes out must have the
root of the earlier map, which was verified then. From there each map entry since must follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ledger.completeness import Timeline
from ledger.seal import pages, prefix
from ledger.seal.entry import MAP_VERSION, MapEntry
from ledger.seal.merkle import Hash
from ledger.seal.pages import Fetch

Events = dict[str, list[Hash]]
"""Hashes of events by the subjects for which they count, in log order."""


def wrong(
    fetch: Fetch, earlier: MapEntry, maps: Sequence[tuple[MapEntry, Events]], timelines: Iterable[Timeline]
) -> str:
    """What is wrong with the map entries since an earlier one; empty for nothing.

    Args:
        fetch: gives pages of the newest map.
        earlier: the map entry that was verified before.
        maps: each map entry since, with the events between it and the one before.
        timelines: of the subjects of these events at least, proven against the newest map entry.

    Raises:
        ProofError: a page that came from `fetch` is none, or lacks a key.
    """
    if not maps:
        return ""
    added: Events = {}
    for _stated, events in maps:
        for name, hashes in events.items():
            added.setdefault(name, []).extend(hashes)
    shown = {item.subject: item.events for item in timelines}
    values: dict[Hash, Hash] = {}
    for name, hashes in added.items():
        known = shown.get(name, ())
        old = len(known) - len(hashes)
        if list(known[max(old, 0) :]) != hashes:
            return f"the events on {name} are not those that it commits to"
        values[prefix.key_of(name)] = prefix.chain(known[:old])
    held: dict[int, bytes] = {}
    if values:
        before = pages.rewound(fetch, values)
        if before.root != earlier.root:
            return "without the new events it is not the map that was verified before"
        held |= before.pages
    size, root = earlier.size, earlier.root

    def kept(numbers: Collection[int]) -> Mapping[int, bytes]:
        return {number: held[number] for number in numbers if number in held}

    for stated, events in maps:
        if events:
            step = pages.extend(kept, {prefix.key_of(name): hashes for name, hashes in events.items()})
            size, root = size + step.added, step.root
            held |= step.pages
        if (stated.size, stated.root, stated.version) != (size, root, MAP_VERSION):
            return f"map entry {stated.sequence} is not the one before it with the new events"
    return ""
