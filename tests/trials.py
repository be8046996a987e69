"""How much a test tries of what could be tried: all under the profile `thorough` (`make test-deep`), a part in `make test`.

The parts are the same on every run: a property test takes the first of its examples, a matrix every so manieth of its cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

FULL = 100
"""Examples of a property test that states no number, under the profile `thorough`."""
T = TypeVar("T")


def _tried() -> int:
    """The loaded profile's examples of FULL; not those of the property test that may be running."""
    return settings.get_profile(settings.get_current_profile_name()).max_examples


def trials(most: int) -> int:
    """Of `most` examples or rounds, as many as the profile tries; 5 at least."""
    return max(min(most, 5), most * _tried() // FULL)


def some(cases: Sequence[T], start: int = 0) -> Sequence[T]:
    """All cases, or every fourth one, say, as the profile tries; `start` chooses which, so that all rows of a matrix together
    try every column.
    """
    step = max(FULL // _tried(), 1)
    return cases[min(start % step, max(len(cases) - 1, 0)) :: step]
