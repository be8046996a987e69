"""ORIG: where material comes from and what of it is Chinese, as facts about material and never as faults of the ledger.

The same predicates serve the findings here and the shares of `ledger.origin`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ledger.model.entry import Fact
from ledger.model.events import Declare, Event, Extract, Receive, Recover, Ship, Transform
from ledger.model.identity import Owner
from ledger.reference import deposits
from ledger.reference.borders import elsewhere
from ledger.reference.countries import CHINESE, UNKNOWN
from ledger.reference.forms import implied_stages
from ledger.reference.headings import may_be
from ledger.reference.stages import NEUTRAL
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.passage import unexplained

MICRODEGREES = 10**6
MAYBE = "?"
"""Begins a place that an event may have happened at, against what is stated: `?CN` where a site's position lies in China."""
NOT_KNOWN = "unknown"
"""Key of a share whose country nobody states: unknown, withheld, ZZ or silent."""
OWNED_PPB = 250_000_000
"""25 %: the lowest ownership mark of any rule in data/rules.json (26 USC 7701(a)(51)(D))."""
_STANDING = (Receive, Ship, Declare, Recover)
_EITHER = (frozenset({"press", "sinter"}), frozenset({"bond"}))


def place(text: str | None) -> str:
    """A country code, or `NOT_KNOWN` for unknown, withheld, ZZ and None."""
    return NOT_KNOWN if text in (None, UNKNOWN, "unknown", "withheld") else str(text)


def stated_origin(event: Declare | Recover, form: str) -> Mapping[str, str]:
    """Place by stage of a lot brought in from outside: what is stated, and `NOT_KNOWN` for what its form implies besides.

    A stage that is stated as `none` was not performed, on the word of who declares it. Sintering and bonding exclude each
    other, so a declaration that states one does not leave the other unknown.
    """
    stated: dict[str, str] = {stage: place(text) for stage, text in (event.origin or {}).items() if text != "none"}
    implied = set(implied_stages(form)) - {stage for stage, text in (event.origin or {}).items() if text == "none"}
    for one, other in (_EITHER, _EITHER[::-1]):
        if one & stated.keys() and not other & stated.keys():
            implied -= other
    return {**dict.fromkeys(sorted(implied), NOT_KNOWN), **stated}


def mined_in(history: History, event: Extract, *, regions: bool = False) -> frozenset[str]:
    """Countries of mining: the site's, and the event's and the deposit's where they are stated; all that disagree.

    A site whose country is not known stays unknown beside whatever the event states. With `regions`, a site's regions stand in
    the place of its country.
    """
    here = worked_in(history, event)
    places = set(places_of(history, event, regions=regions))
    if place(event.country) not in (NOT_KNOWN, here):
        places.add(place(event.country))
    named = event.deposit
    deposit = deposits.find(named) or deposits.mentioned(named) if named is not None else None
    if deposit is not None and deposit.country != here:
        places.add(deposit.country)
    return frozenset(places)


def worked_in(history: History, event: Event) -> str:
    """The country of the site where an event happened."""
    return place(history.country_of_site(event.site))


def positioned_in(history: History, site: str | None) -> str | None:
    """The country deep in which a site's newest position lies, although it is stated to be in another."""
    stated, found = history.country_of_site(site), history.positions.get(site or "")
    if stated is None or found is None:
        return None
    lat, lon = found[0].lat / MICRODEGREES, found[0].lon / MICRODEGREES
    return elsewhere(stated, lat, lon) if (lat, lon) != (0.0, 0.0) else None


def joined(places: Iterable[str]) -> str:
    """Several places as the key of a share, those that only may be so among them: `CN+MY`."""
    return "+".join(sorted({where.removeprefix(MAYBE) for where in places}))


def places_of(history: History, event: Event, *, regions: bool = False) -> frozenset[str]:
    """The country of the site where an event happened; with `regions`, every region that was ever stated of it, if one was.

    A site that is stated anew in another region does not leave the first one behind; and one whose position lies in another
    country may be there.
    """
    stated = history.regions.get(event.site or "") if regions else None
    here = frozenset(stated) if stated else frozenset({worked_in(history, event)})
    other = positioned_in(history, event.site)
    return here if other is None else here | {MAYBE + other}


