"""The words and marks of the page: one for each verdict, so that colour never speaks alone, and plain words for missing figures."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from ledger.reference.countries import CHINESE, COUNTRIES, UNKNOWN
from ledger.reference.stages import STAGES
from ledger.report.headline import BASIS_WORDS, percent
from ledger.rules.catalogue import CATALOGUE

NOT_STATED: Final = "not stated"
BRIEF: Final = 300
"""Characters of a text that stands whole elsewhere on the page."""
NO_SHARE: Final = "stage unknown, no share known"
"""Where a stage of some input is unknown and no share of the lot is: a zero beside it would read as nothing unknown."""


class Tone(Struct, frozen=True):
    """How a verdict is shown.

    Attributes:
        word: what it says.
        name: its class in the style sheet: bad, open, good or none.
        mark: a shape, told apart without colour.
    """

    word: str
    name: str
    mark: str


_BAD, _OPEN, _GOOD, _NONE = ("bad", "\u25b2"), ("open", "\u25c6"), ("good", "\u25cf"), ("none", "\u25cb")
_TONES: Final = {
    "present": Tone("PRESENT", *_BAD),
    "cannot-exclude": Tone("CANNOT BE EXCLUDED", *_OPEN),
    "absent": Tone("ABSENT from what is recorded", *_GOOD),
    "compliant": Tone("compliant", *_GOOD),
    "non-compliant": Tone("non-compliant", *_BAD),
    "cannot-determine": Tone("cannot determine", *_OPEN),
    "not-applicable": Tone("does not apply", *_NONE),
    "clean": Tone("clean", *_GOOD),
    "error": Tone("error", *_BAD),
    "warning": Tone("warning", *_OPEN),
    "info": Tone("info", *_NONE),
    "complete": Tone("complete", *_GOOD),
    "gaps": Tone("has gaps", *_OPEN),
}
WAYS: Final = {
    "mined": "Mined there",
    "processed": "Processed there",
    "transit": "Moved through or held there",
    "owned": "Handled by parties there, or owned from there",
    "technology": "Made with equipment or technology from there",
}
WAY_SHORT: Final = {"transit": "moved or held there", "owned": "handled or owned", "technology": "technology"}
MATERIAL: Final = ("mined", "processed")
KINDS: Final = {
    "reading": "reading of the text",
    "status": "status of the law",
    "pending": "law not in force",
}
_HASH: Final = re.compile(r"[0-9a-f]{16,64}")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Characters that are not seen, or that change how others are read: controls, bidi marks, what has no width, halves of pairs."""


def tone(verdict: object) -> Tone:
    """The tone of a verdict; one that is not known here is shown as it is, and never as good."""
    return _TONES.get(str(verdict), Tone(str(verdict), *_OPEN))


def visible(text: object) -> list[tuple[bool, str]]:
    """A text in pieces: (False, as it is) and (True, `U+202E`) for a character that would not be seen."""
    whole, pieces, end = str(text), [], 0
    for found in _UNSEEN.finditer(whole):
        if found.start() > end:
            pieces.append((False, whole[end : found.start()]))
        pieces.append((True, f"U+{ord(found[0]):04X}"))
        end = found.end()
    if end < len(whole):
        pieces.append((False, whole[end:]))
    return pieces


def unseen(text: object) -> str:
    """A text in which every character that would not be seen is written out: `[U+202E]`."""
    return "".join(f"[{piece}]" if hidden else piece for hidden, piece in visible(text))


def anchor(event: object) -> str | None:
    """`event-<16 hex>` for an event's hash, None for what is none: it goes into an address unescaped."""
    return f"event-{event[:16]}" if isinstance(event, str) and _HASH.fullmatch(event) else None


def kilograms(mass: object) -> str:
    """`10,511 kg`, six significant figures and never less than is there; `not stated` where no number is given."""
    if isinstance(mass, bool) or not isinstance(mass, int | float) or not math.isfinite(mass):
        return NOT_STATED
    if mass and abs(mass) < 1e-6:  # noqa: PLR2004  (a milligram, the least mass that the ledger holds)
        return f"{mass:.1e} kg"
    text = f"{mass:,.{max(0, min(6, 5 - math.floor(math.log10(abs(mass)))))}f}" if mass else "0"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} kg"


def unknown_words(share: float, *, dark: bool) -> str:
    """An unknown share; where it is zero though a stage is unknown, that is what is said."""
    return NO_SHARE if dark and share <= 0 else percent(share)


def held_words(owner: Mapping[str, Any]) -> str:
    """What is known of a party's owners, in a few words."""
    if owner["held"] <= 0 and owner["unknown"] >= 1:
        return NOT_STATED
    if owner["held"] >= 1 and not owner["by"]:
        return "100%: established there"
    return percent(owner["held"])


def stage_title(code: object) -> str:
    """A stage's title; its code where it has none."""
    known = STAGES.get(str(code))
    return known.title if known is not None else str(code)


def country_title(code: object) -> str:
    """`China`; the code itself, whatever it is, where the table has no such country."""
    if code is None or code == "":
        return NOT_STATED
    return str(COUNTRIES.get(str(code), code))


def measured(mass: object, sigma: object) -> str:
    """`10,511 ± 12 kg`; without the uncertainty where none is given."""
    whole = kilograms(mass)
    spread = kilograms(sigma)
    if NOT_STATED in (whole, spread):
        return whole
    return f"{whole.removesuffix(' kg')} \u00b1 {spread}"


def known(code: object) -> bool:
    """Whether a finding's code is in the catalogue, and so may stand in an address."""
    return isinstance(code, str) and code in CATALOGUE


def basis(name: object) -> str:
    """What the shares over the whole lot are shares of."""
    return BASIS_WORDS.get(str(name), str(name))


def stage_tone(shares: Mapping[str, float]) -> str:
    """The class of a stage's cell: `cn` where some of it was done in China, `dark` where some of it is unknown."""
    places = {place for key, share in shares.items() if share > 0 for place in key.split("+")}
    return " ".join(
        name for name, there in (("cn", places & CHINESE), ("dark", places & {"unknown", UNKNOWN})) if there
    )


def brief(texts: Iterable[str]) -> list[str]:
    """Texts that stand whole elsewhere, the long ones cut."""
    return [text if len(text) <= BRIEF else f"{text[:BRIEF]}\u2026 (whole in its row)" for text in texts]
