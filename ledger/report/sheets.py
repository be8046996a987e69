"""The report as tables for a spreadsheet: names, columns and rows of plain values, one table for each part and each form.

Numbers stay numbers, in kilograms and shares from 0 to 1; all else is text. Text from the ledger may be anything, so whatever
a reader cannot see, or what moves what a reader sees, is spelled out here, for every rendering of these tables alike.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

Cell = str | float | int | bool | None
"""None is an empty cell: nothing is known."""
_HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
"""Unicode categories that are spelled out: controls, formatting (bidirectional and zero-width), unassigned, private, surrogates,
separators of lines and paragraphs. A line feed is kept."""


class Table(Struct, frozen=True):
    """A table.

    Attributes:
        name: its name, as a sheet or as `--table`.
        columns: their names, the program's.
        rows: a cell for each column.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables(answer: Mapping[str, Any]) -> list[Table]:
    """Every table of a report, in a fixed order; a table without rows stands with its columns."""
    return [
        Table(name, columns, tuple(tuple(map(shown, row)) for row in rows))
        for name, columns, rows in (*_material(answer), *_judgement(answer), *_forms(answer))
    ]


def shown(cell: object) -> Cell:
    r"""A value as it is shown: numbers as they are, text with hidden characters spelled out as `\u202e`."""
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    text = str(cell)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == "\n" or unicodedata.category(char) not in _HIDDEN else _spelled(char) for char in text
    )


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  (the basic plane)


Raw = tuple[str, tuple[str, ...], Iterable[Sequence[object]]]


def _material(answer: Mapping[str, Any]) -> Iterator[Raw]:
    """Lots, events, shares, inputs, balance."""
    columns: tuple[str, ...] = (
        "lot", "form", "mass_kg", "sigma_kg", "type", "stage", "at", "actor", "site", "country", "made_from", "missing", "event",
    )  # fmt: skip
    yield "lots", columns, map(_lot, answer.get("lots", ()))
    contents = ("lot", "element", "mass_kg", "sigma_kg")
    yield "contents", contents, (
        (lot["lot"], element, found.get("mass_kg"), found.get("sigma_kg"))
        for lot in answer.get("lots", ())
        for element, found in (lot.get("elements") or {}).items()
    )  # fmt: skip
    columns = ("event", "entry", "type", "at", "recorded", "actor", "site", "country", "lot", "says")
    yield "events", columns, ([step.get(name) for name in columns] for step in answer["history"])
    yield "elements", ("element", "mass_kg", "estimated", "china_known_share", "china_unknown_share"), _elements(answer)
    yield "shares", ("element", "stage", "place", "share", "least", "greatest"), _shares(answer)
    asked = [("China", answer["china"]), *answer.get("countries", {}).items()]
    columns = ("asked", "lot", "event", "type", "stage", "actor", "site", "country", "why", "element", "share")
    yield "inputs", columns, _inputs(asked, "inputs")
    yield "unknown", ("asked", "lot", "event", "why", "element", "share"), _unknown(asked)
    columns = (
        "event", "stage", "site", "at", "element", "in_kg", "in_sigma_kg", "out_kg", "out_sigma_kg", "difference_kg", "sigma_kg",
        "limit_kg", "assumed", "finding", "why",
    )  # fmt: skip
    yield "balance", columns, ([row.get(name) for name in columns] for row in answer.get("balance", ()))


def _lot(lot: Mapping[str, Any]) -> Sequence[object]:
    drawn = lot.get("from") or ()
    parents: str = "; ".join(
        f"{item['lot']}" + (f" ({item['mass_kg']:.6g} kg)" if item.get("mass_kg") is not None else "") for item in drawn
    )
    names = ("lot", "form", "mass_kg", "sigma_kg", "type", "stage", "at", "actor", "site", "country")
    missing = bool(lot.get("missing")) or any(item.get("missing") for item in drawn)
    return (*(lot.get(name) for name in names), parents or None, missing, lot.get("event"))


def _elements(answer: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for element, entry in answer["origin"]["elements"].items():
        found = answer["china"]["elements"].get(element, {})
        yield (
            element, entry.get("mass_kg"), bool(entry.get("estimated")), found.get("known_share"), found.get("unknown_share"),
        )  # fmt: skip


def _shares(answer: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    """Each element's share by place at each stage that it passed, with the least and greatest where it is estimated."""
    for element, entry in answer["origin"]["elements"].items():
        for stage, shares in entry["stages"].items():
            spans = entry.get("range", {}).get(stage, {})
            for place, share in shares.items():
                if set(shares) != {"none"}:
                    low, high = spans.get(place, (share, share))
                    yield element, stage, place, share, low, high


def _inputs(asked: Iterable[tuple[str, Mapping[str, Any]]], member: str) -> Iterator[Sequence[object]]:
    """One row for each element that came by way of an input; one without element where none is known."""
    names = ("lot", "event", "type", "stage", "actor", "site", "country")
    for title, found in asked:
        for item in found[member]:
            for element, share in (item["elements"] or {None: None}).items():
                yield title, *(item.get(name) for name in names), ", ".join(item["why"]), element, share


def _unknown(asked: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Sequence[object]]:
    for title, lot, event, _type, _stage, _actor, _site, _country, why, element, share in _inputs(
        asked, "unknown_inputs"
    ):
        yield title, lot, event, why, element, share


def _judgement(answer: Mapping[str, Any]) -> Iterator[Raw]:
    """Findings and policies."""
    yield "findings", ("code", "severity", "subject", "message", "events"), (
        (item["code"], item["severity"], item["subject"], item["message"], " ".join(item["events"]))
        for item in answer["verification"]["findings"]
    )  # fmt: skip
    columns = (
        "policy", "verdict", "title", "as_of", "tested_on", "evidence", "branch", "kind", "branch_verdict", "reason", "events",
    )  # fmt: skip
    yield "policies", columns, (
        (*(item[name] for name in ("id", "verdict", "title", "as_of", "tested_on", "evidence")), *rest)
        for item in answer["policies"]
        for rest in _branches(item)
    )  # fmt: skip


def _branches(policy: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for branch in policy["branches"]:
        nothing: list[dict[str, Any]] = [{"text": None, "events": []}]
        for reason in branch["reasons"] or nothing:
            yield branch["name"], branch["kind"], branch["verdict"], reason["text"], " ".join(reason["events"])


def _forms(answer: Mapping[str, Any]) -> Iterator[Raw]:
    """One table for each form: a row for each cell, then its statement and what it rests on."""
    for form in answer.get("forms", ()):
        yield form["id"], ("section", "row", "column", "value", "open", "events"), _cells(form)


def _cells(form: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    yield "form", 1, "title", form["title"], None, None
    for name in ("citation", "asks", "as_of", "status", "note"):
        yield "form", 1, name, form[name] or None, None, None
    for section in form["sections"]:
        for number, row in enumerate(section["rows"], 1):
            for column, cell in zip(section["columns"], row["cells"], strict=True):
                yield section["title"], number, column, cell or None, row["gap"], " ".join(row["events"])
    for member in ("statement", "basis"):
        for number, text in enumerate(form[member], 1):
            yield member, number, "text", text, None, None