def chinese_owners(owners: tuple[Owner, ...]) -> tuple[int, tuple[str, ...]]:
    """Direct Chinese ownership in ppb and the owners' names; an owner without a stated share counts from the mark."""
    chinese = [owner for owner in owners if owner.country in CHINESE]
    share = sum(OWNED_PPB if owner.ppb is None else owner.ppb for owner in chinese)
    return share, tuple(owner.name or owner.party or "" for owner in chinese)


def transit_places(history: History, event: Event, *, regions: bool = False) -> frozenset[str]:
    """Places where material was without a stage being performed: on the way, received, brought in, re-lotted."""
    places: set[str] = set()
    if isinstance(event, Ship):
        places |= {place(code) for code in _on_the_way(history, event)}
    if isinstance(event, _STANDING) or (isinstance(event, Transform) and event.stage in NEUTRAL):
        places |= places_of(history, event, regions=regions)
    return frozenset(places)


def destination(history: History, event: Ship) -> str | None:
    """The country that a shipment goes to: of the site named, or of the named party's sites where they agree."""
    there = history.country_of_site(event.to)
    if there is not None:
        return there
    countries = {history.country_of_site(name) for name, site in history.site_events.items() if site.party == event.to}
    return countries.pop() if len(countries) == 1 else None


def _on_the_way(history: History, event: Ship) -> tuple[str, ...]:
    """Countries of a route between its ends; an end that is not where the sites are lies on the way too."""
    route = event.route
    if not route:
        return ()
    first = route[:1] if route[0] != history.country_of_site(event.site) else ()
    last = route[-1:] if route[-1] != destination(history, event) else ()
    return (*first, *route[1:-1], *last)


def miscoded(history: History, event: Event) -> frozenset[str]:
    """Forms that are shipped under an HS code which none of them can honestly have; empty where one can. A lot that is not known has none."""
    if not isinstance(event, Ship) or event.hs is None:
        return frozenset()
    lots = [history.lots.get(draw.lot) for draw in event.lots]
    forms = frozenset(lot.output.form for lot in lots if lot is not None)
    return frozenset() if any(may_be(form, event.hs) for form in forms) else forms


def passed(history: History, event: Ship) -> frozenset[str]:
    """Every known country that a shipment leaves, goes through or goes to."""
    ends = (worked_in(history, event), place(destination(history, event)))
    return frozenset({*ends, *map(place, event.route)} - {NOT_KNOWN})


def mined(history: History, fact: Fact) -> Iterator[Finding]:
    """Extraction in China, or where event and site disagree."""
    event = fact.event
    if not isinstance(event, Extract):
        return
    places = frozenset(where for where in mined_in(history, event) if not where.startswith(MAYBE))
    for output in event.outputs:
        if places & CHINESE:
            yield finding(
                "ORIG-CN-MINED",
                f"lot:{output.lot}",
                f"lot {output.lot} was mined in {'+'.join(sorted(places))}",
                fact.hash,
            )
        if NOT_KNOWN in places:
            yield finding(
                "ORIG-UNKNOWN", f"lot:{output.lot}", f"lot {output.lot}: country of mining unknown", fact.hash
            )
        if len(places - {NOT_KNOWN}) > 1:
            yield finding(
                "ORIG-COUNTRY",
                f"lot:{output.lot}",
                f"lot {output.lot}: site, event and deposit speak of {', '.join(sorted(places))}",
                fact.hash,
            )


