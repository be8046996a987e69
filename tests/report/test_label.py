"""The text of a label reads in one way only, and what it says of a lot is what the ledger says."""

from __future__ import annotations

import io
import re
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fixtures.bad.world import LOG, World
from ledger.errors import FormatError
from ledger.model.text import LOT_PATTERN
from ledger.report import sticker
from ledger.report.label import MAX_LOT, MAX_TEXT, Label, found, key_of, newest, parse, spelled, stand
from ledger.report.label import format as written
from ledger.report.sticker import Words, clean, cut
from ledger.rules.history import History
from ledger.verify import verify

HASH = "0123456789abcdef" * 4
LOTS = st.one_of(
    st.text(st.sampled_from(string.ascii_letters + string.digits + "-._~:/%=+ #"), min_size=1, max_size=128),
    st.text(min_size=1, max_size=128),
).filter(lambda text: re.match(LOT_PATTERN, text) is not None)
ORIGINS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}(/[A-Za-z0-9._-]{1,20}){0,3}", fullmatch=True)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
HOSTILE = Words(
    lot="<script>alert(1)</script>" * 9, form="磁石" * 60, mass="e\u0301\u0302\u0303" * 90, made_at="\u202e\u2066evil\u0000\ud800\uffff" * 9,
    country="&lt;&amp;]]>", date='"><svg onload=x>', ledger="x" * 128,
)  # fmt: skip


@given(ORIGINS, HASHES, LOTS)
def test_a_label_comes_back_as_it_was(ledger: str, event: str, lot: str) -> None:
    made = Label.of(ledger, event, lot)
    text = written(made)
    assert parse(text) == made == found(f"  {text}\r\n")
    assert text.isascii() and text.isprintable() and " " not in text
    assert text.count(":") == 4
    assert len(text) <= MAX_TEXT == 333
    assert made.key == key_of(lot)
    assert made.lot == (lot if len(spelled(lot)) <= MAX_LOT else "")


@given(ORIGINS, HASHES, LOTS, st.integers(0, 400), st.sampled_from(string.printable + "\u0130é"))
def test_any_text_has_one_reading(ledger: str, event: str, lot: str, place: int, char: str) -> None:
    """A changed text is refused, or says something else: no two texts say the same."""
    text = written(Label.of(ledger, event, lot))
    at = place % len(text)
    changed = text[:at] + char + text[at + 1 :]
    try:
        read = parse(changed)
    except FormatError:
        return
    assert written(read) == changed
    assert (read == parse(text)) == (changed == text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    for tried in (text, f"MONAZITE:{text}", f"MONAZITE:1:{text}", f"MONAZITE:1:a:{HASH}:{text}"):
        with suppress(FormatError):
            assert written(parse(tried)) == tried


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", None),
        ("https://example.com/", None),
        (f"monazite:1:a:{HASH}:L", None),
        (f"MONAZITE:2:a:{HASH}:L", "version"),
        (f"MONAZITE:1:a:{HASH}", None),
        (f"MONAZITE:1:a:{HASH}:L:M", None),
        (f"MONAZITE:1:a b:{HASH}:L", "ledger"),
        (f"MONAZITE:1:{'a' * 260}:{HASH}:L", None),
        (f"MONAZITE:1:{'a' * 64}:{HASH}:L", "ledger"),
        (f"MONAZITE:1:{'/'.join(['a' * 60] * 3)}:{HASH}:L", "ledger"),
        (f"MONAZITE:1:a:{HASH.upper()}:L", "event"),
        (f"MONAZITE:1:a:{HASH[1:]}:L", "event"),
        (f"MONAZITE:1:a:{HASH}:", "lot"),
        (f"MONAZITE:1:a:{HASH}:L%2d", "lot"),
        (f"MONAZITE:1:a:{HASH}:L%2D", "lot"),
        (f"MONAZITE:1:a:{HASH}:L%C3", "lot"),
        (f"MONAZITE:1:a:{HASH}:%20L", "lot"),
        (f"MONAZITE:1:a:{HASH}:L%E2%80%AE", "lot"),
        (f"MONAZITE:1:a:{HASH}:=L", "lot"),
        (f"MONAZITE:1:a:{HASH}:L\n", "lot"),
    ],
)
def test_what_is_no_label_is_refused_with_the_part_at_fault(text: str, field: str | None) -> None:
    with pytest.raises(FormatError) as caught:
        parse(text)
    assert caught.value.field == field


def test_several_labels_are_no_answer() -> None:
    one, other = (written(Label.of("a", HASH, lot)) for lot in ("L", "M"))
    assert found(f"{one}\nsome words\n{one}\n").lot == "L"
    for text in (f"{one}\n{other}", "nothing"):
        with pytest.raises(FormatError, match="in place of one"):
            found(text)


def scanned(data: bytes) -> list[str]:
    with Image.open(io.BytesIO(data)) as picture:
        return [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))]


@pytest.mark.parametrize("lot", ["L", "MTW-2025-MAGNET", "磁石 7/ä%:=", "x" * 128, "磁" * 128])
def test_the_code_is_read_by_another_program(lot: str) -> None:
    made = Label.of("ledger.example/" + "r" * 40, HASH, lot)
    data = sticker.png(made)
    assert scanned(data) == [written(made)]
    assert found(scanned(data)[0]) == made
    assert sticker.png(made) == data


