"""The report as a page: well formed, whole in itself, the same every time, and unmoved by what a ledger says."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.report.draw.pictures import draw
from ledger.report.headline import headline
from ledger.report.page import html, tone, view
from ledger.report.page.embedded import extract
from ledger.report.page.html import render
from ledger.rules.catalogue import CATALOGUE
from tests.report.pages import read, sound
from tests.report.telling import blended, clean, told
from tests.rules.tale import MINE, PLANT, made, peopled
from tests.trials import some, trials

pytestmark = pytest.mark.alike  # its cases run the same lines

BUNDLE = b'{"format":"monazite/bundle@v1"}'
EVENT = "ab" * 32
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></textarea><script>alert(1)</script>",
    "<!-- ",
    "]]>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&amp;",
    "\u202egnp.exe\u202c\u2066x\u2069",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "a\x00b\x1b[31m\ufeff\u200b\u00ad",
    "\ud800",
    "javascript:alert(1)",
    "https://x.example/y",
    "\u78c1\u9435",
    "",
    "L" * 10_000,
)
KEPT = {
    "verdict",
    "severity",
    "basis",
    "event",
    "receive",
    "retraction",
    "replacement",
    "code",
    "kind",
    "status",
    "why",
    "type",
}
"""Members whose words the program itself chooses; hashes are tried apart."""


@pytest.fixture(scope="module")
def blend() -> dict[str, Any]:
    """A lot that is in part from China."""
    return told(blended(), "B")


@pytest.fixture(scope="module")
def sound_lot() -> dict[str, Any]:
    """A lot of which nothing speaks for China."""
    return told(clean(), "B")


def page(answer: dict[str, Any], bundle: bytes | None = BUNDLE, **words: Any) -> str:
    return render(answer, draw(answer), bundle, words.pop("no_bundle", None), **words)


def poisoned(value: Any, text: str, name: str = "") -> Any:
    """The same answer with every free text another one."""
    if isinstance(value, dict):
        return {key: poisoned(item, text, key) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, text, name) for item in value]
    return text if isinstance(value, str) and name not in KEPT and name != "events" else value


# --- A page


@pytest.mark.parametrize("paper", [False, True])
def test_a_page_is_well_formed_and_leads_to_itself_alone(
    blend: dict[str, Any], sound_lot: dict[str, Any], paper: bool
) -> None:
    for answer in (blend, sound_lot):
        found = sound(page(answer, paper=paper))
        assert found.title == "Audit report: lot B"
        assert any(link.startswith("#event-") for link in found.links)
        assert found.headings[0] == 1
        assert found.headings.count(1) == 1
        assert all(after <= before + 1 for before, after in zip(found.headings, found.headings[1:], strict=False))


def test_the_answer_comes_first_and_is_that_of_every_rendering(blend: dict[str, Any]) -> None:
    text = " ".join(sound(page(blend)).text.split())
    assert headline(blend) in text
    places = [
        text.index(words)
        for words in (
            "Chinese inputs PRESENT",
            headline(blend),
            "Mined or processed in China, by element",
            "In which ways",
            "Events on",
        )
        if words in text
    ]
    assert places == sorted(places)
    assert len(places) >= 4


@pytest.mark.uncounted
def test_the_same_answer_gives_the_same_page(blend: dict[str, Any]) -> None:
    assert page(blend) == page(deepcopy(blend))
    again = json.loads(json.dumps(blend))
    assert page(again) == page(blend)


def test_every_script_is_named_by_its_hash_and_nothing_may_be_loaded(blend: dict[str, Any]) -> None:
    found = read(page(blend))
    rules = dict(rule.strip().split(" ", 1) for rule in found.policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in rules["script-src"]
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    run = [text for kind, text in found.scripts if not kind]
    assert len(run) == len(html.SCRIPTS)
    hashes = {f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in run}
    assert hashes == set(rules["script-src"].split())


def test_the_bundle_is_inside_and_its_hash_is_said(blend: dict[str, Any]) -> None:
    made_page = page(blend)
    assert extract(made_page.encode()) == BUNDLE
    assert hashlib.sha256(BUNDLE).hexdigest() in made_page
    without = page(blend, None, no_bundle="the ledger has no checkpoint & <more>")
    assert "No bundle is inside this file: the ledger has no checkpoint & <more>" in " ".join(
        sound(without).text.split()
    )


def test_paper_has_no_script_and_says_the_hash_at_the_foot(blend: dict[str, Any]) -> None:
    found = read(page(blend, paper=True))
    assert not found.scripts
    assert "'none'" in found.policy
    assert hashlib.sha256(BUNDLE).hexdigest() in found.text
    assert "@bottom-left { content:" in page(blend, paper=True)


def test_every_finding_has_its_explanation_and_every_policy_its_text_and_day(blend: dict[str, Any]) -> None:
    answer = deepcopy(blend)
    answer["verification"]["findings"] = [
        {
            "code": code.code,
            "severity": code.severity,
            "subject": "lot:B",
            "message": f"about {code.code}",
            "events": [EVENT],
            "evidence": {"note": "a\n<b>"},
        }
        for code in CATALOGUE.values()
    ]
    text = " ".join(sound(page(answer)).text.split())
    for code in CATALOGUE.values():
        assert f"about {code.code}" in text
        assert " ".join(code.meaning.split()) in text
        assert " ".join(code.remedy.split()) in text
    assert "a <b>" in text
    for policy in answer["policies"]:
        for words in (
            policy["id"],
            policy["citation"],
            policy["tested_on"],
            *(branch["name"] for branch in policy["branches"]),
        ):
            assert " ".join(str(words).split()) in text


def test_findings_on_others_lots_stand_apart_and_errors_never(blend: dict[str, Any]) -> None:
    answer = deepcopy(blend)
    one = {
        "code": "TIME-LATE",
        "severity": "warning",
        "subject": "lot:ELSEWHERE",
        "message": "late elsewhere",
        "events": [EVENT],
    }
    other = {
        "code": "CUST-OVERDRAWN",
        "severity": "error",
        "subject": "lot:ELSEWHERE",
        "message": "overdrawn elsewhere",
        "events": [EVENT],
    }
    answer["verification"]["findings"] = [one, other]
    found = view.findings(answer, 10)
    assert [group["code"] for group in found["own"]] == ["CUST-OVERDRAWN"]
    assert [group["code"] for group in found["elsewhere"]] == ["TIME-LATE"]
    text = sound(page(answer)).text
    assert "late elsewhere" in text
    assert "overdrawn elsewhere" in text


# --- What it says of what is not known


def test_a_zero_never_stands_beside_an_unknown_stage() -> None:
    answer = told(blended(), "B")
    assert tone.unknown_words(0.0, dark=True) == tone.NO_SHARE
    assert tone.unknown_words(0.25, dark=True) == "25.0%"
    assert tone.unknown_words(0.0, dark=False) == "0%"
    china = answer["china"]
    china["unknown_share"] = 0.0
    china["unknown_inputs"] = [{"lot": "A", "event": EVENT, "why": ["processed"], "elements": {}}]
    text = " ".join(sound(page(answer)).text.split())
    assert tone.NO_SHARE in text
    assert "0% is of unknown origin" not in headline(answer)


def test_owners_that_nobody_states_are_not_said_to_be_established_anywhere() -> None:
    nobody = {"party": "x", "held": 0.0, "attributed": 0.0, "unknown": 1.0, "by": []}
    assert tone.held_words(nobody) == "not stated"
    assert "established" in tone.held_words({**nobody, "held": 1.0, "unknown": 0.0})
    assert tone.held_words({**nobody, "held": 0.3, "by": ["y"]}) == "30.0%"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "none"),
        ({"doubts": ["CUST-OVERDRAWN"]}, "cannot-exclude"),
        ({"unexplained": ["more comes out"]}, "cannot-exclude"),
        ({"withdrawn": [{"said": "x", "event": EVENT, "retraction": EVENT}]}, "cannot-exclude"),
        ({"constituents": {"Nd": 0.5}}, "cannot-exclude"),
        ({"unknown_inputs": [{"lot": "A", "event": EVENT, "why": ["mined"], "elements": {"Nd": 0.1}}]}, "cannot-exclude"),
        ({"elements": {}}, "cannot-exclude"),
        ({"elements": {"Nd": {"known_share": 0.0, "unknown_share": 0.0, "range": [0.0, 0.01]}}}, "cannot-exclude"),
        ({"elements": {"Nd": {"known_share": 1e-12, "unknown_share": 0.0}}}, "present"),
        ({"inputs": [{"lot": "A", "event": EVENT, "why": ["mined"], "elements": {"Nd": 1e-12}}]}, "present"),
    ],
)  # fmt: skip
def test_an_element_is_clean_only_where_nothing_speaks_against_it(
    sound_lot: dict[str, Any], changes: dict[str, Any], verdict: str
) -> None:
    answer = {**sound_lot, "china": {**sound_lot["china"], **changes}}
    rows = {row["name"]: row["verdict"] for row in view.elements(answer)}
    assert rows["Nd"] == verdict


@pytest.mark.parametrize(
    ("mass", "words"),
    [(10511.0, "10,511 kg"), (0, "0 kg"), (0.5, "0.5 kg"), (1e-6, "0.000001 kg"), (1e-9, "1.0e-09 kg"), (123456789.4, "123,456,789 kg"),
     (-2.25, "-2.25 kg"), (None, "not stated"), (float("nan"), "not stated"), ("5", "not stated"), (True, "not stated")],
)  # fmt: skip
def test_masses_are_said_in_kilograms_and_never_lost(mass: Any, words: str) -> None:
    assert tone.kilograms(mass) == words


def test_an_unknown_verdict_is_never_good() -> None:
    assert tone.tone("very-fine").name == "open"
    assert tone.tone("very-fine").word == "very-fine"


# --- Hostile ledgers


@pytest.mark.parametrize("text", some(HOSTILE, start=1))
def test_a_hostile_text_is_read_as_it_is_written(blend: dict[str, Any], text: str) -> None:
    clean_tags = read(page(blend)).tags
    answer = poisoned(blend, text)
    drawn = draw(answer)
    for paper in (False, True):
        written = render(answer, drawn, BUNDLE, paper=paper)
        found = sound(written)
        assert "img" not in found.tags
        assert found.tags.count("script") == (clean_tags.count("script") if not paper else 0)
        shown = "".join(piece for _unseen, piece in tone.visible(text))
        assert " ".join(shown[:500].split()) in " ".join(found.text.split())
        written.encode()  # no half of a pair is left


def test_characters_that_are_not_seen_are_written_out() -> None:
    assert tone.unseen("a\u202eb\x00") == "a[U+202E]b[U+0000]"
    answer = told(blended(), "B")
    answer["lot"] = "LOT\u202e1"
    made_page = page(answer)
    assert '<span class="unseen">U+202E</span>' in made_page
    check = made_page.index('id="check"')
    assert "\u202e" not in made_page[:check].split("<main>")[1]


@given(
    st.lists(st.sampled_from(("lots", "sites", "legs", "balance", "forms", "countries")), unique=True),
    st.sampled_from(HOSTILE),
    st.lists(
        st.tuples(st.sampled_from(("site", "country", "at", "recorded", "entry", "lot", "says")), st.booleans()),
        max_size=5,
    ),
    st.sampled_from(("", "x", "z" * 64, "AB" * 32, EVENT, EVENT[:16], "ab" * 8 + '"><b>')),
    st.booleans(),
)
@settings(max_examples=trials(60), deadline=None)
def test_a_page_is_sound_whatever_is_missing(
    gone: list[str], text: str, steps: list[tuple[str, bool]], event: str, paper: bool
) -> None:
    answer = poisoned(told(blended(), "B"), text)
    for name in gone:
        answer.pop(name, None)
    for member, null in steps:
        for step in answer["history"][::2]:
            step.pop(member, None)
            if null:
                step[member] = None
    answer["history"][-1]["event"] = event
    answer["china"]["ways"]["mined"]["events"] = [event] * 9
    sound(render(answer, {}, BUNDLE, paper=paper))


def test_nothing_at_all_is_a_page() -> None:
    answer = told(clean(), "B")
    for name in ("policies", "retractions", "lots", "sites", "legs", "balance", "forms", "history"):
        answer[name] = []
    answer["origin"] = {"elements": {}, "total": {"stages": {}}}
    answer["verification"].update(findings=[], not_checked=[], checked={})
    answer["site"] = None
    text = sound(page(answer, None)).text
    assert "No element is stated for this lot." in text
    assert "No event is listed." in text


@pytest.mark.uncounted
def test_a_page_stays_bounded_and_says_what_it_leaves_out(blend: dict[str, Any]) -> None:
    answer = deepcopy(blend)
    step = answer["history"][0]
    answer["history"] = [{**step, "event": f"{number:064x}"} for number in range(1, view.MOST_ROWS + 500)]
    answer["china"]["ways"]["mined"]["events"] = [f"{number:064x}" for number in range(10**6, 10**6 + 5000)]
    answer["verification"]["findings"] = [
        {
            "code": "TIME-LATE",
            "severity": "warning",
            "subject": f"event:{number:064x}",
            "message": "late",
            "events": [f"{number:064x}"],
        }
        for number in range(1, 5000)
    ]
    found = sound(render(answer, {}, BUNDLE))
    assert sum(name.startswith("event-") for name in found.ids) <= 2 * view.MOST_ROWS
    assert "more events are not shown here" in found.text
    assert "more findings of this code are not shown here" in found.text


def test_a_retracted_event_stays_visible() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd=10))
    tale.move("A", MINE, PLANT, "AU", "MY")
    answer = told(tale, "A")
    answer["retractions"] = [
        {
            "event": EVENT,
            "type": "assay",
            "actor": "lab",
            "country": None,
            "retraction": EVENT[::-1],
            "reason": "a slip",
            "replacement": None,
        }
    ]
    text = sound(page(answer)).text
    assert "a slip" in text
    assert re.search(r"Retracted on the way\s+1", text)


def test_events_beside_a_figure_fold_away_and_the_rest_of_them_are_counted(blend: dict[str, Any]) -> None:
    answer = deepcopy(blend)
    many = [f"{number:064x}" for number in range(10**6, 10**6 + 100)]
    answer["china"]["ways"]["mined"]["events"] = many
    found = sound(render(answer, {}, BUNDLE))
    rest = len(many) - view.MOST_EVENTS
    assert f"{rest} more" in found.text
    assert f"and {rest - view.MOST_FOLDED} others, which the report in JSON lists" in found.text


def test_long_reasons_of_a_policy_are_cut_and_counted(blend: dict[str, Any]) -> None:
    answer = deepcopy(blend)
    reasons = [{"text": f"reason {number}", "events": [], "lots": []} for number in range(view.MOST_REASONS + 7)]
    day = "2026-12-01"
    answer["policies"] = [
        {
            **dict.fromkeys(("id", "title", "citation", "evidence", "tested_from"), "said"),
            **dict.fromkeys(("as_of", "tested_on"), day),
            **dict.fromkeys(("assumptions", "stated", "caveats"), ()),
            "verdict": "cannot-determine",
            "reasons": reasons,
            "branches": [{"name": "as read", "kind": "reading", "verdict": "cannot-determine", "reasons": reasons}],
        }
    ]
    found = sound(render(answer, {}, BUNDLE))
    assert f"reason {view.MOST_REASONS - 1}" in found.text
    assert f"reason {view.MOST_REASONS + 6}" not in found.text
    assert "7 more reasons are not shown here" in found.text
