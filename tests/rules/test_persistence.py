from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.quantity import Composition
from ledger.reference.elements import RARE_EARTHS
from ledger.reference.stages import STAGES as ALL_STAGES
from ledger.rules.analysis import Analysis, analyse
from ledger.rules.fingerprint import fingerprints
from ledger.rules.pattern import Part
from ledger.rules.persistence import NOBODY, STAGES, Tolerance, odd, side
from tests.rules.tale import PLANT, SHOP, Tale, made, mass, peopled

MIXED = {"La2O3": 12.0, "CeO2": 24.0, "Pr6O11": 2.6, "Nd2O3": 9.0, "Sm2O3": 1.0, "Dy2O3": 0.1}
METAL = {"Pr": 24.0, "Nd": 75.0}
HEAVY = {"Tb": 15.0, "Dy": 84.0}
FORMS = {
    **dict.fromkeys(("metal_reduce",), "metal-ndpr"),
    **dict.fromkeys(("alloy_melt", "powder", "press", "sinter", "bond", "machine", "coat", "magnetize"), "alloy"),
}


def through(
    stage: str, before: dict[str, float], *outputs: dict[str, Any], form: str = "oxide-x", **members: Any
) -> Tale:
    """A lot A through one stage."""
    tale = peopled()
    tale.declare(*SHOP, made("A", 100, form, **before))
    tale.turn(stage, *SHOP, ["A"], *outputs, **members)
    return tale


def times(figures: dict[str, float], **by: float) -> dict[str, float]:
    return {analyte: percent * by.get(analyte, 1.0) for analyte, percent in figures.items()}


def codes(tale: Tale) -> list[tuple[str, str]]:
    return tale.ending("COMP-P")


# --- What does not separate


@pytest.mark.parametrize("stage", STAGES)
def test_ratios_stay(stage: str) -> None:
    same = made("B", 90, FORMS.get(stage, "oxide-x"), **times(MIXED, **dict.fromkeys(MIXED, 0.9)))
    assert codes(through(stage, MIXED, same)) == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_ratio_that_doubles_is_found(stage: str) -> None:
    output = made("B", 90, FORMS.get(stage, "oxide-x"), **times(MIXED, Nd2O3=2))
    assert codes(through(stage, MIXED, output)) == [("COMP-PATTERN", "lot:B")]


@pytest.mark.parametrize("stage", sorted(ALL_STAGES.keys() - STAGES.keys() - {"mine", "collect"}))
def test_other_stages_may_change_it(stage: str) -> None:
    assert codes(through(stage, MIXED, made("B", 90, "oxide-x", **times(MIXED, Nd2O3=2)))) == []


@pytest.mark.parametrize(
    ("stage", "oxide", "by", "found"),
    [
        ("repack", "Nd2O3", 1.15, False),  # within 3.4 sigma of 4 %
        ("repack", "Nd2O3", 1.30, True),
        ("crack_leach", "CeO2", 0.1, False),
        ("beneficiate", "CeO2", 0.1, True),
        ("beneficiate", "Dy2O3", 1.6, False),
        ("beneficiate", "Dy2O3", 2.5, True),
        ("metal_reduce", "Sm2O3", 0.1, False),
        ("alloy_melt", "Sm2O3", 0.1, False),
        ("powder", "Sm2O3", 0.1, True),
        ("beneficiate", "Nd2O3", 1.25, False),
        ("beneficiate", "Nd2O3", 1.5, True),
    ],
)
def test_what_each_stage_may_do(stage: str, oxide: str, by: float, found: bool) -> None:
    tale = through(stage, MIXED, made("B", 90, "oxide-x", **times(MIXED, **{oxide: by})))
    assert codes(tale) == ([("COMP-PATTERN", "lot:B")] if found else [])


def test_clay_leaches_by_halves() -> None:
    leached = times(MIXED, La2O3=1.5, CeO2=0.1)
    assert codes(through("crack_leach", MIXED, made("B", 20, "mixed-carbonate", **leached), form="ore")) == []
    assert codes(through("crack_leach", MIXED, made("B", 20, "mixed-carbonate", **leached), form="concentrate")) == [
        ("COMP-PATTERN", "lot:B")
    ]


def test_the_message_names_the_ratio() -> None:
    tale = through("press", MIXED, made("B", 90, "compact", **times(MIXED, Nd2O3=2)))
    (message,) = [item.message for item in fingerprints(tale.history)]
    assert message.startswith("Nd2O3/")
    assert "in lot B and" in message
    assert "went into press, which does not separate" in message


def test_declared_uncertainties_sharpen_and_blunt() -> None:
    def precise(u: float) -> Tale:
        tale = peopled()
        for lot, by in (("A", 1.0), ("B", 1.06)):
            figures = {
                a: {"ppb": round(p * 10**7), "u_ppb": round(p * 10**7 * u)} for a, p in times(MIXED, Nd2O3=by).items()
            }
            output = {"lot": lot, "form": "oxide-x", "mass": mass(100), "composition": figures}
            if lot == "A":
                tale.declare(*SHOP, output)
            else:
                tale.turn("repack", *SHOP, ["A"], output)
        return tale

    assert codes(precise(0.005)) == [("COMP-PATTERN", "lot:B")]
    assert codes(precise(0.02)) == []


