"""Countries by ISO 3166-1 alpha-2 code, and the shape of ISO 3166-2 region codes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ledger.reference.table import Table, read

# Hong Kong and Macao are special administrative regions of the People's Republic of China with codes of their own.
# Unknown is never clean: by the code alone a stage or an owner there cannot be told from one on the mainland, so they
# count as China in every question about China. Each is still reported under its own code.
CHINESE = frozenset({"CN", "HK", "MO"})

# ISO 3166-1 leaves ZZ to its users: here it says "not known". It is not a country, and never clean.
UNKNOWN = "ZZ"

# ISO 3166-2:CN since 2017; before, the numbers of GB/T 2260 stood in the letters' place.
_CHINA = [
    "11",
    "BJ",
    "12",
    "TJ",
    "13",
    "HE",
    "14",
    "SX",
    "15",
    "NM",
    "21",
    "LN",
    "22",
    "JL",
    "23",
    "HL",
    "31",
    "SH",
    "32",
    "JS",
    "33",
    "ZJ",
    "34",
    "AH",
    "35",
    "FJ",
    "36",
    "JX",
    "37",
    "SD",
    "41",
    "HA",
    "42",
    "HB",
    "43",
    "HN",
    "44",
    "GD",
    "45",
    "GX",
    "46",
    "HI",
    "50",
    "CQ",
    "51",
    "SC",
    "52",
    "GZ",
    "53",
    "YN",
    "54",
    "XZ",
    "61",
    "SN",
    "62",
    "GS",
    "63",
    "QH",
    "64",
    "NX",
    "65",
    "XJ",
    "71",
    "TW",
    "91",
    "HK",
    "92",
    "MO",
]
CHINESE_REGIONS = {f"CN-{number}": f"CN-{letters}" for number, letters in zip(_CHINA[::2], _CHINA[1::2], strict=True)}

# ISO 3166-2: the country's code, a hyphen, one to three letters or digits.
REGION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")


def _load() -> Mapping[str, str]:
    return {row["code"]: row["name"] for row in read("countries.csv")}


COUNTRIES: Mapping[str, str] = Table(_load)


def is_country(code: str) -> bool:
    """Whether ISO 3166-1 assigns this code. `ZZ` is not assigned: who may say "not known" admits `UNKNOWN` by name."""
    return code in COUNTRIES


def name(code: str) -> str:
    """The plain English name of a country, `not known` for `ZZ`; a code without a name is its own name."""
    return "not known" if code == UNKNOWN else COUNTRIES.get(code, code)


def region(code: str) -> str | None:
    """A region by its present code, from an older one too; None for a code that is none of its country's, as far as that is known."""
    found = CHINESE_REGIONS.get(code, code)
    return None if found.startswith("CN-") and found not in CHINESE_REGIONS.values() else found


def is_region(text: str) -> bool:
    """Whether this has the shape of an ISO 3166-2 code and begins with a country's: `CN-XJ`.

    Subdivisions are not listed, so `CN-QQ` passes.
    """
    shape = REGION.fullmatch(text)
    return shape is not None and is_country(shape[1])