def drawn(text: str) -> bytes:
    """The code's path of a drawn label as a picture, each module some pixels wide."""
    (path,) = re.findall(r'<path [^>]*d="([^"]+)"', text)
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path)]
    assert "".join(f"M{x} {y}h{n}v1h-{n}z" for x, y, n in runs) == path
    size = max(x + n for x, _y, n in runs) + 8
    picture = Image.new("L", (size, size), 255)
    for x, y, n in runs:
        for step in range(n):
            picture.putpixel((x + step + 4, y + 4), 0)
    out = io.BytesIO()
    picture.resize((size * 6, size * 6), Image.Resampling.NEAREST).save(out, format="PNG")
    return out.getvalue()


@pytest.mark.parametrize("lot", ["MTW-2025-MAGNET", "磁" * 128])
def test_the_drawn_code_is_the_same(lot: str) -> None:
    made = Label.of("ledger.example/ree", HASH, lot)
    assert scanned(drawn(sticker.svg(made, HOSTILE))) == [written(made)]


def test_hostile_words_stay_words() -> None:
    made = Label.of("ledger.example/ree", HASH, "L")
    text = sticker.svg(made, HOSTILE)
    tree = ET.fromstring(text)  # noqa: S314  (our own text)
    assert {element.tag.rpartition("}")[2] for element in tree.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "path",
        "g",
        "text",
    }
    words = [element.text or "" for element in tree.iter() if element.tag.endswith("}text")]
    assert all(len(word) <= 64 for word in words)
    assert HASH[:32] in words and HASH[32:] in words
    assert not re.search("[\u202e\u2066\x00\uffff]", text)
    assert any(word.endswith("…") for word in words)
    assert sticker.svg(made, HOSTILE) == text


@given(st.text(max_size=80), st.integers(2, 20), st.integers(1, 4))
def test_words_are_cut_to_the_place_there_is(text: str, cells: int, lines: int) -> None:
    rows = cut(text, cells, lines)
    assert 1 <= len(rows) <= lines
    whole = "".join(rows)
    assert len(whole) <= 2 * cells * lines
    if text.isascii() and text.isprintable():
        assert all(len(row) <= cells for row in rows)
        assert whole == text if len(text) <= cells * lines else whole.endswith("…")
    assert clean(whole) == whole


def test_words_that_fit_are_whole() -> None:
    assert cut("abcdef", 6) == ["abcdef"]
    assert cut("abcdefg", 6) == ["abcde…"]
    assert cut("磁石磁", 5) == ["磁石…"]
    assert cut("abcdefg", 4, 2) == ["abcd", "efg"]
    assert cut("", 4) == [""]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.good(tmp_path_factory.mktemp("label") / "ledger.db")
    yield made
    made.close()


def history(world: World) -> History:
    verdict = verify(world.store, LOG.vkey)
    assert verdict.verdict == "clean"
    return verdict.history


def test_how_a_label_stands(world: World) -> None:
    past = history(world)
    lot = past.lots["ore-1"]
    head, first = lot.head, lot.born.hash
    assert head != first
    assert newest(lot, past) == lot.facts[-1]
    told = stand(Label.of(LOG.name, head, "ore-1"), LOG.name, past)
    assert (told.kind, told.holds, told.later) == ("newest", True, ())
    told = stand(Label.of(LOG.name, first, "ore-1"), LOG.name, past)
    assert (told.kind, told.holds) == ("superseded", True)
    assert [fact.hash for fact in told.later] == [fact.hash for fact in lot.facts[1:]]
    assert told.later[-1].hash == head
    for label, kind in (
        (Label.of("other.example/ree", head, "ore-1"), "other-ledger"),
        (Label.of(LOG.name, HASH, "ore-1"), "unknown-event"),
        (Label.of(LOG.name, head, "ore-2"), "unknown-lot"),
        (Label.of(LOG.name, past.lots["ox-1"].born.hash, "ore-1"), "other-lot"),
        (Label(LOG.name, head, "", key_of("ore-1")), "unknown-lot"),  # a short lot is never named by its key
    ):
        told = stand(label, LOG.name, past)
        assert (told.kind, told.holds) == (kind, False), kind


def test_a_label_of_what_was_retracted_does_not_hold(tmp_path: Path) -> None:
    world = World.good(tmp_path / "ledger.db")
    try:
        composition = {"Nd2O3": {"ppb": 994_000_000, "u_ppb": 3_000_000}}
        world.say("assay", "lab", lot="ox-1", composition=composition)
        before = history(world)
        lot = before.lots["ox-1"]
        made, assayed = (Label.of(LOG.name, digest, "ox-1") for digest in (lot.born.hash, lot.head))
        assert stand(made, LOG.name, before).kind == "superseded"
        world.say("retract", "lab", target=lot.head, reason="a slip of the pen")
        after = verify(world.store, LOG.vkey).history
        assert stand(assayed, LOG.name, after).kind == "withdrawn"
        told = stand(made, LOG.name, after)
        assert told.kind == "superseded" and told.later[-1].event.type == "retract"
        assert assayed.event not in {fact.hash for fact in told.later}
        again = newest(after.lots["ox-1"], after)
        assert again is not None and again.event.type == "retract"
        world.say("retract", lot.born.event.actor, target=lot.born.hash, reason="another")
        last = verify(world.store, LOG.vkey).history
        told = stand(made, LOG.name, last)
    finally:
        world.close()
    assert (told.kind, told.holds) == ("withdrawn", False)
    assert newest(last.lots["ox-1"], last) is None


def test_words_of_a_lot(world: World) -> None:
    past = history(world)
    said = sticker.words(past.lots["ore-1"], past, LOG.name)
    assert said.lot == "ore-1" and said.form == "ore" and said.country == "AU" and said.ledger == LOG.name
    assert "left of" in said.mass and re.fullmatch(r"\d{4}-\d\d-\d\d", said.date)
    assert "(pit)" in said.made_at
