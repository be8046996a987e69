from __future__ import annotations

import builtins
import weakref
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import UsageError
from ledger.origin import trace as tracing
from ledger.origin.china import WAYS, at_creation
from ledger.origin.china import with_event as after_event
from ledger.origin.shares import CLEAN, NONE, Origin
from ledger.origin.trace import Trace, trace
from ledger.reference.stages import ORIGIN_STAGES
from ledger.report.answer import stage_shares
from ledger.rules.provenance import NOT_KNOWN
from tests.rules.tale import DIG, MINE, PLANT, SHOP, WORKS, Tale, made, peopled
from tests.trials import trials

close = pytest.approx
U = NOT_KNOWN


@pytest.fixture
def tale() -> Tale:
    return peopled()


def best(tale: Tale, lot: str, stage: str = "mine", element: str = "Nd") -> dict[str, float]:
    """The best figure of each share at a stage."""
    stages = trace(tale.history, lot).origins[element].stages
    return {key: mid for key, (_low, mid, _high) in stages.get(stage, {NONE: (1, 1, 1)}).items() if mid}


def way(tale: Tale, lot: str, name: str, element: str = "Nd") -> tuple[float, float]:
    """(known Chinese, unknown) by one way."""
    return trace(tale.history, lot).origins[element].ways.get(name, CLEAN)[:2]


def two_ores(tale: Tale) -> None:
    """10 kg of Australian and 10 kg of Chinese ore, both at the plant in Malaysia."""
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.extract(*DIG, made("C", 10, Nd=10))
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.move("C", DIG, PLANT, "CN", "MY")


def test_there_is_no_such_lot(tale: Tale) -> None:
    with pytest.raises(UsageError, match="no lot 'X'"):
        trace(tale.history, "X")


def test_a_lot_from_the_ground(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10, Fe=30))
    found = trace(tale.history, "A")
    assert (found.lots, found.parents, found.until) == (("A",), {"A": ()}, {"A": None})
    assert set(found.elements) == {"Fe", "Nd"}
    assert found.fractions == {"Nd": 0.1, "Fe": 0.3}
    assert found.passing == {"A": {"Nd": 1.0, "Fe": 1.0}}
    assert best(tale, "A") == {"AU": 1.0}
    assert way(tale, "A", "mined") == (0.0, 0.0)
    assert not found.origins["Nd"].estimated


# --- Shares


def test_a_blend_of_two_countries(tale: Tale) -> None:
    two_ores(tale)
    tale.turn("blend", *PLANT, [("A", 6), ("C", 4)], made("B", 10))
    assert best(tale, "B") == {"AU": close(0.6), "CN": close(0.4)}
    assert way(tale, "B", "mined") == close((0.4, 0.0))
    assert trace(tale.history, "B").passing == {"A": {"Nd": close(0.6)}, "C": {"Nd": close(0.4)}, "B": {"Nd": 1.0}}


def test_each_element_has_its_own_shares(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10, Dy=0))
    tale.extract(*DIG, made("C", 10, Nd=5, Dy=2))
    tale.move("A", MINE, PLANT)
    tale.move("C", DIG, PLANT)
    tale.turn("blend", *PLANT, [("A", 6), ("C", 4)], made("B", 10))
    assert best(tale, "B", element="Nd") == {"AU": close(0.75), "CN": close(0.25)}
    assert best(tale, "B", element="Dy") == {"CN": 1.0}


def test_oxides_and_elements_are_one_scale(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd2O3=11.664))
    tale.extract(*DIG, made("C", 10, Nd=10))
    tale.move("A", MINE, PLANT)
    tale.move("C", DIG, PLANT)
    tale.turn("separate", *PLANT, ["A", "C"], made("B", 2, "oxide", Nd2O3=90))
    assert best(tale, "B") == {"AU": close(0.5), "CN": close(0.5)}


def test_losses_fall_on_all_alike(tale: Tale) -> None:
    two_ores(tale)
    tale.turn("separate", *PLANT, [("A", 6), ("C", 4)], made("B", 0.3, "oxide", Nd=80), made("W", 5, "residue", Nd=1))
    for lot in "BW":
        assert best(tale, lot) == {"AU": close(0.6), "CN": close(0.4)}
        assert best(tale, lot, "separate") == {"MY": 1.0}


