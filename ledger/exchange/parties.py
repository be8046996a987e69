"""Parties and sites from CSV: `parties.csv` and `sites.csv` of DESIGN.md section 9."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from msgspec import Struct

from ledger.errors import InputError
from ledger.exchange import amounts, cells, table
from ledger.exchange.amounts import quoted
from ledger.exchange.columns import Record, read_header
from ledger.exchange.draft import Draft, check
from ledger.exchange.faults import Faults
from ledger.model.identity import RegionCode
from ledger.model.text import Line, PartyId, SiteId

PARTY_COLUMNS = ("id", "name", "country", "roles", "owners")
SITE_COLUMNS = ("id", "party", "name", "country", "region", "lat", "lon", "stages", "capacity")
_OPTIONAL = frozenset({"owners", "region", "lat", "lon", "stages", "capacity"})

_OWNER = re.compile(r"([\s\S]+):([^:]*):([^:]*)")
# Stand-ins for who enrols and when, which a table does not say.
_COMMON = {"actor": "x", "at": "2000-01-01T00:00:00Z"}


class PartyRow(Struct, frozen=True):
    """A party to enrol.

    Attributes:
        party: its id.
        name: its name.
        country: where it is established, ISO 3166-1.
        roles: sorted, each once, aliases resolved.
        owners: members of `Owner`: `party` or `name`, `country`, and `ppb` where the share is stated.
        line: its line in the file, counted from 1.
    """

    party: str
    name: str
    country: str
    roles: tuple[str, ...]
    owners: tuple[dict[str, Any], ...]
    line: int

    @property
    def members(self) -> dict[str, Any]:
        """Members of `enrol` that the row states."""
        stated = {"type": "enrol", "party": self.party, "name": self.name, "country": self.country}
        owners = {"owners": [dict(owner) for owner in self.owners]} if self.owners else {}
        return {**stated, "roles": list(self.roles), **owners}


class SiteRow(Struct, frozen=True):
    """A site to state.

    Attributes:
        site: its id.
        party: the party that works there.
        name: its name.
        country: where it stands, ISO 3166-1.
        region: ISO 3166-2, None where blank.
        position: members of `Position`, millionths of a degree; None where blank.
        stages: sorted, each once.
        line: its line in the file, counted from 1.
        capacity: members of `Capacity`, one a stage.
    """

    site: str
    party: str
    name: str
    country: str
    region: str | None
    position: dict[str, int] | None
    stages: tuple[str, ...]
    line: int
    capacity: tuple[dict[str, Any], ...] = ()

    @property
    def members(self) -> dict[str, Any]:
        """Members of `site` that the row states."""
        stated = {"type": "site", "site": self.site, "party": self.party, "name": self.name, "country": self.country}
        optional = {
            "region": self.region,
            "position": self.position,
            "stages": list(self.stages),
            "capacity": list(self.capacity),
        }
        return {**stated, **{name: value for name, value in optional.items() if value}}


AnyRow = TypeVar("AnyRow", PartyRow, SiteRow)


def read_parties(data: bytes, file: str) -> list[PartyRow]:
    """The parties of a CSV file, in its order. An owner whose name is the id of a party in the same file is that party.

    Raises:
        FormatError: not a CSV file in UTF-8 with commas; says file and line.
        BatchError: everything else that is wrong, each with file, line and column.
    """
    faults = Faults(file)
    records = list(_records(data, file, PARTY_COLUMNS, faults))
    ids = frozenset(record.cells.get("id", "") for record in records)
    return _checked([_party(record, ids, faults) for record in records], file, faults)


def read_sites(data: bytes, file: str) -> list[SiteRow]:
    """The sites of a CSV file, in its order.

    Raises:
        FormatError: not a CSV file in UTF-8 with commas; says file and line.
        BatchError: everything else that is wrong, each with file, line and column.
    """
    faults = Faults(file)
    records = _records(data, file, SITE_COLUMNS, faults)
    return _checked([_site(record, faults) for record in records], file, faults)


def read_owners(cell: str, ids: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """`NAME:CC:PERCENT;...`: members of `Owner`; a blank percentage is not stated, a name among `ids` is that party.

    Raises:
        InputError: another spelling, no such country, or no such share.
    """
    found: list[dict[str, Any]] = []
    for part in (piece.strip() for piece in cell.split(";")):
        if not part:
            continue
        shape = _OWNER.fullmatch(part)
        name, where, percent = (piece.strip() for piece in shape.groups()) if shape else ("", "", "")
        if not name:
            raise InputError(f"{quoted(part)}: write NAME:CC:PERCENT, as `Alcoa Corporation:US:100`", field="owners")
        owner: dict[str, Any] = {"party" if name in ids else "name": cells.text(name, Line, "owners")}
        owner["country"] = cells.country(where, "owners")
        if percent:
            owner["ppb"] = amounts.percent(percent, "owners")
        found.append(owner)
    return found


def read_position(lat: str, lon: str) -> dict[str, int]:
    """Members of `Position` from decimal degrees, WGS 84, north and east positive.

    Raises:
        InputError: no numbers, or no place on Earth.
    """
    return {"lat": amounts.degrees(lat, "lat", 90), "lon": amounts.degrees(lon, "lon", 180)}


def _records(data: bytes, file: str, columns: tuple[str, ...], faults: Faults) -> Iterator[Record]:
    """Rows that have an id of their own and all that is mandatory; what others lack is gathered."""
    rows = table.read(data, file)
    mandatory = [name for name in columns if name not in _OPTIONAL]
    header = read_header(next(rows), columns, mandatory, faults)
    faults.check()
    seen: dict[str, int] = {}
    for row in rows:
        record = header.record(row, faults)
        if not record.whole:
            continue
        for name in mandatory:
            if name not in record.cells:
                faults.say("blank; every row has it", record.line, name)
        key = record.cells.get("id", "")
        other = seen.setdefault(key, record.line)
        if key and other != record.line:
            faults.say(f"{quoted(key)} stands on line {other} too", record.line, "id")
        yield record


def _party(record: Record, ids: frozenset[str], faults: Faults) -> PartyRow | None:
    row, line, before = record.cells, record.line, faults.count
    roles = faults.attempt(line, cells.roles, row["roles"]) if "roles" in row else None
    party = _named(record, "id", PartyId, faults)
    name = _named(record, "name", Line, faults)
    country = _country(record, faults)
    owners = faults.attempt(line, read_owners, row.get("owners", ""), ids)
    if party is None or name is None or country is None or roles is None or owners is None or faults.count > before:
        return None
    return PartyRow(party, name, country, tuple(roles), tuple(owners), line)


def _site(record: Record, faults: Faults) -> SiteRow | None:
    row, line, before = record.cells, record.line, faults.count
    site = _named(record, "id", SiteId, faults)
    party = _named(record, "party", PartyId, faults)
    name = _named(record, "name", Line, faults)
    country = _country(record, faults)
    region = _named(record, "region", RegionCode, faults)
    stages = faults.attempt(line, cells.stages, row.get("stages", ""))
    capacity = faults.attempt(line, cells.capacity, row.get("capacity", ""))
    position = None
    if "lat" in row and "lon" in row:
        position = faults.attempt(line, read_position, row["lat"], row["lon"])
    elif "lat" in row or "lon" in row:
        blank = "lon" if "lat" in row else "lat"
        faults.say("blank; a position has both `lat` and `lon`", line, blank)
    if site is None or party is None or name is None or country is None or stages is None or faults.count > before:
        return None
    return SiteRow(site, party, name, country, region, position, tuple(stages), line, tuple(capacity or ()))


def _named(record: Record, column: str, type_: Any, faults: Faults) -> str | None:  # noqa: ANN401  (an annotation)
    cell = record.cells.get(column)
    return None if cell is None else faults.attempt(record.line, cells.text, cell, type_, column)


def _country(record: Record, faults: Faults) -> str | None:
    cell = record.cells.get("country")
    return None if cell is None else faults.attempt(record.line, cells.country, cell, "country")


def _checked(rows: Iterable[AnyRow | None], file: str, faults: Faults) -> list[AnyRow]:
    """Rows that the model accepts; rules across cells are the model's, so that they are written once."""
    found: list[AnyRow] = []
    for row in rows:
        if row is None:
            continue
        try:
            check(Draft({**_COMMON, **row.members}, file, row.line))
        except InputError as error:
            faults.add(error)
        found.append(row)
    faults.check()
    return found
