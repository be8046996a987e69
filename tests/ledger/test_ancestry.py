from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.ancestry import ancestry, touching
from ledger.attest import recall
from ledger.errors import StoreError, UsageError
from ledger.model.events import EVENT_TYPES, Transform
from ledger.origin.lens import CHINA, lens
from ledger.origin.trace import Trace, trace
from ledger.rules.history import History
from ledger.rules.lot import Lot
from ledger.seal import entry, submission
from ledger.seal.canonical import encode_event
from ledger.store.contract import Recall, Recalled, index_row
from tests.ledger.world import LEDGER, drawn, key, output, settled
from tests.rules.tale import DIG, MINE, PLANT, SHOP, WORKS, Tale, made, peopled
from tests.trials import trials

WHERE = (MINE, DIG, PLANT, WORKS, SHOP)
STAGES = ("blend", "split", "repack", "beneficiate", "separate")
FORMS = ("ore", "concentrate", "oxide", "residue")
VALUES = (None, 0, 2, 5)


class Shelf:
    """A tale's facts as a store would give them, by the index's own words."""

    def __init__(self, tale: Tale) -> None:
        self.rows: list[tuple[frozenset[str], str, str, tuple[str, str | None], Recalled]] = []
        self.given: list[tuple[int, int]] = []
        for fact in tale.history.facts.values():
            note = submission.sign(LEDGER, key(fact.event.actor), [bytes.fromhex(fact.hash)])
            leaf = entry.format_entry(entry.Entry(fact.place.entry, bytes(32), fact.recorded, note))
            row = index_row(fact)
            found = Recalled(row.entry, row.position, leaf, encode_event(fact.event))
            self.rows.append((frozenset(row.subjects), row.kind, row.hash, (row.actor, row.ref), found))

    @contextmanager
    def recalling(self) -> Iterator[Recall]:
        yield self.recall

    def recall(
        self,
        *,
        kinds: Collection[str] = (),
        subjects: Collection[str] = (),
        hashes: Collection[str] = (),
        refs: Collection[tuple[str, str]] = (),
    ) -> list[Recalled]:
        asked = set(subjects)
        found = [
            row
            for about, kind, digest, ref, row in self.rows
            if kind in kinds or digest in hashes or ref in refs or not asked.isdisjoint(about)
        ]
        self.given += [(row.sequence, row.position) for row in found]
        return found


def state(lot: Lot) -> dict[str, Any]:
    """All of a lot but its name for itself, facts by hash."""
    told = {name: getattr(lot, name) for name in Lot.__slots__ if not name.startswith("_")}
    told["facts"] = [fact.hash for fact in lot.facts]
    for name in ("shipment", "disputed", "void"):
        told[name] = told[name].hash if told[name] is not None else None
    return told


def same(whole: History, part: History, name: str) -> None:
    """The part says of this lot what the whole says."""
    for asked in (CHINA, lens("MY"), lens("CN-XJ")):
        one, other = trace(whole, name, ("Dy",), asked=asked), trace(part, name, ("Dy",), asked=asked)
        for field in Trace.__struct_fields__:
            if field != "lot":
                assert getattr(other, field) == getattr(one, field), (name, field)
    assert [(lot, fact.hash) for lot, fact in other.events(part)] == [
        (lot, fact.hash) for lot, fact in one.events(whole)
    ]
    for ancestor in one.lots:
        assert state(part.lots[ancestor]) == state(whole.lots[ancestor]), (name, ancestor)


def everything(tale: Tale) -> None:
    shelf: Any = Shelf(tale)
    whole = recall(row for *_index, row in shelf.rows)
    for name in whole.lots:
        same(whole, ancestry(shelf, name), name)
        chain = touching(shelf, name)
        assert list(chain.lots) == [name]
        facts = whole.lots[name].facts
        assert [fact.hash for fact in chain.lots[name].facts] == [fact.hash for fact in facts]
        assert [fact.hash in chain.voided for fact in facts] == [fact.hash in whole.voided for fact in facts]


step = st.tuples(st.integers(0, 9), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))


