"""Which of some lots are relatives: one made from the other, or both from a third, by way of given stages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ledger.model.events import Transform
from ledger.reference.stages import NEUTRAL
from ledger.rules.history import History

SAME_MATERIAL = frozenset({*NEUTRAL, "powder", "press", "sinter", "machine", "coat", "magnetize"})
"""Stages after which a producer may still speak of the same heat or batch: its analysis honestly goes with the pieces."""
REACH = 1_000
"""Ancestors of a lot that are looked at. A lot with more counts as everybody's relative: nothing is said of it."""


def families(history: History, lots: Iterable[str], stages: Collection[str] | None = None) -> dict[str, int | None]:
    """The family of each lot as a number, None for a lot with more ancestors than are looked at.

    Two lots are of one family where one is the other's ancestor or they have an ancestor in common, by `stages` alone
    (None: by any stage), or where a chain of such kinships connects them. An ancestor is visited once, so the cost is
    that of the ancestors looked at, at most `REACH` for each lot.
    """
    wanted = list(dict.fromkeys(lots))
    chief: dict[str, str] = {name: name for name in wanted}
    reached: dict[str, str] = {}
    lost: set[str] = set()
    for name in wanted:
        todo, looked = [name], 0
        while todo:
            lot = todo.pop()
            if lot in reached:
                chief[_head(chief, name)] = _head(chief, reached[lot])
                continue
            reached[lot] = name
            looked += 1
            if looked > REACH:
                lost.add(name)
                break
            todo += _parents(history, lot, stages)
    far = {_head(chief, name) for name in lost}
    heads = {name: _head(chief, name) for name in wanted}
    numbers = {head: number for number, head in enumerate(dict.fromkeys(heads.values()))}
    return {name: None if head in far else numbers[head] for name, head in heads.items()}


def _head(chief: dict[str, str], name: str) -> str:
    while chief[name] != name:
        chief[name] = chief[chief[name]]
        name = chief[name]
    return name


def _parents(history: History, name: str, stages: Collection[str] | None) -> Iterator[str]:
    lot = history.lots.get(name)
    event = lot.born.event if lot is not None else None
    if isinstance(event, Transform) and (stages is None or event.stage in stages):
        for draw in event.inputs:
            yield draw.lot
