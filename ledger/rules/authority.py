"""SIGN and SEAL-ANCHOR: who may say it. Judged at the event's place in the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.model.entry import Fact, Place
from ledger.model.events import (
    Assay,
    Attest,
    Declare,
    Dispose,
    Enrol,
    Event,
    Extract,
    Key,
    Open,
    Receive,
    Recover,
    Revoke,
    Ship,
    Site,
    Transform,
)
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.rules.history import History

_STOCK = frozenset({"miner", "processor", "recycler", "trader"})
_HANDLERS = _STOCK | {"carrier", "laboratory"}
_MAKERS = frozenset({"processor", "recycler"})
_MINE_STAGES = ("beneficiate", "crack_leach")
_NEUTRAL = ("blend", "split", "repack")
_MAKERS_AND_MINERS = _MAKERS | {"miner"}
_ROLES: Mapping[type[Event], frozenset[str]] = {
    Extract: frozenset({"miner"}),
    Recover: frozenset({"recycler"}),
    Declare: _STOCK,
    Ship: _HANDLERS,
    Receive: _HANDLERS,
    Dispose: _HANDLERS,
    Assay: frozenset({"laboratory"}),
    Attest: frozenset({"auditor"}),
    Open: frozenset({"operator"}),
    Enrol: frozenset({"registrar"}),
}
_OF_A_PARTY = frozenset({Site, Key, Revoke})
FIRST = Place(0, 0)


def roles_for(event: Event) -> frozenset[str] | None:
    """The roles of which the actor needs one to record this event; None where any enrolled party may (DESIGN.md section 4)."""
    if isinstance(event, Transform):
        if event.stage in _NEUTRAL:
            return _HANDLERS
        return _MAKERS_AND_MINERS if event.stage in _MINE_STAGES else _MAKERS
    return _ROLES.get(type(event))


def anchored(history: History, fact: Fact) -> Iterator[Finding]:
    """The first event is `open`, and there is no other."""
    if (fact.place == FIRST) != (type(fact.event) is Open):
        what = "the first event is not `open`" if fact.place == FIRST else "a second `open`"
        yield finding("SEAL-ANCHOR", "ledger", what, fact.hash)
    elif history.opened is not None and history.opened.event.ledger != fact.event.ledger:
        yield finding("SIGN-BINDING", f"event:{fact.hash}", f"speaks for ledger {fact.event.ledger}", fact.hash)


def key_valid(history: History, fact: Fact) -> Iterator[Finding]:
    """The signing key is the party's and not revoked before this entry."""
    if fact.place == FIRST:
        return
    party = history.parties.get(fact.event.actor)
    state = party.keys.get(fact.vkey) if party else None
    if state is None:
        yield finding(
            "SIGN-KEY-UNKNOWN",
            f"party:{fact.event.actor}",
            f"{fact.event.actor} is not enrolled with the key that signed this {fact.event.type}",
            fact.hash,
        )
    elif state.revoked is not None:
        yield finding(
            "SIGN-KEY-REVOKED",
            f"party:{fact.event.actor}",
            f"signed with a key that entry {state.revoked.place.entry} revokes",
            fact.hash,
            state.revoked.hash,
        )


def role_held(history: History, fact: Fact) -> Iterator[Finding]:
    """The actor has a role that may say this."""
    event = fact.event
    if fact.place == FIRST:
        return
    party = history.parties.get(event.actor)
    held = party.roles if party else frozenset[str]()
    needed = roles_for(event)
    if needed is not None and not needed & held:
        what = f"{event.type} at stage {event.stage}" if isinstance(event, Transform) else event.type
        yield finding(
            "SIGN-ROLE",
            f"party:{event.actor}",
            f"{event.actor} ({', '.join(sorted(held)) or 'no role'}) records {what}, which needs {' or '.join(sorted(needed))}",
            fact.hash,
        )
    if (
        type(event) in _OF_A_PARTY
        and isinstance(event, Site | Key | Revoke)
        and event.party != event.actor
        and "registrar" not in held
    ):
        yield finding(
            "SIGN-ROLE",
            f"party:{event.actor}",
            f"{event.actor} records {event.type} for {event.party}; only the registrar or {event.party} may",
            fact.hash,
        )


