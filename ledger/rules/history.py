"""What a ledger has said so far, folded fact by fact: the state that rules look at.

Folding never judges and never fails on a well-formed fact: rules judge a fact against the history before it, then the
fact is applied. So the same fold serves admission (where only the lots at hand are loaded) and verification.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, MutableMapping
from datetime import datetime

from ledger.model.entry import Fact, Place
from ledger.model.events import EVENT_TYPES, Enrol, Event, Key, Open, Retract, Revoke, Site, Tolerances
from ledger.model.identity import Anchor, Owner, Position
from ledger.rules.lot import Lot, mixture
from ledger.rules.passage import Passage, Source, passage
from ledger.rules.sharing import share
from ledger.rules.tables import InMemory, Tables

RETRACTABLE = ("extract", "recover", "declare", "transform", "ship", "receive", "assay", "attest", "dispose")
"""Types that `retract` may void: what happened to lots. Keys are revoked, parties and sites stated anew."""
_OF_MATERIAL = frozenset(EVENT_TYPES[name] for name in RETRACTABLE)
"""The same as classes. Asked first, since nearly all events are of these, and by identity: to find by `isinstance` that an event is
of none of the six other types takes 1.6 us, for msgspec's classes have a metaclass of their own."""


OTHERS = "other lots"
"""Lots that have nothing to do with the asked one, but for what they may be like."""
DESCENDANTS = "descendants"
"""What became of all that was made of the asked lot."""


class KeyState:
    """A party's key: since when, and until when."""

    __slots__ = ("added", "lost", "revoked", "vkey")

    def __init__(self, vkey: str, added: Fact) -> None:
        """Valid from the entry of `added`."""
        self.vkey = vkey
        self.added = added
        self.revoked: Fact | None = None
        self.lost: datetime | None = None


class Party:
    """A party as last stated by the registrar, with every key it ever had."""

    __slots__ = ("country", "enrolled", "id", "keys", "name", "owners", "ownership", "roles")

    def __init__(self, party: str, fact: Fact) -> None:
        """Enrolled by `fact`."""
        self.id = party
        self.enrolled = fact
        self.ownership: list[tuple[Place, datetime, str, tuple[Owner, ...], str]] = []
        self.name = ""
        self.country = "ZZ"
        self.roles: frozenset[str] = frozenset()
        self.owners: tuple[Owner, ...] = ()
        self.keys: dict[str, KeyState] = {}

    def state(self, fact: Fact, country: str, owners: tuple[Owner, ...]) -> None:
        """Take in what the registrar says in `fact`."""
        self.country, self.owners = country, owners
        self.ownership.append((fact.place, fact.event.instant, country, owners, fact.hash))