def test_by_products_and_what_bears_none_are_not_compared() -> None:
    odd_figures = times(MIXED, Nd2O3=3)
    for form in ("residue", "swarf-ndfeb", "scrap", "slag", "iron"):
        assert codes(through("machine", MIXED, made("B", 10, form, **odd_figures))) == []


def test_several_products_are_taken_together_except_where_nothing_is_done() -> None:
    light, heavy = times(MIXED, La2O3=1.5, Nd2O3=0.5), times(MIXED, La2O3=0.5, Nd2O3=1.5)
    outputs = (made("B", 50, "oxide-x", **light), made("C", 50, "oxide-x", **heavy))
    assert codes(through("powder", MIXED, *outputs)) == []
    assert codes(through("split", MIXED, *outputs)) == [("COMP-PATTERN", "lot:B"), ("COMP-PATTERN", "lot:C")]
    ((code, subject),) = codes(through("powder", MIXED, *(made(lot, 50, "oxide-x", **light) for lot in "BC")))
    assert code == "COMP-PATTERN"
    assert subject.startswith("event:")


# --- Inputs


def melted(*, dy: float, barren: str = "iron", **inputs: dict[str, float]) -> Tale:
    """31 kg of NdPr and 1 kg of DyTb into 100 kg of alloy with iron; `dy` percent of dysprosium come out."""
    tale = peopled()
    tale.declare(*SHOP, made("N", 31, "metal-ndpr", **inputs.get("N", METAL)))
    tale.declare(*SHOP, made("D", 1, "metal-dytb", **inputs.get("D", HEAVY)))
    tale.declare(*SHOP, made("F", 68, barren))
    alloy = {"Nd": 23.25, "Pr": 7.44, "Dy": dy, "Tb": 0.15, "Fe": 67.0}
    tale.turn("alloy_melt", *SHOP, ["N", "D", "F"], made("B", 100, "strip-cast", **alloy))
    return tale


def test_inputs_are_mixed_by_mass_and_iron_adds_none() -> None:
    assert codes(melted(dy=0.84)) == []
    assert codes(melted(dy=2.0)) == [("COMP-PATTERN", "lot:B")]
    assert codes(melted(dy=0.4)) == [("COMP-PATTERN", "lot:B")]


def test_an_input_that_says_nothing_may_hold_anything() -> None:
    assert codes(melted(dy=2.0, barren="additive")) == []
    assert codes(melted(dy=2.0, D={"Tb": 15.0, "NdF3": 1.0})) == []


def test_what_an_input_does_not_list_may_fill_its_room() -> None:
    """NdPr metal of 99 % has room for one percent of dysprosium, and its own uncertainty."""
    assert codes(melted(dy=1.5)) == []
    assert codes(melted(dy=2.0)) == [("COMP-PATTERN", "lot:B")]
    assert codes(melted(dy=0.84, N={"Nd": 75.0})) == []


def test_void_inputs_and_book_and_claim_say_nothing() -> None:
    doubled = made("B", 90, "oxide-x", **times(MIXED, Nd2O3=2))
    assert codes(through("repack", MIXED, doubled, custody_model="book_and_claim")) == []
    tale = through("repack", MIXED, doubled)
    assert codes(tale)
    tale.retract("shop", tale.lot("A").born.hash)
    assert codes(tale) == []


def test_a_void_event_is_passed_over() -> None:
    tale = through("repack", MIXED, made("B", 90, "oxide-x", **times(MIXED, Nd2O3=2)))
    tale.retract("shop", tale.lot("B").born.hash)
    assert codes(tale) == []


def test_input_figures_are_those_at_the_draw_and_output_figures_the_newest() -> None:
    tale = peopled()
    tale.declare(*SHOP, made("A", 100, "oxide-x", **MIXED))
    tale.turn("repack", *SHOP, [("A", 50)], made("B", 50, "oxide-x", **MIXED))
    tale.assay("A", **times(MIXED, Nd2O3=2))
    assert codes(tale) == []
    tale.assay("B", **times(MIXED, Nd2O3=2))
    assert codes(tale) == [("COMP-PATTERN", "lot:B")]


# --- Pr and Nd


def separated(*outputs: dict[str, Any], before: dict[str, float] | None = None) -> Tale:
    tale = peopled()
    tale.declare(*PLANT, made("A", 100, "mixed-carbonate", **(before or MIXED)))
    tale.turn("separate", *PLANT, ["A"], *outputs)
    return tale


def ndpr(lot: str, pr: float, nd: float, kg: float = 10) -> dict[str, Any]:
    return made(lot, kg, "oxide-ndpr", Pr6O11=pr, Nd2O3=nd)


