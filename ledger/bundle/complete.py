"""That a bundle leaves nothing out: of which lots, parties and sites it must show every event, and whether it does.

The log's last entry under a checkpoint is a map, which commits to every event of each subject (`ledger.completeness`). A bundle
holds a proof for each of its subjects, and names what it withholds. Whether the map itself is true only the whole ledger shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from ledger.bundle.family import reached
from ledger.bundle.format import Bundle, MapLeaf, MapSubject, Withheld
from ledger.completeness import Timeline, check
from ledger.counting import every, key_part
from ledger.errors import FormatError
from ledger.model.entry import Fact
from ledger.model.events import Enrol, Event, Key, Open, Retract, Revoke, Ship, Site
from ledger.origin.withdrawn import BROUGHT
from ledger.rules import namesakes
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.seal.merkle import Hash
from ledger.seal.prefix import Proof

Places = Callable[[Iterable[Hash]], tuple[int, ...]]


MOST_MADE = 100
"""Lots made of the asked one that are followed; where there are more, none is."""


def wanted(events: Iterable[Event], lots: Collection[str], made: Collection[str] = ()) -> list[str]:
    """The subjects of which a bundle must show every event, or that there is none, sorted.

    `lots` are those of the ancestry, `made` those that were made of the asked one. The lots that are created here; every party that
    says something here, that a shipment goes to, that a carrier or supplier
    may be, by id or by name, that owns one of these or works one of the sites; every key of one of these; every site where something
    happens or goes to; and what was retracted by whoever brought in a lot of the ancestry. A party or site that is only
    named, as by an attestation of many, is none of them.
    """
    said = list(events)
    owners: dict[str, set[str]] = {}
    called: dict[str, set[str]] = {}
    workers: dict[str, set[str]] = {}
    keys: dict[str, set[str]] = {}
    created: set[str] = set()
    bringers: set[str] = set()
    parties: set[str] = set()
    sites: set[str] = set()
    texts: set[str] = set()
    for event in said:
        created.update(output.lot for output in event.outputs_made)
        if isinstance(event, BROUGHT) and any(output.lot in lots for output in event.outputs_made):
            bringers.add(event.actor)
        parties.add(event.actor)
        match event:
            case Open():
                for anchor in (event.operator, event.registrar):
                    owners.setdefault(anchor.party, set())
                    keys.setdefault(anchor.party, set()).add(key_part(anchor.vkey))
                    parties.add(anchor.party)
            case Enrol():
                owners.setdefault(event.party, set()).update(one.party for one in event.owners if one.party is not None)
                called.setdefault(event.name, set()).add(event.party)
                if event.vkey is not None:
                    keys.setdefault(event.party, set()).add(key_part(event.vkey))
            case Site():
                workers.setdefault(event.site or "", set()).add(event.party)
            case Key():
                keys.setdefault(event.party, set()).add(key_part(event.vkey))
            case Revoke():
                pass
            case _:
                sites.update(() if event.site is None else (event.site,))
        if isinstance(event, Ship):
            parties.add(event.to)
            sites.add(event.to)  # which of the two it is, the registry says
        if (text := namesakes.called(event)) is not None:
            texts.add(text)
    parties |= texts.union(*(called.get(text, ()) for text in texts))
    for site in sites:
        parties |= workers.get(site, set())
    parties = reached(parties, owners)
    followed = made if len(made) <= MOST_MADE else ()
    found = {f"lot:{name}" for name in (*created.intersection(lots), *followed)}
    found |= {f"party:{name}" for name in parties} | {f"site:{name}" for name in sites}
    found |= {f"name:{text}" for text in texts} | {f"key:{key}" for name in parties for key in keys.get(name, ())}
    return sorted(found | {f"retracted:{name}" for name in bringers})


def proven(timelines: Iterable[Timeline], here: Collection[str], places: Places) -> tuple[MapSubject, ...]:
    """The proofs as a bundle holds them, sorted; `here` are the hashes of the bundle's events, `places` puts nodes into its table."""
    found = []
    for item in sorted(timelines, key=lambda one: one.subject):
        withheld = tuple(
            Withheld(place=place, event=digest.hex())
            for place, digest in enumerate(item.events)
            if digest.hex() not in here
        )
        other = item.proof.other
        ends = MapLeaf(key=other[0].hex(), value=other[1].hex()) if other is not None else None
        path = places(item.proof.siblings)
        found.append(MapSubject(subject=item.subject, path=path, withheld=withheld, other=ends))
    return tuple(found)


