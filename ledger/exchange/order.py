"""The order in which a file's events can have happened.

Files are mostly in order and then stay as they are. A file that uses a lot above the row that creates it, receives it
above its shipment or retracts an event above that event is sorted: along each lot its creation first, then by time, and
otherwise as the file has it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from ledger.errors import InputError
from ledger.exchange.draft import Draft
from ledger.model.text import instant

SHOWN = 10
"""Most lines that a message names."""


class _Step(NamedTuple):
    """A draft, by the lots that it creates and uses."""

    kind: str
    creates: tuple[str, ...]
    uses: tuple[str, ...]
    target: int | None = None


def arrange(drafts: Sequence[Draft]) -> list[Draft]:
    """Checked drafts of one file in an order in which they can be recorded.

    Raises:
        InputError: there is no such order; names the lines.
    """
    steps = _steps(drafts)
    if _in_order(steps):
        return list(drafts)
    return [drafts[index] for index in _sorted(drafts, _edges(drafts, steps))]


def _steps(drafts: Sequence[Draft]) -> list[_Step]:
    named: dict[tuple[str, str], int] = {}
    for index, draft in enumerate(drafts):
        if "ref" in draft.members:
            named.setdefault((draft.members["actor"], draft.members["ref"]), index)
    steps: list[_Step] = []
    for index, draft in enumerate(drafts):
        members = draft.members
        used = [item["lot"] for name in ("inputs", "lots") for item in members.get(name, ())]
        if "lot" in members:
            used.append(members["lot"])
        target = named.get((members["actor"], members["target"])) if members["type"] == "retract" else None
        if target == index:
            target = None
        creates = tuple(item["lot"] for item in members.get("outputs", ()))
        steps.append(_Step(members["type"], creates, tuple(used), target))
    # A retraction is the newest event on the lots of its target.
    return [
        step if step.target is None else step._replace(uses=steps[step.target].creates + steps[step.target].uses)
        for step in steps
    ]


def _in_order(steps: Iterable[_Step]) -> bool:
    steps = list(steps)
    created = {lot for step in steps for lot in step.creates}
    shipped = {lot for step in steps if step.kind == "ship" for lot in step.uses}
    made: set[str] = set()
    sent: set[str] = set()
    for index, step in enumerate(steps):
        if any(lot in created and lot not in made for lot in step.uses):
            return False
        if step.kind == "receive" and any(lot in shipped and lot not in sent for lot in step.uses):
            return False
        if step.target is not None and step.target > index:
            return False
        made.update(step.creates)
        if step.kind == "ship":
            sent.update(step.uses)
    return True


def _edges(drafts: Sequence[Draft], steps: Sequence[_Step]) -> list[set[int]]:
    """For each draft, those that come after it: the next on each of its lots, and what retracts it."""
    makers: dict[str, list[int]] = {}
    users: dict[str, list[int]] = {}
    for index, step in enumerate(steps):
        for lot in step.creates:
            makers.setdefault(lot, []).append(index)
        for lot in step.uses:
            users.setdefault(lot, []).append(index)
    times = [instant(draft.members["at"]) for draft in drafts]
    after: list[set[int]] = [set() for _ in drafts]
    for lot in makers.keys() | users.keys():
        by_time = sorted(users.get(lot, ()), key=lambda index: (times[index], index))
        for before, later in pairwise([*makers.get(lot, ()), *by_time]):
            after[before].add(later)
    for index, step in enumerate(steps):
        if step.target is not None:
            after[step.target].add(index)
    return after


def _sorted(drafts: Sequence[Draft], after: Sequence[set[int]]) -> list[int]:
    """Kahn's algorithm; of what could come next, the one that stands first in the file."""
    waiting = [0] * len(drafts)
    for followers in after:
        for index in followers:
            waiting[index] += 1
    ready = [index for index, count in enumerate(waiting) if count == 0]
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for follower in after[index]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, follower)
    if len(order) < len(drafts):
        raise _cycle(drafts, _knot(after, {index for index, count in enumerate(waiting) if count}))
    return order


def _knot(after: Sequence[set[int]], stuck: set[int]) -> list[int]:
    """One cycle among the drafts that could not be placed, which also hold whatever merely follows the cycle."""
    before: dict[int, int] = {follower: index for index in stuck for follower in after[index] if follower in stuck}
    seen: dict[int, int] = {}
    index = min(stuck)
    while index not in seen:
        seen[index] = len(seen)
        index = before[index]
    return sorted(list(seen)[seen[index] :])


def _cycle(drafts: Sequence[Draft], knot: Sequence[int]) -> InputError:
    lines = [str(drafts[index].line) for index in knot]
    named = ", ".join(lines[:SHOWN]) + (f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else "")
    first = drafts[knot[0]]
    return InputError(
        f"the events on lines {named} cannot be put in order: by their lots and times each comes before the others; "
        "look at which lot each creates and uses, and at `at`",
        file=first.file or None,
        line=first.line or None,
    )
