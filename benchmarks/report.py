"""What a report costs, by size of the ancestry: `python -m benchmarks.report`, or `make bench-report`.

Two lots: the demo's magnet, and a magnet of a made-up world with more than 500 events behind it. Both are asked for as a user does,
by the command, from the ledger to the file: verified, traced, asked every policy, drawn, with the bundle inside. The steps
are timed in one process besides. How long the page takes to open is measured in Chromium, from the navigation to the load
event, where Playwright and a browser are there; the PDF where WeasyPrint is.

Everything is derived from a seed. Seconds are those of the quickest of some runs, which other programs disturbed least: of the
steps those of the processor, of the command and of the browser by the clock, their processor time beside them. The command has its
bytecode, as an installed program has.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.run import timed
from cli.chains.catalogue import CHAINS
from cli.demo import build, key_for, ledger_file
from cli.heap import undisturbed
from cli.version import version
from fixtures.worlds.generate import World, world
from ledger.bundle.export import export
from ledger.exchange.csv import read_events
from ledger.exchange.draft import Draft
from ledger.exchange.parties import read_parties, read_sites
from ledger.model.events import Open
from ledger.model.identity import Anchor
from ledger.origin.policy.check import check
from ledger.origin.policy.walk import Walk
from ledger.origin.trace import Trace, trace
from ledger.record import begin, record
from ledger.report.answer import answer
from ledger.report.draw.pictures import draw
from ledger.report.page.html import render
from ledger.report.policy import built
from ledger.rules.history import DEFAULT_TOLERANCES, History
from ledger.seal.trust import format_policy
from ledger.store.keystore import KeyStore
from ledger.store.sql import SqliteStore
from ledger.store.state import State
from ledger.verify import verify

SEED, LOTS = 24, 500
LEAST = 500
"""Events on the ancestry of the lot that is asked for, at least."""
FORMS = ("magnet-ndfeb", "magnet-smco")
ORIGIN, REGISTRAR = "bench.example/report", "registry"
BATCH = 100
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
COLUMNS = ("what", "demo magnet", "big ancestry")


def recorded(path: Path, made: World) -> SqliteStore:
    """A ledger of a world: registered a week before its first event, the others an hour after the last of their batch."""
    drafts = read_events(made.events_csv.encode(), "events.csv")
    moments = [datetime.fromisoformat(draft.members["at"]) for draft in drafts]
    clock = min(moments) - timedelta(days=7)
    at, log = clock.isoformat(timespec="seconds"), key_for(ORIGIN)
    anchor = Anchor(party=REGISTRAR, name="Registry of the benchmark", country="ZZ", vkey=str(key_for(REGISTRAR).vkey))
    opening = Open(
        v=1, ledger=ORIGIN, actor=REGISTRAR, at=at, operator=anchor, registrar=anchor, log=str(log.vkey), rules="1",
        tolerances=DEFAULT_TOLERANCES,
    )  # fmt: skip
    store = SqliteStore(path)
    store.create()
    begin(store, opening, key_for(REGISTRAR), log, clock.astimezone(UTC))
    parties = [
        row.members if row.roles == ("owner",) else {**row.members, "vkey": str(key_for(row.party).vkey)}
        for row in read_parties(made.parties_csv.encode(), "parties.csv")
    ]
    sites = [row.members for row in read_sites(made.sites_csv.encode(), "sites.csv")]
    registry = [Draft({**members, "actor": REGISTRAR, "at": at}) for members in (*parties, *sites)]
    record(store, registry, keys=key_for, log=log, recorded=(clock + timedelta(minutes=5)).astimezone(UTC))
    for start in range(0, len(drafts), BATCH):
        clock = max(clock, *(moment + timedelta(hours=1) for moment in moments[start : start + BATCH]))
        record(store, drafts[start : start + BATCH], keys=key_for, log=log, recorded=clock.astimezone(UTC))
    return store


def chosen(history: History) -> str:
    """The magnet with the fewest events behind it that has enough of them.

    Raises:
        LookupError: the world has none.
    """
    found = [
        (count, name)
        for name, lot in history.lots.items()
        if lot.output.form in FORMS and (count := events(trace(history, name), history)) >= LEAST
    ]
    if not found:
        raise LookupError(f"no magnet of this world has {LEAST} events behind it")
    return min(found)[1]


def events(traced: Trace, history: History) -> int:
    """How many events are on a lot's ancestry."""
    return sum(1 for _event in traced.events(history))


