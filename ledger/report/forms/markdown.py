"""Forms as Markdown: each table with a column for the gap and one for the events, the statement as a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.report.marks import plain, table

SHORT = 16
"""Characters of an event's hash; the JSON has all of them."""
MOST_EVENTS = 4


def render(form: Mapping[str, Any], level: int = 3) -> list[str]:
    """One form; `level` is that of its heading. Takes the form as the answer has it."""
    lines = [f"{'#' * level} {plain(form['title'])}", ""]
    lines += [f"Form {plain(form['id'])}, as of {plain(form['as_of'])}: {status_words(form)}.", ""]
    lines += [f"- Source: {plain(form['citation'])}", f"- Asks: {plain(form['asks'])}"]
    if form["note"]:
        lines.append(f"- Note: {plain(form['note'])}")
    lines.append("")
    if not form["sections"]:
        return [*lines, *_listed("What is stated", form["statement"], level)]
    for section in form["sections"]:
        lines += [f"{'#' * (level + 1)} {plain(section['title'])}", ""]
        rows = [(*row["cells"], row["gap"] or "", events_words(row["events"])) for row in section["rows"]]
        lines += table((*section["columns"], "Open", "Events"), rows)
    lines += _listed("What is stated", form["statement"], level)
    return [*lines, *_listed("What it rests on", form["basis"], level)]


def document(form: Mapping[str, Any]) -> str:
    """One form alone, as a document."""
    return "\n".join(render(form, 1))


def _listed(title: str, sentences: Sequence[str], level: int) -> list[str]:
    return [f"{'#' * (level + 1)} {title}", "", *(f"- {plain(text)}" for text in sentences), ""]


def status_words(form: Mapping[str, Any]) -> str:
    """Whether it is complete, with the number of gaps; never a word on compliance."""
    gaps = len(form["gaps"])
    said = {
        "complete": "no gap in what the ledger holds",
        "gaps": f"{gaps} gap{'' if gaps == 1 else 's'}, left open",
        "not-applicable": "does not apply to this lot on this day",
    }[form["status"]]
    return f"{said}, filled in all the same with {gaps} open" if form["status"] == "not-applicable" and form["sections"] else said  # fmt: skip


def events_words(events: Sequence[str]) -> str:
    """The first hashes, cut short, and how many more."""
    first = " ".join(digest[:SHORT] for digest in events[:MOST_EVENTS])
    return f"{first} and {len(events) - MOST_EVENTS} more" if len(events) > MOST_EVENTS else first
