"""Tables that put down what they do not use: as a dictionary in all but speed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ledger.model.entry import Fact, Place
from ledger.model.events import Dispose
from ledger.model.materials import Draw
from ledger.rules.tables import Rows
from ledger.store.shelf import Shelf

KEYS = st.one_of(
    st.text(max_size=3),
    st.integers(0, 5),
    st.tuples(st.text(max_size=2), st.integers(0, 3)),
    st.tuples(st.text(max_size=1), st.tuples(st.tuples(st.text(max_size=1), st.integers(0, 1)))),
)


class Beside(RuleBasedStateMachine):
    """A table beside a dictionary."""

    @initialize(kept=st.integers(1, 4))
    def begin(self, kept: int) -> None:
        self.shelf = Shelf(kept)
        self.table = self.shelf.table()
        self.plain: dict[Any, Any] = {}

    @rule(key=KEYS, value=st.integers())
    def put(self, key: Any, value: int) -> None:
        self.table[key] = [value]
        self.plain[key] = [value]

    @rule(key=KEYS, value=st.integers())
    def change_and_put_back(self, key: Any, value: int) -> None:
        for table in (self.table, self.plain):
            held = table.setdefault(key, [])
            held.append(value)
            table[key] = held

    @rule(key=KEYS)
    def take(self, key: Any) -> None:
        assert self.table.pop(key, None) == self.plain.pop(key, None)

    @rule(key=KEYS)
    def look(self, key: Any) -> None:
        assert (key in self.table) == (key in self.plain)
        assert self.table.get(key) == self.plain.get(key)

    @rule()
    def remove_what_is_not_there(self) -> None:
        with pytest.raises(KeyError):
            del self.table["not there"]
        with pytest.raises(KeyError):
            self.table["not there"]

    @invariant()
    def alike(self) -> None:
        if hasattr(self, "plain"):
            assert len(self.table) == len(self.plain)
            assert list(self.table) == list(self.plain)
            assert list(self.table.values()) == list(self.plain.values())
            assert dict(self.table.items()) == self.plain

    def teardown(self) -> None:
        if hasattr(self, "shelf"):
            self.shelf.close()


TestBeside = Beside.TestCase


def fact(number: int, place: Place | None = None) -> Fact:
    event = Dispose(
        v=1,
        ledger="x.example",
        actor="a",
        site="s",
        at="2026-01-01T00:00:00+00:00",
        lots=(Draw(lot=f"L{number}", prev="0" * 64),),
        reason="sold",
    )
    return Fact(
        event=event,
        hash=f"{number:064x}",
        place=place or Place(number, 0),
        recorded=datetime(2026, 1, 2, tzinfo=UTC),
        vkey="a+00000000+x",
    )


def test_facts_come_back_as_they_were_and_in_order() -> None:
    shelf = Shelf(2)
    facts = shelf.facts()
    for number in range(20):
        facts[fact(number).hash] = fact(number)
    assert list(facts.values()) == [fact(number) for number in range(20)]
    assert facts[fact(3).hash] == fact(3)


def test_what_holds_a_fact_gets_the_same_one_back() -> None:
    shelf = Shelf(1)
    facts, others = shelf.facts(), shelf.table()
    for number in range(5):
        facts[fact(number).hash] = fact(number)
        others[number] = [fact(number)]
    assert [held[0] for held in others.values()] == [fact(number) for number in range(5)]
    assert others[0][0] is shelf.fact(fact(0).hash)


def test_a_fact_that_the_log_holds_twice_is_not_taken_for_the_other() -> None:
    shelf = Shelf(1)
    facts, others = shelf.facts(), shelf.table()
    one, other = fact(1), fact(1, Place(9, 0))
    for item in (one, other):
        facts[item.hash] = item
        others[item.place.entry] = item
    others["more"] = None
    assert [others[1].place, others[9].place] == [Place(1, 0), Place(9, 0)]


def test_a_shelf_has_one_table_of_facts() -> None:
    shelf = Shelf()
    shelf.facts()
    with pytest.raises(ValueError, match="one table of facts"):
        shelf.facts()


@given(st.lists(st.integers()), st.integers(1, 3))
def test_rows_are_a_list(values: list[int], kept: int) -> None:
    rows: Rows[int] = Rows(Shelf(kept).table())
    for value in values:
        rows.append(value)
    assert rows == values
    assert rows != [*values, 0]
    assert rows != 0
    assert rows[1:] == values[1:]
    assert list(rows) == values
    assert all(rows[place] == value for place, value in enumerate(values))
    assert not values or rows[-1] == values[-1]
    assert str(len(values)) in repr(rows)
    with pytest.raises(IndexError):
        rows[len(values)]
