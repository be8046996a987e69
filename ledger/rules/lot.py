"""A lot's state: where it is, who holds it, what is left of it and of what it is made.

The lot is homogeneous: a draw takes every element in the lot's proportion (DESIGN.md section 6, definition 4). The
composition in force at a draw is the newest assay before it, else the one stated at creation, else, for lots made by the
neutral stages, the mixture of what was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Assay, Dispose, Receive, Ship, Tolerances, Transform
from ledger.model.materials import Output
from ledger.model.quantity import PPB, Composition, Mass, Share
from ledger.reference.stages import NEUTRAL
from ledger.rules.passage import Passage

MILLION = 10**6


class Drawn(Struct, frozen=True, gc=False):
    """What one event took from a lot.

    Attributes:
        lot: the lot it was taken from.
        mg: how much, milligrams.
        u_mg: its standard uncertainty.
        composition: the composition in force at the draw.
        excess: share of the lot, at the draw, that receipts added beyond what was created.
    """

    lot: str
    mg: int
    u_mg: int
    composition: Composition | None
    excess: float = 0.0


MOST_U_PPM = 50_000
"""5 %: no scale is worse, and a declared uncertainty must not be able to swallow a gain."""


def uncertainty(mass: Mass, tolerances: Tolerances) -> int:
    """Standard uncertainty of a mass in mg: the declared one up to 5 %, else the ledger's default for undeclared masses."""
    if mass.u_mg is None:
        return mass.mg * tolerances.u_mass_ppm // MILLION
    return min(mass.u_mg, mass.mg * MOST_U_PPM // MILLION)


class Lot:
    """State of one lot; rebuilt from its facts when one of them is retracted.

    Attributes:
        id: the lot's id.
        output: as its creating event stated it.
        born_at: place of the fact that created it.
        head: hash of the newest of them; what the next event must name as `prev`.
        holder: the party that holds it; of a lot in transit, the party that shipped it.
        site: where it is; of a lot in transit, where it left.
        owner: the party that has title to it.
        composition: in force now, or None.
        composition_by: hash of the fact that states it.
        mass_mg, u_mg: newest measurement, milligrams.
        drawn_mg, drawn_var: taken since that measurement, and its variance in mg^2.
        draws: what each event took, by event hash.
        shipment: the open `ship`, or None.
        disputed: the newest disputed `receive` of the open shipment, or None.
        void: the retraction of `born`, or None.
        passage: what its form needs and what events record.
        explained_mg: what is left of the mass it was created with, at most what was received.
        excess: share of it that receipts added beyond that and the noise.
        mixes: whether its composition follows from what was drawn; then `mixed` is that composition.
    """

    __slots__ = (
        "_facts",
        "_fetch",
        "born_at",
        "composition",
        "composition_by",
        "disputed",
        "drawn_mg",
        "drawn_var",
        "draws",
        "excess",
        "explained_mg",
        "head",
        "holder",
        "id",
        "mass_mg",
        "mixed",
        "mixes",
        "output",
        "owner",
        "passage",
        "shipment",
        "site",
        "u_mg",
        "void",
    )

    def __init__(
        self, output: Output, born: Fact, drawn: Sequence[Drawn | None], tolerances: Tolerances, way: Passage
    ) -> None:
        """Created by `born`, from what it drew (None for a lot that is not loaded), on the way that `way` describes."""
        self.passage = way
        self.id = output.lot
        self.output = output
        self.born_at = born.place
        self._facts: list[Fact | str] = [born]
        self._fetch: Callable[[str], Fact] | None = None
        self.head: str = born.hash
        self.void: Fact | None = None
        self.mixes: bool = (
            isinstance(born.event, Transform) and born.event.stage in NEUTRAL and output.composition is None
        )
        self.mixed = mixture(drawn) if self.mixes else None
        self._begin(tolerances)

    def _begin(self, tolerances: Tolerances) -> None:
        event = self.born.event
        self.holder: str = event.actor
        self.owner: str = event.actor
        self.site: str | None = event.site
        self.composition: Composition | None = self.output.composition or self.mixed
        self.composition_by: str = self.born.hash
        self.mass_mg: int = self.output.mass.mg
        self.u_mg: int = uncertainty(self.output.mass, tolerances)
        self.explained_mg: int = self.mass_mg
        self.excess: float = 0.0
        self.drawn_mg: int = 0
        self.drawn_var: int = 0
        self.draws: dict[str, Drawn] = {}
        self.shipment: Fact | None = None
        self.disputed: Fact | None = None

    @property
    def head_at(self) -> datetime:
        """When the newest of its facts happened."""
        return self._fact(-1).event.instant

    @property
    def born(self) -> Fact:
        """The fact that created it."""
        fact = self._facts[0]
        return self._fact(0) if isinstance(fact, str) else fact

    @property
    def facts(self) -> Sequence[Fact]:
        """Every fact that touched it, in order, the creating one first."""
        return [self._fact(number) for number in range(len(self._facts))]

    def _fact(self, number: int) -> Fact:
        fact = self._facts[number]
        if isinstance(fact, str):
            assert self._fetch is not None  # noqa: S101  (`packed` lots alone hold hashes, and `unpacked` gives the way)
            fact = self._facts[number] = self._fetch(fact)
        return fact

    def packed(self, keep: Callable[[Fact], bool]) -> tuple[object, ...]:
        """The state as values, for a table outside memory; facts that need not be kept in it are told by their hashes."""
        facts = [fact if isinstance(fact, str) or keep(fact) else fact.hash for fact in self._facts]
        return (facts, *(getattr(self, name) for name in _PACKED))

    @classmethod
    def unpacked(cls, state: Sequence[Any], fetch: Callable[[str], Fact]) -> Lot:
        """A lot from what `packed` gave; `fetch` gives the facts by their hashes when they are first asked for."""
        lot = cls.__new__(cls)
        lot._facts, lot._fetch = state[0], fetch  # noqa: SLF001  (its own)
        for name, value in zip(_PACKED, state[1:], strict=True):
            setattr(lot, name, value)
        return lot

    def born_of(self, fact: Fact) -> bool:
        """Whether this very fact created it; not another of the same bytes, which the log may wrongly hold twice."""
        return self.born_at == fact.place

    @property
    def left_mg(self) -> int:
        """What is left, milligrams, never below zero."""
        return max(self.mass_mg - self.drawn_mg, 0)

    @property
    def left_var(self) -> int:
        """Variance of `mass_mg - drawn_mg`, mg^2 (GUM 5.1.2, uncorrelated)."""
        return self.u_mg**2 + self.drawn_var

    def apply(self, fact: Fact, tolerances: Tolerances) -> None:
        """Take in a further fact that touches this lot."""
        self._facts.append(fact)
        self.head = fact.hash
        self._effect(fact, tolerances)

    def refold(self, voided: Container[str], tolerances: Tolerances) -> None:
        """Start again from creation and leave the void facts out; the chain keeps them."""
        self._begin(tolerances)
        for fact in self.facts[1:]:
            if fact.hash not in voided:
                self._effect(fact, tolerances)

    def _effect(self, fact: Fact, tolerances: Tolerances) -> None:
        event = fact.event
        if type(event) in (Transform, Dispose):
            self._draw(fact, tolerances)
            return
        match event:
            case Ship():
                self.shipment, self.disputed = fact, None
            case Receive() if event.result == "disputed":
                self.disputed = fact
            case Receive():
                self._receive(event, tolerances)
            case Assay():
                self.composition, self.composition_by = event.composition, fact.hash
            case _:
                pass

    def _draw(self, fact: Fact, tolerances: Tolerances) -> None:
        mass = next(draw.mass for draw in fact.event.draws if draw.lot == self.id)
        if mass is None:
            mg, u_mg = self.left_mg, _root(self.left_var)
        else:
            mg, u_mg = mass.mg, uncertainty(mass, tolerances)
        self.draws[fact.hash] = Drawn(self.id, mg, u_mg, self.composition, self.excess)
        self.drawn_mg += mg
        self.explained_mg = max(self.explained_mg - mg, 0)
        self.drawn_var += 0 if mass is None else u_mg**2

    def _receive(self, event: Receive, tolerances: Tolerances) -> None:
        shipment = self.shipment.event if self.shipment else None
        self.shipment = self.disputed = None
        self.holder, self.site = event.actor, event.site
        if not (isinstance(shipment, Ship) and shipment.title == "retained"):
            self.owner = event.actor
        mass = next(draw.mass for draw in event.lots if draw.lot == self.id)
        if mass is not None:
            self.mass_mg, self.u_mg = mass.mg, uncertainty(mass, tolerances)
            self.drawn_mg = self.drawn_var = 0
            self.excess = self.unexplained(mass, tolerances)
            self.explained_mg = min(self.explained_mg, mass.mg)

    def unexplained(self, mass: Mass, tolerances: Tolerances) -> float:
        """The share of a received mass that is neither what is left of the created mass nor noise of both scales (3 sigma).

        Against what was created and not against the receipt before: gains on gains must not hide in each other's noise.
        """
        noise = 3 * (uncertainty(self.output.mass, tolerances) ** 2 + uncertainty(mass, tolerances) ** 2) ** 0.5
        return max(1.0 - (self.explained_mg + noise) / mass.mg, 0.0) if mass.mg else 0.0


_PACKED = tuple(name for name in Lot.__slots__ if name not in ("_facts", "_fetch"))


def mixture(drawn: Sequence[Drawn | None]) -> Composition | None:
    """The mass-weighted composition of what was drawn, for the analytes that every part states.

    Rounded half-even to 1 ppb; the uncertainty is first order and uncorrelated (GUM 5.1.2), None where a part declares none.
    """
    parts = [part for part in drawn if part is not None and part.composition is not None]
    total = sum(part.mg for part in parts)
    if not drawn or len(parts) != len(drawn) or total == 0:
        return None
    if len(parts) == 1:
        return parts[0].composition
    mixed: Composition = {}
    for analyte in parts[0].composition or {}:
        shares = [(part.composition or {}).get(analyte) for part in parts]
        stated = [share for share in shares if share is not None]
        if len(stated) != len(parts):
            continue
        ppb = round_half_even(sum(part.mg * share.ppb for part, share in zip(parts, stated, strict=True)), total)
        known = [share.u_ppb for share in stated if share.u_ppb is not None]
        u_ppb = None
        if len(known) == len(stated):
            u_ppb = _root(sum((part.mg * u) ** 2 for part, u in zip(parts, known, strict=True)) // total**2)
        mixed[analyte] = Share(min(ppb, PPB), None if u_ppb is None else min(u_ppb, PPB))
    return mixed or None


def round_half_even(numerator: int, denominator: int) -> int:
    """The nearest integer to numerator/denominator, ties to even; both non-negative, exact."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (1 if twice > denominator or (twice == denominator and whole % 2) else 0)


def _root(variance: int) -> int:
    return int(variance**0.5) if variance < 1 << 100 else 1 << 50
