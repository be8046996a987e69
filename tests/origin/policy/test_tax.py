from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ledger.model.quantity import Share
from ledger.origin.policy.load import rules
from ledger.origin.policy.product import purity
from tests.origin.policy.telling import AFTER, World, said
from tests.rules.tale import mass

PURITY, MACR, SFE, FIE, FEOC = (
    "US-IRC-45X-PURITY", "US-IRC-45X-MACR-CM", "US-IRC-7701-SFE", "US-IRC-7701-FIE", "US-DOE-FEOC-25",
)  # fmt: skip


def product(
    form: str, percent: dict[str, tuple[float, float | None]], code: str = "US", stage: str | None = None
) -> World:
    """A lot X of a form, with (percent, uncertainty in percent) by analyte, made at one place."""
    world = World()
    world.mine("ORE", "AU", kg=1000, Nd2O3=30, Dy2O3=5, Pr6O11=10, CeO2=20, Y2O3=5)
    world.bring("ORE", code)
    output: dict[str, Any] = {"lot": "X", "form": form, "mass": mass(10)}
    if percent:
        output["composition"] = {
            analyte: {"ppb": round(value * 1e7), **({} if u is None else {"u_ppb": round(u * 1e7)})}
            for analyte, (value, u) in percent.items()
        }
    made_by = stage or ("separate" if form.startswith("oxide") else "metal_reduce")
    feed = "ORE"
    if made_by == "metal_reduce":
        world.turn("separate", code, "ORE", "OX", "oxide-mixed", 40)
        feed = "OX"
    world.tale.turn(made_by, *world.where(code), [feed], output)
    world.at["X"] = code
    return world


def ask(world: World, policy: str = PURITY, day: date = AFTER, context: str = "", lot: str = "X") -> str:
    return world.ask(policy, day, context, lot=lot).verdict


@pytest.mark.parametrize(
    ("form", "percent", "verdict"),
    [
        ("oxide-nd", {"Nd2O3": (99.6, 0.05)}, "compliant"),
        ("oxide-nd", {"Nd2O3": (99.6, 0.061)}, "cannot-determine"),  # within 1.64 standard uncertainties
        ("oxide-nd", {"Nd2O3": (99.581, 0.05)}, "cannot-determine"),
        ("oxide-nd", {"Nd2O3": (99.583, 0.05)}, "compliant"),
        ("oxide-nd", {"Nd2O3": (99.55, 0.05)}, "cannot-determine"),
        ("oxide-nd", {"Nd2O3": (99.45, 0.05)}, "cannot-determine"),
        ("oxide-nd", {"Nd2O3": (99.42, 0.05)}, "cannot-determine"),
        ("oxide-nd", {"Nd2O3": (99.41, 0.05)}, "non-compliant"),
        ("oxide-nd", {"Nd2O3": (99.6, None)}, "cannot-determine"),
        ("oxide-nd", {"Nd2O3": (99.4, None)}, "non-compliant"),
        ("oxide-nd", {"Nd2O3": (99.2, 0.05), "Pr6O11": (0.3, 0.01)}, "non-compliant"),
        ("oxide-ndpr", {"Nd2O3": (74.5, 0.05), "Pr6O11": (25, 0.05)}, "compliant"),
        ("oxide-ndpr", {"Nd2O3": (74, 0.05), "Pr6O11": (24.8, 0.05)}, "non-compliant"),
        ("oxide-ndpr", {"Nd2O3": (74.1, 0.05), "Pr6O11": (24.95, 0.05)}, "cannot-determine"),
        ("oxide-nd", {"Nd": (85.5, 0.01)}, "compliant"),
        ("oxide-nd", {"TREO": (99.9, 0.01)}, "cannot-determine"),
        ("oxide-nd", {}, "cannot-determine"),
        ("oxide-y", {"Y2O3": (99.9995, 0.0001)}, "compliant"),
        ("oxide-y", {"Y2O3": (99.99, 0.0001)}, "non-compliant"),
        ("oxide-ce", {"CeO2": (99.95, 0.01)}, "compliant"),
        ("metal-nd", {"Nd": (99.95, 0.01)}, "compliant"),
        ("metal-nd", {"Nd": (99.5, 0.01)}, "non-compliant"),
        ("metal-nd", {"Nd2O3": (99.99, 0.001)}, "cannot-determine"),
        ("metal-dy", {"Dy": (99.1, 0.05)}, "compliant"),
        ("alloy-dyfe", {"Dy": (80, 0.1), "Fe": (19.5, 0.1)}, "compliant"),
        ("alloy-dyfe", {"Dy": (80, 0.1), "Fe": (18, 0.1)}, "non-compliant"),
        ("alloy-ndfeb", {"Nd": (30, 0.1), "Fe": (69, 0.1)}, "cannot-determine"),
        ("oxide-la", {"La2O3": (99.5, 0.05)}, "compliant"),
    ],
)
def test_form_and_purity(form: str, percent: dict[str, tuple[float, float | None]], verdict: str) -> None:
    world = product(form, percent)
    assert ask(world) == verdict


