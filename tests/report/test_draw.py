"""Pictures of a report: well-formed, told in words, linked, bounded, the same each time, and true to the masses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.report.draw.pictures import draw
from ledger.report.draw.text import LOOKED_AT
from tests.report.pictured import RED, ancestry, hostile, name_of, story
from tests.trials import trials

SVG = "{http://www.w3.org/2000/svg}"
PLAIN = {
    "svg", "title", "desc", "defs", "pattern", "clipPath", "g", "a", "rect", "path", "line", "polyline", "polygon", "circle", "text",
}  # fmt: skip
HARM = (
    '"><script>alert(1)</script><a onload="x" href="javascript:1">',
    "]]>&amp;<!--",
    "\u202eevil\u2066 \u2069\u200f\u061c",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "a" * 10_000,
    "\x00\x08\x1b\ufffe\ud800",
    "Z" + "\u0301" * 500,
    "\u7a00\u571f" * 60,
    "url(#draw-bars-wide-hatch)",
)


def drawings(answer: dict[str, Any]) -> dict[str, str]:
    """Every drawing by its kind, its element and its form."""
    return {
        f"{kind} {picture['element']} {form}": picture[form]  # type: ignore[literal-required]
        for kind, pictures in draw(answer).items()
        for picture in pictures
        for form in ("wide", "narrow")
    }


def checked(answer: dict[str, Any]) -> Iterator[tuple[str, ET.Element]]:
    """Every drawing parsed, after what must hold of each and of all."""
    ids: list[str] = []
    for name, text in drawings(answer).items():
        root = ET.fromstring(text)  # noqa: S314  (our own text, to see that it parses)
        assert root.tag == f"{SVG}svg"
        assert root.get("role") == ("img" if root.find(f".//{SVG}a") is None else "group")
        assert root.get("viewBox") and name.rsplit(" ", 1)[1] in str(root.get("class"))
        title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None and title.text and desc is not None and desc.text
        assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
        here = [item.get("id", "") for item in root.iter() if item.get("id")]
        ids += here
        for item in root.iter():
            assert item.tag.removeprefix(SVG) in PLAIN
            assert not any(key.lower().startswith("on") or key.endswith("style") for key in item.attrib)
            if item.tag == f"{SVG}a":
                assert re.fullmatch(r"#event-[0-9a-f]{16}", item.attrib["href"])
            for value in item.attrib.values():
                assert "nan" not in value and "inf" not in value.replace("infinite", "")
                for target in re.findall(r"url\(([^)]*)\)", value):
                    assert target.removeprefix("#") in here
        yield name, root
    assert len(ids) == len(set(ids))


def words(root: ET.Element) -> list[str]:
    return [item.text or "" for item in root.iter(f"{SVG}text")]


def test_every_drawing_parses_and_says_in_words_what_it_shows() -> None:
    found = dict(checked(story()))
    assert {name.split()[0] for name in found} == {"sankey", "worldmap", "timeline", "bars", "balance"}
    said = {name: root.findtext(f"{SVG}desc") or "" for name, root in found.items()}
    assert "66.7 kg from AU, 40 kg from CN, an unknown mass from unknown country." in said["sankey Nd wide"]
    assert "It passes CN." in said["sankey Nd wide"]
    assert "Leg 2: Works in MY, MY to Works in JP, somewhere in JP by way of SG, arrived." in said["worldmap None wide"]
    assert "MASS-GAIN" in said["balance None wide"]
    assert "CN 40.0% (30.0% to 50.0%)" in said["bars None wide"]
    assert "recorded much later" in said["timeline None wide"]


def test_an_answer_that_says_nothing_has_pictures_that_say_so() -> None:
    assert [name for name, _root in checked({})]
    empty: dict[str, Any] = {
        "lots": [],
        "sites": None,
        "legs": [{}],
        "balance": [{}],
        "origin": {},
        "history": [{}],
        "verification": None,
    }
    assert [name for name, _root in checked(empty)]


@pytest.mark.parametrize("text", HARM, ids=range(len(HARM)))
def test_hostile_text_stays_text(text: str) -> None:
    for _name, root in checked(hostile(text)):
        for item in root.iter():
            shown = item.text or ""
            assert len(shown) <= LOOKED_AT * 40
            assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)
            if item.tag == f"{SVG}text":
                assert len(shown) <= 200


def test_what_is_not_ascii_is_set_apart_in_its_direction() -> None:
    text = drawings(hostile("\u05e9\u05dc\u05d5\u05dd"))["timeline None wide"]
    assert re.search('<text[^>]*unicode-bidi="isolate">[^<]*\u05e9', text)


@pytest.mark.uncounted
def test_the_same_answer_gives_the_same_bytes() -> None:
    for told in (story(), ancestry(60)):
        assert drawings(told) == drawings(json.loads(json.dumps(told)))


def test_every_event_of_the_way_is_linked() -> None:
    found = drawings(story())
    for kind, event in (
        ("sankey Nd wide", name_of("ore")),
        ("sankey Nd narrow", name_of("magnet")),
        ("worldmap None wide", name_of(("ship", "ore", "AU", "MY"))),
        ("timeline None narrow", name_of("oxide")),
        ("balance None wide", name_of("oxide")),
    ):
        assert f'href="#event-{event[:16]}"' in found[kind]


def test_china_is_red_and_named_everywhere() -> None:
    for name, root in checked(story()):
        if name.startswith("balance"):
            continue
        assert any(RED in item.attrib.values() for item in root.iter()), name
        assert any(re.search(r"\bCN\b", text) for text in words(root)), name


def test_the_unknown_is_striped_and_named() -> None:
    for name, root in checked(story()):
        if name.startswith(("sankey", "bars")):
            assert any(str(item.get("fill")).endswith("-hatch)") for item in root.iter()), name
            assert any("unknown" in text.lower() or "?" in text for text in words(root)), name


@pytest.mark.uncounted
def test_a_long_ancestry_stays_small() -> None:
    told = ancestry(500)
    found = drawings(told)
    assert sum(map(len, found.values())) < 400_000
    for _name, root in checked(told):
        assert len(list(root.iter())) < 3000


@pytest.mark.uncounted
def test_the_elements_of_least_mass_lose_their_flow_first() -> None:
    told = ancestry(500)
    names = [picture["element"] for picture in draw(told)["sankey"]]
    assert names[0] is None and names[1:] == ["Nd", "Pr", "Dy"][: len(names) - 1]


TEXTS = st.one_of(
    st.none(), st.text(max_size=30), st.sampled_from(HARM), st.sampled_from(("AU", "CN", "JP", "ZZ", "unknown"))
)
NUMBERS = st.one_of(st.none(), st.floats(), st.integers(-1, 10**12), st.sampled_from((0.0, 1e-9, 1e300)))
TIMES = st.one_of(TEXTS, st.datetimes().map(lambda found: found.isoformat()), st.dates().map(str))
NAMES = st.sampled_from(("a", "b", "c", "d", "e"))
MASSES = st.dictionaries(st.sampled_from(("Nd", "Dy", "Fe", "odd")), NUMBERS, max_size=3)
LOTS = st.fixed_dictionaries({
    "lot": NAMES, "event": TEXTS, "at": TIMES, "type": TEXTS, "stage": st.one_of(TEXTS, st.sampled_from(("separate", "blend"))),
    "site": NAMES, "country": TEXTS, "mass_kg": NUMBERS,
    "elements": MASSES.map(lambda found: {name: {"mass_kg": kg} for name, kg in found.items()}),
    "from": st.lists(st.fixed_dictionaries({"lot": NAMES, "mass_kg": NUMBERS, "elements": MASSES}), max_size=3),
})  # fmt: skip
ANSWERS = st.fixed_dictionaries({}, optional={
    "lots": st.lists(LOTS, max_size=6),
    "sites": st.lists(st.fixed_dictionaries({
        "site": NAMES, "name": TEXTS, "country": TEXTS, "lat": NUMBERS, "lon": NUMBERS, "events": st.lists(st.text(), max_size=2),
    }), max_size=5),
    "legs": st.lists(st.fixed_dictionaries({
        "lot": NAMES, "from": NAMES, "to": NAMES, "from_country": TEXTS, "to_country": TEXTS, "departed": TIMES, "arrived": TIMES,
        "route": st.lists(TEXTS, max_size=3), "result": TEXTS, "event": TEXTS,
    }), max_size=5),
    "balance": st.lists(st.fixed_dictionaries({
        "event": NAMES, "stage": TEXTS, "site": TEXTS, "at": TIMES, "element": TEXTS, "in_kg": NUMBERS, "out_kg": NUMBERS,
        "sigma_kg": NUMBERS, "limit_kg": NUMBERS, "assumed": st.booleans(), "finding": TEXTS, "why": TEXTS,
    }), max_size=5),
    "history": st.lists(st.fixed_dictionaries({
        "event": TEXTS, "type": TEXTS, "at": TIMES, "recorded": TIMES, "actor": TEXTS, "site": NAMES, "country": TEXTS, "says": TEXTS,
    }), max_size=5),
    "origin": st.fixed_dictionaries({"elements": st.dictionaries(
        st.sampled_from(("Nd", "Dy", "Fe")),
        st.fixed_dictionaries({"mass_kg": NUMBERS, "stages": st.dictionaries(
            st.sampled_from(("mine", "separate", "odd")), st.dictionaries(TEXTS.map(str), NUMBERS, max_size=3), max_size=3,
        )}), max_size=3,
    )}),
})  # fmt: skip


@given(ANSWERS)
@settings(max_examples=trials(60))
@pytest.mark.uncounted
def test_whatever_an_answer_holds_the_pictures_parse(told: dict[str, Any]) -> None:
    assert len(list(checked(told))) >= 8
