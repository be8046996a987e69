"""Distributions over places, mixed in proportion to an element's mass (DESIGN.md section 6, definition 5).

A distribution is, per stage, shares by key: a country, `unknown`, or several joined as `CN+MY`; a stage that is absent was
never performed. Every share carries its least and greatest possible value. Floats: these are estimates; presence is
decided on the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from ledger.rules.content import Amount

NONE = "none"
UNKNOWN = "unknown"
Range = tuple[float, float, float]
"""Least, best and greatest value of a share."""
Stages = Mapping[str, Mapping[str, Range]]
WHOLE: Range = (1.0, 1.0, 1.0)
_ZERO: Range = (0.0, 0.0, 0.0)
_NOT_DONE: dict[str, Range] = {NONE: WHOLE}
Way = tuple[float, float, float, float]
"""Known share, unknown share, least and greatest known share."""
CLEAN: Way = (0.0, 0.0, 0.0, 0.0)
KNOWN: Way = (1.0, 0.0, 1.0, 1.0)
DARK: Way = (0.0, 1.0, 0.0, 0.0)


class Origin(Struct, frozen=True):
    """Where an element of a lot comes from.

    Attributes:
        stages: shares by stage and key.
        declared: per stage, the share whose place is somebody's declaration and not a recorded event.
        ways: per way of being Chinese (`mined`, ...) the known and the unknown share, and the least and the greatest that the
            known one can be.
        estimated: whether a composition was missing somewhere upstream.
    """

    stages: Stages
    declared: Mapping[str, float]
    ways: Mapping[str, Way]
    estimated: bool = False


@lru_cache(maxsize=4096)
def join(key: str, place: str) -> str:
    """The key of material of `key` that a stage now performs at `place`."""
    return place if key == NONE else "+".join(sorted({*key.split("+"), *place.split("+")}))


def performed(stages: Stages, stage: str, place: str) -> Stages:
    """The distribution after `stage` was performed at `place` on all of it."""
    shares: dict[str, Range] = {}
    for key, share in stages.get(stage, {NONE: WHOLE}).items():
        joined = join(key, place)
        old = shares.get(joined, _ZERO)
        shares[joined] = (min(old[0] + share[0], 1.0), old[1] + share[1], min(old[2] + share[2], 1.0))
    return {**stages, stage: shares}


def darkened(origin: Origin, share: float, lost: Origin) -> Origin:
    """The origin of material of which `share` is of an origin that nothing explains (`lost`)."""
    if share <= 0:
        return origin
    parts = ((1.0 - share,) * 3, (share,) * 3)
    return mix((origin, lost), parts, estimated=False)


def performed_unseen(origin: Origin, stages: Sequence[str], share: float) -> Origin:
    """The origin of a lot on whose way to its form `share` is not recorded: there `none` becomes `unknown`."""
    if share <= 0:
        return origin
    made = dict(origin.stages)
    for stage in stages:
        shares = dict(made.get(stage, {NONE: WHOLE}))
        low, mid, high = shares.pop(NONE, _ZERO)
        if mid <= 0 and high <= 0:
            continue
        moved = min(mid, share)
        old = shares.get(UNKNOWN, _ZERO)
        shares[UNKNOWN] = (min(old[0] + min(low, share), 1.0), old[1] + moved, min(old[2] + min(high, share), 1.0))
        if mid - moved > 0:
            shares[NONE] = (max(low - share, 0.0), mid - moved, max(high - share, mid - moved))
        made[stage] = shares
    ways = dict(origin.ways)
    for way in ("processed", "material"):
        known, unknown, low, high = ways.get(way, CLEAN)
        ways[way] = (known, min(max(unknown, share), 1.0 - known), low, high)
    return Origin(made, origin.declared, ways, origin.estimated)


def weights(amounts: Sequence[Amount], masses: Sequence[int]) -> tuple[list[Range], bool]:
    """Milligrams that each input brings, as (least, best, greatest), and whether anything of it is estimated.

    Where an input states no composition its gross mass stands in: it is taken to hold the element as the measured inputs do
    on the average (those that hold none left out), and the measured ones keep their proportions. Where nobody
    lists the element, the masses of those that can hold it stand in for all.
    """
    known = sum(item.mid for item in amounts if item.mid is not None)
    weighed = sum(mass for item, mass in zip(amounts, masses, strict=True) if item.mid is not None and item.high > 0)
    content = known / weighed if weighed else 0.0
    nobody = known == 0
    ranges: list[Range] = []
    for item, mass in zip(amounts, masses, strict=True):
        best = min(mass * content, item.high) if item.mid is None else item.mid
        if nobody:
            best = float(mass) if item.high > 0 else 0.0
        ranges.append((item.low, best, item.high))
    return ranges, nobody or any(item.high > item.low for item in amounts)


def mix(parts: Sequence[Origin], amounts: Sequence[Range], *, estimated: bool) -> Origin:
    """The origin of what `parts` make together; `amounts` are as `weights` gives them, with a best sum above zero."""
    total = sum(mid for _low, mid, _high in amounts)
    fractions = [mid / total for _low, mid, _high in amounts]
    if fractions == [1.0] and not estimated and _in_order(parts[0]):
        return parts[0]  # what a mean of one would be, to the bit
    stages: dict[str, dict[str, Range]] = {}
    whole = 0.0
    for fraction in fractions:
        whole += fraction
    for stage in sorted({stage for part in parts for stage in part.stages}):
        given = [part.stages.get(stage, _NOT_DONE) for part in parts]
        first = given[0]
        if not estimated and len(first) == 1 and WHOLE in first.values() and all(one == first for one in given):
            # The same place for all of it, which is what most stages have; the sum is that of the loop below, to the bit.
            stages[stage] = dict.fromkeys(first, (whole, whole, whole))
            continue
        shares = {}
        for key in sorted({key for one in given for key in one}):
            values = [one.get(key, _ZERO) for one in given]
            means = _means(fractions, values)
            if estimated:
                mid = means[1]
                low = _extreme([value[0] for value in values], amounts, greatest=False)
                high = _extreme([value[2] for value in values], amounts, greatest=True)
                shares[key] = (min(low, mid), mid, max(high, mid))
            else:
                shares[key] = means
        stages[stage] = shares
    return Origin(
        stages=stages,
        declared=_average([part.declared for part in parts], fractions),
        ways={
            way: _mixed_way([part.ways.get(way, CLEAN) for part in parts], fractions, amounts, estimated=estimated)
            for way in sorted({way for part in parts for way in part.ways})
        },
        estimated=estimated or any(part.estimated for part in parts),
    )


def _in_order(part: Origin) -> bool:
    """Whether its members stand as `mix` would put them."""
    return all(list(one) == sorted(one) for one in (part.stages, part.declared, part.ways, *part.stages.values()))


def _means(fractions: Sequence[float], values: Sequence[Range]) -> Range:
    """Weighted means of all three, in one loop: this is what a trace does most."""
    low = mid = high = 0.0
    for fraction, value in zip(fractions, values, strict=True):
        low += fraction * value[0]
        mid += fraction * value[1]
        high += fraction * value[2]
    return low, mid, high


def _mixed_way(values: Sequence[Way], fractions: Sequence[float], amounts: Sequence[Range], *, estimated: bool) -> Way:
    known = unknown = low = high = 0.0
    for fraction, value in zip(fractions, values, strict=True):
        known += fraction * value[0]
        unknown += fraction * value[1]
        low += fraction * value[2]
        high += fraction * value[3]
    if estimated:
        low = min(known, _extreme([value[2] for value in values], amounts, greatest=False))
        high = max(known, _extreme([value[3] for value in values], amounts, greatest=True))
    return known, unknown, low, high


def _average(items: Sequence[Mapping[str, float]], fractions: Sequence[float]) -> dict[str, float]:
    keys = sorted({key for item in items for key in item})
    return {key: sum(f * item.get(key, 0.0) for f, item in zip(fractions, items, strict=True)) for key in keys}


def _extreme(values: Sequence[float], amounts: Sequence[Range], *, greatest: bool) -> float:
    """The least or greatest mean of `values` over all amounts within their ranges.

    A weighted mean with interval weights is extreme at a vertex where the values on one side of a threshold take their
    greatest weight and the others their least, so trying each threshold in order of value is exhaustive.
    """
    order = sorted(range(len(values)), key=lambda index: values[index], reverse=greatest)
    mass = sum(amounts[index][0] for index in order)
    weighted = sum(amounts[index][0] * values[index] for index in order)
    best = weighted / mass if mass > 0 else None
    for index in order:
        extra = amounts[index][2] - amounts[index][0]
        mass += extra
        weighted += extra * values[index]
        if mass > 0:
            mean = weighted / mass
            if best is None or (mean > best if greatest else mean < best):
                best = mean
    return best if best is not None else 0.0
