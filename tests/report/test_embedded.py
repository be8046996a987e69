"""A bundle goes into a page and comes out of it as it was; anything else is an error that says what to do."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.bundles.make import FOLDER
from ledger.bundle import format as bundles
from ledger.bundle.format import parse
from ledger.errors import FormatError
from ledger.report.page import embedded
from ledger.report.page.embedded import CLOSING, PLAIN, embed, extract

ORE = (FOLDER / "good" / "ore.monazite").read_bytes()
TEXT = st.text(st.sampled_from("<>/script \"'=-!monazite-bundle&\n\u202e\u00e9"), max_size=80)


def page(block: str, before: str = "<!doctype html><p>", after: str = "</p>") -> bytes:
    return f"{before}{block}{after}".encode()


def block_of(packed: bytes, sha256: str | None = None) -> str:
    """A block around packed bytes, whatever they are."""
    text, found = b64encode(packed).decode(), sha256 or hashlib.sha256(packed).hexdigest()
    lines = [text[start : start + 76] for start in range(0, len(text), 76)]
    opening = embed(ORE).split("\n", 1)[0].replace(hashlib.sha256(zlib.compress(ORE, 9)).hexdigest(), found)
    return "\n".join((opening, *lines, CLOSING))


def plain(bundle: bytes) -> str:
    """The block as pages carried it before they packed it."""
    text = b64encode(bundle).decode()
    return "\n".join((PLAIN.rstrip(), *(text[start : start + 76] for start in range(0, len(text), 76)), CLOSING))


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
    assert max(map(len, block.split("\n")[1:])) <= embedded.LINE
    assert block.count("<") == 2


def test_a_text_that_was_escaped_is_no_second_block() -> None:
    hostile = "&lt;script type=&#34;application/monazite-bundle&#34;&gt; application/monazite-bundle monazite-bundle"
    assert extract(page(embed(ORE), hostile, hostile)) == ORE


def test_a_page_of_before_is_read() -> None:
    assert extract(page(plain(ORE))) == ORE
    assert len(plain(ORE)) > 2 * len(embed(ORE))


@pytest.mark.parametrize("make", [embed, plain])
@pytest.mark.parametrize("number", range(9))
def test_a_block_in_another_form_is_refused(number: int, make: Callable[[bytes], str]) -> None:
    block = make(ORE)
    opening = block.split("\n", 1)[0] + "\n"
    changed = (
        block.replace("\n", "\r\n"),
        block.replace("\n", "", 2),
        block.replace(CLOSING, " " + CLOSING),
        block.replace(CLOSING, ""),
        block.replace(" id=", " data-x id="),
        block.replace("=\n<", "<") if "=\n<" in block else block.replace("\n<", "=\n<"),
        block[:300] + "*" + block[301:],
        opening + CLOSING,
        opening + "QQ=\n" + CLOSING,
    )[number]
    with pytest.raises(FormatError, match="inside this page") as caught:
        extract(page(changed), "report.html")
    assert caught.value.file == "report.html"


@pytest.mark.uncounted
def test_every_bit_of_the_block_is_held() -> None:
    block = embed(b"a bundle, or not").encode()
    for place in range(8 * len(block)):
        altered = bytearray(block)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(FormatError):
            extract(b"<p>" + bytes(altered))


def test_what_cannot_be_unpacked_is_refused() -> None:
    packed = zlib.compress(ORE, 9)
    assert extract(page(block_of(packed))) == ORE
    assert extract(page(block_of(zlib.compress(ORE, 1)))) == ORE  # another packer is no other bundle
    for wrong, said in (
        (packed[:-1], "cut"),
        (packed + b"\0", "follows"),
        (packed[:-1] + bytes((packed[-1] ^ 1,)), "unpacked"),
        (ORE, "unpacked"),
    ):
        with pytest.raises(FormatError, match=said):
            extract(page(block_of(wrong)))
    with pytest.raises(FormatError, match="not in the form"):
        extract(page(block_of(packed, "0" * 64)))


def test_what_unpacks_to_more_than_a_bundle_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MAX_BYTES", 1 << 16)
    with pytest.raises(FormatError, match="more than 65536 bytes"):
        extract(page(block_of(zlib.compress(bytes(1 << 24), 9))))


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
    with pytest.raises(FormatError, match="of more than 9 bytes|cut"):
        extract(block)
    monkeypatch.setattr(embedded, "MAX_HTML", 20)
    with pytest.raises(FormatError, match="more than 20"):
        extract(block)
