"""How commands look at a ledger without verifying it: the index leads, and they say so where it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.context import opened
from ledger.errors import UsageError

if TYPE_CHECKING:
    from ledger.rules.history import History, Party


class Registry:
    """Parties and sites as the ledger states them."""

    def __init__(self, history: History) -> None:
        """`history` holds the registry's events."""
        self.history = history

    def party(self, party: str) -> Party:
        """One party.

        Raises:
            UsageError: none of this id.
        """
        found = self.history.parties.get(party)
        if found is None:
            raise UsageError(f"there is no party {party!r}; `monazite party list` shows them")
        return found


def registry(ledger: str) -> Registry:
    """Parties, sites and keys of a ledger."""
    from ledger.attest import recall  # noqa: PLC0415  (start-up time)
    from ledger.store.contract import REGISTRY_KINDS  # noqa: PLC0415

    with opened(ledger) as store:
        return Registry(recall(store.recall(kinds=REGISTRY_KINDS)))


def ancestry(ledger: str, lot: str) -> History:
    """What one lot rests on, unverified; the whole ledger where it has no such lot, for whoever names the ones near."""
    from ledger.ancestry import ancestry as recalled  # noqa: PLC0415  (start-up time)

    with opened(ledger) as store:
        past = recalled(store, lot)
    return past if lot in past.lots else history(ledger)


def chain(ledger: str, lot: str) -> History:
    """The events on one lot, unverified; the whole ledger where it has no such lot."""
    from ledger.ancestry import touching  # noqa: PLC0415  (start-up time)

    with opened(ledger) as store:
        past = touching(store, lot)
    return past if lot in past.lots else history(ledger)


def history(ledger: str) -> History:
    """Everything that a ledger says, unverified."""
    from ledger.attest import recall  # noqa: PLC0415  (start-up time)
    from ledger.model.events import EVENT_TYPES  # noqa: PLC0415

    with opened(ledger) as store:
        return recall(store.recall(kinds=tuple(EVENT_TYPES)))
