"""What was worked out of an object that never changes, kept beside the object itself.

Compositions are dictionaries, which have no hash, and the same few are read thousands of times in one answer. Here they are known
by identity; the object is kept with what was found, so that its identity cannot pass to another one meanwhile.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Found = TypeVar("Found")
MOST = 1 << 12
"""Entries; then all are forgotten, so that a ledger of any size is read in bounded memory."""


class Remembered(Generic[Found]):
    """Results by object and further parts of the question. The objects must not be changed as long as this is asked about them."""

    def __init__(self, most: int = MOST) -> None:
        """`most` entries are kept."""
        self._most = most
        self._kept: dict[tuple[object, ...], tuple[object, Found]] = {}

    def get(self, about: object, *parts: str) -> Found | None:
        """What was found, if it was."""
        kept = self._kept.get((id(about), *parts))
        return kept[1] if kept is not None else None

    def keep(self, found: Found, about: object, *parts: str) -> Found:
        """Keep it, and give it back."""
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[id(about), *parts] = (about, found)
        return found
