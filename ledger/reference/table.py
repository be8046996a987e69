"""How the reference tables are read: once, on first use, from the CSV files that ship in `data/`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TypeVar

from ledger.errors import FormatError

Row = Mapping[str, str]
V_co = TypeVar("V_co", covariant=True)


class Table(Mapping[str, V_co]):
    """A read-only mapping that is loaded when it is first looked into, so that importing a table costs nothing.

    `load` builds the whole mapping; it is called once.
    """

    __slots__ = ("_load",)

    def __init__(self, load: Callable[[], Mapping[str, V_co]]) -> None:
        self._load = cache(load)

    def __getitem__(self, key: str) -> V_co:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def __repr__(self) -> str:
        return f"Table({dict(self._load())!r})"


def parse(text: str, name: str) -> list[Row]:
    """The rows of a CSV text as header -> cell, every cell a string.

    Raises:
        FormatError: a row with more or fewer cells than the header, or broken quoting; says file and line.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        for row in reader:
            # DictReader keys surplus cells with None and fills absent ones with None.
            if None in row or None in row.values():
                raise FormatError("row and header differ in length", file=name, line=reader.line_num)
            rows.append(row)
    except csv.Error as error:
        # DictReader.line_num lags a row behind when its reader fails.
        raise FormatError(str(error), file=name, line=reader.reader.line_num) from error
    return rows


def read(name: str) -> list[Row]:
    """The rows of `data/<name>` as it was installed with this package.

    Raises:
        FormatError: the file is not a regular CSV table.
    """
    return parse(text(name), name)


def text(name: str) -> str:
    """The text of `data/<name>` as it was installed with this package."""
    from importlib.resources import files  # noqa: PLC0415 - 8 ms, paid only by who looks into a table

    return files("ledger.reference").joinpath("data", name).read_text(encoding="utf-8")
