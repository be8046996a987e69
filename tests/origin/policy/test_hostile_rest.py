"""What a hostile reader got past the rules on recycling, purity, exceptions, export and the rest: each case once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.model.identity import IMPORT_RECORD
from ledger.reference.words import may_be_magnet, may_bear_rare_earths, names_rare_earth
from tests.origin.policy.telling import AFTER, BEFORE, MAGNET, SMCO, A, B, World, said
from tests.origin.policy.test_dfars import smco
from tests.origin.policy.test_exceptions import COTS, ELECTRONIC, evidence
from tests.rules.tale import made

pytestmark = pytest.mark.alike  # its cases run the same lines

PURITY, UFLPA, SFE, LIST = "US-IRC-45X-PURITY", "US-UFLPA", "US-IRC-7701-SFE", "CN-CONTROL-LIST-2026-23"
TO_ALLOY = ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce", "alloy_melt")
CN_ALLOY = dict.fromkeys(TO_ALLOY, "CN")


# --- Recycled NdFeB


def recycled(form: str, origin: dict[str, str] | None = None, add: str = "", **members: Any) -> World:
    """Recovered material milled, pressed and sintered in the United States; with an addition of a form without composition."""
    world = World()
    more = {"origin": origin} if origin else {}
    world.recover("F", "US", form, 100, MAGNET, **{"waste": "post_consumer", **more, **members})
    inputs = ["F"]
    if add:
        world.declare("ADD", "US", add, 5)
        inputs.append("ADD")
    world.turn("mill_recycled", "US", inputs, "P", "powder", 99, MAGNET)
    world.turn("press", "US", "P", "C", "compact", 98, MAGNET)
    world.turn("sinter", "US", "C", "BLK", "block", 97, MAGNET)
    world.turn("magnetize", "US", "BLK", "M", "magnet-ndfeb-sintered", 97, MAGNET)
    return world


@pytest.mark.parametrize(
    ("form", "origin"),
    [
        ("eol-magnet", None),
        ("scrap", None),
        ("magnet-ndfeb-sintered", None),
        # The Chinese powder that a recovered magnet was once made of is no milling of recycled material.
        ("eol-magnet", {**CN_ALLOY, "powder": "CN", "press": "CN", "sinter": "CN", "magnetize": "CN"}),
        ("eol-magnet", {"mill_recycled": "US"}),
    ],
)
def test_magnets_and_scrap_are_recycled_whoever_made_them(form: str, origin: dict[str, str] | None) -> None:
    assert recycled(form, origin).ask(B, AFTER).verdict == "compliant"


@pytest.mark.parametrize(
    ("form", "origin", "members", "why"),
    [
        ("powder", {**CN_ALLOY, "hpms": "CN", "mill_recycled": "CN"}, {}, "the recycled material was milled elsewhere"),
        ("eol-magnet", {"mill_recycled": "CN"}, {}, "the recycled material was milled elsewhere"),
        ("scrap", {"hpms": "CN"}, {}, "processing by hydrogen is milling"),
        ("powder", {**CN_ALLOY, "powder": "US"}, {}, "is made anew and is no recovered magnet"),
        ("strip-cast", CN_ALLOY, {}, "is made anew and is no recovered magnet"),
        ("alloy", CN_ALLOY, {}, "is made anew and is no recovered magnet"),
        ("oxide-ndpr", CN_ALLOY, {}, "is made anew and is no recovered magnet"),
        ("gadget", None, {}, "the recycled material was milled elsewhere or at an unknown place"),
        ("swarf-ndfeb", None, {"feedstock": "grinding swarf"}, "ORIG-WASTE"),
        ("eol-magnet", None, {"feedstock": "magnet rejects of our factory"}, "ORIG-WASTE"),
        ("eol-magnet", None, {"add": "iron-neodymium"}, "ADD (iron-neodymium, by declare) can carry rare earths"),
        ("eol-magnet", None, {"add": "iron-rotor"}, "ADD (iron-rotor, by declare) can carry rare earths"),
        ("eol-magnet", None, {"add": "iron-pellets"}, "whether it brings rare earths is open"),
        ("eol-magnet", None, {"add": "compound-7"}, "ADD (compound-7, by declare) can carry rare earths"),
    ],
)  # fmt: skip
def test_recycled_in_name(form: str, origin: dict[str, str] | None, members: dict[str, Any], why: str) -> None:
    answer = recycled(form, origin, **members).ask(B, AFTER)
    assert answer.verdict != "compliant"
    assert why in said(answer)


def test_a_strip_cast_made_on_the_way_is_no_recycled_material_whatever_the_stage_is_called() -> None:
    world = World()
    world.recover("F", "US", "eol-magnet", 100, MAGNET, waste="post_consumer")
    world.turn("hpms", "US", "F", "CAST", "strip-cast", 99, MAGNET)
    world.turn("powder", "US", "CAST", "P", "powder", 99, MAGNET)
    world.turn("sinter", "US", "P", "M", "magnet-ndfeb-sintered", 97, MAGNET)
    answer = world.ask(B, AFTER)
    assert answer.verdict == "cannot-determine"
    assert "makes strip-cast" in said(answer)


# --- 45X

PURE: dict[str, tuple[float, float | None]] = {"Nd2O3": (99.9, 0.05)}


def mineral(
    stage: str, percent: dict[str, tuple[float, float | None]], before: dict[str, float] | None = None, *,
    separated: str = "CN", form: str = "oxide-nd",
) -> World:  # fmt: skip
    """Oxide separated in one country, then a stage in the United States; (percent, uncertainty) by analyte of the lot X."""
    world = World()
    world.mine("ORE", separated, kg=1000, Nd2O3=9)
    world.turn("separate", separated, "ORE", "OX", "oxide-nd", 80, before)
    world.bring("OX", "US")
    output = made("X", 78, form)
    if percent:
        output["composition"] = {
            analyte: {"ppb": round(value * 1e7), **({} if u is None else {"u_ppb": round(u * 1e7)})}
            for analyte, (value, u) in percent.items()
        }
    world.tale.turn(stage, *world.where("US"), ["OX"], output)
    world.at["X"] = "US"
    return world


def minerals(world: World) -> tuple[str, str]:
    answer = world.ask(PURITY, BEFORE, lot="X")
    return answer.verdict, said(answer)


@pytest.mark.parametrize("stage", ["powder", "coat", "machine", "magnetize", "assemble", "dismantle", "press"])
def test_what_neither_converts_nor_purifies_produces_nothing(stage: str) -> None:
    verdict, text = minerals(mineral(stage, PURE, {"Nd2O3": 99.9}))
    assert verdict == "non-compliant"
    assert "lot OX: separate in CN" in text
    assert minerals(mineral(stage, PURE, {"Nd2O3": 99.9}, separated="US"))[0] == "compliant"


@pytest.mark.parametrize(
    ("before", "verdict"),
    [
        ({"Nd2O3": 99.9}, "non-compliant"),
        ({"Nd2O3": 98.0}, "compliant"),
        (None, "cannot-determine"),
    ],
)
def test_separation_of_what_was_pure_already(before: dict[str, float] | None, verdict: str) -> None:
    assert minerals(mineral("separate", PURE, before))[0] == verdict
    assert minerals(mineral("separate", PURE, before, separated="US"))[0] == "compliant"


def test_pure_oxide_added_to_ore_or_dissolved_and_made_anew_was_produced_where_it_was_first() -> None:
    world = World()
    world.mine("CN-ORE", "CN", kg=1000, Nd2O3=9)
    world.turn("separate", "CN", "CN-ORE", "CN-OX", "oxide-nd", 80, {"Nd2O3": 99.9})
    world.mine("US-ORE", "US", kg=1000, Nd2O3=9)
    output = made("X", 150, "oxide-nd")
    output["composition"] = {"Nd2O3": {"ppb": 999_000_000, "u_ppb": 500_000}}
    world.bring("CN-OX", "US")
    world.tale.turn("separate", *world.where("US"), ["US-ORE", "CN-OX"], output)
    assert minerals(world)[0] == "non-compliant"
    loop = World()
    loop.mine("ORE", "CN", kg=1000, Nd2O3=9)
    loop.turn("separate", "CN", "ORE", "OX", "oxide-nd", 80, {"Nd2O3": 99.9})
    loop.turn("crack_leach", "US", "OX", "OXA", "oxalate-nd", 130, {"Nd2O3": 55})
    output["mass"] = made("X", 78)["mass"]
    loop.tale.turn("separate", *loop.where("US"), ["OXA"], output)
    assert minerals(loop)[0] == "non-compliant"


def test_reduction_of_pure_foreign_oxide_produces_metal() -> None:
    world = World()
    world.mine("ORE", "CN", kg=1000, Nd2O3=9)
    world.turn("separate", "CN", "ORE", "OX", "oxide-nd", 80, {"Nd2O3": 99.9})
    output = made("X", 65, "metal-nd")
    output["composition"] = {"Nd": {"ppb": 999_500_000, "u_ppb": 100_000}}
    world.bring("OX", "US")
    world.tale.turn("metal_reduce", *world.where("US"), ["OX"], output)
    assert minerals(world)[0] == "compliant"


def test_a_form_that_no_stage_of_production_made() -> None:
    world = World()
    world.mine("ORE", "US", kg=1000, Nd2O3=9)
    output = made("X", 78, "oxide-nd")
    output["composition"] = {"Nd2O3": {"ppb": 999_000_000, "u_ppb": 500_000}}
    world.tale.turn("machine", *world.where("US"), ["ORE"], output)
    verdict, text = minerals(world)
    assert verdict == "cannot-determine"
    assert "machine converts and purifies nothing" in text


@pytest.mark.parametrize(
    ("percent", "verdict"),
    [
        ({"Nd2O3": (99.7, 0.05), "TREO": (97.0, 0.1)}, "cannot-determine"),
        ({"Nd2O3": (99.95, 0.4), "H2O": (1.1, 0.05)}, "cannot-determine"),
        ({"Nd2O3": (99.9, 0.3), "LOI": (0.9, 0.05)}, "cannot-determine"),
        ({"Nd2O3": (99.9, 0.05), "Pr6O11": (0.35, None)}, "cannot-determine"),
        ({"Nd2O3": (99.75, 0.02), "LOI": (0.3, 0.01)}, "compliant"),
        ({"Nd2O3": (99.75, 0.05), "H2O": (0.2, 0.01), "LOI": (0.2, 0.01)}, "compliant"),
        ({"Nd2O3": (99.8, 0.05), "TREO": (99.9, 0.05), "Fe": (0.02, None)}, "compliant"),
    ],
)
def test_purity_holds_of_the_whole(percent: dict[str, tuple[float, float | None]], verdict: str) -> None:
    assert minerals(mineral("separate", percent, {"Nd2O3": 95}, separated="US"))[0] == verdict


def test_an_earlier_analysis_below_the_minimum_that_stands_leaves_it_open() -> None:
    def assay(world: World, percent: float) -> str:
        share = {"Nd2O3": {"ppb": round(percent * 1e7), "u_ppb": 500_000}}
        return world.tale.say("assay", "lab", lot="X", composition=share)

    world = mineral("separate", {}, {"Nd2O3": 95}, separated="US")
    early = assay(world, 98.0)
    assay(world, 99.8)
    verdict, text = minerals(world)
    assert verdict == "cannot-determine"
    assert "another statement about it that stands says 98 %" in text
    world.tale.retract("lab", early)
    assert "another statement" not in minerals(world)[1]


def test_an_alloy_of_little_dysprosium_is_no_dysprosium_alloy() -> None:
    world = World()
    world.mine("ORE", "US", kg=1000, Dy2O3=30)
    world.turn("separate", "US", "ORE", "OX", "oxide-dy", 200, {"Dy2O3": 99.5})
    output = made("X", 100, "alloy-dyfe")
    output["composition"] = {"Dy": {"ppb": 19_000_000, "u_ppb": 10_000}, "Fe": {"ppb": 978_000_000, "u_ppb": 10_000}}
    world.tale.turn("metal_reduce", *world.where("US"), ["OX"], output)
    verdict, text = minerals(world)
    assert verdict == "cannot-determine"
    assert "lists no product of this form that most of its mass is" in text


# --- Exceptions


@pytest.fixture(scope="module")
def chinese() -> World:
    world = World()
    world.tale.party("judge", "GB", "auditor")
    world.ndfeb(mine="CN", separate="CN", metal="CN", alloy="CN", sinter="CN")
    return world


SAT = "contract_value_usd = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "none", "   ", "no evidence yet", "n/a", "N/A 2027", "unknown 12", "pending contract 5", "TBD-0001", "to be confirmed 3",
        "memo", "xxxxxx", "000000", "looks fine to me", "A" * 64, "0f" * 20, "contract without number",
    ],
)  # fmt: skip
def test_a_text_that_names_no_document_is_no_evidence(chinese: World, text: str) -> None:
    answer = chinese.ask(B, AFTER, SAT + evidence("sat", text))
    assert answer.verdict == "non-compliant"
    assert "US-DFARS-EXC-SAT does not apply: it is claimed" in said(answer)


@pytest.mark.parametrize(
    "text", ["contract No. W911-27-C-0001", "contract no 17", "data sheet", "4500012345", "nonavailability memo 3"]
)
def test_a_reference_is_evidence_and_the_answer_says_whose_word_it_is(chinese: World, text: str) -> None:
    answer = chinese.ask(B, AFTER, SAT + evidence("sat", text))
    assert answer.verdict == "compliant"
    assert "it rests on the asker's statement and on a reference that this ledger cannot check" in said(answer)


def test_a_hash_is_evidence_of_an_attestation_or_a_file_alone() -> None:
    world = World()
    world.tale.party("judge", "GB", "auditor")
    world.ndfeb(alloy="CN")
    facts = world.tale.history.facts
    for kind in ("open", "transform", "ship", "extract", "enrol"):
        digest = next(name for name, fact in facts.items() if fact.event.type == kind)
        answer = world.ask(B, AFTER, SAT + evidence("sat", digest.upper()))
        assert answer.verdict == "non-compliant"
        assert f"which is `{kind}` and attests nothing" in said(answer)

    def attested(result: str = "approved", lot: str = "M", **members: str) -> str:
        digest = world.tale.say(
            "attest", "judge", lots=[{"lot": lot}], scheme="small purchase", result=result, **members
        )
        return world.ask(B, AFTER, SAT + evidence("sat", digest)).verdict

    assert attested() == "compliant"
    assert attested(valid_from="2026-01-01", valid_until="2027-03-01") == "compliant"
    assert attested(valid_until="2027-02-28") == "non-compliant"
    assert attested(valid_from="2027-03-02") == "non-compliant"
    assert attested("fails: not a small purchase") == "non-compliant"
    assert attested() == "compliant"
    world.mine("ELSE", "US")
    assert attested(lot="ELSE") == "non-compliant"
    held = {"name": "memo.pdf", "sha256": "c" * 64, "media_type": "application/pdf", "size": 1}
    note = world.tale.say("attest", "judge", lots=[{"lot": "M"}], scheme="x", result="approved", evidence=[held])
    answer = world.ask(B, AFTER, SAT + evidence("sat", "c" * 64))
    assert answer.verdict == "compliant"
    assert "memo.pdf" in said(answer)
    world.tale.retract("judge", note)
    assert world.ask(B, AFTER, SAT + evidence("sat", "c" * 64)).verdict == "non-compliant"
    # The record of an import says where events came from; what is called one proves nothing.
    held |= {"sha256": "d" * 64, "media_type": IMPORT_RECORD}
    world.tale.say("attest", "judge", lots=[{"lot": "M"}], scheme="x", result="approved", evidence=[held])
    assert world.ask(B, AFTER, SAT + evidence("sat", "d" * 64)).verdict == "non-compliant"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("laptop", "compliant"),
        ("permanent magnet motor 3", "compliant"),
        ("magnetometer", "compliant"),
        ("magnet", "non-compliant"),
        ("sintered NdFeB magnet N52", "non-compliant"),
        ("magnet-ndfeb-sintered", "non-compliant"),
        ("n/a", "non-compliant"),
        ("-", "non-compliant"),
    ],
)
def test_a_loose_magnet_is_no_cots_item_and_no_electronic_device(chinese: World, name: str, verdict: str) -> None:
    for context, kind in ((COTS, "cots"), (ELECTRONIC, "electronic")):
        asked = context.replace("laptop", name) + evidence(kind)
        turns = kind == "electronic" and "motor" in name  # a motor is no electronic device by its name
        assert chinese.ask(B, AFTER, asked).verdict == ("cannot-determine" if turns else verdict)


def test_an_end_item_that_is_not_named() -> None:
    for context, kind in ((COTS, "cots"), (ELECTRONIC, "electronic")):
        unnamed = context.replace('name = "laptop"\n', "") + evidence(kind)
        world = World()
        world.ndfeb(alloy="CN")
        assert world.ask(B, AFTER, unnamed).verdict == "non-compliant"
        world.turn("assemble", "US", "M", "ITEM", "end-item", 150)
        answer = world.ask(B, AFTER, unnamed, lot="ITEM")
        assert answer.verdict == "compliant"
        assert "lot ITEM (end-item) is stated to be" in said(answer)


@pytest.mark.parametrize(
    ("share", "verdict", "shown"),
    [
        ("0.49999", "compliant", "49.999 % of its weight"),
        ("0.4995", "compliant", "49.95 % of its weight"),
        ("0.5", "non-compliant", "50 % of its weight"),
        ("0.50001", "non-compliant", "50.001 % of its weight"),
    ],
)
def test_the_share_of_weight_is_printed_as_stated(chinese: World, share: str, verdict: str, shown: str) -> None:
    answer = chinese.ask(B, AFTER, COTS.replace("0.01", share) + evidence("cots"))
    assert answer.verdict == verdict
    assert shown in said(answer)


@pytest.mark.parametrize(
    ("reference", "verdict"), [("DNAD 2027-3", "cannot-determine"), ("none", "non-compliant"), ("r", "non-compliant")]
)
def test_a_determination_leaves_it_open_at_best(chinese: World, reference: str, verdict: str) -> None:
    context = f'[nonavailability]\nreference = "{reference}"\nby = "head-of-contracting-activity"\nuntil = 2099-12-31\n'
    assert chinese.ask(B, AFTER, context).verdict == verdict


# --- The day in China


def shipped(at: str) -> World:
    world = World()
    world.tale.now = datetime(2025, 3, 1, tzinfo=UTC)
    world.mine("CLAY", "CN", kg=1000, Dy2O3=5, Ho2O3=1)
    world.turn("separate", "CN", "CLAY", "X", "oxide-dy", 50, {"Dy2O3": 98, "Ho2O3": 1})
    world.tale.ship(*world.where("CN"), "X", "jp-site", at=at)
    return world


@pytest.mark.parametrize(
    ("policy", "at", "verdict"),
    [
        ("CN-2025-18", "2025-04-03T20:00:00-08:00", "cannot-determine"),
        ("CN-2025-18", "2025-04-04T12:00:00+08:00", "cannot-determine"),
        ("CN-2025-18", "2025-04-03T15:59:59Z", "not-applicable"),
        ("CN-2025-18", "2025-04-03T16:00:00Z", "cannot-determine"),
        ("CN-2025-57", "2026-11-10T20:00:00-05:00", "cannot-determine"),
        ("CN-2025-57", "2026-11-11T03:00:00+14:00", "not-applicable"),
        (LIST, "2026-06-21T20:00:00-05:00", "cannot-determine"),
        (LIST, "2026-06-22T03:00:00+14:00", "not-applicable"),
    ],
)
def test_chinese_rules_read_the_day_in_china(policy: str, at: str, verdict: str) -> None:
    assert shipped(at).ask(policy, date(2026, 11, 20), lot="X").verdict == verdict


def test_the_day_says_whose_it_is() -> None:
    text = said(shipped("2025-04-03T20:00:00-08:00").ask("CN-2025-18", date(2026, 11, 20), lot="X"))
    assert "on 2025-04-04 (recorded; the day in China, UTC+8)" in text


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2026-12-31T20:00:00-08:00", "cannot-determine"),
        ("2027-01-01T13:00:00+14:00", "cannot-determine"),
        ("2026-12-31T20:00:00Z", "compliant"),
    ],
)
def test_an_offset_does_not_bring_a_lot_under_the_older_law(at: str, verdict: str) -> None:
    world = World()
    world.iron_and_boron()
    world.magnet([world.metal("AU", "CN", "CN")], "US", "US")
    recorded = datetime.fromisoformat(at).astimezone(UTC)
    world.turn("coat", "US", "M", "M9", "magnet-ndfeb-sintered", 149, MAGNET, at=at, recorded=recorded)
    assert world.ask(A, date(2026, 12, 31), lot="M9").verdict == verdict


# --- Where a rule speaks

DY_FROM_CN = dict.fromkeys(("mine", "beneficiate", "crack_leach", "separate"), "CN")


def declared(at: datetime, origin: dict[str, str], party: str = "mp-materials") -> World:
    world = World()
    world.tale.party("mp-materials", "US", "processor")
    world.tale.site("mp-site", "mp-materials", "US")
    world.tale.now = at
    who, site = ("mp-materials", "mp-site") if party == "mp-materials" else world.where("US")
    world.tale.declare(who, site, made("X", 50, "oxide-dy", Dy2O3=99.5), origin=origin)
    return world


def test_what_was_declared_came_by_hands_that_are_not_recorded() -> None:
    late = datetime(2026, 8, 1, tzinfo=UTC)
    answer = declared(late, DY_FROM_CN).ask(LIST, date(2026, 8, 20), lot="X")
    assert answer.verdict == "cannot-determine"
    assert "in the hands of Mp-Materials (listed: MP Materials Corp.)" in said(answer)
    other = declared(late, DY_FROM_CN, "us").ask(LIST, date(2026, 8, 20), lot="X")
    assert other.verdict == "cannot-determine"
    assert "by whose hands it came there" in said(other)
    australian = declared(late, dict.fromkeys(DY_FROM_CN, "AU"))
    assert australian.ask(LIST, date(2026, 8, 20), lot="X").verdict == "not-applicable"
    early = declared(datetime(2026, 6, 1, tzinfo=UTC), DY_FROM_CN)
    assert early.ask(LIST, date(2026, 8, 20), lot="X").verdict == "not-applicable"


def test_reexport_of_what_was_declared_is_not_recorded() -> None:
    world = declared(datetime(2025, 10, 20, tzinfo=UTC), DY_FROM_CN, "us")
    answer = world.ask("CN-2025-61-1-3", date(2025, 11, 1), lot="X")
    assert answer.verdict == "cannot-determine"
    assert "by which countries it came there" in said(answer)
    suspended = declared(datetime(2026, 8, 1, tzinfo=UTC), DY_FROM_CN, "us")
    assert suspended.ask("CN-2025-61-1-3", date(2026, 8, 20), lot="X").verdict == "not-applicable"


@pytest.mark.parametrize(
    "form",
    ["eol-magnet", "scrap-magnet-blocks", "powder-bonded-magnet", "alloy-ndfeb-magnet", "iron-rotor", "metal-smco"],
)  # fmt: skip
def test_what_calls_itself_a_magnet_is_never_beside_the_rule(form: str) -> None:
    world = World()
    world.declare("X", "US", form, 100, None, MAGNET)
    for policy, day in ((A, BEFORE), (B, AFTER), (SMCO, AFTER), ("US-NDAA23-857", AFTER), ("US-301-MAGNETS", AFTER)):
        assert world.ask(policy, day, lot="X").verdict == "cannot-determine", policy
    assert world.ask("US-4863-SMCO", AFTER, lot="X").verdict == "cannot-determine"
    assert world.ask("EU-CRMA-28", date(2029, 6, 1), lot="X").verdict == "cannot-determine"


def test_a_magnet_renamed() -> None:
    world = World()
    world.ndfeb(mine="CN", separate="CN", metal="CN", alloy="CN", sinter="CN")
    world.turn("dismantle", "CN", "M", "X", "eol-magnet", 100, MAGNET)
    answer = world.ask(B, AFTER, lot="X")
    assert answer.verdict == "cannot-determine"
    assert "would fail if a magnet is made of it" in said(answer)


def test_forms_that_name_neither_a_magnet_nor_a_rare_earth() -> None:
    world = World()
    for form in ("ore-magnetite", "scrap", "alloy-dyfe", "iron"):
        world.declare(form, "US", form, 100)
        assert world.ask(B, AFTER, lot=form).verdict == "not-applicable"
    for form in ("iron", "iron-core", "iron-powder", "ferroboron-fe", "iron-coarse", "iron-feb"):
        assert not names_rare_earth(form)
        assert not may_bear_rare_earths(form)
    for form in ("iron-dysprosium", "iron-nd", "iron-dyfe", "iron-ndprfeb", "ferroboron-mischmetal", "iron-rare-earth"):
        assert names_rare_earth(form)
        assert may_bear_rare_earths(form)
    assert not may_be_magnet("magnet-ndfeb-sintered")
    assert not may_be_magnet("end-item-rotor")


@pytest.mark.parametrize(
    ("form", "percent", "verdict"),
    [
        ("iron-dysprosium", {}, "cannot-determine"),
        ("iron-dysprosium", {"Dy": 80, "Fe": 20}, "needs a licence"),
        ("iron-rotor", {}, "cannot-determine"),
        ("iron", {"Dy": 80, "Fe": 20}, "cannot-determine"),
        ("iron", {"Fe": 99.9}, "not-applicable"),
        ("iron", {}, "not-applicable"),
        ("eol-magnet", {"Nd": 30, "Dy": 2, "Fe": 67, "B": 1}, "needs a licence"),
    ],
)
def test_iron_that_names_or_states_a_listed_element(form: str, percent: dict[str, float], verdict: str) -> None:
    world = World()
    world.mine("ORE", "CN", kg=1000)
    world.turn("metal_reduce", "CN", "ORE", "X", form, 50, percent)
    world.bring("X", "JP")
    answer = world.ask("CN-2025-18", AFTER, lot="X")
    needed = "what is listed needs a licence" in said(answer)
    assert ("needs a licence" if needed else answer.verdict) == verdict


# --- The rest


@pytest.mark.parametrize("day", [date.min, date(1, 6, 1), date(1, 12, 31), date(4, 2, 29), date.max])
def test_no_day_is_too_early_or_too_late(day: date) -> None:
    world = World()
    world.ndfeb()
    assert len(world.every(day)) > 1
    assert world.ask(SFE, AFTER, f"taxable_year_end = {day}").verdict in ("not-applicable", "cannot-determine")
    assert world.ask(SFE, date.min).verdict == "cannot-determine"  # no taxable year is stated


def restated(first: str | None, then: str | None, country: str = "CN") -> World:
    world = World()

    def state(region: str | None, code: str) -> None:
        more = {"region": region} if region else {}
        world.tale.say("site", "registry", site="xj-site", party="cn", name="XJ", country=code, **more)

    state(first, "CN")
    world.tale.extract("cn", "xj-site", made("X", 100, Nd2O3=7.5))
    world.tale.turn("beneficiate", "cn", "xj-site", ["X"], made("Y", 10, "concentrate", Nd2O3=50))
    world.tale.turn("repack", "cn", "xj-site", ["Y"], made("Z", 10, "concentrate", Nd2O3=50))
    state(then, country)
    return world


@pytest.mark.parametrize(
    ("first", "then", "country", "verdict"),
    [
        ("CN-XJ", "CN-SH", "CN", "non-compliant"),
        ("CN-SH", "CN-XJ", "CN", "non-compliant"),
        ("CN-XJ", None, "VN", "non-compliant"),
        ("CN-SH", None, "CN", "cannot-determine"),
    ],
)
def test_the_worse_of_two_regions_counts(first: str | None, then: str | None, country: str, verdict: str) -> None:
    answer = restated(first, then, country).ask(UFLPA, AFTER, lot="Z")
    assert answer.verdict == verdict
    assert "no stage is recorded or declared in Xinjiang" not in said(answer)
    if country == "CN":
        assert "lot X: mine in CN" in said(answer)
        assert "it is also stated as" in said(answer)
        assert "lot Z: repack in China" in said(answer)


def test_a_region_that_was_right_all_along() -> None:
    assert "no stage is recorded or declared in Xinjiang" in said(restated("CN-SH", "CN-NM").ask(UFLPA, AFTER, lot="Z"))


def test_a_taxpayer_is_never_called_compliant_by_a_text_that_was_not_read() -> None:
    world = World()
    world.ndfeb()
    context = (
        '[taxpayer]\ncountry = "US"\nprincipal_place_of_business = "US"\non_listed_entities = false\n'
        "covered_government_or_citizen = false\ncovered_control_share = 0.1\n"
    )
    answer = world.ask(SFE, AFTER, context)
    assert answer.verdict == "cannot-determine"
    assert "the primary text was not read" in said(answer)
    assert "stated: 50.001 % held" in said(world.ask(SFE, AFTER, context.replace("0.1", "0.50001")))


def test_defence_is_exempt_from_the_label_and_not_from_the_recycled_share() -> None:
    world = World()
    world.ndfeb()
    product = '[product]\neu_group = "heat pumps"\nmagnet_mass_kg = 0.35\ndefence_or_space = true\n'
    assert world.ask("EU-CRMA-28", date(2029, 6, 1), product).verdict == "not-applicable"
    answer = world.ask("EU-CRMA-29", date(2029, 6, 1), product)
    assert answer.verdict == "cannot-determine"
    assert "no such words of Art. 29 were read" in said(answer)


def test_smco_named_as_a_device_and_as_a_magnet() -> None:
    world = World()
    smco(world, sm="CN")
    assert world.ask(SMCO, AFTER, ELECTRONIC + evidence("electronic")).verdict == "compliant"
    loose = ELECTRONIC.replace("laptop", "SmCo magnets") + evidence("electronic")
    assert world.ask(SMCO, AFTER, loose).verdict == "non-compliant"
