"""Parquet: the same events as from CSV, and damaged files refused."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError, InputError, UsageError
from ledger.exchange import parquet, sources
from ledger.exchange.faults import Faults
from tests.exchange.sheets import DRAW, EXTRACT, MAKE, written
from tests.trials import trials


def packed(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


SHIFT = (EXTRACT, {**DRAW, "event": "E2"}, {**MAKE, "event": "E2"})
ROWS = [{**dict.fromkeys({**EXTRACT, **DRAW, **MAKE}), **row} for row in SHIFT]
SOUND = packed(pl.DataFrame(ROWS))


def test_the_same_events_come_from_parquet_as_from_csv() -> None:
    found = sources.read(SOUND, "e.parquet", "parquet")
    assert len(found.drafts) == 2
    assert [draft.members for draft in found.drafts] == [
        draft.members for draft in sources.read(written(SHIFT), "e.csv", "csv").drafts
    ]


def test_values_are_text_that_somebody_would_write() -> None:
    frame = pl.DataFrame(
        {"n": [2**60], "d": [Decimal("1.50")], "t": [datetime(2026, 3, 1, 8, tzinfo=UTC)], "f": [0.1 + 0.2]}
    )
    rows = list(parquet.read(packed(frame), "e.parquet", Faults("e.parquet")))
    assert rows[1].cells == [str(2**60), "1.50", "2026-03-01T08:00:00+00:00", "0.3"]


def test_a_cell_that_is_no_value_spoils_its_row() -> None:
    faults = Faults("e.parquet")
    list(parquet.read(packed(pl.DataFrame({"a": [[1]], "b": [b"x"], "c": ["x" * 10_001]})), "e.parquet", faults))
    assert [error.field for error in faults.errors] == ["a", "b", "c"]
    assert faults.spoilt == {2}


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FormatError, match="501 columns"):
        list(parquet.read(packed(pl.DataFrame({f"c{n}": [1] for n in range(501)})), "e", Faults("e")))
    with pytest.raises(FormatError, match="no rows"):
        list(parquet.read(packed(pl.DataFrame({"a": []})), "e", Faults("e")))
    monkeypatch.setattr(parquet, "MAX_ROWS", 2)
    with pytest.raises(FormatError, match="more than 2 rows"):
        list(parquet.read(packed(pl.DataFrame({"a": [1, 2, 3]})), "e", Faults("e")))
    monkeypatch.setattr(parquet, "MAX_BYTES", 2)
    with pytest.raises(FormatError, match="2 are the most"):
        list(parquet.read(SOUND, "e", Faults("e")))


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r"monazite\[bulk\]"):
        list(parquet.read(SOUND, "e", Faults("e")))


@pytest.mark.uncounted
@settings(max_examples=trials(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(SOUND)), st.binary(max_size=12))
def test_no_bytes_make_the_reader_do_anything_but_answer_or_refuse(at: int, junk: bytes) -> None:
    try:
        found = sources.read(SOUND[:at] + junk + SOUND[at + len(junk) :], "e.parquet", "parquet")
    except InputError:
        return
    assert len(found.drafts) <= len(ROWS)


def test_a_damaged_file_writes_nothing_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    refused = 0
    for place in range(4, len(SOUND), 11):
        data = bytearray(SOUND)
        data[place] ^= 0xFF
        try:
            sources.read(bytes(data), "e.parquet", "parquet")
        except InputError:
            refused += 1
    assert refused
    assert capfd.readouterr().err == ""
