"""What a spreadsheet shows of a number: its format can multiply it, fill it up with zeros, put words beside it, or hide it.

Number formats of ISO/IEC 29500-1, 18.8.31. A format that only rounds, groups or colours changes nothing here: the stored
number is taken. One that shows another number or text than is stored gives what is shown, or is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ledger.exchange.table import Exact

_SECTION = re.compile(r'((?:"[^"]*"|\\.|[_*].|\[[^\]]*\]|[^;])*)(?:;|$)', re.DOTALL)
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[([^\]]*)\]|(General|@|E[+-])|(.)', re.IGNORECASE | re.DOTALL)
_CONDITION = re.compile(r"\[[<>=]")
_DIGITS = "0#?"
_BESIDE = frozenset(" \u00a0-+()/:$\u20ac\u00a3\u00a5'")
"""Signs that may stand beside a number and leave it that number."""
_BETWEEN = frozenset(" \u00a0'")
"""Signs that may stand among its digits: they part thousands."""


class Shape(NamedTuple):
    """What one section of a format does.

    Attributes:
        digits: whether it shows any.
        percent: shows the number times a hundred.
        scaled: shows it divided by a thousand, or several.
        zeros: least digits before the point.
        before, after: words beside it.
        between: signs among its digits.
    """

    digits: bool
    percent: bool
    scaled: bool
    zeros: int
    before: str
    after: str
    between: str


def shown(text: str, form: str) -> str:
    """A stored number, as `values.text_of` writes it, as its format shows it.

    Raises:
        ValueError: what is shown is another number than is stored, or none.
    """
    if form == "General":
        return text
    value = Decimal(text)
    shape = _shape(form, (value < 0) + 2 * (value == 0))
    if not shape.digits:
        if shape.before == "":
            raise ValueError(f"the format `{form[:40]}` hides the number {text}; show it, or empty the cell")
        return text if _is_plain(shape.before) else shape.before
    if shape.scaled:
        raise ValueError(f"the format `{form[:40]}` shows {text} divided by thousands; write the number that is meant")
    if shape.between and (shape.zeros > 1 or not _BETWEEN.issuperset(shape.between)):
        raise ValueError(f"the format `{form[:40]}` shows signs among the digits of {text}; write them, as text")
    if shape.percent:
        text = format(value.scaleb(2), "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
    if shape.zeros > 1 and text.isdigit():
        text = text.zfill(shape.zeros)
    before = "" if _is_plain(shape.before) else shape.before
    after = "%" if shape.percent else "" if _is_plain(shape.after) else shape.after
    # A name such as LOT-0017 is meant so; where a number is wanted, words beside it are refused.
    return f"{before}{text}{after}" if before or after.strip() not in ("", "%") else Exact(text + after.strip())


def _is_plain(words: str) -> bool:
    return _BESIDE.issuperset(words)


@lru_cache(1 << 10)
def _shape(form: str, place: int) -> Shape:
    """The section for positive (0), negative (1) or no (2) amounts."""
    sections = [found[1] for found in _SECTION.finditer(form) if found[0]] or [""]
    if _CONDITION.search(form) and len({_of(section) for section in sections}) > 1:
        raise ValueError(f"the format `{form[:40]}` shows numbers in several ways; write the number that is meant")
    return _of(sections[place] if place < len(sections) else sections[0])


def _of(section: str) -> Shape:
    laid = before = after = between = ""
    percent = plain = False
    for quoted, escaped, brackets, general, sign in _TOKEN.findall(section):
        words = quoted or escaped or (brackets[1:].partition("-")[0] if brackets.startswith("$") else "")
        if general or (sign and sign in f"{_DIGITS}.,"):
            laid += "0" if general else sign
            plain = plain or bool(general)
            between, after = between + after, ""
        elif sign == "%":
            percent = True
        elif laid:
            plain = plain or sign == "/"  # a fraction, which is the same number
            after += words or sign
        else:
            before += words or sign
    whole, _, fraction = laid.partition(".")
    return Shape(
        digits=any(sign in _DIGITS for sign in laid),
        percent=percent,
        scaled=whole.endswith(",") or fraction.endswith(","),
        zeros=0 if plain or "," in whole else whole.count("0"),
        before=before,
        after=after,
        between="" if plain else between,
    )
