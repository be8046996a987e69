"""The errors of one file, gathered so that whoever wrote the file can correct it in one go."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ledger.errors import BatchError, InputError

LIMIT = 1000
"""Errors after which reading stops: such a file is wrong as a whole."""

LAST = 1 << 62
"""Sorts an error without a line to the end."""

P = ParamSpec("P")
T = TypeVar("T")


class Faults:
    """What is wrong with one file so far.

    Attributes:
        file: the file's name, given to every error that has none.
        unit: what its lines are called in messages.
        spoilt: lines of rows that could not be read as they stand; what their events say proves nothing.
    """

    def __init__(self, file: str, unit: str = "line") -> None:
        self.file = file
        self.unit = unit
        self.spoilt: set[int] = set()
        self._errors: list[InputError] = []

    @property
    def errors(self) -> list[InputError]:
        """Every error gathered, by line."""
        return sorted(self._errors, key=lambda error: error.line or LAST)

    @property
    def count(self) -> int:
        """Errors gathered; unchanged over a piece of work means that the piece was good."""
        return len(self._errors)

    def add(self, error: InputError, line: int | None = None) -> None:
        """Gather an error; `line` is where it happened unless the error knows better.

        Raises:
            BatchError: it was the last that fits.
        """
        error.file = error.file or self.file
        error.unit = self.unit
        error.line = line if error.line is None else error.line
        self._errors.append(error)
        if len(self._errors) >= LIMIT:
            self._errors.append(InputError(f"stopped after {LIMIT} errors", file=self.file))
            self.check()

    def say(self, message: str, line: int, field: str) -> None:
        """Gather an error in words."""
        self.add(InputError(message, field=field), line)

    def spoil(self, message: str, line: int, field: str) -> None:
        """Gather an error in words of a cell whose row cannot be used."""
        self.spoilt.add(line)
        self.say(message, line, field)

    def lack(self, message: str, line: int, field: str) -> None:
        """Gather a blank cell; in a row that could not be read as it stands, a blank is no error of its own."""
        if line not in self.spoilt:
            self.say(message, line, field)

    def attempt(self, line: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The result of `work`, or None where it raised an InputError, which is gathered."""
        try:
            return work(*args, **kwargs)
        except InputError as error:
            self.add(error, line)
            return None

    def check(self) -> None:
        """Go on only where nothing is wrong.

        Raises:
            BatchError: every error gathered, by line.
        """
        if self._errors:
            raise BatchError(self.errors)
