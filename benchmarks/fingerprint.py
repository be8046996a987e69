"""How often honest ore alarms by its pattern, and which deposits' ore is told from which, by simulation.

Ore of a row is the row's figures times lognormal variability (10 % of what is a tenth of the oxides, 20 % of what is a
hundredth, 30 % below), then times an analysis's noise (3 %, of traces 5 %). `python benchmarks/fingerprint.py [LOTS]`.
"""

from __future__ import annotations

import random
import sys
import time
from math import exp

from ledger.reference.deposits import DEPOSITS
from ledger.reference.elements import content
from ledger.rules.analysis import DEFAULT_U, DEFAULT_U_TRACE, TRACE
from ledger.rules.ore import broken, misfit, rows_of
from ledger.rules.pattern import Part

GROUPS = tuple(dict.fromkeys(deposit.group for deposit in DEPOSITS.values()))
CERIUM = frozenset({"Ce"})
TOLD = 0.95


def ore(rng: random.Random, row: str, spread: float = 1.0) -> dict[str, Part]:
    """Analysis of one lot of a row's ore; `spread` multiplies the natural variability."""
    varied = {}
    for oxide, percent in DEPOSITS[row].pattern.items():
        found = content(oxide)
        share = float(percent)
        if found is not None and share:
            sigma = 0.10 if share >= 10 else 0.20 if share >= 1 else 0.30  # noqa: PLR2004  (percent of the oxides)
            varied[found[0]] = share * exp(rng.gauss(0, sigma * spread))
    whole = sum(varied.values())
    noise = {name: DEFAULT_U_TRACE if share < TRACE * whole else DEFAULT_U for name, share in varied.items()}
    return {name: Part(share * exp(rng.gauss(0, noise[name])), noise[name]) for name, share in varied.items()}


def honest(rng: random.Random, lots: int, spread: float = 1.0) -> None:
    """Print how many lots of each row alarm as what they are."""
    worst, alarms, gates = ("", 0.0), 0, 0
    for row, deposit in DEPOSITS.items():
        made = [ore(rng, row, spread) for _ in range(lots)]
        found = sum(misfit(lot, {deposit.group: 1.0}) is not None for lot in made)
        gates += sum(any(broken(lot, (deposit.group,))) for lot in made)
        alarms += found
        worst = max(worst, (row, found / lots), key=lambda pair: pair[1])
    total = lots * len(DEPOSITS)
    print(f"honest ore, variability x {spread:g}: {alarms / total:.4%} of {total} lots alarm by pattern, {gates / total:.4%} by a gate; "
          f"worst {worst[0]} {worst[1]:.3%}")  # fmt: skip


def told_apart(rng: random.Random, lots: int, without: frozenset[str], *, gates: bool) -> None:
    """Print which ore passes as which deposit's."""
    pairs = passed = 0
    for row, deposit in DEPOSITS.items():
        made = [ore(rng, row) for _ in range(lots)]
        confused = []
        for group in GROUPS:
            if group == deposit.group:
                continue
            found = sum(
                misfit(lot, {group: 1.0}, without) is not None or (gates and any(broken(lot, (group,)))) for lot in made
            )
            pairs += 1
            if found < TOLD * lots:
                passed += 1
                doubtful = "*" if any(item.doubtful for item in rows_of(group)) else ""
                confused.append(f"{group}{doubtful} {found / lots:.0%}")
        print(f"  {row}: {', '.join(confused) or '-'}")
    print(f"  {passed} of {pairs} pairs not told apart")


def main() -> None:
    """Simulate and print."""
    lots = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rng = random.Random(1)  # noqa: S311  (a simulation, not a secret)
    for spread in (1.0, 1.5, 2.0):
        honest(rng, 5 * lots, spread)
    for title, without, gates in (
        ("as mined", frozenset[str](), True),
        ("leached, without cerium", CERIUM, True),
        ("leached, without cerium, by distance alone", CERIUM, False),
    ):
        print(
            f"ore that passes as another deposit's, found in less than {TOLD:.0%}, {title} (* low confidence or proxy):"
        )
        told_apart(rng, lots, without, gates=gates)
    made = [ore(rng, "bayan-obo") for _ in range(2000)]
    for name, groups in (("one deposit", {"bayan-obo": 1.0}), ("a blend of five", dict.fromkeys(GROUPS[:5], 0.2))):
        start = time.perf_counter()
        for lot in made:
            misfit(lot, groups)
        print(f"{name}: {(time.perf_counter() - start) / len(made) * 1e6:.0f} us a lot")


if __name__ == "__main__":
    main()
