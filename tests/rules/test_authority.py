from __future__ import annotations

from typing import Any

import pytest

from ledger.rules.catalogue import CATALOGUE
from ledger.rules.rulebook import refusals
from tests.ledger.world import LOG, REGISTRY, key, stamp
from tests.rules.tale import MG, MINE, PLANT, SHOP, Tale, made, peopled, shares

ROLES = ("miner", "processor", "recycler", "trader", "carrier", "laboratory", "auditor", "owner", "witness")
HANDLERS = {"miner", "processor", "recycler", "trader", "carrier", "laboratory"}
MAKERS = {"processor", "recycler"}
OUT = {"outputs": [made("new", 1)]}
SAYINGS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "extract": ("extract", OUT, {"miner"}),
    "recover": ("recover", OUT, {"recycler"}),
    "declare": ("declare", OUT, {"miner", "processor", "recycler", "trader"}),
    "beneficiate": ("transform", {"stage": "beneficiate", "inputs": [{"lot": "A"}], **OUT}, MAKERS | {"miner"}),
    "crack_leach": ("transform", {"stage": "crack_leach", "inputs": [{"lot": "A"}], **OUT}, MAKERS | {"miner"}),
    "separate": ("transform", {"stage": "separate", "inputs": [{"lot": "A"}], **OUT}, MAKERS),
    "sinter": ("transform", {"stage": "sinter", "inputs": [{"lot": "A"}], **OUT}, MAKERS),
    "hpms": ("transform", {"stage": "hpms", "inputs": [{"lot": "A"}], **OUT}, MAKERS),
    "blend": ("transform", {"stage": "blend", "inputs": [{"lot": "A"}], **OUT}, HANDLERS),
    "split": ("transform", {"stage": "split", "inputs": [{"lot": "A"}], **OUT}, HANDLERS),
    "repack": ("transform", {"stage": "repack", "inputs": [{"lot": "A"}], **OUT}, HANDLERS),
    "ship": ("ship", {"lots": [{"lot": "A"}], "to": "plant"}, HANDLERS),
    "receive": ("receive", {"lots": [{"lot": "A"}], "result": "accepted"}, HANDLERS),
    "dispose": ("dispose", {"lots": [{"lot": "A"}]}, HANDLERS),
    "assay": ("assay", {"lot": "A", "composition": shares(Nd=1)}, {"laboratory"}),
    "attest": ("attest", {"parties": ["mine"], "scheme": "s", "result": "r"}, {"auditor"}),
    "enrol": ("enrol", {"party": "p", "name": "P", "country": "AU", "roles": ["owner"]}, set()),
}


@pytest.fixture
def tale() -> Tale:
    return peopled()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("kind", "members", "needed"), SAYINGS.values(), ids=SAYINGS)
def test_who_may_say_what(tale: Tale, kind: str, members: dict[str, Any], needed: set[str], role: str) -> None:
    tale.party("actor", "AU", role)
    tale.site("place", "actor", "AU")
    tale.extract(*MINE, made("A", 10))
    tale.say(kind, "actor", site="place", **members)
    assert ("SIGN-ROLE" in tale.codes()) == (role not in needed)


def test_one_of_several_roles_is_enough_and_a_role_taken_away_is_gone(tale: Tale) -> None:
    tale.party("actor", "AU", "miner", "trader")
    tale.site("place", "actor", "AU")
    tale.extract("actor", "place", made("A", 1))
    assert tale.codes() == []
    tale.party("actor", "AU", "trader")
    tale.extract("actor", "place", made("B", 1))
    assert tale.codes("SIGN") == ["SIGN-ROLE"]


def test_an_operator_keeps_its_office_whatever_it_is_enrolled_as(tale: Tale) -> None:
    tale.say("enrol", "registry", party="registry", name="R", country="GB", roles=["laboratory"])
    tale.party("late", "AU", "owner")
    assert tale.codes("SIGN") == []
    tale.extract(*MINE, made("A", 1))
    tale.say("assay", "registry", lot="A", composition=shares(Nd=1))
    assert tale.codes("SIGN") == []


def test_a_second_registrar_enrols_but_retracts_nothing_of_others(tale: Tale) -> None:
    """The role is what the registrar gives; what `open` gives is the office."""
    tale.party("second", "AU", "registrar")
    tale.say("enrol", "second", party="p", name="P", country="AU", roles=["owner"])
    assert tale.codes("SIGN") == []
    target = tale.extract(*MINE, made("A", 1))
    tale.retract("second", target)
    assert "CUST-RETRACT" in tale.codes("CUST")