def brought_in(history: History, fact: Fact) -> Iterator[Finding]:  # noqa: ARG001  (one signature for every rule)
    """Declared and recovered lots: Chinese stages, stages not stated, and that the rest is only declared."""
    event = fact.event
    if not isinstance(event, Declare | Recover):
        return
    for output in event.outputs:
        origin = stated_origin(event, output.form)
        subject = f"lot:{output.lot}"
        word = "declared" if isinstance(event, Declare) else "recovered"
        chinese = [stage for stage, where in origin.items() if where in CHINESE]
        if "mine" in chinese:
            yield finding(
                "ORIG-CN-MINED", subject, f"lot {output.lot} is {word} as mined in {origin['mine']}", fact.hash
            )
        processed = [stage for stage in chinese if stage != "mine"]
        if processed:
            stages = ", ".join(f"{stage} in {origin[stage]}" for stage in processed)
            yield finding("ORIG-CN-PROCESSED", subject, f"lot {output.lot} is {word} with {stages}", fact.hash)
        missing = [stage for stage, where in origin.items() if where == NOT_KNOWN]
        if missing:
            yield finding(
                "ORIG-UNKNOWN", subject, f"lot {output.lot} is {word} without {', '.join(missing)}", fact.hash
            )
        if len(missing) < len(origin):
            yield finding(
                "ORIG-DECLARED", subject, f"lot {output.lot}: earlier stages are {word}, not recorded", fact.hash
            )


def processed(history: History, fact: Fact) -> Iterator[Finding]:
    """A stage at a Chinese site, or Chinese equipment or technology."""
    event = fact.event
    if not isinstance(event, Transform):
        return
    where = worked_in(history, event)
    if event.stage not in NEUTRAL and where in CHINESE:
        for output in event.outputs:
            yield finding(
                "ORIG-CN-PROCESSED",
                f"lot:{output.lot}",
                f"lot {output.lot}: {event.stage} in {where} at {event.site}",
                fact.hash,
            )
    used = [
        f"{item.what} ({item.country})" for item in (*event.equipment, *event.technology) if item.country in CHINESE
    ]
    if used:
        yield finding(
            "ORIG-CN-TECHNOLOGY",
            f"event:{fact.hash}",
            f"{event.stage} at {event.site} uses {', '.join(used)}",
            fact.hash,
        )


def arrived(history: History, fact: Fact) -> Iterator[Finding]:
    """No more arrives than was created, beyond the noise."""
    event = fact.event
    for draw in event.lots if isinstance(event, Receive) and event.result == "accepted" else ():
        lot = history.lots.get(draw.lot)
        share = lot.unexplained(draw.mass, history.tolerances) if lot is not None and draw.mass is not None else 0.0
        if share > 0:
            whole = (
                max(1.0 - lot.explained_mg / draw.mass.mg, share)
                if lot is not None and draw.mass is not None
                else share
            )
            message = f"lot {draw.lot} arrives with {whole:.2%} more than is left of what was created, {share:.2%} beyond the noise"
            yield finding("ORIG-EXCESS", f"lot:{draw.lot}", message, fact.hash)


def made_from(history: History, fact: Fact) -> Iterator[Finding]:
    """A lot's form has the stages behind it that it needs, and no more comes out than went in."""
    event = fact.event
    if not event.outputs_made:
        return
    sources = history.sources(event, fact.hash)
    what = event.type
    worst: dict[str, float] = {}
    if isinstance(event, Transform):
        what = f"{event.stage} of {', '.join(sorted({item.form for item in sources}))}"
        if len(sources) == len(event.inputs):
            worst = unexplained(event.outputs, sources, event.stage)
    for output, way in zip(event.outputs_made, history.passages(fact), strict=True):
        subject = f"lot:{output.lot}"
        if way.gap > 0:
            message = f"lot {output.lot} is {output.form} by {what}: no event records how"
            yield finding("ORIG-GAP", subject, message, fact.hash)
        over = {**worst, **({"mass": way.excess} if way.excess > 0 else {})}
        if over:
            each = ", ".join(f"{name} {share:.1%}" for name, share in over.items())
            message = f"lot {output.lot}: not explained by what went into {what}: {each}"
            yield finding("ORIG-EXCESS", subject, message, fact.hash)


def in_transit(history: History, fact: Fact) -> Iterator[Finding]:
    """Material that was in China without a stage being performed there."""
    event = fact.event
    places = transit_places(history, event) & CHINESE
    if places:
        lots = [draw.lot for draw in event.draws] or [output.lot for output in event.outputs_made]
        for lot in lots:
            yield finding(
                "ORIG-CN-TRANSIT", f"lot:{lot}", f"lot {lot} was in {'+'.join(sorted(places))}: {event.type}", fact.hash
            )
