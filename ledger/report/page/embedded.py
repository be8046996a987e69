"""The lot's bundle inside the report's HTML, and out of it again: a data block that browsers neither run nor fetch.

    <script type="application/monazite-bundle" id="monazite-bundle" data-packed="deflate" data-sha256="<hex>">
    <base64 (RFC 4648 section 4) of the bundle in zlib's format (RFC 1950), lines of 76 characters>
    </script>

Packed it is a third as long; `data-sha256` is the hash of the packed bytes, so that no bit of them has another spelling. Pages
of before carry the bundle's own base64 under an opening without these two attributes, and are read as well.

Its type is no script type, so a browser keeps it as text (HTML, 4.12.1, data block). A page has one such block in one
spelling: `extract(page with embed(bundle))` is the bundle, and any other byte in the block is an error. What is around the
block is nobody's promise: who reads a page from elsewhere verifies the bundle, and believes no word of the page.
"""

from __future__ import annotations

import binascii
import hashlib
import re
import zlib
from base64 import b64encode
from typing import Final

from ledger.errors import FormatError

MAX_BYTES: Final = 1 << 26
"""Largest bundle, as `ledger.bundle.format` has it, which stands beside this package and is not imported."""
LINE: Final = 76
"""Characters of base64 in a line."""
MAX_HTML: Final = 1 << 28
"""Largest page that is read, 256 MiB: the largest bundle in base64 takes 86 MiB of it."""
START: Final = '<script type="application/monazite-bundle" id="monazite-bundle"'
PLAIN: Final = f"{START}>\n"
"""How the block of a page of before begins."""
CLOSING: Final = "</script>"

_PACKED: Final = re.compile(START.encode() + rb' data-packed="deflate" data-sha256="([0-9a-f]{64})">\n')
_ANY_OPENING: Final = re.compile(rb"<script[^<>]{0,1000}monazite-bundle[^<>]{0,1000}>", re.IGNORECASE)
_LINES: Final = re.compile(rb"(?:[A-Za-z0-9+/=]{1,76}\n)+")


def embed(bundle: bytes) -> str:
    """The block that carries a bundle: ASCII, and without anything that a page could take for markup.

    Raises:
        FormatError: no byte, or more than a bundle has.
    """
    if not 1 <= len(bundle) <= MAX_BYTES:
        raise FormatError(f"a bundle of {len(bundle)} bytes cannot be carried by a page; 1 to {MAX_BYTES} can")
    packed = zlib.compress(bundle, zlib.Z_BEST_COMPRESSION)
    opening = f'{START} data-packed="deflate" data-sha256="{hashlib.sha256(packed).hexdigest()}">\n'
    return "".join((opening, _lines(packed), CLOSING))


def _lines(data: bytes) -> str:
    text = b64encode(data).decode()
    return "".join(f"{text[start : start + LINE]}\n" for start in range(0, len(text), LINE))


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
    block = html[start:end] if end >= 0 else b""
    packed = _PACKED.match(block)
    content = block[packed.end() if packed else len(PLAIN) :]
    whole = packed or block.startswith(PLAIN.encode())
    if not whole or not _LINES.fullmatch(content) or len(content) > 2 * MAX_BYTES:
        raise FormatError(
            "the bundle inside this page is cut, or was saved in another form; ask for the page as it was written",
            file=file,
        )
    try:
        data = binascii.a2b_base64(content.replace(b"\n", b""), strict_mode=True)
    except binascii.Error as error:
        raise FormatError(f"the bundle inside this page is no base64: {error}", file=file) from error
    if _lines(data).encode() != content or (packed and hashlib.sha256(data).hexdigest().encode() != packed[1]):
        raise FormatError("the bundle inside this page is not in the form in which pages carry it", file=file)
    bundle = _unpacked(data, file) if packed else data
    if len(bundle) > MAX_BYTES:
        raise FormatError(f"the bundle inside this page is of more than {MAX_BYTES} bytes", file=file)
    return bundle


def _unpacked(data: bytes, file: str | None) -> bytes:
    """What was packed, read no further than one byte past the largest bundle, whatever it claims to hold."""
    unpacker = zlib.decompressobj()
    try:
        bundle = unpacker.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise FormatError(f"the bundle inside this page cannot be unpacked: {error}", file=file) from error
    if len(bundle) <= MAX_BYTES and (not unpacker.eof or unpacker.unused_data):
        raise FormatError("the bundle inside this page is cut, or something else follows it", file=file)
    return bundle
