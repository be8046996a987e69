"""docs/format.md says what the code does: its example, its tables, its words, its codes."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from ledger import verify as verification
from ledger.bundle.format import Bundle, BundledEntry, BundledEvent, BundledFile, MapSubject
from ledger.model.events import EVENT_TYPES, Event
from ledger.rules.catalogue import CATALOGUE
from ledger.seal import prefix, trust
from ledger.seal.keys import SigningKey
from ledger.store.sql import SqliteStore
from tests.docs import example, tables
from tests.independent import verify_dump, verify_from_format

TEXT = example.DOCUMENT.read_text(encoding="utf-8")
BLOCKS: dict[str, str] = dict(example.BLOCK.findall(TEXT))
CODE = re.compile(r"`((?:SEAL|SIGN|CUST|TIME|MASS|COMP|ORIG|DATA)-[A-Z-]+)`")


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return example.example()


def section(heading: str) -> str:
    """The text under a heading, up to the next heading."""
    _before, found, after = TEXT.partition(f"\n{heading}\n")
    assert found, heading
    return re.split(r"^#", after, maxsplit=1, flags=re.MULTILINE)[0]


def test_every_block_is_what_the_code_produces(made: dict[str, str]) -> None:
    assert made == BLOCKS
    assert example.rendered(TEXT, made) == TEXT


def test_every_fenced_block_is_a_block_of_the_example(made: dict[str, str]) -> None:
    assert re.findall(r"^```.+$", TEXT, re.MULTILINE) == [f"```text {name}" for name in BLOCKS]
    assert TEXT.count("```") == 2 * len(made)


def test_a_changed_block_would_be_noticed(made: dict[str, str]) -> None:
    for name, block in made.items():
        changed = TEXT.replace(block, block[:-2] + chr(ord(block[-2]) ^ 1) + "\n", 1)
        assert changed != TEXT
        assert example.rendered(changed, made) == TEXT, name


def test_the_document_is_enough_to_verify_the_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stranger's verifier reads the document's own bytes."""
    dump: dict[str, Any] = {
        "log_vkey": BLOCKS["vkeys"].splitlines()[0],
        "checkpoint": BLOCKS["checkpoint"],
        "entries": [{"entry": BLOCKS[f"entry-{number}"], "events": list(events(number))} for number in range(3)],
    }
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(dump)))
    assert verify_dump.main([]) == 0
    assert capsys.readouterr().out == "ok 3 entries 4 events\n"
    whole: dict[str, Any] = {"checkpoint": BLOCKS["checkpoint-of-the-map"]}
    whole["entries"] = [*dump["entries"], {"entry": BLOCKS["entry-3"], "events": []}]
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(dump | whole)))
    assert verify_dump.main([]) == 0
    assert capsys.readouterr().out == "ok 4 entries 4 events\n"


def test_the_printed_proofs_lead_to_the_printed_root() -> None:
    root = bytes.fromhex(BLOCKS["map-root"])
    lines = [line.rsplit(" ", 3) for line in BLOCKS["map"].splitlines()]  # a name may have spaces
    values = {name: bytes.fromhex(value) for name, _key, _count, value in lines}
    assert prefix.root({prefix.key_of(name): value for name, value in values.items()}) == root
    assert {name: prefix.key_of(name).hex() for name in values} == {name: key for name, key, _count, _value in lines}
    proofs = dict(line.split(" ") for line in BLOCKS["map-proofs"].splitlines())
    assert set(proofs) == set(example.SHOWN)
    for name, proof in proofs.items():
        read = prefix.decode(bytes.fromhex(proof))
        if name in values:
            prefix.verify_membership(root, prefix.key_of(name), values[name], read)
        else:
            prefix.verify_absence(root, prefix.key_of(name), read)


def test_the_bundle_is_enough_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ex.monazite"
    path.write_bytes(BLOCKS["bundle"].removesuffix("\n").encode())
    trusted = tmp_path / "log.vkey"
    trusted.write_text(BLOCKS["vkeys"].splitlines()[0] + "\n", encoding="utf-8")
    assert verify_from_format.main([str(path), str(trusted)]) == 0
    assert capsys.readouterr().out == "ok\n"


def events(entry: int) -> Iterator[str]:
    position = 0
    while f"event-{entry}.{position}" in BLOCKS:
        yield BLOCKS[f"event-{entry}.{position}"].removesuffix("\n")
        position += 1


def test_the_example_is_clean(tmp_path: Path) -> None:
    example.build(tmp_path / "example.db")
    store = SqliteStore(tmp_path / "example.db")
    verdict = verification.verify(store, trust.parse_policy(BLOCKS["policy"].encode()))
    store.close()
    assert verdict.findings == ()
    assert (verdict.size, verdict.checkpoint) == (4, BLOCKS["checkpoint-of-the-map"].encode())


