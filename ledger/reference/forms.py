"""Forms of material, and the stages that material in a form has behind it.

A form may be followed by `-` and what it is of or how it was made: `oxide-ndpr`, `metal-ga`, `magnet-ndfeb-sintered`.

The implied stages answer one question: when a lot enters the ledger from outside, of which stages must its declaration
speak? Whatever it does not state is unknown, and unknown is never clean. So they are the stages that such material has
passed or may have passed, and a form that is not listed implies the whole chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from ledger.reference.stages import PRIMARY


@dataclass(frozen=True, slots=True)
class Form:
    """A form; `implied` are stage codes in chain order, of the form without a suffix."""

    name: str
    title: str
    implied: tuple[str, ...]
    bears_rare_earths: bool = True


_EVERYTHING = ("mine", *PRIMARY)

_ORE = ("mine",)
_CONCENTRATE = (*_ORE, "beneficiate")
_LEACHED = (*_CONCENTRATE, "crack_leach")
_SEPARATED = (*_LEACHED, "separate")
_HALIDE = (*_SEPARATED, "oxide_to_halide")
_METAL = (*_HALIDE, "metal_reduce")
_ALLOY = (*_METAL, "alloy_melt")
_POWDER = (*_ALLOY, "powder")
_COMPACT = (*_POWDER, "press")
_BLOCK = (*_COMPACT, "sinter")
# Diffusion is done to some finished magnets and leaves no mark on the form, so whatever was coated may have had it.
# Where the form does not say sintered or bonded, either may have been.
_SHAPED = (*_BLOCK, "bond", "machine", "gbd", "coat")
_MAGNET = (*_SHAPED, "magnetize")
_ASSEMBLED = (*_MAGNET, "assemble")
# Iron and boron come to the melt by their own way: no cracking, no separation of rare earths.
_REDUCED = (*_CONCENTRATE, "metal_reduce")

_ALL = (
    Form("ore", "Ore", _ORE),
    Form("concentrate", "Mineral concentrate", _CONCENTRATE),
    Form("mixed-carbonate", "Mixed rare-earth carbonate", _LEACHED),
    Form("mixed-chloride", "Mixed rare-earth chloride", _LEACHED),
    Form("leach-liquor", "Leach liquor", _LEACHED),
    Form("oxide", "Separated oxide", _SEPARATED),
    Form("oxalate", "Separated oxalate", _SEPARATED),
    Form("carbonate", "Separated carbonate", _SEPARATED),
    Form("fluoride", "Fluoride", _HALIDE),
    Form("chloride", "Separated chloride", _SEPARATED),
    Form("metal", "Metal", _METAL),
    Form("alloy", "Alloy", _ALLOY),
    Form("ferroboron", "Ferroboron", _REDUCED, bears_rare_earths=False),
    Form("iron", "Iron", _REDUCED, bears_rare_earths=False),
    Form("strip-cast", "Strip-cast flake", _ALLOY),
    Form("powder", "Magnet powder", _POWDER),
    Form("compact", "Pressed compact", _COMPACT),
    Form("block", "Sintered block", _BLOCK),
    Form("magnet-ndfeb", "NdFeB magnet", _MAGNET),
    Form("magnet-smco", "SmCo magnet", _MAGNET),
    Form("end-item", "End item with magnets", _ASSEMBLED),
    Form("swarf", "Grinding swarf", _SHAPED),
    Form("eol-magnet", "End-of-life magnet", _ASSEMBLED),
    Form("scrap", "Magnet scrap", _MAGNET),
    Form("residue", "Residue", _EVERYTHING),
)

FORMS: Mapping[str, Form] = MappingProxyType({form.name: form for form in _ALL})


@lru_cache(maxsize=4096)
def lookup(form: str) -> Form | None:
    """The form that a lot's form text is or begins with, the longest one; None if it is none of the listed forms.

    A suffix begins with `-` and is not empty: `oxide-ndpr` is an oxide, `oxides` and `oxide-` are not.
    """
    base = form
    while base:
        if base in FORMS and form[len(base) :] != "-":
            return FORMS[base]
        base, _, _ = base.rpartition("-")
    return None


def base(form: str) -> str:
    """The listed form that a form is, else the form itself."""
    found = lookup(form)
    return found.name if found is not None else form


@lru_cache(maxsize=4096)
def implied_stages(form: str) -> tuple[str, ...]:
    """The stages that material of this form has passed or may have passed, in chain order.

    A suffix that says `bonded` puts `bond` in place of `press` and `sinter`, one that says `sintered` takes `bond` away.
    An unlisted form implies every stage from mine to assembly.
    """
    found = lookup(form)
    if found is None:
        return _EVERYTHING
    words = form[len(found.name) :].split("-")
    stages = set(found.implied)
    if "press" in stages and found.name != "residue":
        if "bonded" in words:
            stages = {*stages, "bond"} - {"press", "sinter"}
        elif "sintered" in words:
            stages -= {"bond"}
    return tuple(code for code in _EVERYTHING if code in stages)
