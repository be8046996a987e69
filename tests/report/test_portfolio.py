"""Many lots at a glance."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.origin.doubts import WARNINGS, concerning
from ledger.origin.nearby import Nearby
from ledger.origin.policy.check import check
from ledger.origin.policy.walk import Walk
from ledger.origin.trace import trace
from ledger.report.answer import CANNOT, answer, verification
from ledger.report.country import country
from ledger.report.page.portfolio import page_name
from ledger.report.page.portfolio import render as page
from ledger.report.policy import built
from ledger.report.portfolio import (
    KINDS,
    Totals,
    finding_words,
    policy_words,
    portfolio,
    row,
    unknown_words,
    upstream,
    worst_first,
)
from ledger.report.portfolio_markdown import render as markdown
from ledger.report.since import Since
from ledger.verify import Verdict
from tests.report.telling import blended, clean, verdict
from tests.rules.tale import DIG, MINE, PLANT, SHOP, Tale, made, peopled

close = pytest.approx


def brief(full: Verdict, lot: str, *, policies: bool = False) -> dict[str, Any]:
    """One lot's answer as the portfolio makes it."""
    traced = trace(full.history, lot)
    about = Nearby(full.history, full.findings).of(traced)
    asked = built(check(full.history, lot, about, walk=Walk(full.history, traced))) if policies else ()
    return answer(traced, replace(full, findings=about), "0", asked, brief=True)


def whole(tale: Tale, *lots: str, what: str = "all", size: int | None = None) -> dict[str, Any]:
    full = verdict(tale)
    names = lots or tuple(tale.history.lots)
    above = upstream(tale.history, names)
    totals, rows = Totals(), []
    changes = Since(tale.history, full.findings, size) if size is not None else None
    for name in names:
        told = brief(full, name)
        counted = totals.add(told, left=what == "all" or name in above)
        rows.append({**row(told), "counted_kg": counted})
        if changes is not None:
            changes.take(told, Nearby(full.history, full.findings).of(trace(full.history, name)))
    return portfolio(
        rows, totals, asked={"what": what, "says": "some lots", "events": []}, verification=verification(full),
        changes=changes.built() if changes else None, caveat=CANNOT, version="0", as_of="2026-03-02",
    )  # fmt: skip


# --- Rows


def test_a_row_says_what_the_answer_says() -> None:
    full = verdict(blended())
    told = brief(full, "B", policies=True)
    found = row(told)
    assert found.items() >= {
        "lot": "B", "verdict": "present", "form": "ore", "mass_kg": 10.0, "left_kg": 10.0, "holder": "plant",
        "site": "kuantan", "country": "MY", "status": "held",
    }.items()  # fmt: skip
    assert found["known_share"] == told["china"]["known_share"]
    verdicts = [item["verdict"] for item in told["policies"]]
    assert sum(found["policies"]["verdicts"].values()) == len(verdicts)
    assert found["policies"]["worst"] in verdicts
    assert "non-compliant" not in verdicts or found["policies"]["worst"] == "non-compliant"
    assert policy_words(found).split()[0] == str(verdicts.count(found["policies"]["worst"]))


def test_the_worst_stands_first() -> None:
    tale = blended()
    tale.declare(*SHOP, made("U", 1, Nd=10))
    order = [item["lot"] for item in whole(tale)["lots"]]
    assert order == ["C", "B", "U", "A"]
    assert worst_first([]) == []


def test_an_element_is_split_without_rest() -> None:
    found = row(brief(verdict(blended()), "B"))["elements"]
    assert found["Nd"] == {
        "mass_kg": close(1.0), "chinese_kg": close(0.4), "unknown_kg": 0.0, "otherwise_kg": 0.0, "clean_kg": close(0.6),
    }  # fmt: skip
    for split in found.values():
        assert sum(split[kind] for kind in KINDS) == close(split["mass_kg"])


def test_what_passed_through_china_is_not_clean_though_its_material_is_not_chinese() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, PLANT, "AU", "CN", "MY")
    split = row(brief(verdict(tale), "A"))["elements"]["Nd"]
    assert (split["chinese_kg"], split["clean_kg"], split["otherwise_kg"]) == (0.0, 0.0, close(1.0))


@pytest.mark.parametrize("flaw", ["doubts", "withdrawn", "unexplained"])
def test_nothing_is_clean_where_the_record_is_not_sound(flaw: str) -> None:
    told = brief(verdict(clean()), "A")
    assert row(told)["elements"]["Nd"]["clean_kg"] > 0
    told["china"][flaw] = [{"said": "it named CN"}] if flaw == "withdrawn" else ["MASS-DRIFT"]
    split = row(told)["elements"]["Nd"]
    assert split["clean_kg"] == split["otherwise_kg"] == 0
    assert split["unknown_kg"] == close(split["mass_kg"])


