"""Workers that look at entries beforehand: they help where all is in order, and whatever becomes of them changes no verdict."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ledger import attest, examining
from ledger.seal.examined import Examined, examine, parties
from ledger.store.contract import Stored
from ledger.verify import verify
from tests.ledger.world import LOG, World, output, settled


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = settled(tmp_path / "ledger.db")
    for number in range(5):
        made.say("extract", "mine", site="pit", outputs=[output(f"L{number}", 100)])
    yield made
    made.store.close()


class Answering(Executor):
    """Gives an answer of its own in the place of what it was asked."""

    def __init__(self, answer: Callable[[list[Examined | None]], Any]) -> None:
        self.answer = answer
        self.asked = 0

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        done: Future[Any] = Future()
        try:
            done.set_result(self.answer(work(*args, **kwargs)))
        except RuntimeError as error:
            done.set_exception(error)
        return done


class Closed(Executor):
    """Takes nothing any more."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise RuntimeError(work, args, kwargs)


class Silent(Executor):
    """Takes everything and never answers."""

    def __init__(self) -> None:
        self.asked = 0

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        del work, args, kwargs
        self.asked += 1
        return Future()


def failing(_found: list[Examined | None]) -> Any:
    raise RuntimeError("the worker died")


def seen(world: World) -> list[Stored]:
    return list(world.store.entries())


def keys(world: World) -> dict[str, tuple[str, ...]]:
    return {name: tuple(party.keys) for name, party in world.verify().history.parties.items()}


@pytest.mark.parametrize(
    "executor",
    [Closed(), Answering(failing), Answering(lambda _found: []), Answering(lambda found: [None] * len(found))],
    ids=["closed", "failing", "nothing", "none"],
)
def test_whatever_becomes_of_them_the_verdict_is_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, executor: Executor
) -> None:
    monkeypatch.setattr(examining, "SHARE", 1)
    alone = verify(world.store, LOG.vkey)
    helped = verify(world.store, LOG.vkey, executor=executor)
    assert (helped.findings, helped.checked, helped.root) == (alone.findings, alone.checked, alone.root)
    assert list(helped.history.facts) == list(alone.history.facts)


def test_whoever_does_not_answer_is_asked_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "SHARE", 1)
    monkeypatch.setattr(examining, "AHEAD", 0)
    monkeypatch.setattr(examining, "PATIENCE", 0.01)
    alone, silent = verify(world.store, LOG.vkey), Silent()
    helped = verify(world.store, LOG.vkey, executor=silent)
    assert (helped.findings, helped.checked, helped.root) == (alone.findings, alone.checked, alone.root)
    assert silent.asked == 1


def test_what_they_found_in_order_is_not_looked_at_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "SHARE", 1)
    monkeypatch.setattr(examining, "AHEAD", 0)
    checked: list[str] = []
    signer = attest.signer

    def counting(*given: Any) -> str:
        checked.append(vkey := signer(*given))
        return vkey

    monkeypatch.setattr(attest, "signer", counting)
    executor = Answering(lambda found: found)
    verdict = verify(world.store, LOG.vkey, executor=executor)
    assert verdict.verdict == "clean"
    assert executor.asked == verdict.checked.entries - 1  # entry 0, whose key no ledger gives yet, is looked at here
    assert len(checked) == 1
    checked.clear()
    assert verify(world.store, LOG.vkey).checked.signatures == len(checked)


def test_an_answer_with_other_keys_than_the_ledger_gives_counts_for_nothing(world: World) -> None:
    stored = seen(world)[-2]
    (found,) = examine([(stored.entry, stored.events)], keys(world))
    assert found is not None
    history = world.verify().history
    parsed = attest.entry.parse(stored.entry)
    honest = attest.attest(parsed, stored.events, history, found)
    assert honest.facts
    other = found._replace(among=(*found.among, str(LOG.vkey)))
    assert attest._in_order(parsed, stored.events, history, found)
    assert attest._in_order(parsed, stored.events, history, other) is None
    assert attest.attest(parsed, stored.events, history, other) == honest


def test_only_what_is_in_order_is_said(world: World) -> None:
    stored, known = seen(world)[-2], keys(world)
    entry, events = stored.entry, stored.events
    assert parties([entry]) == {"mine"}
    spaced = (events[0].replace(b",", b", ", 1),)
    forged = entry[:-3] + (b"A" if entry[-3:-2] != b"A" else b"B") + entry[-2:]
    looked = examine(
        [(entry, events), (entry, ()), (entry, spaced), (forged, events), (b"", ()), (seen(world)[-1].entry, ())], known
    )
    assert [item is not None for item in looked] == [True, False, False, False, False, False]
    assert examine([(entry, events)], {}) == [None]
    assert examine([(entry, events)], {"mine": known["lab"]}) == [None]


def killed(_entries: Any, _keys: Any) -> None:
    os._exit(1)


def test_processes_help_and_a_dead_one_costs_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "SHARE", 1)
    monkeypatch.setattr(examining, "AHEAD", 2)
    alone = verify(world.store, LOG.vkey)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        helped = verify(world.store, LOG.vkey, executor=pool)
        monkeypatch.setattr(examining, "examine", killed)
        left = verify(world.store, LOG.vkey, executor=pool)
    assert list(helped.history.facts) == list(alone.history.facts) == list(left.history.facts)
    assert helped.findings == alone.findings == left.findings
