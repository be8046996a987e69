"""Simulated worlds whose truth is known, through the real command line: what the report says of origin must be so."""

from __future__ import annotations

import random
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from fixtures.worlds.generate import World, world
from fixtures.worlds.lots import Truth
from tests.worlds.commands import Ledger
from tests.worlds.comparing import disagreements, misjudged, not_one

pytestmark = pytest.mark.uncounted  # many times the same lines, which other tests count

EXACT = 1e-9
NOISY = 0.015
ALARMS = ("SEAL", "SIGN", "CUST", "MASS", "COMP")
TRUE = {"CUST-ROUND-TRIP"}
"""Lots wander in these worlds, and some come back as they were."""
SMALL = [(15, 45, False, 6), (6, 45, True, 5)]
LARGE = [(seed, 400, seed > 13, 40) for seed in (11, 12, 13, 14, 15, 16)]


def together(case: tuple[int, int, bool, int]) -> pytest.MarkDecorator:
    """All tests of a world in one worker, so that it is made and asked once."""
    return pytest.mark.xdist_group(f"world-{case[0]}")


class Trial:
    """A world on a ledger, and the reports on a sample of its lots."""

    def __init__(self, folder: Path, seed: int, lots: int, *, noise: bool, asked: int) -> None:
        self.world: World = world(seed, lots, noise=noise)
        self.tolerance = NOISY if noise else EXACT
        self.ledger = Ledger(folder, self.world, batch=7 if seed % 3 == 1 else 1000)
        self.asked = _sample(self.world.truths, seed, asked)

    @cached_property
    def reports(self) -> list[tuple[Truth, dict[str, Any]]]:
        """Truth and report of each asked lot."""
        return [(truth, self.ledger.report(truth.lot)) for truth in self.asked]


def _sample(truths: tuple[Truth, ...], seed: int, asked: int) -> list[Truth]:
    """Half of them the most mixed lots there are, the others any."""
    mixed = sorted(truths, key=lambda t: -sum(len(keys) for s in t.elements.values() for keys in s.values()))
    chosen = mixed[: asked // 2]
    rest = [truth for truth in truths if truth not in chosen]
    return chosen + random.Random(seed).sample(rest, asked - len(chosen))  # noqa: S311  (a sample, not a secret)


@pytest.fixture(
    scope="module",
    params=[
        *(pytest.param(case, id=f"small-{case[0]}", marks=together(case)) for case in SMALL),
        *(pytest.param(case, id=f"large-{case[0]}", marks=[pytest.mark.deep, together(case)]) for case in LARGE),
    ],
)
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    seed, lots, noise, asked = request.param
    return Trial(tmp_path_factory.mktemp(f"world-{seed}"), seed, lots, noise=noise, asked=asked)


def test_shares_are_what_is_true(trial: Trial) -> None:
    assert [line for truth, report in trial.reports for line in disagreements(truth, report, trial.tolerance)] == []


def test_shares_of_every_stage_sum_to_one(trial: Trial) -> None:
    assert [line for _, report in trial.reports for line in not_one(report)] == []


def test_china_is_present_where_it_stands_on_the_graph_and_never_absent_beside_the_unknown(trial: Trial) -> None:
    assert [line for truth, report in trial.reports for line in misjudged(truth, report)] == []


def test_the_world_is_a_sound_ledger_and_importing_it_again_adds_nothing(trial: Trial) -> None:
    before = trial.ledger.verify()
    assert before["checked"]["lots"] == len(trial.world.truths)
    assert [
        f
        for f in before["findings"]
        if f["severity"] != "info" and f["code"].startswith(ALARMS) and f["code"] not in TRUE
    ] == []
    assert trial.ledger.import_again()["events"] == 0
    after = trial.ledger.verify()
    assert after["checkpoint"] == before["checkpoint"]
    assert after["checked"] == before["checked"]


def test_a_world_is_the_same_each_time_it_is_made() -> None:
    assert world(3, 60, noise=True) == world(3, 60, noise=True)
