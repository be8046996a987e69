"""Event rows and their CSV text, in the format of `monazite import`."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.chains.directory import party, site
from cli.chains.quantity import MG, PERCENT, PPM, SMALL, fraction_u, mass_u, plain, unit_for
from cli.chains.tables import order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS = (
    *("event", "type", "at", "actor", "site", "stage", "direction", "lot", "form", "mass", "unit", "u_mass"),
    *("to", "route", "deposit", "mineral", "country", "feedstock", "equipment", "technology", "losses"),
    *("target", "reason", "note"),
)
OPTIONAL = ("licence_ref", "waste", "scheme", "result", "valid_from", "valid_until")
UNITS = {"%": PERCENT, "ppm": PPM}


@dataclass(frozen=True)
class Row:
    """One line of events.csv: its cells by column, a composition in ppb, and which of it carries an uncertainty."""

    cells: Mapping[str, str]
    composition: Mapping[str, int] = field(default_factory=dict)
    uncertain: bool = False

    def fractions(self) -> dict[str, str]:
        """Return the composition's cells by column name, in percent or, where small, in ppm."""
        found = {}
        for analyte, ppb in self.composition.items():
            unit = "ppm" if 0 < ppb < SMALL else "%"
            found[f"{analyte} {unit}"] = plain(ppb, UNITS[unit])
            if self.uncertain:
                found[f"u {analyte} {unit}"] = plain(fraction_u(ppb), UNITS[unit])
        return found


def weighing(mg: int) -> dict[str, str]:
    """Return the cells of a measured mass with its uncertainty."""
    unit = unit_for(mg)
    return {"mass": plain(mg, MG[unit]), "unit": unit, "u_mass": plain(mass_u(mg), MG[unit])}


def events_csv(rows: Iterable[Row]) -> str:
    """Write events.csv: the contract's columns, the optional ones in use, then the composition columns."""
    lines = [dict(row.cells) | row.fractions() for row in rows]
    used = {name for line in lines for name in line}
    optional = [name for name in OPTIONAL if name in used]
    names = [f"{analyte} {unit}" for analyte in order() for unit in UNITS]
    fractions = [column for name in names for column in (name, f"u {name}") if column in used]
    return written([*COLUMNS, *optional, *fractions], lines)


def parties_csv(ids: Iterable[str]) -> str:
    """Write parties.csv for these party ids."""
    found = [(name, party(name)) for name in sorted(set(ids))]
    lines = [
        {"id": name, "name": who.name, "country": who.country, "roles": who.roles, "owners": who.owners}
        for name, who in found
    ]
    return written(["id", "name", "country", "roles", "owners"], lines)


def sites_csv(ids: Iterable[str]) -> str:
    """Write sites.csv for these site ids."""
    lines = [{"id": name, **site(name)._asdict()} for name in sorted(set(ids))]
    return written(["id", "party", "name", "country", "region", "lat", "lon", "stages"], lines)


def written(columns: list[str], lines: Iterable[Mapping[str, str]]) -> str:
    """Write lines under these columns; what a line lacks is blank."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()
