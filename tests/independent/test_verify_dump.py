"""The verifier that follows docs/format.md alone agrees with `ledger.verify`, on sound ledgers and on broken ones."""

from __future__ import annotations

import ast
import base64
import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ledger.store.sql import SqliteStore
from ledger.verify import verify
from tests.independent import verify_dump
from tests.independent.agreement import agree
from tests.independent.ledgers import LOG, Dump, recorded, resealed, stamp
from tests.trials import some

pytestmark = pytest.mark.uncounted  # many times the same lines, which other tests count

SCRIPT = Path(verify_dump.__file__)
MAX_LINES = 250


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    return recorded(tmp_path_factory.mktemp("ledger") / "good.db")


def test_a_recorded_ledger_is_sound_to_both(good: Dump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recorded(tmp_path / "again.db") == good
    store = SqliteStore(tmp_path / "again.db")
    verdict = verify(store, LOG.vkey)
    store.close()
    assert verdict.verdict == "clean"
    kinds = {json.loads(event)["type"] for _entry, events in good.entries for event in events}
    assert kinds == set(verify_dump.TYPES.split()) - {"recover", "declare"}
    assert agree(good, monkeypatch) == "ok"
    assert agree(stamp(good, 4), monkeypatch) == "ok"
    assert agree(stamp(good, 3), monkeypatch) == "SEAL-MAP-LAST"
    assert agree(stamp(good, 1), monkeypatch) == "ok"  # as a ledger was before there were maps


# Mutations: each class changes one place, chosen at random from a seed.
Mutation = Callable[[random.Random, Dump], Dump]


def with_entry(dump: Dump, number: int, data: bytes, events: list[bytes] | None = None) -> Dump:
    entries = [*dump.entries]
    entries[number] = data, entries[number][1] if events is None else events
    return replace(dump, entries=entries)


def with_events(rng: random.Random, dump: Dump) -> tuple[int, bytes, list[bytes]]:
    """One of the entries that hold a submission."""
    number = rng.choice([at for at, (_data, events) in enumerate(dump.entries) if events])
    return number, *dump.entries[number]


def flipped(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def longer(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.randrange(32, 127)]) + data[at:]


def shorter(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + 1 :]


def in_entry(change: Callable[[random.Random, bytes], bytes]) -> Mutation:
    def mutate(rng: random.Random, dump: Dump) -> Dump:
        number = rng.randrange(len(dump.entries))
        return with_entry(dump, number, change(rng, dump.entries[number][0]))

    return mutate


def in_line(line: int) -> Mutation:
    """A byte of one line of an entry: every field of it has its line."""

    def mutate(rng: random.Random, dump: Dump) -> Dump:
        number = rng.randrange(len(dump.entries))
        lines = dump.entries[number][0].split(b"\n")
        at = line % len(lines)  # a map entry has fewer
        lines[at] = flipped(rng, lines[at] or b"\n")
        return with_entry(dump, number, b"\n".join(lines))

    return mutate


def in_event(change: Callable[[random.Random, bytes], bytes]) -> Mutation:
    def mutate(rng: random.Random, dump: Dump) -> Dump:
        number, data, events = with_events(rng, dump)
        at = rng.randrange(len(events))
        return with_entry(dump, number, data, [*events[:at], change(rng, events[at]), *events[at + 1 :]])

    return mutate


def in_checkpoint(change: Callable[[random.Random, bytes], bytes]) -> Mutation:
    return lambda rng, dump: replace(dump, checkpoint=change(rng, dump.checkpoint))


def swapped_entries(rng: random.Random, dump: Dump) -> Dump:
    entries = [*dump.entries]
    one, other = rng.sample(range(len(entries)), 2)
    entries[one], entries[other] = entries[other], entries[one]
    return replace(dump, entries=entries)


def dropped_entry(rng: random.Random, dump: Dump) -> Dump:
    number = rng.randrange(len(dump.entries))
    return replace(dump, entries=dump.entries[:number] + dump.entries[number + 1 :])


def repeated_entry(rng: random.Random, dump: Dump) -> Dump:
    number = rng.randrange(len(dump.entries))
    return replace(dump, entries=dump.entries[: number + 1] + dump.entries[number:])


def truncated(rng: random.Random, dump: Dump) -> Dump:
    """The newest entries are gone, the old checkpoint is here."""
    return replace(dump, entries=dump.entries[: rng.randrange(len(dump.entries))])


def moved_events(rng: random.Random, dump: Dump) -> Dump:
    number = rng.choice([at for at, (_data, events) in enumerate(dump.entries) if len(events) > 1])
    data, events = dump.entries[number]
    return with_entry(dump, number, data, events[1:] + events[:1])


def dropped_event(rng: random.Random, dump: Dump) -> Dump:
    number, data, events = with_events(rng, dump)
    at = rng.randrange(len(events))
    return with_entry(dump, number, data, events[:at] + events[at + 1 :])


def repeated_event(rng: random.Random, dump: Dump) -> Dump:
    number, data, events = with_events(rng, dump)
    return with_entry(dump, number, data, [*events, rng.choice(events)])


def other_signature(rng: random.Random, dump: Dump) -> Dump:
    """A signature line that is well-formed and wrong; the tree is signed anew, so that nothing else shows it."""
    number, data, _events = with_events(rng, dump)
    head, mark, encoded = data.rpartition(b" ")
    raw = base64.b64decode(encoded)
    return resealed(dump, number, head + mark + base64.b64encode(raw[:4] + flipped(rng, raw[4:])) + b"\n")


MUTATIONS: dict[str, Mutation] = {
    "entry, a bit": in_entry(flipped),
    "entry, a byte more": in_entry(longer),
    "entry, a byte less": in_entry(shorter),
    **{f"entry, line {line}": in_line(line) for line in range(10)},
    "event, a bit": in_event(flipped),
    "event, a byte more": in_event(longer),
    "event, a byte less": in_event(shorter),
    "checkpoint, a bit": in_checkpoint(flipped),
    "checkpoint, a byte more": in_checkpoint(longer),
    "checkpoint, a byte less": in_checkpoint(shorter),
    "entries swapped": swapped_entries,
    "entry dropped": dropped_entry,
    "entry repeated": repeated_entry,
    "tail truncated": truncated,
    "events moved": moved_events,
    "event dropped": dropped_event,
    "event repeated": repeated_event,
    "signature wrong": other_signature,
}


@pytest.mark.parametrize("seed", some(range(12)))
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutated_ledger_is_broken_to_both(name: str, seed: int, good: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
    mutated = MUTATIONS[name](random.Random(f"{name} {seed}"), good)  # noqa: S311  (a seed for repeatability)
    assert mutated != good
    assert agree(mutated, monkeypatch) != "ok"


def test_a_wrong_signature_shows_alone(good: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(12):
        mutated = other_signature(random.Random(seed), good)  # noqa: S311  (as above)
        assert agree(mutated, monkeypatch) == "SIGN-SIGNATURE"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"log_vkey":"x"}', "[" * 100_000, '{"log_vkey":1,"entries":{}}'])
def test_what_is_no_dump_is_a_fault(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert verify_dump.main([]) == 1
    assert capsys.readouterr().out.count("\n") == 1


def test_it_runs_alone_from_a_file_and_from_standard_input(good: Dump, tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    count = f"ok {len(good.entries)} entries {sum(len(events) for _data, events in good.entries)} events\n"
    for dump, status, words in ((good, 0, count), (stamp(good, size=99), 1, "SEAL-TRUNCATED: ")):
        file.write_text(dump.text(), encoding="utf-8")
        command = [sys.executable, "-I", str(SCRIPT)]
        named = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
        piped = subprocess.run(command, input=dump.text(), capture_output=True, text=True, check=False)
        assert named.stdout == piped.stdout
        assert named.stdout.startswith(words)
        assert named.returncode == piped.returncode == status


def test_it_is_short_and_imports_nothing_of_the_project() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MAX_LINES
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).split(".")[0])
    assert imported <= {*sys.stdlib_module_names, "cryptography"}
