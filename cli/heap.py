"""How Python looks for garbage while one answer is made: rarely, since nearly all that is made stays until the answer is written."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 200_000
"""New containers before Python looks for cycles among the youngest; by default 700, which walks a verified history again and again."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within it garbage is looked for after many more objects; as before after it."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
