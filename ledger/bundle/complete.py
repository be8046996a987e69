"""That a bundle leaves nothing out: of which lots, parties and sites it must show every event, and whether it does.

The log's last entry under a checkpoint is a map, which commits to every event of each subject (`ledger.completeness`). A bundle
holds a proof for each of its subjects, and names what it withholds. Whether the map itself is true only the whole ledger shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ledger.bundle.format import Bundle, MapSubject, Withheld
from ledger.completeness import Timeline, check, subjects
from ledger.errors import FormatError
from ledger.model.entry import Fact
from ledger.model.events import Declare, Enrol, Event, Key, Open, Retract, Revoke, Ship, Site
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding
from ledger.seal.merkle import Hash
from ledger.seal.prefix import Proof

Places = Callable[[Iterable[Hash]], tuple[int, ...]]


def wanted(events: Iterable[Event], lots: Collection[str]) -> list[str]:
    """The subjects of which a bundle must show every event, sorted; `lots` are those of the ancestry.

    The lots that are created here; every party that says something here, that a shipment goes to, whose name a carrier or
    supplier is called by, that owns one of these or works one of the sites; every site where something happens or goes to. A party
    or site that is only named, as by an attestation of many, is none of them.
    """
    said = list(events)
    owners: dict[str, set[str]] = {}
    called: dict[str, set[str]] = {}
    workers: dict[str, set[str]] = {}
    created: set[str] = set()
    names: set[str] = set()
    for event in said:
        created.update(output.lot for output in event.outputs_made)
        names.add(event.actor)
        match event:
            case Open():
                for anchor in (event.operator, event.registrar):
                    owners.setdefault(anchor.party, set())
                names |= {event.operator.party, event.registrar.party}
            case Enrol():
                owners.setdefault(event.party, set()).update(one.party for one in event.owners if one.party is not None)
                called.setdefault(event.name, set()).add(event.party)
            case Site():
                workers.setdefault(event.site or "", set()).add(event.party)
            case Key() | Revoke():
                pass
            case _:
                names.update(() if event.site is None else (event.site,))
        names.update(_addressed(event))
    for name in list(names):
        names |= called.get(name, set())
    todo = list(names)
    while todo:
        name = todo.pop()
        new = (owners.get(name, set()) | workers.get(name, set())) - names
        names |= new
        todo += new
    found = {f"lot:{name}" for name in created.intersection(lots)}
    found |= {f"party:{name}" for name in names & owners.keys()} | {f"site:{name}" for name in names & workers.keys()}
    return sorted(found)


def _addressed(event: Event) -> Iterator[str]:
    if isinstance(event, Ship):
        yield event.to
    text = event.supplier if isinstance(event, Declare) else event.carrier if isinstance(event, Ship) else None
    if text is not None:
        yield text


def proven(timelines: Iterable[Timeline], here: Collection[str], places: Places) -> tuple[MapSubject, ...]:
    """The proofs as a bundle holds them, sorted; `here` are the hashes of the bundle's events, `places` puts nodes into its table."""
    found = []
    for item in sorted(timelines, key=lambda one: one.subject):
        withheld = tuple(
            Withheld(place=place, event=digest.hex())
            for place, digest in enumerate(item.events)
            if digest.hex() not in here
        )
        found.append(MapSubject(subject=item.subject, path=places(item.proof.siblings), withheld=withheld))
    return tuple(found)


def judged(bundle: Bundle, facts: Sequence[Fact], lots: Collection[str], root: Hash | None) -> Iterator[Finding]:
    """What is withheld from a bundle, or may be: `facts` are those that count, `root` is the map's, None where no map is last."""
    if root is None:
        message = (
            "the checkpoint does not end with a map: nothing shows that no retraction, revocation or audit was left out"
        )
        yield finding("DATA-WITHHELD", "ledger", message)
        return
    here: dict[str, list[Hash]] = {}
    known: dict[str, Event] = {}
    for fact in facts:
        event = fact.event
        for name in subjects(event, known.get(event.target) if isinstance(event, Retract) else None):
            here.setdefault(name, []).append(bytes.fromhex(fact.hash))
        known.setdefault(fact.hash, event)
    missing = dict.fromkeys(wanted(known.values(), lots))
    for item in bundle.map.subjects:
        missing.pop(item.subject, None)
        hashes = _merged(here.get(item.subject, []), item.withheld)
        try:
            check(root, Timeline(item.subject, tuple(hashes), Proof(tuple(bundle.hashes(item.path)))))
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


def _merged(here: list[Hash], withheld: Sequence[Withheld]) -> list[Hash]:
    """The events of a subject in the log's order, those that are withheld in their places."""
    found = list(here)
    for item in withheld:
        if item.place > len(found):
            return []
        found.insert(item.place, bytes.fromhex(item.event))
    return found
