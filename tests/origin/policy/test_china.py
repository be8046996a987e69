"""China's export rules: licences, suspension, technology, listed companies, military users."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.origin.policy.telling import COUNTRIES, MAGNET, METAL, World, branch, branches, said
from tests.rules.tale import made

N18, N57, N56 = "CN-2025-18", "CN-2025-57", "CN-2025-56"
CONTENT, TECHNOLOGY, REEXPORT, USERS, N62 = (
    "CN-2025-61-1-1", "CN-2025-61-1-2", "CN-2025-61-1-3", "CN-2025-61-2", "CN-2025-62",
)  # fmt: skip
LIST, JAPAN = "CN-CONTROL-LIST-2026-23", "CN-2026-1-JP"
IN_FORCE = date(2025, 11, 1)
SUSPENDED = date(2026, 6, 1)
DISPUTED = date(2026, 11, 24)
LATER = date(2027, 2, 1)
DY_MAGNET = {**MAGNET, "Dy": 1.5, "Fe": 66.5}
SC: dict[str, float] = {"Dy": 1.5, "Nd": 28.5, "Fe": 69, "B": 1}


def dysprosium(
    licence: str | None = None, element: str = "Dy", at: str | None = None, to: str = "JP", start: date | None = None
) -> World:
    """Dysprosium (or another) oxide separated in China and shipped out, reduced and made into a magnet elsewhere."""
    world = World(start=start)
    oxide = {"Dy": "Dy2O3", "Ho": "Ho2O3", "Nd": "Nd2O3"}[element]
    world.mine("CLAY", "CN", kg=1000, **{oxide: 5})
    world.turn("separate", "CN", "CLAY", "DYOX", f"oxide-{element.lower()}", 40, {oxide: 100})
    members: dict[str, Any] = {"licence_ref": licence} if licence else {}
    if at:
        members["at"] = at
    world.tale.ship(*world.where("CN"), "DYOX", f"{to.lower()}-site", **members)
    world.tale.receive(*world.where(to), "DYOX")
    world.at["DYOX"] = to
    world.turn("metal_reduce", to, "DYOX", "DY", f"metal-{element.lower()}", 3.1, {element: 100})
    world.iron_and_boron()
    percent = {**MAGNET, element: MAGNET.get(element, 0) + 1.5, "Fe": 66.5}
    world.magnet([world.metal("AU", "MY", to), "DY"], to, to, percent=percent)
    return world


# --- Nos. 18 and 57


def test_an_export_without_a_licence_reference() -> None:
    answer = dysprosium().ask(N18, SUSPENDED)
    assert answer.verdict == "cannot-determine"  # silence is no accusation, and the text was not read
    assert "lot DYOX: export from CN to JP" in said(answer)
    assert "no licence reference is in its `licence_ref`, which does not say that there is none" in said(answer)
    assert answer.branches[0].reasons[0].events


def test_an_export_with_a_licence_reference_is_never_more_than_recorded() -> None:
    answer = dysprosium("MOFCOM-2026-1").ask(N18, SUSPENDED)
    assert answer.verdict == "cannot-determine"
    assert "licence MOFCOM-2026-1 is named; whether it is genuine" in said(answer)
    assert "the primary text was not read" in said(answer)


def test_light_rare_earths_need_none_and_nothing_from_china_needs_none() -> None:
    assert dysprosium(element="Nd").ask(N18, SUSPENDED).verdict == "not-applicable"
    world = World()
    world.ndfeb()
    assert world.ask(N18, SUSPENDED).verdict == "not-applicable"


def test_what_a_listing_leaves_room_for_is_asked() -> None:
    world = World()
    world.mine("ORE", "CN", kg=100, Nd2O3=7.5)
    world.turn("separate", "CN", "ORE", "OX", "oxide-nd", 5, {"Nd2O3": 99})
    world.bring("OX", "JP")
    assert world.ask(N18, SUSPENDED, lot="OX").verdict == "cannot-determine"


def test_ore_is_not_in_it_and_magnet_material_for_three_elements_alone() -> None:
    world = World()
    world.mine("ORE", "CN", kg=100, Dy2O3=7)
    world.bring("ORE", "JP")
    assert world.ask(N18, SUSPENDED, lot="ORE").verdict == "not-applicable"
    for element, verdict in (("Gd", "not-applicable"), ("Tb", "cannot-determine")):
        made_in_china = World()
        made_in_china.declare("M", "CN", "magnet-ndfeb-sintered", 10, None, {**MAGNET, element: 2, "Fe": 66})
        made_in_china.bring("M", "JP")
        assert made_in_china.ask(N18, SUSPENDED).verdict == verdict


def test_between_the_mainland_and_hong_kong_is_an_export() -> None:
    answer = dysprosium(to="HK").ask(N18, SUSPENDED)
    assert answer.verdict == "cannot-determine"
    assert "export from CN to HK" in said(answer)


def test_a_declared_chinese_origin_has_no_recorded_export() -> None:
    world = World()
    world.declare(
        "DYOX",
        "JP",
        "oxide-dy",
        10,
        dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate"), "CN"),
        {"Dy2O3": 100},
    )
    answer = world.ask(N18, SUSPENDED, lot="DYOX")
    assert answer.verdict == "cannot-determine"
    assert "its export is not recorded" in said(answer)
    world.declare(
        "OTHER",
        "JP",
        "oxide-dy",
        10,
        dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate"), "AU"),
        {"Dy2O3": 100},
    )
    assert world.ask(N18, SUSPENDED, lot="OTHER").verdict == "not-applicable"


@pytest.mark.parametrize(
    ("export", "verdict"),
    [
        ('from = "CN"\nto = "DE"', "cannot-determine"),
        ('from = "CN"\nto = "DE"\nlicence = "None"', "non-compliant"),
        ('from = "CN"\nto = "DE"\nlicence = "M-1"', "cannot-determine"),
        ('from = "CN"', "cannot-determine"),
        ('to = "DE"', "cannot-determine"),
    ],
)
def test_an_export_that_the_asker_states(export: str, verdict: str) -> None:
    world = World()
    world.mine("CLAY", "CN", kg=1000, Dy2O3=5)
    world.turn("separate", "CN", "CLAY", "X", "oxide-dy", 40, {"Dy2O3": 100})
    assert world.ask(N18, SUSPENDED, lot="X").verdict == "not-applicable"
    assert world.ask(N18, SUSPENDED, f"[export]\n{export}", lot="X").verdict == verdict


def test_exports_are_judged_by_their_own_day() -> None:
    world = dysprosium(element="Ho")
    assert world.ask(N57, SUSPENDED).verdict == "not-applicable"
    assert branches(world.ask(N57, DISPUTED)) == {"lapsed": "not-applicable", "extended": "not-applicable"}
    stated = '[export]\nfrom = "CN"\nto = "DE"\nlicence = "none"'
    plant = World(start=date(2025, 2, 1))
    plant.mine("CLAY", "CN", kg=1000, Ho2O3=5)
    plant.turn("separate", "CN", "CLAY", "X", "oxide-ho", 40, {"Ho2O3": 100})
    for day, found, verdict in (
        (date(2025, 3, 1), {"before it was announced": "not-applicable"}, "not-applicable"),
        (IN_FORCE, {"as announced": "not-applicable"}, "not-applicable"),
        (date(2025, 11, 7), {"suspended by No. 70": "not-applicable"}, "not-applicable"),
        (date(2026, 11, 10), {"suspended by No. 70": "not-applicable"}, "not-applicable"),
        (date(2026, 11, 11), {"lapsed": "non-compliant", "extended": "not-applicable"}, "cannot-determine"),
        (date(2027, 1, 10), {"lapsed": "non-compliant", "extended": "not-applicable"}, "cannot-determine"),
        (
            date(2027, 1, 11),
            {"lapsed": "non-compliant", "extended, then lapsed": "non-compliant", "extended again": "not-applicable"},
            "cannot-determine",
        ),
    ):
        answer = plant.ask(N57, day, stated, lot="X")
        assert branches(answer) == found
        assert answer.verdict == verdict
        assert {item.kind for item in answer.branches} == {"status"}


# --- No. 56


def test_ore_and_equipment() -> None:
    world = World()
    world.mine("ORE", "CN", kg=100, Nd2O3=7)
    stated = '[export]\nfrom = "CN"\nto = "JP"\nlicence = "none"'
    assert branches(world.ask(N56, DISPUTED, stated, lot="ORE")) == {
        "lapsed": "non-compliant",
        "extended": "not-applicable",
    }
    for used, word in (
        ([{"what": "kiln", "country": "CN"}], "with Chinese equipment (kiln)"),
        ([], "where its equipment comes from is not stated"),
    ):
        made_abroad = World(COUNTRIES)
        made_abroad.mine("ORE", "AU", kg=100, Nd2O3=7)
        more: dict[str, Any] = {"equipment": used} if used else {}
        made_abroad.turn(
            "separate", "AU", "ORE", "OX", "oxide-nd", 7, {"Nd2O3": 100}, at="2026-11-20T00:00:00Z", **more
        )
        answer = made_abroad.ask(N56, DISPUTED, lot="OX")
        assert branches(answer) == {"lapsed": "cannot-determine", "extended": "not-applicable"}
        assert word in said(answer)


# --- No. 61


@pytest.mark.parametrize(
    ("members", "lapsed"),
    [
        ('item_value = 1000\ncn_value = 1\nlicence = "none"', "non-compliant"),
        ("item_value = 1000\ncn_value = 1", "cannot-determine"),
        ("item_value = 1000\ncn_value = 0.99", "cannot-determine"),
        ("item_value = 1000\ncn_value = 0", "cannot-determine"),
        ('item_value = 1000\ncn_value = 500\nlicence = "M-2"', "cannot-determine"),
        ("item_value = 1000", "cannot-determine"),
    ],
)
def test_the_share_of_the_value(members: str, lapsed: str) -> None:
    world = dysprosium()
    answer = world.ask(CONTENT, DISPUTED, f'[export]\nfrom = "JP"\nto = "DE"\n{members}')
    assert branches(answer) == {"lapsed": lapsed, "extended": "not-applicable"}
    assert answer.verdict == "cannot-determine"
    assert world.ask(CONTENT, SUSPENDED, f'[export]\nfrom = "JP"\nto = "DE"\n{members}').verdict == "not-applicable"


def test_the_value_of_the_lot_and_no_export() -> None:
    world = World()
    origin = dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce"), "CN")
    world.declare("DY", "JP", "metal-dy", 1, origin, {"Dy": 100})
    world.bring("DY", "JP")
    value = {"amount": 100_000, "currency": "JPY"}
    output = {
        **made("M", 1, "magnet-ndfeb-sintered", **SC),
        "value": value,
        "cn_value": {"amount": 100, "currency": "JPY"},
    }
    world.tale.turn("sinter", *world.where("JP"), ["DY"], output)
    world.at["M"] = "JP"
    answer = world.ask(CONTENT, DISPUTED)
    assert branches(answer)["lapsed"] == "cannot-determine"
    assert "Chinese items make 0.100% of the value, as recorded with the lot" in said(answer)
    assert "no export is stated; one on this day would need a licence" in said(answer)


def test_no_listed_element_no_content() -> None:
    world = World()
    world.ndfeb(separate="CN")
    stated = '[export]\nfrom = "US"\nto = "DE"\nitem_value = 10\ncn_value = 5'
    assert world.ask(CONTENT, DISPUTED, stated).verdict == "not-applicable"
    assert world.ask(USERS, DISPUTED, stated).verdict == "not-applicable"
    assert dysprosium().ask(CONTENT, DISPUTED, stated, lot="DY").verdict == "cannot-determine"


def with_technology(country: str | None) -> World:
    world = World()
    world.mine("ORE", "AU", kg=1000, Dy2O3=5)
    more: dict[str, Any] = {"technology": [{"what": "SX", "country": country}]} if country else {}
    world.turn("separate", "MY", "ORE", "X", "oxide-dy", 40, {"Dy2O3": 100}, at="2026-11-20T00:00:00Z", **more)
    world.at["X"] = "MY"
    return world


@pytest.mark.parametrize(
    ("country", "export", "lapsed"),
    [
        ("CN", '[export]\nfrom = "MY"\nto = "DE"\nlicence = "none"', "non-compliant"),
        ("CN", '[export]\nfrom = "MY"\nto = "DE"', "cannot-determine"),
        ("CN", '[export]\nfrom = "MY"\nto = "DE"\nlicence = "M-3"', "cannot-determine"),
        ("CN", "", "cannot-determine"),
        (None, '[export]\nfrom = "MY"\nto = "DE"', "cannot-determine"),
        ("FR", '[export]\nfrom = "MY"\nto = "DE"', "cannot-determine"),
    ],
)
def test_goods_made_with_chinese_technology(country: str | None, export: str, lapsed: str) -> None:
    world = with_technology(country)
    found = branches(world.ask(TECHNOLOGY, DISPUTED, export, lot="X"))
    assert found == {"lapsed": lapsed, "extended": "not-applicable"}
    early = world.ask(TECHNOLOGY, SUSPENDED, export, lot="X")  # before it was made
    assert early.verdict == "cannot-determine"
    assert "which cannot be right" in said(early)


def test_the_transfer_of_technology() -> None:
    for country, word in (("CN", "when it was transferred is not recorded"), (None, "is not stated")):
        answer = with_technology(country).ask(N62, DISPUTED, lot="X")
        assert branches(answer) == {"lapsed": "cannot-determine", "extended": "not-applicable"}
        assert word in said(answer)
    answer = with_technology("FR").ask(N62, DISPUTED, lot="X")
    assert answer.verdict == "not-applicable"
    assert answer.reasons[0].text.startswith(
        "no stage with Chinese or unstated technology"
    )  # and not how long it is in force


def test_reexport_between_third_countries() -> None:
    """Of the oxide as it came from China."""

    def bought(start: date | None = None) -> World:
        world = World(start=start)
        stages = ("mine", "beneficiate", "crack_leach", "separate")
        world.declare("DYOX", "JP", "oxide-dy", 10, dict.fromkeys(stages, "CN"), {"Dy2O3": 100})
        world.turn("repack", "JP", "DYOX", "X", "oxide-dy", 10, {"Dy2O3": 100})
        return world

    world = bought()
    stated = '[export]\nfrom = "JP"\nto = "DE"\nlicence = "none"'
    assert branches(world.ask(REEXPORT, IN_FORCE, stated, lot="X")) == {"as announced": "non-compliant"}
    assert world.ask(REEXPORT, IN_FORCE, stated.partition("\nlicence")[0], lot="X").verdict == "cannot-determine"
    before = bought(date(2025, 2, 1))
    assert before.ask(REEXPORT, date(2025, 10, 8), stated, lot="X").verdict == "not-applicable"
    assert world.ask(REEXPORT, SUSPENDED, stated, lot="X").verdict == "not-applicable"
    assert branches(world.ask(REEXPORT, DISPUTED, stated, lot="X")) == {
        "lapsed": "non-compliant",
        "extended": "not-applicable",
    }
    assert set(branches(world.ask(REEXPORT, LATER, stated, lot="X"))) == {
        "lapsed",
        "extended, then lapsed",
        "extended again",
    }
    assert world.ask(REEXPORT, IN_FORCE, '[export]\nfrom = "JP"', lot="X").verdict == "cannot-determine"
    clean = World()
    clean.ndfeb()
    assert clean.ask(REEXPORT, IN_FORCE, stated).verdict == "not-applicable"


def test_what_was_made_abroad_of_chinese_oxide_is_item_1_1_s() -> None:
    """Items 1(1) and 1(3) would otherwise both ask a Japanese magnet, and the mark of 0.1 % be worth nothing."""
    answer = dysprosium().ask(REEXPORT, IN_FORCE, '[export]\nfrom = "JP"\nto = "DE"\nlicence = "none"')
    assert branches(answer) == {"as announced": "cannot-determine"}
    assert "item 1(3) is on listed items that originate in China, and lot M was made elsewhere" in said(answer)


def test_a_licence_is_not_needed_for_what_only_may_be_chinese() -> None:
    world = World()
    world.iron_and_boron()
    world.declare("DY", "JP", "metal-dy", 3.1, None, {"Dy": 100})
    world.magnet([world.metal("AU", "MY", "JP"), "DY"], "JP", "JP", percent=DY_MAGNET)
    stated = '[export]\nfrom = "JP"\nto = "DE"\nitem_value = 1000\ncn_value = 500\nlicence = "none"'
    answer = world.ask(CONTENT, DISPUTED, stated)
    assert branches(answer) == {"lapsed": "cannot-determine", "extended": "not-applicable"}
    assert "whether a licence is needed is open" in said(answer)


@pytest.mark.parametrize(
    ("members", "lapsed"),
    [
        ("military_end_user = true", "non-compliant"),
        ('consignee = "MP Materials"', "non-compliant"),
        ("consignee_listed_owner_share = 0.5", "non-compliant"),
        ('consignee = "Motor AG"\nmilitary_end_user = false\nconsignee_listed_owner_share = 0.49', "cannot-determine"),
        ('consignee = "Motor AG"', "cannot-determine"),
    ],
)
def test_end_users(members: str, lapsed: str) -> None:
    answer = dysprosium().ask(USERS, DISPUTED, f'[export]\nfrom = "JP"\nto = "US"\n{members}')
    assert branches(answer) == {"lapsed": lapsed, "extended": "not-applicable"}


def test_end_users_without_an_export() -> None:
    answer = dysprosium().ask(USERS, DISPUTED)
    assert branches(answer)["lapsed"] == "cannot-determine"


# --- No. 23 of 2026


def listed(
    name: str, owners: list[dict[str, Any]] | None = None, at: str = "2026-07-01T00:00:00Z", code: str = "CN"
) -> World:
    """Dysprosium oxide of one country shipped to a party of this name."""
    world = World()
    world.tale.say(
        "enrol",
        "registry",
        party="buyer",
        name=name,
        country="US",
        roles=["processor"],
        **({"owners": owners} if owners else {}),
    )
    world.tale.site("buyer-site", "buyer", "US")
    world.mine("CLAY", code, kg=1000, Dy2O3=5)
    world.turn("separate", code, "CLAY", "X", "oxide-dy", 40, {"Dy2O3": 100})
    world.tale.ship(*world.where(code), "X", "buyer-site", at=at)
    return world


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("MP Materials Corp.", "non-compliant"),
        ("mp materials", "non-compliant"),
        ("MP MATERIALS FORT WORTH, LLC", "non-compliant"),
        ("USA Rare Earth", "non-compliant"),
        ("Ball Aerospace and Technologies", "non-compliant"),
        ("Oshkosh Defense LLC", "non-compliant"),
        ("Compact Materials", "cannot-determine"),
        ("MPM Materials", "cannot-determine"),
    ],
)
def test_a_transfer_to_a_listed_company(name: str, verdict: str) -> None:
    answer = listed(name).ask(LIST, DISPUTED, lot="X")
    assert answer.verdict == verdict
    if verdict == "non-compliant":
        assert "carries listed elements of Chinese origin" in said(answer)
    else:
        assert "bears no listed name" in said(answer)


def test_before_it_began_and_of_other_origin() -> None:
    assert listed("MP Materials", at="2026-06-21T00:00:00Z").ask(LIST, DISPUTED, lot="X").verdict == "not-applicable"
    assert listed("MP Materials").ask(LIST, date(2026, 6, 21), lot="X").verdict == "cannot-determine"  # before it left
    assert listed("MP Materials", code="AU").ask(LIST, DISPUTED, lot="X").verdict == "not-applicable"
    assert listed("MP Materials", code="ZZ").ask(LIST, DISPUTED, lot="X").verdict == "cannot-determine"


@pytest.mark.parametrize(
    ("owners", "verdict"),
    [
        ([{"name": "MP Materials Corp.", "country": "US", "ppb": 500_000_000}], "non-compliant"),
        ([{"name": "MP Materials Corp.", "country": "US", "ppb": 499_999_999}], "cannot-determine"),
        ([{"name": "MP Materials Corp.", "country": "US"}], "non-compliant"),
        (
            [
                {"name": "MP Materials", "country": "US", "ppb": 250_000_000},
                {"name": "Aveox", "country": "US", "ppb": 250_000_000},
            ],
            "non-compliant",
        ),
    ],
)
def test_owners_to_half(owners: list[dict[str, Any]], verdict: str) -> None:
    assert listed("Magnet Co", owners).ask(LIST, DISPUTED, lot="X").verdict == verdict


@pytest.mark.parametrize(
    ("members", "verdict"),
    [
        ('consignee = "MP Materials Corp."', "non-compliant"),
        ('consignee = "Motor AG"\nconsignee_listed_owner_share = 0.5', "non-compliant"),
        ('consignee = "Motor AG"', "cannot-determine"),
        ('to = "US"', "cannot-determine"),
    ],
)
def test_a_consignee_that_the_asker_states(members: str, verdict: str) -> None:
    assert dysprosium().ask(LIST, DISPUTED, f"[export]\n{members}", lot="DY").verdict == verdict


# --- No. 1 of 2026


@pytest.mark.parametrize(
    ("context", "verdict"),
    [
        ('[export]\nfrom = "CN"\nto = "JP"\nmilitary_end_user = true', "non-compliant"),
        ('[export]\nfrom = "CN"\nto = "JP"\nmilitary_end_user = false', "cannot-determine"),
        ('[export]\nfrom = "CN"\nto = "JP"', "cannot-determine"),
        ('[export]\nfrom = "CN"\nmilitary_end_user = true', "non-compliant"),
        ('[export]\nfrom = "CN"\nto = "DE"\nmilitary_end_user = true', "cannot-determine"),
        ("", "cannot-determine"),
    ],
)
def test_japanese_military_users(context: str, verdict: str) -> None:
    world = dysprosium()
    assert world.ask(JAPAN, SUSPENDED, context).verdict == verdict
    assert dysprosium(start=date(2025, 2, 1)).ask(JAPAN, date(2026, 1, 5), context).verdict == "not-applicable"


def test_what_came_into_japan_is_asked_whatever_became_of_it() -> None:
    """A magnet that goes on to Germany leaves open for whose use its dysprosium came to Japan."""
    onward = '[export]\nfrom = "JP"\nto = "DE"\nmilitary_end_user = false'
    answer = dysprosium().ask(JAPAN, SUSPENDED, onward)
    assert answer.verdict == "cannot-determine"
    assert "lot DYOX: export from CN to JP" in said(answer)
    assert dysprosium(to="VN").ask(JAPAN, SUSPENDED, onward.replace("JP", "VN")).verdict == "not-applicable"
    declared = World()
    stages = ("mine", "beneficiate", "crack_leach", "separate")
    declared.declare("DYOX", "JP", "oxide-dy", 10, dict.fromkeys(stages, "CN"), {"Dy2O3": 100})
    declared.turn("metal_reduce", "JP", "DYOX", "X", "metal-dy", 8, {"Dy": 100})
    answer = declared.ask(JAPAN, SUSPENDED, onward, lot="X")
    assert answer.verdict == "cannot-determine"
    assert "when it came into Japan, and for whose use, is not recorded" in said(answer)


def test_a_lot_that_is_not_in_japan() -> None:
    assert dysprosium(to="VN").ask(JAPAN, SUSPENDED).verdict == "not-applicable"
    world = World()
    world.iron_and_boron()
    world.magnet([world.metal("AU", "JP", "JP")], "JP", "JP", percent=MAGNET)
    assert world.ask(JAPAN, SUSPENDED).verdict == "not-applicable"
    assert METAL


@pytest.mark.parametrize(
    ("day", "said_of"),
    [
        (date(2025, 11, 1), {"as announced": "begins on 2025-11-08 and is not in force on 2025-11-01"}),
        (date(2026, 11, 10), {"suspended by No. 70": "is not in force on 2026-11-10"}),
        (date(2026, 11, 11), {"lapsed": "is in force on 2026-11-11", "extended": "is not in force on 2026-11-11"}),
        (
            date(2027, 1, 11),
            {
                "lapsed": "is in force on 2027-01-11",
                "extended, then lapsed": "is in force on 2027-01-11",
                "extended again": "is not in force on 2027-01-11",
            },
        ),
    ],
)
def test_every_branch_says_the_days_and_whether_the_rule_is_in_force(day: date, said_of: dict[str, str]) -> None:
    world = World(start=date(2025, 2, 1))
    world.ndfeb()
    answer = world.ask(N57, day)
    assert {item.name for item in answer.branches} == set(said_of)
    for item in answer.branches:
        first = item.reasons[0].text
        assert f"in this branch the rule {said_of[item.name]}" in first
        assert day < date(2025, 11, 7) or "2026-11-10" in first or "2027-01-10" in first


def test_what_no_export_is_stated_of_is_asked_of_the_day_of_asking() -> None:
    world = World()
    world.ndfeb()
    text = said(branch(world.ask("CN-2025-61-1-1", DISPUTED), "extended"))
    assert f"not in force on {DISPUTED}, the day of asking; no export is stated" in text
