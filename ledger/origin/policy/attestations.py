"""What auditors attest of a lot's ancestry, of the parties that did it and of the sites where it was done.

An attestation proves nothing that a policy asks, but one that does not plainly say that all is well is trouble in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Attest
from ledger.origin.policy.kin import relatives
from ledger.origin.policy.model import Reason
from ledger.origin.trace import Trace
from ledger.reference.countries import CHINESE
from ledger.rules.history import History
from ledger.rules.provenance import NOT_KNOWN
from ledger.rules.standing import counted

GOOD = frozenset({
    "accepted", "active", "approved", "certified", "compliant", "complies", "conformant", "conforming", "conforms", "pass",
    "passed", "passes", "valid",
})  # fmt: skip
"""Results that say that all is well, in small letters and by themselves; whatever else is said is read against the lot."""


DOUBTFUL = CHINESE | {"RU", "IR", "KP", NOT_KNOWN}
"""Covered countries and places that nobody states."""


class Attested(Struct, frozen=True):
    """An attestation that concerns the ancestry.

    Attributes:
        fact, event: the attestation.
        about: what of the ancestry it names, in words.
        lots: the lots of it.
        apart: whether it names other lots of the same material alone, whose own way explains what speaks against them.
    """

    fact: Fact
    event: Attest
    about: tuple[str, ...]
    lots: tuple[str, ...]
    apart: bool = False

    @property
    def good(self) -> bool:
        """Whether its result says plainly that all is well."""
        return self.event.result.strip().casefold() in GOOD


def concerning(history: History, trace: Trace) -> Iterator[Attested]:
    """Attestations that stand and name a lot of the ancestry or of its material, or a party or a site that acted in it, in log order."""
    attests = list(counted(history, Attest))
    if not attests:
        return
    acted = [fact.event for _name, fact in trace.events(history)]
    parties = {event.actor for event in acted}
    sites = {event.site for event in acted if event.site is not None}
    lots = set(trace.lots)
    kin = {item.lot: item for item in relatives(history, trace)}
    for fact in attests:
        event = fact.event
        assert isinstance(event, Attest)  # noqa: S101  (asked for by its type)
        named = tuple(sorted({touch.lot for touch in event.lots} & lots))
        about = (
            *(f"lot {name}" for name in named),
            *(f"party {name}" for name in sorted(set(event.parties) & parties)),
            *(f"site {name}" for name in sorted(set(event.sites) & sites)),
        )
        beside = [kin[name] for name in sorted({touch.lot for touch in event.lots} & kin.keys())]
        about += tuple(f"lot {item.lot} (of the same material as lot {item.of})" for item in beside)
        # What was done to another lot alone, in a place that speaks against it, may be what is meant.
        apart = all(item.places & DOUBTFUL for item in beside) and not about[: len(about) - len(beside)]
        if about:
            yield Attested(fact, event, about, named or tuple(item.of for item in beside), apart)


def against(history: History, trace: Trace) -> Iterator[Reason]:
    """Attestations that speak against the ancestry; one that its own author followed by a good one is settled."""
    found = list(concerning(history, trace))
    for number, item in enumerate(found):
        settled = any(
            later.good
            and (later.event.actor, later.event.scheme) == (item.event.actor, item.event.scheme)
            and set(item.about) <= set(later.about)
            for later in found[number + 1 :]
        )
        if not item.good and not settled and not item.apart:
            yield Reason(f"{_told(item)}: that does not say that all is well", (item.fact.hash,), item.lots)


def notes(history: History, trace: Trace) -> list[str]:
    """One sentence for each attestation on the ancestry."""
    return [
        f"{_told(item)}; an attestation is a statement, no event of the chain." for item in concerning(history, trace)
    ]


def _told(item: Attested) -> str:
    event = item.event
    until = f", valid until {event.valid_until}" if event.valid_until is not None else ""
    return f"{event.actor} attests of {', '.join(item.about)} under {event.scheme}: {event.result}{until}"
