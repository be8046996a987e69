"""What a form's own words say beside the listed form that it begins with: that it is a magnet, or that rare earths are in it.

`iron-dysprosium` begins with `iron`, which bears no rare earths, and names one; `powder-bonded-magnet` begins with `powder`
and calls itself a magnet. The words settle nothing. They only forbid taking the absence for granted.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ledger.reference.elements import ELEMENTS, RARE_EARTHS
from ledger.reference.forms import lookup

MAGNET_WORDS = ("magnet", "rotor", "stator")
"""Parts of a word that speak of a magnet or of what holds one."""
MATERIAL_WORDS = ("ndfeb", "smco")
"""Of alloy, powder and the like they name the material; of any other form they name a magnet."""
MATERIALS = frozenset({"alloy", "strip-cast", "powder", "compact", "swarf", "scrap", "residue"})
LISTED_MAGNETS = ("magnet-ndfeb", "magnet-smco")
_MINERAL = "magnetit"
"""Magnetite is iron ore and holds no magnet."""
_GROUPS = frozenset({"mischmetal", "didymium", "rare", "ree", "lree", "hree", "treo", "reo", "trem", "tree"})
_BESIDE = ("Fe", "B", "Co", "Cu", "Al", "Ga", "Ni")
"""Elements that are written together with rare earths in one word: `dyfe`, `prcu`."""
_SYMBOL = re.compile(
    "|".join(sorted((symbol.lower() for symbol in (*RARE_EARTHS, *_BESIDE)), key=lambda text: (-len(text), text)))
)


def words(text: str) -> tuple[str, ...]:
    """The words of a form or a name, in lower case; whatever is no letter and no digit parts them."""
    return tuple(re.findall(r"[a-z0-9]+", text.casefold()))


@lru_cache(maxsize=4096)
def may_be_magnet(form: str) -> bool:
    """Whether material of this form may be a magnet though its form is none of the listed magnets.

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
    return any(_names(word) for word in words(form))


@lru_cache(maxsize=4096)
def may_bear_rare_earths(form: str) -> bool:
    """Whether material of this form may hold rare earths: the listed form does, none is listed, or the words say so."""
    found = lookup(form)
    return found is None or found.bears_rare_earths or names_rare_earth(form) or may_be_magnet(form)


@lru_cache(maxsize=4096)
def named_rare_earths(form: str) -> frozenset[str]:
    """Rare earths that the words after a listed form spell, by symbol or name: `oxide-ndpr` gives Nd and Pr."""
    found = lookup(form)
    symbols: set[str] = set()
    for word in words(form[len(found.name) :]) if found is not None else ():
        symbols.update(symbol for symbol in RARE_EARTHS if ELEMENTS[symbol].name.lower() == word)
        spelt = _SYMBOL.findall(word)
        if "".join(spelt) == word:
            symbols.update(symbol.capitalize() for symbol in spelt)
    return frozenset(symbols & RARE_EARTHS)


def _names(word: str) -> bool:
    if word in _GROUPS or any(name in word for name in _rare_names()):
        return True
    symbols = _SYMBOL.findall(word)
    return "".join(symbols) == word and any(symbol.capitalize() in RARE_EARTHS for symbol in symbols)


@lru_cache(maxsize=1)
def _rare_names() -> frozenset[str]:
    return frozenset(ELEMENTS[symbol].name.lower() for symbol in RARE_EARTHS if symbol in ELEMENTS)
