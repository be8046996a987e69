"""Every rendering of the kept reports is what it was; `python -m fixtures.reports` writes them anew."""

from __future__ import annotations

import difflib
import io
import json
import unicodedata
from functools import cache

import pytest
from pypdf import PdfReader

from fixtures.reports.cases import CASES, IMAGE, SCRIPT, Told
from fixtures.reports.make import FOLDER, MOST_BYTES, PAGES
from fixtures.reports.renderings import READ, WIDTHS, files, hashes, html, pdf
from fixtures.reports.text import text
from ledger.bundle.format import parse
from ledger.report.draw.pictures import draw
from ledger.report.page.embedded import extract
from ledger.report.page.html import render
from tests.report.pages import sound

pytestmark = pytest.mark.alike  # its cases run the same lines

ANEW = "if the change is meant, `python -m fixtures.reports` (or `make fixtures`) writes the kept reports anew; read what changed before you commit it"
HASHES = FOLDER / "sha256.json"
SLACK = 1
"""Pages by which another release of the library that breaks them may differ."""


@cache
def case(name: str) -> Told:
    return CASES[name]()


@pytest.mark.parametrize("name", CASES)
def test_a_report_s_texts_are_the_kept_ones(name: str) -> None:
    made = files(case(name))
    kept = {path.name: path.read_bytes() for path in (FOLDER / name).iterdir()}
    assert set(made) == set(kept), ANEW
    for file, content in made.items():
        if content != kept[file]:
            lines = difflib.unified_diff(
                kept[file].decode().splitlines(), content.decode().splitlines(), "kept", "made", n=0, lineterm=""
            )
            pytest.fail(f"{name}/{file}: {ANEW}\n" + "\n".join(line[:300] for line in list(lines)[:30]))


@pytest.mark.parametrize("name", CASES)
def test_a_report_s_pages_are_the_kept_ones_byte_by_byte(name: str) -> None:
    kept = json.loads(HASHES.read_text(encoding="utf-8"))
    assert set(kept) == set(CASES), ANEW
    assert {"lot": case(name).answer["lot"], **hashes(case(name))} == kept[name], f"{name}: {ANEW}"


@pytest.mark.parametrize("name", CASES)
def test_a_kept_page_is_sound_and_carries_its_bundle(name: str) -> None:
    told = case(name)
    page = html(told)
    assert told.answer["lot"] in sound(page).text
    assert told.bundle is not None
    assert extract(page.encode()) == told.bundle
    assert parse(told.bundle).lot == told.answer["lot"]


def test_what_is_kept_is_small_and_no_more_than_is_made() -> None:
    found = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in found) < MOST_BYTES
    assert {path.parent.name for path in found} == {*CASES, FOLDER.name}
    assert {path.name for path in FOLDER.glob("*.json")} == {HASHES.name, PAGES.name}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_kept_terminal_is_no_wider_than_it_says_and_has_no_colour(name: str, width: int) -> None:
    said = (FOLDER / name / f"terminal-{width}.txt").read_text(encoding="utf-8")
    assert max(map(len, said.splitlines())) <= width
    assert said.count("\n") > 20
    assert not [line for line in said.splitlines() if line != line.rstrip()]
    assert all(unicodedata.category(letter) not in ("Cc", "Cf") or letter == "\n" for letter in said)


def test_the_cases_say_all_there_is_to_say() -> None:
    answers = [case(name).answer for name in CASES]
    assert {answer["china"]["verdict"] for answer in answers} == {"present", "cannot-exclude", "absent"}
    assert {answer["verification"]["verdict"] for answer in answers} == {"clean", "findings"}
    assert case("hostile-texts").answer["lot"].startswith(SCRIPT + IMAGE)


def test_a_page_s_text_is_what_is_read() -> None:
    page = "<style>x</style><p>One <b>two</b></p><script>no()</script><table><tr><th>A<td> 1 &lt; 2</table><p>  </p>"
    assert text(page) == "One two\nA | 1 < 2\n"


def squeezed(words: str) -> str:
    """In small letters without spaces and NUL, which pypdf puts before the letters of some subsets of a font."""
    return "".join(unicodedata.normalize("NFKC", words).replace("\0", "").split()).casefold()


@pytest.mark.deep
@pytest.mark.parametrize("name", READ)
def test_a_pdf_has_the_kept_number_of_pages_and_every_word(name: str) -> None:
    told = case(name)
    pages = PdfReader(io.BytesIO(pdf(told))).pages
    kept = json.loads(PAGES.read_text(encoding="utf-8"))
    assert abs(len(pages) - kept[name]) <= SLACK, f"{name}: {ANEW}"
    read = squeezed("".join(page.extract_text() for page in pages))
    paper = text(render(told.answer, draw(told.answer), told.bundle, told.no_bundle, paper=True))
    words = {word for word in paper.casefold().split() if word.isascii() and word.isalnum() and "f" not in word}
    assert len(words) > 200  # an f may be part of a ligature, which pypdf does not read in every subset
    assert sorted(word for word in words if word not in read) == []
