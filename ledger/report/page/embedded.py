"""The lot's bundle inside the report's HTML, and out of it again: a data block that browsers neither run nor fetch.

    <script type="application/monazite-bundle" id="monazite-bundle">
    <base64 of the bundle (RFC 4648 section 4), lines of 76 characters>
    </script>

Its type is no script type, so a browser keeps it as text (HTML, 4.12.1, data block). A page has one such block in one
spelling: `extract(page with embed(bundle))` is the bundle, and any other byte in the block is an error. What is around the
block is nobody's promise: who reads a page from elsewhere verifies the bundle, and believes no word of the page.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from typing import Final

from ledger.errors import FormatError

MAX_BYTES: Final = 1 << 26
"""Largest bundle, as `ledger.bundle.format` has it, which stands beside this package and is not imported."""
LINE: Final = 76
"""Characters of base64 in a line."""
MAX_HTML: Final = 1 << 28
"""Largest page that is read, 256 MiB: the largest bundle in base64 takes 86 MiB of it."""
OPENING: Final = '<script type="application/monazite-bundle" id="monazite-bundle">\n'
CLOSING: Final = "</script>"

_ANY_OPENING: Final = re.compile(rb"<script[^<>]{0,1000}monazite-bundle[^<>]{0,1000}>", re.IGNORECASE)
_LINES: Final = re.compile(rb"(?:[A-Za-z0-9+/=]{1,76}\n)+")


def embed(bundle: bytes) -> str:
    """The block that carries a bundle: ASCII, and without anything that a page could take for markup.

    Raises:
        FormatError: no byte, or more than a bundle has.
    """
    if not 1 <= len(bundle) <= MAX_BYTES:
        raise FormatError(f"a bundle of {len(bundle)} bytes cannot be carried by a page; 1 to {MAX_BYTES} can")
    text = b64encode(bundle).decode()
    lines = [text[start : start + LINE] for start in range(0, len(text), LINE)]
    return "".join((OPENING, *(f"{line}\n" for line in lines), CLOSING))


def extract(html: bytes, file: str | None = None) -> bytes:
    """The bundle that a page carries; whether it holds is for `ledger.bundle` to say.

    Args:
        html: the page, as it was saved.
        file: its name, for the error.

    Raises:
        FormatError: too large a page, no block, several, or one that `embed` does not write.
    """
    if len(html) > MAX_HTML:
        raise FormatError(f"a page of more than {MAX_HTML} bytes is not read", file=file)
    found = [match.span() for match in _ANY_OPENING.finditer(html)]
    if not found:
        raise FormatError(
            "no bundle is inside this page; ask for the file *.monazite, or for a report that carries one", file=file
        )
    if len(found) > 1:
        raise FormatError(
            f"{len(found)} bundles are inside this page, and which of them it speaks of is anybody's guess", file=file
        )
    start, end = found[0][0], html.find(CLOSING.encode(), found[0][1])
    block = html[start : end + len(CLOSING)] if end >= 0 else b""
    content = block[len(OPENING) : -len(CLOSING)]
    if not block.startswith(OPENING.encode()) or not _LINES.fullmatch(content) or len(content) > 2 * MAX_BYTES:
        raise FormatError(
            "the bundle inside this page is cut, or was saved in another form; ask for the page as it was written",
            file=file,
        )
    try:
        bundle = binascii.a2b_base64(content.replace(b"\n", b""), strict_mode=True)
    except binascii.Error as error:
        raise FormatError(f"the bundle inside this page is no base64: {error}", file=file) from error
    if len(bundle) > MAX_BYTES or embed(bundle).encode() != block:
        raise FormatError("the bundle inside this page is not in the form in which pages carry it", file=file)
    return bundle
