"""How a CSV file may be written: its delimiter and encoding, for a person to confirm."""

from __future__ import annotations

from ledger.exchange.foreign import column_of

_ENCODINGS = ("cp1252", "cp932", "gb18030", "big5", "euc_kr", "cp1251")
_SAMPLE = 1 << 16
TITLES = 20
"""Lines among which the header is looked for."""


def form_of(data: bytes) -> tuple[str, str]:
    """(delimiter, encoding) of a CSV file.

    Bytes do not say what they are in. Of the encodings that fit, the one is taken in which most headings are words that
    are known; where none is, the first.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        first = data[:_SAMPLE].decode("utf-16", "replace")
        return _delimiter(first), "utf-16"
    try:
        data.decode()
        encoding = "utf-8"
    except UnicodeDecodeError:
        sample = data[:_SAMPLE].rpartition(b"\n")[0] or data[:_SAMPLE]
        fitting = [name for name in _ENCODINGS if _fits(sample, name)]
        encoding = max(fitting, key=lambda name: _known(sample, name), default=_ENCODINGS[0])
    return _delimiter(data[:_SAMPLE].decode(encoding, "replace")), encoding


def _delimiter(text: str) -> str:
    """The sign that stands most often in one of the first lines; a title above the header has none."""
    lines = text.lstrip("\ufeff").splitlines()[:TITLES]
    counts = {sign: [line.count(sign) for line in lines] for sign in ",;\t|"}
    return max(counts, key=lambda sign: (max(counts[sign], default=0), sum(count > 0 for count in counts[sign])))


def _fits(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _known(sample: bytes, encoding: str) -> int:
    """How many headings of the first lines are words that are known in this encoding, and are not ASCII, which all share."""
    lines = sample.decode(encoding).splitlines()[:TITLES]
    return max(
        (
            sum(column_of(cell.strip(' "')) is not None for cell in line.split(_delimiter(line)) if not cell.isascii())
            for line in lines
        ),
        default=0,
    )
