"""Deposits and their rare-earth patterns: what the ore of a known place should look like before separation.

Several rows may describe one deposit (its `group`) by different sources. Most rows were not read in a primary text and
say `[unverified]` in `source`; a rule built on them warns and never accuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from ledger.reference.table import Table, read

_DESCRIPTIVE = ("id", "group", "confidence", "deposit", "country", "mineral", "source")


@dataclass(frozen=True, slots=True)
class Deposit:
    """A pattern of a deposit.

    `pattern` is oxide formula -> percent of TREO by mass, about 100 in all; an oxide that is absent is trace or was not
    reported, which is not zero. `confidence` is high, medium or low.
    """

    id: str
    group: str
    confidence: str
    name: str
    country: str
    mineral: str
    pattern: Mapping[str, Decimal] = field(hash=False)
    source: str


def _load() -> Mapping[str, Deposit]:
    return {
        row["id"]: Deposit(
            id=row["id"],
            group=row["group"],
            confidence=row["confidence"],
            name=row["deposit"],
            country=row["country"],
            mineral=row["mineral"],
            pattern=MappingProxyType(
                {oxide: Decimal(cell) for oxide, cell in row.items() if oxide not in _DESCRIPTIVE and cell}
            ),
            source=row["source"],
        )
        for row in read("deposits_reo.csv")
    }


DEPOSITS: Mapping[str, Deposit] = Table(_load)


def _key(text: str) -> str:
    """Case and the kind of space do not tell deposits apart: `Mt Weld` is `mt-weld`."""
    return re.sub(r"[\s_-]+", "-", text.strip().casefold())


@cache
def _index() -> Mapping[str, Deposit]:
    deposits = tuple(DEPOSITS.values())
    index: dict[str, Deposit] = {}
    # In order of precedence: a group that is also some row's id was claimed by that row in the first part.
    for text, deposit in (
        *((deposit.id, deposit) for deposit in deposits),
        *((deposit.group, deposit) for deposit in deposits),
        *((deposit.name, deposit) for deposit in deposits),
    ):
        index.setdefault(_key(text), deposit)
    return index


ALIASES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("baiyun-ebo", "baiyun-obo", "baiyunebo", "baiyunobo", "bayanobo", "bayun-obo"), "bayan-obo"),
        **dict.fromkeys(("mianning", "maoniuping"), "maoniuping"),
        **dict.fromkeys(("zudong", "longnan"), "longnan"),
    }
)
"""Other spellings of places in China that stand in the table."""


def mentioned(text: str) -> Deposit | None:
    """A deposit whose name, or another spelling of it, is among the words of a text: `Bayan Obo East Mine`. For its country alone."""
    words = f"-{_key(re.sub(r'[^0-9A-Za-z]+', ' ', text))}-"
    known = (*ALIASES, *(deposit.group for deposit in DEPOSITS.values()))
    named = next((name for name in sorted(known, key=len, reverse=True) if f"-{name}-" in words), None)
    return _index().get(ALIASES.get(named, named)) if named is not None else None


def find(text: str) -> Deposit | None:
    """A deposit by id, else by group, else by name, whatever the case; None if the table does not know it.

    A group answers with the row that bears the group's name as its id, else with its first row. What follows a comma or a
    parenthesis says where it is: `Bayan Obo, Inner Mongolia` is Bayan Obo.
    """
    return _index().get(_key(text)) or _index().get(_key(re.split(r"[,(;]", text, maxsplit=1)[0]))
