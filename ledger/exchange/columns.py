"""The header of a table: which column says what.

Names of columns are matched whatever their case; analytes are not, since `Co` is cobalt and `CO` is not.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ledger.exchange.amounts import SHARE_UNITS, quoted
from ledger.exchange.faults import Faults
from ledger.exchange.table import Row
from ledger.reference.elements import ELEMENTS

_ANALYTE = re.compile(r"[A-Z][A-Za-z0-9]{0,23}")
# What spreadsheets show where a formula fails, in their languages too: #REF!, #BEZUG!, #N/A, #NV, #NAME?, #NOM?.
_ERROR = re.compile(r"#(?:N/A|N/D|NV|DIV/0!|[^\W\d_]{2,12}[!?])")
# Columns whose spaces at the ends are part of the cell, so that they can be refused.
_VERBATIM = frozenset({"lot"})


class ShareColumn(NamedTuple):
    """A composition column: `u` marks the standard uncertainty of the same analyte."""

    heading: str
    analyte: str
    unit: str
    u: bool


class Record(NamedTuple):
    """A row under its header: only cells that hold something, trimmed.

    A row that is not `whole` does not fit its header; its cells may stand under the wrong names.
    """

    line: int
    cells: dict[str, str]
    shares: list[tuple[ShareColumn, str]]
    whole: bool


class Header:
    """A table's columns by position."""

    def __init__(self, width: int, names: dict[int, str], shares: dict[int, ShareColumn]) -> None:
        self.width = width
        self._names = names
        self._shares = shares

    @property
    def shares(self) -> Collection[ShareColumn]:
        """The composition columns."""
        return self._shares.values()

    def record(self, row: Row, faults: Faults) -> Record:
        """The row's cells by column; too many, too few, or a cell under no name are gathered as errors."""
        cells: dict[str, str] = {}
        shares: list[tuple[ShareColumn, str]] = []
        before = faults.count
        if len(row.cells) < self.width or any(cell.strip() for cell in row.cells[self.width :]):
            faults.say(
                f"{len(row.cells)} cells under {self.width} columns; is there a comma outside quotes, or one missing?",
                row.line,
                "row",
            )
        for index, cell in enumerate(row.cells[: self.width]):
            trimmed = cell.strip()
            if not trimmed:
                continue
            if trimmed[0] == "#" and _ERROR.fullmatch(trimmed):
                faults.say(f"the cell shows the error {trimmed}", row.line, self._name(index))
                continue
            if index in self._names:
                name = self._names[index]
                cells[name] = cell if name in _VERBATIM else trimmed
            elif index in self._shares:
                shares.append((self._shares[index], trimmed))
            else:
                faults.say(f"{quoted(trimmed)} stands in column {index + 1}, which has no name", row.line, "row")
        return Record(row.line, cells, shares, faults.count == before)

    def _name(self, index: int) -> str:
        return self._names.get(index) or (self._shares[index].heading if index in self._shares else "row")


def read_header(
    row: Row, known: Sequence[str], mandatory: Sequence[str], faults: Faults, *, composition: bool = False
) -> Header:
    """The columns that a header row names; unknown, repeated and missing ones are gathered as errors.

    Args:
        row: the header row.
        known: names of the columns that the table may have.
        mandatory: those that it must have.
        faults: where errors are gathered.
        composition: whether columns headed `<analyte> <unit>` and `u <analyte> <unit>` may follow.
    """
    names: dict[int, str] = {}
    shares: dict[int, ShareColumn] = {}
    seen: dict[str, int] = {}
    for index, cell in enumerate(row.cells):
        heading = " ".join(cell.split())
        if not heading:
            continue
        share = share_column(heading) if composition else None
        name = heading.casefold()
        if name in known:
            names[index] = heading = name
        elif share is not None:
            shares[index] = share
            heading = share.heading
        else:
            faults.say(_unknown(heading, known, composition=composition), row.line, heading[:60])
            continue
        if heading in seen:
            faults.say(f"stands twice in the header, as columns {seen[heading] + 1} and {index + 1}", row.line, heading)
        seen.setdefault(heading, index)
    for name in mandatory:
        if name not in seen:
            faults.say("this column is missing", row.line, name)
    return Header(len(row.cells), names, shares)


def misspelt(header: Header) -> list[str]:
    """Notes about composition columns that differ from a known analyte in capitals alone, as `ND %`: nothing counts them as it."""
    known = {name.casefold(): name for name in analytes()}
    found: dict[str, None] = {}
    for column in header.shares:
        near = known.get(column.analyte.casefold(), column.analyte)
        if near != column.analyte:
            found[
                f"column `{column.heading}` counts as no element; did you mean `{column.heading.replace(column.analyte, near)}`?"
            ] = None
    return list(found)


def analytes() -> list[str]:
    """Analytes that are known: elements, their oxides, and sums."""
    oxides = [oxide.formula for element in ELEMENTS.values() for oxide in element.oxides]
    return [*ELEMENTS, *oxides, "TREO", "H2O"]


def nearest(text: str, words: Collection[str]) -> str:
    """`; did you mean X?` for the word nearest to `text`, blank where none is near."""
    folded = {word.casefold(): word for word in words}
    found = difflib.get_close_matches(text.casefold()[:64], folded, n=1)
    return f"; did you mean `{folded[found[0]]}`?" if found else ""


def share_column(heading: str) -> ShareColumn | None:
    """The composition column that a heading names: `Nd2O3 %`, `u Dy ppm`; None for any other."""
    parts = heading.split()
    u = len(parts) == len(("u", "Nd", "%")) and parts[0] == "u"
    if u:
        parts = parts[1:]
    if len(parts) != len(("Nd", "%")):
        return None
    analyte, unit = parts[0], parts[1].casefold()
    if unit not in SHARE_UNITS or not _ANALYTE.fullmatch(analyte):
        return None
    return ShareColumn(f"{'u ' * u}{analyte} {unit}", analyte, unit, u)


def _unknown(heading: str, known: Sequence[str], *, composition: bool) -> str:
    if not composition:
        return f"no such column{nearest(heading, known)}"
    if heading.startswith("U "):
        return "no such column; one standard uncertainty is headed with a small `u`, as `u Nd2O3 %`"
    # `nd2o3%`, `Nd2O3[%]` and the like: a number's place is known, only its heading is misspelt.
    headings = [f"{analyte} {unit}" for analyte in analytes() for unit in ("%", "ppm")]
    units = " ".join(SHARE_UNITS)
    return (
        f"no such column{nearest(heading, [*known, *headings])}; composition is headed `<analyte> <unit>`, "
        f"as `Nd2O3 %`, in one of the units {units}"
    )
