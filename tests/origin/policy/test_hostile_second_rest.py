"""What a second hostile reader got past the rules on purity, end items and evidence: each case once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.origin.policy.telling import AFTER, BEFORE, B, World, said
from tests.origin.policy.test_exceptions import COTS, ELECTRONIC, evidence

pytestmark = pytest.mark.alike  # its cases run the same lines

PURITY = "US-IRC-45X-PURITY"
PURE: dict[str, float] = {"Nd2O3": 99.9}


def turn(
    world: World, stage: str, code: str, inputs: list[str], lot: str, form: str, percent: dict[str, float], kg: float = 79
) -> None:  # fmt: skip
    """A stage whose product states an uncertainty of 0.02 % for each analyte."""
    for name in inputs:
        world.bring(name, code)
    output: dict[str, Any] = {"lot": lot, "form": form, "mass": {"mg": round(kg * 1e6)}}
    if percent:
        output["composition"] = {
            name: {"ppb": round(value * 1e7), "u_ppb": 200_000} for name, value in percent.items()
        }  # fmt: skip
    world.tale.turn(stage, *world.where(code), inputs, output)
    world.at[lot] = code


def separated(form: str, percent: dict[str, float], code: str = "CN") -> World:
    world = World()
    world.mine("ORE", code, kg=1000, Nd2O3=9)
    turn(world, "separate", code, ["ORE"], "IN", form, percent, 80)
    return world


def finished(world: World, stage: str = "separate", form: str = "oxide-nd", percent: dict[str, float] = PURE) -> str:
    turn(world, stage, "US", ["IN"], "X", form, percent, 20)
    return world.ask(PURITY, BEFORE, lot="X").verdict


@pytest.mark.parametrize(
    ("form", "percent"),
    [
        *((form, PURE) for form in ("concentrate", "mixed-carbonate", "leach-liquor", "residue", "nd2o3")),
        ("oxide-nd", {"TREO": 99.9}),
        ("concentrate", {"TREO": 99.9}),
        ("concentrate", {}),
        ("carbonate-nd", {"Nd2O3": 70, "LOI": 28}),
        ("oxide-nd", {"Nd2O3": 99.49}),
    ],
)
def test_what_was_purified_abroad_is_that_whatever_it_is_called(form: str, percent: dict[str, float]) -> None:
    assert finished(separated(form, percent)) == "cannot-determine"
    assert finished(separated(form, percent, "US")) == "compliant"


def test_a_later_poor_assay_does_not_undo_what_was_pure() -> None:
    world = separated("oxide-nd", PURE)
    world.bring("IN", "US")
    world.tale.assay("IN", Nd2O3=98)
    assert finished(world) == "cannot-determine"


def test_a_foreign_metal_named_an_alloy_is_not_made_by_melting_it_again() -> None:
    cases: list[tuple[str, dict[str, float]]] = [
        ("alloy-nd", {"Nd": 99.95}),
        ("concentrate", {"Nd": 99.95}),
        ("residue", {}),
    ]
    for form, percent in cases:
        world = World()
        world.mine("ORE", "CN", kg=1000, Nd2O3=9)
        turn(world, "separate", "CN", ["ORE"], "OX", "oxide-nd", PURE)
        turn(world, "metal_reduce", "CN", ["OX"], "IN", form, percent, 65)
        assert finished(world, "alloy_melt", "metal-nd", {"Nd": 99.95}) == "cannot-determine"


def test_what_was_impure_abroad_was_purified_here() -> None:
    cases: list[tuple[str, dict[str, float]]] = [
        ("oxide-nd", {"Nd2O3": 98}),
        ("concentrate", {"Nd2O3": 50, "Pr6O11": 10, "CeO2": 5}),
        ("oxide-nd", {"Nd2O3": 97, "Pr6O11": 2, "TREO": 99.9}),
    ]
    for form, percent in cases:
        assert finished(separated(form, percent)) == "compliant"
    world = World()
    world.mine("ORE", "AU", kg=1000, Nd2O3=9)
    turn(world, "crack_leach", "MY", ["ORE"], "IN", "mixed-carbonate", {"TREO": 55})
    assert finished(world, percent=PURE) == "compliant"


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"LREO": 97}, "cannot-determine"),
        ({"HREO": 3}, "cannot-determine"),
        ({"TREE": 82}, "cannot-determine"),
        ({"LREO": 99.95}, "compliant"),
        ({"HREO": 0.02}, "compliant"),
        ({"TREE": 85.65}, "compliant"),
    ],
)
def test_every_sum_of_rare_earths_bounds_the_product(more: dict[str, float], verdict: str) -> None:
    assert finished(separated("oxide-nd", {"Nd2O3": 95}, "US"), percent={**PURE, **more}) == verdict


def test_a_sale_after_the_end_of_a_phase_out_that_was_not_read() -> None:
    world = separated("oxide-nd", {"Nd2O3": 95}, "US")
    assert finished(world) == "compliant"
    assert world.ask(PURITY, BEFORE, "sale_date = 2030-12-31", lot="X").verdict == "compliant"
    for day in (date(2031, 1, 1), date(2033, 12, 31), date(2035, 6, 1)):
        answer = world.ask(PURITY, BEFORE, f"sale_date = {day}", lot="X")
        assert answer.verdict == "cannot-determine"
        assert "was not read in primary text" in said(answer)


# --- End items


@pytest.fixture
def chinese() -> World:
    world = World()
    world.ndfeb(alloy="CN")
    return world


@pytest.mark.parametrize(
    "name",
    [
        "nickel coated magnet", "Acme magnet", "NdFeB magnet N52 epoxy", "Magnete", "item", "covered material", "x", "product",
        "part 7", "Neodymmagnet", "aimant permanent", "imán de neodimio", "磁铁 N52", "магнит", "자석", "motor magnet",
        "magnet for a motor", "F1", "zzzz", "magnet shipment", "magnet, motor grade", "miknatis", "钕", "end item", "electronic device", "Bauteil",
    ],
)  # fmt: skip
def test_a_magnet_or_a_general_word_is_no_named_end_item(chinese: World, name: str) -> None:
    for context, kind in ((COTS, "cots"), (ELECTRONIC, "electronic")):
        answer = chinese.ask(B, AFTER, context.replace("laptop", name) + evidence(kind, "data sheet"))
        assert answer.verdict == "non-compliant"
        assert "no end item is named that a magnet is built into" in said(answer)


@pytest.mark.parametrize(
    "name",
    [
        "laptop",
        "permanent magnet motor 3",
        "magnetometer",
        "motor with magnets",
        "Permanentmagnetmotor",
        "magnesium housing",
    ],
)
def test_a_named_end_item_that_is_not_recorded_is_the_askers_word(name: str) -> None:
    for context, kind in ((COTS, "cots"), (ELECTRONIC, "electronic")):
        world = World()
        world.ndfeb(alloy="CN")
        asked = context.replace("laptop", name) + evidence(kind)
        answer = world.ask(B, AFTER, asked)
        turns = kind == "electronic" and "motor" in name.lower()
        assert answer.verdict == ("cannot-determine" if turns else "compliant")
        assert f"that the magnet is built into {name} is the asker's word" in said(answer)
        world.turn("assemble", "US", "M", "ITEM", "end-item", 150)
        assert "is the asker's word" not in said(world.ask(B, AFTER, asked))


# --- Evidence


@pytest.mark.parametrize(
    "text",
    [
        "contract missed", "draft memo", "a report is due", "order: see above", "contract ???", "zzzzz1", "1 memo",
        "memo 17 to follow", "audit report scheduled", "report tbd", "certificate pending", "letter missing",
    ],
)  # fmt: skip
def test_a_text_of_absence_is_no_evidence(chinese: World, text: str) -> None:
    assert chinese.ask(B, AFTER, COTS + evidence("cots", text)).verdict == "non-compliant"


def test_an_attestation_counts_if_it_names_the_lot_and_is_plainly_good() -> None:
    world = World()
    world.tale.party("judge", "GB", "auditor")
    world.ndfeb(alloy="CN")

    def attested(result: str, **members: Any) -> str:
        digest = world.tale.say("attest", "judge", scheme="COTS", result=result, **members)
        return world.ask(B, AFTER, COTS + evidence("cots", digest)).verdict

    assert attested("approved", parties=["jp"]) == "non-compliant"
    assert attested("certified", parties=["cn"]) == "non-compliant"
    assert attested("approved", lots=[{"lot": "M"}]) == "compliant"
    world.turn("assemble", "US", "M", "ITEM", "end-item", 150)
    assert attested("approved", lots=[{"lot": "ITEM"}]) == "compliant"


@pytest.mark.parametrize("result", ["audit scheduled", "approved with conditions", "pending", "see report"])
def test_a_result_that_is_not_plainly_good_is_no_evidence(chinese: World, result: str) -> None:
    chinese.tale.party("judge", "GB", "auditor")
    digest = chinese.tale.say("attest", "judge", lots=[{"lot": "M"}], scheme="COTS", result=result)
    assert chinese.ask(B, AFTER, COTS + evidence("cots", digest)).verdict == "non-compliant"
