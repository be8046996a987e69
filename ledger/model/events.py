"""What may be said: the event types of version 1 (DESIGN.md section 4), strict and frozen.

Absent means absent: an optional member that is empty is never written, so every event has exactly one spelling.
Unknown members are refused. Rules across members that need no history are checked here and raise ValueError, which
the decoder reports as bad input with the member's path.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, get_args

from msgspec import Meta, Struct

from ledger.model.identity import (
    Anchor,
    Capacity,
    CountryCode,
    Document,
    Evidence,
    Owner,
    Place,
    Position,
    Provenance,
    RegionCode,
    Role,
    check_country,
)
from ledger.model.materials import Draw, Loss, Output, Touch, check_composition
from ledger.model.quantity import Composition
from ledger.model.text import (
    AnyId,
    Day,
    HexHash,
    Instant,
    Line,
    LotId,
    Origin,
    PartyId,
    Prose,
    Ref,
    SiteId,
    Vkey,
    check_nfc,
    instant,
)

StageCode = Literal[
    "mine",
    "collect",
    "beneficiate",
    "crack_leach",
    "separate",
    "oxide_to_halide",
    "metal_reduce",
    "alloy_melt",
    "powder",
    "press",
    "sinter",
    "bond",
    "machine",
    "gbd",
    "coat",
    "magnetize",
    "assemble",
    "dismantle",
    "hpms",
    "mill_recycled",
    "hydromet_recycled",
    "blend",
    "split",
    "repack",
]
TransformStage = Literal[
    "beneficiate",
    "crack_leach",
    "separate",
    "oxide_to_halide",
    "metal_reduce",
    "alloy_melt",
    "powder",
    "press",
    "sinter",
    "bond",
    "machine",
    "gbd",
    "coat",
    "magnetize",
    "assemble",
    "dismantle",
    "hpms",
    "mill_recycled",
    "hydromet_recycled",
    "blend",
    "split",
    "repack",
]
CustodyModel = Literal["identity_preserved", "segregated", "controlled_blending", "mass_balance", "book_and_claim"]
"""ISO 22095:2020 clause 5."""

StageOrigins = dict[StageCode, Place]
"""Declared countries by stage."""

MAX_LOTS = 1000
"""Most lots that one event may touch on either side."""

Draws = Annotated[tuple[Draw, ...], Meta(min_length=1, max_length=MAX_LOTS)]
Outputs = Annotated[tuple[Output, ...], Meta(min_length=1, max_length=MAX_LOTS)]
Touches = Annotated[tuple[Touch, ...], Meta(max_length=MAX_LOTS)]
Few = Meta(max_length=100)


class Event(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, tag_field="type"):
    """Members that every event has.

    Attributes:
        v: version, 1.
        ledger: the log's origin.
        actor: the party that says it; the submission is signed with that party's key.
        site: where it happened.
        at: when it happened, with the local offset.
        ref: the actor's own name for the event, unique per actor.
        evidence: files that support it, by hash.
        note: free text.
    """

    SITE_REQUIRED: ClassVar[bool] = True

    v: Literal[1]
    ledger: Origin
    actor: PartyId
    site: SiteId | None = None
    at: Instant
    ref: Ref | None = None
    evidence: Annotated[tuple[Evidence, ...], Few] = ()
    note: Prose | None = None

    def __post_init__(self) -> None:
        instant(self.at)
        if self.site is None and self.SITE_REQUIRED:
            raise ValueError("`site` is required: name the site where it happened")
        self.check()

    def check(self) -> None:
        """Check what members of this type must agree on; raises ValueError."""

    @property
    def type(self) -> str:
        """The event's type, the `type` member of its JSON."""
        return type(self).__struct_config__.tag  # type: ignore[return-value]  # every subclass has a text tag

    @property
    def instant(self) -> datetime:
        """`at` as a moment."""
        return instant(self.at)

    @property
    def draws(self) -> tuple[Draw, ...]:
        """Lots that this event takes material from or hands over."""
        return ()

    @property
    def outputs_made(self) -> tuple[Output, ...]:
        """Lots that this event creates."""
        return ()

    @property
    def touches(self) -> tuple[tuple[str, str], ...]:
        """(lot, prev) for every existing lot that this event touches, in order."""
        return tuple((draw.lot, draw.prev) for draw in self.draws)


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


