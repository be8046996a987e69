"""Labels on the command line: written, read back from pictures and text, and judged against a ledger and against bundles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fixtures.bad import RECIPES
from fixtures.bad.world import LOG
from fixtures.bundles.make import FOLDER
from ledger.report.label import Label
from ledger.report.label import format as written
from tests.cli.conftest import Shell
from tests.cli.conftest import ledger as ledger  # noqa: PLC0414  (a fixture is used by its name)
from tests.cli.conftest import recorded as recorded  # noqa: PLC0414  (as above)
from tests.cli.conftest import shell as shell  # noqa: PLC0414  (as above)

ROOT = Path(__file__).resolve().parents[2]


def test_a_label_is_written_and_read_back(ledger: Shell) -> None:
    text = ledger("label", "OX").strip()
    assert text.startswith("MONAZITE:1:ledger.example/ree:")
    assert ledger.json("label", "OX")["label"] == text
    assert "ox.png written" in ledger("label", "OX", "-o", "ox.png")
    for what in (text, "ox.png", ledger.write("scanned.txt", f"{text}\r\n")):
        said = ledger("verify", "--label", what)
        assert said.startswith("MATCHES: the label's event is the newest on the lot")
        assert "NOT CHECKED: that this label is on the material" in said
        found = ledger.json("verify", "--label", what)
        assert found["holds"] is True and found["standing"] == "newest" and found["lot"] == "OX"
        assert found["verification"]["verdict"] == "clean"


def test_a_photograph_is_read(ledger: Shell) -> None:
    ledger("label", "OX", "-o", "ox.png")
    with Image.open("ox.png") as code:
        wide = Image.new("RGB", (1600, 1200), (120, 140, 90))
        wide.paste(code.convert("RGB").resize((500, 500)), (300, 400))
        wide.rotate(7, expand=True, fillcolor=(90, 90, 90)).save("photo.jpg", quality=70)
    assert "MATCHES" in ledger("verify", "--label", "photo.jpg")


def test_what_a_picture_says_beside_its_code_is_not_read(ledger: Shell) -> None:
    other = ledger("label", "ORE").strip()
    ledger("label", "OX", "-o", "ox.png")
    words = PngInfo()
    words.add_text("Comment", f"x\n{other}\n")
    with Image.open("ox.png") as code:
        code.save("said.png", pnginfo=words)
        code.convert("RGB").save("said.jpg", comment=f"x\n{other}\n".encode())
        code.convert("L").save("said.gif", comment=f"x\n{other}\n".encode())
        # The other code lies under pixels that nobody sees, and this one over white.
        ledger("label", "ORE", "-o", "ore.png")
        with Image.open("ore.png") as hidden:
            size = max(code.size, hidden.size)
            under, shown = Image.new("L", size, 255), Image.new("L", size, 255)
            under.paste(hidden.convert("L"))
            shown.paste(code.convert("L"))
        clear = Image.merge("RGBA", (under, under, under, Image.new("L", size, 0)))
        clear.save("clear.png")
        black = Image.new("L", size, 0)
        Image.merge("RGBA", (black, black, black, shown.point(lambda value: 255 - value))).save("seen.png")
    for name in ("said.png", "said.jpg", "said.gif"):
        assert other.encode() in Path(name).read_bytes()
    for name in ("said.png", "said.jpg", "said.gif", "seen.png"):
        assert ledger.json("verify", "--label", name)["lot"] == "OX", name
    ledger("verify", "--label", "clear.png", code=2)
    assert "0 labels" in ledger.err
    # Nor is text read from what begins as a picture or holds bytes that no text has.
    for head in (b"GIF89a", b"RIFF", b"\x89PNG\r\n", b"\xff\xd8", b"\0", b"\xfe"):
        Path("mixed").write_bytes(head + f"\n{other}\n".encode())
        ledger("verify", "--label", "./mixed", code=2)
        assert "nor a picture that can be read" in ledger.err


def test_the_newest_event_is_taken_and_older_labels_are_told_what_came_later(ledger: Shell) -> None:
    ledger("export", "bundle", "OX", "-o", "ox.monazite")
    history = ledger.json("lot", "history", "ORE")
    events = (
        [row["event"] for row in history["events"]] if isinstance(history, dict) else [row["event"] for row in history]
    )
    assert len(events) > 1
    assert ledger.json("label", "ORE")["event"] == events[-1]
    old = written(Label.of("ledger.example/ree", events[0], "ORE"))
    for words in (["verify"], ["verify", "ox.monazite"]):
        found = ledger.json(*words, "--label", old)
        assert found["holds"] is True and found["standing"] == "superseded"
        assert [item["event"] for item in found["later"]] == events[1:]
    assert f"[{events[-1][:12]}]" in ledger("verify", "--label", old)


def test_a_bundle_answers_as_the_ledger_does(ledger: Shell) -> None:
    ledger("export", "bundle", "OX", "-o", "ox.monazite")
    text = ledger("label", "OX").strip()
    assert ledger("label", "ox.monazite").strip() == text
    (ledger.folder / "monazite.db").unlink()
    assert "MATCHES" in ledger("verify", "ox.monazite", "--label", text)


def test_what_does_not_match_is_said_with_exit_code_1(ledger: Shell) -> None:
    event = ledger.json("label", "OX")["event"]
    for label, standing in (
        (Label.of("other.example/ree", event, "OX"), "other-ledger"),
        (Label.of("ledger.example/ree", "0" * 64, "OX"), "unknown-event"),
        (Label.of("ledger.example/ree", event, "NO-SUCH-LOT"), "unknown-lot"),
        (Label.of("ledger.example/ree", event, "ORE"), "other-lot"),
    ):
        found = ledger.json("verify", "--label", written(label), code=1)
        assert (found["holds"], found["standing"]) == (False, standing)
        assert ledger("verify", "--label", written(label), code=1).startswith("DOES NOT MATCH")


def test_a_bundle_says_nothing_good_of_a_lot_that_it_does_not_hold_whole(shell: Shell) -> None:
    words = [str(FOLDER / "good" / "ore.monazite"), "--trust", str(LOG.vkey)]
    path = str(FOLDER / "good" / "oxide.monazite")
    event = shell.json("lot", "history", path, "--trust", str(LOG.vkey))[-1]["event"]
    label = written(Label.of(LOG.name, event, "ox-1"))
    assert "MATCHES" in shell("verify", path, "--trust", str(LOG.vkey), "--label", label)
    found = shell.json("verify", *words, "--label", label, code=1)
    assert found["holds"] is False and "lot's own bundle" in (found["gap"] or found["says"])
    shell("verify", *words, "--label", label, code=1)


def test_a_ledger_with_errors_vouches_for_no_label(shell: Shell) -> None:
    RECIPES["CUST-OVERDRAWN"].build(shell.folder / "bad.db")
    words = ["--ledger", "bad.db", "--trust", str(LOG.vkey)]
    text = shell("label", "ox-1", *words, code=1).strip()
    assert "findings of severity error" in shell.err
    said = shell("verify", *words, "--label", text, code=1)
    assert said.startswith("NOT TO BE RELIED ON") and "findings of severity error" in said


def test_what_cannot_be_read_is_bad_input(ledger: Shell) -> None:
    ledger("label", "OX", "-o", "ox.svg")
    Image.new("L", (50, 50), 255).save(ledger.folder / "white.png")
    ledger.write("notes.txt", "no label here")
    for what, said in (
        ("ox.svg", "drawn, not scanned"),
        ("white.png", "0 labels"),
        ("notes.txt", "neither"),
        ("nowhere.png", "No such file"),
        ("garbage", "neither a label's text, which begins with MONAZITE:, nor a file"),
        ("MONAZITE:1:half", "scanned whole"),
    ):
        ledger("verify", "--label", what, code=2)
        assert said in ledger.err
    ledger("label", "OX", "-o", "ox.gif", code=2)
    assert ".svg, .png, .pdf" in ledger.err
    ledger("verify", "--label", "x", "--lot", "OX", code=2)
    ledger("label", "NO-SUCH-LOT", code=2)


def test_a_stranger_without_the_key_is_told_so(ledger: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ledger("label", "OX").strip()
    ledger("export", "bundle", "OX", "-o", "ox.monazite")
    monkeypatch.setenv("MONAZITE_STATE", str(ledger.folder / "elsewhere"))
    monkeypatch.setenv("MONAZITE_KEYS", str(ledger.folder / "no-keys"))
    found = ledger.json("verify", "ox.monazite", "--label", text, code=3)
    assert found["verdict"] == "could-not-verify"


def test_standard_input_is_a_scanner(ledger: Shell) -> None:
    text = ledger("label", "OX").strip()
    command = [sys.executable, "-m", "cli.main", "verify", "--label", "-"]
    done = subprocess.run(
        command, input=f"{text}\n", capture_output=True, text=True, check=False, env=_environment(), cwd=ledger.folder
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("MATCHES")


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_pdf_is_the_same_every_time(ledger: Shell) -> None:
    import pypdf

    for name in ("one.pdf", "two.pdf"):
        ledger("label", "OX", "-o", name)
    assert Path("one.pdf").read_bytes() == Path("two.pdf").read_bytes()
    (page,) = pypdf.PdfReader("one.pdf").pages
    assert (round(float(page.mediabox.width) / 72 * 25.4), round(float(page.mediabox.height) / 72 * 25.4)) == (100, 50)
    assert "OX" in page.extract_text()


@pytest.mark.parametrize("module", ["weasyprint", "zxingcpp"])
def test_a_missing_extra_is_named(ledger: Shell, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    ledger("label", "OX", "-o", "ox.png")
    monkeypatch.setitem(sys.modules, module, None)
    if module == "weasyprint":
        ledger("label", "OX", "-o", "ox.pdf", code=2)
        assert "monazite[pdf]" in ledger.err
    else:
        ledger("verify", "--label", "ox.png", code=2)
        assert "monazite[scan]" in ledger.err
