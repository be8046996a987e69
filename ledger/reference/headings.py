"""Which headings of the Harmonized System a form of material can honestly be shipped under.

Wide on purpose: a heading stands here wherever some customs office could see the goods so. What is left is clearly another
thing, as when a rare-earth oxide travels as iron oxide or a magnet as a work of art. [unverified]: made from the headings'
titles in the HS 2022 nomenclature and from CBP rulings HQ 960824 (NdFeCo ingot) and HQ 562803 (magnetic sheet), not from a
tariff office; so it may warn and never accuses.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.reference.forms import lookup

_MINERALS = ("25", "26")  # salt, earths, stone; ores, slag and ash (2530, 2612, 2614, 2615, 2617)
_CONVERTED = (
    "2846",
    "2844",
    "2805",
    "2853",
    "3824",
)  # rare-earth compounds; radioactive; metals; other compounds; mixtures
_OXIDE = (*_CONVERTED, "2825", "3405", "3815")  # other metal oxides; polishing powder; catalysts
_SALT = (
    *_CONVERTED,
    "2826",
    "2827",
    "2836",
    "2842",
    "2917",
    "3815",
)  # fluorides, chlorides, carbonates, other, oxalates
_METAL = ("2805", "2846", "3606", "3824", "81")  # rare-earth metals; ferrocerium; other base metals (gallium, cobalt)
_ALLOY = (*_METAL, "7202", "7205", "7206", "7207", "7218", "7224", "7226", "7228", "7229")
_PRESSED = (
    *_ALLOY,
    "8505",
)  # 8505: permanent magnets and articles intended to become some after magnetisation; a melt, flakes and powder are none
_MAGNET = ("8505", "84", "85", "87", "88", "90")  # magnets; parts of the machines that they are made for
_WASTE = (*_PRESSED, *_MINERALS, "2825", "38", "72", "84", "85", "87", "90")

_ADMITTED: Mapping[str, tuple[str, ...]] = {
    "ore": _MINERALS,
    "concentrate": (*_MINERALS, "2846", "2844"),
    "mixed-carbonate": (*_SALT, *_MINERALS, "3825"),
    "mixed-chloride": (*_SALT, *_MINERALS, "3825"),
    "leach-liquor": (*_SALT, *_MINERALS, "3825"),
    "oxide": _OXIDE,
    "oxalate": _SALT,
    "carbonate": _SALT,
    "chloride": _SALT,
    "fluoride": _SALT,
    "metal": _METAL,
    "alloy": _ALLOY,
    "strip-cast": _ALLOY,
    "powder": _ALLOY,
    "compact": _PRESSED,
    "block": (*_ALLOY, *_MAGNET),
    "magnet-ndfeb": _MAGNET,
    "magnet-smco": _MAGNET,
    "ferroboron": ("72", "2850", "81"),
    "iron": ("72", "73"),
    "swarf": _WASTE,
    "scrap": _WASTE,
    "eol-magnet": _WASTE,
}
"""Headings or chapters by form. `end-item`, `residue` and forms that are not listed can be anything."""


def may_be(form: str, code: str) -> bool:
    """Whether goods of this form can honestly be declared under this HS code (4 to 10 digits)."""
    known = lookup(form)
    admitted = _ADMITTED.get(known.name) if known is not None else None
    return admitted is None or code.startswith(admitted)
