"""26 U.S.C. 45X(c)(6): is the lot a listed form of a rare earth, pure enough by mass, produced in the United States?"""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from ledger.model.events import Transform
from ledger.model.quantity import PPB, Composition
from ledger.origin.policy.case import Case, Outcome, not_in_force, only, told
from ledger.origin.policy.model import CANNOT, COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, Reason, Verdict, worst
from ledger.origin.policy.regime import Minimum
from ledger.reference.elements import ELEMENTS, content
from ledger.reference.stages import NEUTRAL
from ledger.rules.provenance import NOT_KNOWN

MAJORITY = PPB // 2
"""A product is what most of the lot is made of."""
A_PART = PPB // 100
"""Neodymium oxide with a trace of praseodymium is not neodymium-praseodymium oxide, whose minimum is lower."""


def evaluate(case: Case) -> Outcome:
    """One branch: purity and place of production, both."""
    late = not_in_force(case)
    if late is not None:
        return late
    lot = case.walk.trace.lot
    if not case.listed:
        return only(
            CANNOT, f"the lot's form {lot.output.form} is not listed: whether it is a critical mineral is not known"
        )
    if case.form not in case.rule.items:
        return only(NOT_APPLICABLE, f"{lot.output.form} is no form that 45X(c)(6) lists; magnets are not among them")
    pure, why = _pure(case)
    if pure == NOT_APPLICABLE:
        return only(NOT_APPLICABLE, *why)
    made, where = _made_in_us(case)
    return only(worst((pure, made)), *why, *where)


def _pure(case: Case) -> tuple[Verdict, list[Reason]]:
    lot = case.walk.trace.lot
    evidence = ((lot.composition_by,), (lot.id,))
    rows = [row for row in case.rule.minima if case.form in row.forms]
    if lot.composition is None:
        return CANNOT, [Reason("no composition is stated or measured: its purity is not known", *evidence)]
    found = []
    for row in rows:
        value, u = purity(lot.composition, row, oxide=case.form == "oxide")
        parts = [
            purity(lot.composition, replace(row, elements=(part,)), oxide=case.form == "oxide")[0]
            for part in row.elements
        ]
        if value >= MAJORITY and min(parts) >= A_PART:
            found.append((row, value, u))
    if not found:
        return CANNOT, [
            Reason("as held here, 45X(c)(6) lists no product of this form that most of its mass is", *evidence)
        ]
    answers = [_against(row, value, u, evidence) for row, value, u in found]
    order = (COMPLIANT, CANNOT, NON_COMPLIANT)
    best = min(answers, key=lambda item: order.index(item[0]))
    return best[0], [reason for verdict, reason in answers if verdict == best[0]]


def purity(composition: Composition, row: Minimum, *, oxide: bool) -> tuple[Fraction, Fraction | None]:
    """Mass fraction (ppb) that is the product, and its standard uncertainty (in quadrature), None where any is not stated.

    In an oxide an element stated as such counts as its usual oxide, since the same measurement is told both ways; a metal's
    oxide is no part of the metal.
    """
    total, variance, known = Fraction(0), Fraction(0), True
    for analyte, share in composition.items():
        named = content(analyte)
        if named is None or named[0] not in row.elements:
            continue
        if oxide:
            factor = Fraction(1) if analyte != named[0] else _factor(named[0])
        elif analyte != named[0]:
            continue
        else:
            factor = Fraction(1)
        total += share.ppb * factor
        if share.u_ppb is None:
            known = False
        else:
            variance += (share.u_ppb * factor) ** 2
    return total, _root(variance) if known else None


def _factor(symbol: str) -> Fraction:
    element = ELEMENTS.get(symbol)
    return Fraction(element.oxides[0].factor) if element is not None else Fraction(1)


def _root(variance: Fraction) -> Fraction:
    return Fraction(float(variance) ** 0.5)


def _against(
    row: Minimum, value: Fraction, u: Fraction | None, evidence: tuple[tuple[str], tuple[str]]
) -> tuple[Verdict, Reason]:
    said = f"{row.product}: {_percent(value)} by mass, minimum {_percent(Fraction(row.ppb))} (45X(c)(6))"
    if u is not None and abs(value - row.ppb) <= u:
        return CANNOT, Reason(f"{said}: within one standard uncertainty ({_percent(u)}) of it", *evidence)
    if value < row.ppb:
        return NON_COMPLIANT, Reason(f"{said}: below it", *evidence)
    if u is None:
        return CANNOT, Reason(f"{said}: its uncertainty is not stated, and not stated is not zero", *evidence)
    return COMPLIANT, Reason(f"{said}: above it by more than its standard uncertainty ({_percent(u)})", *evidence)


def _percent(ppb: Fraction) -> str:
    return f"{float(ppb) / 1e7:.5f}".rstrip("0").rstrip(".") + " %"


def _made_in_us(case: Case) -> tuple[Verdict, list[Reason]]:
    """The country of the events that made the form: those behind splits, blends and repacking."""
    walk = case.walk
    steps = {step.lot: step for step in walk.steps if step.word == "recorded" and step.stage != "collect"}
    todo, seen = [walk.trace.lot.id], set[str]()
    verdicts: list[Verdict] = []
    reasons = []
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        lot = walk.history.lots[name]
        event = lot.born.event
        evidence = ((lot.born.hash,), (name,))
        if isinstance(event, Transform) and event.stage in NEUTRAL and not lot.passage.reformed:
            parents = [parent.lot for parent in walk.trace.parents[name]]
            if not parents or None in parents:
                verdicts.append(CANNOT)
                reasons.append(Reason(f"lot {name}: what it was made from is not known", *evidence))
            todo += [parent for parent in parents if parent is not None]
            continue
        step = steps.get(name)
        if not isinstance(event, Transform) or step is None:
            verdicts.append(CANNOT)
            reasons.append(
                Reason(f"lot {name} came from outside the ledger: where it was produced is not recorded", *evidence)
            )
        elif step.places == ("US",):
            verdicts.append(COMPLIANT)
            reasons.append(Reason(f"{told(step)}: produced in the United States", *evidence))
        else:
            unknown = NOT_KNOWN in step.places
            word = "place of production not known" if unknown else "not produced in the United States"
            verdicts.append(CANNOT if unknown else NON_COMPLIANT)
            reasons.append(Reason(f"{told(step)}: {word}", *evidence))
    return worst(verdicts), reasons
