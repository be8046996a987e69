"""A stored value of a workbook or a Parquet file as the text that somebody would write into a cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ledger.exchange.faults import Faults
from ledger.exchange.table import MAX_CELL, Exact

_EXACT_DIGITS = 15
"""Digits that a double always keeps (IEEE 754): a whole number of more was cut by the program that stored it."""
_EXACT = 10**_EXACT_DIGITS


def text_of(value: Any) -> str:  # noqa: ANN401  (what a cell holds)
    """A cell as somebody would write it.

    Numbers in the shortest digits that mean the same, with a decimal point and told apart from text as `Exact`; times as ISO 8601
    without an offset unless they carry one.

    Raises:
        ValueError: nothing that a cell can say, or a whole number that was cut when it was stored.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
        case Decimal():
            return Exact(format(value, "f"))
        case int() if abs(value) < _EXACT:
            return Exact(value)
        case int() | float():
            if value != value or abs(value) == float("inf"):  # noqa: PLR0124  (NaN)
                raise ValueError(f"{value} is no number")
            text = repr(value)
            if isinstance(value, float) and value.is_integer():
                text = f"{value:.0f}"
            if len(re.sub(r"e.*|[^0-9]", "", text).lstrip("0")) > _EXACT_DIGITS and float(value).is_integer():
                raise ValueError(f"{text} has more digits than a spreadsheet's number keeps; format the column as text")
            # 0.1 + 0.2 is stored as 0.30000000000000004: what is shown has fifteen digits.
            return Exact(text if float(value).is_integer() else f"{value:.{_EXACT_DIGITS}g}")
        case datetime():
            return value.isoformat(timespec="microseconds" if value.microsecond else "seconds")
        case date() | time():
            return value.isoformat()
        case _:
            raise ValueError(f"a {type(value).__name__} is neither text, number nor time")


def cell_text(value: Any, line: int, field: str, faults: Faults, told: Callable[[Any], str] = text_of) -> str:  # noqa: ANN401  (what a cell holds)
    """The same of one cell of a row; what cannot be said, or is too long, spoils its row and is blank."""
    try:
        text = told(value)
    except ValueError as error:
        faults.spoil(str(error), line, field)
        return ""
    if len(text) > MAX_CELL:
        faults.spoil(f"a cell of more than {MAX_CELL} characters", line, field)
        return ""
    return text
