"""Markdown that shows what it is given: every text escaped, every table whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~&@$-]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


def plain(text: object) -> str:
    """Text from the ledger with every character that Markdown or HTML could read as markup escaped, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table and the empty line behind it; the columns' names are the program's, the cells anybody's."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    return [*lines, *("| " + " | ".join(plain(cell) for cell in row) + " |" for row in rows), ""]
