"""The balance of one event: what cannot be, what is lost, and what nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.model.quantity import Share
from ledger.rules.balance import TESTS, balances, sides, sigmas
from ledger.rules.content import GROSS
from ledger.rules.imbalance import least_recovery
from ledger.rules.measure import Portion, believed, held, itemised, total
from tests.rules.tale import MG, MINE, PLANT, SHOP, Tale, made, peopled
from tests.trials import trials


@pytest.fixture
def tale() -> Tale:
    return peopled()


def exact(lot: str, kg: float, form: str, relative: float = 0.002, **percent: float) -> dict[str, Any]:
    """An output with declared uncertainties, relative."""
    output = made(lot, kg, form, round(kg * MG * relative))
    output["composition"] = {
        name: {"ppb": round(value * 1e7), "u_ppb": round(value * 1e7 * relative)} for name, value in percent.items()
    }
    return output


def separated(tale: Tale, kg: float, *more: dict[str, Any], **members: Any) -> list[tuple[str, str]]:
    """100 kg of Nd2O3 in carbonate become `kg` of it, and what else comes."""
    tale.declare(*PLANT, exact("feed", 250, "mixed-carbonate", Nd2O3=40, La2O3=15))
    tale.turn("separate", *PLANT, ["feed"], exact("ox", kg, "oxide-nd", Nd2O3=99.5), *more, **members)
    return [(code, subject) for code, subject in tale.ending() if code.startswith(("MASS", "DATA-BALANCE"))]


def test_what_went_in_comes_out(tale: Tale) -> None:
    found = separated(tale, 97, exact("lan", 37, "oxide-la", La2O3=99.5))
    assert found == []


@pytest.mark.parametrize("gained", [3, 10, 100])
def test_more_than_went_in_is_an_error(tale: Tale, gained: float) -> None:
    found = separated(tale, 100 / 0.995 + gained, exact("lan", 37, "oxide-la", La2O3=99.5))
    assert [code for code, _subject in found] == ["MASS-GAIN"]


def test_a_gain_within_the_noise_is_none(tale: Tale) -> None:
    assert separated(tale, 100 / 0.995 + 0.8, exact("lan", 37, "oxide-la", La2O3=99.5)) == []


def test_an_element_from_no_input_is_an_error_of_its_own(tale: Tale) -> None:
    tale.declare(*PLANT, exact("ox", 100, "oxide-ndpr", Nd2O3=75, Pr6O11=24.5))
    tale.turn("metal_reduce", *PLANT, ["ox"], exact("m", 80, "metal-ndpr", Nd=74, Pr=22, Dy=3))
    assert "MASS-SOURCE" in [code for code, _ in tale.ending("MASS")]


def test_a_blank_that_leaves_room_accuses_nobody(tale: Tale) -> None:
    tale.declare(*PLANT, exact("ox", 100, "oxide-ndpr", Nd2O3=70, Pr6O11=20))
    tale.turn("metal_reduce", *PLANT, ["ox"], exact("m", 78, "metal-ndpr", Nd=74, Pr=20, Dy=3))
    assert tale.ending("MASS") == []


def test_less_product_than_the_stage_yields_is_a_warning_unless_the_waste_explains_it(tale: Tale) -> None:
    assert separated(tale, 80, exact("lan", 37, "oxide-la", La2O3=99.5))[0][0] == "MASS-LOSS"
    told = peopled()
    waste = exact("res", 50, "residue", 0.02, Nd2O3=40, La2O3=0.1)
    assert separated(told, 80, exact("lan", 37, "oxide-la", La2O3=99.5), waste) == []


def test_a_declared_loss_counts(tale: Tale) -> None:
    loss = {"kind": "spill", "mass": {"mg": 50 * MG}, "composition": {"Nd2O3": {"ppb": 400_000_000}}}
    assert separated(tale, 80, exact("lan", 37, "oxide-la", La2O3=99.5), losses=[loss]) == []
    over = peopled()
    assert separated(over, 97, exact("lan", 37, "oxide-la", La2O3=99.5), losses=[loss])[0][0] == "MASS-GAIN"


def test_an_element_that_goes_nowhere_is_said_and_not_accused(tale: Tale) -> None:
    found = separated(tale, 97)
    assert [code for code, _ in found] == ["DATA-BALANCE"]


def test_what_was_not_analysed_is_said(tale: Tale) -> None:
    tale.declare(*PLANT, made("feed", 250, "mixed-carbonate"))
    tale.turn("separate", *PLANT, ["feed"], made("ox", 90, "oxide-nd", Nd2O3=99))
    codes = [code for code, _ in tale.ending()]
    assert "DATA-BALANCE" in codes and not [code for code in codes if code.startswith("MASS")]


def test_an_analysis_made_later_strikes_the_balance(tale: Tale) -> None:
    tale.extract(*MINE, made("ore", 1000, Nd2O3=1))
    tale.turn("beneficiate", *MINE, ["ore"], made("c", 100, "concentrate"))
    assert tale.ending("MASS") == []
    digest = tale.assay("c", Nd2O3=30)
    assert ("MASS-GAIN", f"event:{tale.lot('c').born.hash}") in tale.ending("MASS")
    tale.retract("lab", digest)
    assert tale.ending("MASS") == []


def test_a_void_event_is_no_fault_any_more(tale: Tale) -> None:
    tale.extract(*MINE, made("ore", 1000, Nd2O3=1))
    digest = tale.turn("beneficiate", *MINE, ["ore"], made("c", 100, "concentrate", Nd2O3=60))
    assert "MASS-GAIN" in dict(tale.ending("MASS"))
    tale.retract("mine", digest)
    assert tale.ending("MASS") == []


def test_a_neutral_stage_keeps_the_mass_and_a_restated_analysis_is_one_measurement(tale: Tale) -> None:
    tale.declare(*PLANT, made("ox", 100, "oxide-nd", 10_000, Nd2O3=99))
    tale.turn("repack", *PLANT, ["ox"], made("p", 100.4, "oxide-nd", 10_000, Nd2O3=99))
    assert dict(tale.ending("MASS")) == {"MASS-GAIN": f"event:{tale.lot('p').born.hash}"}


def test_iron_from_nowhere_is_a_warning(tale: Tale) -> None:
    tale.declare(*SHOP, exact("m", 31, "metal-nd", Nd=99.5))
    tale.declare(*SHOP, made("fe", 60, "iron"), made("feb", 5, "ferroboron"))
    tale.turn("alloy_melt", *SHOP, [("m", 15), "fe", "feb"], exact("a", 48, "alloy-ndfeb", Nd=31, Fe=67, B=1))
    assert "MASS-CONSTITUENT" not in dict(tale.ending("MASS"))
    tale.turn("alloy_melt", *SHOP, [("m", 15)], exact("b", 48, "alloy-ndfeb", Nd=31, Fe=67, B=1))
    assert dict(tale.ending("MASS"))["MASS-CONSTITUENT"] == f"event:{tale.lot('b').born.hash}"


def test_the_mass_of_a_melt_tells_where_no_analysis_does(tale: Tale) -> None:
    tale.declare(*SHOP, exact("m", 31, "metal-nd", Nd=99.5))
    tale.turn("alloy_melt", *SHOP, ["m"], made("a", 100, "alloy-ndfeb", Nd=30.8))
    assert [code for code, _ in tale.ending("MASS")] == ["MASS-CONSTITUENT"]


def test_defaults_are_flagged_by_site_and_declared_ones_are_not(tale: Tale) -> None:
    separated(tale, 97, exact("lan", 37, "oxide-la", La2O3=99.5))
    assert tale.ending("DATA-DEFAULT") == []
    tale.extract(*MINE, made("ore", 1000, Nd2O3=1))
    tale.turn("beneficiate", *MINE, ["ore"], made("c", 10, "concentrate", Nd2O3=60))
    assert tale.ending("DATA-DEFAULT") == [("DATA-DEFAULT", "site:pit")]


def test_a_declared_uncertainty_cannot_swallow_a_gain() -> None:
    assert believed(Share(400_000_000, 300_000_000), "oxide") == (40_000_000.0, False)
    assert believed(Share(1_000_000, 900_000_000), "oxide") == (1_000_000.0, False)
    assert believed(Share(995_000_000), "oxide") == (9_950_000.0, True)
    assert believed(Share(300_000_000), "ore") == (15_000_000.0, True)
    assert believed(Share(1_000_000), "oxide") == (50_000.0, True)


def test_propagation_is_that_of_the_guide() -> None:
    """GUM 5.1.2 on m w: 100 kg of 50 % with 1 kg and 1 point."""
    part = Portion("x", 100 * MG, MG, True, "oxide", {"Nd": Share(500_000_000, 10_000_000)})
    amount = held(part, "Nd")
    assert amount.low == amount.high == pytest.approx(50 * MG)
    assert (amount.u_mass, amount.u_analysis) == pytest.approx((0.5 * MG, 1.0 * MG))


def test_the_sum_shares_its_mass() -> None:
    part = Portion("x", 100 * MG, MG, True, "oxide", {"Nd": Share(300_000_000, 0), "Pr": Share(100_000_000, 0)})
    assert total(part, frozenset({"Nd", "Pr"})).u_mass == pytest.approx(0.4 * MG)


def test_more_tests_need_more_sigmas_and_the_event_keeps_its_chance() -> None:
    assert sigmas(1) == sigmas(TESTS) == 3.0
    assert 3.0 < sigmas(5) < sigmas(16) < 3.5


def test_recoveries_come_from_the_table() -> None:
    assert least_recovery("separate") == pytest.approx(0.92)
    assert least_recovery("repack") == pytest.approx(0.98)
    assert least_recovery("gbd") == pytest.approx(0.98)


def test_what_counts_as_itemised() -> None:
    assert not itemised(None)
    assert not itemised({"TREO": Share(500_000_000)})
    assert not itemised({"TREO": Share(500_000_000), "Nd2O3": Share(100_000_000)})
    assert itemised({"TREO": Share(500_000_000), "Nd2O3": Share(450_000_000)})


shares = st.dictionaries(
    st.sampled_from(["Nd2O3", "Pr6O11", "Dy", "TREO", "Fe", "H2O", "SiO2"]), st.floats(0, 60), min_size=0, max_size=5
)


@given(shares, shares, st.floats(0.001, 1000), st.floats(0.001, 1000), st.sampled_from(["separate", "split", "sinter"]))
@settings(max_examples=trials(60), deadline=None)
def test_nothing_stated_raises_and_scaling_changes_no_sign(
    first: dict[str, float], second: dict[str, float], kg: float, more: float, stage: str
) -> None:
    tale = peopled()
    tale.declare(*PLANT, made("a", kg, "oxide", **first))
    tale.turn(stage, *PLANT, ["a"], made("b", more, "oxide", **second))
    fact = tale.lot("b").born
    parts = sides(tale.history, fact)
    assert parts is not None
    for item in balances(fact, parts):
        assert item.made >= 0 and item.brought >= 0 and item.sigma >= 0
        assert item.product <= item.made + 1e-6
    assert all(code in {"MASS-GAIN", "MASS-SOURCE", "MASS-LOSS", "MASS-CONSTITUENT"} for code, _ in tale.ending("MASS"))


@given(st.floats(0.01, 100), st.floats(1, 99))
@settings(max_examples=trials(40), deadline=None)
def test_an_honest_split_is_clean_whatever_the_size(kg: float, percent: float) -> None:
    tale = peopled()
    tale.declare(*PLANT, made("a", 2 * kg, "oxide", Nd2O3=percent))
    tale.turn("split", *PLANT, ["a"], made("b", kg, "oxide"), made("c", kg, "oxide", Nd2O3=percent))
    struck = balances(tale.lot("b").born, sides(tale.history, tale.lot("b").born) or pytest.fail("no balance"))
    assert {item.element for item in struck} == {"Nd", GROSS}
    assert tale.ending("MASS") == []


# --- Sums alone


def test_a_gain_shows_by_the_sum_where_outputs_are_not_itemised() -> None:
    for outputs in ({"TREO": 60}, {"TRE": 50}):
        tale = peopled()
        tale.extract(*MINE, made("ore", 1000, "ore", TREO=9, Nd2O3=2, CeO2=6, La2O3=1))
        tale.turn("beneficiate", *MINE, ["ore"], made("c", 300, "concentrate", **outputs))
        assert dict(tale.ending("MASS"))["MASS-GAIN"] == f"event:{tale.lot('c').born.hash}"


def test_a_partial_list_is_no_sum(tale: Tale) -> None:
    tale.declare(*PLANT, exact("flake", 100, "strip-cast", Nd=23, Pr=6.8))
    tale.turn("powder", *PLANT, ["flake"], exact("p", 99.5, "powder-ndfeb", Nd=23, Pr=6.8, Dy=1.5))
    assert tale.ending("MASS") == []


def test_a_product_holds_what_its_form_names(tale: Tale) -> None:
    tale.declare(*PLANT, exact("m", 30, "metal-ndpr", TREM=99.5))
    tale.declare(*PLANT, made("fe", 70, "iron"))
    tale.turn("alloy_melt", *PLANT, ["m", "fe"], exact("a", 99, "alloy-ndfeb", Nd=22, Pr=6, Dy=3, Fe=67))
    assert "MASS-SOURCE" in dict(tale.ending("MASS"))