def test_two_places_of_one_stage_join(tale: Tale) -> None:
    two_ores(tale)
    tale.turn("separate", *PLANT, ["A"], made("B", 1, "oxide", Nd=80))
    tale.move("B", PLANT, WORKS, "MY", "CN")
    tale.turn("separate", *WORKS, ["B"], made("D", 1, "oxide", Nd=80))
    assert best(tale, "D", "separate") == {"CN+MY": 1.0}
    assert best(tale, "D") == {"AU": 1.0}
    assert way(tale, "D", "processed") == (1.0, 0.0)
    assert way(tale, "B", "processed") == (0.0, 0.0)


def test_a_stage_on_part_of_the_material(tale: Tale) -> None:
    two_ores(tale)
    tale.turn("separate", *PLANT, ["A"], made("B", 10, "oxide", Nd=10))
    tale.turn("blend", *PLANT, [("B", 3), ("C", 1)], made("D", 4))
    assert best(tale, "D", "separate") == {"MY": close(0.75), NONE: close(0.25)}
    tale.turn("separate", *PLANT, ["D"], made("E", 4, "oxide", Nd=10))
    assert best(tale, "E", "separate") == {"MY": close(1.0)}


def test_neutral_stages_leave_no_place(tale: Tale) -> None:
    two_ores(tale)
    for stage, lot, source in (("repack", "B", "A"), ("split", "D", "B")):
        tale.turn(stage, *PLANT, [source], made(lot, 10, Nd=10))
    stages = trace(tale.history, "D").origins["Nd"].stages
    assert set(stages) == {"mine"}


# --- None, unknown, declared


def test_none_is_not_unknown(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.declare(*SHOP, made("D", 10, "oxide", Nd=10), origin={"mine": "AU"})
    ours = stage_shares(trace(tale.history, "A").origins["Nd"])
    assert set(ours) == set(ORIGIN_STAGES)
    assert ours["mine"] == {"AU": 1.0}
    assert {stage for stage, shares in ours.items() if shares == {NONE: 1.0}} == set(ORIGIN_STAGES) - {"mine"}
    bought = stage_shares(trace(tale.history, "D").origins["Nd"])
    assert bought["mine"] == {"AU": 1.0}
    assert {stage for stage, shares in bought.items() if shares == {U: 1.0}} == {
        "beneficiate",
        "crack_leach",
        "separate",
    }
    assert bought["metal_reduce"] == {NONE: 1.0}
    assert way(tale, "D", "processed") == (0.0, 1.0)
    assert way(tale, "D", "mined") == (0.0, 0.0)


def test_declared_shares_are_told_apart(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, SHOP)
    tale.declare(*SHOP, made("D", 10, "ore", Nd=10), origin={"mine": "AU"})
    tale.turn("blend", *SHOP, [("A", 3), ("D", 1)], made("B", 4))
    assert best(tale, "B") == {"AU": close(1.0)}
    assert trace(tale.history, "B").origins["Nd"].declared == close({"mine": 0.25})


@pytest.mark.parametrize(
    ("origin", "expected", "mined"),
    [
        (None, {U: 1.0}, (0.0, 1.0)),
        ({"mine": "withheld"}, {U: 1.0}, (0.0, 1.0)),
        ({"mine": "ZZ"}, {U: 1.0}, (0.0, 1.0)),
        ({"mine": "HK"}, {"HK": 1.0}, (1.0, 0.0)),
        ({"mine": "US"}, {"US": 1.0}, (0.0, 0.0)),
        ({"separate": "US"}, {U: 1.0}, (0.0, 1.0)),
    ],
)
def test_what_a_declaration_leaves_open(
    tale: Tale, origin: dict[str, str] | None, expected: dict[str, float], mined: tuple[float, float]
) -> None:
    tale.declare(*SHOP, made("D", 10, "ore", Nd=10), **({"origin": origin} if origin else {}))
    assert best(tale, "D") == expected
    assert way(tale, "D", "mined") == mined


def test_recovered_material_was_collected_where_the_recycler_is(tale: Tale) -> None:
    tale.say("recover", "shop", site="tokyo", outputs=[made("R", 10, "swarf", Nd=30)], origin={"mine": "CN"})
    origin = trace(tale.history, "R").origins["Nd"]
    assert best(tale, "R", "collect") == {"JP": 1.0}
    assert best(tale, "R", "sinter") == {U: 1.0}
    assert origin.declared == {"mine": 1.0}


# --- Missing figures


def test_gross_masses_stand_in_where_nothing_was_measured(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.extract(*DIG, made("C", 10))
    tale.move("A", MINE, PLANT)
    tale.move("C", DIG, PLANT)
    tale.turn("crack_leach", *PLANT, [("A", 6), ("C", 4)], made("B", 3, "mixed-carbonate", Nd=5))
    found = trace(tale.history, "B").origins["Nd"]
    assert found.estimated
    # 0.6 kg of neodymium from Australia; from China none at least, and 4 kg at most
    assert found.stages["mine"] == {"AU": close((0.6 / 4.6, 0.6, 1.0)), "CN": close((0.0, 0.4, 4 / 4.6))}


def test_a_gram_that_nobody_measured_does_not_turn_the_shares(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10_000, Nd=0.1))
    tale.extract(*DIG, made("C", 100, "metal", Nd=99))
    tale.extract(*MINE, made("X", 0.001))
    tale.move("A", MINE, PLANT)
    tale.move("C", DIG, PLANT)
    tale.move("X", MINE, PLANT)
    tale.turn("separate", *PLANT, ["A", "C", "X"], made("B", 100, "oxide", Nd=80))
    # 99 kg of 109 kg are Chinese, and a gram more or less changes nothing
    assert best(tale, "B")["CN"] == close(99 / 109, rel=1e-3)


def test_total_rare_earths_bound_what_is_not_listed(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Dy=1))
    tale.extract(*DIG, made("C", 10, TREO=4, Nd2O3=3))
    tale.move("A", MINE, PLANT)
    tale.move("C", DIG, PLANT)
    tale.turn("crack_leach", *PLANT, ["A", "C"], made("B", 3, "mixed-carbonate", Dy=1))
    found = trace(tale.history, "B").origins["Dy"]
    assert found.estimated
    assert found.stages["mine"] == {"AU": close((0.5, 1.0, 1.0)), "CN": close((0.0, 0.0, 0.5))}


