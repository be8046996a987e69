"""What a store answers when it is asked outside a snapshot: each question as of its own moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ledger.store.contract import Fault, Head, IndexRow, Mapped, Recall, Recalled, Snapshot, Stored


class Moments(Protocol):
    """For stores of a database, which give a snapshot and `recalling`."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """See the contract."""

    def recalling(self) -> AbstractContextManager[Recall]:
        """See the contract."""

    def head(self) -> Head:
        """See the contract."""
        with self.snapshot() as seen:
            return seen.head()

    def entries(self, start: int = 0) -> Iterator[Stored]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.entries(start)

    def index(self) -> Iterator[IndexRow]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.index() or ()

    def faults(self) -> Iterator[Fault]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.faults()

    def mapped(self) -> Mapped | None:
        """See the contract."""
        with self.snapshot() as seen:
            return seen.mapped()

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """See the contract."""
        with self.snapshot() as seen:
            yield from seen.pages()

    @property
    def recall(self) -> Recall:
        """See the contract."""

        def ask(**what: Any) -> list[Recalled]:  # noqa: ANN401  (whatever a `Recall` takes)
            with self.recalling() as recall:
                return recall(**what)

        return ask