class History:
    """The fold. Read its attributes; change it only by `apply` and `keep`.

    Attributes:
        tables: makes tables for whatever grows with the log.
        lacks: what a history of a part of a ledger, as a bundle's, does not hold: `OTHERS`, `DESCENDANTS`; empty for a whole ledger.
        tolerances: what `open` declares, or `DEFAULT_TOLERANCES` where it was not seen.
        opened: the fact of entry 0, once seen.
        parties: by id.
        sites: the fact that last stated each site, by id.
        site_events: the same as events, by id.
        site_countries: the country that was first stated of each site, by id.
        site_statements: every fact that stated a site, in order.
        regions: every region that was ever stated of each site.
        positions: the newest position that was stated of each site, and where.
        lots: by id.
        facts: every fact applied, by event hash, in order.
        voided: the retraction of each void event, by the void event's hash.
        refs: the fact that used each (actor, ref).
        key_holders: the party of each public key (base64 of algorithm and key).
    """

    def __init__(self, facts: Iterable[Fact] = (), tables: Tables | None = None) -> None:
        """Fold `facts` in order; in memory, unless `tables` are kept elsewhere."""
        self.tables: Tables = tables or InMemory()
        self.lacks: frozenset[str] = frozenset()
        self.tolerances: Tolerances = DEFAULT_TOLERANCES
        self.opened: Fact | None = None
        self.parties: dict[str, Party] = {}
        self.sites: dict[str, Fact] = {}
        self.site_events: dict[str, Site] = {}
        self.site_countries: dict[str, str] = {}
        self.site_statements: list[tuple[Fact, Site]] = []
        self.regions: dict[str, set[str]] = {}
        self.positions: dict[str, tuple[Position, Fact]] = {}
        self.lots: MutableMapping[str, Lot] = self.tables.table()
        self.facts = self.tables.facts()
        self.voided: dict[str, Fact] = {}
        self.refs: MutableMapping[tuple[str, str], Fact] = self.tables.table()
        self.key_holders: dict[str, str] = {}
        self._ways: tuple[Fact, list[Passage]] | None = None
        for fact in facts:
            self.apply(fact)

    @property
    def open_event(self) -> Open | None:
        """Entry 0's event."""
        event = self.opened.event if self.opened else None
        return event if isinstance(event, Open) else None

    @property
    def registrar(self) -> str | None:
        """The registrar's party id."""
        event = self.open_event
        return event.registrar.party if event else None

    def country_of_site(self, site: str | None) -> str | None:
        """The country in which a site was first stated, None where the site is not known: a site stays in its country."""
        return self.site_countries.get(site) if site else None

    def keep(self, lots: Container[str]) -> None:
        """Forget every other lot: where a history was recalled for some lots, what it holds of others is not whole."""
        for name in [name for name in self.lots if name not in lots]:
            del self.lots[name]

    def apply(self, fact: Fact) -> None:
        """Take one fact in."""
        event = fact.event
        share(event, self.lots)
        self.facts[fact.hash] = fact
        if event.ref is not None:
            self.refs.setdefault((event.actor, event.ref), fact)
        if type(event) in _OF_MATERIAL:
            ways = self.passages(fact)
            self._touch(event, fact)
            self._create(event, fact, ways)
            self._ways = None
            return
        match event:
            case Open():
                self._open(event, fact)
            case Enrol():
                self._enrol(event, fact)
            case Site():
                assert event.site is not None  # noqa: S101  (the model requires it)
                self.sites[event.site] = fact
                self.site_events[event.site] = event
                self.site_countries.setdefault(event.site, event.country)
                self.site_statements.append((fact, event))
                if event.position is not None:
                    self.positions[event.site] = event.position, fact
                if event.region is not None:
                    self.regions.setdefault(event.site, set()).add(event.region)
            case Key():
                self._add_key(event.party, event.vkey, fact)
            case Revoke():
                self._revoke(event, fact)
            case Retract():
                self._touch(event, fact)
                self._retract(event, fact)
            case _:
                raise AssertionError(f"no fold of {event.type}")  # every type is above
        self._ways = None

    def _open(self, event: Open, fact: Fact) -> None:
        if self.opened is not None:
            return
        self.opened = fact
        self.tolerances = event.tolerances
        self.key_holders[event.log.split("+", 2)[2]] = event.ledger
        for anchor, role in ((event.operator, "operator"), (event.registrar, "registrar")):
            self._anchor(anchor, role, fact)

    def _anchor(self, anchor: Anchor, role: str, fact: Fact) -> None:
        party = self.parties.setdefault(anchor.party, Party(anchor.party, fact))
        party.name = anchor.name
        party.state(fact, anchor.country, ())
        party.roles |= {role}
        self._add_key(anchor.party, anchor.vkey, fact)

    def _enrol(self, event: Enrol, fact: Fact) -> None:
        party = self.parties.setdefault(event.party, Party(event.party, fact))
        party.name = event.name
        party.state(fact, event.country, event.owners)
        anchored = party.roles & {"operator", "registrar"} if party.enrolled is self.opened else frozenset[str]()
        party.roles = frozenset(event.roles) | anchored
        if event.vkey is not None:
            self._add_key(event.party, event.vkey, fact)

    def _add_key(self, party: str, vkey: str, fact: Fact) -> None:
        held = self.parties.get(party)
        if held is not None:
            held.keys.setdefault(vkey, KeyState(vkey, fact))
            self.key_holders.setdefault(vkey.split("+", 2)[2], party)

    def _revoke(self, event: Revoke, fact: Fact) -> None:
        party = self.parties.get(event.party)
        state = party.keys.get(event.vkey) if party else None
        if state is not None and state.revoked is None:
            state.revoked = fact
            state.lost = event.since_instant

    def _touch(self, event: Event, fact: Fact) -> None:
        for name, _prev in event.touches:
            lot = self.lots.get(name)
            if lot is not None:
                lot.apply(fact, self.tolerances)
                self.lots[name] = lot

    def _create(self, event: Event, fact: Fact, ways: list[Passage]) -> None:
        sources = [self.lots.get(draw.lot) for draw in event.draws]
        for output, way in zip(event.outputs_made, ways, strict=True):
            if output.lot not in self.lots:
                drawn = [lot.draws.get(fact.hash) if lot else None for lot in sources]
                self.lots[output.lot] = Lot(output, fact, drawn, self.tolerances, way)

    def passages(self, fact: Fact) -> list[Passage]:
        """The way of each output of a fact that is judged or applied next; reckoned once for both."""
        if self._ways is None or self._ways[0] is not fact:
            made = fact.event.outputs_made
            sources = self.sources(fact.event, fact.hash) if made else []
            self._ways = fact, [passage(output, fact, sources) for output in made]
        return self._ways[1]

    def sources(self, event: Event, digest: str) -> list[Source]:
        """What an event draws, or drew where it was applied, from the lots that are loaded; `digest` is its hash."""
        found: list[Source] = []
        for draw in event.draws:
            lot = self.lots.get(draw.lot)
            if lot is None:
                continue
            drawn = lot.draws.get(digest)
            if drawn is not None:
                mg, composition = drawn.mg, drawn.composition
            else:
                mg, composition = draw.mass.mg if draw.mass else lot.left_mg, lot.composition
            found.append(Source(mg, lot.output.form, composition, lot.passage.steps))
        return found

    def _retract(self, event: Retract, fact: Fact) -> None:
        target = self.facts.get(event.target)
        if target is None or target.hash in self.voided or target.event.type not in RETRACTABLE:
            return
        self.voided[target.hash] = fact
        for output in target.event.outputs_made:
            made = self.lots.get(output.lot)
            if made is not None and made.born_of(target):
                made.void = fact
                self.lots[output.lot] = made
        changed = [name for name, _prev in target.event.touches if name in self.lots]
        for name in changed:
            lot = self.lots[name]
            lot.refold(self.voided, self.tolerances)
            self.lots[name] = lot
        self._remix(changed)

    def _remix(self, changed: list[str]) -> None:
        """Carry a changed composition on to the lots that were split, blended or repacked from these."""
        while changed:
            lot = self.lots[changed.pop()]
            for digest in lot.draws:
                for output in self.facts[digest].event.outputs_made:
                    child = self.lots.get(output.lot)
                    if child is None or not child.mixes or child.born.hash != digest:
                        continue
                    sources = [self.lots.get(draw.lot) for draw in child.born.event.draws]
                    mixed = mixture([source.draws.get(digest) if source else None for source in sources])
                    if mixed != child.mixed:
                        child.mixed = mixed
                        child.refold(self.voided, self.tolerances)
                        self.lots[child.id] = child
                        changed.append(child.id)


DEFAULT_TOLERANCES = Tolerances(late_days=30, clock_s=300, u_mass_ppm=5_000)
"""What `init` writes into `open`: late after 30 days, clocks within 5 minutes, undeclared masses to 0.5 %."""
