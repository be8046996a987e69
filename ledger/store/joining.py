"""Two ordered streams of rows read side by side, so that neither is ever whole in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def joined(
    rows: Iterable[Any], beside: Iterable[Any], place: Callable[[Any], Any]
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Each of `rows` with those `beside` it that have the same place; both come in the order of their places.

    What stands beside no row is passed over: `faults` of a store names it.
    """
    groups = itertools.groupby(beside, place)
    group = next(groups, None)
    for row in rows:
        here = place(row)
        while group is not None and group[0] < here:
            group = next(groups, None)
        found: tuple[Any, ...] = ()
        if group is not None and group[0] == here:
            found = tuple(group[1])
            group = next(groups, None)
        yield row, found
