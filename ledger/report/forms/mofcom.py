"""MOFCOM Announcements Nos. 61 and 62 of 2025: worksheet for the Chinese share of the value, and Chinese technology.

The ledger holds masses and seldom values. So each Chinese input stands with the mass that reached the lot, and its value is left open
unless its event states one. The threshold is 0.1 % of the value (No. 61 item 1(1)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.model.events import Transform
from ledger.model.quantity import Money
from ledger.origin.policy.case import Case, kept, place_name, short
from ledger.origin.policy.chinese import Export, exports
from ledger.origin.policy.context import Export as Stated
from ledger.origin.policy.walk import CERTAIN, POSSIBLE, Step
from ledger.origin.shares import CLEAN
from ledger.reference.countries import CHINESE
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.stages import NEUTRAL
from ledger.report.forms.form import OPEN, Row, Section
from ledger.report.forms.statement import deciding
from ledger.report.forms.subject import Subject, estimated, kg, stated
from ledger.report.headline import percent
from ledger.rules.provenance import NOT_KNOWN, place

CONTENT, TECHNOLOGY, REEXPORT, TRANSFER = "CN-2025-61-1-1", "CN-2025-61-1-2", "CN-2025-61-1-3", "CN-2025-62"
POLICIES = (CONTENT, TECHNOLOGY, REEXPORT, TRANSFER)
COLUMNS = (
    "Lot", "Form", "Stage", "Country", "Recorded or declared", "Listed elements", "Listed elements that came this way, kg",
    "Rare earths that came this way, kg", "Value",
)  # fmt: skip


def sections(subject: Subject) -> Iterator[Section]:
    """Chinese inputs, inputs of unknown origin, value, technology, exports, answers."""
    case = subject.case(CONTENT)
    masses = _Masses(subject, case)
    yield Section("Inputs mined or processed in China", COLUMNS, tuple(_inputs(case, masses)))
    yield Section("Inputs of unknown origin, which may be Chinese", COLUMNS, tuple(_unknown(case, masses)))
    yield Section("Share of the value", ("What", "Value"), tuple(_value(subject, case)))
    columns = ("Lot", "Stage", "Country of the work", "Equipment and technology", "Their countries")
    yield Section("Equipment and technology used outside China", columns, tuple(_technology(case)))
    columns = ("Lot", "Day in China (UTC+8)", "From", "To", "Licence")
    yield Section("Exports", columns, tuple(_exports(subject, case)))
    yield deciding(subject, POLICIES)


SPECK = 1e-9
"""A share below this is the last digit of a sum of shares."""


class _Masses:
    """How much of the listed elements, and of the rare earths, came to the lot by way of one of its ancestors."""

    def __init__(self, subject: Subject, case: Case) -> None:
        self.listed = case.rule.elements
        self.trace = subject.trace
        self.levels = {element: case.walk.levels(element, case.walk.everything) for element in self.listed}

    def carried(self, lot: str) -> str:
        """The listed elements of a lot: stated, or possible."""
        sure = [element for element, found in self.levels.items() if found.get(lot, 0) == CERTAIN]
        maybe = [element for element, found in self.levels.items() if POSSIBLE <= found.get(lot, 0) < CERTAIN]
        room = [element for element, found in self.levels.items() if 0 < found.get(lot, 0) < POSSIBLE]
        words = [kept(sure)] if sure else []
        words += [f"may hold {short(maybe)}"] if maybe else []
        words += ["composition leaves room for others" if sure or maybe else f"composition leaves room for {short(room)}"] if room else []  # fmt: skip
        return "; ".join(words) or "none"

    def unknown(self) -> dict[str, float]:
        """The share of each listed element in the lot that may be Chinese, for whatever reason."""
        origins, held = self.trace.origins, self.trace.fractions
        found = {e: origins[e].ways.get("material", CLEAN)[1] for e in self.listed if held.get(e, 0.0) > 0}
        return {element: share for element, share in found.items() if share > SPECK}

    def unstated(self, lot: str) -> list[str]:
        """Listed elements that a lot can carry and of which nobody says how much the asked lot holds."""
        return [e for e in self.listed if self.levels[e].get(lot, 0) >= POSSIBLE and e not in self.trace.fractions]

    def of(self, lot: str, *, listed: bool) -> str:
        """Kilograms by the asked lot's composition, or open where that says nothing of what came this way."""
        held, fractions = self.trace.passing.get(lot, {}), self.trace.fractions
        wanted = set(self.listed) if listed else RARE_EARTHS
        found = [element for element in held if element in wanted and held[element] > 0 and element in fractions]
        if not fractions or (listed and not found and self.unstated(lot)):
            return OPEN
        return estimated(sum(held[e] * fractions[e] for e in found) * self.trace.lot.mass_mg / 1_000_000)


def _inputs(case: Case, masses: _Masses) -> Iterator[Row]:
    found = False
    for step in case.walk.steps:
        if set(step.places) & CHINESE:
            found = True
            mixed = step.stage == "blend" and not step.disguised
            why = f"lot {step.lot} was mixed there: whether mixing alone makes Chinese origin is open" if mixed else ""
            yield _input(case, masses, step, why)
    if not found:
        born = case.walk.trace.lot.born.hash
        dark = any(NOT_KNOWN in step.places for step in case.walk.steps) or bool(masses.unknown())
        cells = ("none is recorded or declared", *[OPEN] * (len(COLUMNS) - 1))
        said = "no Chinese input is recorded or declared, and some inputs are of unknown origin"
        yield Row(cells, (born,), said if dark else None)


