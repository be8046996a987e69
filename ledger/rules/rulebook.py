"""All rules, in the order in which their findings are reported; the same for admission and for verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.model.entry import Fact
from ledger.model.events import (
    CREATING,
    EVENT_TYPES,
    Assay,
    Attest,
    Declare,
    Dispose,
    Enrol,
    Event,
    Extract,
    Key,
    Open,
    Receive,
    Recover,
    Retract,
    Revoke,
    Ship,
    Site,
    Transform,
)
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
    namesakes,
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

Kinds = tuple[type[Event], ...]
"""Types of event."""

ALL: Kinds = tuple(EVENT_TYPES.values())
_TOUCHING: Kinds = (Transform, Ship, Receive, Assay, Attest, Retract, Dispose)
_MOVING: Kinds = (Transform, Ship, Dispose)
_OF_LOTS: Kinds = (*CREATING, Ship, Receive, Assay, Attest, Retract, Dispose)

RULES: tuple[tuple[Rule, Kinds], ...] = (
    (authority.anchored, ALL),
    (authority.key_valid, ALL),
    (authority.role_held, ALL),
    (authority.site_known, ALL),
    (authority.ids_unique, (Enrol, Site)),
    (authority.names_known, (Enrol, Site, Key, Revoke, Attest, Ship)),
    (authority.key_unshared, (Enrol, Key)),
    (authority.key_lost, (Revoke,)),
    (custody.hashes_unique, ALL),
    (custody.refs_unique, ALL),
    (custody.lots_new, CREATING),
    (custody.lots_known, _TOUCHING),
    (custody.lots_held, _MOVING),
    (custody.lots_left, _MOVING),
    (custody.received, (Receive,)),
    (custody.retracted, (Retract,)),
    (timing.in_order, _TOUCHING),
    (timing.recorded_in_time, ALL),
    (timing.after_enrolment, _OF_LOTS),
    (handover.handover, (Ship, Receive)),
    (handover.remainder, (Transform, Dispose)),
    (provenance.mined, (Extract,)),
    (provenance.brought_in, (Declare, Recover)),
    (provenance.processed, (Transform,)),
    (provenance.made_from, CREATING),
    (provenance.arrived, (Receive,)),
    (provenance.in_transit, (Ship, Receive, Declare, Recover, Transform)),
    (stakes.owned, (Open, Enrol)),
    (vocabulary.words_known, (*CREATING, Ship, Receive, Assay, Dispose)),
)
"""Judge one fact against the history before it. A rule is asked about the types of event that it can find something of, and no
others: to be told by each of 29 rules that it has nothing to say took a third of their time."""

LATER: tuple[tuple[Rule, Kinds], ...] = (
    (composition.composed, (*CREATING, Assay)),
    (logistics.before_a_rule, _OF_LOTS),
    (claims.not_consumed, (Recover,)),
    (claims.misdeclared, (Ship,)),
    (claims.miscoded_in_china, (Ship,)),
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
    namesakes.nearly_named,
)
"""Judge the history once, when the log has been read to its end."""


def _asked(rules: tuple[tuple[Rule, Kinds], ...]) -> dict[type[Event], tuple[Rule, ...]]:
    return {kind: tuple(rule for rule, kinds in rules if kind in kinds) for kind in ALL}


_RULES_OF = _asked(RULES)
_LATER_OF = _asked(LATER)
_ADVICE_OF = _asked((*LATER, (accounts.account, (Transform,))))


def judge(history: History, fact: Fact) -> list[Finding]:
    """Every finding about `fact`, given the history before it; then take the fact in."""
    found = [item for rule in _RULES_OF[type(fact.event)] for item in rule(history, fact)]
    history.apply(fact)
    return found


def conclude(history: History) -> Iterator[Finding]:
    """Every finding that only the end of the log shows, one by one."""
    for fact in counted(history):
        for rule in _LATER_OF[type(fact.event)]:
            yield from rule(history, fact)
    for ending in ENDINGS:
        yield from ending(history)


def advise(history: History, fact: Fact) -> list[Finding]:
    """What the end of the log would say about a fact that was just taken in, were this the end: for whoever records it."""
    found = [item for rule in _ADVICE_OF[type(fact.event)] for item in rule(history, fact)]
    return [item for item in found if item.severity != "info"]


def refusals(findings: list[Finding]) -> list[Finding]:
    """Those that refuse a submission at admission."""
    return [item for item in findings if CATALOGUE[item.code].refuses]
