"""Public facilities of the rare-earth chain: mines, crackers, separators, metal and magnet makers, recyclers.

They serve examples and plausibility, never proof: many rows are unverified, and coordinates are good to 10 to 25 km.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledger.reference.table import Table, read


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility.

    Attributes:
        id: usable as a site id.
        name: the facility's name in public texts.
        operator: who runs it, in words.
        owner_country: ISO 3166-1 code of the controlling owner.
        kind: mine, cracker, separator, metal_alloy, magnet or recycler (column `stage` of the file).
        country: ISO 3166-1 code of where it stands.
        region: ISO 3166-2 code of where it stands.
        lat: degrees north, approximate.
        lon: degrees east, approximate.
        status: operating, construction, planned, announced, suspended or unknown.
        source: where the row comes from; `[unverified]` marks what no published text supports.
        confidence: high, medium or low, about existence, operator, kind and status.
        stages: stage codes that it performs, in chain order.
        party_id: id of its operator, usable as a party id.
    """

    id: str
    name: str
    operator: str
    owner_country: str
    kind: str
    country: str
    region: str
    lat: Decimal
    lon: Decimal
    status: str
    source: str
    confidence: str
    stages: tuple[str, ...]
    party_id: str


def _load() -> Mapping[str, Facility]:
    return {
        row["id"]: Facility(
            id=row["id"],
            name=row["name"],
            operator=row["operator"],
            owner_country=row["owner_country"],
            kind=row["stage"],
            country=row["country"],
            region=row["region"],
            lat=Decimal(row["lat"]),
            lon=Decimal(row["lon"]),
            status=row["status"],
            source=row["source"],
            confidence=row["confidence"],
            stages=tuple(row["stages"].split()),
            party_id=row["party_id"],
        )
        for row in read("facilities.csv")
    }


FACILITIES: Mapping[str, Facility] = Table(_load)
