"""ORIG-SITE and ORIG-REGISTER: stages where the registrar, or the public register, knows of none (DOMAIN.md L01, L02)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache

from ledger.model.entry import Fact
from ledger.model.events import Declare, Recover, Transform
from ledger.model.quantity import Composition
from ledger.reference.elements import content, is_rare_earth
from ledger.reference.facilities import FACILITIES
from ledger.reference.forms import lookup
from ledger.reference.stages import NEUTRAL, RECYCLING
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.provenance import NOT_KNOWN, place
from ledger.rules.standing import STAGED, SiteStatements, counted, stage_of

REGISTERED = ("separate", "metal_reduce", "alloy_melt", "sinter")
"""Stages for which a country needs a plant that the public would know of: separation, metal, alloy, sintered magnets.

Bonding and the lesser stages stand in no row of facilities.csv, or are done in every workshop.
"""


def outside_its_stages(history: History, only: Container[str] | None = None) -> Iterator[Finding]:
    """A stage at a site whose stated stages do not include it; one finding for each site and stage, of `only` these events if given."""
    statements = SiteStatements(history)
    found: dict[tuple[str, str], tuple[int, Fact, Fact]] = {}
    for fact in counted(history, *STAGED):
        stage = stage_of(fact)
        if stage is None or stage in NEUTRAL or (only is not None and fact.hash not in only):
            continue
        stated = statements.in_force(fact)
        if stated and not any(_allows(site.stages, stage) for _said, site in stated):
            key = (str(fact.event.site), stage)
            count, first, said = found.get(key, (0, fact, stated[-1][0]))
            found[key] = (count + 1, first, said)
    for (name, stage), (count, first, said) in found.items():
        message = f"{stage} at {name}, whose stated stages do not include it: {count} event(s), first {first.event.at}"
        yield finding("ORIG-SITE", f"site:{name}", message, first.hash, said.hash)


def _allows(stages: tuple[str, ...], stage: str) -> bool:
    """Whether a site that states these stages may perform one; a site that takes scrap apart may collect it."""
    return not stages or stage in stages or (stage == "collect" and any(one in RECYCLING for one in stages))


def outside_the_register(history: History, only: Container[str] | None = None) -> Iterator[Finding]:
    """A stage of rare earths in a country where facilities.csv has no plant for it.

    Performed: one finding for each site and stage, unless the site is itself a row of the table. Declared: one for each lot.
    Of `only` these events, if given.
    """
    performed: dict[tuple[str, str, str], tuple[int, Fact]] = {}
    for fact in counted(history, Transform, Declare, Recover):
        if only is not None and fact.hash not in only:
            continue
        event = fact.event
        if isinstance(event, Transform) and event.stage in REGISTERED:
            country = place(history.country_of_site(event.site))
            if _unheard_of(event.stage, country) and event.site not in FACILITIES and _of_rare_earths(fact):
                key = (str(event.site), event.stage, country)
                count, first = performed.get(key, (0, fact))
                performed[key] = (count + 1, first)
        elif isinstance(event, Declare | Recover):
            places = {stage: place(text) for stage, text in (event.origin or {}).items() if stage in REGISTERED}
            odd = [f"{stage} in {country}" for stage, country in places.items() if _unheard_of(stage, country)]
            for output in event.outputs if odd else ():
                if _bears(output.form, output.composition):
                    message = (
                        f"lot {output.lot} is said to have passed {', '.join(odd)}, where the register has no plant"
                    )
                    yield finding("ORIG-REGISTER", f"lot:{output.lot}", message, fact.hash)
    for (site, stage, country), (count, first) in performed.items():
        message = f"{stage} at {site}: the register has no plant for it in {country}; {count} event(s)"
        yield finding("ORIG-REGISTER", f"site:{site}", message, first.hash)


@cache
def _known() -> frozenset[tuple[str, str]]:
    return frozenset((stage, row.country) for row in FACILITIES.values() for stage in row.stages)


def _unheard_of(stage: str, country: str) -> bool:
    return country != NOT_KNOWN and (stage, country) not in _known()


def _of_rare_earths(fact: Fact) -> bool:
    return any(_bears(output.form, output.composition) for output in fact.event.outputs_made)


def _bears(form: str, composition: Composition | None) -> bool:
    """Whether this is rare-earth material: by its analysis, else by its form."""
    if composition is not None:
        elements = (content(analyte) for analyte, share in composition.items() if share.ppb)
        return "TREO" in composition or any(found is not None and is_rare_earth(found[0]) for found in elements)
    known = lookup(form)
    return known is not None and known.bears_rare_earths
