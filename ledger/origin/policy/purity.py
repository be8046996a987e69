"""26 U.S.C. 45X(c)(6): is the lot a listed form of a rare earth, pure enough by mass, produced in the United States?"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ledger.model.quantity import PPB, Composition
from ledger.origin.policy.case import Case, Outcome, not_in_force, only
from ledger.origin.policy.kin import said_of
from ledger.origin.policy.model import CANNOT, COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, Reason, Verdict, worst
from ledger.origin.policy.product import MAJORITY, ceiling, products, purity
from ledger.origin.policy.production import made_in_us
from ledger.origin.policy.regime import Minimum
from ledger.reference.elements import is_rare_earth
from ledger.reference.stages import NEUTRAL
from ledger.rules.content import elements_of
from ledger.rules.lot import Lot

GUARD = 1.64
"""Standard uncertainties that a purity must be away from its minimum to be above or below it: 95 % on one side (JCGM 106:2012, 8.3)."""
ON_THE_LIST = ("Ga", "Co")
"""Beside the rare earths; the list is longer."""
PHASE_OUT = "the credit is reduced to 75 % in 2031, 50 % in 2032, 25 % in 2033 and none from 2034, by a later law"
_BAD = (NON_COMPLIANT, CANNOT, COMPLIANT)


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
    made, where = made_in_us(case)
    # What decides comes first: a lot that was made abroad is not out for want of an uncertainty.
    reasons = [*where, *why] if _BAD.index(made) < _BAD.index(pure) else [*why, *where]
    reduced = case.rule.dates["phase_out_unread"]
    if case.tested_on < reduced:
        return only(worst((pure, made)), *reasons)
    ended = Reason(f"sold on {case.tested_on}: {PHASE_OUT}, and was not read in primary text")
    verdict = worst((pure, made, CANNOT))
    return only(verdict, *([*reasons, ended] if verdict == NON_COMPLIANT else [ended, *reasons]))


def _pure(case: Case) -> tuple[Verdict, list[Reason]]:
    lot = case.walk.trace.lot
    evidence = ((lot.composition_by,), (lot.id,))
    if lot.composition is None:
        return CANNOT, [Reason("no composition is stated or measured: its purity is not known", *evidence)]
    rows = products(case, lot.composition, case.form)
    if not rows:
        return CANNOT, [Reason(_unlisted(lot), *evidence)]
    oxide = case.form == "oxide"
    answers = [_earlier(case, lot, row, _against(lot.composition, row, evidence, oxide=oxide)) for row in rows]
    order = (COMPLIANT, CANNOT, NON_COMPLIANT)
    best = min((verdict for verdict, _reasons in answers), key=order.index)
    return best, [reason for verdict, reasons in answers if verdict == best for reason in reasons]


def _unlisted(lot: Lot) -> str:
    """Why no minimum is asked: for gallium and other metals the law has one that is not held here."""
    stated = elements_of(lot.composition)
    chief = max(stated, key=lambda element: stated[element], default="")
    if stated.get(chief, 0.0) * PPB >= MAJORITY and chief != "Fe" and not is_rare_earth(chief):
        listed = f"lists {chief}, with a minimum" if chief in ON_THE_LIST else f"may list {chief}, with a minimum"
        return f"most of its mass is {chief}: 45X(c)(6) {listed} that is not held here, where the rare earths alone are"
    return "as held here, 45X(c)(6) lists no product of this form that most of its mass is"


def _against(
    composition: Composition, row: Minimum, evidence: tuple[tuple[str], tuple[str]], *, oxide: bool
) -> tuple[Verdict, list[Reason]]:
    value, u = purity(composition, row, oxide=oxide)
    said = f"{row.product}: {_percent(value)} by mass, minimum {_percent(Fraction(row.ppb))} (45X(c)(6))"
    if u is not None and abs(value - row.ppb) <= Fraction(GUARD) * u:
        return CANNOT, [Reason(f"{said}: within {GUARD:g} standard uncertainties (of {_percent(u)}) of it", *evidence)]
    if value < row.ppb:
        return NON_COMPLIANT, [Reason(f"{said}: below it", *evidence)]
    if u is None:
        return CANNOT, [Reason(f"{said}: its uncertainty is not stated, and not stated is not zero", *evidence)]
    most, more = ceiling(composition, row, oxide=oxide)
    doubtful = most - Fraction(GUARD) * (more or 0) <= row.ppb or (more is None and most < value - u)
    if most < value and doubtful:
        why = f"what else is stated leaves at most {_percent(most)} of the whole for it, and by mass means of the whole"
        return CANNOT, [Reason(f"{said}: {why}", *evidence)]
    return COMPLIANT, [
        Reason(f"{said}: above it by more than {GUARD:g} standard uncertainties (of {_percent(u)})", *evidence)
    ]


def _earlier(case: Case, lot: Lot, row: Minimum, answer: tuple[Verdict, list[Reason]]) -> tuple[Verdict, list[Reason]]:
    """The answer, open where another statement about the same lot that stands puts it below the minimum."""
    verdict, reasons = answer
    if verdict != COMPLIANT:
        return answer
    for name, composition, digest in _statements(case, lot):
        value = purity(composition, row, oxide=case.form == "oxide")[0]
        most = min(value or PPB, ceiling(composition, row, oxide=case.form == "oxide")[0])
        if digest != lot.composition_by and most < row.ppb:
            of = "it" if name == lot.id else f"lot {name}, split or repacked from the same,"
            text = f"another statement about {of} that stands says {_percent(Fraction(most))}, below the minimum: which holds is not settled"
            verdict, reasons = CANNOT, [*reasons, Reason(text, (digest,), (name,))]
    return verdict, reasons


def _statements(case: Case, lot: Lot) -> Iterator[tuple[str, Composition, str]]:
    """(lot, composition, event) for all that is said of the lot, and of lots that differ from it by neutral stages alone."""
    lots = case.walk.history.lots
    same = [lot.id, *(item.lot for item in case.walk.kin if item.of == lot.id and item.neutral and not item.joined)]
    name = lot.id
    while (event := lots[name].born.event).type == "transform" and getattr(event, "stage", "") in NEUTRAL:
        parents = [parent.lot for parent in case.walk.trace.parents[name] if parent.lot is not None]
        if len(parents) != 1:
            break  # a mixture is what is stated or reckoned of it, and none of its parts
        name = parents[0]
        same.append(name)
    for name in same:
        for composition, digest in said_of(case.walk.history, lots[name]):
            yield name, composition, digest


def _percent(ppb: Fraction) -> str:
    return f"{float(ppb) / 1e7:.5f}".rstrip("0").rstrip(".") + " %"
