"""Solvent extraction: mixed carbonate or chloride to oxides, some lost on the way, day after day."""

from __future__ import annotations

from random import Random
from typing import Final

from benchmarks.plants.book import Book, Lot, as_elements
from benchmarks.plants.chemistry import HEAVY, LIGHT, MAGNETIC, pattern, shaken
from benchmarks.plants.material import Material, compound, mineral, together
from benchmarks.plants.meters import Composition
from benchmarks.plants.plan import Plan

FEEDS: Final = ("mountain-pass", "mt-weld-cld", "bayan-obo", "nolans-bore", "maoniuping", "eneabba", "xunwu")
TONNE: Final = 1e9
PURE: Final = 0.99
"""Grade of oxides and metals: oxides or metals over the whole."""
SPILLED: Final = 0.2
"""Of what is lost, the share that is declared as effluent; the rest is a residue lot."""
GROUPS: Final = (("oxide-ndpr", MAGNETIC), ("oxide-lace", LIGHT), ("carbonate-seg", HEAVY))
DRIFT: Final = 0.003
"""Standard deviation, absolute, of the true recovery from batch to batch."""


def recovery(mean: float, rng: Random, spread: float = DRIFT) -> float:
    """A batch's true recovery about the plant's mean."""
    return min(max(rng.gauss(mean, spread), 0.9), 0.997)


def separation(book: Book, plan: Plan) -> None:
    """Run the plant."""
    rng, profile = book.rng, book.profile
    place = book.works()
    form = rng.choice(("mixed-carbonate", "mixed-chloride"))
    shares = shaken(pattern(plan.deposit or rng.choice(FEEDS)), 0.04, rng)
    mean = rng.uniform(0.94, 0.99)
    weighs = profile.common or rng.random() < 0.5  # noqa: PLR2004  (even odds)
    feeds = _feeds(book, plan, form, shares, place)
    stated: Composition | None = None
    for batch in range(1, plan.batches + 1):
        book.batch = batch
        if profile.common:
            drawn = [book.draw(feeds[0][0], 1 / (plan.batches - batch + 2))]
        else:
            drawn = [book.draw(lot, 0.95 if weighs else 1.0) for lot in feeds[batch]]
        pool = together(item.material for item in drawn)
        base = recovery(mean, rng)
        rates = {name: min(rng.gauss(base, 0.001), 0.999) for name in pool.elements}
        lost = {name: mg * (1 - rates[name]) for name, mg in pool.elements.items()}
        hidden = {} if profile.losses else lost
        added, taken = _cheated(plan, batch, pool, hidden)
        outs: list[Material] = []
        for item, group in GROUPS:
            held = pool.of(rates, group)
            if item == "oxide-ndpr":
                held = {name: mg + added.get(name, 0.0) - taken.get(name, 0.0) for name, mg in held.items()}
            outs.append(compound(held, PURE if item.startswith("oxide") else 0.55, oxide=True))
        if profile.nominal and stated is None:
            stated = book.meters.nominal(outs[0], oxide=True, names=None, off=0.006, spread=0.016)
        made = [
            book.made(item, out, stated=stated if item == "oxide-ndpr" else None)
            for (item, _group), out in zip(GROUPS, outs, strict=True)
            if out.elements
        ]
        if plan.fraud.at(batch, "oxide-as-element"):
            false = as_elements(made[0].composition or {})
            made[0] = type(made[0])(made[0].form, made[0].material, made[0].mass, false)
        losses = []
        if profile.losses:
            rest = Material(pool.mass * 0.1, lost)
            made.append(book.made("residue", rest.share(1 - SPILLED)))
            losses = [book.made("residue effluent", rest.share(SPILLED))]
        gone = {name: hidden.get(name, 0.0) + taken.get(name, 0.0) for name in pool.elements}
        book.work(
            "separate", place, drawn, made, lost=losses, added=Material(0.0, added), gone=Material(0.0, gone)
        )  # fmt: skip


def _feeds(book: Book, plan: Plan, form: str, shares: dict[str, float], place: tuple[str, str]) -> dict[int, list[Lot]]:
    rng = book.rng
    grade = rng.uniform(0.40, 0.50)
    if book.profile.common:
        whole = mineral(5 * TONNE * (plan.batches + 1), grade, shares)
        return book.bring(*place, {0: [book.made(form, whole)]})
    lots = 1 + (rng.random() < 0.3)  # noqa: PLR2004  (odds)
    return book.bring(
        *place,
        {
            batch: [
                book.made(
                    form,
                    mineral(rng.uniform(4, 6) * TONNE / lots, rng.gauss(grade, 0.005), shaken(shares, 0.01, rng)),
                )
                for _ in range(lots)
            ]
            for batch in range(1, plan.batches + 1)
        },
    )


def _cheated(
    plan: Plan, batch: int, pool: Material, hidden: dict[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """What is added to and taken from the NdPr oxide, milligrams by element.

    A single injection lets what is accounted for exceed what went in by its size, so it also makes up for hidden losses; a
    repeated one hides within them. Foreign oxide has the plant's own Nd to Pr, which is what a careful forger buys.
    """
    fraud = plan.fraud
    single, repeated = fraud.at(batch, "injection"), fraud.at(batch, "repeated")
    diverted = fraud.at(batch, "diversion")
    magnetic = pool.of(1.0, MAGNETIC)
    added = {name: mg * (single + repeated) for name, mg in magnetic.items() if single or repeated}
    if single:
        added = {name: mg + hidden.get(name, 0.0) for name, mg in added.items()}
    return added, {name: mg * diverted for name, mg in magnetic.items() if diverted}
