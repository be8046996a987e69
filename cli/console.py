"""What the terminal shows: plain when piped, 80 columns at least, and nothing that a hostile text could steer."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from ledger.verify import Progress

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def safe(text: object) -> str:
    """Text with control and bidirectional characters spelled out, so that it cannot move the cursor or hide."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", str(text))


def console(*, stderr: bool = False) -> Console:
    """A console that interprets no markup; at least 80 columns where the width is unknown."""
    from rich.console import Console  # noqa: PLC0415  (rich costs start-up time that --help does not owe)

    file = sys.stderr if stderr else sys.stdout
    width = None if file.isatty() else 80
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width, soft_wrap=False)


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
    for index, column in enumerate(columns):
        made.add_column(column, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(safe(cell) for cell in row))
    console().print(made)


@contextmanager
def progress(what: str) -> Iterator[Progress | None]:
    """A progress bar on stderr, only on a terminal and only when it takes more than a second."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415  (as above)

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)
