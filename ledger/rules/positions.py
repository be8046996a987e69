"""ORIG-POSITION: coordinates that lie in another country than the site is stated to be in (DOMAIN.md L01)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.reference import countries
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.provenance import MICRODEGREES, positioned_in


def positioned_elsewhere(history: History) -> Iterator[Finding]:
    """One finding for each site whose newest position is not where the site is said to be."""
    for name, (position, fact) in history.positions.items():
        other, stated = positioned_in(history, name), history.country_of_site(name)
        if other is None or stated is None:
            continue
        message = (
            f"site {name} is stated to be in {stated} ({countries.name(stated)}), and its coordinates, latitude "
            f"{position.lat / MICRODEGREES:g} and longitude {position.lon / MICRODEGREES:g}, lie in {other} "
            f"({countries.name(other)}), farther than 30 km from there: what was done at it may have been done in either"
        )
        yield finding("ORIG-POSITION", f"site:{name}", message, fact.hash)
