"""A chain: a story with its CSV text, and what of it is public and what assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cli.chains.table import events_csv, parties_csv, sites_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.chains.builder import Sheet

FICTION = (
    "Every recorded event, date, mass, assay, contract and certificate is fictional; no company named here took part.",
    "Roles of real companies are assumed; their owners are left blank unless stated below.",
    "Recoveries and yields are chosen inside the bands of stage_yields.csv, most of which are unverified.",
    "Site positions are those of facilities.csv, good to 10-25 km.",
)


@dataclass(frozen=True)
class Chain:
    """One chain, ready to be imported.

    Attributes:
        id: a letter, `a` to `g`.
        slug: a short name for files.
        title: one line.
        summary: what it shows.
        asked_lot: the final lot, to report on.
        public: which numbers and places are public, with their source row.
        assumed: which are assumptions.
        build: makes the rows; called once, when the text is first asked for.
    """

    id: str
    slug: str
    title: str
    summary: str
    asked_lot: str
    public: tuple[str, ...]
    assumed: tuple[str, ...]
    build: Callable[[], Sheet] = field(repr=False)

    @cached_property
    def _sheet(self) -> Sheet:
        return self.build()

    @cached_property
    def parties_csv(self) -> str:
        """The text of parties.csv."""
        return parties_csv(self._sheet.parties)

    @cached_property
    def sites_csv(self) -> str:
        """The text of sites.csv."""
        return sites_csv(self._sheet.sites)

    @cached_property
    def events_csv(self) -> str:
        """The text of events.csv."""
        return events_csv(self._sheet.rows())
