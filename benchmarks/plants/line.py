"""From oxide to magnet: reduction, melting, powder and sintering, machining. One recipe a stage, one product from a charge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from benchmarks.plants.book import Book, Lot, Made
from benchmarks.plants.chemistry import MAGNETIC, normal
from benchmarks.plants.material import Material, compound, together
from benchmarks.plants.meters import Composition
from benchmarks.plants.plan import Plan
from benchmarks.plants.separation import PURE, SPILLED, recovery

KILO: Final = 1e6
YEAR: Final = timedelta(days=360)
NDPR: Final = {"Nd": 0.76, "Pr": 0.24}
OTHER_NDPR: Final = {"Nd": 0.70, "Pr": 0.30}
"""Foreign metal of another didymium."""
ALLOY: Final = {"Nd": 0.235, "Pr": 0.07, "Fe": 0.67, "B": 0.0095}
BYPRODUCT: Final = {"metal_reduce": "residue-slag", "machine": "swarf-ndfeb"}
"""What is weighed and assayed beside the product; swarf always is, slag where losses are declared."""


@dataclass(frozen=True)
class Recipe:
    """A stage.

    Attributes:
        stage: its code.
        form: of the product.
        charge: the inputs of one batch.
        mean: range from which a plant's mean share of product is drawn.
        spread: standard deviation of that share, batch to batch.
        graded: whether the product is as pure as its grade (metal), rather than as heavy as what was charged.
        gain: mass picked up from the air, relative.
        names: the elements that the product states; None for all.
    """

    stage: str
    form: str
    charge: Callable[[Random], list[tuple[str, Material]]]
    mean: tuple[float, float]
    spread: float
    graded: bool = False
    gain: float = 0.0
    names: tuple[str, ...] | None = None


def ndpr_oxide(rng: Random) -> list[tuple[str, Material]]:
    """A lot of NdPr oxide, 1 t or so."""
    return [("oxide-ndpr", _ndpr(rng, rng.uniform(800, 1200) * KILO, oxide=True))]


def melt_charge(rng: Random) -> list[tuple[str, Material]]:
    """NdPr metal, iron and ferroboron for some 600 kg of alloy."""
    metal = _ndpr(rng, rng.uniform(184, 186) * KILO, oxide=False)
    iron = rng.uniform(385, 387) * KILO
    boron = rng.uniform(30.4, 30.6) * KILO
    return [
        ("metal-ndpr", metal),
        ("iron", Material(iron, {"Fe": iron * PURE})),
        ("ferroboron", Material(boron, {"Fe": boron * 0.79, "B": boron * 0.19})),
    ]


def melt_with_dy(rng: Random) -> list[tuple[str, Material]]:
    """The same with dysprosium metal."""
    mass = rng.uniform(9.9, 10.1) * KILO
    return [*melt_charge(rng), ("metal-dy", Material(mass, {"Dy": mass * PURE}))]


def flake(rng: Random) -> list[tuple[str, Material]]:
    """Strip-cast flake."""
    return [("strip-cast", _alloy(rng))]


def blocks(rng: Random) -> list[tuple[str, Material]]:
    """Sintered blocks."""
    return [("block", _alloy(rng))]


def _ndpr(rng: Random, mass: float, *, oxide: bool) -> Material:
    shares = normal({name: share * (1 + rng.gauss(0, 0.005)) for name, share in NDPR.items()})
    unit = compound(shares, rng.gauss(PURE, 0.001), oxide=oxide)
    return unit.share(mass / unit.mass)


def _alloy(rng: Random) -> Material:
    mass = rng.uniform(500, 600) * KILO
    return Material(mass, {name: mass * share * (1 + rng.gauss(0, 0.005)) for name, share in ALLOY.items()})


REDUCE: Final = Recipe("metal_reduce", "metal-ndpr", ndpr_oxide, (0.92, 0.97), 0.004, graded=True)
MELT: Final = Recipe("alloy_melt", "strip-cast", melt_charge, (0.97, 0.99), 0.003)
MELT_DY: Final = Recipe("alloy_melt", "strip-cast", melt_with_dy, (0.97, 0.99), 0.003)
POWDER: Final = Recipe("powder", "powder-ndfeb", flake, (0.96, 0.99), 0.003, gain=0.003)
SINTER: Final = Recipe("sinter", "block-ndfeb", flake, (0.97, 0.995), 0.002)
MACHINE: Final = Recipe("machine", "magnet-ndfeb", blocks, (0.60, 0.85), 0.01)


def reduction(book: Book, plan: Plan) -> None:
    """NdPr oxide to metal by molten-salt electrolysis; losses are slag."""
    run(book, plan, REDUCE)


def melting(book: Book, plan: Plan) -> None:
    """Metals, iron and ferroboron to strip-cast flake; every other plant melts dysprosium too, unless it is to have no source."""
    with_dy = plan.fraud.kind != "sourceless" and book.rng.random() < 0.5  # noqa: PLR2004  (even odds)
    run(book, plan, MELT_DY if with_dy else MELT)


def powdering(book: Book, plan: Plan) -> None:
    """Flake to powder, powder to block."""
    run(book, plan, POWDER, then=SINTER)


def machining(book: Book, plan: Plan) -> None:
    """Blocks to magnets and swarf."""
    run(book, plan, MACHINE)


def run(book: Book, plan: Plan, recipe: Recipe, then: Recipe | None = None) -> None:
    """Work batch by batch; `then` is a second stage at once after the first."""
    rng = book.rng
    place = book.works()
    if plan.fraud.kind == "capacity":
        book.every = YEAR / (plan.batches + 1)
    runs = [Run(book, plan, recipe, place)]
    runs += [Run(book, plan, then, place)] if then else []
    feeds = _feeds(book, plan, recipe, place)
    weighs = book.profile.common or rng.random() < 0.5  # noqa: PLR2004  (even odds)
    for batch in range(1, plan.batches + 1):
        book.batch = batch
        if book.profile.common:
            charge, fraction = feeds[0], 1 / (plan.batches - batch + 2)
        else:
            charge, fraction = feeds[batch], 0.95 if weighs else 1.0
        for one in runs:
            charge, fraction = one.batch(charge, fraction), 1.0
    if plan.fraud.kind == "capacity":
        _declare_capacity(book, plan, recipe)


def _declare_capacity(book: Book, plan: Plan, recipe: Recipe) -> None:
    """State, from the first day, a capacity that the year's product will turn out to be `size` times."""
    product = sum(step.out.mass for step in book.steps)
    capacity = [{"stage": recipe.stage, "mg_per_year": round(product / plan.fraud.size)}]
    site = next(item for item in book.registry if item["type"] == "site")
    site |= {"stages": [recipe.stage], "capacity": capacity}