def test_iron_brings_no_neodymium(tale: Tale) -> None:
    tale.declare(*SHOP, made("M", 3, "metal-nd", Nd=99), origin={"mine": "AU"})
    tale.declare(*SHOP, made("F", 6, "iron", Fe=99), made("G", 1, "ferroboron"), origin={"mine": "CN"})
    tale.turn("alloy_melt", *SHOP, ["M", "F", "G"], made("B", 10, "alloy", Nd=29))
    assert best(tale, "B") == {"AU": 1.0}
    assert not trace(tale.history, "B").origins["Nd"].estimated
    assert {"F", "G"} < set(trace(tale.history, "B").lots)  # presence is on the graph, whatever the shares


def test_iron_does_not_dilute_what_stands_in(tale: Tale) -> None:
    tale.declare(*SHOP, made("M", 3, "metal-nd", Nd=99), origin={"mine": "AU"})
    tale.declare(*SHOP, made("N", 3, "metal-nd"), origin={"mine": "CN"})
    tale.declare(*SHOP, made("F", 6, "iron"), origin={"mine": "AU"})
    tale.turn("alloy_melt", *SHOP, ["M", "N", "F"], made("B", 12, "alloy", Nd=45))
    assert best(tale, "B") == {"AU": close(0.5, abs=0.01), "CN": close(0.5, abs=0.01)}


def test_what_came_from_nowhere_is_unknown(tale: Tale) -> None:
    """Every input was measured to hold none, and yet the output holds some."""
    tale.extract(*MINE, made("A", 10, Nd=10, Dy=0))
    tale.move("A", MINE, PLANT)
    tale.turn("separate", *PLANT, ["A"], made("B", 1, "oxide", Dy=80))
    assert best(tale, "B", element="Dy") == {U: 1.0}
    assert U in "+".join(best(tale, "B", "separate", "Dy"))
    assert "MY" not in best(tale, "B", "separate", "Dy")


@pytest.mark.parametrize("model", ["mass_balance", "book_and_claim"])
def test_bookkeeping_is_no_provenance(tale: Tale, model: str) -> None:
    two_ores(tale)
    tale.turn("separate", *PLANT, [("A", 6), ("C", 4)], made("B", 1, "oxide", Nd=80), custody_model=model)
    assert best(tale, "B") == {U: 1.0}
    assert way(tale, "B", "mined") == close((0.4, 0.6))


