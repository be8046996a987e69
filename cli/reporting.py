"""The command `report`: one lot of a verified ledger or bundle, as a document, JSON, Markdown or tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.bundles import looked_up
from cli.console import say, warn
from cli.context import DEFAULT_LEDGER, Ledger, Trust
from cli.documents import DOCUMENTS, SHEETS, agree, carried, format_of, made_into, named, tabular
from cli.files import save
from cli.policy import AsOf, ContextFile
from cli.verifying import show as show_verdict
from ledger.errors import EXIT_FINDINGS, UsageError

if TYPE_CHECKING:
    from ledger.origin.trace import Trace
    from ledger.rules.history import History

FORMATS = ("html", "pdf", "json", "markdown", "csv", "xlsx")
BINARY = ("pdf", "xlsx")


def report(
    lots: Annotated[
        list[str] | None,
        typer.Argument(help="The lot, or a bundle; or several lots, together.", metavar="[LOT|FILE.monazite]..."),
    ] = None,
    ledger: Ledger = DEFAULT_LEDGER,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="html, pdf, json, markdown, csv (with --table) or xlsx. Default: as FILE ends, else tables on the terminal.",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--form",
            help="One form that law asks for, alone: section-857, dfars-7052, eu-crma-28, eu-crma-29 or mofcom-61-62.",
            metavar="ID",
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            "--table", help="One table: lots, events, shares, ... or a form's id. With csv or xlsx.", metavar="NAME"
        ),
    ] = None,
    trust: Trust = None,
    as_of: AsOf = None,
    context: ContextFile = None,
    country: Annotated[
        list[str] | None,
        typer.Option(help="Ask the same of another country or region: RU, CN-XJ. May be repeated.", metavar="CODE"),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Report on all lots of the ledger together.")] = False,
    listed: Annotated[
        Path | None, typer.Option("--lots", metavar="FILE", help="Report on the lots of this file, one a line.")
    ] = None,
    shipment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Report on the lots of one shipment: a ship event's ref or hash, a document's number, or a lot, whose newest it is.",
        ),
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(
            metavar="SIZE",
            help="With many lots: what changed since the log had so many entries. Default: at the checkpoint before.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Verify the ledger and report on one lot: origin per element and stage, Chinese inputs, what is unknown, policies.

    The exit code is that of the verification, never of the content.

    HTML and PDF are whole in one file and carry the lot's bundle: `monazite verify report.html` checks what they rest on.

    Example: monazite report MTW-2025-MAGNET -o report.html

    Example: monazite report MTW-2025-MAGNET --format pdf -o magnet.pdf

    Example: monazite report MTW-2025-MAGNET --country CN-XJ --country RU

    Example: monazite report MTW-2025-MAGNET --form section-857 --as-of 2026-12-01

    Example: monazite report MTW-2025-MAGNET --format xlsx -o magnet.xlsx

    Example: monazite report MTW-2025-MAGNET --format csv --table shares -o shares.csv

    Example: monazite report --all --format html -o portfolio

    Example: monazite report --all --format csv --table lots -o lots.csv

    Example: monazite report --shipment BL-2025-117

    Example: monazite report magnet.monazite --trust 'ledger.example/ree+...'
    """
    from cli.lots import found  # noqa: PLC0415  (start-up time)
    from cli.policy import answered, day, stated  # noqa: PLC0415
    from cli.version import version  # noqa: PLC0415
    from ledger.origin.lens import lens  # noqa: PLC0415
    from ledger.origin.policy.walk import Walk  # noqa: PLC0415
    from ledger.origin.trace import trace  # noqa: PLC0415
    from ledger.report.answer import answer  # noqa: PLC0415
    from ledger.report.policy import built  # noqa: PLC0415

    form = format_of(form, as_json=as_json)
    if every or listed is not None or shipment is not None or len(lots or ()) != 1:
        from cli import portfolio  # noqa: PLC0415  (start-up time)

        if only is not None or country:
            raise UsageError("--form and --country are asked of one lot")
        portfolio.report(
            lots or (), ledger, trust, every=every, listed=listed, shipment=shipment, since=since,
            form=form, sheet=sheet, output=output, as_of=as_of, context=context,
        )  # fmt: skip
        return
    lot = next(iter(lots or ()))
    if since is not None:
        raise UsageError("--since goes with many lots")
    asked, facts = day(as_of), stated(context)
    lenses = [lens(code) for code in country or []]
    form = named(form, output)
    if form not in (None, *FORMATS):
        raise UsageError(f"--format {form}: this version writes {', '.join(FORMATS)}")
    _agree(form, only, sheet, output)
    given = lot
    verdict, lot, newest = looked_up(given, ledger, trust)
    asked = asked or newest
    if lot not in verdict.history.lots and verdict.verdict != "clean":
        show_verdict(verdict, None, every=False)
        warn(f"there is no lot {lot!r} in what is left of this ledger")
        raise typer.Exit(EXIT_FINDINGS)
    found(verdict.history, lot)
    result = trace(verdict.history, lot)
    walk = Walk(verdict.history, result)
    policies = built(answered(verdict.history, lot, verdict.findings, facts, asked, file=context, walk=walk))
    made = answer(result, verdict, version(), policies, countries=lenses, context=facts, walk=walk)
    if form is None and output is None:
        _show(made, result, verdict.history, only)
    else:
        bundle = carried(given, ledger, verdict) if form in DOCUMENTS else (None, None)
        data = _written(made, form, only, sheet, *bundle)
        if (output is None or str(output) == "-") and form in BINARY:
            sys.stdout.buffer.write(data)
        elif output is None or str(output) == "-":
            sys.stdout.write(data.decode())
        else:
            save(output, data)
            say(f"{output} written: {made['lot']}, China {made['china']['verdict']}, ledger {verdict.verdict}")
    if verdict.verdict != "clean":
        if form is not None or output is not None:
            warn("the ledger has findings of severity error; the report says which")
        raise typer.Exit(EXIT_FINDINGS)


