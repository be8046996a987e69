"""The command `label`, and `verify --label`: QR labels for lots, written and read back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import line, say, say_json, warn
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, Trust
from cli.files import read_given, save
from ledger.errors import EXIT_FINDINGS, FormatError, UsageError

if TYPE_CHECKING:
    from ledger.report.label import Label, Standing
    from ledger.report.sticker import Words
    from ledger.verify import Verdict

KINDS = (".svg", ".png", ".pdf")
MAX_PICTURE = 1 << 25
"""Largest picture read, 32 MiB."""
MAX_PIXELS = 50_000_000
PICTURES = (b"\x89PNG", b"\xff\xd8", b"II*", b"MM\0", b"RIFF", b"BM", b"GIF8")
"""How the pictures that are read begin."""
_CONTROL = re.compile(r"[\0-\x08\v\f\x0e-\x1f\x7f-\x9f]")
"""Signs that no text has, but for the ends of lines and tabulators."""


def label(
    lot: Annotated[str, typer.Argument(help="The lot, or a bundle.", metavar="LOT|FILE.monazite")],
    ledger: Ledger = DEFAULT_LEDGER,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a .svg, .pdf (needs the extra `pdf`) or .png, the code alone."),
    ] = None,
    trust: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Verify the ledger and make a label for one lot: a QR code of its newest event, and the lot in words.

    Without -o, print the code's text. The exit code is that of the verification.

    Example: monazite label MTW-2025-MAGNET -o magnet.svg
    """
    from cli.bundles import looked_up  # noqa: PLC0415  (start-up time)
    from cli.lots import found  # noqa: PLC0415
    from ledger.report import label as labels  # noqa: PLC0415
    from ledger.report import sticker  # noqa: PLC0415

    if output is not None and output.suffix.lower() not in KINDS:
        raise UsageError(f"{output}: a label is written as {', '.join(KINDS)}")
    verdict, name, _newest = looked_up(lot, ledger, trust)
    found(verdict.history, name)
    state = verdict.history.lots[name]
    newest = labels.newest(state, verdict.history)
    if newest is None:
        raise UsageError(f"the making of {name!r} was retracted: there is no such lot to label")
    made = labels.Label.of(verdict.ledger, newest.hash, name)
    said = sticker.words(state, verdict.history, verdict.ledger)
    text = labels.format(made)
    if output is not None:
        save(output, _drawn(made, said, output.suffix.lower()))
    if as_json:
        say_json(
            {"label": text, **_built(made), "verdict": verdict.verdict, "file": None if output is None else str(output)}
        )
    elif output is not None:
        say(f"{output} written: {name}, event {made.event[:12]}, ledger {verdict.verdict}")
    else:
        say(text)
    if verdict.verdict != "clean":
        warn("the ledger has findings of severity error; `monazite verify` says which")
        raise typer.Exit(EXIT_FINDINGS)


def verify_label(what: str, bundle: Path | None, ledger: str, trust: str | None, *, tiles: bool, as_json: bool) -> bool:
    """Read a label, verify the ledger or bundle, and say how the one stands in the other; whether nothing is wrong.

    Raises:
        FormatError: no label can be read from what was given.
        UnverifiableError: as for the ledger or the bundle.
    """
    from cli.bundles import bundle_verified  # noqa: PLC0415  (start-up time)
    from cli.context import opened, verified  # noqa: PLC0415
    from ledger.report import label as labels  # noqa: PLC0415

    read = _read(what)
    whole = None
    if bundle is not None:
        found = bundle_verified(bundle, trust)
        verdict, whole = found.verdict, found.lots
    else:
        with opened(ledger, tiles=tiles) as store:
            verdict = verified(store, trust)
    standing = labels.stand(read, verdict.ledger, verdict.history)
    # Of lots beside a bundle's own some events may be missing: none of them is known to be the newest.
    partly = whole is not None and standing.lot is not None and standing.lot.id not in whole
    holds = standing.holds and verdict.verdict == "clean" and not partly
    _told(read, standing, verdict, holds=holds, partly=partly, as_json=as_json)
    return holds


