"""The rules as data: every rule of the reference table is there, and the loader refuses what it does not understand."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormatError, UsageError
from ledger.origin.policy.check import TESTS, check, newest_day
from ledger.origin.policy.load import expand, find, join, parse, regimes, rules
from ledger.origin.policy.load import files as texts
from ledger.origin.policy.model import Branch, Verdict, combine, worst
from ledger.origin.policy.suspension import _in_force
from ledger.rules.history import History
from tests.origin.policy.telling import World

TABLE = json.loads(files("ledger.reference").joinpath("data", "rules.json").read_text(encoding="utf-8"))["rules"]
PRIMARY = ("US-DFARS-", "US-IRC-45X-PURITY", "US-IRC-7701-SFE")
RULE = """
regime = "r"
[[policy]]
id = "X-1"
title = "t"
kind = "rule"
citation = "c"
evidence = "published"
status = "s"
asks = "a"
answers = "b"
unknown = "u"
test = "out-of-scope"
"""


def test_every_rule_of_the_table_is_an_entry() -> None:
    assert {row["id"] for row in TABLE} == set(rules())
    assert len(rules()) == 38


def test_every_test_exists_and_is_used() -> None:
    assert {rule.test for rule in rules().values() if rule.kind == "rule"} == set(TESTS)


def test_primary_is_only_what_was_read() -> None:
    primary = {name for name, rule in rules().items() if rule.evidence == "primary"}
    assert all(name.startswith(PRIMARY) for name in primary)
    unread = {"US-DFARS-7052-TA", "US-DFARS-7052-W", "US-DFARS-EXC-SAT", "US-DFARS-EXC-NONAVAIL", "US-IRC-7701-SFE"}
    assert primary == {name for name in rules() if name.startswith(PRIMARY)} - unread


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["id"])
def test_dates_countries_stages_and_thresholds_are_the_tables(row: dict[str, object]) -> None:
    rule = rules()[str(row["id"])]
    for name in ("effective_from", "effective_to"):
        given = row.get(name)
        if isinstance(given, str) and len(given) == 10:
            assert getattr(rule, name) == date.fromisoformat(given)
    if "countries" in row and rule.countries:
        assert list(rule.countries) == row["countries"]
    if rule.test == "dfars":
        more = {"hpms", "mill_recycled", "hydromet_recycled", "collect", "dismantle"}
        assert [stage for stage in rule.stages if stage not in more] == row["stages"]
        assert ("gbd" in rule.stages) == ("machine" in rule.stages)
    if "threshold" in row and isinstance(row["threshold"], float):
        assert row["threshold"] in rule.thresholds.values()
    if "entities" in row:
        assert list(rule.names) == row["entities"]
    if "minima" in row:
        assert {entry.ppb / 1e7 for entry in rule.minima} == set(row["minima"].values())  # type: ignore[attr-defined]
    if row["id"] == "US-IRC-45X-MACR-CM":
        assert {name.removesuffix("+"): value for name, value in row["thresholds"].items()} == rule.thresholds  # type: ignore[attr-defined]
    if row["id"] in ("CN-2025-18", "CN-2025-57"):
        assert list(rule.elements) == row["elements"]


def test_exceptions_stand_in_order() -> None:
    order = ["SAT", "OUTSIDE-US", "COTS", "ELECTRONIC", "RECYCLED-NDFEB", "NONAVAIL"]
    for name in ("US-DFARS-7052-A", "US-DFARS-7052-B-NDFEB"):
        assert [item.removeprefix("US-DFARS-EXC-") for item in rules()[name].exceptions] == order
    smco = rules()["US-DFARS-7052-B-SMCO"].exceptions
    assert "US-DFARS-EXC-RECYCLED-NDFEB" not in smco


def test_the_start_of_section_857_says_what_it_rests_on() -> None:
    rule, signed = rules()["US-NDAA23-857"], date(2022, 12, 23)
    months = signed.month - 1 + 30
    assert rule.effective_from == signed.replace(year=signed.year + months // 12, month=months % 12 + 1)
    assert f"reckoned here from the signature on {signed}" in rule.status
    assert any("were not read" in note for note in rule.notes)


def test_the_benchmark_binds_no_company() -> None:
    assert "no company" in rules()["EU-CRMA-65"].binding


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("test =", "tests ="), "unknown field"),
        (('title = "t"\n', ""), "title"),
        (('evidence = "published"', 'evidence = "hearsay"'), "hearsay"),
        (('kind = "rule"', 'kind = "exception"'), "no test of its own"),
        (('test = "out-of-scope"\n', ""), "names its test"),
        (('unknown = "u"', 'unknown = "u"\nstages = ["smelt"]'), "'smelt' is no stage"),
        (('unknown = "u"', 'unknown = "u"\nelements = ["Xx"]'), "'Xx' is no element"),
        (('unknown = "u"', 'unknown = "u"\nitems = ["magnets"]'), "'magnets' is no form"),
        (('unknown = "u"', 'unknown = "u"\ncountries = ["UK"]'), "'UK' is no country"),
        (('unknown = "u"', 'unknown = "u"\neffective_from = 2027-01-01\neffective_to = 2026-01-01'), "ends before"),
        (('unknown = "u"', 'unknown = "u"\neffective_from = "soon"'), "effective_from"),
        (('unknown = "u"', "unknown = 1"), "unknown"),
        (("[[policy]]", "[policy]"), "policy"),
        (('regime = "r"', "regime ="), "Invalid"),
        (('id = "X-1"', 'id = "x 1"'), "id"),
        (('test = "out-of-scope"', 'test = "out-of-scope"\n[[policy.readings]]\nname = "n"\nsays = "s"\nelements = ["Nd"]\nweight = 1'), "weight"),
        (('test = "out-of-scope"', 'test = "out-of-scope"\n[[policy.readings]]\nname = "n"\nsays = "s"\nelements = ["Nb2"]'), "Nb2"),
    ],
)  # fmt: skip
def test_the_loader_refuses(change: tuple[str, str], message: str) -> None:
    assert parse(RULE, "x.toml").policy[0].id == "X-1"
    assert change[0] in RULE
    with pytest.raises(FormatError, match=message) as caught:
        parse(RULE.replace(*change), "x.toml")
    assert caught.value.file == "x.toml"


@pytest.mark.parametrize(
    "more",
    [
        'exceptions = ["X-2"]', 'suspended_by = "X-1"', 'outlook = ["X-9"]',
        '[[policy.pending]]\nname = "p"\ntext = "t"\ntest_as = "X-9"',
    ],
)  # fmt: skip
def test_names_of_rules_that_are_not_there(more: str) -> None:
    with pytest.raises(FormatError, match="there is no"):
        join([parse(RULE + more, "x.toml")])
    with pytest.raises(FormatError, match="stands twice"):
        join([parse(RULE, "x.toml"), parse(RULE, "y.toml")])


@given(st.text(max_size=200))
def test_any_text_is_refused_as_bad_input(text: str) -> None:
    with pytest.raises(FormatError):
        parse(text, "x.toml")


@given(st.sampled_from(sorted(texts())), st.integers(0, 20_000), st.binary(min_size=1, max_size=3))
def test_a_spoiled_file_is_refused_or_still_a_regime(name: str, place: int, put: bytes) -> None:
    data = texts()[name].encode()
    place %= len(data)
    spoiled = (data[:place] + put + data[place + 1 :]).decode("utf-8", "replace")
    with suppress(FormatError):
        assert parse(spoiled, name).policy


def test_files_and_rules_are_what_the_package_ships() -> None:
    assert set(regimes()) == set(texts())
    assert find("us-dfars-7052-a").id == "US-DFARS-7052-A"
    with pytest.raises(UsageError, match="did you mean US-DFARS-7052-A"):
        find("US-DFARS-7052-AA")
    assert "Nd" in expand(["REE"])
    assert len(expand(["REE", "Fe", "Nd"])) == 18


def test_an_entry_that_is_no_rule_is_not_asked() -> None:
    world = World(("US",))
    world.mine("ORE", "US")
    for name, user in (("US-DFARS-EXC-COTS", "US-DFARS-7052-A"), ("CN-SUSPENSION", "CN-2025-57")):
        with pytest.raises(UsageError, match=user):
            check(world.tale.history, "ORE", (), policy=name)
    with pytest.raises(UsageError, match="there is no lot"):
        check(world.tale.history, "NONE", ())
    with pytest.raises(UsageError, match="nothing is recorded"):
        newest_day(History())
    assert {item.as_of for item in check(world.tale.history, "ORE", ())} == {world.tale.now.date()}


C, N, D, X = "compliant", "non-compliant", "cannot-determine", "not-applicable"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([C], C), ([N], N), ([D], D), ([X], X), ([C, C], C), ([C, X], C), ([X, X], X),
        ([N, C], D), ([N, X], D), ([N, D], N), ([C, D], D), ([X, D], D), ([C, D, X], D), ([N, C, D], D), ([N, X, D], D), ([], D),
    ],
)  # fmt: skip
def test_branches_combine(found: list[Verdict], verdict: str) -> None:
    branches = [Branch(str(index), "reading", item, ()) for index, item in enumerate(found)]
    assert combine(branches) == verdict
    for other in (C, N, D, X):
        assert combine([*branches, Branch("bill", "pending", other, ())]) == verdict  # type: ignore[arg-type]


def test_tests_that_must_all_be_passed() -> None:
    assert worst([C, D]) == D  # type: ignore[list-item]
    assert worst([C, N, D]) == N  # type: ignore[list-item]
    assert worst([C, X]) == C  # type: ignore[list-item]
    assert worst([]) == X


@pytest.mark.parametrize(
    ("branch", "day", "force"),
    [
        ("as announced", "2025-11-06", False),
        ("suspended by No. 70", "2026-11-10", False),
        ("lapsed", "2026-11-10", False),
        ("lapsed", "2026-11-11", True),
        ("extended", "2026-11-11", False),
        ("extended, then lapsed", "2027-01-10", False),
        ("extended, then lapsed", "2027-01-11", True),
        ("extended again", "2027-01-10", False),
        ("extended again", "2027-01-11", False),
        ("lapsed", "2027-01-11", True),
        ("extended", "2027-01-11", False),
    ],
)
def test_a_branch_is_followed_through_the_phases(branch: str, day: str, force: bool) -> None:
    answer = _in_force(rules()["CN-2025-57"], rules()["CN-SUSPENSION"], branch)
    if (branch, day) == ("extended", "2027-01-11"):
        assert (
            answer(date.fromisoformat(day)) is True
        )  # a day after the phase that was asked: in force where any state is
    else:
        assert answer(date.fromisoformat(day)) is force