# --- Totals


def test_each_kilogram_counts_once() -> None:
    tale = blended()
    totals = whole(tale)["totals"]
    # A and C have 4 and 6 kg left, B is 10 kg of theirs
    assert totals["mass_kg"] == close(20.0)
    assert totals["elements"]["Nd"]["mass_kg"] == close(2.0)
    named = whole(tale, "A", "B", what="lots")["totals"]
    assert named["mass_kg"] == close(14.0)
    assert whole(tale, "A", what="lots")["totals"]["mass_kg"] == close(10.0)
    assert totals["lots"] == {"present": 2, "cannot-exclude": 0, "absent": 1}


def test_a_void_lot_and_one_without_analysis_are_counted_as_such() -> None:
    tale = clean()
    tale.extract(*MINE, made("N", 7))
    tale.retract("mine", tale.extract(*MINE, made("V", 5, Nd=10)))
    totals = whole(tale, what="lots")["totals"]
    assert totals["statuses"]["void"] == 1
    assert totals["unanalysed"] == {"lots": 1, "mass_kg": 7.0}
    assert "5" not in str(totals["mass_kg"])


def test_elements_by_country_of_each_stage() -> None:
    stages = whole(blended(), "B", what="lots")["totals"]["stages"]
    assert stages["mine"] == {"AU": {"Nd": close(0.6), "Dy": close(0.06)}, "CN": {"Nd": close(0.4)}}
    assert "sinter" not in stages


# --- Findings of a lot


def faulty() -> Tale:
    """Errors on lots, on what cannot be placed, and warnings about a site and its stages."""
    tale = blended()
    tale.say("site", "registry", site="kuantan", party="plant", name="Kuantan", country="MY", stages=["magnetize"])
    tale.turn("split", *PLANT, [("B", 50)], made("D", 50))
    tale.turn("separate", "plant", "kuantan", ["A"], made("E", 90, "oxide", Nd=80))
    tale.declare("nobody", "nowhere", made("X", 1))
    tale.extract(*MINE, made("Y", 3, Nd=10))
    return tale


def test_the_findings_near_a_lot_change_no_answer() -> None:
    full = verdict(faulty())
    near = Nearby(full.history, full.findings)
    fewer = 0
    for name in full.history.lots:
        traced = trace(full.history, name)
        about = near.of(traced)
        assert list(concerning(full.history, traced, about)) == list(concerning(full.history, traced, full.findings))
        assert country(traced, full.history, about) == country(traced, full.history, full.findings)
        assert check(full.history, name, about) == check(full.history, name, full.findings)
        assert not [item for item in full.findings if item.subject == f"lot:{name}" and item not in about]
        fewer += len(about) < len(full.findings)
    assert fewer
    assert any(item.code in WARNINGS for item in full.findings)


# --- What changed


def test_what_is_new_and_what_changed() -> None:
    tale = clean()
    size = len(tale.history.facts)
    tale.extract(*DIG, made("C", 10, Nd=10))
    tale.move("C", DIG, PLANT, "CN", "MY")
    tale.ship(*PLANT, "B", "tokyo", "MY", "CN", "JP")
    changes = whole(tale, size=size)["changes"]
    assert changes["since"] == size
    assert changes["new_lots"] == [{"lot": "C", "now": "present"}]
    (item,) = changes["changed_lots"]
    assert (item["lot"], item["was"], item["now"]) == ("B", "absent", "present")
    assert item["events"] == [tale.lot("B").facts[-1].hash]
    assert {found["code"] for found in changes["new_findings"]} >= {"ORIG-CN-MINED"}


def test_a_retraction_upstream_changes_a_lot_that_it_does_not_name() -> None:
    tale = clean()
    size = len(tale.history.facts)
    tale.retract("mine", tale.lot("A").born.hash)
    changed = {item["lot"]: (item["was"], item["now"]) for item in whole(tale, size=size)["changes"]["changed_lots"]}
    assert changed["B"] == ("absent", "cannot-exclude")


def test_an_owner_that_is_stated_anew_changes_lots_without_an_event() -> None:
    tale = clean()
    size = len(tale.history.facts)
    assert whole(tale, size=size)["changes"]["changed_lots"] == []
    tale.site("annex", "mine", "AU")
    assert whole(tale, size=size)["changes"]["changed_lots"] == []


