"""What is asked of one lot costs what its ancestry costs, however much happened at the same sites and by the same parties.

Counted are the instructions of SQLite's machine, not time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger import completeness
from ledger.ancestry import ancestry, touching
from ledger.bundle.export import export
from ledger.receipt import made as receipt
from ledger.record import plan
from ledger.store import connection
from tests.ledger.world import World, drawn, output, settled

MORE = 600
"""Events at the sites of the lot that have nothing to do with it."""


class Machine:
    """Counts instructions on every connection that is opened while it is there."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.done = 0
        configure = connection.configure

        def counted(made: sqlite3.Connection) -> None:
            configure(made)
            made.set_progress_handler(self._tick, 1)

        patch.setattr(connection, "configure", counted)

    def _tick(self) -> None:
        self.done += 1

    def work(self, question: Callable[[], object]) -> int:
        """Instructions of one question."""
        before = self.done
        question()
        return self.done - before


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def world(tmp_path: Path, machine: Machine) -> Iterator[World]:
    made = settled(tmp_path / "ledger.db")
    assert machine.done
    made.say("extract", "mine", site="pit", outputs=[output("A", 100)])
    made.say("ship", "mine", site="pit", to="plant", lots=[drawn("A")])
    made.say("receive", "plant", site="mill", result="accepted", lots=[drawn("A")])
    made.say("transform", "plant", site="mill", stage="repack", inputs=[drawn("A")], outputs=[output("B", 100)])
    made.say("attest", "judge", parties=["mine", "plant"], sites=["pit", "mill"], scheme="S", result="good")
    yield made
    made.store.close()


def others(world: World) -> None:
    """Work of the same parties at the same sites."""
    for part in range(3):
        names = [f"{part}-{number}" for number in range(MORE // 12)]
        world.record(*(world.draft("extract", "mine", site="pit", outputs=[output(name, 1)]) for name in names))
        world.record(
            *(world.draft("ship", "mine", site="pit", to="plant", lots=[drawn(name)]) for name in names),
            *(world.draft("receive", "plant", site="mill", result="accepted", lots=[drawn(name)]) for name in names),
            *(
                world.draft(
                    "transform",
                    "plant",
                    site="mill",
                    stage="repack",
                    inputs=[drawn(name)],
                    outputs=[output(f"{name} packed", 1)],
                )
                for name in names
            ),
        )


def admission(world: World) -> object:
    draft = world.draft(
        "transform", "plant", site="mill", stage="repack", inputs=[drawn("B")], outputs=[output("C", 100)]
    )
    return plan(world.store, [draft], recorded=world.now)


QUESTIONS: dict[str, Callable[[World], object]] = {
    "load": lambda world: ancestry(world.store, "B"),
    "chain": lambda world: touching(world.store, "B"),
    "export": lambda world: export(world.store, "B"),
    "admit": admission,
    "receipt": lambda world: receipt(world.store, 5),
    "prove its sites": lambda world: completeness.prove(world.store, ["site:pit", "site:mill"]),
    "prove its parties": lambda world: completeness.prove(world.store, ["party:mine", "party:plant"]),
    "prove it": lambda world: completeness.prove(world.store, ["lot:A", "lot:B"]),
}


def test_a_question_of_one_lot_does_not_grow_with_its_sites(world: World, machine: Machine) -> None:
    before = {name: machine.work(lambda ask=ask: ask(world)) for name, ask in QUESTIONS.items()}  # type: ignore[misc]
    others(world)
    after = {name: machine.work(lambda ask=ask: ask(world)) for name, ask in QUESTIONS.items()}  # type: ignore[misc]
    grown = {name: after[name] - before[name] for name in QUESTIONS}
    assert all(work < MORE for work in grown.values()), grown