def judged(
    bundle: Bundle, facts: Sequence[Fact], lots: Collection[str], made: Collection[str], root: Hash | None
) -> Iterator[Finding]:
    """What is withheld from a bundle, or may be: `facts` are those that count, `root` is the map's, None where no map is last."""
    if root is None:
        message = (
            "the checkpoint does not end with a map of version 2: nothing shows that no retraction, revocation, audit, namesake or "
            "shared key was left out"
        )
        yield finding("DATA-WITHHELD", "ledger", message)
        return
    here: dict[str, list[Hash]] = {}
    known: dict[str, Event] = {}
    for fact in facts:
        event = fact.event
        for name in every(event, known.get(event.target) if isinstance(event, Retract) else None):
            here.setdefault(name, []).append(bytes.fromhex(fact.hash))
        known.setdefault(fact.hash, event)
    missing = dict.fromkeys(wanted(known.values(), lots, made))
    for item in bundle.map.subjects:
        missing.pop(item.subject, None)
        hashes = _merged(here.get(item.subject, []), item.withheld)
        try:
            check(root, Timeline(item.subject, tuple(hashes), _proof(bundle, item)))
        except FormatError as error:
            message = f"what is here on {item.subject} is not all that the log's map commits to: {error}"
            yield finding("DATA-WITHHELD", item.subject, message)
            continue
        if item.withheld:
            named = [one.event for one in item.withheld]
            message = f"{len(named)} of {len(hashes)} events on {item.subject} are withheld: {', '.join(named[:4])}"
            yield finding("DATA-WITHHELD", item.subject, message, *named)
    for name in missing:
        yield finding("DATA-WITHHELD", name, f"nothing shows that all there is on {name} is here")
    yield from _replacements(facts, known, lots)


def _proof(bundle: Bundle, item: MapSubject) -> Proof:
    other = None if item.other is None else (bytes.fromhex(item.other.key), bytes.fromhex(item.other.value))
    return Proof(tuple(bundle.hashes(item.path)), other)


def _replacements(facts: Sequence[Fact], known: Mapping[str, Event], lots: Collection[str]) -> Iterator[Finding]:
    """Replacements of what made these lots, named and not here: recorded and withheld, or never recorded, cannot be told apart."""
    refs = {(event.actor, event.ref) for event in known.values()}
    for fact in facts:
        event = fact.event
        void = known.get(event.target) if isinstance(event, Retract) else None
        if not isinstance(event, Retract) or event.replacement is None or void is None:
            continue
        if not any(output.lot in lots for output in void.outputs_made):
            continue  # of other lots nothing is said; what was taken back of them stands as if nothing had replaced it
        if (void.actor, event.replacement) not in refs:
            message = (
                f"a retraction names {event.replacement!r} of {void.actor} as the replacement, which is not here: either it was "
                "withheld, or it was never recorded"
            )
            yield finding("DATA-WITHHELD", f"event:{fact.hash}", message, fact.hash, event.target)


def _merged(here: list[Hash], withheld: Sequence[Withheld]) -> list[Hash]:
    """The events of a subject in the log's order, those that are withheld in their places."""
    found = list(here)
    for item in withheld:
        if item.place > len(found):
            return []
        found.insert(item.place, bytes.fromhex(item.event))
    return found