@pytest.mark.parametrize("kind", ["site", "key", "revoke"])
def test_a_party_speaks_for_its_own_keys_and_sites_and_the_registrar_for_all(tale: Tale, kind: str) -> None:
    new = str(key("mine", 1).vkey)
    members: dict[str, Any] = {
        "site": {"site": "second", "party": "mine", "name": "S", "country": "AU"},
        "key": {"party": "mine", "vkey": new},
        "revoke": {"party": "mine", "vkey": new, "reason": "lost"},
    }[kind]
    if kind == "revoke":
        tale.say("key", "registry", party="mine", vkey=new)
    for actor, codes in (("plant", ["SIGN-ROLE"]), ("mine", []), ("registry", [])):
        tale.say(kind, actor, **members)
        assert tale.codes("SIGN") == codes


def test_an_unknown_key_and_an_unknown_party(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 1), signed_by=str(key("mine", 9).vkey))
    assert tale.codes("SIGN") == ["SIGN-KEY-UNKNOWN"]
    tale.extract("nobody", "pit", made("B", 1))
    assert set(tale.codes("SIGN")) == {"SIGN-KEY-UNKNOWN", "SIGN-ROLE", "SIGN-SITE"}


def test_a_key_counts_from_where_it_is_added(tale: Tale) -> None:
    new = str(key("mine", 1).vkey)
    tale.extract(*MINE, made("A", 1), signed_by=new)
    assert tale.codes("SIGN") == ["SIGN-KEY-UNKNOWN"]
    tale.say("key", "mine", party="mine", vkey=new)
    tale.extract(*MINE, made("B", 1), signed_by=new)
    assert tale.codes("SIGN") == []


def test_a_revoked_key_does_not_come_back(tale: Tale) -> None:
    old = str(key("mine").vkey)
    tale.say("revoke", "registry", party="mine", vkey=old, reason="lost")
    tale.say("key", "registry", party="mine", vkey=old)
    tale.extract(*MINE, made("A", 1))
    assert tale.codes("SIGN") == ["SIGN-KEY-REVOKED"]


def test_sites_belong_to_parties(tale: Tale) -> None:
    tale.extract("mine", "kuantan", made("A", 1))
    assert tale.codes("SIGN") == ["SIGN-SITE"]
    tale.extract("mine", "nowhere", made("B", 1))
    assert "SIGN-SITE" in tale.codes("SIGN")
    tale.say("attest", "judge", site="kuantan", sites=["kuantan"], scheme="s", result="r")
    assert tale.codes("SIGN") == []  # an auditor visits
    tale.say("attest", "judge", site="nowhere", sites=["kuantan"], scheme="s", result="r")
    assert tale.codes("SIGN") == ["SIGN-SITE"]


@pytest.mark.parametrize(("site", "party", "country", "codes"), [
    ("pit", "mine", "AU", []),
    ("pit", "plant", "AU", ["SIGN-ID"]),
    ("pit", "mine", "CN", ["SIGN-ID"]),
    ("plant", "plant", "MY", ["SIGN-ID"]),
    ("other", "nobody", "MY", ["SIGN-NAMED"]),
])  # fmt: skip
def test_a_site_stays_what_and_where_it_is(tale: Tale, site: str, party: str, country: str, codes: list[str]) -> None:
    tale.site(site, party, country)
    assert tale.codes("SIGN") == codes


def test_ids_are_unique_over_parties_and_sites(tale: Tale) -> None:
    tale.say("enrol", "registry", party="pit", name="P", country="AU", roles=["owner"])
    assert tale.codes("SIGN") == ["SIGN-ID"]


@pytest.mark.parametrize(("kind", "actor", "members"), [
    ("ship", "mine", {"site": "pit", "lots": [{"lot": "A"}], "to": "nobody"}),
    ("attest", "judge", {"parties": ["nobody"], "scheme": "s", "result": "r"}),
    ("attest", "judge", {"sites": ["nowhere"], "scheme": "s", "result": "r"}),
    ("key", "registry", {"party": "nobody", "vkey": str(key("nobody").vkey)}),
    ("revoke", "registry", {"party": "nobody", "vkey": str(key("nobody").vkey), "reason": "lost"}),
    ("revoke", "registry", {"party": "mine", "vkey": str(key("mine", 9).vkey), "reason": "lost"}),
    ("enrol", "registry", {"party": "p", "name": "P", "country": "AU", "roles": ["owner"], "owners": [{"party": "nobody", "country": "AU"}]}),
])  # fmt: skip
def test_whoever_is_named_is_enrolled(tale: Tale, kind: str, actor: str, members: dict[str, Any]) -> None:
    tale.extract(*MINE, made("A", 1))
    tale.say(kind, actor, **members)
    assert tale.codes("SIGN") == ["SIGN-NAMED"]


