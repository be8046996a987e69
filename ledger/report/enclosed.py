"""The lot's bundle out of a report's PDF again: the one attachment, as `ledger.report.pdf` has it written.

No PDF is parsed. The one stream that is found is the embedded file in the spelling of PDFs that this program makes (ISO 32000-1,
7.11.4); a PDF that something else has written anew is refused. Whoever reads one from elsewhere verifies the bundle, and
believes no word of the pages.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from ledger.errors import FormatError
from ledger.report.page.embedded import MAX_BYTES

MAX_PDF: Final = 1 << 28
"""Largest PDF that is read, 256 MiB."""
_EMBEDDED: Final = re.compile(
    rb"<</Type /EmbeddedFile/Subtype /[^\s/<>]{1,100}/Params <</CheckSum <[0-9a-f]{32}>/Size [0-9]{1,9}[^<>]{0,200}>>"
    rb"/Filter /FlateDecode/Length ([0-9]{1,9})>>\nstream\n"
)
_END: Final = b"\nendstream\n"


def extract(pdf: bytes, file: str | None = None) -> bytes:
    """The bundle that a PDF carries; whether it holds is for `ledger.bundle` to say.

    Args:
        pdf: the file's bytes.
        file: its name, for the error.

    Raises:
        FormatError: too large, no PDF, no attachment or several, or one that is cut.
    """
    if len(pdf) > MAX_PDF:
        raise FormatError(f"a PDF of more than {MAX_PDF} bytes is not read", file=file)
    if not pdf.startswith(b"%PDF-"):
        raise FormatError("this is no PDF", file=file)
    found = list(_EMBEDDED.finditer(pdf))
    if len(found) != 1:
        much = f"{len(found)} attachments are" if found else "no attachment that this program wrote is"
        raise FormatError(
            f"{much} inside this PDF; save the attachment *.monazite with a PDF reader and verify that, or ask for it",
            file=file,
        )
    start = found[0].end()
    stop = start + int(found[0][1])
    unpacker = zlib.decompressobj()
    try:
        bundle = unpacker.decompress(pdf[start:stop], MAX_BYTES + 1)
    except zlib.error as error:
        raise FormatError(f"the attachment of this PDF is damaged: {error}", file=file) from error
    if len(bundle) > MAX_BYTES or not unpacker.eof or unpacker.unused_data or pdf[stop : stop + len(_END)] != _END:
        raise FormatError("the attachment of this PDF is cut, or larger than a bundle may be", file=file)
    return bundle
