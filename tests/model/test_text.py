from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.text import (
    AnyId,
    Day,
    HexHash,
    Instant,
    Line,
    LotId,
    Origin,
    Prose,
    Ref,
    Vkey,
    check_nfc,
    instant,
)
from tests import strategies as say

# What a reader cannot see, or what moves what a reader sees.
HIDDEN = {
    "null": "\x00",
    "tab": "\t",
    "carriage return": "\r",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\x85",
    "soft hyphen": "\xad",
    "combining grapheme joiner": "\u034f",
    "arabic letter mark": "\u061c",
    "hangul filler": "\u3164",
    "mongolian vowel separator": "\u180e",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "left-to-right mark": "\u200e",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right-to-left override": "\u202e",
    "word joiner": "\u2060",
    "first strong isolate": "\u2068",
    "pop directional isolate": "\u2069",
    "variation selector": "\ufe0f",
    "byte order mark": "\ufeff",
    "interlinear annotation": "\ufff9",
    "replacement character": "\ufffd",
    "tag a": "\U000e0061",
}
TEXTS = {"lot": LotId, "ref": Ref, "line": Line, "prose": Prose}


def accepts(kind: Any, text: str) -> bool:
    try:
        msgspec.convert(text, type=kind)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_nothing_hidden_stands_anywhere_in_a_text(kind: Any, hidden: str) -> None:
    assert accepts(kind, "ab")
    for text in (f"a{hidden}b", f"{hidden}ab", f"ab{hidden}", hidden):
        assert not accepts(kind, text)


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_nothing_hidden_stands_in_an_id(hidden: str) -> None:
    for text in (f"a{hidden}b", f"ab{hidden}"):
        assert not accepts(AnyId, text)
        assert not accepts(Origin, text)


@pytest.mark.parametrize("kind", [LotId, Ref, Line, AnyId, Origin, HexHash, Vkey, Instant, Day])
def test_a_final_newline_is_part_of_no_text_but_prose(kind: Any) -> None:
    good = {
        HexHash: "0" * 64,
        Vkey: say._vkey("lynas", 0),
        Instant: "2026-03-01T08:30:00Z",
        Day: "2026-03-01",
    }.get(kind, "lot-1")
    assert accepts(kind, good)
    assert not accepts(kind, good + "\n")
    assert not accepts(kind, "\n" + good)
    assert not accepts(kind, good + "\nx")


def test_prose_has_line_feeds_and_no_other_control() -> None:
    assert accepts(Prose, "one\ntwo\n")
    assert not accepts(Prose, "one\r\ntwo")
    assert accepts(Prose, "x" * 4000)
    assert not accepts(Prose, "x" * 4001)
    assert not accepts(Prose, "")


@pytest.mark.parametrize("space", [" ", "\xa0", "\u3000", "\u2003"])
def test_a_lot_has_spaces_inside_and_none_at_its_ends(space: str) -> None:
    assert accepts(LotId, f"a{space}b")
    for text in (f"{space}a", f"a{space}", space):
        assert not accepts(LotId, text)
        assert not accepts(Ref, text)


def test_lengths_are_counted_in_characters() -> None:
    assert accepts(LotId, "\u78c1" * 128)
    assert not accepts(LotId, "\u78c1" * 129)
    assert not accepts(LotId, "")
    assert accepts(AnyId, "a" * 64)
    assert not accepts(AnyId, "a" * 65)
    assert accepts(Line, "\U0001f9f2" * 200)
    assert not accepts(Line, "x" * 201)


@pytest.mark.parametrize("text", ["", "A", "-a", ".a", "_a", "a b", "a/b", "\u00e4", "\u0430", "a\u0660", "aA"])
def test_ids_are_plain(text: str) -> None:
    assert not accepts(AnyId, text)


@pytest.mark.parametrize("text", ["a", "0", "a.b-c_d", "9lives"])
def test_ids(text: str) -> None:
    assert accepts(AnyId, text)


@pytest.mark.parametrize("text", ["", "/a", "a/", "a//b", "a b", "https://a", "a+b", "a/" * 8 + "a/b", "-a", "\u00e4"])
def test_other_names_of_ledgers(text: str) -> None:
    assert not accepts(Origin, text)


@pytest.mark.parametrize("text", ["a", "ledger.example/ree/2026", "A/b/c/d/e/f/g/h"])
def test_names_of_ledgers(text: str) -> None:
    assert accepts(Origin, text)


@given(say.lots())
def test_the_strategy_for_lots_is_within_the_model(text: str) -> None:
    assert accepts(LotId, text)
    check_nfc(text)


@given(st.text(st.characters(codec="utf-8"), max_size=6))
def test_nfc_is_what_unicodedata_says(text: str) -> None:
    if unicodedata.normalize("NFC", text) == text:
        check_nfc(text)
    else:
        with pytest.raises(ValueError, match="normalization form C"):
            check_nfc(text)


def test_two_spellings_of_one_name_are_not_two_lots() -> None:
    check_nfc("Gr\u00fcn")
    for text in ("Gru\u0308n", "\u212b", "\u1100\u1161"):
        with pytest.raises(ValueError, match="normalization form C"):
            check_nfc(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T08:30:00",
        "2026-03-01 08:30:00Z",
        "2026-03-01T08:30:00z",
        "2026-03-01t08:30:00Z",
        "2026-03-01T08:30Z",
        "2026-03-01T08:30:00.Z",
        "2026-03-01T08:30:00.1234567Z",
        "2026-03-01T08:30:00,5Z",
        "2026-03-01T08:30:60Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T08:30:00+0800",
        "2026-03-01T08:30:00+08",
        "2026-03-01T08:30:00+24:00",
        "2026-W09-7T08:30:00Z",
        "20260301T083000Z",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "\u0662026-03-01T08:30:00Z",
    ],
)
def test_the_shape_of_other_times_is_refused(text: str) -> None:
    assert not accepts(Instant, text)


@pytest.mark.parametrize(
    "text", ["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-04-31T00:00:00Z"]
)
def test_days_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="day|month"):
        instant(text)


@pytest.mark.parametrize("text", ["2026-03-01T08:30:00-00:00", "2026-03-01T08:30:00.5-00:00"])
def test_an_unknown_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="means unknown"):
        instant(text)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its offset"):
        instant("2026-03-01T08:30:00")


@given(say.instants())
def test_a_time_has_its_offset(text: str) -> None:
    assert accepts(Instant, text)
    assert instant(text).utcoffset() is not None


def test_one_moment_has_many_spellings() -> None:
    moment = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    for text in ("2026-03-01T08:30:00+08:00", "2026-03-01T00:30:00Z", "2026-02-28T19:30:00-05:00"):
        assert instant(text) == moment


@pytest.mark.parametrize("kind", TEXTS.values(), ids=TEXTS)
def test_a_lone_surrogate_is_no_text(kind: Any) -> None:
    assert not accepts(kind, "a\ud800b")
