"""One form on a terminal, readable at 80 columns: each row under its columns' names, with what is open and the events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.console import folded, say
from ledger.report.forms.markdown import status_words

MOST_EVENTS = 3
"""Hashes that fit a line; --format json has all of them."""


def show(form: Mapping[str, Any]) -> None:
    """Print a form as the answer has it."""
    folded(f"{form['id']}: {status_words(form)}, as of {form['as_of']}", "")
    for text in (
        form["title"],
        form["citation"],
        f"Asks: {form['asks']}",
        f"Note: {form['note']}" if form["note"] else "",
    ):
        folded(text, "  ")
    for section in form["sections"]:
        say()
        folded(section["title"], "")
        for row in section["rows"]:
            _row(section["columns"], row)
    for title, member in (("What is stated", "statement"), ("What it rests on", "basis")):
        say()
        say(title)
        for text in form[member]:
            folded(f"- {text}", "  ")


def _row(columns: list[str], row: Mapping[str, Any]) -> None:
    # A line for each cell, so that no text can pass for another column's.
    filled = [f"{column}: {cell}" for column, cell in zip(columns, row["cells"], strict=True) if cell]
    for place, text in enumerate(filled or ["(open)"]):
        folded(text, "    " if place else "  - ", "        ")
    if row["gap"] and row["gap"] not in row["cells"]:
        folded(f"open: {row['gap']}", "    ")
    elif row["gap"]:
        folded("open", "    ")
    if row["events"]:
        more = len(row["events"]) - MOST_EVENTS
        shown = " ".join(f"[{digest[:12]}]" for digest in row["events"][:MOST_EVENTS])
        folded(shown + (f" and {more} more events" if more > 0 else ""), "    ")
