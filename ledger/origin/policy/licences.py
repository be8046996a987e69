"""Chinese export licences: Nos. 18 and 57 (elements), 56 (ores, equipment), 61 item 1 (content and re-export)."""

from __future__ import annotations

from ledger.model.events import Transform
from ledger.model.quantity import Money
from ledger.origin.policy.case import MAGNETS, Case, Outcome, told
from ledger.origin.policy.chinese import (
    Export,
    as_it_came,
    between_others,
    brought_in,
    carries,
    china_day,
    content,
    exports,
    leaves_china,
)
from ledger.origin.policy.model import (
    CANNOT,
    COMPLIANT,
    NON_COMPLIANT,
    NOT_APPLICABLE,
    Reason,
    Verdict,
    worst,
)
from ledger.origin.policy.suspension import InForce, asleep, by_status
from ledger.origin.policy.walk import CERTAIN, Step
from ledger.origin.reach import no_mineral
from ledger.reference.countries import CHINESE
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.words import may_be_magnet, names_rare_earth
from ledger.rules.provenance import NOT_KNOWN, place

MAGNET_MATERIAL = frozenset({*MAGNETS, "block", "compact", "eol-magnet", "scrap", "swarf"})
UNLISTED = frozenset({"ore", "concentrate", "iron", "ferroboron"})
"""Listed forms that the element announcements do not name; ores are in No. 56."""
METALS = frozenset({"iron", "ferroboron"})
"""Of these, what an alloy of listed elements may be called: `iron-dysprosium`."""
Found = tuple[Verdict, list[Reason]]


def element_licence(case: Case) -> Outcome:
    """Nos. 18 and 57."""
    return by_status(case, _elements)


def equipment_licence(case: Case) -> Outcome:
    """No. 56."""
    return by_status(case, _equipment)


def content_licence(case: Case) -> Outcome:
    """No. 61 item 1(1)."""
    return by_status(case, _content)


def reexport_licence(case: Case) -> Outcome:
    """No. 61 item 1(3)."""
    return by_status(case, _reexport)


def settle(found: list[tuple[Verdict, Reason]], nothing: str) -> Found:
    """The verdict over all that was found; `nothing` where nothing was."""
    if not found:
        return NOT_APPLICABLE, [Reason(nothing)]
    verdict = worst(item for item, _reason in found)
    shown = [reason for item, reason in found if item == verdict] + [
        reason for item, reason in found if item != verdict
    ]  # fmt: skip
    return verdict, shown


def licensed(export: Export) -> tuple[Verdict, Reason]:
    """An export that needs a licence: one is named, there is none by the asker's own word, or nobody says."""
    verdict = COMPLIANT if export.licence is not None else NON_COMPLIANT if export.without else CANNOT
    return verdict, export.licensed()


def _elements(case: Case, in_force: InForce) -> Found:
    found: list[tuple[Verdict, Reason]] = []
    for export in exports(case):
        if not in_force(export.day):
            continue
        how = _holds(case, export.lot)
        if how == "no":
            continue
        if leaves_china(export) and export.end != NOT_KNOWN and how == "yes":
            found.append(licensed(export))
        elif leaves_china(export) or export.start == NOT_KNOWN:
            said = f"{export.said}: whether it left China with a listed element in a listed form is not known"
            found.append((CANNOT, Reason(said, export.events, (export.lot,))))
    found += [(CANNOT, reason) for reason in _unrecorded(case, in_force)]
    return settle(found, "no export from China of a listed element is recorded or stated while it is in force")


def _holds(case: Case, lot: str) -> str:
    """`yes`, `open` or `no`: does a lot hold an element of the rule in a form that the rule lists?"""
    form, text = case.walk.form(lot), case.walk.history.lots[lot].output.form
    if form in UNLISTED - METALS:
        held = any(case.walk.levels(element, case.walk.everything).get(lot, 0) for element in case.rule.elements)
        return "open" if held and no_mineral(case.walk.history.lots[lot]) else "no"
    elements = case.rule.names if form in MAGNET_MATERIAL else case.rule.elements
    levels = [case.walk.levels(element, case.walk.everything).get(lot, 0) for element in elements]
    if form in METALS and not names_rare_earth(text):
        return "open" if CERTAIN in levels or (may_be_magnet(text) and any(levels)) else "no"
    if form == "end-item" or not _is_listed(case, lot):
        return "open" if any(levels) else "no"
    return "yes" if CERTAIN in levels else "open" if any(levels) else "no"


def _is_listed(case: Case, lot: str) -> bool:
    from ledger.reference.forms import FORMS  # noqa: PLC0415  (one look-up)

    return case.walk.form(lot) in FORMS and case.walk.form(lot) != "residue"


def _unrecorded(case: Case, in_force: InForce) -> list[Reason]:
    """Stages in China or at an unknown place that are declared outside China: the export between is not recorded."""
    return [
        Reason(f"{told(step)}: if it came from China, its export is not recorded", (step.fact.hash,), (step.lot,))
        for step, day in brought_in(case)
        if in_force(day) and _holds(case, step.lot) != "no"
    ]


