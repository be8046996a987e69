"""The command `report`: one lot of a verified ledger or bundle, as JSON, Markdown or tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.bundles import looked_up
from cli.console import say, warn
from cli.context import DEFAULT_LEDGER, Ledger, Trust
from cli.files import save
from cli.policy import AsOf, ContextFile
from cli.verifying import show as show_verdict
from ledger.errors import EXIT_FINDINGS, UsageError

FORMATS = ("json", "markdown")


def report(
    lot: Annotated[str, typer.Argument(help="The lot, or a bundle.", metavar="LOT|FILE.monazite")],
    ledger: Ledger = DEFAULT_LEDGER,
    form: Annotated[
        str | None, typer.Option("--format", help="json or markdown. Default: tables on the terminal.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    trust: Trust = None,
    as_of: AsOf = None,
    context: ContextFile = None,
    country: Annotated[
        list[str] | None,
        typer.Option(help="Ask the same of another country or region: RU, CN-XJ. May be repeated.", metavar="CODE"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Verify the ledger and report on one lot: origin per element and stage, Chinese inputs, what is unknown, policies.

    The exit code is that of the verification, never of the content.

    Example: monazite report MTW-2025-MAGNET --format markdown -o report.md

    Example: monazite report MTW-2025-MAGNET --country CN-XJ --country RU

    Example: monazite report magnet.monazite --trust 'ledger.example/ree+...'
    """
    from cli.lots import found  # noqa: PLC0415  (start-up time)
    from cli.policy import answered, day, stated  # noqa: PLC0415
    from cli.version import version  # noqa: PLC0415
    from ledger.origin.lens import lens  # noqa: PLC0415
    from ledger.origin.trace import trace  # noqa: PLC0415
    from ledger.report.answer import answer  # noqa: PLC0415
    from ledger.report.policy import built  # noqa: PLC0415

    asked, facts = day(as_of), stated(context)
    lenses = [lens(code) for code in country or []]
    form = "json" if as_json else form
    if form not in (None, *FORMATS):
        raise UsageError(f"--format {form}: this version writes {' and '.join(FORMATS)}")
    verdict, lot, newest = looked_up(lot, ledger, trust)
    asked = asked or newest
    if lot not in verdict.history.lots and verdict.verdict != "clean":
        show_verdict(verdict, None, every=False)
        warn(f"there is no lot {lot!r} in what is left of this ledger")
        raise typer.Exit(EXIT_FINDINGS)
    found(verdict.history, lot)
    result = trace(verdict.history, lot)
    policies = built(answered(verdict.history, lot, verdict.findings, facts, asked, file=context))
    made = answer(result, verdict, version(), policies, countries=lenses, context=facts)
    if form is None and output is None:
        from cli.reportview import show  # noqa: PLC0415  (start-up time)

        show(made, result, verdict.history)
    else:
        from ledger.report.markdown import render  # noqa: PLC0415  (start-up time)

        text = json.dumps(made, indent=2) + "\n" if form == "json" else render(made)
        if output is None or str(output) == "-":
            sys.stdout.write(text)
        else:
            save(output, text)
            say(f"{output} written: {made['lot']}, China {made['china']['verdict']}, ledger {verdict.verdict}")
    if verdict.verdict != "clean":
        if form is not None or output is not None:
            warn("the ledger has findings of severity error; the report says which")
        raise typer.Exit(EXIT_FINDINGS)
