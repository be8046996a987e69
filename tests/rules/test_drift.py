"""Small gains repeated: what is found, what is noise, and shared errors that are neither."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ledger.rules.drift import Residual, Shared
from tests.rules.tale import MG, SHOP, Tale, made, peopled


def measured(rng: random.Random, lot: str, kg: float, form: str, u: float, **percent: float) -> dict[str, Any]:
    """An output measured on a scale and by an analysis of relative standard uncertainty `u` together."""
    part = u / 2**0.5
    output = made(lot, kg * (1 + rng.gauss(0, part)), form, round(kg * MG * part))
    output["composition"] = {
        name: {"ppb": round(value * (1 + rng.gauss(0, part)) * 1e7), "u_ppb": round(value * part * 1e7)}
        for name, value in percent.items()
    }
    return output


def reduced(seed: int, batches: int, gain: float, *, u: float = 0.0035, feed: bool = False) -> Tale:
    """Oxide to metal, batch after batch; of one feed with one analysis where `feed`."""
    rng, tale = random.Random(seed), peopled()  # noqa: S311  (noise)
    if feed:
        tale.declare(*SHOP, measured(rng, "feed", 100 * batches, "oxide-nd", u, Nd2O3=85))
    for number in range(batches):
        if not feed:
            tale.declare(*SHOP, measured(rng, f"i{number}", 100, "oxide-nd", u, Nd2O3=85))
        source: Any = ("feed", 100) if feed else f"i{number}"
        kg = 100 * 0.85 / 1.1664 / 0.95 * (1 + gain)
        tale.turn("metal_reduce", *SHOP, [source], measured(rng, f"o{number}", kg, "metal-nd", u, Nd=95))
    return tale


def found(tale: Tale) -> set[str]:
    return {code for code, _subject in tale.ending("MASS")}


def test_half_a_percent_in_every_batch_is_found_and_noise_is_not() -> None:
    assert sum("MASS-DRIFT" in found(reduced(seed, 14, 0.005)) for seed in range(12)) >= 9
    assert sum("MASS-DRIFT" in found(reduced(seed, 14, 0.0)) for seed in range(12)) <= 1


def test_more_than_a_percent_and_a_half_adds_up_to_an_error() -> None:
    assert "MASS-INJECTION" in found(reduced(1, 20, 0.017))


def test_one_analysis_of_a_feed_is_one_error_and_not_twelve() -> None:
    alarms = sum("MASS-DRIFT" in found(reduced(seed, 14, 0.0, feed=True, u=0.01)) for seed in range(12))
    assert alarms <= 1


def test_one_large_gain_is_no_drift() -> None:
    rng, tale = random.Random(3), peopled()  # noqa: S311  (noise)
    for number in range(6):
        tale.declare(*SHOP, measured(rng, f"i{number}", 100, "oxide-nd", 0.002, Nd2O3=85))
        kg = 100 * 0.85 / 1.1664 / 0.95 * (1.2 if number == 2 else 0.99)
        tale.turn("metal_reduce", *SHOP, [f"i{number}"], measured(rng, f"o{number}", kg, "metal-nd", 0.002, Nd=95))
    assert found(tale) == {"MASS-GAIN"}


def test_the_evidence_is_the_run() -> None:
    tale = reduced(2, 16, 0.01)
    drift = next(item for item in tale.concluded() if item.code == "MASS-DRIFT")
    assert drift.subject == "site:tokyo"
    assert 3 <= len(drift.events) <= 16
    assert all(tale.history.facts[digest].event.type == "transform" for digest in drift.events)


def test_a_shared_error_is_learnt() -> None:
    """Two residuals of one shared error of 3 and own noise of 1: the second is expected at 9/10 of the first."""
    fact: Any = None
    shared = Shared()
    first = Residual(fact, gain=3.0, brought=1.0, own=1.0, shared={"k": 3.0})
    assert shared.standardise(first) == pytest.approx(3.0 / 10**0.5)
    # E[s | y] = 9/10 y / 3 in units of the error, so the next is expected at 2.7 with variance 1 + 9/10.
    second = Residual(fact, gain=2.7, brought=1.0, own=1.0, shared={"k": 3.0})
    assert shared.standardise(second) == pytest.approx(0.0)


def test_many_shared_errors_are_bounded() -> None:
    shared, fact = Shared(), None
    for number in range(200):
        value = shared.standardise(Residual(fact, 1.0, 1.0, 1.0, {number: 1.0, number + 1: 1.0}))  # type: ignore[arg-type]
        assert abs(value) < 3
    assert len(shared.mean) == len(shared.cov) <= 16
    assert all(row.keys() <= shared.mean.keys() for row in shared.cov.values())


def test_nothing_uncertain_is_no_evidence() -> None:
    assert Shared().standardise(Residual(None, 1.0, 1.0, 0.0, {})) == 0.0  # type: ignore[arg-type]
