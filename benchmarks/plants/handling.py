"""What happens between plants: blending and splitting, shipping over two scales, assays by a laboratory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final

from benchmarks.plants.book import Book
from benchmarks.plants.line import ndpr_oxide
from benchmarks.plants.material import compound, together
from benchmarks.plants.plan import Plan
from benchmarks.plants.separation import PURE

FAR: Final = ((-28.86, 122.55), (35.90, 140.65))
"""Two places, degrees north and east, 7,500 km apart."""
EARTH_KM: Final = 6371.0
SHIP_KMH: Final = (15.0, 35.0)
SPILL: Final = 0.0005
WATER: Final = 0.10


def blending(book: Book, plan: Plan) -> None:
    """Two or three lots of NdPr oxide into one, and that into three."""
    place = book.works()
    count = book.rng.choice((2, 3))
    assays = book.rng.random() < 0.5  # noqa: PLR2004  (even odds)
    feeds = book.bring(
        *place,
        {
            batch: [book.made(*ndpr_oxide(book.rng)[0]) for _ in range(count)]
            for batch in range(1, plan.batches + 1)
        },
    )  # fmt: skip
    for batch in range(1, plan.batches + 1):
        book.batch = batch
        drawn = [book.draw(lot) for lot in feeds[batch]]
        whole = together(item.material for item in drawn)
        extra = plan.fraud.at(batch, "injection", "repeated")
        extra += SPILL if plan.fraud.at(batch, "injection") else 0.0
        less = SPILL + plan.fraud.at(batch, "diversion")
        made = book.made("oxide-ndpr", whole.share(1 + extra - less))
        if not (assays or extra or book.profile.nominal):
            made = replace(made, composition=None)
        blend = book.work("blend", place, drawn, [made], added=whole.share(extra), gone=whole.share(less))[0]
        # A plant that splits a blend weighs the parts; what they are made of is what the blend is.
        drawn = [book.draw(blend)]
        part = drawn[0].material.share((1 - SPILL) / 3)
        parts = [replace(book.made("oxide-ndpr", part), composition=None) for _ in range(3)]
        book.work("split", place, drawn, parts, gone=drawn[0].material.share(SPILL))


def shipping(book: Book, plan: Plan) -> None:
    """Lots from one party's site to another's, a week apart, weighed at both ends, with papers.

    A day apart they could honestly be one consignment under one bill of lading.
    """
    rng = book.rng
    book.every = timedelta(days=7)
    seller, buyer = book.party("seller", "processor"), book.party("buyer", "trader")
    here = book.site("here", seller, position=_degrees(FAR[0]))
    there = book.site("there", buyer, position=_degrees(FAR[1]))
    weighs = rng.random() < 0.5  # noqa: PLR2004  (even odds)
    fraud, km = plan.fraud, distance(*FAR)
    feeds = book.bring(
        seller, here, {batch: [book.made(*ndpr_oxide(rng)[0])] for batch in range(1, plan.batches + 1)}
    )  # fmt: skip
    arrivals = []
    for batch in range(1, plan.batches + 1):
        book.batch = batch
        lot = feeds[batch][0]
        mass = {"mass": book.meters.weighed(lot.left.mass)} if weighs else {}
        paper = batch - 1 if fraud.at(batch, "document") else batch
        book.say("ship", seller, site=here, lots=[{"lot": lot.name, **mass}], to=there, documents=[_bill(book, paper)])
        change = fraud.at(batch, "handover-gain") - fraud.at(batch, "handover-loss")
        speed = fraud.at(batch, "transit") or rng.uniform(*SHIP_KMH)
        arrivals.append((batch, book.now + timedelta(hours=km / speed), lot.name, lot.left.mass * (1 + change)))
    for batch, at, name, true in arrivals:
        book.batch = batch
        said = [{"lot": name, "mass": book.meters.weighed(true)}]
        book.say("receive", buyer, at=at, site=there, lots=said, result="accepted")


def assaying(book: Book, plan: Plan) -> None:
    """A laboratory measures each lot that its holder already described; the forger hands in the same certificate again."""
    place = book.works()
    lab = book.party("lab", "laboratory", "GB")
    feeds = book.bring(
        *place, {batch: [book.made(*ndpr_oxide(book.rng)[0])] for batch in range(1, plan.batches + 1)}
    )  # fmt: skip
    copied: Any = None
    for batch in range(1, plan.batches + 1):
        book.batch = batch
        lot = feeds[batch][0]
        found = book.meters.assayed(lot.left, oxide=True)
        if copied is not None and plan.fraud.at(batch, "copied"):
            found = copied
        else:
            copied = found
        book.say("assay", lab, lot=lot.name, composition=found, method="ICP-MS")


def overdrawing(book: Book, plan: Plan) -> None:
    """Half a lot is drawn, then half again and more: more in all than there was by `size`."""
    place = book.works()
    feeds = book.bring(*place, {1: [book.made(*ndpr_oxide(book.rng)[0])]})
    lot = feeds[1][0]
    whole = lot.left.mass
    for batch, share in ((1, 0.5), (2, 0.5 + plan.fraud.size)):
        book.batch = batch
        drawn = {"lot": lot.name, "mass": book.meters.weighed(whole * share)}
        book.say("dispose", place[0], site=place[1], attempt=batch > 1, lots=[drawn], how="sale")


def drying(book: Book, plan: Plan) -> None:
    """Oxide is repacked; the forger weighs it wet and states the dry analysis, `size` 2 with the moisture beside it."""
    place = book.works()
    feeds = book.bring(
        *place, {batch: [book.made(*ndpr_oxide(book.rng)[0])] for batch in range(1, plan.batches + 1)}
    )  # fmt: skip
    for batch in range(1, plan.batches + 1):
        book.batch = batch
        drawn = book.draw(feeds[batch][0])
        made = book.made("oxide-ndpr", compound(drawn.material.elements, PURE, oxide=True))
        style = plan.fraud.at(batch, "wet")
        if style:
            wet = made.material.mass / (1 - WATER)
            stated = dict(made.composition or {})
            if style > 1:
                stated["H2O"] = {"ppb": round(WATER * 1e9), **({"u_ppb": 5_000_000} if book.meters.declared else {})}
            made = replace(made, mass=book.meters.weighed(wet), composition=stated)
        book.work("repack", place, [drawn], [made])


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres on a sphere (haversine) between two places in degrees."""
    (lat1, lon1), (lat2, lon2) = ([radians(value) for value in place] for place in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def _degrees(place: tuple[float, float]) -> dict[str, int]:
    return {"lat": round(place[0] * 1e6), "lon": round(place[1] * 1e6)}


def _bill(book: Book, number: int) -> dict[str, str]:
    text = f"{book.name}-BL-{number:05d}"
    return {"kind": "bill of lading", "number": text, "sha256": sha256(text.encode()).hexdigest()}
