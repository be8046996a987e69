"""COMP: what a stated composition cannot be, whatever the deposit: more than the whole, more than the pure compound, two analyses apart.

Compounds are taken anhydrous with their ideal formula; factors are mass of compound per mass of element, M(compound) / (n M(element)), from
the atomic weights of `elements.csv` (CIAAW 2021).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

from ledger.model.entry import Fact
from ledger.model.events import Assay
from ledger.model.quantity import PPB, Composition, Share
from ledger.reference.elements import ELEMENTS, SYMBOLS, fraction, is_rare_earth, oxide_factor
from ledger.reference.forms import lookup
from ledger.rules.balance import sigmas
from ledger.rules.catalogue import finding
from ledger.rules.content import SUMS
from ledger.rules.figures import SIGMAS
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.rules.measure import DEFAULTS, LARGEST_FACTOR, OXIDE_SUMS, believed

# Mass of the anions per mole of rare earth, g/mol: 3 F, 3 Cl, 3/2 CO3, 3/2 C2O4; and of the water of the common hydrate.
_ANIONS: Mapping[str, float] = {"fluoride": 56.9952, "chloride": 106.35, "carbonate": 90.0135, "oxalate": 132.0285}
_WATER = 18.01528
_HYDRATES: Mapping[str, float] = {"chloride": 6 * _WATER, "oxalate": 5 * _WATER}
_HYDRATE_WORDS: Mapping[str, str] = {"chloride": "hexahydrate", "oxalate": "decahydrate"}
_KIND: Mapping[str, str] = {
    "oxide": "oxide", "metal": "metal", "fluoride": "fluoride", "chloride": "chloride", "mixed-chloride": "chloride",
    "carbonate": "carbonate", "oxalate": "oxalate", "mixed-carbonate": "oxide",
}  # fmt: skip
"""The compound that bounds a form. Mixed carbonate is sold calcined as well, so only the oxide bounds it."""
_WATERS = ("H2O", "LOI")
_ANION_NAMES = ("F", "Cl", "CO2", "CO3", "SO3", "SO4", "PO4")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
PURE = {"concentrate": 0.78, "ore": 0.78}
"""TREO by mass above which it is no mineral: bastnaesite CeFCO3, the richest, holds 78 % as CeO2."""
RANGES: Mapping[str, tuple[tuple[str, float, float], ...]] = {
    "magnet-ndfeb": (("rare earths", 0.26, 0.36), ("B", 0.008, 0.014)),
    "magnet-smco": (("rare earths", 0.20, 0.42),),
}
"""Mass fractions that magnets keep to: DOMAIN.md 2.3 for NdFeB (hard bounds, unverified); SmCo from SmCo5 33.8 % and Sm2Co17 23.1 % with room."""
LISTED = 0.95
"""A composition that lists this much is taken as whole, so that too little of something can be told."""


@cache
def _per_element(kind: str) -> Mapping[str, float]:
    """Mass of compound per mass of element, for each rare earth; the oxide with the least oxygen, since the formula is not stated."""
    factors: dict[str, float] = {}
    for symbol, element in ELEMENTS.items():
        if not is_rare_earth(symbol):
            continue
        weight = float(element.atomic_weight)
        if kind == "metal":
            factors[symbol] = 1.0
        elif kind == "oxide":
            factors[symbol] = min(float(oxide.factor) for oxide in element.oxides)
        else:
            base, _, hydrate = kind.partition("+")
            factors[symbol] = (weight + _ANIONS[base] + (_HYDRATES[base] if hydrate else 0.0)) / weight
    return factors


def composed(history: History, fact: Fact) -> Iterator[Finding]:
    """Judge every composition that an event states; an analysis also against what was in force before it."""
    event = fact.event
    for output in event.outputs_made:
        if output.composition is not None:
            yield from possible(output.lot, output.form, output.composition, fact)
    if isinstance(event, Assay):
        lot = history.lots.get(event.lot)
        if lot is not None:
            yield from possible(event.lot, lot.output.form, event.composition, fact)
            yield from _apart(history, lot, event.composition, fact)


def possible(lot: str, form: str, composition: Composition, fact: Fact) -> Iterator[Finding]:
    """What of a composition cannot be, of material of this form."""
    subject = f"lot:{lot}"
    whole, used = _sum(composition)
    u_whole = _u(used, form) if whole > 1 else 0.0
    if whole > 1 + SIGMAS * u_whole:
        wet = any(composition[name].ppb for name in _WATERS if name in composition)
        hint = "; the rest may be stated of dry matter while the water is of wet" if wet else ""
        yield finding(
            "COMP-SUM",
            subject,
            f"lot {lot}: the parts make {whole:.2%} of the whole, beyond 3 x {u_whole:.2%}{hint}",
            fact.hash,
        )
    treo, rare = _total(composition), _rare(composition, form)
    oxides = sum(w * oxide_factor(symbol) for symbol, (w, _u) in rare.items())
    if treo is not None and oxides > treo.ppb / PPB:
        u = (believed(treo, form, "TREO")[0] / PPB) ** 2 + sum(
            (u * oxide_factor(symbol)) ** 2 for symbol, (_w, u) in rare.items()
        )
        if oxides > treo.ppb / PPB + SIGMAS * u**0.5:
            yield finding(
                "COMP-TREO",
                subject,
                f"lot {lot}: its rare-earth oxides make {oxides:.2%}, its TREO is {treo.ppb / PPB:.2%}, beyond 3 x {u**0.5:.2%}: "
                "shares of TREO may stand where shares of the mass belong",
                fact.hash,
            )
    yield from _bounded(lot, form, composition, treo, fact)
    yield from _ranges(lot, form, composition, rare, fact)


def _sum(composition: Composition) -> tuple[float, list[Share]]:
    """Sum of all parts as mass fraction, and the figures that make it; TREO stands in where it exceeds the oxides listed.

    Only elements and formulas are parts: words and subtotals may repeat others. Beside fluorine, chlorine or carbonate the rare earths
    are summed as elements, since analyses state them as oxides that are not there.
    """
    parts = {name: share for name, share in composition.items() if name not in SUMS and _is_part(name)}
    if "LOI" in composition:
        parts.pop("CO2", None)  # it is lost on ignition
    salt = any(composition[name].ppb > PPB // 100 for name in _ANION_NAMES if name in composition)
    waters = [composition[name] for name in _WATERS if name in composition]
    rare = others = 0.0
    for name, share in parts.items():
        found = fraction(name)
        if found is not None and is_rare_earth(found[0]):
            rare += share.ppb * (found[1] if salt else 1.0)
        else:
            others += share.ppb
    treo, water = _total(composition), max([share.ppb for share in waters], default=0)
    used = [*parts.values(), *waters]
    total = (treo.ppb / (LARGEST_FACTOR if salt else 1.0)) if treo is not None else 0.0
    if treo is not None and total > rare:
        used.append(treo)
        rare = total
    return (rare + others + water) / PPB, used


def _u(used: Iterable[Share], form: str) -> float:
    """Standard uncertainty of a sum of mass fractions."""
    return float(sum(believed(share, form)[0] ** 2 for share in used) ** 0.5 / PPB)


@lru_cache(maxsize=4096)
def _is_part(name: str) -> bool:
    """Whether an analyte is a part of its own: an element, an oxide of the table, or a formula without rare earths."""
    if fraction(name) is not None:
        return True
    symbols = _SYMBOL.findall(name)
    return "".join(_SYMBOL.findall(re.sub("[0-9]", "", name))) == re.sub("[0-9]", "", name) and (
        SYMBOLS.issuperset(symbols) and not any(map(is_rare_earth, symbols))
    )


def _total(composition: Composition) -> Share | None:
    return next((composition[name] for name in OXIDE_SUMS if name in composition), None)


def _rare(composition: Composition, form: str, kind: str = "") -> dict[str, tuple[float, float]]:
    """Mass fraction of each rare earth that is stated, as element, with its standard uncertainty.

    Where its compound of this kind is nearly all, the default is that of such a compound: cerium of 81.4 % is CeO2 of 100 %, one
    analysis told in two ways, and what the impurities leave is known to 1 % by either.
    """
    found: dict[str, tuple[float, float]] = {}
    (mark, relative), per = DEFAULTS[0], _per_element(kind) if kind else {}
    for name, share in composition.items():
        element = fraction(name)
        if element is not None and is_rare_earth(element[0]):
            w, (u, default) = share.ppb / PPB * element[1], believed(share, form)
            nearly_all = default and w * per.get(element[0], 0.0) * PPB >= mark
            found[element[0]] = (w, w * relative if nearly_all else u / PPB * element[1])
    return found


def _bounded(
    lot: str,
    form: str,
    composition: Composition,
    treo: Share | None,
    fact: Fact,
) -> Iterator[Finding]:
    """No compound holds more of its metal than the pure, dry compound does."""
    known = lookup(form)
    kind = _KIND.get(known.name) if known is not None else None
    if known is None or kind is None:
        return
    rare = _rare(composition, form, kind)
    filled, u = _filled(kind, rare, treo, form)
    subject = f"lot:{lot}"
    if filled > 1 + SIGMAS * u:
        hint = (
            "; an oxide may have been stated as its element"
            if kind != "metal" and rare.keys() & composition.keys()
            else ""
        )
        yield finding(
            "COMP-MAXIMUM",
            subject,
            f"lot {lot} is {form}: what is stated would take {filled:.1%} of pure {kind}, beyond 3 x {u:.1%}{hint}",
            fact.hash,
        )
    elif known.name in _HYDRATES and "anhydrous" not in form:
        filled, u = _filled(f"{kind}+hydrate", rare, treo, form)
        if filled > 1 + SIGMAS * u:
            yield finding(
                "COMP-FORM",
                subject,
                f"lot {lot} is {form}: it holds {filled:.2f} times what the {_HYDRATE_WORDS[kind]} can; only dried {kind} holds so much "
                f"(`{known.name}-anhydrous`)",
                fact.hash,
            )


def _filled(kind: str, rare: Mapping[str, tuple[float, float]], treo: Share | None, form: str) -> tuple[float, float]:
    """Mass of compound that the stated rare earths need, per mass of the lot, and its standard uncertainty.

    TREO without the oxides behind it is given to the rare earth that needs the least compound for its oxide.
    """
    per = _per_element(kind)
    filled = sum(w * per[symbol] for symbol, (w, _u) in rare.items())
    variance = sum((u * per[symbol]) ** 2 for symbol, (_w, u) in rare.items())
    if treo is not None:
        least = _least(kind)
        by_total = treo.ppb / PPB * least
        if by_total > filled:
            return by_total, believed(treo, form, "TREO")[0] / PPB * least
    return filled, variance**0.5


@cache
def _least(kind: str) -> float:
    """Mass of compound per mass of oxide, of the rare earth for which that is least."""
    per = _per_element(kind)
    return min(per[symbol] / oxide_factor(symbol) for symbol in per)


def _ranges(
    lot: str, form: str, composition: Composition, rare: Mapping[str, tuple[float, float]], fact: Fact
) -> Iterator[Finding]:
    known = lookup(form)
    if known is None:
        return
    ranges = RANGES.get(known.name, ()) if "bonded" not in form.split("-") else ()
    sums: dict[str, tuple[float, float]] = {}
    if rare and ranges:
        sums["rare earths"] = (sum(w for w, _u in rare.values()), sum(u**2 for _w, u in rare.values()) ** 0.5)
    boron = composition.get("B") if ranges else None
    if boron is not None:
        sums["B"] = (boron.ppb / PPB, believed(boron, form)[0] / PPB)
    whole = bool(ranges) and _sum(composition)[0] >= LISTED
    for name, low, high in ranges:
        if name not in sums:
            continue
        value, u = sums[name]
        if value > high + SIGMAS * u or (whole and value < low - SIGMAS * u):
            yield finding(
                "COMP-FORM",
                f"lot:{lot}",
                f"lot {lot} is {form} with {value:.2%} {name}; such magnets hold {low:.1%} to {high:.1%}",
                fact.hash,
            )
    treo = _total(composition)
    limit = PURE.get(known.name)
    if limit is not None:
        oxides = max(treo.ppb / PPB if treo else 0.0, sum(w * oxide_factor(symbol) for symbol, (w, _u) in rare.items()))
        if oxides > limit * (1 + SIGMAS * 0.01):
            yield finding(
                "COMP-FORM",
                f"lot:{lot}",
                f"lot {lot} is {form} with {oxides:.1%} TREO; no rare-earth mineral holds more than {limit:.0%}",
                fact.hash,
            )


def _apart(history: History, lot: Lot, composition: Composition, fact: Fact) -> Iterator[Finding]:
    """A lot does not change: an analysis that differs from the one before it says that one of them is wrong, or the lot another."""
    before: tuple[Fact, Composition] | None = None
    if lot.output.composition is not None and lot.born.hash not in history.voided:
        before = (lot.born, lot.output.composition)
    for earlier in lot.facts:
        if earlier.place >= fact.place:
            break
        if isinstance(earlier.event, Assay) and earlier.hash not in history.voided:
            before = (earlier, earlier.event.composition)
    if before is None:
        return
    old, new = _fractions(before[1], lot.output.form), _fractions(composition, lot.output.form)
    both = sorted((old.keys() & new.keys()) - {*_WATERS})  # lots dry and get wet on the way
    limit = sigmas(len(both))
    apart = [
        f"{name} {old[name][0]:.3%} then {new[name][0]:.3%}"
        for name in both
        if abs(new[name][0] - old[name][0]) > limit * (old[name][1] ** 2 + new[name][1] ** 2) ** 0.5 + 1 / PPB
    ]
    if apart:
        drawn = sum(1 for digest in lot.draws if history.facts[digest].place < fact.place)
        since = f"; {drawn} draws before it rest on the former" if drawn else ""
        yield finding(
            "COMP-ASSAY",
            f"lot:{lot.id}",
            f"lot {lot.id}: two analyses differ beyond {limit:.1f} standard uncertainties: {', '.join(apart[:4])}{since}",
            fact.hash,
            before[0].hash,
        )


def _fractions(composition: Composition, form: str) -> dict[str, tuple[float, float]]:
    """Fraction and standard uncertainty by element, or by analyte where it is none, so that oxide and element compare."""
    made: dict[str, tuple[float, float]] = {}
    for name, share in composition.items():
        symbol, per = fraction(name) or (name, 1.0)
        made[symbol] = (share.ppb / PPB * per, believed(share, form, name)[0] / PPB * per)
    return made
