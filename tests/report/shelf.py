"""The pages that a reader opens: written to disk as the commands write them, and one that says the worst in every place."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from cli import main
from cli.chains.catalogue import CHAINS
from fixtures.bad.world import LOG, World
from fixtures.reports.cases import CASES, Told, hostile
from fixtures.reports.renderings import html
from ledger.report.draw.pictures import draw
from ledger.report.page.html import render
from tests.report.telling import blended, told
from tests.report.test_page import poisoned

DEMO = f"{CHAINS[0].id}-{CHAINS[0].slug}"
WORST = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnp\u2066x\u2069\x00\x1b[31m"
    + "\u05e9\u05dc\u05d5\u05dd" * 20
    + "L" * 10_000
)
PAGES = ("demo", "hostile", "unknown", "worst", "portfolio", "portfolio-hostile")


def case(name: str) -> Told:
    """The report's material; `name` as in PAGES."""
    return CASES[{"demo": DEMO, "hostile": "hostile-texts", "unknown": "nothing-known"}[name]]()


def write(folder: Path) -> dict[str, Path]:
    """Write every page of PAGES below a folder; where each lies."""
    made = {}
    for name in PAGES[:3]:
        made[name] = folder / f"{name}.html"
        made[name].write_text(html(case(name)), encoding="utf-8")
    worst: dict[str, Any] = poisoned(told(blended(), "B"), WORST)
    made["worst"] = folder / "worst.html"
    made["worst"].write_text(render(worst, draw(worst), None, WORST), encoding="utf-8")
    for name, code in (("portfolio", None), ("portfolio-hostile", hostile)):
        world = World.good(folder / f"{name}.db")
        if code is not None:
            code(world)
        world.close()
        made[name] = folder / name / "index.html"
        _report(folder, f"{name}.db", name)
    return made


def _report(folder: Path, ledger: str, output: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONAZITE_STATE", str(folder / "state"))
        patch.setenv("MONAZITE_KEYS", str(folder / "keys"))
        words = ["report", "--all", "--format", "html", "--ledger", str(folder / ledger), "--trust", str(LOG.vkey)]
        patch.setattr("sys.argv", ["monazite", *words, "-o", str(folder / output)])
        said = io.StringIO()
        with redirect_stdout(said), pytest.raises(SystemExit) as stop:
            main.main()
        assert not stop.value.code, said.getvalue()