@pytest.mark.parametrize("model", ["identity_preserved", "segregated", "controlled_blending"])
def test_physical_custody_models_keep_the_shares(tale: Tale, model: str) -> None:
    two_ores(tale)
    tale.turn("separate", *PLANT, [("A", 6), ("C", 4)], made("B", 1, "oxide", Nd=80), custody_model=model)
    assert best(tale, "B") == {"AU": close(0.6), "CN": close(0.4)}


# --- Time: what counts is what was so at the draw


def test_a_later_assay_changes_nothing_drawn(tale: Tale) -> None:
    two_ores(tale)
    tale.turn("separate", *PLANT, [("A", 5), ("C", 5)], made("B", 1, "oxide", Nd=80))
    tale.assay("A", Nd=30)
    tale.turn("separate", *PLANT, [("A", 5), ("C", 5)], made("D", 1, "oxide", Nd=80))
    assert best(tale, "B") == {"AU": close(0.5), "CN": close(0.5)}
    assert best(tale, "D") == {"AU": close(0.75), "CN": close(0.25)}


@pytest.mark.parametrize("code", ["CN", "HK", "MO"])
def test_transit_through_china(tale: Tale, code: str) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, PLANT, "AU", code, "MY")
    tale.turn("separate", *PLANT, ["A"], made("B", 1, "oxide", Nd=80))
    for lot in "AB":
        assert way(tale, lot, "transit") == (1.0, 0.0)
        assert way(tale, lot, "material") == (0.0, 0.0)
        assert best(tale, lot) == {"AU": 1.0}


@pytest.mark.parametrize(
    ("route", "expected"),
    [((), (0.0, 1.0)), (("AU", "MY"), (0.0, 0.0)), (("AU", "ZZ", "MY"), (0.0, 1.0)), (("AU", "SG", "MY"), (0.0, 0.0))],
)
def test_a_route_that_nobody_states_excludes_nothing(
    tale: Tale, route: tuple[str, ...], expected: tuple[float, float]
) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, PLANT, *route)
    assert way(tale, "A", "transit") == expected


def test_within_a_country_a_route_may_go_unsaid(tale: Tale) -> None:
    tale.site("annex", "mine", "AU")
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, ("mine", "annex"))
    assert way(tale, "A", "transit") == (0.0, 0.0)