def _feeds(book: Book, plan: Plan, recipe: Recipe, place: tuple[str, str]) -> dict[int, list[Lot]]:
    if book.profile.common:
        charge = [(form, item.share(plan.batches + 1)) for form, item in recipe.charge(book.rng)]
        return book.bring(*place, {0: [book.made(form, item) for form, item in charge]})
    return book.bring(
        *place,
        {
            batch: [book.made(form, item) for form, item in recipe.charge(book.rng)]
            for batch in range(1, plan.batches + 1)
        },
    )


class Run:
    """One stage of one plant."""

    def __init__(self, book: Book, plan: Plan, recipe: Recipe, place: tuple[str, str]) -> None:
        """Draws the plant's mean yield."""
        self.book, self.plan, self.recipe, self.place = book, plan, recipe, place
        self.mean = book.rng.uniform(*recipe.mean)
        self.stated: Composition | None = None

    def batch(self, charge: list[Lot], fraction: float) -> list[Lot]:
        """Work one charge; the product."""
        book, recipe = self.book, self.recipe
        drawn = [book.draw(lot, fraction) for lot in charge]
        pool = together(item.material for item in drawn)
        swarf = recipe.stage == "machine"
        dust = book.rng.uniform(0.005, 0.02) if swarf else 0.0
        share = book.rng.gauss(self.mean, recipe.spread) if swarf else recovery(self.mean, book.rng, recipe.spread)
        rest = 1 - share - dust
        lost = pool.share(dust if swarf else rest)
        hidden = Material() if book.profile.losses else lost
        added, taken = self._cheated(pool, hidden)
        held = {
            name: mg * share + added.get(name, 0.0) - taken.get(name, 0.0) for name, mg in pool.elements.items()
        } | {name: mg for name, mg in added.items() if name not in pool.elements}  # fmt: skip
        out = self._product(pool, share, held, added, taken)
        made = [self._made(out)]
        losses: list[Made] = []
        if swarf:
            made.append(book.made(BYPRODUCT["machine"], self._wet(pool.share(rest))))
        if book.profile.losses:
            losses, slag = self._losses(lost)
            made += slag
        gone = {name: hidden.elements.get(name, 0.0) + taken.get(name, 0.0) for name in {*hidden.elements, *taken}}
        lots = book.work(
            recipe.stage, self.place, drawn, made, lost=losses, added=Material(0.0, added), gone=Material(0.0, gone)
        )  # fmt: skip
        return lots[:1]

    def _wet(self, swarf: Material) -> Material:
        return Material(swarf.mass * 1.12, swarf.elements)  # oxidised, with coolant

    def _losses(self, lost: Material) -> tuple[list[Made], list[Made]]:
        form = BYPRODUCT.get(self.recipe.stage)
        if form is None or form.startswith("swarf"):
            return [self.book.made("dust", lost)], []
        slag = Material(lost.mass * 4, lost.elements)
        return [self.book.made("residue fume", slag.share(SPILLED))], [self.book.made(form, slag.share(1 - SPILLED))]

    def _product(
        self, pool: Material, share: float, held: dict[str, float], added: dict[str, float], taken: dict[str, float]
    ) -> Material:
        if self.recipe.graded:
            return compound(held, PURE, oxide=False)
        extra = (sum(added.values()) - sum(taken.values())) / PURE
        return Material(pool.mass * share * (1 + self.recipe.gain) + extra, held)

    def _made(self, out: Material) -> Made:
        book, recipe = self.book, self.recipe
        if book.profile.nominal and self.stated is None:
            self.stated = book.meters.nominal(out, oxide=False, names=recipe.names, off=0.004, spread=0.009)
        return book.made(recipe.form, out, recipe.names, self.stated)

    def _cheated(self, pool: Material, hidden: Material) -> tuple[dict[str, float], dict[str, float]]:
        """What is added to and taken from the product, milligrams by element, as in `separation`."""
        fraud, batch = self.plan.fraud, self.book.batch
        single, repeated = fraud.at(batch, "injection"), fraud.at(batch, "repeated")
        diverted, swapped = fraud.at(batch, "diversion"), fraud.at(batch, "didymium")
        sourceless = fraud.at(batch, "sourceless")
        rare = pool.of(1.0, MAGNETIC)
        added = {name: mg * (single + repeated) for name, mg in rare.items() if single or repeated}
        if single:
            added = {name: mg + hidden.elements.get(name, 0.0) for name, mg in added.items()}
        if swapped:
            amount = sum(rare.values()) * swapped * self.mean
            added = {name: amount * part for name, part in OTHER_NDPR.items()}
        if sourceless:
            added = {"Dy": pool.mass * sourceless}
        taken = {name: mg * (diverted + swapped * self.mean) for name, mg in rare.items() if diverted or swapped}
        return added, taken
