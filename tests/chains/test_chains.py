"""The seven chains, read back from their text alone."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cli.chains.builder import New, Out, Sheet
from cli.chains.catalogue import CHAINS
from cli.chains.chain import Chain
from cli.chains.table import events_csv
from cli.chains.tables import percents
from tests.chains import reading
from tests.chains.origins import shares

HEADER = (
    "event,type,at,actor,site,stage,direction,lot,form,mass,unit,u_mass,to,route,deposit,mineral,country,"
    "feedstock,equipment,technology,losses,target,reason,note"
)
OPTIONAL = {"licence_ref", "waste", "scheme", "result", "valid_from", "valid_until"}
FORMS = {
    "ore",
    "concentrate",
    "mixed-carbonate",
    "mixed-chloride",
    "leach-liquor",
    "oxide",
    "oxalate",
    "carbonate",
    "fluoride",
    "chloride",
    "metal",
    "alloy",
    "ferroboron",
    "iron",
    "strip-cast",
    "powder",
    "compact",
    "block",
    "magnet-ndfeb",
    "magnet-smco",
    "end-item",
    "swarf",
    "eol-magnet",
    "scrap",
    "residue",
}
ROLES = {
    "extract": "miner",
    "recover": "recycler",
    "transform": "processor",
    "assay": "laboratory",
    "attest": "auditor",
}
ALL_ROLES = {
    "miner",
    "processor",
    "recycler",
    "trader",
    "carrier",
    "laboratory",
    "auditor",
    "owner",
    "operator",
    "registrar",
    "witness",
}
BY_PRODUCTS = ("residue", "scrap", "swarf")
ROUNDING = Decimal("1e-8")  # an oxide factor has four decimals; nothing is gained above this
UNACCOUNTED = Decimal("0.011")

every_chain = pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.slug)


def test_seven_chains_in_order() -> None:
    assert "".join(chain.id for chain in CHAINS) == "abcdefg"
    assert len({chain.slug for chain in CHAINS}) == 7


@every_chain
def test_the_header_is_the_contracts(chain: Chain) -> None:
    columns = chain.events_csv.split("\n", 1)[0].split(",")
    assert ",".join(columns[:24]) == HEADER
    rest = [name for name in columns[24:] if name not in OPTIONAL]
    for name in rest:
        assert re.fullmatch(r"(u )?[A-Z][A-Za-z0-9]* (%|ppm)", name)
        assert name.removeprefix("u ").split()[0] in {*reading.ANALYTES, "TREO"}
    assert chain.parties_csv.startswith("id,name,country,roles,owners\n")
    assert chain.sites_csv.startswith("id,party,name,country,region,lat,lon,stages\n")


@every_chain
def test_a_chain_is_the_same_every_time(chain: Chain) -> None:
    assert events_csv(chain.build().rows()) == chain.events_csv


def test_no_order_comes_from_hashing() -> None:
    program = (
        "from hashlib import sha256; from cli.chains.catalogue import CHAINS; "
        "print(sha256(''.join(c.parties_csv + c.sites_csv + c.events_csv for c in CHAINS).encode()).hexdigest())"
    )
    here = "".join(chain.parties_csv + chain.sites_csv + chain.events_csv for chain in CHAINS)
    env = {**os.environ, "PYTHONHASHSEED": "4711"}
    there = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


@every_chain
def test_every_transform_balances_by_contained_element(chain: Chain) -> None:
    assert faults(chain.events_csv) == []


def test_the_balance_sees_an_injection() -> None:
    text = CHAINS[2].events_csv
    assert text.count("oxide-ndpr,2109.5,kg") == 1
    added = text.replace("oxide-ndpr,2109.5,kg", "oxide-ndpr,2209.5,kg").replace(",2109.5,kg", ",2209.5,kg")
    assert "MPT-2026-E007 gains Nd" in faults(added)


def faults(text: str) -> list[str]:
    found = []
    played, _ = reading.replay(text)
    for event in played:
        if event["type"] != "transform":
            continue
        drawn, made = event.total("inputs"), event.total("outputs")
        whole = sum(mg for _, _, mg, _ in event.inputs)
        for element in sorted({*drawn, *made}):
            amount = drawn.get(element, Decimal(0))
            left = amount - made.get(element, Decimal(0)) - amount * event.lost / whole
            if left < -ROUNDING * amount:
                found.append(f"{event.ref} gains {element}")
            if amount * 10**6 > whole and left > UNACCOUNTED * amount:
                found.append(f"{event.ref} loses {element}")
    return found


@every_chain
def test_recoveries_are_inside_the_bands(chain: Chain) -> None:
    bands = defaultdict(list)
    for row in reading.reference("stage_yields.csv"):
        bands[row["stage_code"]].append(row)
    played, _ = reading.replay(chain.events_csv)
    checked = 0
    for event in played:
        for limit, recovered in recoveries(event, bands):
            assert limit, f"{event.ref} {event['stage']}: {recovered}"
            checked += 1
    assert checked > 3


def recoveries(event: reading.Event, bands: dict[str, list[dict[str, str]]]) -> list[tuple[bool, Decimal]]:
    rows = bands.get(event["stage"], [])
    if event["type"] != "transform" or not rows:
        return []
    products = [out for out in event.outputs if not out[1].startswith(BY_PRODUCTS)]
    by_mass = [row for row in rows if row["basis"].startswith("mass")]
    by_element = [row for row in rows if not row["basis"].startswith("mass")]
    found = []
    if by_mass:
        block = sum(mg for _, form, mg, _ in event.inputs if event["stage"] != "gbd" or form.startswith("block"))
        found.append((by_mass, Decimal(sum(out[2] for out in products)) / block))
    if by_element:
        kept = reading.Event("", [], outputs=products).total("outputs")
        drawn = event.total("inputs")
        watched = [element for element in drawn if element in reading.RARE_EARTHS | {"Ga"} and drawn[element]]
        assert watched
        found += [(by_element, kept.get(element, Decimal(0)) / drawn[element]) for element in watched]
    return [(any(inside(row, value) for row in rows), value) for rows, value in found]


def inside(row: dict[str, str], value: Decimal) -> bool:
    return Decimal(row["typical_low"]) - ROUNDING <= value <= Decimal(row["typical_high"])


@every_chain
def test_custody_holds_and_the_asked_lot_is_the_end(chain: Chain) -> None:
    played, lots = reading.replay(chain.events_csv)
    asked = lots[chain.asked_lot]
    assert not asked.gone
    assert asked.shipped_to == ""
    assert not any(name == chain.asked_lot for event in played for name, *_ in event.inputs)


@every_chain
def test_times_are_ordered_and_inside_the_two_years(chain: Chain) -> None:
    times = [event.at for event in reading.events(chain.events_csv)]
    assert all(at.utcoffset() is not None for at in times)
    assert times == sorted(times)
    assert datetime(2025, 1, 1, tzinfo=UTC) <= times[0]
    assert times[-1] < datetime(2026, 11, 1, tzinfo=UTC)


@every_chain
def test_handovers_agree_within_three_sigma(chain: Chain) -> None:
    sent: dict[str, reading.Event] = {}
    sites = {row["id"]: row for row in reading.table(chain.sites_csv)}
    for event in reading.events(chain.events_csv):
        if event["type"] == "ship":
            countries = event["route"].split(">")
            assert countries[0] == sites[event["site"]]["country"]
            assert countries[-1] == sites[event["to"]]["country"]
            sent[event["lot"]] = event
        elif event["type"] == "receive":
            ship = sent.pop(event["lot"])
            before, after = reading.weight(ship.rows[0]), reading.weight(event.rows[0])
            assert before is not None
            assert after is not None
            u = [reading.exact(one["u_mass"], reading.MG[one["unit"]]) for one in (ship, event)]
            assert abs(before - after) <= 3 * (u[0] ** 2 + u[1] ** 2) ** 0.5
    assert not sent


@every_chain
def test_parties_and_sites_may_do_what_they_do(chain: Chain) -> None:
    parties = {row["id"]: row for row in reading.table(chain.parties_csv)}
    sites = {row["id"]: row for row in reading.table(chain.sites_csv)}
    for who in parties.values():
        assert set(who["roles"].split()) <= ALL_ROLES
        for owner in filter(None, who["owners"].split(";")):
            assert re.fullmatch(r"[^:]+:[A-Z]{2}:\d+", owner)
    for event in reading.events(chain.events_csv):
        roles = parties[event["actor"]]["roles"].split()
        assert ROLES.get(event["type"], roles[0]) in roles
        if event["site"]:
            where = sites[event["site"]]
            assert where["party"] == event["actor"]
            stage = {"extract": "mine", "recover": "collect"}.get(event["type"], event["stage"])
            assert not stage or stage in {*where["stages"].split(), "blend", "split", "repack"}
    for where in sites.values():
        assert where["party"] in parties
        assert where["region"].startswith(where["country"] + "-")


@every_chain
def test_places_and_patterns_are_public_or_said_to_be_assumed(chain: Chain) -> None:
    facilities = {row["id"]: row for row in reading.reference("facilities.csv")}
    known_parties = {row["party_id"]: row for row in facilities.values()}
    said = " ".join(chain.assumed)
    for row in reading.table(chain.sites_csv):
        public = facilities.get(row["id"])
        if public is None:
            assert row["id"] in said
            continue
        same = ("name", "country", "region", "lat", "lon")
        assert [row[key] for key in same] == [public[key] for key in same]
        assert row["party"] == public["party_id"]
        assert set(public["stages"].split()) <= set(row["stages"].split())
        for stage in set(row["stages"].split()) - set(public["stages"].split()):
            assert stage in said
            assert row["id"] in said
        assert row["id"] in " ".join(chain.public)
    for row in reading.table(chain.parties_csv):
        public = known_parties.get(row["id"])
        if public is None:
            assert row["id"] in said
        else:
            assert public["operator"].startswith(row["name"])
            assert row["country"] == public["owner_country"]
    assert "fictional" in chain.assumed[0]


@every_chain
def test_ore_has_its_deposits_pattern(chain: Chain) -> None:
    deposits = {row["id"]: row for row in reading.reference("deposits_reo.csv")}
    for event in reading.events(chain.events_csv):
        name = event["deposit"]
        if name and name not in deposits:
            assert name in " ".join(chain.assumed)
        elif name:
            assert name in " ".join(chain.public)
            found = reading.composition(event.rows[0])
            pattern = {key: Decimal(cell) for key, cell in deposits[name].items() if key in found}
            scale = Decimal(found["TREO"]) / sum(pattern.values())
            for oxide, part in pattern.items():
                assert abs(found[oxide] - part * scale) <= part * scale / 500


@every_chain
def test_cells_are_possible(chain: Chain) -> None:
    oxides = {row["oxide"] for row in reading.reference("elements.csv") if row["symbol"] in reading.RARE_EARTHS}
    for event in reading.events(chain.events_csv):
        for row in event.rows:
            fractions = reading.composition(row)
            assert sum(ppb for name, ppb in fractions.items() if name != "TREO") <= 10**9
            if "TREO" in fractions:
                assert fractions["TREO"] == sum(ppb for name, ppb in fractions.items() if name in oxides)
            else:
                assert not oxides & set(fractions)
            if row["direction"] == "out":
                assert fractions
                assert re.fullmatch(r"[a-z0-9_-]{1,40}", row["form"])
                assert any(row["form"] == form or row["form"].startswith(form + "-") for form in FORMS)
            if row["mass"]:
                share = Decimal(row["u_mass"]) / Decimal(row["mass"])
                assert Decimal("0.0009") < share < Decimal("0.0055")


def test_ids_are_unique_over_all_chains_and_definitions_agree() -> None:
    lots: set[str] = set()
    refs: set[str] = set()
    tables: dict[str, dict[str, dict[str, str]]] = {"parties_csv": {}, "sites_csv": {}}
    for chain in CHAINS:
        played, found = reading.replay(chain.events_csv)
        assert not lots & set(found)
        lots |= set(found)
        assert not refs & {event.ref for event in played}
        refs |= {event.ref for event in played}
        for name, known in tables.items():
            for row in reading.table(getattr(chain, name)):
                assert known.setdefault(row["id"], row) == row
    assert not set(tables["parties_csv"]) & set(tables["sites_csv"])
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", key) for known in tables.values() for key in known)


def test_mountain_pass_never_mentions_china() -> None:
    chain = CHAINS[2]
    text = chain.parties_csv + chain.sites_csv + chain.events_csv
    assert not re.search(r"CN|China|Chinese|unknown", text)
    for event in reading.events(chain.events_csv):
        if event["type"] == "declare":
            assert event["country"] == "mine=US;beneficiate=US;metal_reduce=US"


def test_toll_processing_retains_title_and_says_so() -> None:
    notes = [event["note"] for event in reading.events(CHAINS[3].events_csv) if event["route"] in {"AU>CN", "CN>CN"}]
    assert len(notes) == 3
    assert all("title stays with lynas-rare-earths" in note for note in notes)


@pytest.mark.parametrize(
    ("at", "lot", "main", "impurities"),
    [
        (5, "RCY-2026-ND-6N", "Nd2O3", 1000),
        (6, "GAL-2026-GA-4N", "Ga", 100_000),
        (6, "GAL-2026-GA-6N", "Ga", 1000),
        (6, "GAL-2026-GA-7N", "Ga", 100),
    ],
)
def test_nines_are_earned_to_the_ppb(at: int, lot: str, main: str, impurities: int) -> None:
    _, lots = reading.replay(CHAINS[at].events_csv)
    fractions = lots[lot].fractions
    if "TREO" in fractions:  # REO purity: the other oxides relative to TREO
        fractions = {name: ppb for name, ppb in fractions.items() if name in {"Pr6O11", "Nd2O3", "Tb4O7", "Dy2O3"}}
    whole = sum(fractions.values())
    others = Decimal(whole - fractions[main]) / whole
    assert 0 < others * 10**9 <= impurities


@pytest.mark.parametrize(
    ("at", "element", "stage", "expected"),
    [
        (0, "Nd", "mine", {"AU": "1"}),
        (0, "Nd", "separate", {"MY": "1"}),
        (0, "Dy", "mine", {"MM": "0.659", "CN": "0.341"}),
        (0, "Dy", "separate", {"CN": "1"}),
        (1, "Nd", "mine", {"AU": "1"}),
        (1, "Nd", "separate", {"CA": "1"}),
        (1, "Dy", "mine", {"AU": "1"}),
        (1, "Dy", "separate", {"CA": "1"}),
        (2, "Nd", "mine", {"US": "1"}),
        (2, "Nd", "separate", {"US": "1"}),
        (3, "Nd", "mine", {"AU": "1"}),
        (3, "Nd", "separate", {"CN": "1"}),
        (3, "Nd", "metal_reduce", {"CN": "1"}),
        (3, "B", "mine", {"unknown": "1"}),
        (4, "Nd", "mine", {"VN": "0.225", "MY": "0.007", "TH": "0.169", "MM": "0.384", "unknown": "0.215"}),
        (4, "Nd", "separate", {"none": "1"}),
        (4, "Dy", "mine", {"VN": "0.019", "MY": "0.223", "TH": "0.009", "MM": "0.480", "unknown": "0.270"}),
        (5, "Nd", "mine", {"AU": "0.754", "unknown": "0.246"}),
        (5, "Nd", "separate", {"JP+MY": "0.754", "JP+unknown": "0.246"}),
        (5, "Dy", "mine", {"unknown": "1"}),
        (6, "Ga", "mine", {"AU": "1"}),
        (6, "Ga", "separate", {"AU": "1"}),
    ],
)
def test_origins_by_hand(at: int, element: str, stage: str, expected: dict[str, str]) -> None:
    found = shares(CHAINS[at].events_csv, CHAINS[at].sites_csv, element, stage)[CHAINS[at].asked_lot]
    assert {key: found[key].quantize(Decimal("0.001")) for key in found} == {
        key: Decimal(value).quantize(Decimal("0.001")) for key, value in expected.items()
    }


def test_the_builder_refuses_to_make_material() -> None:
    sheet = Sheet("T")
    where = "us-mountain-pass-mine"
    sheet.extract("2026-01-01T08:00:00-08:00", where, New("ORE", "ore", "10 t", percents(Nd="1")), country="US")
    over = [Out("A", "concentrate", {"*": "0.7"}, grade="10"), Out("B", "residue", {"*": "0.4"}, mass="rest")]
    with pytest.raises(ValueError, match="would leave"):
        sheet.transform("2026-01-02T08:00:00-08:00", where, "beneficiate", ["ORE"], over)
    with pytest.raises(ValueError, match="asked of"):
        sheet.transform("2026-01-02T08:00:00-08:00", where, "split", [("ORE", "11 t")], [])
    with pytest.raises(ValueError, match="does not join"):
        sheet.move("ORE", "us-fort-worth-metal", "US>CA", "2026-01-02T08:00:00-08:00", "2026-01-03T08:00:00-08:00")