def quickest(work: Callable[[], object], times: int) -> float:
    """Processor seconds of the quickest of so many runs; garbage is looked for as the command does."""
    taken = []
    for _time in range(times):
        gc.collect()
        with undisturbed():
            since = time.process_time()
            work()
            taken.append(time.process_time() - since)
    return min(taken)


def least(run: Callable[[], object], times: int) -> str:
    """Least seconds of a command by the clock, and of the processor in parentheses."""
    clocks, works = [], []
    for _time in range(times):
        before = os.times()
        clocks.append(timed(run))
        after = os.times()
        works.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return f"{min(clocks):.2f} ({min(works):.2f})"


def steps(store: SqliteStore, lot: str, times: int) -> dict[str, Any]:
    """Seconds of each step in one process, and sizes."""
    vkey = key_for(str(store.head().checkpoint or b"", "utf-8").split("\n", 1)[0]).vkey
    verdict = verify(store, vkey)
    history, traced = verdict.history, trace(verdict.history, lot)
    walk = Walk(history, traced)
    policies = built(check(history, lot, verdict.findings, walk=walk))
    made = answer(traced, verdict, version(), policies, walk=walk)
    bundle = export(store, lot).data
    pictures = draw(made)
    page = render(made, pictures, bundle)
    block = len(re.sub(r'(?s)<script type="application/monazite-bundle.*?</script>', "", page).encode())

    def asked() -> None:
        fresh = Walk(history, traced)
        answer(traced, verdict, version(), built(check(history, lot, verdict.findings, walk=fresh)), walk=fresh)

    return {
        "events on the ancestry": str(events(traced, history)),
        "lots on the ancestry": str(len(traced.lots)),
        "events in the ledger": str(verdict.checked.events),
        "verify the ledger, s": f"{quickest(lambda: verify(store, vkey), times):.2f}",
        "trace, s": f"{quickest(lambda: trace(history, lot), times):.2f}",
        "policies, forms, the answer, s": f"{quickest(asked, times):.2f}",
        "bundle, s": f"{quickest(lambda: export(store, lot), times):.2f}",
        "pictures, s": f"{quickest(lambda: draw(made), times):.2f}",
        "page, s": f"{quickest(lambda: render(made, pictures, bundle), times):.2f}",
        "page without the bundle, kB": f"{block / 1e3:,.0f}",
        "bundle, kB": f"{len(bundle) / 1e3:,.0f}",
    }


def commanded(path: Path, lot: str, folder: Path, times: int) -> tuple[dict[str, str], Path]:
    """Seconds of the whole command for HTML and PDF, and what it wrote."""
    environment = {**os.environ, "MONAZITE_STATE": str(folder / "state"), "MONAZITE_KEYS": str(folder / "keys")}
    # Installing compiles a program, and a checkout is compiled by its first run: neither is what a report costs.
    environment |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    page, paper = folder / "report.html", folder / "report.pdf"
    words = [sys.executable, "-m", "cli.main", "report", lot, "--ledger", str(path), "-o"]

    def run(output: Path) -> None:
        subprocess.run([*words, str(output)], check=True, capture_output=True, env=environment)  # noqa: S603  (our own command)

    run(page)  # makes the bytecode
    found = {
        "the command, HTML, s (processor)": least(lambda: run(page), times),
        "HTML, kB": f"{page.stat().st_size / 1e3:,.0f}",
    }
    try:
        import weasyprint  # noqa: F401, PLC0415  (an extra)
        from pypdf import PdfReader  # noqa: PLC0415
    except (ImportError, OSError):
        return {**found, "the command, PDF, s (processor)": "no WeasyPrint"}, page
    return {
        **found,
        "the command, PDF, s (processor)": least(lambda: run(paper), times),
        "PDF, kB": f"{paper.stat().st_size / 1e3:,.0f}",
        "PDF, pages": str(len(PdfReader(io.BytesIO(paper.read_bytes())).pages)),
    }, page


