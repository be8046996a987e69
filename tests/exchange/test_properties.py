"""What is written comes back, and no bytes make a reader do anything but answer or refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar
from unicodedata import normalize

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import InputError
from ledger.exchange import amounts, jsonl
from ledger.exchange.contract import COLUMNS, DIRECTIONS
from ledger.exchange.csv import read_events
from ledger.exchange.draft import check
from ledger.exchange.parties import read_parties, read_sites
from tests.exchange.sheets import ALL, DRAW, FILE, MAKE, written
from tests.trials import trials

T = TypeVar("T")

few = settings(max_examples=trials(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=trials(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])

UNITS = st.sampled_from(["mg", "g", "kg", "t"])
COUNTRIES = st.sampled_from(["AU", "CN", "JP", "MY", "US", "ZZ"])
PLACES = COUNTRIES | st.sampled_from(["unknown", "withheld"])
IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
# Printable text that survives trimming, with what CSV must quote.
# Some letters are refused because they show nothing (U+115F); which ones is the model's affair.
LETTERS = st.characters(max_codepoint=0x10FF, categories=["L", "N"]) | st.sampled_from(' ,"!#()\u77ff\U00020000')
LINES = st.text(LETTERS, min_size=1, max_size=30).map(lambda text: normalize("NFC", text).strip()).filter(bool)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z ]{0,15}[a-z]", fullmatch=True)
NOTES = st.text(LETTERS | st.just("\n"), min_size=1, max_size=60).map(str.strip).filter(bool)
MASSES = st.fixed_dictionaries({"mg": st.integers(0, 2**53 - 1)}, optional={"u_mg": st.integers(0, 2**53 - 1)})
SHARES = st.fixed_dictionaries({"ppb": st.integers(0, 10**9)}, optional={"u_ppb": st.integers(0, 10**9)})
COMPOSITIONS = st.dictionaries(
    st.sampled_from(["Nd2O3", "Pr", "Dy", "TREO", "H2O", "SiO2"]), SHARES, min_size=1, max_size=4
)
ORIGINS = st.dictionaries(st.sampled_from(["mine", "separate", "sinter"]), PLACES, min_size=1)
THINGS = st.lists(st.fixed_dictionaries({"what": WORDS, "country": PLACES}), min_size=1, max_size=3)
LOSSES = st.lists(
    st.fixed_dictionaries({"kind": WORDS, "mass": st.fixed_dictionaries({"mg": st.integers(0, 2**53 - 1)})}),
    min_size=1,
    max_size=3,
)
OUTPUTS = st.fixed_dictionaries(
    {"form": st.sampled_from(["ore", "oxide-ndpr", "residue"]), "mass": MASSES}, optional={"composition": COMPOSITIONS}
)
DRAWS = st.fixed_dictionaries({}, optional={"mass": MASSES})
OWN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "extract": ({}, {"deposit": LINES, "mineral": LINES, "country": COUNTRIES}),
    "recover": (
        {},
        {"feedstock": LINES, "waste": st.sampled_from(["pre_consumer", "post_consumer"]), "origin": ORIGINS},
    ),
    "declare": ({}, {"supplier": LINES, "origin": ORIGINS}),
    "transform": (
        {"stage": st.sampled_from(["separate", "blend", "gbd"])},
        {
            "equipment": THINGS,
            "technology": THINGS,
            "losses": LOSSES,
            "custody_model": st.sampled_from(["segregated", "mass_balance"]),
        },
    ),
    "ship": (
        {"to": IDS},
        {"route": st.lists(COUNTRIES, min_size=2, max_size=5), "carrier": LINES, "hs": st.just("280530")},
    ),
    "receive": ({}, {"reason": NOTES}),
    "assay": ({"composition": COMPOSITIONS}, {"method": LINES}),
    "attest": (
        {"scheme": LINES, "result": LINES},
        {
            "valid_from": st.just("2026-01-01"),
            "valid_until": st.dates(date(2026, 1, 1), date(2029, 12, 31)).map(date.isoformat),
        },
    ),
    "retract": ({"target": st.just("an-earlier-event") | st.just("ab" * 32), "reason": NOTES}, {"replacement": LINES}),
    "dispose": ({"how": st.sampled_from(["waste", "sale", "loss"])}, {"reason": WORDS}),
}
"""Members of each type, besides those of every event: required and optional."""


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Members of a few events whose lots and refs are all different, so that the file's order stands."""
    found: list[dict[str, Any]] = []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(sorted(OWN)), min_size=1, max_size=5))):
        required, optional = OWN[kind]
        optional = {**optional, "note": NOTES}
        members = draw(st.fixed_dictionaries({"actor": IDS, "site": IDS, **required}, optional=optional))
        members |= {"type": kind, "ref": f"E{number} {draw(LINES)}", "at": draw(st.sampled_from(TIMES))}
        if kind == "receive":
            members["result"] = "disputed" if "reason" in members else "accepted"
        if kind == "assay":
            members["lot"] = f"L{number}"
        for name, items in SIDES_OF.get(kind, {}).items():
            members[name] = [
                {"lot": f"{draw(LINES)} {name}{number}.{index}", **item}
                for index, item in enumerate(draw(st.lists(items, min_size=1, max_size=3)))
            ]
        found.append(members)
    return found


