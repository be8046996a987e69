"""A form that law asks for, as data: sections of rows, each value with the events that carry it, each gap open and named.

A value without an event is no value of the ledger, so a row that names no event must say why it is a gap. That holds by
construction, for every form.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from msgspec import Struct

Status = Literal["complete", "gaps", "not-applicable"]
OPEN = ""
"""The cell of a value that nobody recorded: left for whoever fills the form in."""


class Row(Struct, frozen=True):
    """One line of a form.

    Attributes:
        cells: text by column; `OPEN` where nothing is known.
        events: hashes of the events that carry it, each once.
        gap: what is missing or not evidenced; None where the events carry the whole row.

    Raises:
        ValueError: neither an event nor a gap.
    """

    cells: tuple[str, ...]
    events: tuple[str, ...] = ()
    gap: str | None = None

    def __post_init__(self) -> None:
        if not self.events and not self.gap:
            raise ValueError(f"a row of a form names an event or says what is missing: {self.cells}")


class Section(Struct, frozen=True):
    """A table of a form; every row has a cell for each column.

    Raises:
        ValueError: a row of another width.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"{self.title}: {len(row.cells)} cells for {len(self.columns)} columns")


class Form(Struct, frozen=True, kw_only=True):
    """One form, filled in.

    Attributes:
        id, title, citation, asks: what it is; `asks` in the words of the policies that it belongs to.
        as_of: the day on which the law is asked, ISO 8601.
        status: `complete` where no row is a gap; `not-applicable` where every policy of the form says so of this lot and day.
        sections: the tables; none where the form does not speak of such a lot at all.
        statement: sentences that quote the policies' verdicts and what is unknown. Never more than the policies say.
        basis: what the statement rests on: the ledger, the rules and how well they were read, what the asker states.
        gaps: every gap of the rows, each once.
        note: what the form leaves open by its nature, or why it does not apply.
    """

    id: str
    title: str
    citation: str
    asks: str
    as_of: str
    status: Status
    sections: tuple[Section, ...]
    statement: tuple[str, ...]
    basis: tuple[str, ...]
    gaps: tuple[str, ...]
    note: str


def gaps_of(sections: Iterable[Section]) -> tuple[str, ...]:
    """Every gap, each once, in the order of the rows."""
    return tuple(dict.fromkeys(row.gap for section in sections for row in section.rows if row.gap))


def built(forms: Iterable[Form]) -> list[dict[str, Any]]:
    """The forms as JSON built-ins, the `forms` of the report's contract."""
    # Through JSON, so that what is a list there is one here: `to_builtins` keeps tuples.
    return [msgspec.json.decode(msgspec.json.encode(item)) for item in forms]
