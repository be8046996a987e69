"""The report as a document: HTML and PDF from a ledger or a bundle, and the bundle out of them again."""

from __future__ import annotations

import hashlib
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from pypdf import PdfReader

from cli import documents
from cli.chains.catalogue import CHAINS
from cli.demo import build, ledger_file
from ledger.bundle.format import parse
from ledger.errors import ConflictError, FormatError
from ledger.report import enclosed, pdf
from ledger.report.draw.pictures import draw
from ledger.report.page.embedded import extract
from tests.cli.conftest import Shell
from tests.report.pages import sound
from tests.report.telling import blended, told

CHAIN = CHAINS[0]
LOT = CHAIN.asked_lot


@pytest.fixture
def chain(ledger: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """A shell before the ledger of a whole chain, whose key is pinned."""
    folder = tmp_path / "demo"
    build(CHAIN, folder)
    monkeypatch.setenv("MONAZITE_STATE", str(folder / "state"))
    monkeypatch.setenv("MONAZITE_KEYS", str(folder / "keys"))
    monkeypatch.setenv("MONAZITE_LEDGER", str(ledger_file(CHAIN, folder)))
    return ledger


@pytest.fixture(scope="module")
def answered() -> dict[str, Any]:
    """The answer about a lot with a short history."""
    return told(blended(), "B")


@pytest.fixture(scope="module")
def printed(answered: dict[str, Any]) -> bytes:
    """The same as a PDF; who uses it runs in one worker, because a PDF takes seconds."""
    return pdf.write(answered, draw(answered), BUNDLE)


MOST_PAGES = 15
"""Of the report on the longest demo chain."""
BUNDLE = b'{"not":"a bundle"}' * 50


# --- HTML


def test_a_page_is_written_by_its_name_and_carries_the_bundle(chain: Shell) -> None:
    chain("report", LOT, "-o", "r.html")
    chain("export", "bundle", LOT, "-o", "b.monazite")
    page = Path("r.html").read_bytes()
    sound(page.decode())
    assert extract(page) == Path("b.monazite").read_bytes()
    inside, alone = chain.json("verify", "r.html"), chain.json("verify", "b.monazite")
    said = inside["not_checked"].pop(0)
    assert inside == alone
    assert said["what"] == "what the report says"
    assert LOT in said["why"]
    chain("report", LOT, "--format", "html", "-o", "again.txt")
    assert Path("again.txt").read_bytes() == page
    assert chain("report", LOT, "--format", "html").encode() == page


def test_of_a_forged_page_the_bundle_is_verified_and_the_words_are_not(chain: Shell) -> None:
    chain("export", "bundle", LOT, "-o", "b.monazite")
    chain("report", "b.monazite", "-o", "r.html")
    page = Path("r.html").read_text(encoding="utf-8")
    Path("forged.html").write_text(page.replace("PRESENT", "ABSENT"), encoding="utf-8")
    told_of = " ".join(chain("verify", "forged.html").split())
    assert f"NOT CHECKED what the report says: only the bundle inside was verified, and it is of lot {LOT};" in told_of
    assert "PRESENT" in chain("report", "forged.html", "--format", "markdown")
    chain("report", "forged.html", "-o", "anew.html")
    assert Path("anew.html").read_text(encoding="utf-8") == page


def test_a_report_that_is_not_there_is_a_lot_of_that_name(chain: Shell) -> None:
    chain("report", "nobody.html", code=2)
    assert "there is no lot 'nobody.html'" in chain.err


@pytest.mark.parametrize("name", ["r.docx", "r.png", "r.jsn"])
def test_an_ending_that_no_format_has_is_refused(chain: Shell, name: str) -> None:
    chain("report", LOT, "-o", name, code=2)
    assert "say --format" in chain.err
    assert not Path(name).exists()


def test_a_page_of_a_bundle_carries_that_file(chain: Shell) -> None:
    chain("export", "bundle", LOT, "-o", "b.monazite")
    chain("report", "b.monazite", "-o", "r.htm")
    assert extract(Path("r.htm").read_bytes()) == Path("b.monazite").read_bytes()


def test_an_altered_page_does_not_verify(chain: Shell) -> None:
    chain("report", LOT, "-o", "r.html")
    page = Path("r.html").read_text(encoding="utf-8")
    block = page.index("monazite-bundle")
    Path("r.html").write_text(
        page[: block + 400] + ("A" if page[block + 400] != "A" else "B") + page[block + 401 :], encoding="utf-8"
    )
    assert chain("verify", "r.html", code=2) == "" or "CLEAN" not in chain.out
    Path("r.html").write_text("<p>nothing</p>", encoding="utf-8")
    chain("verify", "r.html", code=2)
    assert "no bundle is inside this page" in chain.err


def test_a_terminal_is_told_to_name_a_file(chain: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout.__class__, "isatty", lambda _self: True, raising=False)
    for form in documents.DOCUMENTS:
        with pytest.raises(documents.UsageError, match=f"-o report.{form}"):
            documents.agree(form, None, terminal=True)
        with pytest.raises(documents.UsageError, match=f"-o report.{form}"):
            documents.agree(form, Path("-"), terminal=True)
        documents.agree(form, Path("r"), terminal=True)
    documents.agree("json", None, terminal=True)
    assert chain


@pytest.mark.parametrize(
    ("form", "name", "meant"),
    [(None, "r.html", "html"), (None, "R.PDF", "pdf"), (None, "r.json", "json"), (None, "r.md", "markdown"), (None, "r.txt", None),
     ("json", "r.html", "json"), (None, None, None), (None, "-", None)],
)  # fmt: skip
def test_a_file_s_name_asks_for_a_format(form: str | None, name: str | None, meant: str | None) -> None:
    assert documents.named(form, Path(name) if name else None) == meant


def test_one_form_is_no_document(chain: Shell) -> None:
    chain("report", LOT, "--form", "section-857", "-o", "r.html", code=2)
    assert "holds every form" in chain.err


def test_a_ledger_without_a_checkpoint_gives_a_report_that_says_so(chain: Shell) -> None:
    verdict = build(CHAIN, Path("other"))[0]
    found, why = documents.carried("NO-SUCH-LOT", str(ledger_file(CHAIN, Path("other"))), verdict)
    assert found is None
    assert "NO-SUCH-LOT" in str(why)
    assert chain


def test_a_ledger_that_went_on_is_not_mixed_with_its_report(chain: Shell) -> None:
    verdict = build(CHAIN, Path("other"))[0]
    older = structs.replace(verdict, size=verdict.size - 1)
    with pytest.raises(ConflictError, match="write it again"):
        documents.carried(LOT, str(ledger_file(CHAIN, Path("other"))), older)
    assert chain


# --- PDF


@pytest.mark.xdist_group("pdf")
def test_a_pdf_is_tagged_archival_and_carries_the_bundle(printed: bytes, answered: dict[str, Any]) -> None:
    found = PdfReader(io.BytesIO(printed))
    root: Any = found.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/StructTreeRoot"]
    metadata = root["/Metadata"].get_data().decode()
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert dict(found.attachments) == {"B.monazite": [BUNDLE]}
    assert enclosed.extract(printed) == BUNDLE
    assert found.metadata is not None
    newest = max(step["recorded"] for step in answered["history"])
    assert re.sub(r"\D", "", str(found.metadata["/CreationDate"])) == re.sub(r"\D", "", newest)


@pytest.mark.xdist_group("pdf")
def test_a_pdf_says_the_bundle_s_hash_on_every_page(printed: bytes) -> None:
    pages = PdfReader(io.BytesIO(printed)).pages
    digest = hashlib.sha256(BUNDLE).hexdigest()
    texts = [page.extract_text() for page in pages]
    assert texts[0].count(digest) == 2  # in the answer, and at the foot
    assert all(digest in text for text in texts)
    assert "Chinese inputs PRESENT" in texts[0]
    assert f"1 / {len(pages)}" in texts[0]


@pytest.mark.deep
def test_the_report_of_a_whole_chain_is_short(tmp_path: Path) -> None:
    answer = build(CHAIN, tmp_path / "demo")[1]
    assert len(PdfReader(io.BytesIO(pdf.write(answer, draw(answer), BUNDLE))).pages) <= MOST_PAGES


@pytest.mark.xdist_group("pdf")
@pytest.mark.deep
def test_the_same_answer_gives_the_same_pdf_in_the_package_s_own_type(printed: bytes, answered: dict[str, Any]) -> None:
    assert pdf.write(answered, draw(answered), BUNDLE) == printed
    fonts = {
        str(font["/BaseFont"]).split("+", 1)[1]
        for page in PdfReader(io.BytesIO(printed)).pages
        for font in (item.get_object() for item in page["/Resources"]["/Font"].values())
    }
    assert fonts
    assert all(name.startswith("Report") for name in fonts), fonts


def test_a_pdf_is_written_by_its_name_and_verifies(ledger: Shell) -> None:
    ledger("report", "OX", "-o", "r.pdf")
    ledger("export", "bundle", "OX", "-o", "b.monazite")
    assert enclosed.extract(Path("r.pdf").read_bytes()) == Path("b.monazite").read_bytes()
    assert parse(enclosed.extract(Path("r.pdf").read_bytes())).lot == "OX"
    inside, alone = ledger.json("verify", "r.pdf"), ledger.json("verify", "b.monazite")
    assert inside["not_checked"].pop(0)["what"] == "what the report says"
    assert inside == alone


@pytest.mark.parametrize(
    ("lot", "name"),
    [
        ("A-1", "A-1.monazite"),
        ("../x", "x.monazite"),
        ("\u202e", "lot.monazite"),
        ("a b/c", "a-b-c.monazite"),
        ("L" * 999, "L" * 100 + ".monazite"),
    ],
)
def test_an_attachment_has_a_plain_name(lot: str, name: str) -> None:
    assert pdf.attachment_name(lot) == name


def test_without_weasyprint_a_pdf_says_what_to_install(
    answered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(documents.UsageError, match=r"pip install 'monazite\[pdf\]'"):
        pdf.write(answered, {}, BUNDLE)


def test_an_answer_without_times_has_a_fixed_one() -> None:
    assert pdf.recorded({"history": []}) == pdf.EPOCH
    assert pdf.recorded({"history": [{"recorded": "<never>"}]}) == pdf.EPOCH


@pytest.mark.xdist_group("pdf")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: b"<!doctype html>" + data, "no PDF"),
        (lambda data: data.replace(b"/EmbeddedFile", b"/EmbeddedFoul"), "no attachment"),
        (lambda data: data + data, "2 attachments"),
        (lambda data: re.sub(rb"(/Size 900.*?/Length )\d+", rb"\g<1>5", data, flags=re.DOTALL), "cut"),
        (lambda data: data[: data.index(b"/EmbeddedFile") + 230], "no attachment|cut|damaged"),
    ],
)  # fmt: skip
def test_a_pdf_that_is_not_ours_is_refused(printed: bytes, change: Any, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        enclosed.extract(change(printed), "r.pdf")


@pytest.mark.xdist_group("pdf")
def test_no_pdf_is_read_beyond_its_bound(printed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enclosed, "MAX_BYTES", 100)
    with pytest.raises(FormatError, match="larger"):
        enclosed.extract(printed)
    monkeypatch.setattr(enclosed, "MAX_PDF", 100)
    with pytest.raises(FormatError, match="not read"):
        enclosed.extract(printed)