TIMES = ["2026-03-01T08:30:00+08:00", "2026-12-31T23:59:59.25-03:30", "1999-01-01T00:00:00Z"]
SIDES_OF: dict[str, dict[str, st.SearchStrategy[dict[str, Any]]]] = {
    "extract": {"outputs": OUTPUTS},
    "recover": {"outputs": OUTPUTS},
    "declare": {"outputs": OUTPUTS},
    "transform": {"inputs": DRAWS, "outputs": OUTPUTS},
    "ship": {"lots": DRAWS},
    "receive": {"lots": DRAWS},
    "attest": {"lots": st.just({})},
    "dispose": {"lots": DRAWS},
}


def plain(value: int, power: int) -> str:
    """`value` / 10^power exactly, in a plain or an exponent spelling."""
    return str(Decimal(value).scaleb(-power))


def rows_of(members: dict[str, Any], units: dict[str, int]) -> list[dict[str, str]]:
    """The rows that say what an event says, written without the code under test."""
    kind = members["type"]
    first = {
        name: text for name, text in members.items() if isinstance(text, str) and name not in ("ref", "how", "lot")
    }
    if kind in ("receive", "attest"):
        first |= {"result": members["result"] if kind == "attest" else ""}
    if kind == "dispose":
        first["reason"] = f"{members['how']}: {members['reason']}" if "reason" in members else members["how"]
    if "origin" in members:
        first["country"] = ";".join(f"{stage}={where}" for stage, where in members["origin"].items())
    if "route" in members:
        first["route"] = ">".join(members["route"])
    for name in ("equipment", "technology"):
        if name in members:
            first[name] = "; ".join(f"{item['what']}@{item['country']}" for item in members[name])
    if "losses" in members:
        first["losses"] = ";".join(f"{item['kind']} = {item['mass']['mg']} mg" for item in members["losses"])
    directions = {"inputs": "in", "outputs": "out", "lots": "subject"}
    items = [(way, item) for side, way in directions.items() for item in members.get(side, ())]
    items = items or [("", {name: members[name] for name in ("lot", "composition") if name in members})]
    rows = [{"event": members["ref"], "direction": way, **row_of(item, units)} for way, item in items]
    return [{**rows[0], **first}, *rows[1:]]


def row_of(item: dict[str, Any], units: dict[str, int]) -> dict[str, str]:
    row = {name: item[name] for name in ("lot", "form") if name in item}
    if "mass" in item:
        unit = list(units)[len(item["lot"]) % len(units)]
        row |= {"mass": plain(item["mass"]["mg"], units[unit]), "unit": unit}
        if "u_mg" in item["mass"]:
            row["u_mass"] = plain(item["mass"]["u_mg"], units[unit])
    for analyte, share in item.get("composition", {}).items():
        row[f"{analyte} %"] = plain(share["ppb"], 7)
        if "u_ppb" in share:
            row[f"u {analyte} ppm"] = plain(share["u_ppb"], 3)
    return row


@few
@given(events(), st.permutations([("mg", 0), ("g", 3), ("kg", 6), ("t", 9)]))
def test_events_come_back_from_a_table(found: list[dict[str, Any]], units: list[tuple[str, int]]) -> None:
    data = written(row for members in found for row in rows_of(members, dict(units)))
    back = read_events(data, FILE)
    assert [draft.members for draft in back] == found
    for draft in back:
        check(draft)


@few
@given(events(), st.booleans())
def test_events_come_back_from_json_lines(found: list[dict[str, Any]], ascii_only: bool) -> None:
    data = "\r\n".join(json.dumps(members, ensure_ascii=ascii_only) for members in found).encode()
    assert [draft.members for draft in jsonl.read_events(data, "e.jsonl")] == found


