"""A plant's books: every event that it records, and beside them what truly happened.

Each event's truth is checked as it is written: an element that goes in comes out, as a lot, a declared loss, a hidden loss
or something taken away, and nothing comes out that was not put in, by the front door or the back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from benchmarks.plants.chemistry import OXIDES
from benchmarks.plants.material import NONE, Material, balanced, together
from benchmarks.plants.meters import Composition, Meters, Profile

START: Final = datetime(2026, 1, 2, 6, tzinfo=UTC)
_OXIDIC: Final = ("ore", "concentrate", "mixed-", "oxide", "carbonate", "residue")
Json = dict[str, Any]


@dataclass
class Lot:
    """A lot: what its papers call it, and what it is. `left` is what is left of it."""

    name: str
    form: str
    left: Material
    batch: int


@dataclass(frozen=True)
class Drawn:
    """Material taken from a lot, and how the event says so."""

    material: Material
    member: Json


@dataclass(frozen=True)
class Made:
    """Material about to become a lot: as it is, and as it is stated."""

    form: str
    material: Material
    mass: Json
    composition: Composition | None


@dataclass(frozen=True)
class Step:
    """The truth of one event, in milligrams by element.

    Attributes:
        into: what was drawn.
        added: what was put in besides, unrecorded.
        out: the lots made.
        lost: losses that were declared.
        gone: losses and thefts that were not.
    """

    batch: int
    into: Material
    added: Material
    out: Material
    lost: Material
    gone: Material

    def conserves(self) -> bool:
        """Whether every element is accounted for."""
        return balanced((self.into, self.added), (self.out, self.lost, self.gone))


def oxidic(form: str) -> bool:
    """Whether a form's assays are stated as oxides."""
    return form.startswith(_OXIDIC)


class Book:
    """One plant: its parties, sites, instruments, lots and events."""

    def __init__(self, name: str, rng: Random, profile: Profile) -> None:
        """An empty book; `name` prefixes every id."""
        self.name = name
        self.rng = rng
        self.profile = profile
        self.meters = Meters(profile, rng)
        self.batch = 0
        self.every = timedelta(days=1)
        self.registry: list[Json] = []
        self.keys: list[str] = []
        self.drafts: list[Json] = []
        self.attempts: list[Json] = []
        self.events: list[int] = []
        self.lots: dict[str, int] = {}
        self.sites: set[str] = set()
        self.steps: list[Step] = []

    # --- who and when ---------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """When the batch at hand is worked."""
        return START + self.batch * self.every

    def party(self, word: str, role: str, country: str = "AU") -> str:
        """Enrol a party of this plant."""
        party = f"{self.name}-{word}"
        self.keys.append(party)
        self.registry.append(
            {"type": "enrol", "party": party, "name": party, "country": country, "roles": [role], "vkey": party}
        )
        return party

    def site(self, word: str, party: str, country: str = "AU", **members: object) -> str:
        """A site of one of its parties."""
        site = f"{self.name}-{word}"
        self.sites.add(site)
        self.registry.append(
            {"type": "site", "site": site, "party": party, "name": site, "country": country, **members}
        )
        return site

    def works(self) -> tuple[str, str]:
        """A processor with one site."""
        party = self.party("maker", "processor")
        return party, self.site("works", party)

    # --- lots -----------------------------------------------------------------------------------------------------

    def made(
        self,
        form: str,
        material: Material,
        names: Iterable[str] | None = None,
        stated: Composition | None = None,
    ) -> Made:
        """Weigh and assay material, or state a composition of it without an assay."""
        composition = self.meters.assayed(material, oxide=oxidic(form), names=names) if stated is None else stated
        return Made(form, material, self.meters.weighed(material.mass), composition or None)

    def draw(self, lot: Lot, fraction: float = 1.0) -> Drawn:
        """Take a fraction of what is left, weighed; without a weight where it is all."""
        taken = lot.left.share(fraction)
        lot.left = lot.left.share(1 - fraction)
        mass = {} if fraction == 1 else {"mass": self.meters.weighed(taken.mass)}
        return Drawn(taken, {"lot": lot.name, **mass})

    def _output(self, made: Made, outputs: list[Json]) -> Lot:
        lot = Lot(f"{self.name}-{len(self.lots)}", made.form, made.material, self.batch)
        self.lots[lot.name] = self.batch
        stated: Json = {"lot": lot.name, "form": made.form, "mass": made.mass}
        outputs.append({**stated, "composition": made.composition} if made.composition else stated)
        return lot

    # --- events ---------------------------------------------------------------------------------------------------

    def say(
        self, kind: str, actor: str, *, at: datetime | None = None, attempt: bool = False, **members: object
    ) -> None:
        """Write an event; an attempt is one that admission may refuse."""
        moment = (at or self.now).strftime("%Y-%m-%dT%H:%M:%SZ")
        number = len(self.drafts) + len(self.attempts)
        draft = {"type": kind, "actor": actor, "at": moment, "ref": f"{self.name} {number}", **members}
        (self.attempts if attempt else self.drafts).append(draft)
        if not attempt:
            self.events.append(self.batch)

    def bring(self, actor: str, site: str, batches: Mapping[int, Sequence[Made]]) -> dict[int, list[Lot]]:
        """Declare stock bought elsewhere, for many batches in one event."""
        outputs: list[Json] = []
        now, lots = self.batch, {}
        for batch, items in batches.items():
            self.batch = batch
            lots[batch] = [self._output(made, outputs) for made in items]
        self.batch = now
        self.say("declare", actor, site=site, origin={"mine": "AU"}, outputs=outputs)
        return lots

    def extract(self, actor: str, site: str, deposit: str, country: str, ores: Sequence[Made]) -> list[Lot]:
        """Mine ore."""
        outputs: list[Json] = []
        lots = [self._output(made, outputs) for made in ores]
        self.say("extract", actor, site=site, deposit=deposit, country=country, outputs=outputs)
        return lots

    def work(
        self,
        stage: str,
        place: tuple[str, str],
        drawn: Sequence[Drawn],
        made: Sequence[Made],
        *,
        lost: Sequence[Made] = (),
        added: Material = NONE,
        gone: Material = NONE,
    ) -> list[Lot]:
        """Transform at (actor, site); raises AssertionError where the truth does not conserve an element."""
        step = Step(
            self.batch,
            together(item.material for item in drawn),
            added,
            together(item.material for item in made),
            together(item.material for item in lost),
            gone,
        )
        assert step.conserves(), f"{self.name}: {stage} does not conserve"
        self.steps.append(step)
        outputs: list[Json] = []
        lots = [self._output(item, outputs) for item in made]
        losses = [
            {"kind": item.form, "mass": item.mass, **({"composition": item.composition} if item.composition else {})}
            for item in lost
        ]
        members: Json = {"losses": losses} if losses else {}
        inputs = [item.member for item in drawn]
        self.say("transform", place[0], site=place[1], stage=stage, inputs=inputs, outputs=outputs, **members)
        return lots


def as_elements(composition: Composition) -> Composition:
    """The figures of an oxide assay under the elements' names: what `oxide counted as element` looks like."""
    symbols = {oxide: symbol for symbol, oxide in OXIDES.items()}
    return {symbols.get(name, name): share for name, share in composition.items()}
