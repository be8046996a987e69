"""Who and where: parties, sites, their roles, owners and positions."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.model.quantity import MAX_INTEGER, PPB
from ledger.model.text import END, HexHash, Line, PartyId, Vkey
from ledger.reference.countries import is_country

Role = Literal[
    "miner",
    "processor",
    "recycler",
    "trader",
    "carrier",
    "laboratory",
    "auditor",
    "owner",
    "operator",
    "registrar",
    "witness",
]
ROLE_ALIASES = {
    "separator": "processor",
    "refiner": "processor",
    "smelter": "processor",
    "cracker": "processor",
    "alloy-maker": "processor",
    "metal-maker": "processor",
    "magnet-maker": "processor",
    "assembler": "processor",
    "concentrator": "processor",
    "lab": "laboratory",
}
"""What operators call themselves; every one of these is a processor or a laboratory to the rules."""

CountryCode = Annotated[str, Meta(pattern=rf"^[A-Z]{{2}}{END}", description="ISO 3166-1 alpha-2; ZZ where not known")]
Place = Annotated[
    str,
    Meta(pattern=rf"^(?:[A-Z]{{2}}|unknown|withheld){END}", description="ISO 3166-1 alpha-2, or unknown, or withheld"),
]
StagePlace = Annotated[
    str,
    Meta(
        pattern=rf"^(?:[A-Z]{{2}}|unknown|withheld|none){END}",
        description="ISO 3166-1 alpha-2, or unknown, or withheld, or none: the stage was not performed",
    ),
]
RegionCode = Annotated[str, Meta(pattern=rf"^[A-Z]{{2}}-[A-Z0-9]{{1,3}}{END}", description="ISO 3166-2 code")]


def check_country(code: str) -> None:
    """Refuse a code that ISO 3166-1 does not assign: `UK` for `GB` must not pass as a country of its own.

    Raises:
        ValueError: not assigned, and not `ZZ`, `unknown` or `withheld`.
    """
    if code not in ("unknown", "withheld", "ZZ") and not is_country(code):
        raise ValueError(f"{code!r} is not an ISO 3166-1 alpha-2 country code")


class Owner(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A direct owner of a party.

    Attributes:
        party: the owner's party id where it has one.
        name: its name.
        country: where it is established.
        ppb: the direct share, parts per billion of the whole; None when not stated.
    """

    party: PartyId | None = None
    name: Line | None = None
    country: CountryCode
    ppb: Annotated[int, Meta(ge=0, le=PPB)] | None = None

    def __post_init__(self) -> None:
        if self.party is None and self.name is None:
            raise ValueError("an owner needs a name or a party id")
        check_country(self.country)


class Anchor(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A party named by `open`: operator or registrar, with the key that speaks for it."""

    party: PartyId
    name: Line
    country: CountryCode
    vkey: Vkey

    def __post_init__(self) -> None:
        check_country(self.country)
        if self.vkey.split("+", 1)[0] != self.party:
            raise ValueError("`vkey` is named after the party")


class Position(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Where a site is, WGS 84.

    Attributes:
        lat: millionths of a degree, north positive.
        lon: millionths of a degree, east positive.
    """

    lat: Annotated[int, Meta(ge=-90_000_000, le=90_000_000)]
    lon: Annotated[int, Meta(ge=-180_000_000, le=180_000_000)]


class Capacity(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a site can put out at a stage in a year, in milligrams."""

    stage: Annotated[str, Meta(pattern=rf"^[a-z_]{{1,24}}{END}", description="a stage code")]
    mg_per_year: Annotated[int, Meta(ge=0, le=MAX_INTEGER)]


IMPORT_RECORD = "application/vnd.monazite.import+json"
"""Media type of the record of an import, which imported events name as evidence: where they came from, not what they say."""


class Evidence(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A file that supports an event, by hash."""

    name: Line
    sha256: HexHash
    media_type: Line
    size: Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="bytes")]


class Document(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A trade document that travels with a shipment: bill of lading, weighing slip, certificate."""

    kind: Line
    number: Line
    sha256: HexHash | None = None


class Provenance(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A piece of equipment or a technology, and the country it comes from."""

    what: Line
    country: Place

    def __post_init__(self) -> None:
        check_country(self.country)
