"""DATA-NAME: a carrier or supplier that is nearly a party, and by the letter is not (DOMAIN.md L12).

Whose owners are asked is decided by the exact text, since only an exact text has a proof of being no party's in a bundle. So a
capital letter would hide a Chinese carrier: this says so to whoever reads the whole ledger.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ledger.model.entry import Fact
from ledger.model.events import Declare, Enrol, Event, Ship
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.standing import counted

_ALIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтвнαορνικυτχεηωβγ01",  # noqa: RUF001  (that is what they are for)
    "aeopcyxijshdqwkmtbhaopvikutxenwbyol",
)
"""Letters of Cyrillic and Greek, and digits, that are taken for Latin letters (after the confusables of Unicode UTS #39)."""


def nearly_named(history: History) -> Iterator[Finding]:
    """Each party whose id, or any name that it was enrolled under, a carrier or supplier that is no party's has but for its spelling."""
    exact = {name for party in history.parties.values() for name in (party.id, party.name)}
    near: dict[str, dict[str, Fact]] = {}
    for fact in counted(history, Enrol):
        event = fact.event
        if isinstance(event, Enrol):
            for name in (event.party, event.name):
                near.setdefault(plain(name), {}).setdefault(event.party, fact)
    for fact in counted(history, Declare, Ship):
        text = called(fact.event)
        if text is None or text in exact:
            continue
        for party, enrolled in near.get(plain(text), {}).items() if plain(text) else ():
            message = f"{text!r} is nearly the party {party} and not by the letter: it was not taken for it, nor its owners asked"
            yield finding("DATA-NAME", f"event:{fact.hash}", message, fact.hash, enrolled.hash)


def called(event: Event) -> str | None:
    """The carrier or supplier that an event names."""
    return event.supplier if isinstance(event, Declare) else event.carrier if isinstance(event, Ship) else None


def plain(text: str) -> str:
    """A name without case, accents, width, spaces and punctuation, and with look-alike letters as one."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text).casefold() if sign.isalnum())
    return bare.translate(_ALIKE)
