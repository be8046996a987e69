"""Mines: ore of a reference deposit to concentrate, and concentrate to mixed carbonate, with the deposit's name on it."""

from __future__ import annotations

from typing import Final

from benchmarks.plants.book import Book, Lot
from benchmarks.plants.chemistry import blended, normal, pattern, shaken
from benchmarks.plants.material import Material, compound, mineral, together
from benchmarks.plants.plan import Plan
from benchmarks.plants.separation import TONNE
from ledger.reference.deposits import DEPOSITS

CONCENTRATE: Final = 0.50
CARBONATE: Final = 0.45


def mining(book: Book, plan: Plan) -> None:
    """Extract, beneficiate and leach.

    A fraudulent mine states figures of what it really handles under the declared deposit's name: all of it from
    another deposit, a part of it bought in (`blended`), or a part of it swapped while it is leached (`swapped`).
    """
    rng = book.rng
    true = plan.deposit or rng.choice(sorted(DEPOSITS))
    declared = plan.declared or true
    row = DEPOSITS[declared]
    name = row.group if rng.random() < 0.5 else declared  # noqa: PLR2004  (even odds)
    miner = book.party("miner", "miner", row.country)
    place = miner, book.site("pit", miner, row.country)
    fraud = plan.fraud
    own, foreign = shaken(pattern(declared), rng.uniform(0.03, 0.05), rng), shaken(pattern(true), 0.04, rng)
    grade = rng.uniform(0.02, 0.08)
    mean = rng.uniform(0.6, 0.78)
    for batch in range(1, plan.batches + 1):
        book.batch = batch
        ours, theirs = shaken(own, 0.01, rng), shaken(foreign, 0.01, rng)
        part = fraud.at(batch, "blended")
        shares = normal(blended([(1 - part, ours), (part, theirs)])) if part else ours
        ore = book.made("ore", mineral(1000 * TONNE, grade, shares))
        lot = book.extract(*place, name, row.country, [ore])[0]
        concentrate = _dress(book, place, lot, mean)
        _leach(book, place, concentrate, fraud.at(batch, "swapped"), theirs)


def _dress(book: Book, place: tuple[str, str], ore: Lot, mean: float) -> Lot:
    """Flotation takes the minerals alike, to a percent; tailings are recorded where losses are."""
    rng = book.rng
    drawn = book.draw(ore)
    base = min(max(rng.gauss(mean, 0.02), 0.5), 0.8)
    rates = {name: min(base * rng.gauss(1, 0.01), 0.95) for name in drawn.material.elements}
    shares = {name: mg * rates[name] for name, mg in drawn.material.elements.items()}
    rest = Material(
        drawn.material.mass * 0.9, {name: mg - shares[name] for name, mg in drawn.material.elements.items()}
    )  # fmt: skip
    made = [book.made("concentrate", compound(shares, CONCENTRATE, oxide=True))]
    if book.profile.losses:
        made.append(book.made("residue-tailings", rest))
        return book.work("beneficiate", place, [drawn], made)[0]
    return book.work("beneficiate", place, [drawn], made, gone=rest)[0]


def _leach(book: Book, place: tuple[str, str], concentrate: Lot, swapped: float, foreign: dict[str, float]) -> None:
    """Crack and leach; the swap puts foreign carbonate in the place of as much of the plant's own."""
    rng = book.rng
    drawn = book.draw(concentrate)
    rate = rng.uniform(0.88, 0.94)
    product = compound(drawn.material.of(rate), CARBONATE, oxide=True)
    taken, added = product.share(swapped), mineral(product.mass * swapped, CARBONATE, foreign)
    made = [book.made("mixed-carbonate", together((product.share(1 - swapped), added)))]
    lost = Material(drawn.material.mass * 0.6, drawn.material.of(1 - rate))
    gone = [taken]
    if book.profile.losses:
        made.append(book.made("residue-cake", lost))
    else:
        gone.append(lost)
    book.work("crack_leach", place, [drawn], made, added=added, gone=together(gone))
