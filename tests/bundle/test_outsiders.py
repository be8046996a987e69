"""What outsiders found: honest bundles that said less than the ledger, and strangers who could spoil them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.bad.world import HOUR, LOG, World, key, out, some
from fixtures.bundles.loose import exported, loose, spelled, tied, without
from ledger.bundle.export import export
from ledger.bundle.format import parse
from ledger.bundle.verify import BundleVerdict, verify
from ledger.origin.lens import lens
from ledger.origin.trace import trace
from ledger.report.country import country
from ledger.seal.policy import Log, Policy

pytestmark = pytest.mark.alike  # its cases run the same lines
TRUSTED = Policy((Log(LOG.vkey),))


def bundled(world: World, lot: str) -> BundleVerdict:
    return verify(parse(export(world.store, lot).data), TRUSTED)


def china(verdict: Any, lot: str) -> str:
    found: str = country(trace(verdict.history, lot), verdict.history, verdict.findings, lens("CN"))["verdict"]
    return found


def errors(verdict: Any) -> list[tuple[str, str]]:
    return [(item.code, item.subject) for item in verdict.findings if item.severity == "error"]


def beside(world: World, name: str) -> list[dict[str, Any]]:
    """Another lot on the same truck."""
    world.say("extract", "miner", site="pit", deposit="mt-weld", outputs=[ore(name, 5)])
    return [some(name, 5)]


def ore(name: str, kg: float) -> dict[str, Any]:
    return out(name, "ore", kg, kg / 200, Nd2O3=(11_000_000, 220_000))


def unreplaced(world: World) -> None:
    """A shipment with something else is retracted for one that was never recorded."""
    lots = [some("p", 500), *beside(world, "c")]
    shipped = world.say("ship", "miner", site="pit", lots=lots, to="works", route=["AU", "MY"], ref="s1")
    world.say(
        "retract", "miner", target=shipped, reason="wrong day", replacement="s2", lots=[{"lot": "p"}, {"lot": "c"}]
    )


def papers(world: World) -> None:
    """Two loads, days apart, under one bill of lading."""
    world.say("extract", "miner", site="pit", deposit="mt-weld", outputs=[ore("q", 500)])
    loads = {name: [some(name, 500), *beside(world, f"c{name}")] for name in ("p", "q")}
    bill = [{"kind": "bill of lading", "number": "BL-77"}]
    for lots in loads.values():
        world.say("ship", "miner", site="pit", lots=lots, to="works", route=["AU", "MY"], documents=bill)
        world.say("receive", "plant", site="works", lots=lots, result="accepted")
        world.now += 100 * HOUR
    drawn = [some("p"), some("q")]
    world.say("transform", "plant", site="works", stage="blend", inputs=drawn, outputs=[out("pq", "ore", 1000, 4)])


def scrap(world: World) -> None:
    """By way of China, under a code that it cannot have."""
    lots = [some("p", 500), *beside(world, "c")]
    world.say("ship", "miner", site="pit", lots=lots, to="works", route=["AU", "CN", "MY"], hs="7204")
    world.say("receive", "plant", site="works", lots=lots, result="accepted")


@pytest.mark.parametrize(("more", "lot"), [(unreplaced, "p"), (papers, "pq"), (scrap, "p")])
def test_another_lot_on_the_truck_takes_nothing_away(more: Callable[[World], None], lot: str, tmp_path: Path) -> None:
    world = World.good(tmp_path / "ledger.db")
    world.say("extract", "miner", site="pit", deposit="mt-weld", outputs=[ore("p", 500)])
    more(world)
    whole, found = world.verify(), bundled(world, lot)
    world.close()
    assert china(whole, lot) != "absent"
    assert china(found.verdict, lot) == china(whole, lot)


def test_a_strangers_promise_spoils_no_bundle(tmp_path: Path) -> None:
    world = World.good(tmp_path / "ledger.db")
    vkey = str(key("miner2").vkey)
    world.say("enrol", "registrar", party="miner2", name="Miner2", country="AU", roles=["miner"], vkey=vkey)
    world.say("site", "registrar", site="pit2", party="miner2", name="Pit2", country="AU")
    dug = world.say("extract", "miner2", site="pit2", ref="a1", outputs=[ore("z-1", 20_000)])
    world.say("retract", "miner2", target=dug, reason="typing error", replacement="a2", lots=[{"lot": "z-1"}])
    own = world.say("extract", "miner", site="pit", ref="b1", outputs=[ore("z-2", 100)])
    world.say("retract", "miner", target=own, reason="weight follows", replacement="b2", lots=[{"lot": "z-2"}])
    found = bundled(world, "ox-1")
    world.close()
    assert errors(found.verdict) == []
    assert china(found.verdict, "ox-1") == "absent"


def test_what_was_made_of_the_lot_is_not_kept_back(tmp_path: Path) -> None:
    world = World.good(tmp_path / "ledger.db")
    for made, of in (("ox-2", "ox-1"), ("ox-3", "ox-2")):
        outputs = [out(made, "oxide-nd", 40, 0.2)]
        world.say("transform", "trader", site="store", stage="repack", inputs=[some(of, 40)], outputs=outputs)
    honest = exported(world, "ox-1")
    world.close()
    assert {"lot:ox-2", "lot:ox-3"} <= {item["subject"] for item in honest["map"]["subjects"]}
    parts = without(loose(parse(spelled(tied(honest)))), lambda event: "ox-3" in str(event.get("outputs", "")))
    kept = [item for item in parts["map"]["subjects"] if item["subject"] != "lot:ox-3"]
    parts["map"]["subjects"] = kept
    assert ("DATA-WITHHELD", "lot:ox-2") in errors(verify(parse(spelled(tied(parts))), TRUSTED).verdict)
