from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ledger.report.markdown import plain, render
from tests import strategies as say
from tests.report.telling import blended, clean, told
from tests.report.test_answer import lived, lives
from tests.rules.tale import MINE, PLANT, SHOP, Tale, made, peopled
from tests.trials import some, trials

pytestmark = pytest.mark.alike  # its cases run the same lines

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
BLOCKS = {"heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td"}
HOSTILE = (
    "a|b",
    "a\\|b",
    "a\\",
    "`code` ``",
    "<script>alert(1)</script>",
    "<!-- gone",
    "<b>fat</b>",
    "[x](javascript:alert(1))",
    "![x](https://x.example/y.png)",
    "[x]: https://x.example",
    "<https://x.example>",
    "&lt;&#60;&amp;",
    "*a* **b** _c_ __d__ ~~e~~",
    "# h",
    "1. one",
    "- item",
    "> quote",
    "***",
    "|---|",
    "{{ 7 * 7 }}",
)


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])


def text_of(token: Token) -> str:
    return "".join(child.content for child in token.children or [])


def cells(text: str) -> list[str]:
    tokens = READER.parse(text)
    return [text_of(tokens[at + 1]) for at, token in enumerate(tokens) if token.type in ("td_open", "th_open")]


def marks(text: str) -> set[str]:
    """What Markdown reads in a text besides text."""
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in flat(READER.parse(text))}
    return kinds - BLOCKS - {"inline", "text"}


# --- One text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_read_as_it_is_written(text: str) -> None:
    assert cells(f"| a | b |\n| --- | --- |\n| {plain(text)} | x |\n") == ["a", "b", text, "x"]
    tokens = READER.parse(f"# Lot {plain(text)}")
    assert text_of(tokens[1]) == f"Lot {text}"
    assert marks(f"- Form: {plain(text)}; and more") == set()


@given(st.text(st.sampled_from("\\`*_{}[]()#+!|<>~&-a1 .:/\"'=\n\t"), max_size=30) | say.prose() | say.lots())
@settings(max_examples=trials(300))
def test_any_text_is_read_as_it_is_written(text: str) -> None:
    words = " ".join(text.split())
    assert "\n" not in plain(text)
    assert cells(f"| a | b |\n| --- | --- |\n| {plain(text)} | x |\n") == ["a", "b", words, "x"]
    assert marks(f"- Form: {plain(text)}; and more") == set()


@pytest.mark.parametrize("text", ["https://x.example/y", "www.x.example", "me@x.example"])
def test_an_address_is_no_link(text: str) -> None:
    # GFM 6.9, autolinks (extension)
    assert not re.search(r"https?://|www\.|\w@\w", plain(text))


# --- A whole report


def hostile(name: str, reason: str) -> Tale:
    """A lot of this name, handed over with a dispute and retracted in part, for this reason."""
    tale = peopled()
    tale.extract(*MINE, made(name, 10, Nd=10))
    tale.move(name, MINE, PLANT, "AU", "MY")
    split = tale.turn("split", *PLANT, [(name, 1)], made(f"{name}2", 1))
    tale.say(
        "retract", "plant", target=split, reason=reason,
        lots=[{"lot": name}, {"lot": f"{name}2"}],
    )  # fmt: skip
    tale.ship(*PLANT, name, "tokyo", "MY", "JP")
    tale.receive(*SHOP, name, result="disputed", reason=reason)
    return tale


@pytest.mark.parametrize("name", some(HOSTILE))
@pytest.mark.parametrize("reason", ["a\n\n# h\n\n| a | b |\n| --- | --- |\n", "x\n<img src=x onerror=alert(1)>\n```\n"])
def test_names_and_reasons_are_text_and_nothing_else(name: str, reason: str) -> None:
    answer = told(hostile(name, reason), name)
    text = render(answer)
    tokens = READER.parse(text)
    # the verdict and the headline are bold, the root is code; nothing else is anything
    assert marks(text) == {"strong", "code_inline"}
    assert [token.content for token in flat(tokens) if token.type == "code_inline"] == [
        answer["verification"]["checkpoint"]["root"]
    ]
    headings = [(token.tag, text_of(tokens[at + 1])) for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert [title for tag, title in headings if tag in ("h1", "h2")] == [
        f"Lot {name}", "Origin by element and stage", "China", "Retracted on the way", "History", "Findings", "Not checked", "Forms",
    ]  # fmt: skip
    assert [title for tag, title in headings if tag == "h3"] == [form["title"] for form in answer["forms"]]
    titles = {section["title"] for form in answer["forms"] for section in form["sections"]}
    assert {title for tag, title in headings if tag == "h4"} == titles | {"What is stated", "What it rests on"}
    shown = cells(text)
    assert f"receive: {name} disputed: {' '.join(reason.split())}" in shown
    assert any(cell.endswith(f"was retracted: {' '.join(reason.split())}") for cell in shown)
    assert all(
        item["message"].split() in [cell.split() for cell in shown] for item in answer["verification"]["findings"]
    )


def test_every_row_has_as_many_cells_as_its_head() -> None:
    for tale, lot in ((blended(), "B"), (clean(), "B"), (hostile("a|b", "c|d"), "a|b")):
        width = 0
        for line in render(told(tale, lot)).splitlines():
            bars = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
            if not line.startswith("|"):
                width = 0
                continue
            width = width or bars
            assert bars == width


def test_a_report_says_what_the_answer_says() -> None:
    text = render(told(blended(), "B"))
    assert text.startswith("# Lot B\n\n**Chinese inputs are PRESENT: 37.7%")
    assert "| mine | CN 40.0%, AU 60.0% |" not in text
    assert "AU 60.0%, CN 40.0%" in text
    assert "ORIG-CN-MINED" in cells(text)
    assert "10 kg made, 10 kg left; held" in text
    assert text.endswith("\n")
    assert "Monazite 0.0.0, report format 1." in text


def test_estimates_declarations_and_unknowns_are_shown() -> None:
    tale = peopled()
    tale.extract(*MINE, made("X", 10))
    tale.move("X", MINE, SHOP)
    tale.declare(*SHOP, made("D", 10, Nd=10), origin={"mine": "AU"})
    tale.declare(*SHOP, made("E", 10, Nd=10))
    tale.turn("crack_leach", *SHOP, ["X", "D", "E"], made("F", 5, "mixed-carbonate", Nd=20))
    text = render(told(tale, "F"))
    assert "Estimated, because compositions are missing upstream: Nd." in text
    assert "- Nd: mine 33.3%" in text
    assert "Unknown input" in cells(text)


def test_a_report_without_findings_says_so() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 10, Nd2O3=11.664))
    assert "## Findings\n\nNone.\n" in render(told(tale, "A"))


@given(lives)
@settings(max_examples=10)
def test_the_same_history_gives_the_same_bytes(parts: list[dict[str, Any]]) -> None:
    assert render(told(lived(parts), "Z")) == render(told(lived(parts), "Z"))


def test_an_owner_that_nobody_states_is_no_share_of_zero() -> None:
    answer = told(blended(), "B")
    nobody = {"party": "nobody", "held": 0.0, "attributed": 0.0, "unknown": 1.0, "by": [], "marks": [], "events": []}
    answer["china"]["owners"] = [nobody, {**nobody, "party": "third", "held": 0.3, "attributed": 0.3, "unknown": 0.7}]
    text = render(answer)
    assert "| nobody | not stated | not stated | all: no owner is stated |" in text
    assert "| third | 30.0% | 30.0% | 70.0% |" in text


def test_what_a_note_says_opens_no_formula() -> None:
    assert plain("$x$") == r"\$x\$"
