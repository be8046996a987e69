"""Where a critical mineral of 26 U.S.C. 45X(c)(6) was produced: where it was converted or purified, not where it was last touched.

Grinding, coating or packing an oxide in the United States produces no oxide there. Walking back from the lot, the place is
that of the last stage that converts or purifies; of what went into it already as the finished product, the place is asked
again, further back.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.model.events import Transform
from ledger.origin.policy.case import Case, told
from ledger.origin.policy.model import CANNOT, COMPLIANT, NON_COMPLIANT, Reason, Verdict, worst
from ledger.origin.policy.product import products
from ledger.origin.policy.purified import PRODUCING, is_product, may_be_product
from ledger.origin.policy.walk import Step
from ledger.origin.trace import Parent
from ledger.rules.provenance import NOT_KNOWN

Found = tuple[Verdict, Reason]


def made_in_us(case: Case) -> tuple[Verdict, list[Reason]]:
    """The verdict over every place where what is in the lot was produced, and the reasons."""
    steps = {step.lot: step for step in case.walk.steps if step.word == "recorded" and step.stage != "collect"}
    found: list[Found] = []
    todo, seen = [(case.walk.trace.lot.id, True)], set[tuple[str, bool]]()
    while todo:
        name, sure = todo.pop()
        if (name, sure) in seen:
            continue
        seen.add((name, sure))
        places, further = _back(case, name, steps.get(name))
        found += places if sure else [_softened(item) for item in places]
        todo += [(lot, sure and finished) for lot, finished in further]
    return worst(verdict for verdict, _reason in found), [reason for _verdict, reason in found]


def _softened(found: Found) -> Found:
    """What was done abroad to an input of unknown purity: the product may have been finished there."""
    verdict, reason = found
    if verdict != NON_COMPLIANT:
        return found
    said = f"{reason.text}; whether it was as pure already is not stated"
    return CANNOT, Reason(said, reason.events, reason.lots)


def _back(case: Case, name: str, step: Step | None) -> tuple[list[Found], list[tuple[str, bool]]]:
    """What is known of one lot's production, and (lot, whether it was finished for sure) to be asked besides or instead."""
    lot = case.walk.history.lots[name]
    event, parents = lot.born.event, case.walk.trace.parents[name]
    evidence = ((lot.born.hash,), (name,))
    if not isinstance(event, Transform):
        said = f"lot {name} came from outside the ledger: where it was produced is not recorded"
        return [(CANNOT, Reason(said, *evidence))], []
    found: list[Found] = []
    if not parents or any(parent.lot is None for parent in parents):
        found.append((CANNOT, Reason(f"lot {name}: what it was made from is not known", *evidence)))
    if event.stage in PRODUCING and step is not None:
        if any(_finished(case, parent) != "yes" for parent in parents):
            found.append(_place(step))
        return found, list(_already(case, name))
    alike = [parent.lot for parent in parents if parent.lot is not None and _form(case, parent) == case.walk.form(name)]
    if len(alike) < sum(parent.lot is not None for parent in parents):
        said = (
            f"lot {name}: {event.stage} converts and purifies nothing, and it was made from another form: where it was produced "
            "is not recorded"
        )
        found.append((CANNOT, Reason(said, *evidence)))
    return found, [(other, True) for other in alike]


def _already(case: Case, name: str) -> Iterator[tuple[str, bool]]:
    """What of a lot's ancestry was the same product already, or may have been: dissolving it and making it anew produces nothing."""
    todo, seen = list(case.walk.trace.parents[name]), {name}
    while todo:
        parent = todo.pop()
        if parent.lot is None or parent.lot in seen:
            continue
        seen.add(parent.lot)
        state = _finished(case, parent)
        if state == "no":
            todo += case.walk.trace.parents[parent.lot]
        else:
            yield parent.lot, state == "yes"


def _form(case: Case, parent: Parent) -> str:
    return case.walk.form(parent.lot) if parent.lot is not None else ""


def _finished(case: Case, parent: Parent) -> str:
    """Whether an input was already the product that the asked lot is: `yes`, `no`, or `open` where it may have been."""
    asked = case.walk.trace.lot
    if parent.lot is None:
        return "no"
    same = _form(case, parent) == case.form
    rows = products(case, asked.composition, case.form) if asked.composition is not None else []
    if not rows:
        return "open" if same else "no"
    lot = case.walk.history.lots[parent.lot]
    drawn = parent.drawn.composition or lot.composition
    if same and drawn is None:
        return "open"
    if same and drawn is not None and any(is_product(case, drawn, row) for row in rows):
        return "yes"
    return "open" if may_be_product(case, parent.lot, rows) else "no"


def _place(step: Step) -> Found:
    evidence = ((step.fact.hash,), (step.lot,))
    if step.places == ("US",):
        return COMPLIANT, Reason(f"{told(step)}: produced in the United States", *evidence)
    if NOT_KNOWN in step.places:
        return CANNOT, Reason(f"{told(step)}: place of production not known", *evidence)
    return NON_COMPLIANT, Reason(f"{told(step)}: not produced in the United States", *evidence)
