"""Who owns a party: shares multiplied along paths and summed over paths, and shares attributed through control.

*Held* is the product along each path of owners, summed over all paths: of two thirds of a company that holds half, one third.
*Attributed* counts an owner that is itself held to 50 % or more as wholly from there, as rules on controlled entities do (26 U.S.C. 7701(a)(51);
MOFCOM 61/2025 item 2), so it is never less. Cross-holdings are solved by iterating x = direct + W x from zero, whose limit is the least solution.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from ledger.model.entry import Fact, Place
from ledger.model.events import Enrol, Open
from ledger.model.identity import Owner
from ledger.model.quantity import PPB
from ledger.reference.countries import CHINESE, UNKNOWN
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History

OWNED = 0.25
"""25 %: the lowest ownership mark of any rule in data/rules.json (26 U.S.C. 7701(a)(51)(D); 89 FR 37079)."""
MARKS = (0.25, 0.40, 0.50)
"""One holder, holders together (26 U.S.C. 7701(a)(51)(D)), control (7701(a)(51); MOFCOM 61/2025 item 2)."""
CONTROL = 0.5
DUST = 1e-12
ROUNDS = 500
"""Cross-holdings of 99 % settle to 1 % of the rest in so many."""
Stated = tuple[str, tuple[Owner, ...], str]
"""Country, owners, and the hash of the event that states them."""


_NEW = ""
"""Stands for a party that is not in the history yet; no party has this id."""


class Stake(Struct, frozen=True):
    """What of a party is owned from some countries.

    Attributes:
        held: product along paths, summed.
        attributed: the same with controlled owners counted whole; 1 where the party is established there.
        unknown: share whose owner or owner's country is not stated.
        where: a country that the share leads to, empty where there is none.
        by: names of the direct owners that it comes by.
        events: hashes of the statements it rests on.
    """

    held: float
    attributed: float
    unknown: float
    where: str = ""
    by: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def owned(self) -> bool:
        """At or above the lowest mark."""
        return self.attributed >= OWNED - DUST

    @property
    def excluded(self) -> bool:
        """Whether the lowest mark can be excluded."""
        return self.attributed + self.unknown < OWNED - DUST

    @property
    def marks(self) -> tuple[float, ...]:
        """The marks that are reached."""
        return tuple(mark for mark in MARKS if self.attributed >= mark - DUST)


def stake(
    history: History, party: str, countries: Collection[str], when: tuple[Place, datetime] | None = None
) -> Stake:
    """What of a party is owned from `countries`: now, or the worse of what was stated by a place in the log and by a time."""
    if when is None:
        return _solve(lambda name: _newest(history, name), party, countries)
    place, at = when
    if _simple(history, party):
        _place, _at, country, owners, digest = history.parties[party].ownership[0]
        return _alone(party, (country, owners, digest), frozenset(countries))
    recorded = _solve(lambda name: _chosen(history, name, place, None), party, countries)
    happened = _solve(lambda name: _chosen(history, name, place, at), party, countries)
    return max((recorded, happened), key=lambda item: (item.attributed, item.unknown))


def _simple(history: History, party: str) -> bool:
    """Whether time makes no difference: stated once, and no owner is a party."""
    found = history.parties.get(party)
    return found is not None and len(found.ownership) == 1 and not any(owner.party for owner in found.owners)


@lru_cache(maxsize=1024)
def _alone(party: str, stated: Stated, countries: frozenset[str]) -> Stake:
    """Of a party whose one statement is all that counts, so that a trace does not solve it anew for every event of its."""
    return _solve(lambda name: stated if name == party else None, party, countries)


def stake_of(history: History, country: str, owners: tuple[Owner, ...], countries: Collection[str]) -> Stake:
    """The same for a statement that is not in the history yet."""
    return _solve(lambda name: _newest(history, name) if name else (country, owners, ""), _NEW, countries)


def _newest(history: History, name: str) -> Stated | None:
    party = history.parties.get(name)
    if party is None or not party.ownership:
        return None
    _place, _at, country, owners, digest = party.ownership[-1]
    return country, owners, digest


def _chosen(history: History, name: str, place: Place, at: datetime | None) -> Stated | None:
    party = history.parties.get(name)
    if party is None:
        return None
    known = [item for item in party.ownership if (item[0] <= place if at is None else item[1] <= at)]
    if not known and at is not None:
        return _chosen(history, name, place, None)
    item = (known or party.ownership)[-1] if party.ownership else None
    return None if item is None else item[2:]


def _solve(look: Callable[[str], Stated | None], party: str, countries: Collection[str]) -> Stake:
    stated: dict[str, Stated] = {}
    todo = [party]
    while todo:
        name = todo.pop()
        found = look(name) if name not in stated else None
        if found is not None:
            stated[name] = found
            todo += [owner.party for owner in found[1] if owner.party is not None]
    if party not in stated:
        return Stake(0.0, 0.0, 1.0)
    held = dict.fromkeys(stated, 0.0)
    attributed = dict.fromkeys(stated, 0.0)
    unknown = dict.fromkeys(stated, 0.0)
    for _round in range(ROUNDS):
        before = (held[party], attributed[party], unknown[party], sum(attributed.values()), sum(unknown.values()))
        for name, (country, owners, _digest) in stated.items():
            if country in countries:
                held[name] = attributed[name] = 1.0
                continue
            own = [_part(owner, stated, countries, held, attributed, unknown) for owner in owners]
            held[name] = min(sum(part[0] for part in own), 1.0)
            attributed[name] = min(sum(part[1] for part in own), 1.0)
            rest = max(1.0 - sum((owner.ppb or 0) for owner in owners) / PPB, 0.0)
            # A party whose owners nobody states is the end of a path, as a named owner is; the asked one has unknown owners.
            leaf = not owners and name != party
            open_share = (1.0 if country == UNKNOWN else 0.0) if leaf else sum(part[2] for part in own) + rest
            unknown[name] = min(open_share, 1.0 - attributed[name])
        after = (held[party], attributed[party], unknown[party], sum(attributed.values()), sum(unknown.values()))
        if all(abs(one - other) < DUST for one, other in zip(before, after, strict=True)):
            break
    return _told(party, stated, countries, Stake(held[party], attributed[party], unknown[party]), attributed)


def _part(
    owner: Owner,
    stated: Mapping[str, Stated],
    countries: Collection[str],
    held: Mapping[str, float],
    attributed: Mapping[str, float],
    unknown: Mapping[str, float],
) -> tuple[float, float, float]:
    """(held, attributed, unknown) that one owner brings; one from there without a stated share counts the lowest mark."""
    share = OWNED if owner.ppb is None else owner.ppb / PPB
    if owner.country in countries:
        return share, share, 0.0
    if owner.party not in stated:
        dark = owner.country == UNKNOWN
        return 0.0, 0.0, share if dark and owner.ppb is not None else 0.0
    name = owner.party or ""
    if owner.ppb is None and attributed[name] < OWNED:
        return 0.0, 0.0, 0.0  # not stated is in what the statement leaves open
    whole = attributed[name] >= CONTROL - DUST
    dark = owner.country == UNKNOWN and not whole
    return (
        share * held[name],
        share if whole else share * attributed[name],
        0.0 if whole or owner.ppb is None else share * (1.0 - attributed[name] if dark else unknown[name]),
    )


def _told(
    party: str, stated: Mapping[str, Stated], countries: Collection[str], found: Stake, attributed: Mapping[str, float]
) -> Stake:
    """The stake with where it leads and what says so."""
    country, owners, digest = stated[party]
    if country in countries:
        return Stake(1.0, 1.0, 0.0, country, (), (digest,) if digest else ())
    where = ""
    by: list[str] = []
    events = {digest: None} if digest else {}
    seen = {party}
    todo = [(owner, True) for owner in owners]
    while todo:
        owner, direct = todo.pop(0)
        upstream = stated.get(owner.party) if owner.party is not None else None
        counts = owner.country in countries or (upstream is not None and attributed[owner.party or ""] > 0)
        if not counts:
            continue
        if direct:
            by.append(owner.name or owner.party or "")
        if owner.country in countries:
            where = where or owner.country
        if upstream is not None and owner.party not in seen:
            seen.add(owner.party or "")
            events[upstream[2]] = None
            where = where or (upstream[0] if upstream[0] in countries else "")
            todo += [(item, False) for item in upstream[1]]
    return Stake(found.held, found.attributed, found.unknown, where, tuple(by), tuple(events))


def owned(history: History, fact: Fact) -> Iterator[Finding]:
    """Parties established in China or owned from there, through others too, as the registrar states them."""
    event = fact.event
    if isinstance(event, Open):
        for anchor in sorted((event.operator, event.registrar), key=lambda item: item.party):
            if anchor.country in CHINESE:
                message = f"{anchor.party} is established in {anchor.country}"
                yield finding("ORIG-CN-OWNED", f"party:{anchor.party}", message, fact.hash)
                if event.operator.party == event.registrar.party:
                    return
    elif isinstance(event, Enrol):
        found = stake_of(history, event.country, event.owners, CHINESE)
        if found.owned:
            evidence = tuple(digest for digest in found.events if digest)
            yield finding("ORIG-CN-OWNED", f"party:{event.party}", f"{event.party} {told(found)}", fact.hash, *evidence)


def owned_since(history: History) -> Iterator[Finding]:
    """At the end: parties that came to be Chinese-owned because an owner of theirs was stated anew."""
    for name, party in history.parties.items():
        if not party.ownership or not any(owner.party for owner in party.ownership[-1][3]):
            continue
        now = stake(history, name, CHINESE)
        if now.owned and not _then(history, name).owned:
            yield finding(
                "ORIG-CN-OWNED",
                f"party:{name}",
                f"{name} {told(now)}, since an owner of it was stated anew",
                *now.events,
            )


def _then(history: History, name: str) -> Stake:
    """As it was when the party itself was last stated."""
    place = history.parties[name].ownership[-1][0]
    return _solve(lambda other: _chosen(history, other, place, None), name, CHINESE)


def told(found: Stake) -> str:
    """How a party is owned, in words."""
    if found.attributed >= 1.0 and not found.by:
        return f"is established in {found.where}"
    through = ", ".join(found.by)
    if found.attributed - found.held > DUST:
        return (
            f"is held {found.attributed * 100:.3g} % by {through}, owners under control counted whole; the product along the "
            f"paths is {found.held * 100:.3g} %"
        )
    return f"is held {found.held * 100:.3g} % by {through}"