def site_known(history: History, fact: Fact) -> Iterator[Finding]:
    """The site exists and, where material is worked or moved, is the actor's."""
    event = fact.event
    if event.site is None or type(event) is Site:
        return
    site = history.site_events.get(event.site)
    if site is None:
        yield finding("SIGN-SITE", f"site:{event.site}", f"there is no site {event.site}", fact.hash)
    elif event.SITE_REQUIRED and site.party != event.actor:
        yield finding(
            "SIGN-SITE",
            f"site:{event.site}",
            f"{event.site} is worked by {site.party}, not by {event.actor}",
            fact.hash,
            history.sites[event.site].hash,
        )


def ids_unique(history: History, fact: Fact) -> Iterator[Finding]:
    """Ids are unique over parties and sites; a site stays with its party and in its country.

    A site that could be restated elsewhere would take everything that was worked there with it.
    """
    event = fact.event
    if isinstance(event, Enrol) and event.party in history.sites:
        yield finding("SIGN-ID", f"party:{event.party}", f"{event.party} is already a site's id", fact.hash)
    if not isinstance(event, Site) or event.site is None:
        return
    if event.site in history.parties:
        yield finding("SIGN-ID", f"site:{event.site}", f"{event.site} is already a party's id", fact.hash)
    before = history.site_events.get(event.site)
    if before is not None and (before.party, before.country) != (event.party, event.country):
        yield finding(
            "SIGN-ID",
            f"site:{event.site}",
            f"{event.site} is {before.party}'s site in {before.country}; it cannot become {event.party}'s in {event.country}",
            fact.hash,
            history.sites[event.site].hash,
        )


def names_known(history: History, fact: Fact) -> Iterator[Finding]:
    """Parties and sites that an event names exist; a revoked key is one that the party has."""
    event = fact.event
    parties: list[str] = []
    sites: list[str] = []
    match event:
        case Enrol():
            parties = [owner.party for owner in event.owners if owner.party is not None]
        case Site() | Key() | Revoke():
            parties = [event.party]
        case Attest():
            parties, sites = list(event.parties), list(event.sites)
        case Ship() if event.to not in history.parties:
            sites = [event.to]
        case _:
            return
    for party in parties:
        if party not in history.parties:
            yield finding("SIGN-NAMED", f"party:{party}", f"no party {party} is enrolled", fact.hash)
    for site in sites:
        if site not in history.sites:
            what = "party or site" if isinstance(event, Ship) else "site"
            yield finding("SIGN-NAMED", f"site:{site}", f"there is no {what} {site}", fact.hash)
    if isinstance(event, Revoke) and event.party in history.parties:
        state = history.parties[event.party].keys.get(event.vkey)
        if state is None:
            yield finding("SIGN-NAMED", f"party:{event.party}", "revokes a key that the party does not have", fact.hash)


def key_unshared(history: History, fact: Fact) -> Iterator[Finding]:
    """A new key speaks for no other party (DOMAIN.md L20)."""
    event = fact.event
    vkey = event.vkey if isinstance(event, Enrol | Key) else None
    if vkey is None or not isinstance(event, Enrol | Key):
        return
    holder = history.key_holders.get(vkey.split("+", 2)[2])
    if holder is not None and holder != event.party:
        yield finding(
            "SIGN-KEY-SHARED",
            f"party:{event.party}",
            f"the key of {event.party} is already that of {holder}",
            fact.hash,
        )


def key_lost(history: History, fact: Fact) -> Iterator[Finding]:
    """A revocation that says since when the key was lost puts what was signed after that time in doubt."""
    event = fact.event
    since = event.since_instant if isinstance(event, Revoke) else None
    if not isinstance(event, Revoke) or since is None:
        return
    for earlier in history.facts.values():
        if (
            earlier.vkey == event.vkey
            and earlier.event.actor == event.party
            and max(earlier.event.instant, earlier.recorded) >= since
        ):
            yield finding(
                "SIGN-KEY-LOST",
                f"event:{earlier.hash}",
                f"{earlier.event.type} by {event.party} was signed with a key that was lost since {event.since}",
                earlier.hash,
                fact.hash,
            )