@pytest.mark.parametrize(
    ("pr", "nd", "found"), [(22, 77, False), (20, 78, False), (30, 69, True), (10, 89, True), (5, 94, True)]
)
def test_pr_and_nd_stay_in_their_ratio(pr: float, nd: float, found: bool) -> None:
    lanthanum = made("L", 20, "oxide-lace", La2O3=40, CeO2=59)
    expected = [("COMP-PRND", "lot:B")] if found else []
    assert codes(separated(ndpr("B", pr, nd), lanthanum, made("R", 5, "residue"))) == expected


def test_where_they_are_parted_nothing_is_said() -> None:
    nd, pr = made("N", 5, "oxide-nd", Nd2O3=99), made("P", 2, "oxide-pr", Pr6O11=99)
    assert codes(separated(ndpr("B", 30, 69), nd)) == []
    assert codes(separated(ndpr("B", 30, 69), pr)) == []
    assert codes(separated(nd, pr)) == []
    assert codes(separated(ndpr("B", 30, 69), made("X", 5, "oxide-nd"))) == []
    assert codes(separated(ndpr("B", 30, 69), made("X", 5, "oxide-nd", TREO=99))) == []


def test_a_trace_elsewhere_does_not_part_them() -> None:
    lace = made("L", 20, "oxide-lace", La2O3=40, CeO2=58, Pr6O11=0.2)
    assert codes(separated(ndpr("B", 30, 69), lace)) == [("COMP-PRND", "lot:B")]


def test_two_joint_products_count_together() -> None:
    assert codes(separated(ndpr("B", 17, 82), ndpr("C", 27, 72))) == []
    ((code, subject),) = codes(separated(ndpr("B", 30, 69), ndpr("C", 30, 69)))
    assert (code, subject[:6]) == ("COMP-PRND", "event:")


def test_a_raffinate_with_traces_of_both_is_no_joint_product() -> None:
    raffinate = made("L", 20, "oxide-lace", La2O3=40, CeO2=55, Pr6O11=2, Nd2O3=0.3)
    assert codes(separated(raffinate)) == []


def test_a_feed_that_does_not_state_both_says_nothing() -> None:
    assert codes(separated(ndpr("B", 30, 69), before={"Nd2O3": 9.0, "La2O3": 12.0})) == []
    assert codes(separated(ndpr("B", 30, 69), before={"TREO": 50.0})) == []


# --- The comparison itself


def exact(**values: float) -> Analysis:
    total = sum(values.values())
    return Analysis({name: Part(value, 0.03) for name, value in values.items()}, total, total, 0.0)


amounts = st.dictionaries(st.sampled_from(sorted(RARE_EARTHS)), st.floats(1e-3, 1.0), min_size=1)


@given(amounts, st.integers(1, 10**15), st.integers(1, 10**15))
def test_masses_do_not_count(values: dict[str, float], first: int, second: int) -> None:
    analysis = exact(**values)
    assert odd(side([(first, analysis)]), side([(second, analysis)]), Tolerance(0.0, 0.0)) is None


@given(amounts, st.sampled_from(sorted(RARE_EARTHS)), st.floats(1.0, 100.0), st.floats(1.0, 100.0))
def test_a_greater_change_is_found_where_a_smaller_is(
    values: dict[str, float], name: str, first: float, further: float
) -> None:
    if name not in values:
        return
    before = side([(1000, exact(**values))])
    near = side([(1000, exact(**{**values, name: values[name] * first}))])
    far = side([(1000, exact(**{**values, name: values[name] * first * further}))])
    was, then = odd(before, near, STAGES["press"]), odd(before, far, STAGES["press"])
    # The others can only fall below the floor, where they are no longer compared.
    if was is not None and all(value >= 0.001 * far.total for value in far.low.values()):
        assert then is not None
        assert then.beyond >= was.beyond - 1e-9


compositions = st.dictionaries(
    st.sampled_from(("La2O3", "Ce", "Pr6O11", "Nd2O3", "Dy", "TREO", "Fe", "NdF3")),
    st.sampled_from((0, 1, 10**3, 10**6, 10**9)) | st.integers(0, 10**9),
    max_size=8,
)


@given(
    st.lists(st.tuples(st.integers(0, 10**15), compositions), max_size=3),
    st.lists(st.tuples(st.integers(0, 10**15), compositions), max_size=3),
)
def test_any_sides_can_be_compared(before: list[Any], after: list[Any]) -> None:
    def of(parts: list[Any]) -> Any:
        analyses = [(mg, analyse(shares_of(figures))) for mg, figures in parts]
        return side([(mg, analysis) for mg, analysis in analyses if analysis is not None])

    found = odd(of(before), of(after), Tolerance(0.02, 0.02, NOBODY))
    assert found is None or found.beyond > 0


def shares_of(figures: dict[str, int]) -> Any:
    return msgspec.convert({analyte: {"ppb": ppb} for analyte, ppb in figures.items()}, type=Composition)