def test_what_happens_to_the_rest_does_not_reach_what_was_drawn(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.turn("split", *MINE, [("A", 4)], made("B", 4, Nd=10))
    tale.move("A", MINE, WORKS, "AU", "CN")
    assert way(tale, "A", "transit") == (1.0, 0.0)
    assert way(tale, "B", "transit") == (0.0, 0.0)
    shown = [fact.event.type for _lot, fact in trace(tale.history, "B").events(tale.history)]
    assert shown == ["extract", "transform"]


def test_the_last_draw_decides_what_counts(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.turn("split", *MINE, [("A", 1)], made("B", 1, Nd=10))
    tale.move("A", MINE, WORKS, "AU", "CN")
    tale.turn("split", *WORKS, [("A", 1)], made("D", 1, Nd=10))
    tale.move("B", MINE, WORKS, "AU", "CN")
    tale.turn("blend", *WORKS, ["B", "D"], made("E", 2))
    found = trace(tale.history, "E")
    assert found.until["A"] == tale.history.lots["D"].born.place
    assert found.passing["A"] == {"Nd": close(1.0)}
    # all of it was in the works in China at last
    assert way(tale, "E", "transit") == (1.0, 0.0)


def test_a_void_passage_does_not_count(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    sent = tale.ship(*MINE, "A", "kuantan", "AU", "CN", "MY")
    tale.retract("mine", sent)
    assert way(tale, "A", "transit") == (0.0, 0.0)
    tale.ship(*MINE, "A", "kuantan", "AU", "MY")
    assert way(tale, "A", "transit") == (0.0, 0.0)


def test_a_disputed_receipt_moves_nothing(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.ship(*MINE, "A", "ganzhou", "AU", "CN")
    tale.receive(*WORKS, "A", result="disputed", reason="wet")
    assert way(tale, "A", "transit") == (0.0, 0.0)
    tale.receive(*WORKS, "A")
    assert way(tale, "A", "transit") == (1.0, 0.0)


def test_owners_count_as_stated_at_the_time(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.party("mine", "AU", "miner", owners=[{"name": "Dragon", "country": "CN", "ppb": 250_000_000}])
    tale.extract(*MINE, made("B", 10, Nd=10))
    tale.party("mine", "AU", "miner")
    tale.extract(*MINE, made("D", 10, Nd=10))
    assert [way(tale, lot, "owned") for lot in "ABD"] == [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]


@pytest.mark.parametrize(
    ("used", "machines", "expected"),
    [
        (None, None, "unknown"),
        ("DE", "DE", None),
        ("DE", None, "unknown"),
        (None, "DE", "unknown"),
        ("CN", None, "known"),
        ("DE", "HK", "known"),
        ("unknown", "DE", "unknown"),
    ],
)
def test_equipment_and_technology_are_asked_apart(
    tale: Tale, used: str | None, machines: str | None, expected: str | None
) -> None:
    """Of the separation; of the mine nobody says, so the lot's technology is unknown at best."""
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, PLANT, "AU", "MY")
    stated = {"technology": used, "equipment": machines}
    more = {name: [{"what": "cells", "country": where}] for name, where in stated.items() if where}
    tale.turn("separate", *PLANT, ["A"], made("B", 1, "oxide", Nd=80), **more)
    assert at_creation(tale.history, tale.lot("B")).get("technology") == expected
    assert way(tale, "B", "technology") == ((1.0, 0.0) if expected == "known" else (0.0, 1.0))


@pytest.mark.parametrize(
    ("country", "owner"),
    [
        ("ZZ", {"name": "Founders", "country": "GB", "ppb": 10**9}),
        ("AU", {"name": "Somebody", "country": "ZZ", "ppb": 10**9}),
        ("AU", {"name": "Somebody", "country": "ZZ"}),
    ],
)
def test_unknown_owners_are_not_clean(tale: Tale, country: str, owner: dict[str, Any]) -> None:
    tale.party("other", country, "miner", owners=[owner])
    tale.site("quarry", "other", "AU")
    tale.extract("other", "quarry", made("A", 10, Nd=10))
    assert way(tale, "A", "owned") == (0.0, 1.0)


@pytest.mark.parametrize(("share", "expected"), [(249_999_999, (0.0, 0.0)), (250_000_000, (1.0, 0.0))])
def test_a_quarter_from_china_is_all_of_the_material(tale: Tale, share: int, expected: tuple[float, float]) -> None:
    owners = [{"name": "D", "country": "HK", "ppb": share}, {"name": "F", "country": "GB", "ppb": 10**9 - share}]
    tale.party("other", "AU", "miner", owners=owners)
    tale.site("quarry", "other", "AU")
    tale.extract("other", "quarry", made("A", 10, Nd=10))
    assert way(tale, "A", "owned") == expected


HELD = ("held", "within", "end of route", "split")


@pytest.mark.parametrize(
    ("there", "how"),
    [
        *(("CN", how) for how in (*HELD, "brought in")),
        *(("ZZ", how) for how in (*HELD, "brought in")),
    ],
)
def test_where_material_was_held_counts_as_transit(tale: Tale, there: str, how: str) -> None:
    tale.site("depot", "mine", there)
    tale.site("yard", "mine", there)
    depot = ("mine", "depot")
    match how:
        case "held":
            tale.extract(*MINE, made("A", 10, Nd=10))
            tale.move("A", MINE, depot, "AU", there)
            tale.move("A", depot, PLANT, there, "MY")
        case "within":
            tale.extract(*depot, made("A", 10, Nd=10), country="AU")
            tale.move("A", depot, ("mine", "yard"))
        case "end of route":
            tale.extract(*MINE, made("A", 10, Nd=10))
            tale.move("A", MINE, PLANT, "AU", there)
        case "brought in":
            tale.declare(*depot, made("A", 10, Nd=10), origin={"mine": "AU"})
        case _:
            tale.extract(*depot, made("B", 10, Nd=10), country="AU")
            tale.turn("split", *depot, ["B"], made("A", 10, Nd=10))
    assert way(tale, "A", "transit") == ((1.0, 0.0) if there == "CN" else (0.0, 1.0))


def test_a_lot_in_transit_has_what_happened_so_far(tale: Tale) -> None:
    two_ores(tale)
    tale.ship(*PLANT, "A", "tokyo", "MY", "HK", "JP")
    assert way(tale, "A", "transit") == (1.0, 0.0)
    assert best(tale, "A") == {"AU": 1.0}
    tale.ship(*PLANT, "C", "shop")
    assert way(tale, "C", "transit") == (1.0, 0.0)  # it left from a site in China
    shown = [fact.event.type for _lot, fact in trace(tale.history, "C").events(tale.history)]
    assert shown == ["extract", "ship", "receive", "ship"]


@pytest.mark.parametrize(("second", "expected"), [(None, (0.0, 0.0)), ("CN", (0.0, 0.0)), ("JP", (1.0, 0.0))])
def test_a_party_is_where_its_sites_are(tale: Tale, second: str | None, expected: tuple[float, float]) -> None:
    """A route that ends in China ends on the way, unless all that the addressee has lies there."""
    if second:
        tale.site("second", "works", second)
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.ship(*MINE, "A", "works", "AU", "CN")
    assert way(tale, "A", "transit") == expected


# --- Retraction


def test_without_a_replacement_descendants_are_unknown(tale: Tale) -> None:
    two_ores(tale)
    tale.turn("blend", *PLANT, [("A", 6), ("C", 4)], made("B", 10, Nd=10))
    tale.turn("separate", *PLANT, ["B"], made("D", 1, "oxide", Nd=80))
    tale.retract("dig", tale.lot("C").born.hash)
    for lot in "BD":
        assert best(tale, lot) == {"AU": close(0.6), U: close(0.4)}
        assert way(tale, lot, "mined") == close((0.0, 0.4))
        assert set(trace(tale.history, lot).passing) >= {"A", "B"}
        assert "C" not in trace(tale.history, lot).lots
    assert best(tale, "C") == {U: 1.0}
    assert best(tale, "A") == {"AU": 1.0}
    for name in WAYS:
        # What happened to the lot stays said: it was shipped from a site in China.
        assert way(tale, "C", name) == ((1.0, 0.0) if name == "transit" else (0.0, 1.0))


def replaced(tale: Tale) -> str:
    """A is retracted, a child and a grandchild later; A2 stands in its place."""
    source = tale.extract(*DIG, made("A", 10, Nd=10), ref="e1")
    tale.turn("split", *DIG, ["A"], made("B", 10, Nd=10))
    tale.turn("split", *DIG, ["B"], made("D", 10, Nd=10))
    tale.retract("dig", source, "e2")
    tale.extract("dig", "baotou", made("A2", 10, Nd=10), ref="e2", country="US")
    return source


def test_a_replacement_stands_for_what_is_void(tale: Tale) -> None:
    replaced(tale)
    found = trace(tale.history, "B")
    assert found.lots == ("A2", "B")
    assert best(tale, "B") == {"CN+US": 1.0}
    assert found.passing["A2"] == {"Nd": 1.0}
    assert best(tale, "A") == {U: 1.0}


def test_a_replacement_feeds_grandchildren(tale: Tale) -> None:
    replaced(tale)
    found = trace(tale.history, "D")
    assert found.lots == ("A2", "B", "D")
    assert best(tale, "D") == {"CN+US": 1.0}
    assert found.passing["A2"] == {"Nd": 1.0}


def test_what_feeds_a_replacement_is_passed_on(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    work = tale.turn("split", *MINE, [("A", 5)], made("B", 5, Nd=10), ref="t1")
    tale.turn("split", *MINE, ["B"], made("D", 5, Nd=10))
    tale.turn("split", *MINE, ["D"], made("E", 5, Nd=10))
    tale.retract("mine", work, "t2")
    tale.turn("split", *MINE, [("A", 5)], made("B2", 5, Nd=10), ref="t2")
    found = trace(tale.history, "E")
    assert found.lots == ("A", "B2", "D", "E")
    assert found.passing == {lot: {"Nd": close(1.0)} for lot in found.lots}


def test_a_replacement_made_of_its_own_descendant_is_not_an_origin(tale: Tale) -> None:
    """Nobody can mean it, everybody can sign it, and a report must not fail on it."""
    tale.extract(*MINE, made("A", 10, Nd=10))
    work = tale.turn("split", *MINE, [("A", 5)], made("B", 5, Nd=10), ref="t1")
    tale.turn("split", *MINE, ["B"], made("D", 5, Nd=10))
    tale.retract("mine", work, "t2")
    tale.turn("split", *MINE, [("D", 2)], made("B2", 2, Nd=10), ref="t2")
    for lot in ("D", "B2"):
        assert set(best(tale, lot)) <= {U, "AU"}


def test_replacements_of_replacements(tale: Tale) -> None:
    first = tale.extract(*MINE, made("A", 10, Nd=10), ref="e1")
    tale.turn("split", *MINE, ["A"], made("B", 10, Nd=10))
    tale.retract("mine", first, "e2")
    second = tale.extract(*MINE, made("A2", 10, Nd=10), ref="e2")
    assert trace(tale.history, "B").lots == ("A2", "B")
    tale.retract("mine", second, "e3")
    assert best(tale, "B") == {U: 1.0}
    tale.extract(*MINE, made("A3", 10, Nd=10), ref="e3", country="US")
    # a void replacement replaces nothing, so the chain ends here
    assert set(best(tale, "B")) <= {U, "AU+US"}


# --- Passing shares


def test_what_parts_and_meets_again(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.turn("split", *MINE, ["A"], made("B", 7, Nd=10), made("D", 3, Nd=10))
    tale.turn("blend", *MINE, [("B", 3), ("D", 1)], made("E", 4))
    found = trace(tale.history, "E")
    assert found.lots == ("A", "B", "D", "E")
    assert found.passing == {
        "A": {"Nd": close(1.0)},
        "B": {"Nd": close(0.75)},
        "D": {"Nd": close(0.25)},
        "E": {"Nd": 1.0},
    }
    assert best(tale, "E") == {"AU": close(1.0)}


PLACES = ("AU", "CN", "US", "BR")


@st.composite
def webs(draw: st.DrawFn) -> tuple[list[tuple[str, int, int]], list[tuple[bool, list[tuple[int, int]]]]]:
    """Sources as (country, Nd in %, Dy in %), then lots as (whether separated, [(earlier lot, grams)])."""
    sources = draw(
        st.lists(st.tuples(st.sampled_from(PLACES), st.integers(1, 40), st.integers(0, 40)), min_size=1, max_size=4)
    )
    lots = []
    for number in range(draw(st.integers(1, 6))):
        known = len(sources) + number
        inputs = draw(st.lists(st.integers(0, known - 1), min_size=1, max_size=3, unique=True))
        lots.append((draw(st.booleans()), [(item, draw(st.integers(1, 500))) for item in inputs]))
    return sources, lots


@given(webs())
@settings(max_examples=trials(40))
def test_shares_are_those_of_counting_grams(
    web: tuple[list[tuple[str, int, int]], list[tuple[bool, list[tuple[int, int]]]]],
) -> None:
    """Against a plain account: of each element, grams by country flow from lot to lot."""
    sources, lots = web
    tale = Tale()
    tale.party("any", "GB", "miner", "processor")
    for country in PLACES:
        tale.site(f"pit-{country.lower()}", "any", country)
    tale.site("place", "any", "GB")
    fractions: list[dict[str, Fraction]] = []
    account: list[dict[str, dict[str, Fraction]]] = []
    for number, (country, nd, dy) in enumerate(sources):
        tale.extract("any", f"pit-{country.lower()}", made(f"L{number}", 100, Nd=nd, Dy=dy))
        fractions.append({"Nd": Fraction(nd, 100), "Dy": Fraction(dy, 100)})
        account.append({element: {country: Fraction(1)} for element in ("Nd", "Dy")})
    for number, (separated, inputs) in enumerate(lots, len(sources)):
        drawn: list[str | tuple[str, float]] = [(f"L{item}", grams / 1000) for item, grams in inputs]
        tale.turn(
            "separate" if separated else "blend", "any", "place", drawn, made(f"L{number}", 1e-6, Nd=30, Dy=20)
        )  # a speck, so that nothing comes from nowhere
        fractions.append({"Nd": Fraction(30, 100), "Dy": Fraction(20, 100)})
        flows: dict[str, dict[str, Fraction]] = {}
        for element in ("Nd", "Dy"):
            grams_of = [(item, grams * fractions[item][element]) for item, grams in inputs]
            whole = sum((grams for _item, grams in grams_of), Fraction(0))
            flow: dict[str, Fraction] = {}
            if whole == 0:
                flow = {U: Fraction(1)}
            for item, grams in grams_of if whole else []:
                for country, share in account[item][element].items():
                    flow[country] = flow.get(country, Fraction(0)) + share * grams / whole
            flows[element] = flow
        account.append(flows)
    last = f"L{len(fractions) - 1}"
    found = trace(tale.history, last)
    for element in ("Nd", "Dy"):
        wanted = {country: close(float(share)) for country, share in account[-1][element].items() if share}
        assert best(tale, last, element=element) == wanted
        check_passing(tale, found, element, account)
        for shares in found.origins[element].stages.values():
            assert sum(mid for _low, mid, _high in shares.values()) == close(1.0)
            assert all(low - 1e-9 <= mid <= high + 1e-9 for low, mid, high in shares.values())


def check_passing(tale: Tale, found: Trace, element: str, account: list[dict[str, dict[str, Fraction]]]) -> None:
    """What comes by way of the sources is all there is, less what came from nowhere."""
    sources = [lot for lot in found.lots if not found.parents[lot]]
    lost = float(account[-1][element].get(U, Fraction(0)))
    assert sum(found.passing[lot][element] for lot in sources) == close(1.0 - lost)
    for lot in found.lots:
        assert -1e-9 <= found.passing[lot][element] <= 1 + 1e-9
        assert found.parents[lot] or lot in tale.history.lots


# --- No answer depends on where objects lie in memory


class Mortal(Origin, frozen=True, weakref=True):
    """An origin whose end can be noticed."""


class Numbers:
    """What `id` promises and no more: different while both live, free for the next when one is gone."""

    def __init__(self) -> None:
        self.living: dict[int, Any] = {}

    def __call__(self, value: object) -> int:
        if not isinstance(value, Mortal):
            return builtins.id(value)
        for number, other in self.living.items():
            if other() is value:
                return number
        number = next(n for n in range(10**6) if n not in self.living)
        self.living[number] = weakref.ref(value, lambda _gone: self.living.pop(number))
        return number


def test_each_element_keeps_its_own_origin_wherever_objects_lie(tale: Tale, monkeypatch: pytest.MonkeyPatch) -> None:
    def mortal(origin: Origin, ways: Any) -> Origin:
        made_of = after_event(origin, ways)
        return (
            origin if made_of is origin else Mortal(made_of.stages, made_of.declared, made_of.ways, made_of.estimated)
        )

    monkeypatch.setattr(tracing, "id", Numbers(), raising=False)
    monkeypatch.setattr(tracing, "with_event", mortal)
    tale.extract(*MINE, made("A", 10, Ce=5, La=5, Nd=0, Pr=5))
    tale.extract(*DIG, made("C", 10, Ce=0, La=0, Nd=5, Pr=0))
    tale.move("A", MINE, PLANT)
    tale.move("C", DIG, PLANT)
    tale.turn("crack_leach", *PLANT, ["A", "C"], made("B", 20, "mixed-carbonate", Ce=2, La=2, Nd=2, Pr=2))
    tale.move("B", PLANT, SHOP)
    tale.turn("separate", *SHOP, ["B"], made("D", 1, "oxide", Ce=20, La=20, Nd=20, Pr=20))
    origins = {element: best(tale, "D", element=element) for element in ("Ce", "La", "Nd", "Pr")}
    assert origins == {"Ce": {"AU": 1.0}, "La": {"AU": 1.0}, "Nd": {"CN": 1.0}, "Pr": {"AU": 1.0}}


# --- Further elements


def test_elements_that_the_composition_does_not_list_can_be_asked_for(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=30))
    tale.declare(*MINE, made("FE", 20, "iron"), origin={"mine": "TR"})
    tale.turn("alloy_melt", *MINE, ["A", "FE"], made("B", 30, "alloy", Nd=10))
    found = trace(tale.history, "B", ("Fe", "Nd"))
    assert found.elements == ("Nd", "Fe")
    assert found.passing["FE"]["Fe"] > 0.7
    assert trace(tale.history, "B").elements == ("Nd",)


def test_a_replacement_that_was_made_from_what_it_replaces_is_of_unknown_origin(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=10))
    wrong = tale.turn("beneficiate", *MINE, ["A"], made("B", 5, "concentrate", Nd=15))
    tale.turn("beneficiate", *MINE, ["B"], made("C", 3, "concentrate", Nd=20), ref="again")
    tale.retract("mine", wrong, "again")
    found = trace(tale.history, "C")
    assert (found.lots, found.parents["C"][0].lot) == (("C",), None)
    assert best(tale, "C") == {U: 1.0}
