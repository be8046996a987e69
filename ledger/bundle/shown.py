"""What a bundle can show of the findings on the full ledger, and what it cannot, in words.

The rules run over a bundle's events as over a ledger's. What they then say of a lot that is only touched here, or of an event
of which some lots are not here, rests on what is missing, and is left out; so is what needs all events of a site.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ledger.model.entry import Fact
from ledger.partial import ONLY_WHOLE
from ledger.rules.custody import lots_of
from ledger.rules.finding import Finding
from ledger.verify import NotChecked

SITE_WIDE = frozenset({"MASS-DRIFT", "MASS-INJECTION", "MASS-CAPACITY", "DATA-DEFAULT"})
"""Codes that need every event of a site."""
COMPARED = frozenset({"CUST-DOCUMENT-SHARED", "CUST-ASSAY-COPIED", "CUST-TWIN", "CUST-WRITTEN-OFF"})
"""Codes that compare lots with all others: here with those of the bundle, where an event is of these alone. That a paper was used again is
said of shared loads as well: the others on them might be relatives, but one who doubts is nearer to the ledger's answer."""
OF_ITSELF = frozenset(
    {
        *("SEAL-CANONICAL", "SEAL-DUPLICATE", "SIGN-BINDING", "SIGN-KEY-LOST", "SIGN-KEY-WEAK", "SIGN-SELF-ATTEST"),
        *(
            "CUST-REF",
            "CUST-REPLACEMENT",
            "CUST-RETRACT",
            "CUST-RETRACTED",
            "TIME-FUTURE",
            "TIME-LATE",
            "TIME-ENROLMENT",
            "TIME-RULE-DATE",
        ),
        "ORIG-CN-TECHNOLOGY",
    }
)
"""Codes about an event that an event's own words, its signer and its target bear out, whatever lots it touches."""

NOT_SHOWN = (
    NotChecked("truth of statements", "the ledger proves who said what and that it fits together, not that it is true"),
    *(NotChecked(what, why) for what, why in ONLY_WHOLE),
)
"""What no bundle shows."""


def is_whole(fact: Fact, lots: Collection[str]) -> bool:
    """Whether every lot that an event touches or makes is one of these."""
    return all(name in lots for name in lots_of(fact.event))


class Shown:
    """Which findings a bundle bears out."""

    def __init__(self, facts: Iterable[Fact], lots: Collection[str]) -> None:
        """`facts` are those of the bundle, `lots` those of which it holds every event."""
        self.lots = lots
        self.facts = {fact.hash: is_whole(fact, lots) for fact in facts}

    def keep(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Those that are borne out."""
        return (item for item in findings if self.bears_out(item))

    def bears_out(self, item: Finding) -> bool:
        """Whether what is here is enough for a finding, so that the full ledger has it as well."""
        if item.code in SITE_WIDE or any(digest not in self.facts for digest in item.events):
            return False
        if item.code in COMPARED and not all(self.facts[digest] for digest in item.events):
            return False
        kind, _, name = item.subject.partition(":")
        if kind == "lot":
            return name in self.lots
        if kind != "event" or item.code in OF_ITSELF:
            return True
        return self.facts.get(name, False)
