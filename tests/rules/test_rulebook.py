"""A rule is asked about some types of event alone: of every other type it has nothing to say."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.model.entry import Fact, Place
from ledger.model.events import Event
from ledger.rules.history import History
from ledger.rules.rulebook import ALL, LATER, RULES
from ledger.seal.canonical import encode_event, event_hash
from tests.ledger.world import LOG
from tests.strategies import events, recorded
from tests.trials import trials


def facts(said: list[Event], now: datetime) -> list[Fact]:
    return [
        Fact(
            event=event,
            hash=event_hash(encode_event(event)),
            place=Place(number, 0),
            recorded=now,
            vkey=str(LOG.vkey),
        )
        for number, event in enumerate(said, 1)
    ]


@pytest.mark.uncounted
@settings(max_examples=trials(40))
@given(st.lists(events(), min_size=1, max_size=6), recorded())
def test_a_rule_finds_nothing_of_the_types_it_is_not_asked_about(said: list[Event], now: datetime) -> None:
    history = History()
    told = facts(said, now)
    for fact in told:
        for rule, kinds in RULES:
            assert type(fact.event) in kinds or not list(rule(history, fact)), rule
        history.apply(fact)
    for fact in told:
        for rule, kinds in LATER:
            assert type(fact.event) in kinds or not list(rule(history, fact)), rule


def test_every_type_is_asked_about() -> None:
    assert set(ALL) == {kind for _rule, kinds in RULES for kind in kinds}
    assert all(kinds and set(kinds) <= set(ALL) for _rule, kinds in (*RULES, *LATER))
