"""Events that say who may speak: open, enrol, site, key, revoke."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.model.event import Event, Few, StageCode
from ledger.model.identity import Anchor, Capacity, CountryCode, Owner, Position, RegionCode, Role, check_country
from ledger.model.text import Instant, Line, PartyId, Prose, Vkey, instant


class Tolerances(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the ledger's operator declares in advance, bounded so that it cannot hide a gain.

    Attributes:
        late_days: recording later than this after `at` is a warning.
        clock_s: `at` may lie this many seconds after the recorded time before it is a warning.
        u_mass_ppm: standard uncertainty, relative, of a mass that declares none.
    """

    late_days: Annotated[int, Meta(ge=0, le=366)]
    clock_s: Annotated[int, Meta(ge=0, le=86_400)]
    u_mass_ppm: Annotated[int, Meta(ge=0, le=20_000)]


class Open(Event, frozen=True, kw_only=True, tag="open"):
    """Entry 0: what this ledger is, who keeps it and who enrols parties."""

    SITE_REQUIRED = False

    operator: Anchor
    registrar: Anchor
    log: Vkey
    rules: Literal["1"]
    tolerances: Tolerances

    def check(self) -> None:
        """The operator opens its own ledger; the log's key carries the ledger's name."""
        if self.actor != self.operator.party:
            raise ValueError("`actor` of `open` is the operator")
        if self.log.split("+", 1)[0] != self.ledger:
            raise ValueError("`log` is the verifier key named after the ledger")


class Enrol(Event, frozen=True, kw_only=True, tag="enrol"):
    """The registrar admits a party, or states anew what it is; without a key it can only be named (role `owner`)."""

    SITE_REQUIRED = False

    party: PartyId
    name: Line
    country: CountryCode
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=11)]
    owners: Annotated[tuple[Owner, ...], Few] = ()
    vkey: Vkey | None = None

    def check(self) -> None:
        """Roles are sorted and unique so that there is one spelling; owners hold at most the whole."""
        check_country(self.country)
        if list(self.roles) != sorted(set(self.roles)):
            raise ValueError("`roles` are sorted, each once")
        if sum(owner.ppb or 0 for owner in self.owners) > 1_000_000_000:  # noqa: PLR2004  (100 %)
            raise ValueError("`owners` hold more than 100 % together")
        if self.vkey is not None and self.vkey.split("+", 1)[0] != self.party:
            raise ValueError("`vkey` is named after the party")


class Site(Event, frozen=True, kw_only=True, tag="site"):
    """A party's site, stated or stated anew; the common member `site` is its id."""

    party: PartyId
    name: Line
    country: CountryCode
    region: RegionCode | None = None
    position: Position | None = None
    stages: Annotated[tuple[StageCode, ...], Meta(max_length=24)] = ()
    capacity: Annotated[tuple[Capacity, ...], Few] = ()

    def check(self) -> None:
        """Stages are sorted and unique; the region lies in the country."""
        check_country(self.country)
        if list(self.stages) != sorted(set(self.stages)):
            raise ValueError("`stages` are sorted, each once")
        if self.region is not None and self.region[:2] != self.country:
            raise ValueError("`region` is not in `country`")


class Key(Event, frozen=True, kw_only=True, tag="key"):
    """A further key for a party, by the registrar or by the party itself."""

    SITE_REQUIRED = False

    party: PartyId
    vkey: Vkey

    def check(self) -> None:
        """The key carries the party's id as its name."""
        if self.vkey.split("+", 1)[0] != self.party:
            raise ValueError("`vkey` is named after the party")


class Revoke(Event, frozen=True, kw_only=True, tag="revoke", rename={"since": "from"}):
    """A key that is valid no longer; `from` says since when it may have been in other hands."""

    SITE_REQUIRED = False

    party: PartyId
    vkey: Vkey
    since: Instant | None = None
    reason: Prose

    def check(self) -> None:
        """`from` is a time."""
        if self.since is not None:
            instant(self.since)

    @property
    def since_instant(self) -> datetime | None:
        """`from` as a moment."""
        return None if self.since is None else instant(self.since)
