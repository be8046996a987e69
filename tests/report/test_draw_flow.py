"""The flow of material: what is drawn of each lot, how lots are gathered, and that links are as wide as their mass."""

from __future__ import annotations

import itertools
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.report.draw import sankey
from ledger.report.draw.apportion import GROSS
from ledger.report.draw.flow import Flow, flow
from ledger.report.draw.layers import LEAST, THIN, layout
from ledger.report.draw.palette import Palette
from tests.report.pictured import ancestry, lot, story, weighed

ND = frozenset({"Nd"})


def links(found: Flow) -> dict[tuple[str, str], float | None]:
    return {(found.nodes[item.source].title, found.nodes[item.target].title): item.kg for item in found.links}


def test_of_a_lot_only_the_part_that_went_on_counts() -> None:
    lots = [
        lot("ore", "AU", 1000.0),
        lot("oxide", "MY", 100.0, [("ore", 120.0)], stage="separate"),
        lot("b", "JP", 20.0, [("oxide", 25.0)]),
    ]
    # A quarter of the oxide went on, so a quarter of what was drawn of the ore did.
    assert links(flow({"lots": lots}, ND, 40)) == {("ore", "oxide"): 30.0, ("oxide", "b"): 25.0}


def test_outputs_of_one_event_bear_their_part_of_what_it_drew() -> None:
    parts = [lot("ore", "AU", 100.0), lot("x", "MY", 60.0, [("ore", 100.0)]), lot("y", "MY", 20.0, [("ore", 100.0)])]
    parts[2]["event"] = parts[1]["event"]
    made = lot("b", "JP", 80.0, [("x", 60.0), ("y", 20.0)])
    found = links(flow({"lots": [*parts, made]}, ND, 40))
    assert found[("ore", "x")] == pytest.approx(75.0) and found[("ore", "y")] == pytest.approx(25.0)
    # With a third output that this lot has nothing of, only the balance knows all that the event made.
    books = [weighed("x", "Nd", 100.0, 100.0)]
    found = links(flow({"lots": [*parts, made], "balance": books}, ND, 40))
    assert found[("ore", "x")] == pytest.approx(60.0) and found[("ore", "y")] == pytest.approx(20.0)


def test_what_is_not_stated_is_unknown_from_there_up() -> None:
    lots = [lot("ore", "AU", 10.0), lot("dark", "MY", None, [("ore", 5.0)]), lot("b", "JP", 20.0, [("dark", None)])]
    assert links(flow({"lots": lots}, ND, 40)) == {("ore", "dark"): None, ("dark", "b"): None}


def test_what_holds_none_of_the_element_is_left_out_and_what_is_missing_is_not() -> None:
    lots = [lot("iron", "JP", 0.0), lot("b", "JP", 20.0, [("iron", 0.0), ("nowhere", 3.0)])]
    found = flow({"lots": lots}, ND, 40)
    assert [(node.title, node.missing) for node in found.nodes] == [("nowhere", True), ("b", False)]


def test_the_gross_mass_flows_where_no_element_is_known() -> None:
    lots = [lot("ore", "AU", 10.0), lot("b", "JP", 10.0, [("ore", 5.0)])]
    assert links(flow({"lots": lots}, GROSS, 40)) == {("ore", "b"): 10.0}


def test_a_magnet_begins_at_the_mines_and_ends_at_the_lot() -> None:
    found = flow(story(), ND, 40)
    columns = {node.title: node.column for node in found.nodes}
    assert columns == {"ore": 0, "oxide": 1, "red": 1, "lost": 0, "magnet": 2}
    assert [node.declared for node in found.nodes if node.title == "red"] == [True]


@pytest.mark.parametrize("size", [70, 120, 500])
@pytest.mark.parametrize("most", [20, 40])
def test_many_lots_are_gathered_and_china_stays_apart(size: int, most: int) -> None:
    found = flow(ancestry(size), ND, most)
    assert 3 < len(found.nodes) <= most and found.gathered
    countries = {node.country for node in found.nodes}
    assert {"CN", "?"} <= countries
    assert sum(node.lots for node in found.nodes) > 21
    # No link leads back: every one goes to a later column.
    assert all(found.nodes[item.source].column < found.nodes[item.target].column for item in found.links)
    assert [node.title for node in found.nodes if node.column == found.columns - 1] == [f"lot-{size - 1}"]


def test_lots_of_one_site_and_stage_are_one_node_but_never_after_themselves() -> None:
    lots: list[dict[str, Any]] = [lot(f"ore-{at}", "AU", 10.0, site="pit") for at in range(50)]
    lots.append(lot("mix", "CN", 500.0, [(f"ore-{at}", 10.0) for at in range(50)], stage="separate", site="plant"))
    lots.append(lot("back", "AU", 500.0, [("mix", 500.0)], type="extract", site="pit"))
    lots.append(lot("b", "JP", 500.0, [("back", 500.0)], stage="sinter"))
    found = flow({"lots": lots}, ND, 40)
    assert [(node.title, node.country, node.lots) for node in found.nodes] == [
        ("50 lots", "AU", 50), ("mix", "CN", 1), ("back", "AU", 1), ("b", "JP", 1),
    ]  # fmt: skip
    assert found.links[0].kg == pytest.approx(500.0) and found.links[0].draws == 50


def paths(text: str) -> list[tuple[float, float]]:
    """Mass and width of every link."""
    root = ET.fromstring(text)  # noqa: S314  (our own text)
    return [
        (float(item.attrib["data-kg"]), float(item.attrib["stroke-width"]))
        for item in root.iter()
        if "data-kg" in item.attrib
    ]


@pytest.mark.parametrize("draw", [sankey.wide, sankey.slim])
def test_links_are_as_wide_as_their_mass(draw: Any) -> None:
    for told in (story(), ancestry(30), ancestry(500)):
        found = flow(told, ND, 40)
        drawn = paths(draw(found, "Nd", Palette.of(told), "x"))
        assert len(drawn) == len(found.links)
        assert all(width >= THIN for _kg, width in drawn)
        kg, widest = max(drawn)
        for mass, width in drawn:
            if width > THIN:
                assert width == pytest.approx(mass * widest / kg, abs=0.06)
            else:
                assert mass * widest / kg <= THIN + 0.06


@given(st.integers(2, 60), st.integers(0, 10**6), st.floats(100, 900))
@settings(max_examples=40, deadline=None)
@pytest.mark.uncounted
def test_nodes_lie_within_the_room_and_not_upon_each_other(size: int, seed: int, room: float) -> None:
    lots = [
        lot(
            f"l{at}",
            "AU",
            10.0,
            [(f"l{(seed * (at + 3) + back) % at}", 1.0 + back) for back in range(min(at, 3))],
            stage="blend",
        )
        for at in range(size)
    ]
    found = flow({"lots": lots}, ND, 40)
    placed = layout(found, room, 20.0, 100.0)
    for column in range(found.columns):
        boxes = sorted(
            (box for box, node in zip(placed.boxes, found.nodes, strict=True) if node.column == column),
            key=lambda box: box.start,
        )
        assert all(box.length >= LEAST for box in boxes)
        if sum(box.length for box in boxes) <= room:
            assert boxes[0].start >= -1e-6 and boxes[-1].start + boxes[-1].length <= room + 1e-6
        for one, other in itertools.pairwise(boxes):
            assert one.start + one.length <= other.start + 1e-6
