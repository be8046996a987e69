"""CUST-ASSAY-COPIED and CUST-TWIN: figures that two lots cannot honestly have in common (DOMAIN.md L09, L23)."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from ledger.model.entry import Fact
from ledger.model.events import CREATING, Assay, Declare, Extract, Receive, Recover
from ledger.model.quantity import Composition
from ledger.rules.catalogue import finding
from ledger.rules.content import SUMS
from ledger.rules.figures import kg
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.kinship import SAME_MATERIAL, families
from ledger.rules.standing import counted

LEAST_ANALYTES = 2
LEAST_DIGITS = 3
LEAST_FINE_DIGITS = 8
"""Digits beyond each figure's second, together. Two honest analyses of one homogeneous lot differ by about 0.5 % of a figure
(Gaussian, k = 1), so a third digit agrees by chance in about one pair of five and each further digit in a tenth of that: eight of them in
fewer than 2 of 10^6 pairs, while four figures of three digits would agree in one pair of a thousand."""
MANY, ENOUGH = 4, 6
"""With four figures or more, two of them of four digits, six fine digits: about one pair of honest analyses in 10^4 of the same homogeneous material."""
LEAST_MASS_DIGITS = 5
"""Standard packs (25 kg, 1 000 kg, 20.5 t) weigh the same honestly; five digits are a weighing."""

MASS_DIGITS = LEAST_MASS_DIGITS - LEAST_DIGITS + 1
"""What an equal mass adds to equal figures, to call two lots twins."""

Figures = tuple[tuple[str, int], ...]


def figures(composition: Composition | None, besides: int = 0) -> Figures | None:
    """What of a composition tells one analysis from another, sorted; None where that is too little.

    Analytes of three significant digits or more, sums left out, since they follow from the others; `besides` are fine digits that
    something else adds.
    """
    told: list[tuple[str, int]] = []
    fine, exact = besides, 0
    for analyte, share in (composition or {}).items():
        many = 0 if analyte in SUMS else digits(share.ppb)
        if many >= LEAST_DIGITS:
            told.append((analyte, share.ppb))
            fine += many - LEAST_DIGITS + 1
            exact += many > LEAST_DIGITS
    enough = ENOUGH if len(told) >= MANY and exact >= LEAST_ANALYTES else LEAST_FINE_DIGITS
    return tuple(sorted(told)) if len(told) >= LEAST_ANALYTES and fine >= enough else None


def digits(value: int) -> int:
    """Significant digits of an integer: zeros at its end are taken for none."""
    return len(str(value).rstrip("0"))


def assays_copied(history: History) -> Iterator[Finding]:
    """Assays of unrelated lots with the same figures; one finding for each lot after the first of its figures."""
    first: MutableMapping[Figures, dict[str, Fact]] = history.tables.table()
    for fact in counted(history, Assay):
        event = fact.event
        told = figures(event.composition) if isinstance(event, Assay) else None
        if isinstance(event, Assay) and told is not None:
            lot = history.lots.get(event.lot)
            if lot is not None and lot.void is None:
                known = first.get(told, {})
                if event.lot not in known:
                    known[event.lot] = fact
                    first[told] = known
    for told, assays in first.items():
        if len(assays) == 1:
            continue
        family = families(history, assays, SAME_MATERIAL)
        seen: dict[int, tuple[str, Fact]] = {}
        for name, fact in assays.items():
            number = family[name]
            if number is None or number in seen:
                continue
            if seen:
                other, before = next(iter(seen.values()))
                message = (
                    f"the assay of lot {name} has the {len(told)} figures of that of lot {other}, to the last digit"
                )
                yield finding("CUST-ASSAY-COPIED", f"lot:{name}", message, fact.hash, before.hash)
            seen[number] = (name, fact)


Likeness = tuple[str, int, Figures]
"""What a lot was at a moment, as far as a paper describes it: form, milligrams, figures."""


def twins(history: History) -> Iterator[Finding]:
    """A lot from outside the ledger with form, mass and composition of a lot that was there before."""
    seen: MutableMapping[Likeness, tuple[str, Fact]] = history.tables.table()
    now: MutableMapping[str, tuple[str, int, Figures | None]] = history.tables.table()
    for fact in counted(history, *CREATING, Assay, Receive):
        event = fact.event
        for output in event.outputs_made:
            lot = history.lots.get(output.lot)
            if lot is None or not lot.born_of(fact):
                continue
            told = figures(output.composition, MASS_DIGITS)
            alike = _likeness(output.form, output.mass.mg, told)
            before = seen.get(alike) if alike is not None else None
            if before is not None and isinstance(event, Declare | Recover | Extract) and not _series(before[1], fact):
                message = f"lot {output.lot} comes from outside the ledger with the form, the {kg(output.mass.mg)} and the composition of lot {before[0]}"
                yield finding("CUST-TWIN", f"lot:{output.lot}", message, fact.hash, before[1].hash)
            now[output.lot] = (output.form, output.mass.mg, told)
            _remember(seen, alike, output.lot, fact)
        if isinstance(event, Assay) and event.lot in now:
            form, mg, _old = now[event.lot]
            now[event.lot] = (form, mg, figures(event.composition, MASS_DIGITS))
            _remember(seen, _likeness(*now[event.lot]), event.lot, fact)
        elif isinstance(event, Receive) and event.result == "accepted":
            for draw in event.lots:
                if draw.lot in now and draw.mass is not None:
                    form, _mg, its = now[draw.lot]
                    now[draw.lot] = (form, draw.mass.mg, its)
                    _remember(seen, _likeness(*now[draw.lot]), draw.lot, fact)


def _likeness(form: str, mg: int, told: Figures | None) -> Likeness | None:
    return (form, mg, told) if told is not None and digits(mg) >= LEAST_MASS_DIGITS else None


def _remember(seen: MutableMapping[Likeness, tuple[str, Fact]], alike: Likeness | None, lot: str, fact: Fact) -> None:
    if alike is not None and alike not in seen:
        seen[alike] = (lot, fact)


def _series(before: Fact, fact: Fact) -> bool:
    """Whether both are of one party's own series: its packs of one purchase, or a mine's days at the grade of its model."""
    one, other = before.event, fact.event
    return (one.type, one.actor, one.site) == (other.type, other.actor, other.site)
