"""What a form's own words say beside the listed form that it begins with: that it is a magnet, or which elements are in it.

`iron-dysprosium` begins with `iron`, which bears no rare earths, and names one; `powder-bonded-magnet` begins with `powder`
and calls itself a magnet. The words settle nothing. They only forbid taking the absence for granted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ledger.reference.elements import ELEMENTS, RARE_EARTHS
from ledger.reference.forms import lookup

MAGNET_WORDS = ("magnet", "rotor", "stator", "motor", "halbach", "generator")
"""Parts of a word that speak of a magnet or of what holds one."""
MATERIAL_WORDS = ("ndfeb", "nefeb", "smco")
"""Of alloy, powder and the like they name the material; of any other form they name a magnet."""
MATERIALS = frozenset({"alloy", "strip-cast", "powder", "compact", "swarf", "scrap", "residue"})
LISTED_MAGNETS = ("magnet-ndfeb", "magnet-smco")
_MINERAL = "magnetit"
"""Magnetite is iron ore and holds no magnet."""
_GROUPS = frozenset({"mischmetal", "didymium", "rare", "ree", "lree", "hree", "treo", "reo", "trem", "tree"})
"""Words for rare earths together; only of two is it agreed which they are."""
_NAMES: Mapping[str, frozenset[str]] = {
    **{element.name.lower(): frozenset({symbol}) for symbol, element in ELEMENTS.items()},
    "iron": frozenset({"Fe"}),
    "boron": frozenset({"B"}),
    "cobalt": frozenset({"Co"}),
    "copper": frozenset({"Cu"}),
    "aluminium": frozenset({"Al"}),
    "aluminum": frozenset({"Al"}),
    "gallium": frozenset({"Ga"}),
    "niobium": frozenset({"Nb"}),
    "zirconium": frozenset({"Zr"}),
    "titanium": frozenset({"Ti"}),
    "nickel": frozenset({"Ni"}),
    "zinc": frozenset({"Zn"}),
    "tin": frozenset({"Sn"}),
    "didymium": frozenset({"Nd", "Pr"}),
    "mischmetal": frozenset({"La", "Ce", "Pr", "Nd"}),
}
_FERRO = "ferro"
"""Begins the name of an alloy with iron: `ferrodysprosium`."""
_SYMBOLS = {
    symbol.lower(): symbol
    for symbol in (*RARE_EARTHS, "Fe", "B", "Co", "Al", "Cr", "Cu", "Ga", "Nb", "Ni", "Sn", "Ti", "Zn", "Zr")
}
"""Elements that are written together in one word: `dyfe`, `prcu`."""
_EARTHS = re.compile("|".join(sorted((ELEMENTS[symbol].name.lower() for symbol in RARE_EARTHS), key=len, reverse=True)))
"""The longest first, since `ytterbium` holds `terbium` and `erbium`."""


def words(text: str) -> tuple[str, ...]:
    """The words of a form or a name, in lower case; whatever is no letter and no digit parts them."""
    return tuple(re.findall(r"[a-z0-9]+", text.casefold()))


@lru_cache(maxsize=4096)
def own_words(form: str) -> tuple[str, ...]:
    """The words after a listed form: `oxide-NdPr` gives `ndpr`. None for a form that no list knows."""
    found = lookup(form)
    return () if found is None else words(form[len(found.name) :])


@lru_cache(maxsize=4096)
def may_be_magnet(form: str) -> bool:
    """Whether material of this form may be a magnet, or hold one, though its form is none of the listed magnets.

    An end-of-life magnet is one that was taken out. Of listed magnets and end items the form itself speaks, so they are not
    asked here.
    """
    found = lookup(form)
    if found is not None and found.name in (*LISTED_MAGNETS, "end-item"):
        return False
    parts = MAGNET_WORDS if found is not None and found.name in MATERIALS else (*MAGNET_WORDS, *MATERIAL_WORDS)
    return any(part in word for word in words(form) if _MINERAL not in word for part in parts)


@lru_cache(maxsize=4096)
def names_rare_earth(form: str) -> bool:
    """Whether a word of the form is a rare earth's name, a group of them, or symbols with a rare earth among them."""
    return any(word in _GROUPS or _elements(word) & RARE_EARTHS for word in words(form))


@lru_cache(maxsize=4096)
def may_bear_rare_earths(form: str) -> bool:
    """Whether material of this form may hold rare earths: the listed form does, none is listed, or the words say so."""
    found = lookup(form)
    return found is None or found.bears_rare_earths or names_rare_earth(form) or may_be_magnet(form)


@lru_cache(maxsize=4096)
def named(form: str) -> frozenset[str]:
    """The elements that the words after a listed form name: by their name, or as symbols written together (`dyfe`)."""
    return frozenset().union(*map(_elements, own_words(form)))


@lru_cache(maxsize=4096)
def named_rare_earths(form: str) -> frozenset[str]:
    """Rare earths that they spell one by one: `oxide-ndpr` gives Nd and Pr. A word for many leaves room for others."""
    return frozenset().union(*(_elements(word) for word in own_words(form) if word not in _GROUPS)) & RARE_EARTHS


def _elements(word: str) -> frozenset[str]:
    """The elements of a word that names them or is symbols and nothing else; the empty set for any other word."""
    if word in _NAMES:
        return _NAMES[word]
    earths = frozenset().union(*(_NAMES[name] for name in _EARTHS.findall(word)))
    if earths:
        return earths | (frozenset({"Fe"}) if word.startswith(_FERRO) else frozenset())
    return _spelt(word)


def _spelt(word: str) -> frozenset[str]:
    ways: dict[int, frozenset[str] | None] = {len(word): frozenset()}
    for start in range(len(word) - 1, -1, -1):
        ways[start] = None
        for length in (2, 1):
            symbol, rest = _SYMBOLS.get(word[start : start + length]), ways.get(start + length)
            if symbol is not None and rest is not None:
                ways[start] = rest | {symbol}
                break
    return ways[0] or frozenset()