def opened(page: Path, times: int) -> dict[str, str]:
    """Seconds from the navigation to the load event in Chromium, and to the first frame with content; what the page's thread worked."""
    name = "opens in Chromium, s (processor)"
    browser = next((found for word in CHROMIUM if (found := shutil.which(word))), None)
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  (for developers)
    except ImportError:
        return {name: "no Playwright"}
    if browser is None:
        return {name: "no Chromium"}
    loads, paints, works, nodes = [], [], [], ""
    with sync_playwright() as started, started.chromium.launch(executable_path=browser, args=FLAGS) as chromium:
        for _time in range(times):
            tab = chromium.new_page()
            metrics = tab.context.new_cdp_session(tab)
            metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
            tab.goto(page.as_uri(), wait_until="load")
            tab.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
            loads.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
            paints.append(tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            told = {item["name"]: item["value"] for item in metrics.send("Performance.getMetrics")["metrics"]}
            works.append(told["TaskDuration"])
            nodes = f"{told['Nodes']:,.0f}"
            tab.close()
    return {
        name: f"{min(loads) / 1e3:.2f} ({min(works):.2f})",
        "its first content is drawn, s": f"{min(paints) / 1e3:.2f}",
        "nodes in the page": nodes,
    }


def measured(path: Path, lot: str, folder: Path, times: int) -> dict[str, str]:
    """Everything about one lot."""
    store = SqliteStore(path)
    found = steps(store, lot, times)
    store.close()
    whole, page = commanded(path, lot, folder, times)
    return {**found, **whole, **opened(page, times)}


def pinned(folder: Path, store: SqliteStore, parties: str) -> None:
    """Let the command trust the benchmark's ledger."""
    keys, log = KeyStore(folder / "keys"), key_for(ORIGIN)
    for name in (ORIGIN, REGISTRAR, *(row.party for row in read_parties(parties.encode(), "parties.csv"))):
        keys.save(key_for(name), None, 1)
    state, verdict = State(folder / "state"), verify(store, log.vkey)
    state.pin(log.vkey, format_policy(log.vkey))
    if verdict.checkpoint is not None:
        state.remember(log.vkey, verdict.checkpoint)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=3, help="runs of which the quickest counts (default 3)")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as name:
        small, big = Path(name) / "demo", Path(name) / "big"
        small.mkdir()
        big.mkdir()
        build(CHAINS[0], small)
        made = world(SEED, LOTS, noise=False)
        since = time.perf_counter()
        store = recorded(big / "big.db", made)
        recording = time.perf_counter() - since
        lot = chosen(verify(store, key_for(ORIGIN).vkey).history)
        pinned(big, store, made.parties_csv)
        store.close()
        columns = [
            measured(ledger_file(CHAINS[0], small), CHAINS[0].asked_lot, small, times),
            measured(big / "big.db", lot, big, times),
        ]
    table = Table(
        title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}; "
        f"{CHAINS[0].asked_lot}, and {lot} of world {SEED} with {LOTS} lots, recorded in {recording:.0f} s"
    )
    for title in COLUMNS:
        table.add_column(title, justify="left" if title == COLUMNS[0] else "right")
    for what in columns[1]:
        table.add_row(what, *(column.get(what, "-") for column in columns))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
