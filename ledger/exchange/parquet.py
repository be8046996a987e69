"""Parquet files to rows of text and back, with polars (extra `bulk`); the header first, rows numbered from 2 as in a table."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import FormatError, UsageError
from ledger.exchange.faults import Faults
from ledger.exchange.table import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Exact, Row
from ledger.exchange.values import cell_text, text_of

_BATCH = 10_000
_STDERR = 2


def read(data: bytes, file: str, faults: Faults) -> Iterator[Row]:
    """The rows of a Parquet file; cells that are neither text, number nor time spoil theirs.

    Raises:
        FormatError: not such a file, or beyond a bound.
        UsageError: polars is not installed.
    """
    try:
        import polars as pl  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise UsageError("Parquet needs the extra `bulk`: pip install 'monazite[bulk]'", file=file) from error
    if len(data) > MAX_BYTES:
        raise FormatError(f"{len(data)} bytes; {MAX_BYTES} are the most: split the file", file=file)
    broken = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
    try:
        with _quiet():
            names = list(pl.read_parquet_schema(io.BytesIO(data)))
        if len(names) > MAX_COLUMNS:
            raise FormatError(f"{len(names)} columns; {MAX_COLUMNS} are the most", file=file)
        yield Row(1, names)
        line = 1
        batches: Iterator[pl.DataFrame] | None = None
        while True:
            with _quiet():
                if batches is None:  # its threads begin at once
                    # One row beyond the bound is asked for, so that a file which claims fewer than it holds cannot hide them.
                    source = pl.scan_parquet(io.BytesIO(data)).head(MAX_ROWS + 1)
                    batches = iter(source.collect_batches(chunk_size=_BATCH))
                batch = next(batches, None)
            if batch is None:
                break
            for values in batch.iter_rows():
                line += 1
                if line > MAX_ROWS + 1:
                    raise FormatError(f"more than {MAX_ROWS} rows; split the file", file=file)
                cells = [
                    cell_text(value, line, name, faults, _exact) for name, value in zip(names, values, strict=True)
                ]
                if "".join(cells).strip():
                    yield Row(line, cells)
    except broken as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"not a sound Parquet file: {str(error)[:200]}", file=file) from error
    if line == 1:
        raise FormatError("no rows", file=file)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep standard error for people: a damaged file makes polars' own threads write their stack there before it raises."""
    try:
        before = os.dup(_STDERR)
    except OSError:  # it is closed
        yield
        return
    aside = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(aside, _STDERR)
        yield
    finally:
        os.dup2(before, _STDERR)
        os.close(before)
        os.close(aside)


def write(table: Path, output: Path) -> None:
    """A CSV table as Parquet, every column text, without holding it in memory.

    Raises:
        UsageError: polars is not installed.
    """
    try:
        import polars as pl  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise UsageError("Parquet needs the extra `bulk`: pip install 'monazite[bulk]'") from error
    pl.scan_csv(table, infer_schema=False, empty_string_is_null=False).sink_parquet(output)


def _exact(value: object) -> str:
    """A value in text; an integer here is exact, whatever its size."""
    return Exact(value) if isinstance(value, int) and not isinstance(value, bool) else text_of(value)
