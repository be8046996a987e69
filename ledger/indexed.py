"""A store's index beside what it should say: step 9 of verification, as far as it goes while the log streams by."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.store.contract import IndexRow


class Index:
    """The stored rows, and those that should be there, which come in the order of places."""

    def __init__(self, found: Iterator[IndexRow]) -> None:
        """`found` is read as far as the log has come."""
        self._found = found
        self._row: IndexRow | None = None
        self._begun = False
        self._differing: list[tuple[IndexRow | None, IndexRow | None]] = []

    def take(self, wanted: IndexRow) -> None:
        """What the index should say of the next event."""
        if not self._begun:
            self._begun = True
            self._next()
        place = (wanted.entry, wanted.position)
        while self._row is not None and (self._row.entry, self._row.position) < place:
            self._differing.append((None, self._row))
            self._next()
        if self._row is None or (self._row.entry, self._row.position) > place:
            self._differing.append((wanted, None))
            return
        if wanted != self._row:
            self._differing.append((wanted, self._row))
        self._next()

    def findings(self) -> Iterator[Finding]:
        """Every row that is wrong, missing, or of no event; what is left of the stored index last."""
        for wanted, found in self._differences():
            if wanted is None and found is not None:
                yield finding(
                    "SEAL-INDEX",
                    f"entry:{found.entry}",
                    f"the index has event {found.position} of entry {found.entry}, which the log does not bear out",
                )
            elif found is None and wanted is not None:
                yield finding(
                    "SEAL-INDEX",
                    f"entry:{wanted.entry}",
                    f"the index lacks event {wanted.position} of entry {wanted.entry}",
                    wanted.hash,
                )
            elif wanted is not None and found is not None:
                columns = [name for name in IndexRow.__struct_fields__ if getattr(wanted, name) != getattr(found, name)]
                yield finding(
                    "SEAL-INDEX",
                    f"entry:{wanted.entry}",
                    f"the index of event {wanted.position} of entry {wanted.entry} is wrong in {', '.join(columns)}",
                    wanted.hash,
                )

    def _differences(self) -> Iterator[tuple[IndexRow | None, IndexRow | None]]:
        yield from self._differing
        if not self._begun:
            self._next()
        while self._row is not None:
            yield None, self._row
            self._next()

    def _next(self) -> None:
        self._row = next(self._found, None)
