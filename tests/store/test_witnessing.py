"""A witness's memory and keys on a disk: two processes at once, killed ones, and what is damaged or gone."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.errors import ConflictError, FormatError, KeyStoreError, NotCosignedError, StoreError, UsageError
from ledger.seal import merkle, note, pkcs8, witness
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey
from ledger.store import files
from ledger.store.cosigners import CosignerStore
from ledger.store.witnessing import WitnessMemory
from ledger.witnessing import cosign
from tests.store.witness import KEY, LOG, NOW, ask, leaves

ROOT = Path(__file__).parents[2]
HISTORY = leaves("a")


@pytest.fixture
def memory(tmp_path: Path) -> WitnessMemory:
    made = WitnessMemory(tmp_path, KEY.name)
    assert made.know(LOG.vkey)
    return made


@contextmanager
def process(memory: WitnessMemory, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.store.witness", str(memory.folder.parent), *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert heard(running) == "ready"
            yield running
        finally:
            running.kill()


def heard(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def tell(running: subprocess.Popen[str], line: str) -> None:
    assert running.stdin is not None
    running.stdin.write(line + "\n")
    running.stdin.flush()


def test_two_processes_never_cosign_two_histories(memory: WitnessMemory) -> None:
    with process(memory, "race", 30, "a") as one, process(memory, "race", 30, "b") as two:
        for running in (one, two):
            tell(running, "go")
        won = [json.loads(heard(running)) for running in (one, two)]
    assert sorted(map(bool, won)) == [False, True]  # whoever was first has all
    (which,) = [name for name, made in zip("ab", won, strict=True) if made]
    history = leaves(which)
    for size, root in won["ab".index(which)]:
        assert merkle.root(history[:size]).hex() == root
    assert witness.recall(memory.kept(LOG.name), [KEY.vkey]).size == 31


def test_two_processes_of_one_history_leave_the_larger_tree(memory: WitnessMemory) -> None:
    with process(memory, "race", 30, "a") as one, process(memory, "race", 25, "a") as two:
        for running in (one, two):
            tell(running, "go")
        won = [json.loads(heard(running)) for running in (one, two)]
    assert witness.recall(memory.kept(LOG.name), [KEY.vkey]).size == max(size for made in won for size, _root in made)


def killed(memory: WitnessMemory, rounds: int, seed: int) -> None:
    """After every kill the state is whole, holds all that was told, and at most one answer that was not."""
    chance = random.Random(seed)  # noqa: S311  (moments, not secrets)
    ask(memory, HISTORY, 2)  # from here on the two histories differ
    with process(memory, "kill") as running:
        for _round in range(rounds):
            tell(running, f"{chance.uniform(0, 0.02):.4f}")
            told = json.loads(heard(running))
            state = witness.recall(memory.kept(LOG.name), [KEY.vkey])
            assert told
            assert state.size - int(told[-1][0]) in (0, 1)
            assert state.root == merkle.root(HISTORY[: state.size])
            with pytest.raises(NotCosignedError):
                ask(memory, leaves("b"), state.size + 1)
            assert ask(memory, HISTORY, state.size).state.size == state.size  # and it goes on
    assert {path.name for path in memory.folder.rglob("*") if path.is_file()} == {
        "logs",
        "logs.lock",
        "checkpoint",
        "checkpoint.lock",
    }


def test_a_killed_witness_remembers_what_it_answered(memory: WitnessMemory) -> None:
    killed(memory, 8, seed=1)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_killed_witnesses(memory: WitnessMemory, seed: int) -> None:
    killed(memory, 10, seed)


def test_the_state_is_on_the_disk_before_the_answer_is_given(
    memory: WitnessMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(memory, HISTORY, 3)
    before = memory.kept(LOG.name)

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            ask(memory, HISTORY, 5)
    assert memory.kept(LOG.name) == before
    assert ask(memory, HISTORY, 5).state.size == 5


def test_a_file_that_changes_in_spite_of_the_lock_is_not_replaced(memory: WitnessMemory) -> None:
    ask(memory, HISTORY, 3)
    with memory.turn(LOG.name) as (before, swap):
        place = memory.folder / witness.origin_hash(LOG.name) / "checkpoint"
        place.write_bytes(b"somebody else's")
        with pytest.raises(ConflictError):
            swap(before)
        assert place.read_bytes() == b"somebody else's"


def test_a_witness_that_lost_its_memory_does_not_begin_anew(memory: WitnessMemory) -> None:
    ask(memory, HISTORY, 3)
    place = memory.folder / witness.origin_hash(LOG.name) / "checkpoint"
    kept = place.read_bytes()
    place.write_bytes(kept.replace(b"\n3\n", b"\n4\n"))
    with pytest.raises(StoreError, match="must not go on"):
        ask(memory, HISTORY, 5)
    place.unlink()
    with pytest.raises(StoreError, match="must not begin anew"):
        ask(memory, HISTORY, 5)
    place.parent.joinpath("checkpoint.lock").unlink()
    place.parent.rmdir()
    with pytest.raises(StoreError, match="must not begin anew"):
        ask(memory, HISTORY, 5)


def test_the_file_is_what_is_served_and_verifies(memory: WitnessMemory) -> None:
    made = ask(memory, HISTORY, 3)
    kept = memory.kept(LOG.name)
    assert kept == made.state.checkpoint
    assert note.verify(note.parse(kept), [LOG.vkey])


def test_logs_are_known_by_one_key_each(memory: WitnessMemory) -> None:
    assert not memory.know(LOG.vkey)
    other = SigningKey.from_seed(LOG.name, bytes(32)).vkey
    with pytest.raises(UsageError, match="another key"):
        memory.know(other)
    second = SigningKey.from_seed("ledger.example/second", bytes(32)).vkey
    assert memory.know(second)
    assert memory.logs() == (LOG.vkey, second)
    (memory.folder / "logs").write_bytes(b"nonsense\n")
    with pytest.raises(StoreError):
        memory.logs()


def test_an_unknown_log_is_a_404_and_one_log_is_not_judged_by_another(memory: WitnessMemory) -> None:
    stranger = SigningKey.from_seed("ledger.example/stranger", bytes(32))
    with pytest.raises(NotCosignedError) as caught:
        cosign(memory, lambda _last: None, stranger.name, (KEY,), NOW)  # type: ignore[arg-type,return-value]
    assert caught.value.refused.status == 404
    memory.know(stranger.vkey)
    request = witness.Request(0, (), ask(memory, HISTORY, 3).state.checkpoint)
    with pytest.raises(UsageError, match="not of the log"):
        cosign(memory, lambda _last: request, stranger.name, (KEY,), NOW)


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    for name in ("..", "../x", ".", "a/b", "%2E"):
        assert WitnessMemory(tmp_path, name).folder.parent == tmp_path
        assert WitnessMemory(tmp_path, name).folder.resolve().parent == tmp_path.resolve()


@pytest.mark.parametrize("passphrase", [None, b"secret"])
def test_witness_keys_are_kept_and_opened(tmp_path: Path, passphrase: bytes | None) -> None:
    keys = CosignerStore(tmp_path)
    made = [
        keys.create("w.example/1", kind, passphrase, rounds=1, cost=pkcs8.MIN_COST) for kind in ("mldsa44", "ed25519")
    ]
    assert keys.vkeys("w.example/1") == tuple(reversed(made))
    assert keys.is_locked("w.example/1") == (passphrase is not None)
    assert [key.vkey for key in keys.load("w.example/1", passphrase)] == list(reversed(made))
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(KeyStoreError, match="never replaced"):
        keys.create("w.example/1", "ed25519", None, rounds=1, cost=10)
    if passphrase:
        with pytest.raises(KeyStoreError, match="encrypted"):
            keys.load("w.example/1", None)
        with pytest.raises(KeyStoreError, match="wrong passphrase"):
            keys.load("w.example/1", b"other")


def test_a_key_file_of_another_witness_is_refused(tmp_path: Path) -> None:
    keys = CosignerStore(tmp_path)
    keys.create("one", "mldsa44", None, rounds=1, cost=10)
    keys.path("one", "mldsa44").rename(keys.path("two", "mldsa44"))
    with pytest.raises(KeyStoreError, match="the key of 'one'"):
        keys.vkeys("two")
    with pytest.raises(KeyStoreError, match="no witness"):
        keys.vkeys("one")
    keys.path("three", "ed25519").write_bytes(b"nonsense")
    with pytest.raises(KeyStoreError):
        keys.vkeys("three")
    with pytest.raises(FormatError):
        keys.create("a b", "ed25519", None, rounds=1, cost=10)


def test_a_witness_with_another_key_does_not_take_over_a_memory(memory: WitnessMemory) -> None:
    ask(memory, HISTORY, 3)
    other = Cosigner.ed25519(SigningKey.from_seed(KEY.name, bytes(32)))
    with pytest.raises(StoreError, match="not its own"):
        cosign(memory, lambda _last: None, LOG.name, (other,), NOW)  # type: ignore[arg-type,return-value]
