"""Text that may be said: bounded, one spelling, nothing that hides or reorders what a reader sees."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

END = r"(?![\s\S])"
"""End of input. `$` would let a final newline pass in Python; the published schemas spell this `$` (ECMA-262)."""

# C0 and C1 controls, zero-width and bidirectional formatting, fillers, variation selectors and tags, line and paragraph
# separators, byte order mark: what a reader cannot see, or what moves what a reader sees.
_HIDDEN = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff"
)
# The same, but a line feed is allowed.
_HIDDEN_BUT_NEWLINE = _HIDDEN.replace(r"\u0000-\u001f", r"\u0000-\u0009\u000b-\u001f")

LOT_PATTERN = rf"^(?!\s)[^{_HIDDEN}]{{1,128}}(?<!\s){END}"
ID_PATTERN = rf"^[a-z0-9][a-z0-9._-]{{0,63}}{END}"

PartyId = Annotated[str, Meta(pattern=ID_PATTERN, description="a party's id")]
SiteId = Annotated[str, Meta(pattern=ID_PATTERN, description="a site's id")]
AnyId = Annotated[str, Meta(pattern=ID_PATTERN, description="a party's or a site's id; ids are unique over both")]
LotId = Annotated[
    str,
    Meta(
        pattern=LOT_PATTERN,
        description="1 to 128 characters, NFC, no control or bidirectional characters, no space at the ends",
    ),
]
Origin = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,62}}(?:/[A-Za-z0-9._-]{{1,63}}){{0,7}}{END}",
        max_length=128,
        description="the ledger's name: a schema-less URL (C2SP tlog-checkpoint)",
    ),
]
HexHash = Annotated[str, Meta(pattern=rf"^[0-9a-f]{{64}}{END}", description="SHA-256, lower-case hex")]
Vkey = Annotated[
    str,
    Meta(
        pattern=rf"^[^\s+]{{1,255}}\+[0-9a-f]{{8}}\+[A-Za-z0-9+/]{{44}}{END}",
        description="C2SP signed-note verifier key, Ed25519",
    ),
]
Line = Annotated[str, Meta(pattern=rf"^[^{_HIDDEN}]{{1,200}}{END}", description="one line of text")]
Ref = Annotated[
    str,
    Meta(
        pattern=rf"^(?!\s)[^{_HIDDEN}]{{1,128}}(?<!\s){END}",
        description="the actor's own name for the event, unique per actor",
    ),
]
Prose = Annotated[
    str, Meta(pattern=rf"^[^{_HIDDEN_BUT_NEWLINE}]{{1,4000}}{END}", description="text, line feeds allowed")
]
Instant = Annotated[
    str,
    Meta(
        pattern=(
            r"^(?:19[7-9]|20[0-9]|21[0-9])[0-9]-[0-1][0-9]-[0-3][0-9]T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
            rf"(?:\.[0-9]{{1,6}})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]){END}"
        ),
        description="RFC 3339 date and time with the local offset",
    ),
]
Day = Annotated[
    str,
    Meta(pattern=rf"^(?:19[7-9]|20[0-9]|21[0-9])[0-9]-[0-1][0-9]-[0-3][0-9]{END}", description="RFC 3339 full-date"),
]


@lru_cache(maxsize=1024)
def instant(text: str) -> datetime:
    """Parse an `Instant`; remembered, because the rules ask some seven times for the time of one event.

    Raises:
        ValueError: no such day or time, no offset, or `-00:00` (RFC 3339 4.3: offset unknown; here it must be known).
    """
    if text.endswith("-00:00"):
        raise ValueError("the offset -00:00 means unknown; give the local offset")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset from UTC, as in 2026-03-01T08:30:00+08:00")
    return moment


def check_nfc(text: str) -> None:
    """Refuse a text that is not in Unicode Normalization Form C, so that equal-looking ids are equal.

    Raises:
        ValueError: not NFC (Unicode UAX 15).
    """
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"{text!r} is not in Unicode normalization form C")