def test_what_no_input_can_have_brought_is_never_compliant() -> None:
    world = World()
    world.mine("ORE", "US", kg=1000, Nd2O3=1)
    world.turn("separate", "US", "ORE", "X", "oxide-nd", 500)
    world.tale.assay("X", Nd2O3=99.9)
    assert "can have brought" not in said(world.ask(PURITY, AFTER, lot="X"))
    world.turn("separate", "US", "X", "Y", "oxide-nd", 900, {"Nd2O3": 99.9})
    answer = world.ask(PURITY, AFTER, lot="Y")
    assert answer.verdict == "cannot-determine"


def test_purity_is_arithmetic_on_the_composition() -> None:
    row = next(item for item in rules()[PURITY].minima if item.product == "neodymium oxide")
    value, u = purity({"Nd": Share(850_000_000, 10_000)}, row, oxide=True)
    assert value == Fraction(850_000_000) * Fraction("1.1664")
    assert u is not None
    assert float(u) == pytest.approx(11_664)
    assert purity({"Nd2O3": Share(1), "Fe": Share(5)}, row, oxide=True) == (1, None)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("US", "compliant"), ("AU", "non-compliant"), ("CN", "non-compliant"), ("ZZ", "cannot-determine")],
)
def test_produced_in_the_united_states(code: str, verdict: str) -> None:
    assert ask(product("oxide-nd", {"Nd2O3": (99.8, 0.01)}, code)) == verdict


def test_what_decides_is_said_first_and_a_missed_credit_is_no_offence() -> None:
    """Made in Australia, and no uncertainty stated: the place decides."""
    answer = product("oxide-nd", {"Nd2O3": (99.8, None)}, "AU").ask(PURITY, AFTER, lot="X")
    assert answer.verdict == "non-compliant"
    assert "AU (Australia)" in answer.reasons[0].text
    assert answer.words == "non-compliant (not eligible for the credit)"


def test_gallium_is_on_the_law_s_list_and_not_held_here() -> None:
    world = World()
    world.declare("X", "US", "metal-ga", 10, None, {"Ga": 99.999})
    assert "45X(c)(6) lists Ga, with a minimum that is not held here" in said(world.ask(PURITY, AFTER, lot="X"))


@pytest.mark.parametrize(
    ("year", "verdict"),
    [
        (2027, "compliant"),
        (2030, "compliant"),
        (2031, "cannot-determine"),
        (2032, "cannot-determine"),
        (2040, "cannot-determine"),
    ],
)
def test_the_text_that_was_read_goes_with_the_verdict(year: int, verdict: str) -> None:
    answer = product("oxide-nd", {"Nd2O3": (99.8, 0.01)}).ask(PURITY, date(year, 6, 1), lot="X")
    assert answer.verdict == verdict
    if verdict == "compliant":
        assert answer.words == "compliant under the text current to Pub. L. 118-78 (later amendments not read)"
    else:
        assert "reduced to 75 % in 2031" in answer.reasons[0].text
    assert "what amended 26 U.S.C. 45X after" in answer.unread


def test_a_split_does_not_move_production_and_a_declared_lot_has_none() -> None:
    world = product("oxide-nd", {"Nd2O3": (99.8, 0.01)}, "AU")
    world.turn("split", "US", "X", "PART", "oxide-nd", 10)
    assert ask(world, lot="PART") == "non-compliant"
    world.declare("OLD", "US", "oxide-nd", 10, {"separate": "US"}, {"Nd2O3": 99.8})
    assert ask(world, lot="OLD") == "cannot-determine"


def test_the_assay_in_force_is_read() -> None:
    world = product("oxide-nd", {"Nd2O3": (99.8, 0.01)})
    world.tale.assay("X", Nd2O3=99.0)
    assert ask(world) == "non-compliant"


def test_other_forms_are_not_minerals_and_unlisted_ones_not_known() -> None:
    world = World()
    world.ndfeb()
    assert ask(world, lot="M") == "not-applicable"
    assert ask(world, MACR, lot="M") == "not-applicable"
    world.declare("POWDERED", "US", "nd-thing")
    assert ask(world, lot="POWDERED") == "cannot-determine"


# --- Material assistance


