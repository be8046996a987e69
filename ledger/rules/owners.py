"""SIGN-SELF-ATTEST, ORIG-OWNERS-SPLIT and ORIG-OWNERS-CHANGED: what direct owners show (DOMAIN.md L12, L20).

Only owners as the registrar states them, and only direct ones; whoever owns through others is not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import date, timedelta

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import CREATING, Attest, Enrol, Receive
from ledger.model.identity import Owner
from ledger.model.quantity import PPB
from ledger.reference.countries import CHINESE
from ledger.reference.rule_dates import RULE_DATES
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.provenance import NOT_KNOWN, OWNED_PPB, chinese_owners, place
from ledger.rules.standing import counted

JUST_BELOW_PPB = OWNED_PPB - 20_000_000
"""23 %: within two points of the mark."""
MARKS_PPB = (OWNED_PPB, PPB // 2)
"""25 % (26 U.S.C. 7701(a)(51)(D); 89 FR 37079) and 50 % (foreign-controlled entities of 26 U.S.C. 7701(a)(51); MOFCOM 61/2025)."""
NEAR = timedelta(days=90)
_ANYBODY = re.compile(
    r"\b(?:free|float|public|(?:share|stock)?holders?|founders?|management|employees?|staff|famil(?:y|ies)|various|others?"
    r"|private|individuals?|institutional|investors?|minority|unknown|undisclosed|withheld|not)\b"
)
"""Words of names that name nobody: two parties whose owner is `free float` have no owner in common."""


class Statement(Struct, frozen=True):
    """What the registrar stated of a party's owners, and where; None where the ledger's first entry names the party."""

    owners: tuple[Owner, ...] = ()
    fact: Fact | None = None


def self_attested(history: History) -> Iterator[Finding]:
    """An attestation by an auditor that is the party attested, owns 25 % of it, or is owned to 25 % by it or with it."""
    if next(counted(history, Attest), None) is None:
        return
    stated: dict[str, Statement] = {}
    holders: MutableMapping[str, str] = history.tables.table()
    for fact in counted(history, Enrol, Attest, Receive, *CREATING):
        event = fact.event
        if isinstance(event, Enrol):
            stated[event.party] = Statement(event.owners, fact)
        for output in event.outputs_made:
            holders.setdefault(output.lot, event.actor)
        if isinstance(event, Receive) and event.result == "accepted":
            holders.update(dict.fromkeys((draw.lot for draw in event.lots), event.actor))
        if isinstance(event, Attest):
            for party, what in _attested(history, event, holders).items():
                tie = _tie(event.actor, party, stated)
                if tie is None:
                    continue
                facts = [stated[one].fact for one in (event.actor, party) if one in stated]
                evidence = dict.fromkeys([fact.hash, *(one.hash for one in facts if one is not None)])
                message = f"{event.actor} attests {what}, and {tie}"
                yield finding("SIGN-SELF-ATTEST", f"event:{fact.hash}", message, *evidence)


def _attested(history: History, event: Attest, holders: Mapping[str, str]) -> dict[str, str]:
    """Whom an attestation concerns, each with what of it."""
    found = {party: party for party in event.parties}
    for name in event.sites:
        site = history.site_events.get(name)
        if site is not None:
            found.setdefault(site.party, f"{name}, a site of {site.party}")
    for touch in event.lots:
        holder = holders.get(touch.lot)
        if holder is not None:
            found.setdefault(holder, f"lot {touch.lot}, which {holder} holds")
    return found


def _tie(auditor: str, party: str, stated: dict[str, Statement]) -> str | None:
    if auditor == party:
        return "it is that party itself"
    ours = stated.get(auditor, Statement()).owners
    theirs = stated.get(party, Statement()).owners
    if _holds(party, ours):
        return f"{party} owns 25 % or more of it"
    if _holds(auditor, theirs):
        return f"owns 25 % or more of {party}"
    shared = _named(ours) & _named(theirs)
    return f"{min(shared)[0]} owns 25 % or more of both" if shared else None


def _holds(party: str, owners: Iterable[Owner]) -> bool:
    """Whether a party is an owner from the mark; a share that is not stated counts as at the mark."""
    return any(owner.party == party and (owner.ppb is None or owner.ppb >= OWNED_PPB) for owner in owners)


def _named(owners: Iterable[Owner]) -> set[tuple[str, str]]:
    """Owners of the mark or more that can be told apart: party ids, else names with their country."""
    found: set[tuple[str, str]] = set()
    for owner in owners:
        if owner.ppb is None or owner.ppb < OWNED_PPB:
            continue
        name = " ".join((owner.name or "").casefold().split())
        if owner.party is not None:
            found.add((owner.party, ""))
        elif not _ANYBODY.search(name):
            found.add((name, owner.country))
    return found


def split_below(history: History) -> Iterator[Finding]:
    """Two owners or more that are Chinese, or whose country is not known, and stay below 25 % each by a little or by count."""
    told: dict[str, tuple[Owner, ...]] = {}
    for fact in counted(history, Enrol):
        event = fact.event
        if not isinstance(event, Enrol) or event.country in CHINESE or told.get(event.party) == event.owners:
            continue
        told[event.party] = event.owners
        below = [owner for owner in event.owners if owner.ppb is not None and owner.ppb < OWNED_PPB]
        near = [owner for owner in below if (owner.ppb or 0) >= JUST_BELOW_PPB and _may_be_chinese(owner)]
        chinese = [owner for owner in below if owner.country in CHINESE]
        together = sum(owner.ppb or 0 for owner in chinese)
        some = chinese if together >= OWNED_PPB else near
        if len(some) > 1:
            names = ", ".join(
                f"{owner.name or owner.party} ({owner.country}) {(owner.ppb or 0) / 10_000_000:.4g} %" for owner in some
            )
            message = f"{event.party} is held by {names}: each below 25 %, together not"
            yield finding("ORIG-OWNERS-SPLIT", f"party:{event.party}", message, fact.hash)


def _may_be_chinese(owner: Owner) -> bool:
    return owner.country in CHINESE or place(owner.country) == NOT_KNOWN


def changed_in_time(history: History) -> Iterator[Finding]:
    """Chinese ownership stated lower across 25 % or 50 %, less than 90 days from a day on which a rule begins."""
    before: dict[str, tuple[int, Fact]] = {}
    for fact in counted(history, Enrol):
        event = fact.event
        if not isinstance(event, Enrol):
            continue
        share = PPB if event.country in CHINESE else chinese_owners(event.owners)[0]
        earlier = before.get(event.party)
        before[event.party] = (share, fact)
        if earlier is None:
            continue
        crossed = [mark for mark in MARKS_PPB if share < mark <= earlier[0]]
        days = (date.fromisoformat(event.at[:10]), fact.recorded.date())
        rule = next((rule for rule in RULE_DATES if any(abs(day - rule.day) < NEAR for day in days)), None)
        if crossed and rule is not None:
            message = (
                f"{event.party}: Chinese ownership is stated as {share / 10_000_000:.4g} % after {earlier[0] / 10_000_000:.4g} %, "
                f"across {' and '.join(f'{mark // 10_000_000} %' for mark in crossed)}, near {rule.day.isoformat()}"
            )
            yield finding("ORIG-OWNERS-CHANGED", f"party:{event.party}", message, fact.hash, earlier[1].hash)
