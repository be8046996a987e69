"""The figures as tables of 80 columns, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.plants.score import ANY, Detection, Honesty, Rate, Scores

WIDTH: Final = 80
HEADLINES: Final = (
    ("single injection, 3 %, losses declared", "single injection", "3 %", 0.95),
    ("repeated injection, 0.5 %, losses declared, within 12 batches", "repeated injection", "0.5 %", 0.80),
)
"""Goals of detection: name, fraud, size, least rate, in plants that declare their losses."""
MOST: Final = 20
"""Rows of the table of kinds mistaken for another; JSON has them all."""
FALSE_LOTS: Final = 0.01
"""Goal: at most this share of honest lots is accused."""

_WORDS: Final = frozenset({"fraud", "plant", "measured", "goal", "code", "truly", "declared"})
"""Columns of words; the others are figures."""
_WRAPPED: Final = frozenset({"fraud", "goal", "code"})
"""Columns that may take two lines."""
LEGEND: Final = """\
a-b: Wilson's 95 % interval, percent. n: plants. delay: mean batches until
found, 1 is at once. found: by a code that means this fraud, about the false lot
or event or, of drift, the site; within 12 batches. true: what is accounted for
of Nd and Pr over what went in, less one (Dy: share of the product). untold:
losses are not recorded; there a single injection makes up for them too, a
repeated one hides within them. measured: stated as asked for by --combined;
wide scales of 0.05 to 0.3 %, assays of 0.3 to 3 % (5 % below 1 % content); bare
states no uncertainty, scales 0.1 to 0.5 %, TREO 1 %, elements 3 and 5 %; one
feed has one assay for all batches; nominal states one composition for every
product. False alarms: errors, warnings of MASS and COMP, and ORIG-EXCESS,
ORIG-GAP, TIME-TRANSIT, CUST-DOCUMENT-REUSED. per lot: lots, or events where a
finding names no lot. poor rows: a deposit of low confidence on either side."""


def headlines(scores: Scores) -> list[dict[str, Any]]:
    """Each goal and what was measured; `met` compares the measured rate itself, the interval says how sure that is."""
    made = []
    for name, fraud, shown, goal in HEADLINES:
        rate = _sum(
            item.rate
            for cell, item in scores.detections.items()
            if (cell.fraud, cell.shown) == (fraud, shown) and cell.profile.losses
        )
        made.append({"goal": name, "at_least": goal, **_json(rate), "met": rate.value >= goal})
    rate = _sum(item.per_lot for item in scores.honesty.values())
    made.append({"goal": "honest lots accused", "below": FALSE_LOTS, **_json(rate), "met": rate.value < FALSE_LOTS})
    return made


def as_json(scores: Scores) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "headlines": headlines(scores),
        "detection": [
            {
                "fraud": cell.fraud,
                "plant": cell.plant,
                "size": cell.shown,
                "true_size": item.true_size,
                "codes": sorted(cell.codes),
                **_json(item.rate),
                "mean_delay_batches": item.delay,
                "missed_by_kind": {
                    f"{true} as {declared}": _json(Rate(item.missed[true, declared], count))
                    for (true, declared), count in sorted(item.kinds.items())
                },
                "by_code": {code: _json(Rate(item.by_code[code], item.plants)) for code in sorted(cell.codes)},
            }
            for cell, item in scores.detections.items()
        ],
        "honest": [
            {
                "plant": cell.plant,
                "profile": cell.profile.name,
                "events": item.events,
                "per_lot": _json(item.per_lot),
                "per_plant": _json(item.per_plant),
                "lots_by_code": _codes(item.alarmed_lots),
                "plants_by_code": _codes(item.alarmed_plants),
            }
            for cell, item in scores.honesty.items()
        ],
    }


def show(scores: Scores, console: Console) -> None:
    """Print the tables."""
    console.print(_headlines(scores))
    console.print(_detection(scores.detections.values()))
    console.print(_alone(scores.detections.values()))
    console.print(_mistaken(scores.detections.values()))
    console.print(_honest(scores.honesty.values()))
    console.print(_by_code(list(scores.honesty.values())))
    console.print(LEGEND)


def _headlines(scores: Scores) -> Table:
    table = _table("Goals", "goal", "wanted", "rate", "", "met")
    for item in headlines(scores):
        wanted = f">= {item['at_least']:.0%}" if "at_least" in item else f"< {item['below']:.0%}"
        table.add_row(item["goal"], wanted, *_cells(Rate(item["hits"], item["of"])), "yes" if item["met"] else "no")
    return table


def _detection(items: Iterable[Detection]) -> Table:
    table = _table("Fraud found", "fraud", "plant", "size", "true", "n", "found", "", "delay")
    before = None
    for item in items:
        cell = item.cell
        if before not in {None, cell.fraud}:
            table.add_section()
        true, delay = item.true_size, item.delay
        table.add_row(
            "" if cell.fraud == before else cell.fraud,
            cell.plant,
            cell.shown,
            "" if true is None else f"{true:+.1%}",
            str(item.plants),
            *_cells(item.rate),
            "" if delay is None else f"{delay:.1f}",
        )
        before = cell.fraud
    return table


def _alone(items: Iterable[Detection]) -> Table:
    """Where several codes may find a fraud, what each does alone."""
    table = _table("Found by each code alone", "fraud", "plant", "size", "code")
    before = None
    for item in items:
        cell = item.cell
        if len(cell.codes) > 1:
            each = [f"{code} {_share(item.by_code[code] / item.plants)}" for code in sorted(cell.codes)]
            table.add_row("" if cell.fraud == before else cell.fraud, cell.plant, cell.shown, ", ".join(each))
            before = cell.fraud
    return table


def _mistaken(items: Iterable[Detection]) -> Table:
    """Kinds of deposit that pass for others, where all of the material is false."""
    table = _table("Wrong deposits that pass, worst first", "plant", "truly", "declared", "n", "missed", "")
    rows = [
        (item.missed[pair] / count, item.cell.plant, *pair, Rate(item.missed[pair], count))
        for item in items
        if item.cell.fraud == "wrong deposit"
        for pair, count in item.kinds.items()
        if item.missed[pair]
    ]
    for _, plant, true, declared, rate in sorted(rows, key=lambda row: (-row[0], *row[1:4]))[:MOST]:
        table.add_row(plant, true, declared, str(rate.of), *_cells(rate))
    return table


def _honest(items: Iterable[Honesty]) -> Table:
    title = "False alarms on honest plants"
    table = _table(title, "plant", "measured", "lots", "per lot", "", "n", "per plant", "")
    whole: dict[str, list[Honesty]] = {}
    before = None
    for item in items:
        plant, profile = item.cell.plant, item.cell.profile.name
        whole.setdefault(profile, []).append(item)
        table.add_row("" if plant == before else plant, profile, *_honesty([item]))
        before = plant
    table.add_section()
    for profile, alike in whole.items():
        table.add_row("all", profile, *_honesty(alike))
    return table


def _honesty(items: list[Honesty]) -> tuple[str, ...]:
    lots, plants = _sum(item.per_lot for item in items), _sum(item.per_plant for item in items)
    return str(lots.of), *_cells(lots), str(plants.of), *_cells(plants)


def _by_code(items: list[Honesty]) -> Table:
    table = _table("False alarms by code, all honest plants", "code", "lots", "per lot", "", "plants", "per plant", "")
    lots, plants = Counter[str](), Counter[str]()
    for item in items:
        lots += item.alarmed_lots
        plants += item.alarmed_plants
    whole, count = sum(item.lots for item in items), sum(item.plants for item in items)
    for code in (*sorted({*lots, *plants} - {ANY}), ANY):
        each, every = Rate(lots[code], whole), Rate(plants[code], count)
        table.add_row(code, str(each.hits), *_cells(each), str(every.hits), *_cells(every))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, padding=0, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, justify="left" if column in _WORDS else "right", no_wrap=column not in _WRAPPED)
    return table


def _cells(rate: Rate) -> tuple[str, str]:
    low, high = rate.interval
    return _share(rate.value), f"{_bound(low)}-{_bound(high)}"


def _share(value: float) -> str:
    return f"{value:.2%}" if 0 < value < 0.1 else f"{value:.0%}"  # noqa: PLR2004  (small rates need their digits)


def _bound(value: float) -> str:
    percent = value * 100
    return f"{percent:.0f}" if percent >= 10 or not percent else f"{percent:.{1 if percent >= 0.1 else 2}f}"  # noqa: PLR2004  (digits)


def _sum(rates: Iterable[Rate]) -> Rate:
    listed = list(rates)
    return Rate(sum(rate.hits for rate in listed), sum(rate.of for rate in listed))


def _json(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {"hits": rate.hits, "of": rate.of, "rate": rate.value, "low": low, "high": high}


def _codes(counted: Counter[str]) -> dict[str, int]:
    return {code: count for code, count in sorted(counted.items()) if code != ANY and count}