def _told(label: Label, standing: Standing, verdict: Verdict, *, holds: bool, partly: bool, as_json: bool) -> None:
    from ledger.report.answer import says, status, verification  # noqa: PLC0415  (start-up time)

    gap = "this bundle does not hold every event on that lot; ask for the lot's own bundle" if partly else None
    later = [
        {
            "event": fact.hash,
            "type": fact.event.type,
            "at": fact.event.at,
            "actor": fact.event.actor,
            "says": says(fact.event),
        }
        for fact in standing.later
    ]
    if as_json:
        say_json(
            {
                "label": _built(label),
                "holds": holds,
                "standing": standing.kind,
                "says": standing.says,
                "gap": gap,
                "lot": None if standing.lot is None else standing.lot.id,
                "status": None if standing.lot is None else status(standing.lot),
                "later": later,
                "verification": verification(verdict),
            }
        )
        return
    say(f"{'MATCHES' if holds else 'DOES NOT MATCH' if not standing.holds else 'NOT TO BE RELIED ON'}: {standing.says}")
    say(f"label: lot {label.lot or '(by its hash)'}, event {label.event[:12]}, ledger {label.ledger}")
    if standing.lot is not None:
        say(f"lot {standing.lot.id}: {status(standing.lot)}, {standing.lot.output.form}")
    if gap is not None:
        say(gap)
    for item in later[:20]:
        say(f"  since: {item['at']} {item['type']} by {item['actor']}: {line(item['says'])}  [{item['event'][:12]}]")
    if len(later) > len(later[:20]):
        say(f"  ... and {len(later) - 20} more (--json)")
    say(f"ledger {verdict.ledger}: {verdict.verdict}, checkpoint of {verdict.size} entries")
    if verdict.verdict != "clean":
        say("it has findings of severity error; `monazite verify` says which")
    say("NOT CHECKED: that this label is on the material that it names. Anybody can copy a label.")


def _built(label: Label) -> dict[str, Any]:
    return {"ledger": label.ledger, "lot": label.lot or None, "lot_key": label.key, "event": label.event}


def _drawn(label: Label, said: Words, kind: str) -> bytes:
    from ledger.report import sticker  # noqa: PLC0415  (start-up time)

    if kind == ".png":
        return sticker.png(label)
    if kind == ".svg":
        return sticker.svg(label, said).encode()
    try:
        from weasyprint import HTML  # noqa: PLC0415  (an extra)
    except (ImportError, OSError) as error:
        raise UsageError("PDF needs `pip install 'monazite[pdf]'` and Pango; .svg and .png need nothing") from error
    made: bytes = HTML(string=sticker.page(label, said), url_fetcher=_nothing).write_pdf()
    return made


def _nothing(url: str) -> Any:  # noqa: ANN401  (never returns)
    raise ValueError(f"a label fetches nothing: {url}")


def _read(what: str) -> Label:
    """A label from its text, or from a file or standard input that holds the text or a picture of the code."""
    from ledger.report.label import SCHEME, found  # noqa: PLC0415  (start-up time)

    if what.strip().startswith(SCHEME):
        return found(what)
    if what != "-" and not Path(what).exists() and Path(what).suffix == "":
        raise FormatError(
            f"{what!r} is neither a label's text, which begins with {SCHEME}, nor a file", field="--label"
        )
    data = read_given(what, MAX_PICTURE)
    if len(data) > MAX_PICTURE:
        raise FormatError(f"a picture of more than {MAX_PICTURE} bytes", file=what)
    if data.lstrip()[:4] in (b"<svg", b"<?xm", b"%PDF"):
        message = "drawn, not scanned: give the text in its code, a photograph, or the .png of `monazite label`"
        raise FormatError(message, file=what)
    try:
        text = _text(data)
        return found("\n".join(_scanned(data)) if text is None or SCHEME not in text else text)
    except FormatError as error:
        raise FormatError(error.message, file=what, field=error.field) from error


def _text(data: bytes) -> str | None:
    """What is text from end to end; None for anything else, such as a picture that has words beside its code.

    A picture's comment shows nobody what it says: read as text, it would answer in place of the code that people see.
    """
    if data.startswith(PICTURES):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _scanned(data: bytes) -> list[str]:
    """The texts of the QR codes in a picture.

    Raises:
        FormatError: no picture that can be read.
        UsageError: what reads pictures is not installed.
    """
    try:
        import zxingcpp  # noqa: PLC0415  (an extra)
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "reading a picture needs `pip install 'monazite[scan]'`; a hand scanner's text can be given as it is"
        ) from error
    import io  # noqa: PLC0415  (start-up time)

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise FormatError(f"a picture of more than {MAX_PIXELS} pixels")
            if picture.has_transparency_data:
                # What is not seen is not read: colours lie under clear pixels, too. Labels are on white.
                paper = Image.new("RGBA", picture.size, "white")
                grey = Image.alpha_composite(paper, picture.convert("RGBA")).convert("L")
            else:
                grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FormatError("neither a label's text nor a picture that can be read") from error
    return [
        code.text
        for code in zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]
