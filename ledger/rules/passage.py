"""What a lot's form says it must have gone through, and how much of that the events record.

Complete history has no holes: ore does not become a magnet by being repacked, and no more of an element comes out of an
event than went in. What is not explained is of unknown origin, and unknown is never clean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Extract, Transform
from ledger.model.materials import Output
from ledger.model.quantity import PPB, Composition
from ledger.reference.deposits import find, mentioned
from ledger.reference.elements import RARE_EARTHS, is_rare_earth
from ledger.reference.forms import base, lookup
from ledger.reference.stages import NEUTRAL
from ledger.reference.words import named, words
from ledger.rules.content import METALLIC, WASTE, most, stated_in

STEPS: Mapping[str, frozenset[str]] = {
    "leached": frozenset({"crack_leach", "separate", "hydromet_recycled"}),
    "separated": frozenset({"separate", "hydromet_recycled"}),
    "reduced": frozenset({"metal_reduce"}),
    "melted": frozenset({"alloy_melt", "hpms", "mill_recycled"}),
    "formed": frozenset({"sinter", "bond"}),
}
"""Steps that a form cannot do without, and the stages any of which takes it. Chosen wide: a wrong alarm on an unusual route
teaches people not to read, and `alloy_melt` from oxide does exist: see `_by_another`."""
_MAGNET = ("melted", "formed")
_LEACHED = frozenset({"leach-liquor", "mixed-carbonate", "mixed-chloride"})
_SEPARATED = frozenset({"oxide", "oxalate", "carbonate", "chloride", "fluoride"})
_ALLOYED = frozenset({"alloy", "strip-cast", "powder"})
NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_LEACHED, ("leached",)),
    **dict.fromkeys(_SEPARATED, ("separated",)),
    "metal": ("separated", "reduced"),
    **dict.fromkeys(("alloy", "strip-cast", "powder", "compact"), ("melted",)),
    **dict.fromkeys(("block", "magnet-ndfeb", "magnet-smco"), _MAGNET),
}
_BY_MASS = frozenset({*NEUTRAL, "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"})
"""Stages at which every input counts by its mass; at the others the heaviest input is what is worked, the rest additives."""
_KEEPS_MASS = frozenset(
    {
        *NEUTRAL,
        *("beneficiate", "separate", "metal_reduce", "dismantle", "powder", "press", "sinter", "machine", "magnetize"),
        *("hpms", "mill_recycled", "bond", "gbd", "coat"),
    }
)
"""Stages whose products weigh no more than what went in; other chemistry adds mass, and so does iron in a reduced alloy. Coating and
diffusion add some hundredths, within the leeway, where no input brings them."""
_UNJOINED = frozenset({"block", "magnet-ndfeb", "magnet-smco"})
"""Forms that assembly leaves as heavy as their inputs; end items hold parts that nobody records."""
_METALLIC = METALLIC | {"eol-magnet", "swarf", "scrap"}
_MINED = frozenset({"ore", "residue"})
"""What comes out of the ground as it is; of a tailings pond, residue."""
_IN_PLACE = ("in-situ", "insitu")
_SEVERAL = 3
_CLAY = ("clay", "clays", "ion-adsorption", "iac")
_SALTS = frozenset(
    {"carbonate", "oxalate", "chloride", "fluoride", "mixed-carbonate", "mixed-chloride", "leach-liquor"}
)
_REAGENTS = frozenset({"separate", "metal_reduce", "hpms", "mill_recycled", "machine"})
LEEWAY, LEEWAY_MINOR, MINOR = 0.15, 0.30, 0.012
"""Relative: scales, analyses and pick-up of oxygen, together and generously; the second for elements below 1.2 % of the outputs. Three standard
uncertainties of the difference of two analyses at 3 and at 5 %, and the rest. Balance proper has its own rules."""
DUST = 1e-9
"""Below this a share is the dust of floating point."""
TRACE = 1e-4
"""Mass fraction of an output below which an element is not asked about: analyses of traces differ by factors."""
PICKED_UP = frozenset(
    {"Fe", "Al", "Mo", "W", "Ni", "Cu", "Ca", "Cr", "Mn", "Ti", "V", "Zn", "Mg", "Na", "K", "Li", "Nb", "Ta", "Zr"}
)
"""Elements of furnaces, cathodes, crucibles, tools, mills and melts of salts."""
PICK_UP = 5e-3
"""How much of an output those may be together: electrolysis in iron vessels gives up to some 0.3 % of iron, tools and crucibles the rest."""
LIGHT = frozenset({"La", "Ce", "Pr", "Nd", "Sm"})
NEIGHBOUR, HEAVY_TRACE = 1e-3, 3e-4
"""Traces of light rare earths and of cobalt; and of the others, of which a magnet is given 0.1 % and more on purpose."""
LEEWAY_METAL = 0.03
"""Metal weighs 74 to 88 % of its oxide or fluoride, so at `metal_reduce` no leeway beyond the scales is due."""
UNASKED = frozenset({"H", "C", "N", "O", "F", "Si", "P", "S", "Cl"})
"""Elements of air, water, reagents and crucibles: they come and go at any stage, and no law asks where from."""
ADDS = frozenset({"coat", "bond", "assemble"})
KEPT = frozenset({"Fe", "B", "Co"})
"""At stages that add other matter (nickel, resin, housings), what a magnet itself is made of beside rare earths."""
WHOLE_HISTORY: Mapping[str, float] = dict.fromkeys(STEPS, 1.0)


class Source(Struct, frozen=True, gc=False):
    """One input of an event, as drawn.

    Attributes:
        mg: how much.
        form: of its lot.
        composition: in force at the draw.
        steps: share of the lot that has taken each step.
    """

    mg: int
    form: str
    composition: Composition | None
    steps: Mapping[str, float]


class Passage(Struct, frozen=True, gc=False):
    """What is known of a lot's way to its form.

    Attributes:
        steps: share of the lot that has taken each step, those that are missing counted as taken once they are in `gap`.
        gap: share whose way to this form no event records.
        excess: share of its mass that no input can have brought.
        reformed: whether a neutral stage changed the form, which is processing under another name.
        renamed: whether a split or repack changed what follows the form, which may be.
    """

    steps: Mapping[str, float]
    gap: float = 0.0
    excess: float = 0.0
    reformed: bool = False
    renamed: bool = False


def passage(output: Output, fact: Fact, sources: Sequence[Source]) -> Passage:
    """The passage of a lot that `fact` creates from `sources` (empty for lots that do not come from lots)."""
    event = fact.event
    if isinstance(event, Extract):
        return _mined(output.form, in_place=leached_in_place(event.deposit or "", event.mineral or "", output.form))
    if not isinstance(event, Transform) or not sources:
        return _OUTSIDE
    whole = sum(item.mg for item in sources)
    largest = None if event.stage in _BY_MASS and whole else max(sources, key=lambda item: item.mg).steps
    taken = {
        step: 1.0
        if event.stage in stages or _by_another(step, event.stage, output)
        else largest[step]
        if largest is not None
        else sum(item.mg * item.steps[step] for item in sources) / whole
        for step, stages in STEPS.items()
    }
    reformed = event.stage in NEUTRAL and base(output.form) not in {"residue", *(base(item.form) for item in sources)}
    # Waste of wet chemistry, furnaces and wet grinding holds what nobody records.
    wasted = WASTE if event.stage in _REAGENTS else frozenset[str]()
    made = sum(
        item.mass.mg * (1.0 - _water(item.composition)) for item in event.outputs if base(item.form) not in wasted
    )
    drawn = whole * (1 + (LEEWAY_METAL if event.stage == "metal_reduce" else LEEWAY))
    alloyed = event.stage == "metal_reduce" and any(base(item.form) in _ALLOYED for item in event.outputs)
    # Metal that is dissolved and separated comes back as oxide, and oxide as salts, which are heavier.
    oxidised = event.stage == "separate" and (
        any(base(item.form) in _METALLIC for item in sources)
        or any(base(item.form) in _SALTS for item in event.outputs)
    )
    keeps = event.stage in _KEEPS_MASS or (event.stage == "assemble" and base(output.form) in _UNJOINED)
    grown = 1.0 - drawn / made if keeps and not (alloyed or oxidised) and made > drawn else 0.0
    renamed = event.stage in ("split", "repack") and output.form not in {item.form for item in sources}
    needs = ("leached",) if _unparted(output) else NEEDS.get(base(output.form), ())
    return _needed(needs, taken, grown, reformed=reformed, renamed=renamed and base(output.form) != "residue")


@lru_cache(maxsize=4096)
def leached_in_place(deposit: str, mineral: str, form: str) -> bool:
    """Whether what was mined may be a leach: of an ion-adsorption clay by its deposit, else by its mineral; or in situ by its form.

    Rare earths are washed off such a clay with a salt. Out of monazite, bastnaesite or xenotime only acid or alkali and heat bring
    them, which is cracking (DOMAIN.md 2.1). A deposit that the table knows is of the mineral that the table has for it.
    """
    known = find(deposit) or mentioned(deposit)
    rock = known.mineral if known is not None else f"{deposit} {mineral}"
    return _speaks_of(form, _IN_PLACE) or _speaks_of(rock, _CLAY)


def _speaks_of(text: str, phrases: tuple[str, ...]) -> bool:
    said = f"-{'-'.join(words(text))}-"
    return any(f"-{phrase}-" in said for phrase in phrases)


def _unparted(output: Output) -> bool:
    """Whether a compound may be of all the rare earths that were leached together, by what its composition states, else its form names.

    Light ones of both kinds, lanthanum or cerium with praseodymium or neodymium; or yttrium with two more; or none at all.
    """
    if base(output.form) not in _SEPARATED:
        return False
    stated = RARE_EARTHS & {element for element, share in stated_in(output.composition or {}).items() if share > MINOR}
    rare = stated or RARE_EARTHS & named(output.form)
    light = not rare.isdisjoint(("La", "Ce")) and not rare.isdisjoint(("Pr", "Nd"))
    return not rare or light or ("Y" in rare and len(rare) >= _SEVERAL)


def _water(composition: Composition | None) -> float:
    stated = (composition or {}).get("H2O")
    return stated.ppb / PPB if stated is not None else 0.0


def _by_another(step: str, stage: str, output: Output) -> bool:
    """Whether what came out shows that a stage took a step that it does not always take.

    A reduction that gives an alloy has melted it; and metal of mixed rare earths (mischmetal) or of none needs no separation of them.
    """
    form = base(output.form)
    if step == "separated":
        return stage == "metal_reduce" and form == "metal" and not _single(output)
    return step == "melted" and stage == "metal_reduce" and form in _ALLOYED


def _single(output: Output) -> bool:
    """Whether a metal is stated to be of separated rare earths: no lanthanum with cerium in it, and some rare earth."""
    stated = {element for element, share in stated_in(output.composition or {}).items() if share > MINOR}
    rare = {element for element in stated if is_rare_earth(element)}
    mixed = "misch" in output.form or {"La", "Ce"} <= rare
    return not mixed and (bool(rare) or not stated)


def _needed(
    needs: tuple[str, ...], taken: Mapping[str, float], grown: float, *, reformed: bool, renamed: bool = False
) -> Passage:
    gap = max([1.0 if reformed else 0.0, *(1.0 - taken[step] for step in needs)])
    steps = _steps(tuple(1.0 if step in needs else share for step, share in taken.items()))
    return Passage(steps, gap if gap > DUST else 0.0, grown, reformed, renamed)


@lru_cache(maxsize=4096)
def _steps(shares: tuple[float, ...]) -> Mapping[str, float]:
    """Shares in the order of `STEPS`; most lots have taken a step whole or not at all, so a few mappings serve all."""
    return dict(zip(STEPS, shares, strict=True))


@lru_cache(maxsize=256)
def _mined(form: str, *, in_place: bool) -> Passage:
    """What is mined is ore, or a leach where it is leached in place; of every other listed form the way from ore is missing."""
    needs = NEEDS.get(base(form), ())
    taken = {step: 1.0 if step in needs or (in_place and step == "leached") else 0.0 for step in STEPS}
    as_mined = lookup(form) is None or base(form) in _MINED or (in_place and base(form) in _LEACHED)
    return Passage(_steps(tuple(taken.values())), 0.0 if as_mined else 1.0)


_OUTSIDE = Passage(WHOLE_HISTORY)
"""The way of a lot from outside the ledger, which is as it is declared."""


def contained(parts: Iterable[tuple[int, Composition | None]]) -> dict[str, float]:
    """Milligrams of each element that parts (mg, composition) are stated to hold together."""
    total: dict[str, float] = {}
    for mg, composition in parts:
        for element, fraction in stated_in(composition).items() if composition else ():
            total[element] = total.get(element, 0.0) + mg * fraction
    return total


def let_pass(element: str, stage: str) -> float:
    """Mass fraction of an output below which nobody asks where an element came from, at a stage.

    Furnaces, tools, cathodes and crucibles give of themselves, and neighbours of the main rare earth come with it below what its
    certificate lists. Dysprosium and terbium are added by the tenth of a per cent, so they are asked below that. Splitting,
    blending and repacking give nothing.
    """
    if stage in NEUTRAL:
        return TRACE
    if element in PICKED_UP:
        return PICK_UP
    if element in LIGHT or element == "Co":
        return NEIGHBOUR
    return HEAVY_TRACE if is_rare_earth(element) else TRACE


def excess(made: float, mass: int, brought: float, trace: float = TRACE) -> float:
    """The share of `made` mg of an element, in outputs of `mass` mg, that inputs which bring at most `brought` cannot explain.

    A leeway and the mass fraction `trace` are let pass.
    """
    able = brought * (1 + (LEEWAY_MINOR if made < MINOR * mass else LEEWAY)) + trace * mass
    return 1.0 - able / made if made > able else 0.0


def unexplained(outputs: Sequence[Output], sources: Sequence[Source], stage: str) -> dict[str, float]:
    """By element, the share in an event's outputs, as stated, that no input can have brought; what is explained is left out.

    What furnaces and tools give is let pass as long as it is `PICK_UP` of the outputs together.
    """
    mass = sum(output.mass.mg for output in outputs)
    stated = contained((item.mg, item.composition) for item in sources)
    found: dict[str, float] = {}
    picked: dict[str, tuple[float, float]] = {}
    for element, made in contained((output.mass.mg, output.composition) for output in outputs).items():
        if element in UNASKED or (stage in ADDS and not (is_rare_earth(element) or element in KEPT)):
            continue
        # What inputs state is at most what they can hold, so most elements need no closer look.
        if excess(made, mass, stated.get(element, 0.0)) > 0:
            able = sum(most(item.mg, item.composition, item.form, element) for item in sources)
            if element in PICKED_UP and stage not in NEUTRAL and (share := excess(made, mass, able)) > 0:
                picked[element] = share, share * made
            elif (share := excess(made, mass, able, let_pass(element, stage))) > 0:
                found[element] = share
    if sum(mg for _share, mg in picked.values()) > PICK_UP * mass:
        found.update((element, share) for element, (share, _mg) in picked.items())
    return found
