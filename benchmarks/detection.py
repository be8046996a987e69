"""What the rules find and what they accuse falsely: plants simulated by physics of their own, recorded and verified.

`make detection`, or `python -m benchmarks.detection --runs 5 --json`. Same seed and same code, same figures.
"""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console
from rich.progress import Progress

from benchmarks.plants.cells import cells
from benchmarks.plants.score import scored
from benchmarks.plants.show import WIDTH, as_json, show
from benchmarks.plants.trial import plants, run


def main() -> None:
    """Simulate, record, verify, count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of all chance (default 1)")
    parser.add_argument("--runs", type=int, default=40, help="plants in a usual cell (default 40)")
    parser.add_argument(
        "--combined",
        type=float,
        default=0.5,
        metavar="PERCENT",
        help="standard uncertainty of one balance (default 0.5)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    if asked.runs < 1 or not 0 < asked.combined <= 10:  # noqa: PLR2004  (no balance is worse than 10 %)
        parser.error("--runs is at least 1, --combined above 0 and at most 10")
    trials = plants(cells(asked.combined / 100, asked.runs), asked.runs, asked.seed)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("events", total=None)
        scores = scored(run(trials, lambda events: bar.advance(task, events)))
    if asked.json:
        print(json.dumps(as_json(scores), indent=2))
    else:
        show(scores, Console(width=WIDTH))


if __name__ == "__main__":
    main()