class Extract(Event, frozen=True, kw_only=True, tag="extract"):
    """A miner takes material from the ground; `country` is the country of mining, the site's where absent."""

    deposit: Line | None = None
    mineral: Line | None = None
    country: CountryCode | None = None
    outputs: Outputs

    @property
    def outputs_made(self) -> tuple[Output, ...]:
        """The lots extracted."""
        return self.outputs

    def check(self) -> None:
        """Each lot once."""
        if self.country is not None:
            check_country(self.country)
        check_lots((), self.outputs)


class Recover(Event, frozen=True, kw_only=True, tag="recover"):
    """A recycler brings in swarf or end-of-life material; `origin` is declared per stage, absent is unknown."""

    feedstock: Line | None = None
    waste: Literal["pre_consumer", "post_consumer"] | None = None
    origin: StageOrigins | None = None
    outputs: Outputs

    @property
    def outputs_made(self) -> tuple[Output, ...]:
        """The lots recovered."""
        return self.outputs

    def check(self) -> None:
        """Each lot once, countries that exist."""
        check_lots((), self.outputs)
        check_origins(self.origin)


class Declare(Event, frozen=True, kw_only=True, tag="declare"):
    """A holder brings in stock bought off-ledger; what it declares never becomes stronger than a declaration."""

    origin: StageOrigins | None = None
    supplier: Line | None = None
    outputs: Outputs

    @property
    def outputs_made(self) -> tuple[Output, ...]:
        """The lots declared."""
        return self.outputs

    def check(self) -> None:
        """Each lot once, countries that exist."""
        check_lots((), self.outputs)
        check_origins(self.origin)


class Transform(Event, frozen=True, kw_only=True, tag="transform"):
    """A processor turns n lots into m lots at one stage."""

    stage: TransformStage
    inputs: Draws
    outputs: Outputs
    losses: Annotated[tuple[Loss, ...], Few] = ()
    equipment: Annotated[tuple[Provenance, ...], Few] = ()
    technology: Annotated[tuple[Provenance, ...], Few] = ()
    custody_model: CustodyModel | None = None

    @property
    def draws(self) -> tuple[Draw, ...]:
        """The inputs."""
        return self.inputs

    @property
    def outputs_made(self) -> tuple[Output, ...]:
        """The lots made."""
        return self.outputs

    def check(self) -> None:
        """Each lot once over both sides."""
        check_lots(self.inputs, self.outputs)


class Ship(Event, frozen=True, kw_only=True, tag="ship"):
    """The holder hands lots over; they are nobody's to use until `to` receives them."""

    lots: Draws
    to: AnyId
    route: Annotated[tuple[CountryCode, ...], Meta(max_length=50)] = ()
    carrier: Line | None = None
    title: Literal["passes", "retained"] | None = None
    licence_ref: Line | None = None
    documents: Annotated[tuple[Document, ...], Few] = ()
    hs: (
        Annotated[str, Meta(pattern=r"^[0-9]{4,10}(?![\s\S])", description="Harmonized System code, digits only")]
        | None
    ) = None

    @property
    def draws(self) -> tuple[Draw, ...]:
        """The lots shipped."""
        return self.lots

    def check(self) -> None:
        """Each lot once; a route has both ends, in countries that exist."""
        check_lots(self.lots, ())
        for country in self.route:
            check_country(country)


class Receive(Event, frozen=True, kw_only=True, tag="receive"):
    """The addressee takes lots over, with its own measurement, or disputes them."""

    lots: Draws
    result: Literal["accepted", "disputed"]
    reason: Prose | None = None

    @property
    def draws(self) -> tuple[Draw, ...]:
        """The lots received."""
        return self.lots

    def check(self) -> None:
        """Each lot once; a dispute says why."""
        check_lots(self.lots, ())
        if self.result == "disputed" and self.reason is None:
            raise ValueError("a disputed receipt says why in `reason`")


