"""EPC URNs and Digital Links in the one spelling that the event hash uses: a constrained canonical GS1 Digital Link URI.

GS1 EPC Tag Data Standard 2.0, section 6 (URNs); GS1 Digital Link: URI Syntax 1.2, 4.11 (canonical form); CBV 2.0, 8.9, rules 17
and 18. Only for comparing hashes: the ledger keeps identifiers as they are written.
"""

from __future__ import annotations

import re
from typing import NamedTuple

DOMAIN = "https://id.gs1.org"


class Scheme(NamedTuple):
    """How a URN of a scheme becomes a key.

    Attributes:
        key: the application identifier.
        digits: of company prefix and reference together; 0 where they are no digits.
        parts: how many parts stand after the company prefix.
        moved: whether the reference's first digit stands before the company prefix.
        lead: what stands before it.
        checked: whether a check digit ends it.
        qualifier: the application identifier of the last part; `+` appends it, blank ends the key.
    """

    key: str
    digits: int
    parts: int
    moved: bool = False
    lead: str = ""
    checked: bool = True
    qualifier: str = ""


_SCHEMES = {
    "id:sgtin": Scheme("01", 13, 2, moved=True, qualifier="21"),
    "id:sscc": Scheme("00", 17, 1, moved=True),
    "id:sgln": Scheme("414", 12, 2, qualifier="254"),
    "id:grai": Scheme("8003", 12, 2, lead="0", qualifier="+"),
    "id:giai": Scheme("8004", 0, 1, checked=False),
    "id:gsrn": Scheme("8018", 17, 1),
    "id:gsrnp": Scheme("8017", 17, 1),
    "id:gdti": Scheme("253", 12, 2, qualifier="+"),
    "id:cpi": Scheme("8010", 0, 2, checked=False, qualifier="8011"),
    "id:sgcn": Scheme("255", 12, 2, qualifier="+"),
    "id:ginc": Scheme("401", 0, 1, checked=False),
    "id:gsin": Scheme("402", 16, 1),
    "id:itip": Scheme("8006", 13, 4, moved=True, qualifier="21"),
    "id:upui": Scheme("01", 13, 2, moved=True, qualifier="235"),
    "id:pgln": Scheme("417", 12, 1),
    "class:lgtin": Scheme("01", 13, 2, moved=True, qualifier="10"),
    "idpat:sgtin": Scheme("01", 13, 2, moved=True),
    "idpat:grai": Scheme("8003", 12, 2, lead="0"),
    "idpat:gdti": Scheme("253", 12, 2),
    "idpat:sgcn": Scheme("255", 12, 2),
    "idpat:cpi": Scheme("8010", 0, 2, checked=False),
    "idpat:itip": Scheme("8006", 13, 4, moved=True),
    "idpat:upui": Scheme("01", 13, 2, moved=True),
}
_URN = re.compile(r"urn:epc:((?:id|class|idpat):[a-z]+):([0-9]{6,12})\.(.*)")
_WORDS = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018", "gcn": "255",
    "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
_KEYS = {
    "00": (r"[0-9]{18}", ()),
    "01": (r"[0-9]{14}", ("21", "10", "235")),
    "253": (r"[0-9]{13}[^/]{0,17}", ()),
    "255": (r"[0-9]{13}[0-9]{0,12}", ()),
    "401": (r"[^/]{1,30}", ()),
    "402": (r"[0-9]{17}", ()),
    "414": (r"[0-9]{13}", ("254",)),
    "417": (r"[0-9]{13}", ()),
    "8003": (r"[0-9]{14}[^/]{0,16}", ()),
    "8004": (r"[^/]{1,30}", ()),
    "8006": (r"[0-9]{18}", ("21", "10")),
    "8010": (r"[#/0-9A-Z-]{1,30}", ("8011",)),
    "8017": (r"[0-9]{18}", ()),
    "8018": (r"[0-9]{18}", ()),
}
"""Keys with what their values look like and their qualifiers, the finest first."""
_GTIN = 14
_RESERVED = {ord(sign): f"%{ord(sign):02X}" for sign in "!()*+,:"}


def canonical(text: str) -> str:
    """The canonical Digital Link of an EPC URN or of a Digital Link; anything else as it is."""
    if text.startswith("urn:epc:"):
        return _of_urn(text) or text
    return _of_link(text) or text if text.startswith(("http://", "https://")) else text


def check_digit(digits: str) -> int:
    """The check digit of a GS1 key (GS1 General Specifications 7.9.1): weights 3 and 1 from the right."""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def _of_urn(text: str) -> str | None:
    found = _URN.fullmatch(text)
    scheme = _SCHEMES.get(found[1]) if found else None
    if found is None or scheme is None:
        return None
    company = found[2]
    # A part that is empty ends in a point: a company prefix of twelve digits leaves nothing for the reference.
    parts = found[3].split(".", scheme.parts - 1)
    if len(parts) != scheme.parts:
        return None
    reference, rest = parts[0], parts[1:]
    if scheme.digits and (not (company + reference).isascii() or not (company + reference).isdigit()):
        return None
    if scheme.digits and len(company) + len(reference) != scheme.digits:
        return None
    if scheme.moved and not reference:
        return None
    key = reference[0] + company + reference[1:] if scheme.moved else company + reference.translate(_RESERVED)
    key = scheme.lead + key
    if scheme.checked:
        key += str(check_digit(key))
    last = rest.pop() if rest else ""
    key += "".join(rest)
    value = f"{DOMAIN}/{scheme.key}/{key}"
    # `0` as extension means the place itself (EPC Tag Data Standard 6.3.3).
    if not scheme.qualifier or (scheme.qualifier == "254" and last == "0"):
        return value
    last = last.translate(_RESERVED)
    return value + last if scheme.qualifier == "+" else f"{value}/{scheme.qualifier}/{last}"


def _of_link(text: str) -> str | None:
    path = re.sub(r"[?#].*", "", re.sub(r"https?://[^/]*", "", text))
    names = path.strip("/").split("/")
    names = [_WORDS.get(name, name) if not index % 2 else name for index, name in _paired(names)]
    start = next((index for index, name in enumerate(names) if name in _KEYS and index + 1 < len(names)), None)
    if start is None:
        return None
    key, value = names[start], names[start + 1]
    shape, qualifiers = _KEYS[key]
    if key == "01" and re.fullmatch(r"[0-9]{8}|[0-9]{12,13}", value):
        value = value.zfill(_GTIN)
    if not re.fullmatch(shape, value):
        return None
    more = dict(zip(names[start + 2 :: 2], names[start + 3 :: 2], strict=False))
    finest = next((name for name in qualifiers if name in more), None)
    return f"{DOMAIN}/{key}/{value}" + (f"/{finest}/{more[finest]}" if finest else "")


def _paired(names: list[str]) -> list[tuple[int, str]]:
    """Segments of a path, numbered so that those which name a key or qualifier are even, from the first that does."""
    first = next((index for index, name in enumerate(names) if name in _WORDS or name in _KEYS), 0)
    return [(index - first, name) for index, name in enumerate(names)]
