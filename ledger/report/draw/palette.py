"""Colours of countries: China always the same red, the unknown always grey stripes.

Others take a set that the colour-blind can tell apart (after Okabe and Ito, 2008, without their red and black), at a middle
lightness that shows on white and on dark. The code stands beside every colour: a colour alone says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ledger.reference.countries import CHINESE, UNKNOWN
from ledger.report.draw.text import clean, rows

RED = "#d1232a"
GREY = "#8a8f98"
_SET = (
    "#2f7ed8",  # blue
    "#e09f1f",  # amber
    "#1a9e77",  # green
    "#9a63c4",  # purple
    "#56b4d9",  # sky
    "#a38a3a",  # olive
    "#c77aa9",  # pink
    "#5c6fb1",  # indigo
    "#3fb0a3",  # teal
    "#a8744f",  # brown
)
_USUAL = ("AU", "US", "JP", "MY", "CA", "VN", "KR", "EE", "FR", "MM")
"""Countries of the chain whose colour is the same in every report that has no more than these."""
NOT_DONE = "none"
DARK = "unknown"


def code(value: object) -> str:
    """A country's code to show, `?` for none: an unknown place is never left blank."""
    shown = clean(value)
    return shown if shown and shown not in {UNKNOWN, DARK} else "?"


def chinese(value: object) -> bool:
    """Whether a key of shares names China: alone, with others (`CN+MY`), or as Hong Kong or Macao."""
    return isinstance(value, str) and any(part in CHINESE for part in value.split("+"))


class Palette:
    """The colours of one report.

    `hatch` is the id of the pattern for the unknown in the drawing at hand, since patterns are found by id.
    """

    def __init__(self, countries: Iterable[object]) -> None:
        named = dict.fromkeys(code(item) for item in countries)
        free = [item for item in named if item not in _USUAL and item != "?" and not chinese(item)]
        taken = {item: _SET[_USUAL.index(item)] for item in named if item in _USUAL}
        left = [colour for colour in _SET if colour not in taken.values()] or list(_SET)
        self._colours: Mapping[str, str] = taken | {
            item: left[position % len(left)] for position, item in enumerate(free)
        }

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Palette:
        """The palette of an answer: countries in the order in which its places and lots name them."""
        places = [*rows(answer, "sites"), *rows(answer, "lots"), *rows(answer, "history")]
        legs = [item.get(key) for item in rows(answer, "legs") for key in ("from_country", "to_country")]
        keys: list[object] = []
        origin = answer.get("origin")
        elements = origin.get("elements") if isinstance(origin, dict) else None
        for element in elements.values() if isinstance(elements, dict) else ():
            stages = element.get("stages") if isinstance(element, dict) else None
            shares = [item for item in (stages or {}).values() if isinstance(item, dict)]
            parts = [part for item in shares for key in item for part in str(key).split("+")]
            keys += [part for part in parts if part not in {NOT_DONE, DARK}]
        return cls([*(item.get("country") for item in places), *legs, *keys])

    def line(self, country: object) -> str:
        """For strokes and solid marks."""
        shown = code(country)
        return RED if chinese(shown) else self._colours.get(shown, GREY)

    def fill(self, country: object, hatch: str) -> str:
        """For areas: the unknown is striped."""
        return f"url(#{hatch})" if code(country) == "?" else self.line(country)
