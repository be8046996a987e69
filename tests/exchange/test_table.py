"""Bytes to rows: encodings, line ends, quotes and bounds, each error with its true line."""

from __future__ import annotations

import pytest

from ledger.errors import FormatError
from ledger.exchange import table
from ledger.exchange.table import read


def rows(data: bytes) -> list[tuple[int, list[str]]]:
    return [(row.line, row.cells) for row in read(data, "t.csv")]


def refusal(data: bytes) -> tuple[int | None, str]:
    with pytest.raises(FormatError) as caught:
        rows(data)
    assert caught.value.file == "t.csv"
    return caught.value.line, caught.value.message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_line_end_and_mark_reads_alike(end: str, mark: bytes) -> None:
    data = mark + end.join(["a,b", "", '1,"x', 'y"', ' , "', '3,"a""b, c"', "µ,é"]).replace(' , "', " , ").encode()
    # A row of nothing but spaces is no row; a line end within quotes is a line feed.
    assert rows(data) == [(1, ["a", "b"]), (3, ["1", "x\ny"]), (6, ["3", 'a"b, c']), (7, ["µ", "é"])]


def test_other_separators_of_lines_are_text() -> None:
    assert rows("a,b\n1,x\u2028y\x0bz\n2,\x85".encode())[1:] == [(2, ["1", "x\u2028y\x0bz"]), (3, ["2", "\x85"])]


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        ("a,b\n1,2\n".encode("utf-16"), 1, "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-be"), 1, "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), 1, "UTF-16"),
        ("a,b\n1,2\n".encode("utf-32"), 1, "UTF-16"),
        ("a,b\r\n1,2\r\n3,é\r\n".encode("latin-1"), 3, "byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("a,b\r1,2\r3,ü".encode("cp1252"), 3, "save the file as UTF-8"),
        (b"a,b\n1,\xed\xa0\x80\n", 2, "not UTF-8"),
        (b"a,b\n1,2\n3,\x00\n", 3, "NUL"),
        (b"", 1, "empty"),
        (b"\n , \n\n", 1, "empty"),
        (b"\xef\xbb\xbf", 1, "empty"),
        (b"a;b;c\n1;2;3\n", 1, "separated by semicolons; save the file with commas"),
        (b'\n\n"a";"b"\n1;2\n', 3, "semicolons"),
        (b"a\tb\tc\n", 1, "tabs"),
        (b"sep=;\na;b\n", 1, "semicolons"),
        (b'a,b\n1,"2\n3,4\n', 2, "opens here and is never closed"),
        (b'a,b\n"x\ny","z\n3,4\n', 3, "never closed"),
        (b'a,b\r"x\r\ry",q"q,"z\r', 4, "never closed"),
        (b'a,"', 1, "never closed"),
        (b'a,b\n1,"x"y\n', 2, "begins on line 2"),
        (b'a,b\n1,"x\n\n"y\n', 4, "begins on line 2"),
        (b"a,b\n1," + b"x" * 10_001, 2, "more than 10000 characters"),
        (b"a,b\n1," + b"x" * 200_000, 2, "more than 10000 characters"),
        (b'a,b\n\n1,"' + b"x\n" * 200_000, 3, "never closed"),
        (b"," * 500, 1, "empty"),
        (b"a" + b"," * 500, 1, "501 columns; 500 are the most"),
    ],
)
def test_what_is_no_such_table_says_where(data: bytes, line: int, words: str) -> None:
    found, message = refusal(data)
    assert found == line
    assert words in message


def test_bounds_on_size_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_ROWS", 2)
    assert len(rows(b"a\n1\n\n2\n")) == 3
    assert refusal(b"a\n1\n\n2\n3\n") == (5, "more than 2 rows; split the file")
    monkeypatch.setattr(table, "MAX_BYTES", 3)
    assert rows(b"a\n1") == [(1, ["a"]), (2, ["1"])]
    assert refusal(b"a\n1\n") == (None, "4 bytes; 3 are the most: split the file")


def test_the_longest_cell_and_the_widest_row_pass() -> None:
    wide = b",".join([b"x"] * 500)
    assert len(rows(wide)[0][1]) == 500
    assert rows(b"a\n" + b"x" * 10_000)[1][1] == ["x" * 10_000]
