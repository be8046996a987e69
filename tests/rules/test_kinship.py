"""Families of lots, against a slow search of all ancestors."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ledger.reference.stages import NEUTRAL
from ledger.rules.history import History
from ledger.rules.kinship import families
from tests.rules.tale import MINE, Tale, made, peopled

STAGES = ("blend", "split", "beneficiate")


def ancestors(history: History, name: str, stages: tuple[str, ...] | None) -> set[str]:
    event = history.lots[name].born.event
    found = {name}
    if stages is None or getattr(event, "stage", "") in stages:
        for draw in event.draws:
            found |= ancestors(history, draw.lot, stages)
    return found


def grown(steps: list[tuple[int, int, int]]) -> Tale:
    tale = peopled()
    lots: list[str] = []
    for number, (kind, one, other) in enumerate(steps):
        name = f"L{number}"
        if kind == len(STAGES) or not lots:
            tale.extract(*MINE, made(name, 1000))
        else:
            inputs = sorted({lots[one % len(lots)], lots[other % len(lots)]})
            tale.turn(STAGES[kind], *MINE, [(lot, 1) for lot in inputs], made(name, 100))
        lots.append(name)
    return tale


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=9))
def test_lots_with_an_ancestor_in_common_are_of_one_family(steps: list[tuple[int, int, int]]) -> None:
    history = grown(steps).history
    for stages in (NEUTRAL, None):
        lots = list(history.lots)
        family = families(history, lots, stages)
        groups = [{name} for name in lots]
        for one, other in combinations(lots, 2):
            if ancestors(history, one, stages) & ancestors(history, other, stages):
                a, b = (next(group for group in groups if name in group) for name in (one, other))
                if a is not b:
                    groups.remove(b)
                    a |= b
        for one, other in combinations(lots, 2):
            together = any({one, other} <= group for group in groups)
            assert (family[one] == family[other]) == together


def test_a_lot_that_is_not_there_has_no_relatives() -> None:
    assert families(History(), ["A", "B"]) == {"A": 0, "B": 1}
