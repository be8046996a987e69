"""To whom Chinese-origin items go: listed companies, military users, Japan's military."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ledger.model.quantity import PPB
from ledger.origin.policy.case import Case, Outcome, not_in_force, only, told
from ledger.origin.policy.chinese import Export, brought_in, carries, china_day, content, exports
from ledger.origin.policy.licences import Found, settle
from ledger.origin.policy.model import CANNOT, COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, Reason, Verdict
from ledger.origin.policy.suspension import InForce, asleep, by_status
from ledger.rules.history import Party
from ledger.rules.provenance import NOT_KNOWN, place

_SUFFIXES = frozenset(
    {"inc", "corp", "corporation", "company", "co", "llc", "ltd", "limited", "incorporated", "and", "plc"}
)
CONTROL_LIST = "CN-CONTROL-LIST-2026-23"


def control_list(case: Case) -> Outcome:
    """No. 23 of 2026: no Chinese-origin dual-use item to a listed party, from anywhere (DOMAIN.md L26)."""
    late = not_in_force(case)
    if late is not None:
        return late
    found: list[tuple[Verdict, Reason]] = []
    begins = case.rule.effective_from
    for export in _handovers(case):
        if begins is not None and export.day < begins:
            continue
        who = listed_party(case, export.to)
        share = case.context.export.consignee_listed_owner_share if case.context.export is not None else None
        if not export.events and who is None and share is not None and share >= case.rule.thresholds["owner_share"]:
            who = f"{export.to or 'the consignee'}, stated to be held {share:.0%} by listed parties"
        held = content(case, export.lot, case.rule.elements)
        if held.state == "absent":
            continue
        if who is not None:
            verdict: Verdict = NON_COMPLIANT if held.state == "present" else CANNOT
            word = "carries" if held.state == "present" else "may carry"
            said = f"lot {export.lot} went to {who} on {export.day} and {word} listed elements of Chinese origin"
            found.append((verdict, Reason(said, export.events, (export.lot,))))
            found += [(verdict, reason) for reason in held.reasons]
        elif not export.events and not export.to:
            found.append((CANNOT, Reason("the context states an export and not its consignee")))
        else:
            said = f"lot {export.lot} went to {export.to}, which bears no listed name and is not stated to be held by a listed party"
            found.append((COMPLIANT, Reason(said, export.events, (export.lot,))))
    found += [(CANNOT, reason) for reason in _unrecorded(case)]
    verdict, reasons = settle(
        found, "no transfer of listed elements of Chinese or unknown origin is recorded or stated since"
    )
    return only(verdict, *reasons)


def _unrecorded(case: Case) -> Iterable[Reason]:
    """What was declared since with stages in China or at an unknown place: to whom it went before is not recorded."""
    begins = case.rule.effective_from
    for step, day in brought_in(case):
        event = step.fact.event
        if (begins is not None and day < begins) or not carries(case, step.lot, case.rule.elements):
            continue
        who = listed_party(case, event.site or "") or listed_party(case, event.actor)
        said = f"{told(step)}: by whose hands it came there, if it is of Chinese origin, is not recorded"
        if who is not None:
            said = f"{told(step)}: it is in the hands of {who}; when and from whom it came is not recorded"
        yield Reason(said, (step.fact.hash,), (step.lot,))


def _handovers(case: Case) -> Iterable[Export]:
    """Every shipment, within a country as well: the rule asks who, not where."""
    crossing = {item.events: item for item in exports(case)}
    for name, fact in case.walk.shipments:
        known = crossing.pop((fact.hash,), None)
        to = str(getattr(fact.event, "to", ""))
        yield known or Export(name, china_day(fact.event.instant), "", "", None, to, (fact.hash,))
    yield from (item for item in crossing.values() if not item.events)


def listed_party(case: Case, to: str) -> str | None:
    """The listed name that a party, the party of a site, a consignee, or one of its owners to 50 % or more bears."""
    history = case.walk.history
    site = history.site_events.get(to)
    party = history.parties.get(site.party if site is not None else to)
    if party is None:
        found = listed_name(case, to)
        return None if found is None else f"{to} (listed: {found})"
    found = listed_name(case, party.name) or listed_name(case, party.id)
    if found is not None:
        return f"{party.name} (listed: {found})"
    return _owner(case, party, {party.id})


def _owner(case: Case, party: Party, seen: set[str]) -> str | None:
    """A listed owner to the mark or more, alone or together, directly or by a party that is itself held so."""
    mark = case.rules[CONTROL_LIST].thresholds["owner_share"] * PPB
    held, names = 0, []
    for owner in party.owners:
        owning = case.walk.history.parties.get(owner.party or "")
        name = owner.name or (owning.name if owning is not None else "") or owner.party or ""
        listed = listed_name(case, name)
        if listed is None and owning is not None and owning.id not in seen:
            listed = _owner(case, owning, {*seen, owning.id})
        if listed is not None:
            held += PPB if owner.ppb is None else owner.ppb  # a share that is not stated may be all of it
            names.append(listed)
    return f"{party.name}, held by {', '.join(names)}" if names and held >= mark else None


def listed_name(case: Case, name: str) -> str | None:
    """The listed company whose name, without its legal form, stands in `name`."""
    words = _words(name)
    for entity in case.rules[CONTROL_LIST].names:
        wanted = _words(entity)
        if any(words[index : index + len(wanted)] == wanted for index in range(len(words) - len(wanted) + 1)):
            return entity
    return None


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return [word for word in re.findall(r"[a-z0-9]+", plain) if word not in _SUFFIXES]


def end_user(case: Case) -> Outcome:
    """No. 61 items 2 to 4."""
    return by_status(case, _end_user)


def _end_user(case: Case, in_force: InForce) -> Found:
    if not in_force(case.tested_on):
        return NOT_APPLICABLE, [Reason(asleep([case.tested_on], exported=case.context.export is not None))]
    held = content(case, case.walk.trace.lot.id, case.rule.elements)
    if held.state == "absent":
        return NOT_APPLICABLE, [Reason("no listed element of Chinese or unknown origin is in the lot")]
    stated = case.context.export
    if stated is None:
        return CANNOT, [Reason("no export and no end user is stated"), *held.reasons]
    who = listed_name(case, stated.consignee) if stated.consignee is not None else None
    share, mark = stated.consignee_listed_owner_share, case.rule.thresholds["owner_share"]
    refused = []
    if stated.military_end_user:
        refused.append(Reason("the context states a military end user: refused in principle (item 2)"))
    if who is not None:
        refused.append(Reason(f"the consignee {stated.consignee} is listed ({who}): refused in principle (item 2)"))
    if share is not None and share >= mark:
        refused.append(Reason(f"listed parties hold {share:.0%} of the consignee, {mark:.0%} or more (item 2)"))
    if refused:
        return (NON_COMPLIANT if held.state == "present" else CANNOT), [*refused, *held.reasons]
    missing = [
        name
        for name, value in (
            ("consignee", stated.consignee),
            ("military_end_user", stated.military_end_user),
            ("consignee_listed_owner_share", share),
        )
        if value is None
    ]
    if missing:
        return CANNOT, [Reason(f"not stated of the export: {', '.join(missing)}"), *held.reasons]
    return COMPLIANT, [
        Reason("neither a military user nor a listed party, as the context states; the watch list is not held here")
    ]


def japan_military(case: Case) -> Outcome:
    """No. 1 of 2026."""
    late = not_in_force(case)
    if late is not None:
        return late
    own = [item for item in exports(case) if item.lot == case.walk.trace.lot.id]
    stated = case.context.export
    to_japan = [item for item in own if item.end in ("JP", NOT_KNOWN)]
    here = case.walk.history.country_of_site(case.walk.trace.lot.site)
    if (own and not to_japan) or (not own and here != "JP"):
        before = list(_reached_japan(case))
        if before:
            said = "the lot goes elsewhere; what it was made from came into Japan, for whose use is not stated"
            return only(CANNOT, said, *before)
        where = "no export of the lot to Japan" if own else "the lot is not in Japan, and no export to Japan"
        return only(
            NOT_APPLICABLE,
            f"{where} is recorded or stated, nor that a listed element of Chinese or unknown origin in it came there since "
            f"{case.rule.effective_from}",
        )
    held = content(case, case.walk.trace.lot.id, case.rule.elements)
    if held.state == "absent":
        return only(NOT_APPLICABLE, "no listed element of Chinese or unknown origin is in the lot")
    military = stated.military_end_user if stated is not None else None
    if military is None:
        return only(CANNOT, "whether a Japanese military user or use is behind it is not stated", *held.reasons)
    if not military:
        return only(COMPLIANT, "no military user or use, as the context states", *held.reasons)
    return only(NON_COMPLIANT if held.state == "present" else CANNOT, "a military user is stated", *held.reasons)


def _reached_japan(case: Case) -> Iterable[Reason]:
    """What of the ancestry came into Japan since the rule began, or may have, with listed elements of Chinese or unknown origin."""
    begins = case.rule.effective_from
    history = case.walk.history
    for export in exports(case):
        if export.lot == case.walk.trace.lot.id and not export.events:
            continue  # the export that is asked about
        since = begins is None or export.day >= begins
        if (
            since
            and export.end in ("JP", NOT_KNOWN)
            and content(case, export.lot, case.rule.elements).state != "absent"
        ):
            yield Reason(
                f"{export.said}: whether a Japanese military user or use is behind it is not stated",
                export.events,
                (export.lot,),
            )
    for step, day in brought_in(case):
        there = place(history.country_of_site(step.fact.event.site)) in ("JP", NOT_KNOWN)
        if there and (begins is None or day >= begins) and carries(case, step.lot, case.rule.elements):
            said = f"{told(step)}: when it came into Japan, and for whose use, is not recorded"
            yield Reason(said, (step.fact.hash,), (step.lot,))
