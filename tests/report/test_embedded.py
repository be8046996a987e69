"""A bundle goes into a page and comes out of it as it was; anything else is an error that says what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.bundles.make import FOLDER
from ledger.bundle import format as bundles
from ledger.bundle.format import parse
from ledger.errors import FormatError
from ledger.report.page import embedded
from ledger.report.page.embedded import CLOSING, OPENING, embed, extract

ORE = (FOLDER / "good" / "ore.monazite").read_bytes()
TEXT = st.text(st.sampled_from("<>/script \"'=-!monazite-bundle&\n\u202e\u00e9"), max_size=80)


def page(block: str, before: str = "<!doctype html><p>", after: str = "</p>") -> bytes:
    return f"{before}{block}{after}".encode()


def test_a_bundle_comes_out_as_it_went_in() -> None:
    html = page(embed(ORE))
    assert extract(html) == ORE
    assert parse(extract(html)).lot == "ore-1"


@given(st.binary(min_size=1, max_size=400), TEXT, TEXT)
def test_any_bytes_in_any_page_come_out_or_are_refused(data: bytes, before: str, after: str) -> None:
    try:
        assert extract(page(embed(data), before, after)) == data
    except FormatError:
        assert (
            "<script" in before + after or "<" in before
        )  # an opening tag of the surroundings runs into the block, or is one more


@given(st.binary(min_size=1, max_size=400))
def test_the_block_is_plain_lines(data: bytes) -> None:
    block = embed(data)
    assert block.isascii()
    assert max(map(len, block.removeprefix(OPENING).split("\n"))) <= embedded.LINE
    assert block.count("<") == 2


def test_a_text_that_was_escaped_is_no_second_block() -> None:
    hostile = "&lt;script type=&#34;application/monazite-bundle&#34;&gt; application/monazite-bundle monazite-bundle"
    assert extract(page(embed(ORE), hostile, hostile)) == ORE


@pytest.mark.parametrize("number", range(9))
def test_a_block_in_another_form_is_refused(number: int) -> None:
    block = embed(ORE)
    changed = (
        block.replace("\n", "\r\n"),
        block.replace("\n", "", 2),
        block.replace(CLOSING, " " + CLOSING),
        block.replace(CLOSING, ""),
        block.replace(" id=", " data-x id="),
        block.replace("=\n<", "<") if "=\n<" in block else block.replace("\n<", "=\n<"),
        block[:300] + "*" + block[301:],
        OPENING + CLOSING,
        OPENING + "QQ=\n" + CLOSING,
    )[number]
    with pytest.raises(FormatError, match="inside this page") as caught:
        extract(page(changed), "report.html")
    assert caught.value.file == "report.html"


def test_no_block_and_two_blocks_are_refused() -> None:
    with pytest.raises(FormatError, match="no bundle"):
        extract(b"<p>nothing</p>")
    with pytest.raises(FormatError, match="2 bundles"):
        extract(page(embed(ORE) + embed(ORE)))
    with pytest.raises(FormatError, match="2 bundles"):
        extract(page(embed(ORE) + "<SCRIPT TYPE='application/monazite-bundle'>"))


def test_a_page_can_carry_every_bundle() -> None:
    assert embedded.MAX_BYTES == bundles.MAX_BYTES


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FormatError, match="0 bytes"):
        embed(b"")
    monkeypatch.setattr(embedded, "MAX_BYTES", 10)
    with pytest.raises(FormatError, match="11 bytes"):
        embed(bytes(11))
    block = page(embed(bytes(10)))
    monkeypatch.setattr(embedded, "MAX_BYTES", 9)
    with pytest.raises(FormatError, match="not in the form"):
        extract(block)
    monkeypatch.setattr(embedded, "MAX_HTML", 20)
    with pytest.raises(FormatError, match="more than 20"):
        extract(block)
