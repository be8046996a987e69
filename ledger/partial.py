"""What only a whole ledger shows: a bundle leaves it unchecked, and a report that is made from one says so first of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ONLY_WHOLE: Final = (
    (
        "truth of the map",
        (
            "that no event on these lots, parties and sites was left out rests on the operator's map, which only who reads the whole "
            "ledger can work out anew"
        ),
    ),
    (
        "other lots",
        "an event that touches a lot which is not here, as a load of several, is judged only by what its own words bear out",
    ),
    (
        "later draws",
        "whether what drew on these lots balances is not in a bundle; what became of what was made of the lot is, as far as 100 lots",
    ),
    ("sites as a whole", "drift, injection, capacity and default uncertainties need every event of a site"),
    (
        "papers, analyses and figures used again, and what was written off elsewhere",
        (
            "they are compared within this bundle, analyses and figures where an event is of its lots alone; not with the other lots of the "
            "ledger; nor are carriers and suppliers with parties of nearly the same name that are not here"
        ),
    ),
    (
        "what others withdrew",
        (
            "whether a party that brought in nothing here retracted a lot like one of these; such retractions are here only as far as who "
            "made the bundle put them in"
        ),
    ),
    ("numbers of references", "whether an actor used a `ref` for an event that is not here"),
    ("other entries", "faults of entries that are not here: their hashes, chain, signatures and times"),
)
"""What is not checked, and why."""

_NAMES: Final = frozenset(what for what, _why in ONLY_WHOLE)


def scope(not_checked: Iterable[str]) -> str | None:
    """How far an answer reaches that leaves some of it unchecked, as a clause; None for an answer of a whole ledger.

    A finding on another lot of the ledger, such as a paper used twice, makes `absent` into `cannot-exclude`; so an answer of a
    bundle is not the ledger's, and is no more than what the bundle shows.
    """
    left = len(_NAMES.intersection(not_checked))
    if not left:
        return None
    return f"as far as this bundle shows; {left} things that only the whole ledger shows were not checked"
