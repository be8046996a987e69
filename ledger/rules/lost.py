"""What left the books, found again by who lost it or where, by what it is, and by when.

All of a ledger's write-offs may be many, so they lie in a table, and memory has some numbers for each. They are grouped by what
decides whether a lot can be one of them, and each group keeps running sums in order of time, so that what left within a window is known
without looking at each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TypeAlias

from msgspec import Struct

from ledger.reference.elements import is_rare_earth
from ledger.reference.forms import base
from ledger.reference.words import named
from ledger.rules.tables import Rows, Tables
from ledger.rules.writeoffs import Left, Pair

MAIN = 0.1
"""Share of its rare earths, or of its elements where it has none, from which one is a main one."""
_FAMILIES = (
    frozenset({"ore", "concentrate", "mixed-carbonate", "mixed-chloride", "leach-liquor"}),
    frozenset({"oxide", "oxalate", "carbonate", "chloride", "fluoride", "metal"}),
    frozenset({"alloy", "strip-cast", "powder", "compact", "block", "magnet-ndfeb", "magnet-smco"}),
)
"""Forms that a step off the books makes of one another, the main elements kept."""

Key: TypeAlias = tuple[str, str]
"""`party` or `site`, and its id; or `owner`, and its country and name."""


class Kind(Struct, frozen=True):
    """What write-offs of one group have in common.

    Attributes:
        keys: who lost them, and where.
        family: of forms.
        elements: the main ones, or those that the form is named for; empty where neither says.
        analysed: whether a composition says what was in them.
        past: stages at watched or unknown places.
        how: see `Left`.
    """

    keys: tuple[Key, ...]
    family: str
    elements: frozenset[str]
    analysed: bool
    past: frozenset[Pair]
    how: str


class Sum(Struct, frozen=True):
    """What left within a window.

    Attributes:
        count, mg: of how many, and how much together.
        elements: milligrams of each; empty where nothing was analysed.
        nearest: (seconds apart, number) of those nearest in time, at most as many as were asked for.
    """

    count: int
    mg: float
    elements: Mapping[str, float]
    nearest: tuple[tuple[float, int], ...]


class Group:
    """Write-offs of one kind, in order of time once `sort` was called."""

    def __init__(self, kind: Kind) -> None:
        """None yet."""
        self.kind = kind
        self._seconds = array("d")
        self._numbers = array("q")
        self._mg = array("d")
        self._elements: dict[str, array[float]] = {}

    def add(self, item: Left, number: int) -> None:
        """Keep one; `number` is its own in the table."""
        self._seconds.append(item.fact.event.instant.timestamp())
        self._numbers.append(number)
        self._mg.append(item.mg)
        for element in item.elements or ():
            if element not in self._elements:
                self._elements[element] = array("d", bytes(8 * (len(self._seconds) - 1)))
        for element, masses in self._elements.items():
            masses.append((item.elements or {}).get(element, 0.0))

    def sort(self) -> None:
        """Before the first question, and after the last of `add`: by time, masses as running sums."""
        order = sorted(range(len(self._seconds)), key=self._seconds.__getitem__)
        self._seconds = array("d", map(self._seconds.__getitem__, order))
        self._numbers = array("q", map(self._numbers.__getitem__, order))
        self._mg = _running(self._mg, order)
        self._elements = {element: _running(masses, order) for element, masses in self._elements.items()}

    def within(self, when: datetime, before: timedelta, after: timedelta, shown: int, mg: range | None = None) -> Sum:
        """What left in a window around a moment.

        Args:
            when: the moment.
            before: how far the window reaches back.
            after: how far it reaches ahead.
            shown: how many of the nearest to give.
            mg: where only those of such a mass count, which masses; they are looked at one by one.
        """
        moment = when.timestamp()
        first = bisect_left(self._seconds, moment - before.total_seconds())
        last = bisect_right(self._seconds, moment + after.total_seconds())
        if mg is not None:
            places = [place for place in range(first, last) if round(self._part(place, place + 1)) in mg]
            spans = [(place, place + 1) for place in places]
        else:
            middle = bisect_left(self._seconds, moment, first, last)
            places = [*range(max(first, middle - shown), min(last, middle + shown))]
            spans = [(first, last)] if first < last else []
        near = sorted((abs(self._seconds[place] - moment), self._numbers[place]) for place in places)
        return Sum(
            sum(stop - start for start, stop in spans),
            sum(self._part(start, stop) for start, stop in spans),
            {
                element: sum(masses[stop] - masses[start] for start, stop in spans)
                for element, masses in self._elements.items()
            },
            tuple(near[:shown]),
        )

    def _part(self, start: int, stop: int) -> float:
        return self._mg[stop] - self._mg[start]


class Lost:
    """All that left, once it is known."""

    def __init__(self, tables: Tables) -> None:
        """Nothing yet."""
        self._rows: Rows[Left] = Rows(tables.table())
        self._groups: dict[Kind, Group] = {}
        self._of: dict[Key, list[Group]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __getitem__(self, number: int) -> Left:
        """One of them."""
        return self._rows[number]

    def add(self, item: Left, keys: Iterable[Key]) -> None:
        """Keep one, to be found under `keys`."""
        elements = main(item.elements) or named(item.form)
        kind = Kind(tuple(keys), family(item.form), elements, bool(item.elements), item.past, item.how)
        group = self._groups.get(kind)
        if group is None:
            group = self._groups[kind] = Group(kind)
            for key in kind.keys:
                self._of.setdefault(key, []).append(group)
        group.add(item, len(self._rows))
        self._rows.append(item)

    def sort(self) -> None:
        """Before the first question, and after the last of `add`."""
        for group in self._groups.values():
            group.sort()

    def of(self, keys: Iterable[Key]) -> list[Group]:
        """What any of some parties, owners and sites lost; each group once."""
        return list(dict.fromkeys(group for key in keys for group in self._of.get(key, ())))


def _running(masses: array[float], order: Sequence[int]) -> array[float]:
    """Sums of the first none, one, two, ... in this order."""
    return array("d", accumulate(map(masses.__getitem__, order), initial=0.0))


def family(form: str) -> str:
    """The first of the forms that a form can be made into off the books; the form itself where there is no other."""
    known = base(form)
    return next((min(forms) for forms in _FAMILIES if known in forms), known)


def main(held: Mapping[str, float] | None) -> frozenset[str]:
    """The main rare earths, else the main elements; empty where nothing is stated."""
    stated = {element: amount for element, amount in (held or {}).items() if amount > 0}
    rare = {element: amount for element, amount in stated.items() if is_rare_earth(element)}
    asked = rare or stated
    whole = sum(asked.values())
    return frozenset(element for element, amount in asked.items() if amount >= MAIN * whole)
