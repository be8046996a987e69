"""A world of lots played by chance against a small model of who holds what; the model knows the design, not the code."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from math import isqrt
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.admission import Recorded
from ledger.errors import RefusedError
from ledger.exchange.draft import Draft
from ledger.rules.catalogue import CATALOGUE
from ledger.seal import checkpoint, merkle
from ledger.store.contract import Head, Store
from ledger.store.sql import SqliteStore
from tests.ledger.forging import forged
from tests.ledger.world import LOG, PARTIES, SITES, START, World, errors, key, output, settled, stamp
from tests.store.backends import content
from tests.store.engines import Postgres
from tests.trials import trials

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  (rules are tried here, not the disk)
KG = 1_000_000
WORKERS = ("mine", "plant", "shop")


@dataclass
class Said:
    """An event as the model knows it; `amounts` by lot, None for all that is left."""

    kind: str
    actor: str
    site: str | None
    lots: tuple[str, ...]
    hash: str = ""
    amounts: dict[str, int | None] = field(default_factory=dict)
    to: str = ""
    accepted: bool = True
    void: bool = False


@dataclass
class Lot:
    """A lot: where it began, and what was said of it since."""

    mg: int
    born: Said
    later: list[Said] = field(default_factory=list)
    last: int = 0


@dataclass
class State:
    """A lot's state, worked out from what was said and not taken back."""

    holder: str
    site: str | None
    mg: int
    u: int
    drawn: int = 0
    var: int = 0
    to: str | None = None

    @property
    def left(self) -> int:
        return max(self.mg - self.drawn, 0)


def u(mg: int) -> int:
    """Half a percent, for masses that declare nothing."""
    return mg * 5_000 // 1_000_000


def state(name: str, lot: Lot) -> State:
    now = State(lot.born.actor, lot.born.site, lot.mg, u(lot.mg))
    for said in lot.later:
        amount = said.amounts.get(name)
        if said.void:
            continue
        if said.kind in {"transform", "dispose"}:
            now.drawn += now.left if amount is None else amount
            now.var += 0 if amount is None else u(amount) ** 2
        elif said.kind == "ship":
            now.to = said.to
        elif said.kind == "receive" and said.accepted:
            now.holder, now.site, now.to = said.actor, said.site, None
            if amount is not None:
                now.mg, now.u, now.drawn, now.var = amount, u(amount), 0, 0
    return now


def beyond(now: State, amount: int) -> bool:
    """Whether a draw exceeds what is left by more than three standard uncertainties."""
    over = now.drawn + amount - now.mg
    return over > 0 and over * over > 9 * (now.u**2 + now.var + u(amount) ** 2)


@cache
def template() -> Path:
    """A ledger in which everybody is enrolled, made once."""
    path = Path(tempfile.mkdtemp()) / "ledger.db"
    settled(path).store.close()
    return path


