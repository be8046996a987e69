"""What a group of write-offs says of a window is what looking at each of them says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.model.entry import Fact, Place
from ledger.model.events import Dispose
from ledger.model.materials import Draw
from ledger.rules.lost import Lost
from ledger.rules.tables import InMemory
from ledger.rules.writeoffs import Left

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
HELD = st.none() | st.dictionaries(st.sampled_from(["Nd", "Pr", "La"]), st.integers(1, 100).map(float), min_size=1)
ITEMS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 100), HELD), max_size=20)


def left(day: int, mg: int, held: dict[str, float] | None, number: int) -> Left:
    """One that left on a day."""
    at = START + day * DAY
    event = Dispose(
        v=1, ledger="l", actor="a", site="s", at=at.isoformat(), lots=(Draw(lot="L", mass=None, prev="0" * 64),)
    )
    fact = Fact(event=event, hash=f"{number:064x}", place=Place(number, 0), recorded=at, vkey="")
    return Left("L", "oxide", mg, held, fact, ("a",), (), "", frozenset({("mine", "CN")}))


@given(ITEMS, st.integers(0, 300), st.integers(0, 200), st.integers(0, 200), st.none() | st.integers(1, 100))
def test_a_window_is_what_is_in_it(
    given: list[tuple[int, int, dict[str, float] | None]], day: int, before: int, after: int, most: int | None
) -> None:
    lost = Lost(InMemory())
    items = [left(*one, number) for number, one in enumerate(given)]
    for item in items:
        lost.add(item, [("party", "a"), ("site", "s")])
    lost.sort()
    when = START + day * DAY
    wanted = range(1, most + 1) if most is not None else None
    inside = [
        item
        for item in items
        if when - before * DAY <= item.fact.event.instant <= when + after * DAY
        and (wanted is None or item.mg in wanted)
    ]
    groups = lost.of([("site", "s"), ("party", "a"), ("party", "b")])
    sums = [group.within(when, before * DAY, after * DAY, 3, wanted) for group in groups]
    assert sum(one.count for one in sums) == len(inside)
    assert round(sum(one.mg for one in sums)) == sum(item.mg for item in inside)
    for element in ("Nd", "Pr", "La"):
        held = sum((item.elements or {}).get(element, 0.0) for item in inside)
        assert round(sum(one.elements.get(element, 0.0) for one in sums)) == held
    near = sorted(one for part in sums for one in part.nearest)[:3]
    apart = sorted(abs(item.fact.event.instant - when).total_seconds() for item in inside)
    assert [seconds for seconds, _number in near] == apart[:3]
    assert all(lost[number] in inside for _seconds, number in near)
