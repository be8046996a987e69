"""What every event has, and the words that several types share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from ledger.model.identity import Evidence
from ledger.model.materials import Draw, Output
from ledger.model.text import Instant, Origin, PartyId, Prose, Ref, SiteId, check_nfc, instant

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
"""Stages of `transform`."""

StageCode = Literal["mine", "collect", TransformStage]
"""Every stage: `extract` is `mine`, `recover` is `collect`."""

Few = Meta(max_length=100)
"""A bound on lists of things that an event may name."""


class Event(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, tag_field="type", gc=False
):
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
        if self.ref is not None:
            check_nfc(self.ref)
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
        return tuple([(draw.lot, draw.prev) for draw in self.draws])