class Machine(RuleBasedStateMachine):
    """Rules try moves, legal or not; whether one is legal is for the model to say."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.world = World(self.settled(), now=START + timedelta(minutes=10))
        self.lots: dict[str, Lot] = {}
        self.said: list[Said] = []
        self.valid = dict.fromkeys(PARTIES, True)
        self.numbers = dict.fromkeys(PARTIES, 0)
        self.count = 0
        self.steps = 0
        self.leaves = [item.leaf for item in self.world.store.entries()]
        self.sizes = [len(self.leaves)]

    def settled(self) -> Store:
        """A ledger in which everybody is enrolled."""
        path = Path(self.folder.name) / "ledger.db"
        shutil.copy(template(), path)
        return SqliteStore(path)

    @initialize()
    def begin(self) -> None:
        """Four lots: two in the pit, one with the plant, one on its way."""
        for number in range(4):
            self.extract("mine", "pit", 10 + number, reuse=False)
        self.ship(1, "mine", "pit", "mill", right=True)
        self.receive(0, "plant", "mill", None, right=True, accepted=True)
        self.ship(1, "mine", "pit", "shop", right=True)

    def teardown(self) -> None:
        try:
            self.agree()
        finally:
            self.world.store.close()
            self.folder.cleanup()

    # --- The model's side

    def name(self) -> str:
        self.count += 1
        return f"L{self.count}"

    def signing(self, actor: str) -> set[str]:
        return set() if actor not in self.valid or self.valid[actor] else {"SIGN-KEY-REVOKED"}

    def working(self, actor: str, site: str) -> set[str]:
        return set() if SITES[site][0] == actor else {"SIGN-SITE"}

    def touching(self, names: tuple[str, ...]) -> set[str]:
        """What is wrong with naming these lots."""
        codes = set()
        for name in names:
            lot = self.lots.get(name)
            if lot is None:
                codes.add("CUST-LOT-UNKNOWN")
            elif lot.born.void:
                codes.add("CUST-LOT-VOID")
        return codes

    def holding(self, actor: str, site: str, names: tuple[str, ...]) -> set[str]:
        codes = set()
        for name in names:
            lot = self.lots.get(name)
            if lot is None:
                continue
            now = state(name, lot)
            if now.to is not None:
                codes.add("CUST-IN-TRANSIT")
            elif now.holder != actor:
                codes.add("CUST-HOLDER")
            elif now.site != site:
                codes.add("CUST-SITE")
        return codes

    def leaving(self, amounts: dict[str, int | None]) -> set[str]:
        codes = set()
        for name, amount in amounts.items():
            lot = self.lots.get(name)
            if lot is None or lot.born.void:
                continue
            now = state(name, lot)
            if now.left == 0:
                codes.add("CUST-EXHAUSTED")
            elif amount is not None and beyond(now, amount):
                codes.add("CUST-OVERDRAWN")
        return codes

    # --- The ledger's side

    def attempt(self, codes: set[str], *drafts: Draft, batch: int = 1000) -> Recorded | None:
        """Record; it must be refused for exactly these reasons, and then nothing has changed."""
        before = content(self.world.store)
        refused: set[str] = set()
        recorded = None
        try:
            recorded = self.world.record(*drafts, batch=batch)
        except RefusedError as error:
            refused = {item.code for item in error.findings}
        assert refused == codes
        if recorded is None:
            assert refused
            assert all(CATALOGUE[code].refuses for code in refused)
            assert content(self.world.store) == before
            return None
        self.grow(before.head, recorded)
        return recorded

    def grow(self, before: Head, recorded: Recorded) -> None:
        """The new tree contains the old one."""
        self.leaves += [item.leaf for item in self.world.store.entries(before.size)]
        old, new = (checkpoint.open(head.checkpoint or b"", LOG.vkey) for head in (before, recorded.head))
        assert (old.size, new.size) == (before.size, len(self.leaves))
        merkle.check_consistency(
            old_size=old.size,
            new_size=new.size,
            old_root=old.root,
            new_root=new.root,
            proof=merkle.consistency_proof(old.size, self.leaves),
        )
        self.sizes.append(new.size)

    def took(self, said: Said, recorded: Recorded | None, position: int = 0) -> None:
        """Take what was admitted into the model."""
        if recorded is None:
            return
        said.hash = recorded.facts[position].hash
        self.said.append(said)
        for name in said.lots:
            if name in self.lots and self.lots[name].born is not said:
                self.lots[name].later.append(said)
                self.lots[name].last = len(self.said)

    # --- Moves

    actors = st.sampled_from(WORKERS)
    sites = st.sampled_from(tuple(SITES))
    picks = st.integers(0, 100)
    often = st.sampled_from((True, True, True, False))

    def pick(self, number: int) -> str:
        """A lot; three times in four one that can be worked on, where there is one."""
        names = [*self.lots, "nowhere"] if number == 100 else list(self.lots)
        if number % 4:
            names = [name for name in names if self.is_ready(name)] or names
        return names[-1 - number % len(names)]

    def is_ready(self, name: str) -> bool:
        lot = self.lots.get(name)
        now = state(name, lot) if lot is not None and not lot.born.void else None
        return now is not None and now.to is None and now.left > 0

    def right(self, name: str, actor: str, site: str, *, right: bool) -> tuple[str, str]:
        """Holder and place of a lot, or whatever chance says."""
        if not right or name not in self.lots:
            return actor, site
        now = state(name, self.lots[name])
        return now.holder, now.site or site

    @rule(actor=actors, site=sites, kg=st.integers(1, 50), reuse=st.booleans())
    def extract(self, actor: str, site: str, kg: int, *, reuse: bool) -> None:
        codes = self.signing(actor) | self.working(actor, site)
        if actor != "mine":
            codes.add("SIGN-ROLE")
        name = self.name()
        if reuse and kg % 5 == 0 and self.lots:
            name = self.pick(kg)
            codes.add("CUST-LOT-REUSED")
        draft = self.world.draft("extract", actor, site=site, outputs=[output(name, kg, Nd2O3=100_000_000)])
        said = Said("extract", actor, site, (name,))
        recorded = self.attempt(codes, draft)
        if recorded is not None:
            self.lots[name] = Lot(kg * KG, said)
        self.took(said, recorded)

    amounts = st.sampled_from((None, 10, 50, 99, 100, 101, 102, 130))

    @rule(pick=picks, actor=actors, site=sites, right=often, percent=amounts)
    def separate(self, pick: int, actor: str, site: str, percent: int | None, *, right: bool) -> None:
        self.transform("separate", (self.pick(pick),), actor, site, percent, right=right)

    @rule(pick=picks, actor=actors, site=sites, right=often, percent=amounts)
    def split(self, pick: int, actor: str, site: str, percent: int | None, *, right: bool) -> None:
        self.transform("split", (self.pick(pick),), actor, site, percent, right=right)

    @rule(pick=picks, other=picks, actor=actors, site=sites, right=often, percent=amounts)
    def blend(self, pick: int, other: int, actor: str, site: str, percent: int | None, *, right: bool) -> None:
        """Of two lots at one place, or of any two."""
        first, second = self.pick(pick), self.pick(other)
        if right and first in self.lots:
            here = state(first, self.lots[first])
            beside = [name for name, lot in self.lots.items() if state(name, lot).site == here.site]
            second = beside[other % len(beside)]
        self.transform("blend", (first, second) if first != second else (first,), actor, site, percent, right=right)

    def transform(
        self, stage: str, names: tuple[str, ...], actor: str, site: str, percent: int | None, *, right: bool
    ) -> None:
        actor, site = self.right(names[0], actor, site, right=right)
        amounts = {
            name: None
            if percent is None
            else (state(name, self.lots[name]).left if name in self.lots else KG) * percent // 100
            for name in names
        }
        codes = self.signing(actor) | self.working(actor, site) | self.touching(names)
        codes |= self.holding(actor, site, names) | self.leaving(amounts)
        if stage == "separate" and actor == "mine":
            codes.add("SIGN-ROLE")
        made = [self.name() for _ in range(2 if stage == "split" else 1)]
        drawn = [{"lot": n} if m is None else {"lot": n, "mass": {"mg": m}} for n, m in amounts.items()]
        draft = self.world.draft(
            "transform", actor, site=site, stage=stage, inputs=drawn, outputs=[output(name, 1) for name in made]
        )
        said = Said("transform", actor, site, (*names, *made), amounts=amounts)
        recorded = self.attempt(codes, draft)
        if recorded is not None:
            self.lots |= {name: Lot(KG, said) for name in made}
        self.took(said, recorded)

    @rule(pick=picks, actor=actors, site=sites, right=often, to=st.sampled_from((*WORKERS, *SITES, "nobody")))
    def ship(self, pick: int, actor: str, site: str, to: str, *, right: bool) -> None:
        name = self.pick(pick)
        actor, site = self.right(name, actor, site, right=right)
        codes = self.signing(actor) | self.working(actor, site) | self.touching((name,))
        codes |= self.holding(actor, site, (name,)) | (self.leaving({name: None}))
        if to == "nobody":
            codes.add("SIGN-NAMED")
        draft = self.world.draft("ship", actor, site=site, lots=[{"lot": name}], to=to)
        self.took(Said("ship", actor, site, (name,), to=to), self.attempt(codes, draft))

    @rule(
        pick=picks, actor=actors, site=sites, right=often, accepted=often,
        percent=st.sampled_from((None, 50, 99, 100, 101)),
    )  # fmt: skip
    def receive(self, pick: int, actor: str, site: str, percent: int | None, *, right: bool, accepted: bool) -> None:
        travelling = [name for name, lot in self.lots.items() if state(name, lot).to is not None]
        name = travelling[pick % len(travelling)] if travelling and right else self.pick(pick)
        to = state(name, self.lots[name]).to if name in self.lots else None
        if right and to is not None:
            site = to if to in SITES else next(place for place, (party, _country) in SITES.items() if party == to)
            actor = SITES[site][0]
        codes = self.signing(actor) | self.working(actor, site) | self.touching((name,))
        if name in self.lots and (to is None or to not in (actor, site)):
            codes.add("CUST-RECEIVE")
        mass = None if percent is None or name not in self.lots else state(name, self.lots[name]).left * percent // 100
        lot = {"lot": name} if mass is None else {"lot": name, "mass": {"mg": mass}}
        how = {"result": "accepted"} if accepted else {"result": "disputed", "reason": "wet"}
        draft = self.world.draft("receive", actor, site=site, lots=[lot], **how)
        said = Said("receive", actor, site, (name,), amounts={name: mass}, accepted=accepted)
        self.took(said, self.attempt(codes, draft))

    @rule(pick=picks, to=st.sampled_from((*WORKERS, *SITES)), accepted=often, percent=st.sampled_from((None, 99, 130)))
    def hand_over(self, pick: int, to: str, percent: int | None, *, accepted: bool) -> None:
        self.ship(pick, "mine", "pit", to, right=True)
        self.receive(pick, "mine", "pit", percent, right=True, accepted=accepted)

    @rule(pick=picks, actor=actors, site=sites, right=often, percent=st.sampled_from((None, 30, 100, 110)))
    def dispose(self, pick: int, actor: str, site: str, percent: int | None, *, right: bool) -> None:
        name = self.pick(pick)
        actor, site = self.right(name, actor, site, right=right)
        mass = None
        if percent is not None and name in self.lots:
            mass = state(name, self.lots[name]).left * percent // 100
        codes = self.signing(actor) | self.working(actor, site) | self.touching((name,))
        codes |= self.holding(actor, site, (name,)) | self.leaving({name: mass})
        lot = {"lot": name} if mass is None else {"lot": name, "mass": {"mg": mass}}
        draft = self.world.draft("dispose", actor, site=site, lots=[lot], how="waste")
        self.took(Said("dispose", actor, site, (name,), amounts={name: mass}), self.attempt(codes, draft))

    @rule(pick=picks, ppb=st.integers(1, 10**9), right=often)
    def assay(self, pick: int, ppb: int, *, right: bool) -> None:
        name, actor = self.pick(pick), "lab" if right else "plant"
        codes = self.signing(actor) | self.touching((name,)) | (set() if right else {"SIGN-ROLE"})
        draft = self.world.draft("assay", actor, lot=name, composition={"Nd2O3": {"ppb": ppb}})
        self.took(Said("assay", actor, None, (name,)), self.attempt(codes, draft))

    @precondition(lambda self: self.said)
    @rule(number=st.integers(0, 3), replace=st.booleans())
    def regret(self, number: int, *, replace: bool) -> None:
        self.retract(number, None, replace=replace)

    @precondition(lambda self: self.said)
    @rule(number=picks, actor=st.sampled_from((None, None, "registry", *WORKERS)), replace=st.booleans())
    def retract(self, number: int, actor: str | None, *, replace: bool) -> None:
        target = self.said[-1 - number % len(self.said)]
        actor = actor or target.actor
        codes = self.signing(actor)
        if target.void or actor not in (target.actor, "registry"):
            codes.add("CUST-RETRACT")
        again = f"again-{len(self.said)}"
        promise = {"replacement": again} if replace and target.kind == "extract" else {}
        draft = self.world.draft("retract", actor, target=target.hash, reason="wrong", **promise)
        recorded = self.attempt(codes, draft)
        if recorded is None:
            return
        target.void = True
        self.took(Said("retract", actor, None, target.lots), recorded)
        self.said.pop()  # a retraction cannot be retracted
        if promise and not self.signing(target.actor):
            name = self.name()
            made = output(name, 3)
            said = Said("extract", "mine", "pit", (name,))
            redone = self.attempt(set(), self.world.draft("extract", "mine", site="pit", ref=again, outputs=[made]))
            self.lots[name] = Lot(3 * KG, said)
            self.took(said, redone)

    @rule(party=st.sampled_from(WORKERS), since=st.booleans(), own=st.booleans(), add=st.booleans())
    def change_keys(self, party: str, *, since: bool, own: bool, add: bool) -> None:
        if self.valid[party] and not add:
            self.revoke(party, since=since)
        else:
            self.add_key(party, own=own)

    def revoke(self, party: str, *, since: bool) -> None:
        when = {"from": stamp(START)} if since else {}
        vkey = str(self.world.keys[party].vkey)
        draft = self.world.draft("revoke", "registry", party=party, vkey=vkey, reason="lost", **when)
        assert self.attempt(set(), draft) is not None
        self.valid[party] = False

    def add_key(self, party: str, *, own: bool) -> None:
        """By the registrar, or by the party while it has a key to say so with."""
        made = key(party, self.numbers[party] + 1)
        actor = party if own else "registry"
        draft = self.world.draft("key", actor, party=party, vkey=str(made.vkey))
        if self.attempt(self.signing(actor), draft) is None:
            return
        self.numbers[party] += 1
        self.world.keys[party] = made
        self.valid[party] = True

    @rule(what=st.sampled_from(("key", "time", "fork")), party=st.sampled_from(WORKERS), pick=picks)
    def misbehave(self, what: str, party: str, pick: int) -> None:
        if what == "key":
            self.sign_with_a_key_that_nobody_added(party)
        elif what == "time":
            self.say_it_happened_earlier(pick)
        else:
            self.forge_a_second_history(pick)

    def sign_with_a_key_that_nobody_added(self, party: str) -> None:
        kept = self.world.keys[party]
        self.world.keys[party] = key(party, 999)
        self.attempt(
            {"SIGN-KEY-UNKNOWN", "SIGN-ROLE"},
            self.world.draft("attest", party, parties=["mine"], scheme="s", result="r"),
        )
        self.world.keys[party] = kept

    def say_it_happened_earlier(self, pick: int) -> None:
        name = self.pick(pick)
        if name not in self.lots:
            return
        draft = Draft(
            {**self.world.draft("assay", "lab", lot=name, composition={"Nd": {"ppb": 1}}).members, "at": stamp(START)}
        )
        self.attempt({"TIME-ORDER"} | self.touching((name,)), draft)

    @rule(bad=st.booleans(), batch=st.integers(1, 4))
    def record_a_shift_at_once(self, batch: int, *, bad: bool) -> None:
        """Four events that build on each other, all or none."""
        source, one, two = self.name(), self.name(), self.name()
        drafts = [
            self.world.draft("extract", "mine", site="pit", outputs=[output(source, 8)]),
            self.world.draft("transform", "mine", site="pit", stage="split", inputs=[{"lot": source}], outputs=[output(one, 4), output(two, 4)]),
            self.world.draft("ship", "mine", site="pit", lots=[{"lot": one}], to="plant"),
            self.world.draft("receive", "plant", site="mill", lots=[{"lot": one}], result="accepted"),
        ]  # fmt: skip
        codes = self.signing("mine") | self.signing("plant")
        if bad:
            drafts.append(self.world.draft("dispose", "shop", site="hall", lots=[{"lot": two}], how="loss"))
            codes |= {"CUST-HOLDER"} | self.signing("shop")
        recorded = self.attempt(codes, *drafts, batch=batch)
        if recorded is None:
            return
        sayings = [
            Said("extract", "mine", "pit", (source,)),
            Said("transform", "mine", "pit", (source, one, two), amounts={source: None}),
            Said("ship", "mine", "pit", (one,), to="plant"),
            Said("receive", "plant", "mill", (one,), amounts={one: None}),
        ]
        self.lots[source] = Lot(8 * KG, sayings[0])
        self.lots |= {name: Lot(4 * KG, sayings[1]) for name in (one, two)}
        for position, said in enumerate(sayings):
            self.took(said, recorded, position)

    def forge_a_second_history(self, pick: int) -> None:
        """An operator admits an event that names an older one: anybody who verifies sees it."""
        names = [name for name, lot in self.lots.items() if lot.later]
        if not names:
            return
        name = names[pick % len(names)]
        event = {
            "type": "assay",
            "actor": "lab",
            "at": stamp(self.world.now),
            "lot": name,
            "composition": {"Nd": {"ppb": 1}},
        }
        verdict = forged(self.world, {**event, "prev": self.lots[name].born.hash})
        assert "CUST-PREV" in errors(verdict)

    # --- What always holds

    @invariant()
    def agree_now_and_then(self) -> None:
        self.steps += 1
        if self.steps % 12 == 0:
            self.agree()

    def agree(self) -> None:
        """The ledger verifies, and says of every lot what the model says."""
        verdict = self.world.verify()
        # Masses are drawn without a thought for physics, which is found and never refused.
        # Taking back a weighing can leave a lot overdrawn after the fact.
        after = {"CUST-OVERDRAWN"} if any(s.void for lot in self.lots.values() for s in lot.later) else set()
        assert [code for code in errors(verdict) if not code.startswith("MASS-") and code not in after] == []
        assert verdict.size == verdict.checked.entries == len(self.leaves)
        assert set(verdict.history.lots) == set(self.lots)
        for name, lot in verdict.history.lots.items():
            now = state(name, self.lots[name])
            assert (lot.holder, lot.site, lot.left_mg) == (now.holder, now.site, now.left)
            assert (lot.shipment is not None) == (now.to is not None)
            assert (lot.void is not None) == self.lots[name].born.void
            assert lot.facts[-1].hash == lot.head
            if not any(said.void and said.kind == "receive" for said in self.lots[name].later):
                # taking back a weighing can leave a lot overdrawn after the fact; nothing else can
                assert lot.drawn_mg - lot.mass_mg <= 3 * (isqrt(lot.u_mg**2 + lot.drawn_var) + 1)


class PostgresMachine(Machine):
    """The same on PostgreSQL."""

    def settled(self) -> Store:
        self.backend = Postgres()
        store = self.backend.open()
        source = SqliteStore(template())
        store.fill(source, lambda _copy: None)
        source.close()
        return store

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.backend.end()


def test_the_ledger_admits_what_the_model_allows() -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=trials(20), stateful_step_count=50))


@pytest.mark.uncounted
def test_the_ledger_in_postgresql_admits_what_the_model_allows() -> None:
    run_state_machine_as_test(PostgresMachine, settings=settings(max_examples=2, stateful_step_count=25))


@pytest.mark.deep
def test_the_ledger_in_postgresql_admits_what_the_model_allows_at_length() -> None:
    run_state_machine_as_test(PostgresMachine, settings=settings(max_examples=40, stateful_step_count=60))


@pytest.mark.deep
def test_the_ledger_admits_what_the_model_allows_at_length() -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=120, stateful_step_count=80))
