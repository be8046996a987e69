"""All rules, in the order in which their findings are reported; the same for admission and for verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.model.entry import Fact
from ledger.rules import (
    accounts,
    authority,
    capacity,
    claims,
    composition,
    copies,
    custody,
    documents,
    fingerprint,
    handover,
    logistics,
    loops,
    owners,
    positions,
    provenance,
    reborn,
    sites,
    stakes,
    timing,
    tolling,
    vocabulary,
)
from ledger.rules.catalogue import CATALOGUE
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.standing import counted

Rule = Callable[[History, Fact], Iterator[Finding]]
Ending = Callable[[History], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    authority.anchored,
    authority.key_valid,
    authority.role_held,
    authority.site_known,
    authority.ids_unique,
    authority.names_known,
    authority.key_unshared,
    authority.key_lost,
    custody.hashes_unique,
    custody.refs_unique,
    custody.lots_new,
    custody.lots_known,
    custody.lots_held,
    custody.lots_left,
    custody.received,
    custody.retracted,
    timing.in_order,
    timing.recorded_in_time,
    timing.after_enrolment,
    handover.handover,
    handover.remainder,
    provenance.mined,
    provenance.brought_in,
    provenance.processed,
    provenance.made_from,
    provenance.arrived,
    provenance.in_transit,
    stakes.owned,
    vocabulary.words_known,
)
"""Judge one fact against the history before it."""

LATER: tuple[Rule, ...] = (
    composition.composed,
    logistics.before_a_rule,
    claims.not_consumed,
    claims.misdeclared,
    claims.miscoded_in_china,
)
"""Judge one fact in the light of the whole log: void facts are left out, and every lot has its newest analysis."""

ENDINGS: tuple[Ending, ...] = (
    custody.open_ends,
    accounts.accounts,
    fingerprint.fingerprints,
    stakes.owned_since,
    owners.self_attested,
    documents.reused,
    copies.assays_copied,
    copies.twins,
    reborn.written_off,
    loops.round_trips,
    logistics.too_fast,
    capacity.over_capacity,
    tolling.tolled,
    sites.outside_its_stages,
    sites.outside_the_register,
    positions.positioned_elsewhere,
    owners.split_below,
    owners.changed_in_time,
)
"""Judge the history once, when the log has been read to its end."""


def judge(history: History, fact: Fact) -> list[Finding]:
    """Every finding about `fact`, given the history before it; then take the fact in."""
    found = [item for rule in RULES for item in rule(history, fact)]
    history.apply(fact)
    return found


def conclude(history: History) -> Iterator[Finding]:
    """Every finding that only the end of the log shows, one by one."""
    for fact in counted(history):
        for rule in LATER:
            yield from rule(history, fact)
    for ending in ENDINGS:
        yield from ending(history)


def advise(history: History, fact: Fact) -> list[Finding]:
    """What the end of the log would say about a fact that was just taken in, were this the end: for whoever records it."""
    found = [item for rule in (*LATER, accounts.account) for item in rule(history, fact)]
    return [item for item in found if item.severity != "info"]


def refusals(findings: list[Finding]) -> list[Finding]:
    """Those that refuse a submission at admission."""
    return [item for item in findings if CATALOGUE[item.code].refuses]
