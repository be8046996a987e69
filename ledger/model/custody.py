"""Events that say what happened to material."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from ledger.model.event import Event, Few, StageCode, TransformStage
from ledger.model.identity import CountryCode, Document, Provenance, StagePlace, check_country
from ledger.model.materials import Draw, Loss, Output, Touch, check_composition
from ledger.model.quantity import Composition
from ledger.model.text import AnyId, Day, HexHash, Line, LotId, PartyId, Prose, Ref, SiteId, check_nfc

CustodyModel = Literal["identity_preserved", "segregated", "controlled_blending", "mass_balance", "book_and_claim"]
"""ISO 22095:2020 clause 5."""

StageOrigins = dict[StageCode, StagePlace]
"""Declared countries by stage."""

DISPENSABLE = frozenset(
    {"beneficiate", "oxide_to_halide", "press", "bond", "machine", "gbd", "coat", "magnetize", "assemble"}
)
"""Stages that material of some kind has not been through, so that a declaration may say so."""

MAX_LOTS = 1000
"""Most lots that one event may touch on either side."""

Draws = Annotated[tuple[Draw, ...], Meta(min_length=1, max_length=MAX_LOTS)]
Outputs = Annotated[tuple[Output, ...], Meta(min_length=1, max_length=MAX_LOTS)]
Touches = Annotated[tuple[Touch, ...], Meta(max_length=MAX_LOTS)]


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
    for stage, place in origin.items():
        if place != "none":
            check_country(place)
        elif stage not in DISPENSABLE:
            raise ValueError(
                f"`{stage}` cannot be `none`: no material is without it; these can: {', '.join(sorted(DISPENSABLE))}"
            )
