"""Reported shares against the truth: every disagreement in words, all of them, none hidden behind the first."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from fixtures.worlds.lots import Shares, Truth

SUM = 1e-9


def disagreements(truth: Truth, report: dict[str, Any], tolerance: float) -> list[str]:
    """Where the report on a lot differs from what is true of it."""
    origin = report["origin"]
    if missing := truth.elements.keys() - origin["elements"].keys():
        return [f"{truth.lot}: no shares of {', '.join(sorted(missing))}"]
    found = []
    for element, shares in truth.elements.items():
        found += _differing(f"{truth.lot} {element}", shares, origin["elements"][element]["stages"], tolerance)
    return found + _differing(f"{truth.lot} total", truth.total, origin["total"]["stages"], tolerance)


def _differing(what: str, expected: Shares, reported: dict[str, dict[str, float]], tolerance: float) -> list[str]:
    found = []
    for stage, true in expected.items():
        said = reported.get(stage, {})
        for key in sorted(true.keys() | said.keys()):
            share = true.get(key, Fraction(0))
            if not math.isclose(said.get(key, 0.0), share, rel_tol=0, abs_tol=tolerance):
                found.append(f"{what} {stage} {key}: reported {said.get(key)}, true {float(share):.12f}")
    return found


def not_one(report: dict[str, Any]) -> list[str]:
    """Stages whose shares do not sum to 1."""
    origin = report["origin"]
    tables = {element: entry["stages"] for element, entry in origin["elements"].items()}
    if origin["total"]["stages"]:
        tables["total"] = origin["total"]["stages"]
    return [
        f"{report['lot']} {what} {stage}: {sum(shares.values())}"
        for what, stages in tables.items()
        for stage, shares in stages.items()
        if not math.isclose(sum(shares.values()), 1.0, rel_tol=0, abs_tol=SUM)
    ]


def misjudged(truth: Truth, report: dict[str, Any]) -> list[str]:
    """Where the verdict on China contradicts what stands on the graph."""
    verdict = report["china"]["verdict"]
    behind = truth.ancestry
    found = []
    if behind.chinese_stage and verdict != "present":
        found.append(f"{truth.lot}: {verdict} with a Chinese mine or stage behind it")
    if behind.unknown_stage and verdict == "absent":
        found.append(f"{truth.lot}: absent with an unknown stage behind it")
    if verdict == "present" and not behind.chinese_at_all:
        found.append(f"{truth.lot}: present with nothing Chinese behind it")
    return found
