"""The report as a document, HTML or PDF, with the lot's bundle inside; and which format the name of a file asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.bundles import data as read_bundle
from cli.bundles import is_bundle
from cli.context import opened
from ledger.errors import ConflictError, InputError, StoreError, UsageError

if TYPE_CHECKING:
    from ledger.verify import Verdict

DOCUMENTS = ("html", "pdf")
SHEETS = ("csv", "xlsx")
SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".csv": "csv",
    ".xlsx": "xlsx",
}


def named(form: str | None, output: Path | None) -> str | None:
    """The format that is asked for, or else the one that the file's name ends with; None where it has no ending, or `.txt`.

    Raises:
        UsageError: it ends in something else, so that what it is to hold is anybody's guess.
    """
    if form is not None or output is None:
        return form
    ending = output.suffix.lower()
    if ending not in (*SUFFIXES, "", ".txt") and not output.exists():
        raise UsageError(f"{output}: no format ends in {ending}; end it in {', '.join(SUFFIXES)}, or say --format")
    return SUFFIXES.get(ending)


def format_of(form: str | None, *, as_json: bool) -> str | None:
    """The format of `--format`, or that of `--json`.

    Raises:
        UsageError: both, and they differ.
    """
    if as_json and form not in (None, "json"):
        raise UsageError(f"--json means --format json, and --format {form} was asked for too; leave one of them out")
    return "json" if as_json else form


def tabular(form: str | None, sheet: str | None, output: Path | None) -> None:
    """Whether a table may go where it is to go.

    Raises:
        UsageError: a table of what has none; a workbook for the terminal.
    """
    if sheet is not None and form not in SHEETS:
        raise UsageError("--table goes with --format csv or xlsx")
    if form == "xlsx" and output is None:
        raise UsageError("--format xlsx makes a binary file; name it with -o (- is standard output)")


def agree(form: str | None, output: Path | None, *, terminal: bool) -> None:
    """Whether a document may go where it is to go; `terminal`: whether standard output is one.

    Raises:
        UsageError: a document for a terminal; says what to do.
    """
    if form in DOCUMENTS and (output is None or str(output) == "-") and terminal:
        raise UsageError(
            f"--format {form} makes a document, which a terminal does not show; name a file: -o report.{form}"
        )


def made_into(made: dict[str, Any], form: str, bundle: bytes | None, no_bundle: str | None) -> bytes:
    """The document.

    Raises:
        UsageError: a PDF is asked for and WeasyPrint is not installed; says how to install it.
    """
    from ledger.report.draw.pictures import draw  # noqa: PLC0415  (start-up time)

    pictures = draw(made)
    if form == "pdf":
        from ledger.report.pdf import write  # noqa: PLC0415  (start-up time)

        return write(made, pictures, bundle, no_bundle)
    from ledger.report.page.html import render  # noqa: PLC0415  (start-up time)

    return render(made, pictures, bundle, no_bundle).encode()


def carried(what: str, ledger: str, verdict: Verdict) -> tuple[bytes | None, str | None]:
    """The bundle to put inside, or why there is none: the file that was reported on, or the lot's bundle from the ledger.

    Raises:
        ConflictError: the ledger went on since it was verified, so its bundle would not be that of the report.
    """
    if is_bundle(what):
        return read_bundle(Path(what)), None
    from ledger.bundle.export import export  # noqa: PLC0415  (start-up time)
    from ledger.seal.checkpoint import unverified  # noqa: PLC0415

    try:
        with opened(ledger) as store:
            made = export(store, what)
    except (InputError, StoreError) as error:
        return None, str(error)
    head = unverified(made.bundle.checkpoint.encode())
    if (head.size, head.root) != (verdict.size, verdict.root):
        if verdict.size == 0:
            return None, "the ledger's checkpoint does not hold; the findings say why"
        raise ConflictError("the ledger went on while the report was made; write it again")
    return made.data, None