@pytest.mark.parametrize(
    ("day", "costs", "verdict"),
    [
        (date(2026, 6, 1), None, "cannot-determine"),
        (date(2029, 12, 31), (100, 100), "cannot-determine"),
        (date(2030, 1, 1), None, "cannot-determine"),
        (date(2030, 1, 1), (100, 75), "cannot-determine"),
        (date(2030, 1, 1), (100, 75.1), "non-compliant"),
        (date(2032, 1, 1), (100, 60), "cannot-determine"),
        (date(2032, 1, 1), (100, 61), "non-compliant"),
        (date(2040, 1, 1), (100, 51), "non-compliant"),
        (date(2040, 1, 1), (100, 50), "cannot-determine"),
    ],
)
def test_the_ratio_by_year_of_sale(day: date, costs: tuple[float, float] | None, verdict: str) -> None:
    world = product("oxide-nd", {"Nd2O3": (99.8, 0.01)})
    stated = f"[costs]\ndirect_material = {costs[0]}\npfe_material = {costs[1]}" if costs else ""
    answer = world.ask(MACR, date(2026, 4, 1), f"sale_date = {day}\n{stated}", lot="X")
    assert answer.verdict == verdict
    if verdict == "cannot-determine" and costs:
        assert "the primary text was not read" in said(answer)


# --- Who the taxpayer is

CLEAN_SFE = """[taxpayer]
country = "US"
principal_place_of_business = "US"
on_listed_entities = false
covered_government_or_citizen = false
covered_control_share = 0.5
"""
CLEAN_FIE = """[taxpayer]
may_appoint_officer = false
sfe_single_share = 0.2499
sfe_total_share = 0.3999
sfe_debt_share = 0.1499
effective_control = false
"""


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (("", ""), "cannot-determine"),
        (("[taxpayer]", "[end_item]\n[taxpayer]"), "cannot-determine"),
        (('country = "US"\nprincipal', 'country = "CN"\nprincipal'), "non-compliant"),
        (('business = "US"', 'business = "HK"'), "non-compliant"),
        (('business = "US"', 'business = "KP"'), "non-compliant"),
        (("entities = false", "entities = true"), "non-compliant"),
        (("citizen = false", "citizen = true"), "non-compliant"),
        (("share = 0.5", "share = 0.5001"), "non-compliant"),
        (("on_listed_entities = false\n", ""), "cannot-determine"),
        (("covered_control_share = 0.5\n", ""), "cannot-determine"),
    ],
)
def test_specified_foreign_entity(change: tuple[str, str], verdict: str) -> None:
    world = World()
    world.ndfeb()
    answer = world.ask(SFE, AFTER, CLEAN_SFE.replace(*change))
    assert answer.verdict == verdict
    assert "not on the lot" in said(answer)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (("", ""), "cannot-determine"),
        (("0.2499", "0.25"), "non-compliant"),
        (("0.3999", "0.40"), "non-compliant"),
        (("0.1499", "0.15"), "non-compliant"),
        (("officer = false", "officer = true"), "non-compliant"),
        (("control = false", "control = true"), "non-compliant"),
        (("sfe_debt_share = 0.1499\n", ""), "cannot-determine"),
    ],
)
def test_foreign_influenced_entity(change: tuple[str, str], verdict: str) -> None:
    world = World()
    world.ndfeb()
    answer = world.ask(FIE, AFTER, CLEAN_FIE.replace(*change))
    assert answer.verdict == verdict
    if change == ("", ""):
        assert "the primary text was not read" in said(answer)


def test_the_taxable_year_decides_and_nothing_stated_is_unknown() -> None:
    world = World()
    world.ndfeb()
    for policy in (SFE, FIE):
        assert world.ask(policy, AFTER, "taxable_year_end = 2026-07-03").verdict == "not-applicable"
        answer = world.ask(policy, AFTER, "taxable_year_end = 2026-07-04")
        assert answer.verdict == "cannot-determine"
        assert any("counts as unknown" in item for item in answer.assumptions)
    assert world.ask(SFE, date(2028, 2, 29)).verdict == "cannot-determine"


# --- Foreign entity of concern


def test_battery_minerals_alone() -> None:
    world = World()
    world.ndfeb(separate="CN")
    assert world.ask(FEOC, AFTER).verdict == "not-applicable"
    assert world.ask(FEOC, AFTER, lot="ND-OX").verdict == "non-compliant"
    assert world.ask(FEOC, date(2024, 5, 5), lot="ND-OX").verdict == "cannot-determine"  # before it was made
    clean = World()
    clean.ndfeb()
    assert clean.ask(FEOC, AFTER, lot="ND-OX").verdict == "cannot-determine"
    held = "[taxpayer]\n" + "".join(f"covered_government_{what}_share = 0.0\n" for what in ("board", "vote", "equity"))
    stated = held + "effective_control = false"
    assert "the primary text was not read" in said(clean.ask(FEOC, AFTER, stated, lot="ND-OX"))
    for what in ("board", "vote", "equity"):
        over = stated.replace(f"{what}_share = 0.0", f"{what}_share = 0.25")
        assert clean.ask(FEOC, AFTER, over, lot="ND-OX").verdict == "non-compliant"
