"""What is printed fits its terminal: no word is broken that need not be, no cell cut, nothing coloured in a pipe."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from cli import console
from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("stated", "wide"),
    [
        ("", 80),
        ("40", 80),
        ("200", 200),
        ("9" * 9, 1000),
        ("9" * 5000, 80),
        ("1001", 1000),
        ("x", 80),
        ("-200", 80),
        ("\u0662\u0660\u0660", 80),
    ],
)
def test_a_pipe_is_as_wide_as_columns_says(monkeypatch: pytest.MonkeyPatch, stated: str, wide: int) -> None:
    monkeypatch.setenv("COLUMNS", stated)
    assert console.piped_width() == wide
    monkeypatch.delenv("COLUMNS")
    assert console.piped_width() == console.LEAST


@pytest.mark.parametrize("columns", ["80", "200"])
def test_a_report_fits(ledger: Shell, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm-256color")
    for words in (
        ["report", "OX"],
        ["report", "--all"],
        ["report", "OX", "--form", "section-857"],
        ["lot", "trace", "OX"],
    ):
        lines = ledger(*words).splitlines()
        assert max(map(len, lines)) <= int(columns), max(lines, key=len)
        assert all(line == line.rstrip() for line in lines)
        assert "\x1b" not in ledger.out
    assert len(ledger("report", "OX").splitlines()) > 20


def test_a_terminal_has_colour_and_a_pipe_has_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console.wrapped("Chinese inputs are PRESENT", style="bold red")
    assert capsys.readouterr().out == "Chinese inputs are PRESENT\n"
    said = io.StringIO()
    monkeypatch.setattr(said, "isatty", lambda: True, raising=False)
    made = Console(file=said, force_terminal=True, width=20, color_system="standard", markup=False, highlight=False)
    monkeypatch.setattr(console, "console", lambda: made)
    console.wrapped("Chinese inputs are PRESENT", "  ", "    ", style="bold red")
    lines = said.getvalue().splitlines()
    assert len(lines) == 2
    assert all("\x1b[1;31m" in line for line in lines)
    assert lines[1].startswith("    ")


def test_a_wrapped_text_breaks_between_words_and_hides_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = "word " * 40 + "L" * 200 + " \x1b[31m\u202eend"
    console.wrapped(text, "- ", "  ")
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].startswith("- word")
    assert all(line.startswith("  ") for line in lines[1:])
    assert max(map(len, lines)) <= 80
    assert out.count("L") == 200
    assert "\\u001b[31m\\u202eend" in out
    assert all(word in ("-", "word") for line in lines[:2] for word in line.split())


CASES: list[tuple[tuple[str, ...], list[tuple[str, ...]], list[int]]] = [
    (("a", "b"), [("x" * 10, "y" * 10)], [10, 10]),
    (("a", "b"), [("two words", "z " * 60)], [9, 66]),
    (("a", "b", "c"), [("TOL-2025-NDPR-METAL", "one two three four five six seven", "c" * 30)], [19, 25, 28]),
    (("a", "b"), [("x" * 200, "y" * 10)], [65, 10]),
]


@pytest.mark.parametrize(("columns", "rows", "widths"), CASES)
def test_the_widest_column_gives_way_and_no_word_is_broken_that_has_room(
    columns: Any, rows: Any, widths: list[int]
) -> None:
    found = console._widths(columns, rows, 80)
    assert sum(found) <= 80 - 3 * len(columns) + 1
    assert found == widths