@many
@given(st.fractions(0, 10**9, max_denominator=1), st.integers(0, 12), UNITS)
def test_rounding_is_half_to_even(whole: Fraction, places: int, unit: str) -> None:
    text = str(Decimal(int(whole)).scaleb(-places))
    exact = whole / 10**places * {"mg": 1, "g": 10**3, "kg": 10**6, "t": 10**9}[unit]
    expected = round(exact)
    if expected > 2**53 - 1 or (exact and not expected):
        assert answer(lambda: amounts.mass(text, unit)) is None
    else:
        assert amounts.mass(text, unit) == expected


def answer(work: Callable[[], T]) -> T | None:
    """What `work` gives; None where it refuses, as it must, by an InputError."""
    try:
        return work()
    except InputError:
        return None


def read_everything(data: bytes) -> None:
    for read in (read_events, read_parties, read_sites, jsonl.read_events):
        found = answer(lambda read=read: read(data, "f"))  # type: ignore[misc]
        assert found is None or isinstance(found, list)


HEADER = ",".join([*COLUMNS, "Nd2O3 %", "u Nd2O3 %", "Nd ppm"]).encode()
GOOD = written([*(row for row in ALL if row is not DRAW), {**DRAW, "event": "E2"}, {**MAKE, "event": "E2"}])
PIECES = st.sampled_from([
    *(b',";\r\n\t=@+- \x00\xff\xef\xbb\xbf'[index : index + 1] for index in range(16)),
    b'""', b"\r\n", b"1e99", b"1e-99", b"NaN", b"-1", b"1,000", b"\xe2\x80\xae", b"\xcc\x81", b"=1+1", b";", b">",
    b"mine=", b"wire saw@JP", b"in", b"out", b"subject", b"transform", b"retract", b"E1", b"ORE-1", b"9" * 5000,
    b"{", b"}", b"[", b'{"type":"extract"}', b'"\\ud800"', b"null", b"\xed\xa0\x80", HEADER, b"id,name,country,roles\n",
    b"id,party,name,country,lat,lon,stages\n", "\u0663".encode(), b"2026-03-01T08:30+08:00", b"x" * 300,
])  # fmt: skip


@many
@given(st.binary(max_size=300) | st.lists(PIECES, max_size=30).map(b"".join))
def test_arbitrary_bytes_are_answered_or_refused(data: bytes) -> None:
    read_everything(data)
    read_everything(HEADER + b"\n" + data)


@many
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 40), PIECES), min_size=1, max_size=6))
def test_damaged_tables_are_answered_or_refused(edits: list[tuple[int, int, bytes]]) -> None:
    data = GOOD
    for start, length, piece in edits:
        data = data[:start] + piece + data[start + length :]
    read_everything(data)


CELLS = st.sampled_from([
    "", " ", "x", "-", "0", "1", "1e3", "NaN", "=1", "AU", "CN>JP", "mine=AU", "a@JP", "dust=1 kg", "kg", "t", "in",
    "out", "subject", "2026-03-01T08:30Z", "2026-02-30", "waste", "sale: x", "E1", "ORE-1", "CON-1", "e\u0301", "a;b",
    "\n", "'", "100.1", "ore", "unknown", "separate", "mine", "ab" * 32, "\u202e", "x" * 5000, "9" * 70, "1,5",
    "passes", "280530",
    *DIRECTIONS,
])  # fmt: skip


@many
@given(
    st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "Nd2O3 %", "u Nd2O3 %", "Nd ppm"]), CELLS), max_size=4),
    st.data(),
)
def test_odd_cells_are_answered_or_refused(odd: list[dict[str, str]], data: st.DataObject) -> None:
    rows = [{**data.draw(st.sampled_from([*ALL, MAKE])), **cells} for cells in odd]
    for draft in answer(lambda: read_events(written(rows), FILE)) or ():
        check(draft)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("ab" * 32),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["lot", "prev", "mg", "mass", "form", "ppb", "x", "Nd"]), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = [
    "v",
    "ledger",
    "type",
    "actor",
    "site",
    "at",
    "ref",
    "outputs",
    "inputs",
    "lots",
    "lot",
    "prev",
    "target",
    "note",
]


@many
@given(events(), st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=3))
def test_odd_members_are_answered_or_refused(found: list[dict[str, Any]], odd: dict[str, Any]) -> None:
    data = "\n".join(json.dumps({**members, **odd}) for members in found).encode()
    answer(lambda: jsonl.read_events(data, "e.jsonl"))