def test_the_printed_seeds_give_the_printed_keys() -> None:
    seeds = dict(line.split(" ") for line in BLOCKS["seeds"].splitlines())
    keys = [SigningKey.from_seed(name, bytes.fromhex(seed)) for name, seed in seeds.items()]
    assert [str(key.vkey) for key in keys] == BLOCKS["vkeys"].splitlines()


@pytest.mark.parametrize("name", [*EVENT_TYPES, *tables.structures()])
def test_the_tables_name_every_member(name: str) -> None:
    kind = EVENT_TYPES.get(name) or tables.structures()[name]
    assert tables.ROW.findall(section(f"### {name}")) == tables.rows(kind)


def test_the_table_of_common_members() -> None:
    assert tables.ROW.findall(section("## Events")) == tables.rows(Event)


def test_the_table_of_types_says_where_a_site_is_required() -> None:
    said = re.findall(r"^\| `(\w+)` \| (optional|required) \| ", section("## Events"), re.MULTILINE)
    required = {name: "required" if kind.SITE_REQUIRED else "optional" for name, kind in EVENT_TYPES.items()}
    required["site"] = "required"  # its own id
    assert said == list(required.items())
    assert verify_dump.TYPES.split() == list(EVENT_TYPES)


def test_the_patterns_of_text() -> None:
    said = re.findall(r"^- ([a-z ]+): `(\^.+?\$)` \(", section("## Text in events"), re.MULTILINE)
    assert said == [(name, tables.pattern(kind)) for name, kind in tables.TEXTS.items()]


def test_the_words_that_stand_in_lists() -> None:
    text = section("## Text in events")
    for name, kind in tables.WORDS.items():
        if name != "work stage":
            (said,) = re.findall(rf"^- {name}: (.+?)\.$", text, re.MULTILINE)
            assert said == ", ".join(f"`{word}`" for word in get_args(kind))
    assert set(get_args(tables.WORDS["work stage"])) == set(get_args(tables.WORDS["stage"])) - {"mine", "collect"}


def test_every_code_stands_in_the_verification() -> None:
    steps = TEXT.partition("\n## Verification\n")[2].partition("\n## What a verifier remembers\n")[0]
    assert set(CODE.findall(steps)) == set(CATALOGUE)
    assert set(CODE.findall(TEXT)) == set(CATALOGUE)


def test_the_severities_of_the_rules() -> None:
    said = re.findall(r"^\| (`[^|]+`) \| (error|warning|info) \| ", section("### The rules of step 8"), re.MULTILINE)
    assert {code: severity for codes, severity in said for code in CODE.findall(codes)} == {
        code: entry.severity for code, entry in CATALOGUE.items() if code in "".join(codes for codes, _severity in said)
    }
    rules = {code for codes, _severity in said for code in CODE.findall(codes)}
    assert {code for code in CATALOGUE if not code.startswith("SEAL-")} - rules <= {
        *(
            "SIGN-BINDING",
            "SIGN-SIGNATURE",
            "SIGN-KEY-WEAK",
            "TIME-CLOCK",
            "TIME-WITNESS",
            "DATA-TAIL",
            "DATA-WITHHELD",
            "DATA-MAP",
        )
    }


def test_the_steps_are_those_of_the_verifier() -> None:
    titles = re.findall(r"^\*\*(\d)\. (.+?)\.\*\*", TEXT, re.MULTILINE)
    assert [int(number) for number, _title in titles] == list(range(1, 10))
    numbered = re.findall(r"(?:^|\s)(\d)  (\w+)", str(verification.__doc__))
    assert [int(number) for number, _word in numbered] == list(range(1, 10))


def test_the_bounds_of_a_bundles_texts() -> None:
    """The sentence under Bundle, against the types that read them."""
    said = " ".join(section("## Bundle").split())
    short = {(kind, name) for kind, name in BOUNDED if _bounds(kind, name) == (1, 1000)}
    assert short == {(Bundle, "ledger"), (Bundle, "lot"), (BundledFile, "name"), (MapSubject, "subject")}
    others = {name: _bounds(kind, name) for kind, name in BOUNDED if (kind, name) not in short}
    assert others == {"checkpoint": (1, 1_000_000), "entry": (1, 65_535), "event": (2, 1_048_576)}
    assert "`ledger`, `lot`, `name` and `subject` have 1 to 1,000, " in said
    told = (f"`{name}` {least} to {most:,}" for name, (least, most) in others.items())
    assert all(one in said for one in told)


BOUNDED = [
    (Bundle, "ledger"),
    (Bundle, "lot"),
    (Bundle, "checkpoint"),
    (BundledEntry, "entry"),
    (BundledEvent, "event"),
    (BundledFile, "name"),
    (MapSubject, "subject"),
]


def _bounds(kind: type, member: str) -> tuple[int, int]:
    told = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"][member]
    return told["minLength"], told["maxLength"]