def test_one_key_speaks_for_one_party(tale: Tale) -> None:
    from ledger.seal.keys import VerifierKey

    shared = str(VerifierKey.of("twin", key("mine").vkey.public_key))
    tale.say("enrol", "registry", party="twin", name="T", country="AU", roles=["miner"], vkey=shared)
    assert tale.codes("SIGN") == ["SIGN-KEY-SHARED"]
    log = str(VerifierKey.of("plant", LOG.vkey.public_key))
    tale.say("key", "registry", party="plant", vkey=log)
    assert tale.codes("SIGN") == ["SIGN-KEY-SHARED"]
    office = str(VerifierKey.of("plant", REGISTRY.vkey.public_key))
    tale.say("key", "registry", party="plant", vkey=office)
    assert tale.codes("SIGN") == ["SIGN-KEY-SHARED"]


def test_there_is_one_open(tale: Tale) -> None:
    opened = tale.history.open_event
    assert opened is not None
    anchor = {"party": "registry", "name": "R", "country": "GB", "vkey": str(REGISTRY.vkey)}
    limits = {"late_days": 366, "clock_s": 0, "u_mass_ppm": 20_000}
    tale.say("open", "registry", operator=anchor, registrar=anchor, log=str(LOG.vkey), rules="1", tolerances=limits)
    assert "SEAL-ANCHOR" in tale.codes("SEAL")
    assert tale.history.open_event is opened
    assert tale.history.tolerances.late_days == 30


def test_the_same_event_or_ref_twice(tale: Tale) -> None:
    again = {"at": stamp(tale.now), "parties": ["mine"], "scheme": "s", "result": "r"}
    tale.say("attest", "judge", **again)
    tale.say("attest", "judge", **again)
    assert tale.codes() == ["SEAL-DUPLICATE"]
    tale.extract(*MINE, made("A", 1), ref="r")
    tale.extract(*MINE, made("B", 1), ref="r")
    assert tale.codes() == ["CUST-REF"]
    tale.declare(*PLANT, made("C", 1), ref="r")
    assert tale.codes("CUST") == []


# --- Retraction: who, what, and what descends from it


def test_a_retraction_is_by_the_actor_or_the_registrar(tale: Tale) -> None:
    for actor, codes in (
        ("plant", ["CUST-RETRACT", "CUST-RETRACTED"]),
        ("mine", ["CUST-RETRACTED"]),
        ("registry", ["CUST-RETRACTED"]),
    ):
        target = tale.extract(*MINE, made(f"A-{actor}", 1))
        tale.retract(actor, target)
        assert tale.codes("CUST") == codes


@pytest.mark.parametrize("lots", [[], ["A"], ["A", "B", "C"], ["A", "C"]])
def test_a_retraction_names_exactly_the_lots_of_its_target(tale: Tale, lots: list[str]) -> None:
    target = tale.extract(*MINE, made("A", 1), made("B", 1))
    tale.extract(*MINE, made("C", 1))
    tale.say("retract", "mine", target=target, reason="x", **({"lots": [{"lot": lot} for lot in lots]} if lots else {}))
    assert "CUST-RETRACT" in tale.codes("CUST")


def test_what_cannot_be_retracted(tale: Tale) -> None:
    for target in ("ab" * 32, tale.party("p", "AU", "owner"), tale.site("s", "mine", "AU")):
        tale.say("retract", "registry", target=target, reason="x")
        assert tale.codes("CUST") == ["CUST-RETRACT"]
    target = tale.extract(*MINE, made("A", 1))
    void = tale.retract("mine", target)
    tale.retract("mine", target)
    assert "CUST-RETRACT" in tale.codes("CUST")
    tale.say("retract", "mine", target=void, reason="x", lots=[{"lot": "A"}])
    assert tale.codes("CUST") == ["CUST-RETRACT"]


