"""A portfolio as a folder of HTML pages: `index.html`, and one page for each lot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cli.console import say
from cli.folders import check, save

MARK = ".monazite-portfolio"
SAYS = "Made by `monazite report`, which replaces this folder when it writes it again.\n"
NO_BUNDLE = "a portfolio's pages carry none; `monazite report LOT --format html` makes a page with its bundle inside"


def write(
    output: Path,
    answers: Iterable[dict[str, Any]],
    taken: Callable[[dict[str, Any]], None],
    whole: Callable[[], dict[str, Any]],
) -> None:
    """Write each answer's page as it comes, and the index last; `taken` is told each answer, and then `whole` gives the portfolio.

    Raises:
        UsageError: the folder holds other things, or cannot be there.
    """
    from ledger.report.draw.pictures import draw  # noqa: PLC0415  (start-up time)
    from ledger.report.page import portfolio  # noqa: PLC0415
    from ledger.report.page.html import render  # noqa: PLC0415

    made: list[dict[str, Any]] = []

    def pages() -> Iterator[tuple[str, str]]:
        for answer in answers:
            taken(answer)
            yield portfolio.page_name(answer["lot"]), render(answer, draw(answer), None, NO_BUNDLE)
        made.append(whole())
        yield "index.html", portfolio.render(made[0])

    check(output, MARK)  # before the work, not after it
    save(output, pages(), MARK, SAYS)
    say(f"{output / 'index.html'} written: {len(made[0]['lots'])} lots, ledger {made[0]['verification']['verdict']}")
