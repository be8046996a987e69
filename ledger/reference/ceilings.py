"""The most of a rare earth that mined material can hold where nobody has measured it, generously.

The richest deposits mined hold some 15 % TREO (Steenkampskraal, parts of Mt Weld), the richest mineral 78 % as CeO2; of any one
rare earth no pattern of `deposits_reo.csv` has more than its greatest share there. Leaching may leave cerium behind.
"""

from __future__ import annotations

from functools import cache

from ledger.reference.deposits import DEPOSITS
from ledger.reference.elements import content, oxide_factor
from ledger.reference.forms import base

TREO = {"ore": 0.30, "concentrate": 0.78}
"""By form, the greatest mass fraction of rare-earth oxides."""
LEACHED = {"mixed-carbonate": 0.95, "mixed-chloride": 0.95, "leach-liquor": 0.95}
MARGIN, MARGIN_LEACHED = 1.3, 2.0
"""On the greatest share in any pattern; the second where lanthanum and cerium may have been left behind."""


@cache
def ceiling(form: str, element: str) -> float:
    """Mass fraction of a rare earth beyond which unmeasured material of a form cannot hold it; 1 where nothing is known of the form."""
    name = base(form)
    if name in TREO:
        return min(TREO[name] * _share(element) * MARGIN, 1.0)
    if name in LEACHED:
        return min(LEACHED[name] * min(_share(element) * MARGIN_LEACHED, 1 / oxide_factor(element)), 1.0)
    return 1.0


@cache
def _share(element: str) -> float:
    """The greatest mass of the element per mass of TREO in any deposit of the table; scandium stands in none."""
    found = [
        float(percent) / 100 / oxide_factor(element)
        for deposit in DEPOSITS.values()
        for oxide, percent in deposit.pattern.items()
        if (read := content(oxide)) is not None and read[0] == element
    ]
    return max(found, default=1.0)
