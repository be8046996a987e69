"""Tables that grow with the log: in memory, or wherever the caller keeps them.

A ledger of a million events does not fit into the memory that a verifier should ask for. So whatever grows with the number of
events or lots is kept in a table, and who verifies says where tables are kept (`ledger.store.shelf`). The rules know
mappings only. What a table gives may be a copy: whoever changes it puts it back.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, MutableMapping, Sequence
from typing import Any, Generic, Protocol, TypeVar, overload

from ledger.model.entry import Fact
from ledger.model.event import Event

T = TypeVar("T")
SHOWN = 20
"""Rows that a representation lists."""


class FactTable(MutableMapping[str, Fact]):
    """Facts by event hash."""

    @abstractmethod
    def of(self, kinds: Collection[type[Event]]) -> Iterator[Fact]:
        """Those whose event is of one of these types, in order."""


class Tables(Protocol):
    """Makes tables, empty ones. Their keys are texts, numbers, and tuples of them; they keep the order of first insertion."""

    def facts(self) -> FactTable:
        """The one table of facts by event hash; other tables may hold facts that are in it."""

    def table(self) -> MutableMapping[Any, Any]:
        """A table of anything that is a value, or a lot."""


class _Facts(dict[str, Fact], FactTable):
    """A plain dictionary."""

    def of(self, kinds: Collection[type[Event]]) -> Iterator[Fact]:
        """See `FactTable`."""
        kinds = tuple(kinds)
        return (fact for fact in self.values() if isinstance(fact.event, kinds))


class InMemory:
    """Plain dictionaries."""

    def facts(self) -> FactTable:
        """See `Tables`."""
        return _Facts()

    def table(self) -> dict[Any, Any]:
        """See `Tables`."""
        return {}


class Rows(Sequence[T], Generic[T]):
    """A list that grows and is read, on a table."""

    def __init__(self, table: MutableMapping[int, T]) -> None:
        """Empty, as the table is."""
        self._table = table

    def append(self, row: T) -> None:
        """Add one at the end."""
        self._table[len(self._table)] = row

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        """One row, or some."""
        if isinstance(place, slice):
            return [self._table[number] for number in range(*place.indices(len(self)))]
        number = place + len(self) if place < 0 else place
        if not 0 <= number < len(self):
            raise IndexError(place)
        return self._table[number]

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[T]:
        return iter(self._table.values())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(one == its for one, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        shown = ", ".join(repr(row) for row in self[:SHOWN])
        return f"<{len(self)} rows: {shown}{', ...' if len(self) > SHOWN else ''}>"
