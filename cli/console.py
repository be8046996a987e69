"""What the terminal shows: plain when piped, 80 columns at least, and nothing that a hostile text could steer."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ledger.verify import Progress

PATIENCE = 1.0
"""Seconds after which a progress bar appears."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")

LEAST, MOST = 80, 1000
"""Columns of what is printed into a pipe."""
WORD = 28
"""Letters of a word that a table does not break while there is room."""
GAP = 3
"""Columns of the terminal between two of a table."""


def safe(text: object) -> str:
    """Text with control and bidirectional characters spelled out, so that it cannot move the cursor or hide."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", str(text))


def console(*, stderr: bool = False) -> Console:
    """A console that interprets no markup; into a pipe as wide as COLUMNS says, 80 columns at least and where it says nothing."""
    from rich.console import Console  # noqa: PLC0415  (rich costs start-up time that --help does not owe)

    file = sys.stderr if stderr else sys.stdout
    width = None if file.isatty() else piped_width()
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width, soft_wrap=False)


def piped_width() -> int:
    """Columns of what no terminal shows."""
    stated = os.environ.get("COLUMNS", "")
    number = int(stated) if re.fullmatch(r"[0-9]{1,9}", stated) else LEAST
    return max(LEAST, min(number, MOST))


def put(renderable: RenderableType) -> None:
    """Print what rich lays out; into a pipe without the spaces that fill its lines."""
    out = console()
    if out.file.isatty():
        out.print(renderable)
        return
    with out.capture() as captured:
        out.print(renderable)
    print("\n".join(line.rstrip() for line in captured.get().removesuffix("\n").split("\n")))  # noqa: T201  (as below)


def wrapped(text: str, indent: str = "", after: str = "  ", style: str = "") -> None:
    """Print a text that no line breaks in the middle of a word; `indent` begins its first line, `after` the others."""
    from rich.text import Text  # noqa: PLC0415  (as above)

    out = console()
    room = max(out.width - max(len(indent), len(after)), 1)
    for number, line in enumerate(Text(safe(text), style=style).wrap(out, room)):
        line.rstrip()
        put(Text(after if number else indent) + line)


def folded(text: str, indent: str, after: str | None = None) -> None:
    """Print a paragraph of 79 columns at most, whatever the terminal's width: prose is read in short lines."""
    from textwrap import wrap  # noqa: PLC0415  (start-up time)

    for part in wrap(text, 79, initial_indent=indent, subsequent_indent=f"{indent}  " if after is None else after):
        say(part)


class Quiet:
    """A stream whose reader may leave (`| head`): then the rest goes nowhere, and the exit code stays the command's own."""

    def __init__(self, stream: TextIO) -> None:
        """Wrap `stream`."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, unless nobody reads."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._leave()
            return len(text)

    def flush(self) -> None:
        """Flush, unless nobody reads."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._leave()

    def _leave(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever a stream has)
        return getattr(self._stream, name)


def prepare_streams() -> None:
    """Make the standard streams fit to print anything on: there at all, any character, whether or not somebody reads."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  (lives as long as the process)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        if not isinstance(stream, Quiet):
            setattr(sys, name, Quiet(stream))


def line(text: object) -> str:
    """What a ledger says, on one line: a line feed in a note cannot begin a line that looks like the program's own."""
    return " ".join(str(text).split())


def say(text: str = "") -> None:
    """Print one line as it is, unwrapped."""
    print(safe(text) if "\n" not in text else "\n".join(safe(line) for line in text.split("\n")))  # noqa: T201  (this is the terminal)


def warn(text: str) -> None:
    """Print to stderr."""
    print("\n".join(safe(line) for line in text.split("\n")), file=sys.stderr)  # noqa: T201  (this is the terminal)


def say_json(value: Any) -> None:  # noqa: ANN401  (JSON built-ins)
    """Print JSON, indented, characters beyond ASCII escaped."""
    print(json.dumps(value, indent=2))  # noqa: T201  (this is the terminal)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None, right: Sequence[int] = ()
) -> None:
    """Print a table; `right` are the columns that hold numbers."""
    from rich import box  # noqa: PLC0415  (as above)
    from rich.table import Table  # noqa: PLC0415  (as above)

    made = Table(
        box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False, expand=False
    )
    cells = [[safe(cell) for cell in row] for row in rows]
    widths = _widths(columns, cells, console().width)
    for index, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if index in right else "left"
        made.add_column(column, justify=justify, overflow="fold", width=widths[index])
    for row in cells:
        made.add_row(*row)
    put(made)


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is: as its longest line, or the widest ones less, down to their longest words, where room is short.

    Rich takes from the widest whatever words are in it, and cuts cells where it is told of a least width.
    """
    from rich.cells import cell_len  # noqa: PLC0415  (as above)

    texts = [[name, *(row[index] for row in rows)] for index, name in enumerate(columns)]
    widths = [max(cell_len(line) for text in column for line in text.split("\n")) for column in texts]
    words = [max(cell_len(word) for text in column for word in text.split() or ("",)) for column in texts]
    room = width - GAP * len(columns) + 1  # rich has a blank at either edge, too
    for floor in range(WORD, 0, -1):
        while sum(widths) > room:
            spare, index = max((wide if wide > min(words[at], floor) else 0, at) for at, wide in enumerate(widths))
            if not spare:
                break
            widths[index] -= 1
    return [max(wide, 1) for wide in widths]


@contextmanager
def progress(what: str) -> Iterator[Progress | None]:
    """A progress bar on stderr, only on a terminal and only when it takes more than a second."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415  (as above)

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=None)
    begin = time.monotonic()

    def tell(done: int, whole: int) -> None:
        if time.monotonic() - begin >= PATIENCE:
            bar.start()
        # Nobody knows how many rows a workbook has.
        bar.update(task, completed=done, total=whole or None)

    try:
        yield tell
    finally:
        bar.stop()