class Assay(Event, frozen=True, kw_only=True, tag="assay"):
    """A laboratory's measured composition of one lot."""

    SITE_REQUIRED = False

    lot: LotId
    prev: HexHash
    composition: Composition
    method: Line | None = None

    @property
    def touches(self) -> tuple[tuple[str, str], ...]:
        """The lot assayed."""
        return ((self.lot, self.prev),)

    def check(self) -> None:
        """A composition that says each element once."""
        check_nfc(self.lot)
        check_composition(self.composition)


class Attest(Event, frozen=True, kw_only=True, tag="attest"):
    """An auditor's claim about lots, parties or sites under a scheme."""

    SITE_REQUIRED = False

    lots: Touches = ()
    parties: Annotated[tuple[PartyId, ...], Few] = ()
    sites: Annotated[tuple[SiteId, ...], Few] = ()
    scheme: Line
    result: Line
    valid_from: Day | None = None
    valid_until: Day | None = None

    @property
    def touches(self) -> tuple[tuple[str, str], ...]:
        """The lots attested."""
        return tuple((touch.lot, touch.prev) for touch in self.lots)

    def check(self) -> None:
        """It is about something, once each, for a span that exists."""
        if not (self.lots or self.parties or self.sites):
            raise ValueError("an attestation names a lot, a party or a site")
        check_unique([touch.lot for touch in self.lots])
        first = date.fromisoformat(self.valid_from) if self.valid_from else None
        last = date.fromisoformat(self.valid_until) if self.valid_until else None
        if first and last and last < first:
            raise ValueError("`valid_until` lies before `valid_from`")


class Retract(Event, frozen=True, kw_only=True, tag="retract"):
    """Voids an earlier event on lots; both stay visible.

    Attributes:
        target: hash of the event that is void.
        reason: why.
        replacement: `ref` of the event, by the target's actor, that stands in its place.
        lots: the target's lots with the hash of the newest event on each.
    """

    SITE_REQUIRED = False

    target: HexHash
    reason: Prose
    replacement: Ref | None = None
    lots: Touches = ()

    @property
    def touches(self) -> tuple[tuple[str, str], ...]:
        """The target's lots."""
        return tuple((touch.lot, touch.prev) for touch in self.lots)

    def check(self) -> None:
        """Each lot once."""
        check_unique([touch.lot for touch in self.lots])


class Dispose(Event, frozen=True, kw_only=True, tag="dispose"):
    """Material leaves the ledger: waste, sale or loss."""

    lots: Draws
    how: Literal["waste", "sale", "loss"] | None = None
    reason: Prose | None = None

    @property
    def draws(self) -> tuple[Draw, ...]:
        """The lots disposed of."""
        return self.lots

    def check(self) -> None:
        """Each lot once."""
        check_lots(self.lots, ())


AnyEvent = (
    Open
    | Enrol
    | Site
    | Key
    | Revoke
    | Extract
    | Recover
    | Declare
    | Transform
    | Ship
    | Receive
    | Assay
    | Attest
    | Retract
    | Dispose
)
EVENT_TYPES: dict[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyEvent)}
CREATING = (Extract, Recover, Declare, Transform)
"""Types that create lots."""


def check_unique(names: list[str]) -> None:
    """Refuse a lot that is named twice in one event.

    Raises:
        ValueError: a repeated name.
    """
    if len(set(names)) != len(names):
        repeated = next(name for index, name in enumerate(names) if name in names[:index])
        raise ValueError(f"lot {repeated} stands twice in one event")


def check_lots(inputs: tuple[Draw, ...], outputs: tuple[Output, ...]) -> None:
    """Refuse a lot that stands twice among an event's inputs and outputs.

    Raises:
        ValueError: a repeated lot.
    """
    check_unique([draw.lot for draw in inputs] + [output.lot for output in outputs])


def check_origins(origin: StageOrigins | None) -> None:
    """Refuse an empty declaration and countries that do not exist.

    Raises:
        ValueError: as said.
    """
    if origin is None:
        return
    if not origin:
        raise ValueError("an empty `origin`; leave it out when nothing is declared")
    for place in origin.values():
        check_country(place)
