"""Section 857 of the FY2023 NDAA: in which countries each magnet's materials passed the four activities.

The lists are those of the policy `US-NDAA23-857`, by country, activity and stage, each magnet lot by itself. A stage that
nobody recorded or declared is a gap, magnetizing included, since the section names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ledger.origin.policy.case import Case, kept, not_done, place_name, short, told
from ledger.origin.policy.load import expand
from ledger.origin.policy.regime import Disclosure
from ledger.origin.policy.route import FORMED, MELTED, REDUCED, SEPARATED, SOURCED, lacking
from ledger.origin.policy.supply import INHERENT
from ledger.origin.policy.walk import POSSIBLE, Step
from ledger.reference.elements import is_rare_earth
from ledger.report.forms.form import OPEN, Row, Section
from ledger.report.forms.subject import MOST_MAGNETS, Subject, delivered
from ledger.report.headline import percent
from ledger.rules.content import elements_of
from ledger.rules.provenance import NOT_KNOWN

POLICY = "US-NDAA23-857"
POLICIES = (POLICY,)
COLUMNS = ("Activity", "Country", "Materials", "Stage", "Recorded or declared", "Lots")
ACTIVITY: Mapping[str, int] = {SOURCED: 0, SEPARATED: 1, REDUCED: 2, MELTED: 2, FORMED: 3}
"""The list, by its place among the policy's four, that tells where a thing was done which no magnet can do without."""
REFINED = 1
"""The list that speaks of rare earths alone: iron, boron and cobalt are refined into no oxides on their way."""
NAMED = 8
"""Lots that a cell names; of more it says how many."""
NOWHERE = (0.0, 0.0, 0.0)
SPECK = 1e-9
"""A share below this is the last digit of a sum of shares."""


def sections(subject: Subject) -> Iterator[Section]:
    """What is delivered, then one table for each magnet lot, then what the policy's data does not cover."""
    case = subject.case(POLICY)
    yield delivered(subject, "Magnets delivered", "which magnets the lot is or holds is not recorded")
    shown = subject.magnets[:MOST_MAGNETS]
    missing = lacking(case, shown, expand(case.rule.elements), case.walk.everything)
    for name in shown:
        yield Section(f"Magnet lot {name}", COLUMNS, tuple(_lists(case, name, missing)))
    if not shown:
        name = subject.trace.lot.id
        yield Section(f"Lot {name}, of which no magnet is recorded", COLUMNS, tuple(_lists(case, name, missing)))
    dark = tuple(_dark(subject, case))
    if dark:
        yield Section("Shares whose place is not known", ("Activity", "Stage", "Element", "Share"), dark)
    yield Section(
        "Other materials", ("Elements", "Lot"), tuple(_others(subject, case, shown or (subject.trace.lot.id,)))
    )


def _dark(subject: Subject, case: Case) -> Iterator[Row]:
    """The share of each element that passed a stage at an unknown place, whatever the reason: of the lot as it is delivered."""
    born = subject.trace.lot.born.hash
    for wanted in case.rule.disclosures:
        for stage in wanted.stages:
            for element in sorted(set(expand(case.rule.elements)) & subject.trace.origins.keys()):
                share = subject.trace.origins[element].stages.get(stage, {}).get(NOT_KNOWN, NOWHERE)[1]
                if share > SPECK:
                    said = f"{wanted.name}: `{stage}` of {percent(share)} of the {element} in lot {subject.trace.lot.id} was at an unknown place"
                    yield Row((wanted.name, stage, element, percent(share)), (born,), said)


def _lists(case: Case, name: str, missing: Mapping[tuple[str, str], list[str]]) -> Iterator[Row]:
    walk, elements = case.walk, expand(case.rule.elements)
    scope = walk.scope((name,))
    levels = {element: walk.levels(element, walk.everything) for element in elements}
    held = {
        lot: [element for element in elements if levels[element].get(lot, 0) >= POSSIBLE]
        for lot in walk.trace.lots
        if lot in scope
    }
    by_name = INHERENT.get(walk.form(name), frozenset())
    stated = {element for element in elements if walk.most_stated(name, element) > 0 or element in by_name}
    for place, wanted in enumerate(case.rule.disclosures):
        steps = [step for step in walk.steps if step.stage in wanted.stages and held.get(step.lot)]
        yield from _known(wanted, steps, held)
        yield from _unknown(wanted, steps, held)
        covered = {element for step in steps for element in held[step.lot]}
        silent = [e for e in elements if e in stated - covered and (place != REFINED or is_rare_earth(e))]
        yield from _silent(case, name, wanted, silent, steps)
        for what, activity in ACTIVITY.items():
            rest = [element for element in missing.get((name, what), ()) if element not in silent]
            if activity == place and rest:
                said = f"{short(rest)} reached lot {name} and no event records or declares where it was {what} on every way to it"
                yield _gap(case, name, wanted, short(rest), said)
        if "magnetize" in wanted.stages and not any(step.stage == "magnetize" for step in steps):
            said = f"no event records or declares where lot {name} was magnetized; it may be delivered unmagnetized"
            yield _gap(case, name, wanted, OPEN, said, "magnetize")


