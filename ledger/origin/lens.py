"""What an origin question asks for: China, any other country, or a region such as `CN-XJ`."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from ledger.errors import UsageError
from ledger.reference.countries import CHINESE, is_country, is_region, region
from ledger.rules.provenance import MAYBE, NOT_KNOWN


class Lens(Struct, frozen=True):
    """A question.

    Attributes:
        name: as asked.
        countries: codes that answer it; empty for a region.
        region: the ISO 3166-2 code asked for, None for countries.
    """

    name: str
    countries: frozenset[str]
    region: str | None = None

    def read(self, where: str) -> str:
        """A place as the answer sees it: its code where it is what is asked for, `unknown` where it may be, else empty.

        A country whose region is not stated may be any region of it.
        """
        if where == NOT_KNOWN:
            return NOT_KNOWN
        if where.startswith(MAYBE):
            return NOT_KNOWN if self.read(where.removeprefix(MAYBE)) else ""
        if self.region is None:
            return where if where in self.countries else ""
        if where[:2] != self.region[:2]:
            return ""
        known = region(where) if len(where) > 2 else None  # noqa: PLR2004  (longer than a country)
        return NOT_KNOWN if known is None else known if known == self.region else ""

    def all(self, places: Collection[str]) -> str:
        """Several places of one event: the codes asked for, joined; else `unknown` where one may be; else empty."""
        if len(places) == 1:  # nearly always
            return self.read(*places)
        read = {self.read(where) for where in places}
        hits = sorted(read - {NOT_KNOWN, ""})
        return "+".join(hits) if hits else NOT_KNOWN if NOT_KNOWN in read else ""


CHINA = Lens("CN", CHINESE)
"""China, with Hong Kong and Macao, which are reported under their own codes."""


def lens(text: str) -> Lens:
    """The question that a country or region code asks; `CN` is `CHINA`.

    Raises:
        UsageError: neither an ISO 3166-1 alpha-2 nor the shape of an ISO 3166-2 code.
    """
    code = text.strip().upper()
    if code == CHINA.name:
        return CHINA
    if is_country(code):
        return Lens(code, frozenset({code}))
    if is_region(code) and (known := region(code)) is not None:
        return Lens(known, frozenset(), known)
    raise UsageError(f"{text!r} is no country (ISO 3166-1: CN) and no region (ISO 3166-2: CN-XJ)", field="country")
