from __future__ import annotations

import msgspec

from ledger.model.entry import Place
from ledger.model.events import AnyEvent, Transform
from ledger.rules.tables import InMemory
from ledger.seal.canonical import decode_event, encode_event
from tests.rules.tale import MINE, Tale, made, peopled


def decoded(tale: Tale) -> Tale:
    """The same history of events that were read one by one, with no text in common."""
    again = Tale()
    again.history = type(tale.history)(tables=InMemory())
    for fact in tale.history.facts.values():
        event: AnyEvent = decode_event(encode_event(fact.event))  # type: ignore[assignment]
        again.history.apply(msgspec.structs.replace(fact, event=event, place=Place(fact.place.entry, 0)))
    return again


def test_what_repeats_is_kept_once_and_changes_nothing() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, "ore", Nd=10))
    tale.extract(*MINE, made("B", 10, "ore", Nd=10))
    tale.turn("blend", *MINE, ["A", "B"], made("C", 20, "ore"))
    again = decoded(tale)
    one, other = again.lot("A").born.event, again.lot("C").born.event
    assert isinstance(other, Transform)
    assert one.actor is other.actor
    assert one.site is other.site
    assert one.ledger is other.ledger
    assert again.lot("A").output.form is again.lot("C").output.form
    assert other.inputs[0].lot is again.lot("A").id
    assert other.inputs[0].prev is again.lot("A").facts[0].hash
    assert [fact.event for fact in again.history.facts.values()] == [fact.event for fact in tale.history.facts.values()]


def test_a_wrong_prev_stays_what_it_is() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.say("dispose", "mine", site="pit", lots=[{"lot": "A", "prev": "f" * 64}])
    assert decoded(tale).lot("A").facts[-1].event.draws[0].prev == "f" * 64