def test_descendants_of_a_void_event_are_orphans_down_the_line(tale: Tale) -> None:
    source = tale.extract(*MINE, made("A", 10))
    tale.turn("split", *MINE, [("A", 1)], made("B", 1))
    tale.turn("split", *MINE, [("B", 1)], made("C", 1))
    tale.extract(*MINE, made("X", 1))
    tale.turn("blend", *MINE, ["X", "C"], made("D", 2))
    tale.retract("mine", source)
    assert tale.ending("CUST") == [("CUST-ORPHANED", f"lot:{lot}") for lot in "BCD"]


def test_a_replacement_makes_no_orphans(tale: Tale) -> None:
    source = tale.extract(*MINE, made("A", 10), ref="e1")
    tale.turn("split", *MINE, [("A", 1)], made("B", 1))
    tale.retract("mine", source, "e2")
    assert ("CUST-REPLACEMENT", f"event:{source}") in tale.ending()
    tale.extract(*MINE, made("A2", 9), ref="e2")
    assert tale.ending() == []


def test_a_replacement_that_is_an_orphan_orphans_what_it_feeds(tale: Tale) -> None:
    source = tale.extract(*MINE, made("X", 10))
    split = tale.turn("split", *MINE, [("X", 5)], made("A", 5), ref="t1")
    tale.turn("split", *MINE, ["A"], made("B", 5))
    tale.retract("mine", split, "t2")
    tale.turn("split", *MINE, [("X", 5)], made("A2", 5), ref="t2")
    tale.retract("mine", source)
    assert {subject for code, subject in tale.ending() if code == "CUST-ORPHANED"} >= {"lot:A2", "lot:B"}


@pytest.mark.parametrize("kind", ["other form", "other number", "other actor", "other type", "void too", "itself"])
def test_a_replacement_is_alike(tale: Tale, kind: str) -> None:
    source = tale.extract(*MINE, made("A", 10), ref="e1")
    tale.turn("split", *MINE, [("A", 1)], made("B", 1))
    tale.retract("mine", source, "e1" if kind == "itself" else "e2")
    match kind:
        case "other form":
            tale.extract(*MINE, made("A2", 9, "concentrate"), ref="e2")
        case "other number":
            tale.extract(*MINE, made("A2", 9), made("A3", 1), ref="e2")
        case "other actor":
            tale.extract("dig", "baotou", made("A2", 9), ref="e2")
        case "other type":
            tale.declare(*MINE, made("A2", 9), ref="e2")
        case "void too":
            tale.retract("mine", tale.extract(*MINE, made("A2", 9), ref="e2"))
        case _:
            pass
    assert tale.ending("CUST") == [("CUST-REPLACEMENT", f"event:{source}"), ("CUST-ORPHANED", "lot:B")]


def test_what_refuses_is_what_the_catalogue_says(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 1, Xx=1), deposit="nowhere", country="CN")
    assert tale.codes()
    assert refusals(tale.newest) == []
    tale.extract(*SHOP, made("A", 1))
    assert {item.code for item in refusals(tale.newest)} == {"CUST-LOT-REUSED", "SIGN-ROLE"}
    assert all(code.severity == "error" for code in CATALOGUE.values() if code.refuses)
    assert all(
        not code.refuses for code in CATALOGUE.values() if code.code.startswith(("MASS", "COMP", "ORIG", "DATA"))
    )
    assert all(code.severity != "error" for code in CATALOGUE.values() if code.code.startswith("ORIG"))


def test_words_outside_the_tables_are_data(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 1, "pebbles", Xx=1, TREO=5, H2O=1), deposit="nowhere")
    assert tale.codes("DATA") == ["DATA-DEPOSIT", "DATA-FORM", "DATA-ANALYTE"]
    tale.assay("A", Zz=1)
    assert tale.codes("DATA") == ["DATA-ANALYTE"]
    tale.extract(*MINE, made("B", 1, Nd2O3=1, TREO=5, LOI=1), deposit="Mountain Pass")
    assert tale.codes("DATA") == []


def test_masses_are_told_in_kilograms() -> None:
    from ledger.rules.figures import kg

    assert [kg(mg) for mg in (0, 1, -1, MG, 1_234_567 * MG, 1_500_000, -10)] == [
        "0 kg", "0.000001 kg", "-0.000001 kg", "1 kg", "1 234 567 kg", "1.5 kg", "-0.00001 kg",
    ]  # fmt: skip