def _unknown(case: Case, masses: _Masses) -> Iterator[Row]:
    found = False
    for step in case.walk.steps:
        if NOT_KNOWN in step.places:
            found = True
            yield _input(case, masses, step, f"where lot {step.lot} passed `{step.stage}` ({step.word}) is not known")
    for element, share in masses.unknown().items():
        found = True
        cells = (masses.trace.lot.id, masses.trace.lot.output.form, *[OPEN] * 3, element, *[OPEN] * 3)
        said = f"{percent(share)} of the {element} in lot {masses.trace.lot.id} is of unknown origin"
        yield Row(cells, (masses.trace.lot.born.hash,), said)
    if not found:
        cells = ("none among the recorded and declared stages", *[OPEN] * (len(COLUMNS) - 1))
        yield Row(cells, (case.walk.trace.lot.born.hash,))


def _input(case: Case, masses: _Masses, step: Step, why: str) -> Row:
    lot = case.walk.history.lots[step.lot]
    where = " and ".join(place_name(code) for code in step.places if code != NOT_KNOWN)
    value, listed = lot.output.value, masses.of(step.lot, listed=True)
    cells = (
        step.lot, lot.output.form, step.stage, where, step.word, masses.carried(step.lot), listed,
        masses.of(step.lot, listed=False), _money(value),
    )  # fmt: skip
    gaps = [why] if why else []
    # The value of a whole lot is not that of the part which reached the asked one, so it stays open even where it is stated.
    gaps.append(
        f"value of what came by way of lot {step.lot}: {'only the whole lot has one' if value else 'not recorded'}"
    )
    unstated = masses.unstated(step.lot)
    if unstated:
        gaps.append(f"how much {short(unstated)} came by way of lot {step.lot} is not stated")
    elif not listed:
        gaps.append(f"how much of the listed elements came by way of lot {step.lot} is not known")
    return Row(cells, (step.fact.hash,), "; ".join(gaps))


def _money(value: Money | None) -> str:
    return OPEN if value is None else f"{value.amount / 100:.2f} {value.currency}"


def _value(subject: Subject, case: Case) -> Iterator[Row]:
    """Value of the item, of the Chinese items in it, their share, beside the threshold."""
    output, born = subject.trace.lot.output, subject.trace.lot.born.hash
    export = subject.context.export or Stated()
    for what, recorded, asked, name in (
        ("Value of the item", output.value, export.item_value, "export.item_value"),
        ("Value of the Chinese-origin listed items in it", output.cn_value, export.cn_value, "export.cn_value"),
    ):
        if recorded is not None:
            yield Row((f"{what}, as recorded with the lot", _money(recorded)), (born,))
        if recorded is None or asked is not None:
            yield stated(what, asked, name)
    mark = f"{case.rule.thresholds['value_share']:.1%}"
    whole, part = output.value, output.cn_value
    if whole is not None and part is not None and whole.currency == part.currency and whole.amount > 0:
        yield Row((f"Share of the value (threshold {mark})", f"{part.amount / whole.amount:.4%}"), (born,))
    elif export.item_value is not None and export.cn_value is not None:
        yield stated(f"Share of the value (threshold {mark})", f"{export.cn_value / export.item_value:.4%}", "export")
    else:
        said = f"share of the value, against the threshold of {mark}: it needs both values in one currency"
        yield Row((f"Share of the value (threshold {mark})", OPEN), gap=said)
    lot = subject.trace.lot
    yield Row(("Mass of the item, kg", kg(lot.mass_mg)), (born,))


def _technology(case: Case) -> Iterator[Row]:
    """What each recorded stage outside China was done with (No. 61 item 1(2), No. 62)."""
    found = False
    for step in case.walk.steps:
        event = step.fact.event
        if not isinstance(event, Transform) or event.stage in NEUTRAL or set(step.places) & CHINESE:
            continue
        found = True
        used = (*event.equipment, *event.technology)
        unknown = [item.what for item in used if place(item.country) == NOT_KNOWN]
        what = "; ".join(item.what for item in used)
        countries = ", ".join(sorted({place(item.country) for item in used} - {NOT_KNOWN}))
        where = " and ".join(place_name(code) for code in step.places if code != NOT_KNOWN)
        gap = None
        if not event.technology:
            gap = f"technology used to make lot {step.lot} (`{step.stage}`): not stated"
        elif unknown:
            gap = f"country of {', '.join(unknown)}, used to make lot {step.lot} (`{step.stage}`): not known"
        yield Row((step.lot, step.stage, where, what, countries), (step.fact.hash,), gap)
    if not found:
        yield Row(("no stage outside China is recorded", *[OPEN] * 4), (case.walk.trace.lot.born.hash,))


def _exports(subject: Subject, case: Case) -> Iterator[Row]:
    """Every shipment that crossed a border or may have, and the export that the asker states."""
    found = False
    for item in exports(case):
        found = True
        start, end = (OPEN if code == NOT_KNOWN else place_name(code) for code in (item.start, item.end))
        yield Row((item.lot, item.day.isoformat(), start, end, item.licence or OPEN), item.events, _open(item))
    if not found:
        said = "the export itself: neither recorded nor stated in the context (export)"
        yield Row(("no export is recorded or stated", *[OPEN] * 4), (subject.trace.lot.born.hash,), said)


def _open(item: Export) -> str | None:
    said: Mapping[str, bool] = {
        "stated in the context, not evidenced in the ledger": not item.events,
        "a place is not known": NOT_KNOWN in (item.start, item.end),
        "no Chinese licence is named; whether one was needed is for the policies": item.licence is None,
        "a licence is named, and whether it is genuine and covers this the ledger cannot show": item.licence
        is not None,
    }
    return f"export of lot {item.lot} on {item.day}: {'; '.join(text for text, holds in said.items() if holds)}"