def _equipment(case: Case, in_force: InForce) -> Found:
    found: list[tuple[Verdict, Reason]] = []
    for export in exports(case):
        ore = case.walk.form(export.lot) in case.rule.items
        levels = [case.walk.levels(element, case.walk.everything).get(export.lot, 0) for element in sorted(RARE_EARTHS)]
        if ore and any(levels) and leaves_china(export) and in_force(export.day):
            found.append(licensed(export))
    for step in case.walk.steps:
        event = step.fact.event
        if not _abroad(step) or not isinstance(event, Transform) or not in_force(china_day(event.instant)):
            continue
        used = [item.what for item in event.equipment if item.country in CHINESE]
        if used:
            said = f"{told(step)}, with Chinese equipment ({', '.join(used)}): when it was exported, and under which licence, is not recorded"
            found.append((CANNOT, Reason(said, (step.fact.hash,), (step.lot,))))
        elif not event.equipment or any(place(item.country) == NOT_KNOWN for item in event.equipment):
            said = f"{told(step)}: where its equipment comes from is not stated"
            found.append((CANNOT, Reason(said, (step.fact.hash,), (step.lot,))))
    return settle(found, "no export of ore from China and no stage abroad is recorded while it is in force")


def _abroad(step: Step) -> bool:
    return step.word == "recorded" and step.stage != "collect" and not set(step.places) & CHINESE


def _content(case: Case, in_force: InForce) -> Found:
    lot = case.walk.trace.lot
    held = content(case, lot.id, case.rule.elements)
    own = [item for item in exports(case) if item.lot == lot.id and between_others(item)]
    days = [item.day for item in own] or [case.tested_on]
    if not any(in_force(day) for day in days):
        return NOT_APPLICABLE, [Reason(asleep(days, exported=bool(own)))]
    if held.state == "absent":
        return NOT_APPLICABLE, [Reason("no listed element of Chinese or unknown origin is in the lot")]
    if case.listed and case.form not in (*MAGNETS, "end-item", "block"):
        said = f"whether {lot.output.form} is an Annex 1 Part 2 item was not readable"
        return CANNOT, [Reason(said), *held.reasons]
    share, said = _value_share(case)
    mark = case.rule.thresholds["value_share"]
    if share is None:
        return CANNOT, [Reason(said), *held.reasons]
    if share < mark:
        if share == 0 and held.state == "present":
            return CANNOT, [Reason(f"{said}, though listed elements of Chinese origin are in it"), *held.reasons]
        return COMPLIANT, [Reason(f"{said}, below {mark:.1%} (item 1(1))"), *held.reasons]
    over = Reason(f"{said}, {mark:.1%} or more (item 1(1))")
    if not own:
        return CANNOT, [over, Reason("no export is stated; one on this day would need a licence"), *held.reasons]
    if held.state == "open":
        said = "that it holds a listed element of Chinese origin is not known: whether a licence is needed is open"
        return CANNOT, [over, Reason(said), *held.reasons]
    verdict, reasons = settle([licensed(item) for item in own if in_force(item.day)], "")
    return verdict, [over, *reasons, *held.reasons]


def _value_share(case: Case) -> tuple[float | None, str]:
    """The Chinese share of the value, from the context, else from the lot; and in words."""
    stated, output = case.context.export, case.walk.trace.lot.output
    if stated is not None and stated.item_value is not None and stated.cn_value is not None:
        share = stated.cn_value / stated.item_value
        return share, f"Chinese items make {share:.3%} of the value, as the context states"
    if _same(output.value, output.cn_value):
        assert output.value is not None  # noqa: S101  (just seen)
        assert output.cn_value is not None  # noqa: S101
        share = output.cn_value.amount / output.value.amount
        return share, f"Chinese items make {share:.3%} of the value, as recorded with the lot"
    return None, "the value of the item and of the Chinese items in it is not stated (item 1(1))"


def _same(value: Money | None, part: Money | None) -> bool:
    return value is not None and part is not None and value.amount > 0 and value.currency == part.currency


def _reexport(case: Case, in_force: InForce) -> Found:
    found: list[tuple[Verdict, Reason]] = []
    for export in exports(case):
        if not between_others(export) or not in_force(export.day):
            continue
        held = content(case, export.lot, case.rule.elements)
        certain = NOT_KNOWN not in (export.start, export.end)
        same = as_it_came(case, export.lot)
        if held.state == "present" and certain and same == "present":
            found.append(licensed(export))
            found += [(COMPLIANT, reason) for reason in held.reasons]
        elif held.state == "present" and certain:
            word = "was made elsewhere of what came from there" if same == "absent" else "may have been"
            said = (
                f"{export.said}: item 1(3) is on listed items that originate in China, and lot {export.lot} {word}: what is made abroad "
                "and contains them is item 1(1)'s, by its share of value; whether it still originates in China is not settled by what "
                "was read"
            )
            found.append((CANNOT, Reason(said, export.events, (export.lot,))))
            found += [(COMPLIANT, reason) for reason in held.reasons]
        elif held.state != "absent":
            said = f"{export.said}: whether it carried listed elements of Chinese origin between third countries is not known"
            found.append((CANNOT, Reason(said, export.events, (export.lot,))))
            found += [(CANNOT, reason) for reason in held.reasons]
    for step, day in brought_in(case):
        if in_force(day) and carries(case, step.lot, case.rule.elements):
            said = f"{told(step)}: by which countries it came there, if it is of Chinese origin, is not recorded"
            found.append((CANNOT, Reason(said, (step.fact.hash,), (step.lot,))))
    return settle(
        found, "no move of listed elements of Chinese or unknown origin between third countries, while it is in force"
    )
