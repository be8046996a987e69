"""The forms that law asks for: filled from events, every gap named, and never more said than the policies say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import UsageError
from ledger.origin.policy.check import check
from ledger.origin.policy.context import NOTHING, Context, parse
from ledger.origin.policy.load import rules
from ledger.origin.trace import trace
from ledger.report.answer import answer
from ledger.report.forms.every import KINDS, kind
from ledger.report.forms.form import Row, Section
from ledger.report.policy import built
from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, World
from tests.report.telling import clean, told, verdict
from tests.report.test_answer import lived, lives
from tests.rules.tale import MINE, Tale, made, peopled
from tests.trials import trials

IDS = ["section-857", "dfars-7052", "eu-crma-28", "eu-crma-29", "mofcom-61-62"]
Form = dict[str, Any]


def filled(tale: Tale, lot: str, day: date, context: Context | str = NOTHING) -> dict[str, Form]:
    """The forms of a lot, with every policy asked."""
    facts = parse(context.encode(), "context") if isinstance(context, str) else context
    found = verdict(tale)
    policies = built(check(tale.history, lot, found.findings, facts, day))
    made_ = answer(trace(tale.history, lot), found, "0.0.0", policies, context=facts)
    return {form["id"]: form for form in made_["forms"]}


def rows(form: Form, title: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(item["rows"] for item in form["sections"] if item["title"] == title)
    return found


def cells(form: Form, title: str) -> list[list[str]]:
    return [row["cells"] for row in rows(form, title)]


def sound(tale: Tale, forms: dict[str, Form]) -> None:
    """What holds of every form of every lot."""
    assert list(forms) == IDS
    for form in forms.values():
        gaps = []
        for section in form["sections"]:
            assert section["rows"], "a table with nothing in it says nothing"
            for row in section["rows"]:
                assert len(row["cells"]) == len(section["columns"])
                assert row["events"] or row["gap"], row
                assert all(digest in tale.history.facts for digest in row["events"])
                assert len(set(row["events"])) == len(row["events"])
                gaps += [row["gap"]] if row["gap"] else []
        assert form["gaps"] == list(dict.fromkeys(gaps))
        assert form["status"] in ("complete", "gaps", "not-applicable")
        assert form["status"] != "complete" or not gaps
        assert form["statement"]
        assert "no certification" in form["statement"][-1]


# --- By construction


def test_a_row_names_an_event_or_a_gap() -> None:
    with pytest.raises(ValueError, match="names an event or says what is missing"):
        Row(("a",))
    with pytest.raises(ValueError, match="names an event"):
        Row(("a",), (), "")
    with pytest.raises(ValueError, match="2 cells for 1 columns"):
        Section("T", ("A",), (Row(("a", "b"), ("0" * 64,)),))


def test_the_forms_and_their_policies_exist() -> None:
    assert [item.id for item in KINDS] == IDS
    assert all(name in rules() for item in KINDS for name in item.policies)
    with pytest.raises(UsageError, match="section-857, dfars-7052"):
        kind("SF-33")


@given(lives, st.sampled_from([date(2026, 12, 1), date(2027, 6, 1), date(2030, 1, 1)]))
@settings(max_examples=trials(40), deadline=None)
def test_whatever_was_recorded_the_forms_are_sound(parts: list[dict[str, Any]], day: date) -> None:
    tale = lived(parts)
    sound(tale, filled(tale, "Z", day))
    sound(tale, {form["id"]: form for form in told(tale, "Z")["forms"]})


@pytest.mark.uncounted
@given(
    st.dictionaries(
        st.sampled_from(["mine", "separate", "metal", "alloy", "sinter", "magnetize", "iron", "boron"]),
        st.sampled_from(["US", "CN", "JP", "ZZ", "HK"]),
        max_size=4,
    ),
    st.sampled_from([BEFORE, AFTER]),
)
@settings(max_examples=trials(60), deadline=None)
def test_a_statement_says_no_more_than_the_policies(where: dict[str, str], day: date) -> None:
    world = World()
    world.ndfeb(**where)
    forms = filled(world.tale, "M", day)
    answers = {name: item.verdict for name, item in world.every(day).items()}
    sound(world.tale, forms)
    for item in KINDS:
        said = "\n".join(forms[item.id]["statement"])
        for name in item.policies:
            assert f"{name}, tested on {day} (as-of date): {answers[name]}" in said
        if "compliant" not in {answers[name] for name in item.policies}:
            now = [
                line for line in forms[item.id]["statement"] if "outlook" not in line and "called compliant" not in line
            ]
            assert not any(": compliant" in line and "by branch" not in line for line in now), now
    unknown = {stage for stage, code in where.items() if code == "ZZ"}
    if unknown - {"iron"}:
        assert forms["section-857"]["gaps"]
        assert forms["dfars-7052"]["status"] == "gaps"


# --- Section 857


def test_section_857_lists_countries_by_activity_with_their_events() -> None:
    world = World()
    world.ndfeb(mine="AU", separate="MY", metal="JP", alloy="JP", sinter="US")
    form = filled(world.tale, "M", BEFORE)["section-857"]
    table = {(row["cells"][0], row["cells"][3], row["cells"][1][:2]): row for row in rows(form, "Magnet lot M")}
    assert table["mined", "mine", "AU"]["cells"][1:] == ["AU (Australia)", "Nd, Pr", "mine", "recorded", "ND-ORE"]
    assert table["mined", "mine", "US"]["cells"][1:] == ["US (United States)", "B", "mine", "declared", "FEB"]
    assert table["refined into oxides", "separate", "MY"]["cells"][1] == "MY (Malaysia)"
    assert table["made into metals and alloys", "alloy_melt", "JP"]["cells"][2] == "B, Nd, Pr"
    assert ("sintered or bonded and magnetized", "magnetize", "US") in table
    lots = world.tale.history.lots
    assert table["refined into oxides", "separate", "MY"]["events"] == [lots["ND-OX"].born.hash]
    assert cells(form, "Magnets delivered") == [["M", "magnet-ndfeb-sintered", "150.000000"]]
    assert form["gaps"] == [
        (
            "lot M holds Fe: which of these are strategic and critical materials is not part of this ledger's data, and where they "
            "come from is not listed"
        )
    ]
    assert form["statement"][0].startswith("Magnet lot M: mined: AU (Australia)")
    assert any("primary text of this rule was not read" in line for line in form["statement"])


def test_a_declared_country_is_called_declared_and_a_stage_that_nobody_speaks_of_is_a_gap() -> None:
    world = World()
    world.declare("M", "US", "magnet-ndfeb-sintered", 10, {"mine": "AU", "separate": "MY", "sinter": "JP"}, MAGNET)
    form = filled(world.tale, "M", BEFORE)["section-857"]
    known = {row["cells"][0]: row for row in rows(form, "Magnet lot M") if not row["gap"]}
    assert known["mined"]["cells"][4] == "declared"
    gaps = "\n".join(form["gaps"])
    for what in ("metal_reduce in a place that is not stated", "alloy_melt in a place", "magnetize in a place"):
        assert what in gaps
    assert any("AU (Australia) (declared, not recorded)" in line for line in form["statement"])
    assert any(
        "made into metals and alloys: no country is recorded or declared; 2 gaps" in line for line in form["statement"]
    )


def test_a_place_that_may_be_another_is_a_gap_and_no_country() -> None:
    world = World()
    world.at["ORE"] = "ZZ"
    world.tale.extract(*world.where("ZZ"), made("ORE", 100, Nd2O3=10), country="AU")
    world.turn("sinter", "US", "ORE", "M", "magnet-ndfeb", 10, MAGNET)
    found = rows(filled(world.tale, "M", BEFORE)["section-857"], "Magnet lot M")
    mined = [row for row in found if row["cells"][3] == "mine"]
    assert [row["cells"][1] for row in mined] == ["AU (Australia)"]
    assert all(row["gap"] for row in mined)


def test_a_magnet_that_nobody_magnetized_and_one_that_nobody_made_are_gaps() -> None:
    world = World()
    world.iron_and_boron()
    metal = world.metal("AU", "MY", "JP")
    world.turn("alloy_melt", "JP", [metal, "FE", "FEB"], "CAST", "strip-cast", 200, MAGNET)
    world.turn("coat", "JP", "CAST", "M", "magnet-ndfeb", 150, MAGNET)
    gaps = "\n".join(filled(world.tale, "M", BEFORE)["section-857"]["gaps"])
    assert "no event records or declares where lot M was magnetized" in gaps
    assert "sintered or bonded" in gaps


def test_an_element_that_no_input_brought_is_a_gap() -> None:
    world = World()
    world.ndfeb()
    world.tale.assay("M", **{**MAGNET, "Fe": 66, "Tb": 2})
    form = filled(world.tale, "M", BEFORE)["section-857"]
    assert any("Tb" in gap and gap.startswith("mined") for gap in form["gaps"])


def test_an_item_with_two_magnets_has_a_table_for_each() -> None:
    world = World()
    world.ndfeb(separate="MY")
    world.at["N"] = "US"
    world.turn("split", "US", "M", "M1", "magnet-ndfeb-sintered", 150)
    stages = {
        "mine": "CN",
        "separate": "CN",
        "metal_reduce": "CN",
        "alloy_melt": "CN",
        "sinter": "CN",
        "magnetize": "CN",
    }
    world.declare("N", "US", "magnet-ndfeb-sintered", 10, stages, MAGNET)
    world.turn("assemble", "US", ["M1", "N"], "MOTOR", "end-item-motor", 160)
    form = filled(world.tale, "MOTOR", BEFORE)["section-857"]
    titles = [section["title"] for section in form["sections"]]
    assert "Magnet lot M1" in titles
    assert "Magnet lot N" in titles
    assert "Magnet lot M" not in titles, "the magnet that was split is no magnet delivered"
    countries = {title: {row["cells"][1] for row in rows(form, title)} for title in ("Magnet lot M1", "Magnet lot N")}
    assert "MY (Malaysia)" in countries["Magnet lot M1"] - countries["Magnet lot N"]
    assert "CN (China)" in countries["Magnet lot N"] - countries["Magnet lot M1"]


def test_a_part_that_may_hold_magnets_is_a_gap_of_every_list_of_magnets() -> None:
    world = World()
    world.ndfeb()
    world.declare("ROTOR", "US", "rotor-assembly", 5)
    world.turn("assemble", "US", ["M", "ROTOR"], "MOTOR", "end-item-motor", 155)
    forms = filled(world.tale, "MOTOR", date(2029, 6, 1))
    sound(world.tale, forms)
    for name in IDS[:4]:
        assert (
            "lot ROTOR (rotor-assembly) is built in, and which magnets it is or holds is not recorded"
            in forms[name]["gaps"]
        )
    world.turn("repack", "US", ["MOTOR"], "THING", "gadget", 155)
    forms = filled(world.tale, "THING", date(2029, 6, 1))
    for name in IDS[:4]:
        assert any("form gadget of lot THING is not listed" in gap for gap in forms[name]["gaps"]), name


@pytest.mark.uncounted
def test_of_many_magnets_the_rest_is_a_gap() -> None:
    world = World()
    world.ndfeb()
    names = [f"P{number:02}" for number in range(52)]
    world.bring("M", "US")
    world.tale.turn("split", *world.where("US"), ["M"], *(made(name, 2, "magnet-ndfeb-sintered") for name in names))
    world.at.update(dict.fromkeys(names, "US"))
    world.turn("assemble", "US", names, "MOTOR", "end-item-motor", 104)
    forms = filled(world.tale, "MOTOR", date(2029, 6, 1))
    sound(world.tale, forms)
    for name in IDS[:4]:
        assert "2 further magnet lots are not listed here: ask for a report on each" in forms[name]["gaps"]


def test_what_was_retracted_stays_a_gap() -> None:
    world = World()
    stages = dict.fromkeys(("mine", "separate", "metal_reduce", "alloy_melt", "sinter", "magnetize"), "CN")
    first = world.declare("M", "US", "magnet-ndfeb-sintered", 10, stages, MAGNET)
    world.tale.retract("us", first, "again")
    world.tale.declare(
        *world.where("US"), made("M2", 10, "magnet-ndfeb-sintered", **MAGNET),
        origin=dict.fromkeys(stages, "US"), ref="again",
    )  # fmt: skip
    forms = filled(world.tale, "M2", BEFORE)
    for form in forms.values():
        said = [
            row for section in form["sections"] if "against this record" in section["title"] for row in section["rows"]
        ]
        assert any(first in row["events"] and row["gap"] for row in said), form["id"]
        assert form["status"] != "complete"


# --- DFARS


def stage(form: Form, name: str) -> list[str]:
    found: list[str] = next(row for row in cells(form, "Stages of production") if row[0] == name)
    return found


def test_a_stage_counts_before_or_from_2027_as_the_rules_say() -> None:
    world = World()
    world.ndfeb(separate="CN")
    form = filled(world.tale, "M", BEFORE)["dfars-7052"]
    assert stage(form, "separate")[1:3] == ["CN (China)", "yes"]
    assert stage(form, "separate")[5:7] == ["does not count", "counts"]
    assert stage(form, "sinter")[5:7] == ["counts", "counts"]
    said = "\n".join(form["statement"])
    assert "US-DFARS-7052-A, tested on 2026-12-15 (as-of date): compliant under the clause of MAY 2024." in said
    assert "US-DFARS-7052-B-NDFEB, outlook, if delivered from 2027-01-01: non-compliant." in said
    outlook = next(item for item in form["sections"] if "outlook" in item["title"])
    assert any("separate in CN" in row["cells"][3] and row["gap"] is None for row in outlook["rows"])
    later = filled(world.tale, "M", AFTER)["dfars-7052"]
    assert "US-DFARS-7052-B-NDFEB, tested on 2027-03-01 (as-of date): non-compliant." in later["statement"]
    assert any("separate in CN" in row[3] for row in cells(later, "What the policies answer"))


def test_exceptions_rest_on_events_or_stay_open() -> None:
    world = World()
    world.recover("EOL", "US", waste="post_consumer", feedstock="drives", percent=MAGNET,
                  origin=dict.fromkeys(("mine", "separate", "metal_reduce", "alloy_melt", "sinter"), "CN"))  # fmt: skip
    world.turn("mill_recycled", "US", "EOL", "POW", "powder", 98, MAGNET)
    world.turn("sinter", "US", "POW", "BLK", "block", 97, MAGNET)
    world.turn("magnetize", "US", "BLK", "M", "magnet-ndfeb-sintered", 96, MAGNET)
    form = filled(world.tale, "M", BEFORE, "contract_value_usd = 1000\n[exceptions]\nsat = 'contract W911-26-C-0001'\n")
    table = {
        row["cells"][0]: row
        for row in rows(form["dfars-7052"], "Exceptions (225.7018-3), in the order in which they are asked")
    }
    recycled = table["US-DFARS-EXC-RECYCLED-NDFEB"]
    assert recycled["cells"][2] == "applies"
    assert recycled["gap"] is None
    assert world.tale.history.lots["EOL"].born.hash in recycled["events"]
    assert table["US-DFARS-EXC-SAT"]["cells"][2] == "applies"
    assert "rests on the asker's statement" in table["US-DFARS-EXC-SAT"]["gap"], (
        "what is stated is no value of the ledger"
    )
    assert table["US-DFARS-EXC-COTS"]["cells"][2] == "does not apply"


def test_what_the_asker_states_is_shown_and_stays_a_gap() -> None:
    world = World()
    world.ndfeb(sinter="CN")
    context = "delivery_date = 2026-12-15\n[end_item]\nname = 'laptop'\ncountry = 'MX'\n"
    form = filled(world.tale, "M", BEFORE, context)["dfars-7052"]
    table = {row["cells"][0]: row for row in rows(form, "End item and contract")}
    assert table["End item"]["cells"][1] == "laptop"
    assert "not evidenced in the ledger" in table["End item"]["gap"]
    assert "stated by who asks, not checked: end_item.name = laptop" in form["basis"]
    assert any("delivery_date of the context" in line for line in form["statement"])


def test_compliant_on_the_askers_word_is_called_so() -> None:
    world = World()
    world.ndfeb(sinter="CN")
    context = "acquired_outside_us = true\nused_outside_us = true\n[exceptions]\noutside-us = 'delivery order W12-3'\n"
    form = filled(world.tale, "M", BEFORE, context)["dfars-7052"]
    assert (
        "US-DFARS-7052-A, tested on 2026-12-15 (as-of date): compliant under the clause of MAY 2024, as stated."
        in form["statement"]
    )


# --- CRMA


def test_art_28_has_type_mass_and_composition_and_leaves_the_rest_open() -> None:
    world = World()
    world.ndfeb()
    form = filled(world.tale, "M", date(2029, 6, 1), "[product]\neu_group = 'motor vehicles'\n")["eu-crma-28"]
    (row,) = rows(form, "Magnets: weight, location and chemical composition")
    assert row["cells"] == ["M", "neodymium-iron-boron", "150.000000", "Fe 68 %, Nd 23.25 %, Pr 7.75 %, B 1 %", ""]
    assert row["events"] == [world.tale.history.lots["M"].born.hash]
    assert "location in the product" in row["gap"]
    coated = rows(form, "Coatings, glues and additives")
    assert coated[0]["cells"][:2] == ["M", "coat"]
    assert coated[0]["gap"]
    assert any("removal" in gap or "remove" in gap for gap in form["gaps"])
    assert any("responsible for the product" in gap for gap in form["gaps"])
    table = {row["cells"][0]: row for row in rows(form, "Product and label")}
    assert table["Product group of Art. 28"]["cells"][1] == "motor vehicles"


def test_art_29_counts_post_consumer_waste_and_nothing_else() -> None:
    world = World()
    world.recover("EOL", "DE", kg=60, waste="post_consumer", percent=MAGNET)
    world.recover("SWARF", "DE", "swarf", kg=30, waste="pre_consumer", percent=MAGNET)
    world.recover("ODD", "DE", "scrap", kg=10, percent=MAGNET)
    world.turn("alloy_melt", "DE", ["EOL", "SWARF", "ODD"], "CAST", "strip-cast", 100, MAGNET)
    world.turn("sinter", "DE", "CAST", "BLK", "block", 100, MAGNET)
    world.turn("magnetize", "DE", "BLK", "M", "magnet-ndfeb-sintered", 100, {**MAGNET, "Co": 0})
    form = filled(world.tale, "M", date(2028, 1, 1))["eu-crma-29"]
    table = {row["cells"][0]: row for row in rows(form, "Share recovered from post-consumer waste, by element")}
    assert list(table) == ["Nd", "Dy", "Pr", "Tb", "B", "Sm", "Ni", "Co"]
    assert table["Nd"]["cells"][2:] == ["60.0%", "30.0%", "10.0%", "0%", "0%", "0%"]
    assert table["Nd"]["cells"][1] == "23.25"
    assert "waste of a kind that is not stated" in table["Nd"]["gap"]
    assert set(table["Nd"]["events"]) == {world.tale.history.lots[name].born.hash for name in ("EOL", "SWARF", "ODD")}
    assert table["Tb"]["cells"][1:] == [""] * 7
    assert "does not say that there is none" in table["Tb"]["gap"]


def test_a_form_fills_itself_in_before_its_law_begins_and_says_so() -> None:
    world = World()
    world.ndfeb()
    form = filled(world.tale, "M", BEFORE)["eu-crma-29"]
    assert form["status"] == "not-applicable"
    assert "not in force on 2026-12-15" in form["note"]
    assert rows(form, "Share recovered from post-consumer waste, by element")


# --- MOFCOM


def test_the_worksheet_has_masses_and_leaves_values_open() -> None:
    world = World()
    world.ndfeb()
    world.mine("CLAY", "CN", kg=1000, Dy2O3=5)
    world.turn("separate", "CN", "CLAY", "DYOX", "oxide-dy", 40, {"Dy2O3": 99.5})
    world.turn("metal_reduce", "JP", "DYOX", "DY", "metal-dy", 30, {"Dy": 99.5})
    world.turn("gbd", "JP", ["M", "DY"], "D", "magnet-ndfeb-sintered", 170, {**MAGNET, "Fe": 58, "Dy": 10})
    form = filled(world.tale, "D", date(2026, 12, 1))["mofcom-61-62"]
    inputs = {(row["cells"][0], row["cells"][2]): row for row in rows(form, "Inputs mined or processed in China")}
    assert set(inputs) == {("CLAY", "mine"), ("DYOX", "separate")}
    assert inputs["DYOX", "separate"]["cells"][5:8] == ["Dy; composition leaves room for others", "17", "17"]
    assert inputs["DYOX", "separate"]["cells"][8] == ""
    assert "value of what came by way of lot DYOX: not recorded" in inputs["DYOX", "separate"]["gap"]
    assert "share of the value, against the threshold of 0.1%: it needs both values in one currency" in form["gaps"]
    assert any("lapsed: cannot-determine; extended: not-applicable" in line for line in form["statement"])


def test_mixing_in_china_is_no_clean_row() -> None:
    world = World()
    world.mine("A", "AU", kg=10, Dy2O3=5)
    world.mine("B", "AU", kg=10, Dy2O3=5)
    world.turn("blend", "CN", ["A", "B"], "C", "ore", 20)
    form = filled(world.tale, "C", date(2026, 12, 1))["mofcom-61-62"]
    (row,) = rows(form, "Inputs mined or processed in China")
    assert row["cells"][:4] == ["C", "ore", "blend", "CN (China)"]
    assert "whether mixing alone makes Chinese origin is open" in row["gap"]


def test_values_that_are_recorded_or_stated_are_filled_in() -> None:
    tale = peopled()
    money = {"value": {"amount": 100_000, "currency": "USD"}, "cn_value": {"amount": 250, "currency": "USD"}}
    tale.extract(*MINE, {**made("A", 10, Dy=1), **money})
    form = filled(tale, "A", date(2026, 12, 1))["mofcom-61-62"]
    table = {row["cells"][0]: row for row in rows(form, "Share of the value")}
    assert table["Share of the value (threshold 0.1%)"]["cells"][1] == "0.2500%"
    assert table["Share of the value (threshold 0.1%)"]["events"] == [tale.history.lots["A"].born.hash]
    other = peopled()
    other.extract(*MINE, made("A", 10, Dy=1))
    form = filled(other, "A", date(2026, 12, 1), "[export]\nitem_value = 1000.0\ncn_value = 2.0\n")["mofcom-61-62"]
    table = {row["cells"][0]: row for row in rows(form, "Share of the value")}
    assert table["Share of the value (threshold 0.1%)"]["cells"][1] == "0.2000%"
    assert "not evidenced in the ledger" in table["Share of the value (threshold 0.1%)"]["gap"]


def test_unknown_origin_of_a_listed_element_is_a_gap_of_the_worksheet() -> None:
    world = World()
    world.ndfeb()
    world.tale.assay("M", **{**MAGNET, "Fe": 66, "Tb": 2})
    form = filled(world.tale, "M", date(2026, 12, 1))["mofcom-61-62"]
    assert any("of the Tb in lot M is of unknown origin" in gap for gap in form["gaps"])


# --- Lots that forms do not speak of


def test_a_form_that_does_not_apply_says_so_and_does_not_vanish() -> None:
    tale = clean()
    forms = filled(tale, "B", BEFORE)
    sound(tale, forms)
    for name in IDS[:4]:
        assert forms[name]["status"] == "not-applicable"
        assert forms[name]["sections"] == []
        assert forms[name]["note"].startswith("Does not apply: ")
    assert "the lot is oxide, no magnet and no system with one" in forms["section-857"]["note"]


def test_what_may_be_a_magnet_is_not_said_to_be_none() -> None:
    world = World()
    world.declare("X", "US", "rotor-assembly", 10)
    forms = filled(world.tale, "X", BEFORE)
    sound(world.tale, forms)
    for name in ("section-857", "dfars-7052"):
        assert forms[name]["status"] == "gaps"
        assert any("which magnets the lot is or holds is not recorded" in gap for gap in forms[name]["gaps"])


def test_a_ledger_with_errors_is_named_in_every_statement() -> None:
    tale = clean()
    tale.turn("separate", "plant", "kuantan", ["NOWHERE"], made("W", 1, "magnet-ndfeb", Nd=30))
    made_ = told(tale, "W")
    assert made_["verification"]["verdict"] != "clean"
    assert all(any("found errors" in line for line in form["statement"]) for form in made_["forms"])
    assert all(form["status"] == "gaps" for form in made_["forms"])


def test_policies_that_were_not_asked_are_said_not_to_be() -> None:
    for form in told(clean(), "B")["forms"]:
        assert any(": not asked, so nothing is said of it." in line for line in form["statement"])
        assert not any("compliant" in line for line in form["statement"])