def _gap(case: Case, name: str, wanted: Disclosure, elements: str, said: str, stage: str = OPEN) -> Row:
    born = case.walk.history.lots[name].born.hash
    return Row((wanted.name, OPEN, elements, stage, OPEN, name), (born,), f"{wanted.name}: {said}")


def _silent(case: Case, name: str, wanted: Disclosure, silent: list[str], steps: Collection[Step]) -> Iterator[Row]:
    """Materials that the lot is said to hold and of which no stage of the list is recorded or declared at all."""
    if silent:
        yield _gap(case, name, wanted, short(silent), f"nothing recorded or declared says where, for {short(silent)} of lot {name}")  # fmt: skip
    elif not steps:
        yield _gap(case, name, wanted, OPEN, f"nothing recorded or declared says where, for lot {name}")


def _known(wanted: Disclosure, steps: Collection[Step], held: Mapping[str, list[str]]) -> Iterator[Row]:
    """One row for each country, stage and word; a stage that may have been elsewhere as well is no such row."""
    groups: dict[tuple[str, str, str], list[Step]] = {}
    for step in steps:
        for place in step.places if NOT_KNOWN not in step.places else ():
            groups.setdefault((place, step.stage, step.word), []).append(step)
    for (place, stage, word), found in groups.items():
        elements = {element for step in found for element in held[step.lot]}
        lots = tuple(dict.fromkeys(step.lot for step in found))
        events = tuple(dict.fromkeys(step.fact.hash for step in found))
        yield Row((wanted.name, place_name(place), kept(elements), stage, word, named(lots)), events)


def _unknown(wanted: Disclosure, steps: Collection[Step], held: Mapping[str, list[str]]) -> Iterator[Row]:
    for step in steps:
        if NOT_KNOWN in step.places:
            maybe = " or ".join(place_name(place) for place in step.places if place != NOT_KNOWN)
            cells = (wanted.name, maybe or OPEN, kept(held[step.lot]), step.stage, step.word, step.lot)
            yield Row(cells, (step.fact.hash,), f"{wanted.name}: {told(step)}{not_done(step)}")


def _others(subject: Subject, case: Case, names: Collection[str]) -> Iterator[Row]:
    """Elements that a magnet is said to hold and that the policy's lists do not speak of."""
    covered = set(expand(case.rule.elements))
    for name in names:
        lot = subject.history.lots[name]
        found = sorted(element for element, share in elements_of(lot.composition).items() if share > 0)
        if lot.composition is None:
            said = f"no composition of lot {name} is recorded: which further materials it holds is not known"
            yield Row((OPEN, name), (lot.born.hash,), said)
            continue
        other = [element for element in found if element not in covered]
        said = (
            f"lot {name} holds {kept(other)}: which of these are strategic and critical materials is not part of this ledger's data, and "
            "where they come from is not listed"
        )
        row = Row((kept(other), name), (lot.composition_by,), said)
        yield row if other else Row(("none is stated", name), (lot.composition_by,))


def named(lots: Collection[str]) -> str:
    """Lots in a cell."""
    first = list(lots)[:NAMED]
    return ", ".join(first) + (f" and {len(lots) - NAMED} more" if len(lots) > NAMED else "")


def _declared(said: Collection[str]) -> str:
    """How much of what was done in a country is declared alone."""
    if "declared" not in said:
        return ""
    return " (declared, not recorded)" if set(said) == {"declared"} else " (in part declared, not recorded)"


def summary(filled: Collection[Section]) -> Iterator[str]:
    """The disclosure in sentences: each magnet, each activity, the countries, and that some is not known where it is not."""
    for section in filled:
        if section.columns != COLUMNS:
            continue
        for activity in dict.fromkeys(row.cells[0] for row in section.rows):
            rows = [row for row in section.rows if row.cells[0] == activity]
            words: dict[str, set[str]] = {}
            for row in rows:
                if row.gap is None:
                    words.setdefault(row.cells[1], set()).add(row.cells[4])
            known = [country + _declared(said) for country, said in words.items()]
            gaps = sum(row.gap is not None for row in rows)
            where = ", ".join(known) or "no country is recorded or declared"
            rest = f"; {gaps} gap{'s' if gaps > 1 else ''}: not all of it is known" if gaps else ""
            yield f"{section.title}: {activity}: {where}{rest}."
