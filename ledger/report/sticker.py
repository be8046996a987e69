"""A label to print: its QR code, and the same in words. Pure; the same label gives the same bytes.

The code is QR (ISO/IEC 18004), error correction M, in byte mode: capitals alone would make it smaller, but a ledger's name
has small letters. Words are cut to the place there is: they are for people, and nobody reads them back.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from html import escape
from typing import Final

import segno
from msgspec import Struct

from ledger.model.events import Site
from ledger.report import label as labels
from ledger.report.label import Label
from ledger.rules.history import History
from ledger.rules.lot import Lot

WIDTH: Final = 100
HEIGHT: Final = 50
"""Millimetres of the printed label."""
CODE: Final = 42
"""Millimetres of the code's side; what is left white around it is wider than four modules (ISO/IEC 18004, quiet zone)."""
PIXELS: Final = 8
"""Pixels of a module in PNG."""
_TEXT: Final = 50
_MG_PER_KG: Final = 1_000_000


class Words(Struct, frozen=True):
    """What stands on a label for people; every text may be hostile, and is cut where it is drawn.

    Attributes:
        lot, form: of the ledger.
        mass: with its unit.
        made_at: name and id of the site where the lot was made.
        country: of that site; says nothing of the material's origin.
        date: of its making, as the event states it.
        ledger: the ledger's origin.
    """

    lot: str
    form: str
    mass: str
    made_at: str
    country: str
    date: str
    ledger: str


def words(lot: Lot, history: History, ledger: str) -> Words:
    """What a label says of a lot in words."""
    event = lot.born.event
    site = history.site_events.get(event.site) if event.site is not None else None
    name = f"{site.name} ({event.site})" if isinstance(site, Site) else event.site or "not stated"
    left, whole = lot.left_mg / _MG_PER_KG, lot.mass_mg / _MG_PER_KG
    mass = f"{whole:,.6g} kg" if lot.left_mg == lot.mass_mg else f"{left:,.6g} kg left of {whole:,.6g} kg"
    country = history.country_of_site(event.site) or "unknown"
    return Words(lot.id, lot.output.form, mass, name, country, event.at[:10], ledger)


def code(label: Label) -> segno.QRCode:
    """The label's QR code."""
    return segno.make_qr(labels.format(label), error="m", mode="byte", boost_error=False)


def png(label: Label) -> bytes:
    """The code alone as PNG, black on white with its quiet zone: words need a font, which SVG and PDF bring."""
    out = io.BytesIO()
    code(label).save(out, kind="png", scale=PIXELS, border=4)
    return out.getvalue()


def svg(label: Label, said: Words) -> str:
    """The whole label, 100 mm by 50 mm."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"<title>{escape(clean(said.lot))}</title>"
        f'<clipPath id="words"><rect x="{_TEXT}" y="0" width="{WIDTH - _TEXT - 2}" height="{HEIGHT}"/></clipPath>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f"{_modules(label)}"
        f'<g clip-path="url(#words)" fill="#000">{"".join(_lines(label, said))}</g>'
        "</svg>\n"
    )


def page(label: Label, said: Words) -> str:
    """The label as a document of one page of its size, for whoever makes PDF of it."""
    style = f"@page {{ size: {WIDTH}mm {HEIGHT}mm; margin: 0 }} body {{ margin: 0 }} svg {{ display: block }}"
    title = escape(clean(said.lot))
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{style}</style>{svg(label, said)}</html>'


def clean(text: str) -> str:
    """Text without what cannot be seen, moves other text, or has no place in XML; each such character is U+FFFD."""
    return "".join("\ufffd" if unicodedata.category(char) in _UNSEEN else char for char in text)


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def cut(text: str, cells: int, lines: int = 1) -> list[str]:
    """Clean text in at most so many lines of so many cells; what is left out leaves a "…".

    A wide character (Unicode annex 11) takes two cells. Of marks that stand over a character, one stays.
    """
    rows: list[list[tuple[str, int]]] = [[]]
    used, marks = 0, 0
    for char in clean(text):
        mark = unicodedata.category(char) in ("Mn", "Me")
        marks = marks + 1 if mark else 0
        if marks > 1:
            continue
        width = 0 if mark else 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
        if used + width > cells:
            rows.append([])
            used = 0
            if len(rows) > lines:
                break
        rows[-1].append((char, width))
        used += width
    if len(rows) > lines:
        rows.pop()
        while sum(width for _char, width in rows[-1]) > cells - 1:
            rows[-1].pop()
        rows[-1].append(("…", 1))
    return ["".join(char for char, _width in row) for row in rows]


def _modules(label: Label) -> str:
    """The code's dark modules as one path, row by row."""
    matrix = code(label).matrix
    size = len(matrix)
    runs = []
    for row, modules in enumerate(matrix):
        start = None
        for column, dark in enumerate([*modules, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                runs.append(f"M{start} {row}h{column - start}v1h{start - column}z")
                start = None
    place = (HEIGHT - CODE) / 2
    return f'<path transform="translate({place:g} {place:g}) scale({CODE / size:.6f})" shape-rendering="crispEdges" d="{"".join(runs)}"/>'


def _lines(label: Label, said: Words) -> Iterator[str]:
    """The words, from the top down."""
    sans, mono = "Helvetica, Arial, 'Noto Sans', sans-serif", "'DejaVu Sans Mono', Menlo, monospace"
    down = 4.5

    def line(text: str, size: float, *, family: str = sans, bold: bool = False, x: float = _TEXT) -> str:
        weight = ' font-weight="bold"' if bold else ""
        return f'<text x="{x:g}" y="{down:g}" font-size="{size:g}" font-family="{family}"{weight}>{escape(text)}</text>'

    for row in cut(said.lot, 15, 3):
        down += 4.2 if down > 4.5 else 1.5  # noqa: PLR2004  (the first line's place)
        yield line(row, 4, bold=True)
    down += 0.6
    for name, value in (
        ("Form", said.form),
        ("Mass", said.mass),
        ("Made at", said.made_at),
        ("Country", f"{said.country} (not an origin)"),
        ("Date", said.date),
        ("Ledger", said.ledger),
    ):
        for number, row in enumerate(cut(value, 26, 2 if name in ("Made at", "Ledger") else 1)):
            down += 3.3
            if not number:
                yield line(name, 2.4)
            yield line(row, 2.4, x=_TEXT + 11)
    down = HEIGHT - 6
    yield line("Event (anybody can print a label: verify it)", 1.9)
    for start in (0, 32):
        down += 2.4
        yield line(label.event[start : start + 32], 2, family=mono)
