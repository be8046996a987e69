"""Many lots as text, tables or on a terminal: what they hold together, what changed, then the lots, the worst first.

On a terminal readable at 80 columns.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cli.console import say, table, wrapped
from cli.documents import SHEETS
from cli.files import save
from ledger.report.headline import counted, percent
from ledger.report.portfolio import KINDS, counted_words, finding_words, policy_words, unknown_words, verdict_words

MOST_ROWS = 25
MOST_ELEMENTS = 12
MOST_PLACES = 8


def put(whole: dict[str, Any], form: str | None, sheet: str | None, output: Path | None) -> None:
    """Print the portfolio, or write it to a file: JSON, tables, and Markdown where no format is named."""
    if form is None and output is None:
        show(whole)
        return
    if form == "json":
        data = (json.dumps(whole, indent=2) + "\n").encode()
    elif form is not None and form in SHEETS:
        from cli.sheets import written  # noqa: PLC0415  (start-up time)
        from ledger.report.portfolio_sheets import tables  # noqa: PLC0415

        data = written(tables(whole), form, sheet)
    else:
        from ledger.report.portfolio_markdown import render  # noqa: PLC0415  (start-up time)

        data = render(whole).encode()
    if output is not None and str(output) != "-":
        save(output, data)
        say(f"{output} written: {len(whole['lots'])} lots, ledger {whole['verification']['verdict']}")
    elif form == "xlsx":
        sys.stdout.buffer.write(data)
    else:
        sys.stdout.write(data.decode())


def show(whole: dict[str, Any]) -> None:
    """Print the portfolio."""
    verification, totals = whole["verification"], whole["totals"]
    wrapped(f"Portfolio: {whole['portfolio']['says']}")
    wrapped(
        f"Ledger {verification['ledger']}: {verification['verdict']}, checkpoint of {verification['checkpoint']['size']} entries"
    )
    wrapped(f"China: {verdict_words(totals)}")
    wrapped(counted_words(whole))
    say(f"Policies as of {whole['as_of']}")
    _totals(totals)
    _changes(whole["changes"])
    table(
        ("lot", "China", "known", "unknown", "kg", "where", "policies", "findings"),
        [
            (
                item["lot"],
                item["verdict"],
                percent(item["known_share"]),
                unknown_words(item),
                f"{item['counted_kg']:g}",
                f"{item['country'] or '?'} {item['status']}",
                policy_words(item),
                finding_words(item),
            )
            for item in whole["lots"][:MOST_ROWS]
        ],
        title="Lots, the worst first",
        right=(2, 3, 4),
    )
    if len(whole["lots"]) > MOST_ROWS:
        say(f"  ... and {len(whole['lots']) - MOST_ROWS} more; --format json, markdown or html lists all")
    wrapped(whole["caveat"], after="", style="dim")


def _totals(totals: dict[str, Any]) -> None:
    elements = list(totals["elements"].items())
    if elements:
        table(
            ("element", "kg", "Chinese", "unknown", "otherwise", "clean"),
            [
                (name, f"{found['mass_kg']:.6g}", *(f"{found[kind]:.6g}" for kind in KINDS))
                for name, found in elements[:MOST_ELEMENTS]
            ],
            title="What they hold, kg",
            right=(1, 2, 3, 4, 5),
        )
        wrapped(
            "otherwise: not Chinese material, but moved through, owned from or made with means from there", "  ", "  "
        )
        if len(elements) > MOST_ELEMENTS:
            say(f"  ... and {len(elements) - MOST_ELEMENTS} more elements; --format json lists all")
    rows = [
        (
            stage,
            place,
            f"{sum(held.values()):.6g}",
            ", ".join(f"{name} {kg:.4g}" for name, kg in list(held.items())[:4]),
        )
        for stage, places in totals["stages"].items()
        for place, held in list(places.items())[:MOST_PLACES]
        if place != "none"
    ]
    if rows:
        table(("stage", "country", "kg", "of which"), rows, title="Where their elements passed each stage", right=(2,))


def _changes(changes: dict[str, Any] | None) -> None:
    if changes is None:
        say("Changes: the log states no earlier checkpoint; --since SIZE compares with any size")
        return
    new = len(changes["new_findings"]) + changes["more_findings"]
    say(f"Since the log had {changes['since']} entries:")
    lots = counted(len(changes["new_lots"]), "new lot")
    say(f"  {lots}, {len(changes['changed_lots']):,} changed, {counted(new, 'new finding')} about them")
    for item in changes["changed_lots"][:MOST_ROWS]:
        verdict = item["now"] if item["was"] == item["now"] else f"{item['was']} -> {item['now'].upper()}"
        wrapped(
            f"{item['lot']}: {verdict}, {counted(len(item['events']), 'new event')}, {counted(item['findings'], 'new finding')}",
            "  ",
            "  ",
        )
    errors = [item for item in changes["new_findings"] if item["severity"] != "info"]
    for item in errors[:MOST_ROWS]:
        wrapped(f"{item['severity'].upper()} {item['code']}: {item['message']}", "  ", "  ")