# --- Renderings


class Tags(HTMLParser):
    """Elements, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.events: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.events += [name for name, _value in attrs if name.startswith("on")]


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def hostile(long: str = "") -> dict[str, Any]:
    """A portfolio of a lot whose every text is hostile, as no ledger admits but a file may hold."""
    found = whole(blended())
    name = f"{HOSTILE}\u202e{long}"
    entry = found["lots"][0]
    entry.update(lot=name, form=name, holder=name, site=name, country=name, status=name)
    found["portfolio"]["says"] = name
    found["verification"]["ledger"] = name
    found["changes"] = {
        "since": 1, "new_lots": [{"lot": name, "now": name}], "more_findings": 0,
        "changed_lots": [{"lot": name, "was": name, "now": "absent", "events": [], "findings": 0}],
        "new_findings": [{"code": name, "severity": "error", "message": name}],
    }  # fmt: skip
    found["totals"]["stages"]["mine"][name] = {"Nd": 1.0}
    return found


@pytest.mark.parametrize("long", ["", "x" * 10_000])
def test_the_index_shows_hostile_names_as_text(long: str) -> None:
    text, calm = page(hostile(long)), page(whole(blended()))
    tags, expected = Tags(), Tags()
    tags.feed(text)
    expected.feed(calm)
    assert tags.tags.count("script") == expected.tags.count("script")
    assert "img" not in tags.tags
    assert tags.events == []
    assert all(re.fullmatch(r"#[a-z-]+|lots/[a-z0-9-]+\.html", link) for link in tags.links)
    assert "\u202e" not in text
    assert "default-src 'none'" in unescape(text)


def test_the_index_leads_to_each_lot_and_nowhere_else() -> None:
    tags = Tags()
    tags.feed(page(whole(blended())))
    assert {link for link in tags.links if not link.startswith("#")} == {page_name(name) for name in "ABC"}


def test_every_script_of_the_index_is_named_by_its_hash() -> None:
    text = unescape(page(whole(blended())))
    stated = re.search(r"script-src ([^;]*);", text)
    assert stated
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    for script in scripts:
        assert b64encode(hashlib.sha256(script.encode()).digest()).decode() in stated[1]
    assert len(scripts) == 2


@pytest.mark.parametrize(
    "name",
    ["A", "\u202eabc", "../../etc/passwd", "x" * 10_000, "\u4e2d\u6587", "<script>", "CON", "\ud800", "Ärger.html"],
)
def test_page_names_are_plain_and_one_for_each_lot(name: str) -> None:
    assert re.fullmatch(r"lots/[a-z0-9][a-z0-9-]{0,60}-[0-9a-f]{16}\.html", page_name(name))
    assert page_name(name) != page_name(f"{name} ")


def test_two_names_of_one_slug_have_two_pages() -> None:
    assert len({page_name(name) for name in ("a b", "a-b", "A B", "ä b")}) == 4


def test_markdown_shows_every_lot_and_makes_no_markup_of_names() -> None:
    text = markdown(hostile())
    assert "<script>" not in text
    assert text.count("\n| ") > 3
    assert "# Portfolio" in text
    calm = markdown(whole(blended(), size=1))
    assert "1 new lots" not in calm
    assert "3 new lots" in calm


def test_a_portfolio_is_json_and_the_same_every_time() -> None:
    one, other = (json.dumps(whole(blended(), size=3), allow_nan=False) for _turn in range(2))
    assert one == other
    assert page(json.loads(one)) == page(json.loads(other))


def test_words_for_nothing_found() -> None:
    assert finding_words({"findings": {"error": 0, "warning": 0, "info": 4}}) == "-"
    assert finding_words({"findings": {"error": 1, "warning": 2, "info": 0}}) == "1 error, 2 warnings"


def test_a_lot_of_which_a_stage_is_not_known_has_no_unknown_share_of_zero() -> None:
    tale = peopled()
    tale.declare(*DIG, made("C", 100, "concentrate", Nd2O3=10), origin={"mine": "CN"})
    tale.move("C", DIG, PLANT, "CN", "MY")
    tale.turn("separate", *PLANT, ["C"], made("O", 9, "oxide-nd", Nd2O3=99))
    found = whole(tale, "O")
    (only,) = found["lots"]
    assert only["unknown_share"] == 0
    assert only["unknown_without_share"]
    assert unknown_words(only) == "some"
    assert "| some |" in markdown(found)
    assert "stage unknown, no share known" in page(found)
    assert unknown_words(whole(clean(), "B")["lots"][0]) == "0%"