def _agree(form: str | None, only: str | None, sheet: str | None, output: Path | None) -> None:
    """Options that go together.

    Raises:
        UsageError: no such form; a table of what has none; a binary file for the terminal.
    """
    if only is not None:
        from ledger.report.forms.every import kind  # noqa: PLC0415  (start-up time)

        kind(only)
        if form in DOCUMENTS:
            raise UsageError("--form is for the terminal, markdown and json; a document holds every form")
        if form in SHEETS:
            raise UsageError(f"--form is for the terminal, markdown and json; here it is --table {only}")
    agree(form, output, terminal=sys.stdout.isatty())
    tabular(form, sheet, output)


def _show(made: dict[str, Any], result: Trace, past: History, only: str | None) -> None:
    """The report, or one form, on the terminal."""
    if only is None:
        from cli.reportview import show  # noqa: PLC0415  (start-up time)

        show(made, result, past)
    else:
        from cli.formview import show as show_form  # noqa: PLC0415  (start-up time)

        show_form(_form(made, only))


def _written(
    made: dict[str, Any],
    form: str | None,
    only: str | None,
    sheet: str | None,
    bundle: bytes | None,
    no_bundle: str | None,
) -> bytes:
    """The report, one form or its tables in a format; Markdown where none is named."""
    if form in DOCUMENTS:
        return made_into(made, form, bundle, no_bundle)
    if form in SHEETS:
        from cli.sheets import written  # noqa: PLC0415  (start-up time)
        from ledger.report.sheets import tables  # noqa: PLC0415

        return written(tables(made), form, sheet)
    if form == "json":
        return (json.dumps(made if only is None else _form(made, only), indent=2) + "\n").encode()
    if only is None:
        from ledger.report.markdown import render  # noqa: PLC0415  (start-up time)

        return render(made).encode()
    from ledger.report.forms.markdown import document  # noqa: PLC0415  (start-up time)

    return document(_form(made, only)).encode()


def _form(made: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in made["forms"] if item["id"] == name)
    return found
