"""Stages: what can be done to material on its way from rock to magnet and back.

The order is the chain's, and it is the order in which reports list origin. `extract` events are stage `mine`, `recover`
events are stage `collect`; every other stage is stated by a `transform`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ledger.errors import UsageError

Kind = Literal["origin", "primary", "recycling", "neutral"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; `kind` is origin (material enters the ledger), primary, recycling, or neutral (changes no origin)."""

    code: str
    title: str
    kind: Kind


_ALL = (
    Stage("mine", "Mining", "origin"),
    Stage("beneficiate", "Beneficiation", "primary"),
    Stage("crack_leach", "Cracking and leaching", "primary"),
    Stage("separate", "Separation", "primary"),
    Stage("oxide_to_halide", "Oxide to halide", "primary"),
    Stage("metal_reduce", "Reduction to metal", "primary"),
    Stage("alloy_melt", "Alloy melting", "primary"),
    Stage("powder", "Powder making", "primary"),
    Stage("press", "Pressing", "primary"),
    Stage("sinter", "Sintering", "primary"),
    Stage("bond", "Bonding", "primary"),
    Stage("machine", "Machining", "primary"),
    Stage("gbd", "Grain-boundary diffusion", "primary"),
    Stage("coat", "Coating", "primary"),
    Stage("magnetize", "Magnetizing", "primary"),
    Stage("assemble", "Assembly", "primary"),
    Stage("collect", "Collection", "origin"),
    Stage("dismantle", "Dismantling", "recycling"),
    Stage("hpms", "Hydrogen processing of magnet scrap", "recycling"),
    Stage("mill_recycled", "Milling of recycled material", "recycling"),
    Stage("hydromet_recycled", "Hydrometallurgy of recycled material", "recycling"),
    Stage("blend", "Blending", "neutral"),
    Stage("split", "Splitting", "neutral"),
    Stage("repack", "Repacking", "neutral"),
)

STAGES: Mapping[str, Stage] = MappingProxyType({stage.code: stage for stage in _ALL})
PRIMARY = tuple(stage.code for stage in _ALL if stage.kind == "primary")
RECYCLING = tuple(stage.code for stage in _ALL if stage.kind == "recycling")
NEUTRAL = tuple(stage.code for stage in _ALL if stage.kind == "neutral")
# What a report tells the origin of; a neutral stage mixes or divides shares and makes none.
ORIGIN_STAGES = ("mine", *PRIMARY, "collect", *RECYCLING)

_ORDER = {code: position for position, code in enumerate(STAGES)}


def order(code: str) -> int:
    """A stage's position in the chain, from 0; sorts stages.

    Raises:
        UsageError: no stage has this code.
    """
    position = _ORDER.get(code)
    if position is None:
        raise UsageError(f"{code!r} is not a stage; stages are {' '.join(STAGES)}", field="stage")
    return position
