"""The report as tables for a spreadsheet: names, columns and rows of plain values, one table for each part and each form.

Numbers stay numbers, in kilograms and shares from 0 to 1; all else is text. Text from the ledger may be anything, so whatever
a reader cannot see, or what moves what a reader sees, is spelled out here, for every rendering of these tables alike.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

Raw = tuple[str, tuple[str, ...], Iterable[Sequence[object]]]
"""A table's name, its columns and its rows before they are shown."""
Cell = str | float | int | bool | None
"""None is an empty cell: nothing is known, or nothing to be said."""
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
    return made((*_material(answer), *_judgement(answer), *_forms(answer)))


def made(raw: Iterable[Raw]) -> list[Table]:
    """Tables of whatever cells, each as it is shown."""
    return [Table(name, columns, tuple(tuple(map(shown, row)) for row in rows)) for name, columns, rows in raw]


def shown(cell: object) -> Cell:
    r"""A value as it is shown: numbers as they are, text with hidden characters spelled out as `\u202e`."""
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    text = str(cell)
    if not text:
        return None
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == "\n" or unicodedata.category(char) not in _HIDDEN else _spelled(char) for char in text
    )


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  (the basic plane)


LOTS = (
    "lot", "form", "mass_kg", "sigma_kg", "measured_kg", "type", "stage", "at", "actor", "site", "country", "event", "missing",
)  # fmt: skip
EVENTS = ("event", "entry", "type", "at", "recorded", "actor", "site", "country", "lot", "says")
BALANCE = (
    "event", "stage", "site", "at", "element", "in_kg", "in_sigma_kg", "out_kg", "out_sigma_kg", "difference_kg", "sigma_kg",
    "limit_kg", "assumed", "finding", "why",
)  # fmt: skip
PARTY = ("type", "stage", "actor", "site", "country")
POLICY = ("id", "verdict", "title", "as_of", "tested_on", "evidence")


def _picked(items: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[Sequence[object]]:
    return ([item.get(name) for name in columns] for item in items)


def _material(answer: Mapping[str, Any]) -> Iterator[Raw]:
    """Lots, what they hold and were drawn from, events, shares, inputs, balance."""
    lots = answer["lots"]
    yield "lots", LOTS, _picked(lots, LOTS)
    yield "contents", ("lot", "element", "mass_kg", "sigma_kg"), _contents(lots)
    yield "draws", ("lot", "from", "drawn", "mass_kg", "missing"), _draws(lots)
    yield "events", EVENTS, _picked(answer["history"], EVENTS)
    yield "elements", ("element", "mass_kg", "estimated", "china_known_share", "china_unknown_share"), _elements(answer)
    yield "shares", ("element", "stage", "place", "share", "least", "greatest"), _shares(answer)
    asked = [("China", answer["china"]), *answer.get("countries", {}).items()]
    yield "inputs", ("asked", "lot", "event", *PARTY, "why", "element", "share"), _inputs(asked, "inputs", PARTY)
    yield "unknown", ("asked", "lot", "event", "why", "element", "share"), _inputs(asked, "unknown_inputs", ())
    yield "balance", BALANCE, _picked(answer["balance"], BALANCE)


def _contents(lots: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[object]]:
    for lot in lots:
        for element, found in (lot.get("elements") or {}).items():
            yield lot["lot"], element, found.get("mass_kg"), found.get("sigma_kg")


def _draws(lots: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[object]]:
    for lot in lots:
        for item in lot["from"]:
            yield lot["lot"], item["lot"], item.get("drawn"), item.get("mass_kg"), item.get("missing")


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


def _inputs(
    asked: Iterable[tuple[str, Mapping[str, Any]]], member: str, more: Sequence[str]
) -> Iterator[Sequence[object]]:
    """One row for each element that came by way of an input; one without element where none is known."""
    for title, found in asked:
        for item in found[member]:
            who = (title, item["lot"], item["event"], *(item.get(name) for name in more), ", ".join(item["why"]))
            for element, share in (item["elements"] or {None: None}).items():
                yield *who, element, share


def _judgement(answer: Mapping[str, Any]) -> Iterator[Raw]:
    """Findings and policies."""
    yield "findings", ("code", "severity", "subject", "message", "events"), _findings(answer)
    yield "policies", (*POLICY, "branch", "kind", "branch_verdict", "reason", "events"), _policies(answer)


def _findings(answer: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for item in answer["verification"]["findings"]:
        yield item["code"], item["severity"], item["subject"], item["message"], " ".join(item["events"])


def _policies(answer: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for item in answer["policies"]:
        for rest in _branches(item):
            yield *(item[name] for name in POLICY), *rest


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
