"""Products over any 365 days against the capacity stated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.rules.tale import MG, MINE, PLANT, Tale, made, peopled

OVER = "MASS-CAPACITY"
PIT = {"site": "pit", "party": "mine", "name": "Pit", "country": "AU"}
KUANTAN = {"site": "kuantan", "party": "plant", "name": "Kuantan", "country": "MY"}


def state(tale: Tale, site: dict[str, str], stage: str, kg: float | None, **members: Any) -> str:
    capacity = {} if kg is None else {"capacity": [{"stage": stage, "mg_per_year": round(kg * MG)}]}
    return tale.say("site", "registry", **site, **capacity, **members)


def told(tale: Tale) -> list[str]:
    return [item.message for item in tale.concluded() if item.code == OVER]


def dig(tale: Tale, lot: str, kg: float, days: float = 0) -> str:
    tale.now += timedelta(days=days)
    return tale.extract(*MINE, made(lot, kg))


def test_a_year_of_more_than_a_tenth_above() -> None:
    tale = peopled()
    said = state(tale, PIT, "mine", 100)
    first = dig(tale, "A", 60)
    dig(tale, "B", 50, 300)
    assert told(tale) == []
    last = dig(tale, "C", 1)
    (item,) = [item for item in tale.concluded() if item.code == OVER]
    assert (item.subject, item.events) == ("site:pit", (last, first, said))
    assert "111 kg" in item.message


def test_the_window_slides() -> None:
    tale = peopled()
    state(tale, PIT, "mine", 100)
    for number in range(8):
        dig(tale, f"A{number}", 55, 183)
    assert told(tale) == []


def test_one_finding_an_episode_with_its_worst_moment() -> None:
    tale = peopled()
    state(tale, PIT, "mine", 100)
    for number in range(4):
        dig(tale, f"A{number}", 50, 10)
    dig(tale, "B", 50, 400)
    for number in range(2):
        dig(tale, f"C{number}", 50, 10)
    worst = told(tale)
    assert len(worst) == 2
    assert "200 kg" in worst[0]
    assert "150 kg" in worst[1]


def test_order_is_by_time_and_not_by_log() -> None:
    tale = peopled()
    early = tale.now + timedelta(days=2)
    state(tale, PIT, "mine", 100)
    dig(tale, "A", 60, 400)
    tale.extract(*MINE, made("B", 60), at=early.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert told(tale) == []


def test_by_products_and_second_passes_are_left_out() -> None:
    tale = peopled()
    state(tale, KUANTAN, "separate", 10)
    tale.declare(*PLANT, made("C", 100, "concentrate"))
    tale.turn("separate", *PLANT, ["C"], made("O", 9, "oxide-nd"), made("R", 80, "residue"))
    tale.turn("separate", *PLANT, ["O"], made("O1", 5, "oxide-nd"), made("O2", 3, "oxide-pr"))
    assert told(tale) == []
    tale.declare(*PLANT, made("D", 100, "concentrate"))
    tale.turn("separate", *PLANT, ["D"], made("P", 3, "oxide-nd"))
    assert len(told(tale)) == 1


def test_other_stages_void_events_and_unstated_capacity() -> None:
    tale = peopled()
    dig(tale, "A", 500)
    state(tale, PIT, "beneficiate", 10)
    dig(tale, "B", 500)
    state(tale, PIT, "mine", 100)
    tale.retract("mine", dig(tale, "C", 500))
    assert told(tale) == []
    dig(tale, "D", 110)
    assert told(tale) == []
    dig(tale, "E", 1)
    assert len(told(tale)) == 1
    state(tale, PIT, "mine", None)
    dig(tale, "F", 500, 400)
    assert len(told(tale)) == 1


def test_a_restated_capacity_counts_from_then_on_and_the_greater_one_of_a_window_holds() -> None:
    tale = peopled()
    state(tale, PIT, "mine", 100)
    dig(tale, "A", 100)
    state(tale, PIT, "mine", 200)
    dig(tale, "B", 110, 1)
    state(tale, PIT, "mine", 10)
    dig(tale, "C", 10, 1)
    assert told(tale) == []
    dig(tale, "D", 12, 400)
    assert len(told(tale)) == 1


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(0, 500)), min_size=1, max_size=12))
def test_the_two_pointers_find_what_a_slow_search_finds(steps: list[tuple[int, int]]) -> None:
    tale = peopled()
    state(tale, PIT, "mine", 100)
    made_at = []
    for number, (kg, days) in enumerate(steps):
        dig(tale, f"L{number}", kg, days)
        made_at.append((tale.now, kg))
    over = [
        sum(kg for at, kg in made_at[: number + 1] if at > now - timedelta(days=365)) > 110
        for number, (now, _kg) in enumerate(made_at)
    ]
    begins = sum(now and not before for now, before in zip(over, [False, *over], strict=False))
    assert len(told(tale)) == begins