class Told:
    """A history by chance: refused events count too, since what is recalled was never judged."""

    def __init__(self, steps: list[tuple[int, int, int, int]]) -> None:
        self.tale = peopled()
        self.made = 0
        self.events: list[str] = []
        for number, item in enumerate(steps):
            self.act(number, *item)

    def fresh(self, seed: int) -> dict[str, Any]:
        """An output; now and then of a lot that exists."""
        self.made += seed % 11 != 0
        values = {"Nd": VALUES[seed % 4], "Dy": VALUES[seed // 4 % 4], "TREO": VALUES[seed // 16 % 4]}
        percent = {name: value for name, value in values.items() if value is not None}
        return made(f"L{self.made}", 1 + seed % 7, FORMS[seed // 64 % 4], **(percent if seed % 3 else {}))

    def some(self, seed: int) -> str:
        names = list(self.tale.history.lots)
        return names[-1 - seed % min(len(names), 6)] if names else "none"

    def act(self, number: int, kind: int, one: int, two: int, three: int) -> None:
        actor, site = WHERE[one % 5]
        ref = {"ref": f"r{number}"}
        tale = self.tale
        if kind == 0:
            self.events.append(tale.extract(actor, site, self.fresh(two), **ref))
        elif kind == 1:
            self.events.append(tale.declare(actor, site, self.fresh(two), origin={"mine": "CN"}, **ref))
        elif kind in (2, 3, 4):
            names = {self.some(two), self.some(three)}
            inputs: list[str | tuple[str, float]] = [(name, 1 + one % 3) if one % 2 else name for name in sorted(names)]
            outputs = [item for item in (self.fresh(two), self.fresh(three)) if item["lot"] not in names]
            if outputs and len({item["lot"] for item in outputs}) == len(outputs):
                self.events.append(tale.turn(STAGES[three % 5], actor, site, inputs, *outputs, **ref))
        elif kind == 5:
            there, hall = WHERE[two % 5]
            lot = self.some(three)
            self.events.append(tale.ship(actor, site, lot, hall, "CN", "MY"))
            self.events.append(tale.receive(there, hall, lot, 3 if one % 2 else None))
        elif kind == 6:
            self.events.append(tale.assay(self.some(two), Nd=1 + three % 5, Dy=one % 3))
        elif kind == 7:
            tale.site(site, actor, ("CN", "MY", "AU")[two % 3])
        elif self.events:
            # The replacement may be older or younger than what it replaces, or never come.
            target = self.events[-1 - two % min(len(self.events), 8)]
            if kind == 8:
                self.again(target, f"s{number}", three)
            else:
                self.retract(target, f"r{(number + 6 - three % 12) % 40}" if three % 4 else None, named=one % 3 > 0)

    def retract(self, target: str, ref: str | None, *, named: bool = True) -> None:
        """Retract; a forger's retraction does not name the lots."""
        actor = self.tale.history.facts[target].event.actor
        if named:
            self.tale.retract(actor, target, ref)
        else:
            more = {"replacement": ref} if ref else {}
            self.tale.say("retract", actor, target=target, reason="wrong", **more)

    def again(self, target: str, ref: str, seed: int) -> None:
        """Retract an event and say one of the same kind in its place, of other lots; in either order."""
        event = self.tale.history.facts[target].event
        if not event.outputs_made:
            return
        if seed % 2:
            self.retract(target, ref, named=seed % 3 > 0)
        self.made += 100
        outputs = [
            made(f"M{self.made}-{place}", 2, item.form, Nd=1 + seed % 5, Dy=1)
            for place, item in enumerate(event.outputs_made)
        ]
        members: dict[str, Any] = {"site": event.site, "outputs": outputs, "ref": ref}
        if isinstance(event, Transform):
            members |= {"stage": event.stage, "inputs": [{"lot": self.some(seed), "mass": {"mg": 10**6}}]}
        self.events.append(self.tale.say(event.type, event.actor, **members))
        if not seed % 2:
            self.retract(target, ref, named=seed % 3 > 0)


@settings(max_examples=trials(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, min_size=4, max_size=30))
def test_a_recalled_ancestry_says_what_the_whole_ledger_says(steps: list[tuple[int, int, int, int]]) -> None:
    everything(Told(steps).tale)


def test_what_stands_for_a_retracted_lot_has_an_ancestry_of_its_own() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    wrong = tale.turn("beneficiate", *MINE, [("A", 5)], made("B", 4, "concentrate", Nd=12), ref="one")
    tale.turn("beneficiate", *MINE, ["B"], made("D", 3, "concentrate", Nd=15))
    tale.retract("mine", wrong, "two")
    again = tale.turn("beneficiate", *MINE, [("A", 5)], made("E", 4, "concentrate", Nd=12), ref="two")
    tale.retract("mine", again, "three")
    tale.turn("beneficiate", *MINE, [("A", 6)], made("F", 4, "concentrate", Nd=12), ref="three")
    shelf: Any = Shelf(tale)
    assert trace(ancestry(shelf, "D"), "D").lots == ("A", "F", "D")
    everything(tale)


def test_a_retraction_that_names_no_lots_voids_all_the_same() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    drawn_twice = tale.turn("beneficiate", *MINE, ["A"], made("B", 4, "concentrate", Nd=12))
    tale.turn("blend", *MINE, ["A"], made("C", 4))
    tale.say("retract", "mine", target=drawn_twice, reason="wrong")
    everything(tale)


def test_other_outputs_count_with_their_newest_analyses() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=1))
    tale.turn("beneficiate", *MINE, ["A"], made("B", 5, "concentrate", Nd=1), made("W", 5, "residue"))
    tale.assay("W", Nd=30)
    everything(tale)


def test_no_more_is_read_than_the_ancestry_and_what_touches_it() -> None:
    tale = peopled()
    registry = len(tale.history.facts)
    for index in range(20):
        tale.extract(*MINE, made(f"A{index}", 10, Nd=1))
        tale.turn("beneficiate", *MINE, [f"A{index}"], made(f"B{index}", 5, "concentrate", Nd=1))
    shelf = Shelf(tale)
    store: Any = shelf
    history = ancestry(store, "B7")
    assert sorted(history.lots) == ["A7", "B7"]
    assert len(set(shelf.given)) == len(history.facts) == registry + 2


def test_a_lot_that_is_not_there(tmp_path: Path) -> None:
    world = settled(tmp_path / "ledger.db")
    with pytest.raises(UsageError, match="no lot 'X'"):
        trace(ancestry(world.store, "X"), "X")


def test_a_real_store_gives_the_same(tmp_path: Path) -> None:
    world = settled(tmp_path / "ledger.db")
    world.say("extract", "mine", site="pit", ref="a", outputs=[output("A", 10, "ore", Nd=10**8)])
    world.say("extract", "mine", site="pit", ref="b", outputs=[output("B", 10, "ore", Nd=10**8)])
    for name, source in (("C", "A"), ("D", "B")):
        turned = {"stage": "beneficiate", "inputs": [drawn(source, 5)], "outputs": [output(name, 4, Nd=10**8)]}
        world.say("transform", "mine", site="pit", ref=name, **turned)
    blend = {"stage": "blend", "inputs": [drawn("C", 1), drawn("D", 2)], "outputs": [output("E", 3)]}
    world.say("transform", "mine", site="pit", ref="e", **blend)
    world.say("retract", "mine", target="C", reason="wrong", replacement="D")
    world.say("assay", "lab", lot="D", composition={"Nd": {"ppb": 9 * 10**7}})
    whole = recall(world.store.recall(kinds=tuple(EVENT_TYPES)))
    for name in whole.lots:
        same(whole, ancestry(world.store, name), name)


def test_what_no_ledger_admits_is_refused() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=1))
    shelf = Shelf(tale)
    about, kind, digest, ref, row = shelf.rows[-1]
    shelf.rows[-1] = (about, kind, digest, ref, Recalled(row.sequence, row.position, row.entry, row.event + b" "))
    store: Any = shelf
    with pytest.raises(StoreError, match="what no ledger admits"):
        ancestry(store, "A")
