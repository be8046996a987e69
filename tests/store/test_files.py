"""Small files: private keys, which are never replaced, and what a verifier remembers, which is whole or absent."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from ledger.errors import InputError, KeyStoreError, MonaziteError, UnverifiableError, UsageError
from ledger.seal import checkpoint as tree_head
from ledger.seal import merkle
from ledger.seal.keys import VerifierKey
from ledger.seal.trust import format_policy, parse_policy
from ledger.store import files
from ledger.store.files import create_exclusive, locked_within, read_bounded, write_atomic
from ledger.store.keystore import MAX_KEY_FILE, KeyStore
from ledger.store.state import MAX_STATE_FILE, State
from tests.ledger.world import LEDGER, LOG, key

PASS, ROUNDS = b"correct horse", 1


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "a" / "keys")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Keys.


@pytest.mark.parametrize("passphrase", [None, PASS])
def test_a_key_is_saved_and_loaded(keys: KeyStore, passphrase: bytes | None) -> None:
    path = keys.save(key("mine"), passphrase, ROUNDS)
    loaded = keys.load("mine", passphrase)
    assert (loaded.vkey, loaded.sign(b"m")) == (key("mine").vkey, key("mine").sign(b"m"))
    assert keys.vkey("mine") == key("mine").vkey
    assert (keys.has("mine"), keys.is_locked("mine"), list(keys.names())) == (True, passphrase is not None, ["mine"])
    assert path == keys.path("mine")


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_key_is_readable_by_its_owner_alone(keys: KeyStore, mask: int) -> None:
    before = os.umask(mask)
    try:
        path = keys.save(key("mine"), None, ROUNDS)
    finally:
        os.umask(before)
    assert mode(path) == 0o600
    assert mode(keys.folder) & 0o077 == 0


def test_a_passphrase_for_a_key_that_needs_none_is_not_used(keys: KeyStore) -> None:
    keys.save(key("mine"), None, ROUNDS)
    assert keys.load("mine", PASS).vkey == key("mine").vkey


@pytest.mark.parametrize("passphrase", [b"wrong", PASS + b" ", PASS[:-1]])
def test_a_wrong_passphrase(keys: KeyStore, passphrase: bytes) -> None:
    keys.save(key("mine"), PASS, ROUNDS)
    with pytest.raises(KeyStoreError, match="wrong passphrase"):
        keys.load("mine", passphrase)


@pytest.mark.parametrize("passphrase", [None, b""])
def test_a_missing_passphrase_says_how_to_give_it(keys: KeyStore, passphrase: bytes | None) -> None:
    keys.save(key("mine"), PASS, ROUNDS)
    with pytest.raises(KeyStoreError, match="MONAZITE_PASSPHRASE"):
        keys.load("mine", passphrase)


def test_an_empty_passphrase_protects_nothing_and_writes_nothing(keys: KeyStore) -> None:
    with pytest.raises(UsageError):
        keys.save(key("mine"), b"", ROUNDS)
    assert not keys.has("mine")


def test_a_key_is_never_replaced(keys: KeyStore) -> None:
    path = keys.save(key("mine"), None, ROUNDS)
    before = everything(keys.folder)
    for again in (key("mine"), key("mine", 1)):
        with pytest.raises(KeyStoreError, match="never replaced"):
            keys.save(again, PASS, ROUNDS)
    assert everything(keys.folder) == before
    path.unlink()
    path.symlink_to(keys.folder / "nowhere")  # a link to nothing is something as well
    with pytest.raises(KeyStoreError, match="never replaced"):
        keys.save(key("mine"), None, ROUNDS)
    assert not (keys.folder / "nowhere").exists()


def test_a_key_that_is_set_aside_is_kept(keys: KeyStore) -> None:
    path = keys.save(key("mine"), PASS, ROUNDS)
    data = path.read_bytes()
    aside = keys.set_aside("mine")
    assert (aside.read_bytes(), mode(aside)) == (data, 0o600)
    assert key("mine").vkey.key_id.hex() in aside.name
    assert (keys.has("mine"), list(keys.names())) == (False, [])
    keys.save(key("mine", 1), None, ROUNDS)
    assert keys.load("mine", None).vkey == key("mine", 1).vkey
    with pytest.raises(KeyStoreError):
        keys.set_aside("nobody")


def test_setting_one_key_aside_touches_no_other_of_a_longer_name(keys: KeyStore) -> None:
    for name in ("mine", "mine.two", "mine.key"):
        keys.save(key(name), None, ROUNDS)
    keys.set_aside("mine.two")
    assert list(keys.names()) == ["mine", "mine.key"]


def test_a_missing_key_says_how_to_make_it(keys: KeyStore) -> None:
    for asked in (keys.vkey, keys.is_locked, lambda name: keys.load(name, None)):
        with pytest.raises(KeyStoreError, match="monazite key new mine"):
            asked("mine")
    assert (keys.has("mine"), list(keys.names())) == (False, [])
    assert not keys.folder.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\x00",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
        b"x" * (MAX_KEY_FILE + 1),
    ],
)
def test_junk_is_no_key(keys: KeyStore, data: bytes) -> None:
    keys.folder.mkdir(parents=True)
    keys.path("mine").write_bytes(data)
    for asked in (keys.vkey, keys.is_locked, keys.set_aside, lambda name: keys.load(name, PASS)):
        with pytest.raises(KeyStoreError):
            asked("mine")
    assert keys.path("mine").read_bytes() == data


def test_every_cut_of_a_key_file_is_junk(keys: KeyStore) -> None:
    path = keys.save(key("mine"), None, ROUNDS)
    data = path.read_bytes().rstrip()
    for end in range(0, len(data), 7):
        path.write_bytes(data[:end])
        with pytest.raises(KeyStoreError):
            keys.load("mine", None)


def test_a_folder_in_a_keys_place_is_no_key(keys: KeyStore) -> None:
    keys.path("mine").mkdir(parents=True)
    for asked in (keys.vkey, keys.is_locked, lambda name: keys.load(name, None)):
        with pytest.raises(KeyStoreError):
            asked("mine")
    with pytest.raises(KeyStoreError):
        keys.save(key("mine"), None, ROUNDS)


def test_a_key_file_under_another_name_is_another_key(keys: KeyStore) -> None:
    data = keys.save(key("mine"), None, ROUNDS).read_bytes()
    keys.path("plant").write_bytes(data)
    assert keys.load("plant", None).vkey.name == "plant"
    assert keys.vkey("plant").key_id != keys.vkey("mine").key_id


@pytest.mark.parametrize(
    "name", ["a/b", "../../etc/passwd/x"[6:], "/etc/x", "a/../../b", "L\u00f6s", "~root", "a%2Fb", LEDGER]
)
def test_a_name_that_looks_like_a_path_stays_in_the_folder(keys: KeyStore, name: str) -> None:
    path = keys.save(key(name), None, ROUNDS)
    assert path.parent == keys.folder
    assert list(keys.folder.iterdir()) == [path]
    assert list(keys.names()) == [name]
    assert keys.load(name, None).vkey.name == name


@pytest.mark.parametrize("name", ["", ".", "..", "../x", ".hidden", "x" * 201, "\u00e4" * 40])
def test_a_name_that_no_file_can_have_is_refused(keys: KeyStore, name: str) -> None:
    for asked in (keys.path, keys.has, keys.vkey, keys.is_locked, lambda name: keys.load(name, None)):
        with pytest.raises(KeyStoreError):
            asked(name)
    assert not keys.folder.exists()


def test_a_name_that_is_no_text_is_refused(keys: KeyStore) -> None:
    with pytest.raises(KeyStoreError):
        keys.path("\udcff")


def test_a_ledger_of_the_longest_name_can_have_its_key(keys: KeyStore) -> None:
    keys.save(key("/".join(["a" * 63, *["b"] * 6, "c" * 52])), None, ROUNDS)


@pytest.mark.parametrize("name", ["a b", "a+b"])
def test_a_name_that_no_key_can_have_is_refused(keys: KeyStore, name: str) -> None:
    keys.save(key("mine"), None, ROUNDS).rename(keys.path(name))
    with pytest.raises(KeyStoreError):
        keys.load(name, None)


def test_a_file_in_the_folders_place_is_said(keys: KeyStore) -> None:
    keys.folder.parent.mkdir(parents=True)
    keys.folder.write_bytes(b"")
    with pytest.raises(KeyStoreError) as refused:
        keys.save(key("mine"), None, ROUNDS)
    assert "never replaced" not in str(refused.value)


def test_a_save_that_fails_leaves_nothing(keys: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(KeyStoreError, match="No space left"):
        keys.save(key("mine"), None, ROUNDS)
    assert list(keys.folder.iterdir()) == []


# State.


def test_a_pinned_policy_is_found(state: State) -> None:
    assert list(state.policies()) == []
    path = state.pin(LOG.vkey, format_policy(LOG.vkey))
    assert path.parent == state.place(LOG.vkey)
    other = key(LEDGER, 1).vkey
    state.pin(other, format_policy(other))
    assert {str(parse_policy(data)) for data in state.policies()} == {str(LOG.vkey), str(other)}
    state.pin(LOG.vkey, b"another")
    assert sorted(state.policies()) == sorted([b"another", format_policy(other)])


def test_two_logs_of_one_name_are_remembered_apart(state: State) -> None:
    other: VerifierKey = key(LEDGER, 1).vkey
    assert state.place(LOG.vkey) != state.place(other)
    assert state.remembered(LOG.vkey) is None
    state.remember(LOG.vkey, b"first")
    state.remember(LOG.vkey, b"second")
    assert (state.remembered(LOG.vkey), state.remembered(other)) == (b"second", None)
    assert list(state.policies()) == []


def test_what_is_remembered_outlives_the_process(state: State) -> None:
    state.remember(LOG.vkey, b"\x00\xff")
    assert State(state.folder).remembered(LOG.vkey) == b"\x00\xff"


STEPS = ("fdopen", "fsync", "chmod", "replace")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "interrupt"]
)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    state: State, step: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.pin(LOG.vkey, b"policy")
    state.remember(LOG.vkey, b"old")
    before = everything(state.folder)

    def fail(*_args: object, **_named: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(*((files.os, step) if step in ("fdopen", "fsync") else (Path, step)), fail)
        for write in (state.remember, state.pin):
            with pytest.raises(type(error)):
                write(LOG.vkey, b"new")
    assert everything(state.folder) == before
    state.remember(LOG.vkey, b"new")
    assert state.remembered(LOG.vkey) == b"new"


def test_the_new_file_is_there_when_the_directory_could_not_be_flushed(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files, "_sync_directory", fail)
    with pytest.raises(OSError, match="Input/output"):
        state.remember(LOG.vkey, b"new")
    assert everything(state.place(LOG.vkey)) == {"checkpoint": b"new", "checkpoint.lock": b""}


@pytest.mark.parametrize("what", ["folder", "too large"])
def test_state_that_cannot_be_read_is_unverifiable(state: State, what: str) -> None:
    for name in ("policy", "checkpoint"):
        path = state.place(LOG.vkey) / name
        if what == "folder":
            path.mkdir(parents=True)
        else:
            write_atomic(path, b"x" * (MAX_STATE_FILE + 1))
    with pytest.raises(UnverifiableError):
        state.remembered(LOG.vkey)
    with pytest.raises(UnverifiableError):
        list(state.policies())


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"log\n", b"quorum none\n", f"log {LOG.vkey}\n".encode(), b"x" * 70_000]
)
def test_junk_in_a_policy_is_given_as_it_is_and_is_no_policy(state: State, data: bytes) -> None:
    state.pin(LOG.vkey, data)
    (found,) = state.policies()
    assert found == data
    with pytest.raises((InputError, UnverifiableError)):
        parse_policy(found)


# Files.


def test_an_atomic_write_sets_mode_and_leaves_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two", 0o600)
    assert (path.read_bytes(), mode(path), list(path.parent.iterdir())) == (b"two", 0o600, [path])


def test_an_exclusive_file_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    create_exclusive(path, b"one", 0o640)
    with pytest.raises(FileExistsError):
        create_exclusive(path, b"two", 0o640)
    assert (path.read_bytes(), mode(path), list(tmp_path.iterdir())) == (b"one", 0o640, [path])


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(ValueError, match="larger than 4"):
        read_bounded(path, 4)
    with pytest.raises(OSError, match="No such file"):
        read_bounded(tmp_path / "none", 4)


def test_every_refusal_of_the_key_store_is_one_of_ours() -> None:
    assert issubclass(KeyStoreError, MonaziteError)
    assert KeyStoreError.exit_code == 2


def head(size: int, *lines: str) -> bytes:
    tree = tree_head.Checkpoint(LOG.name, size, bytes([size]) * 32 if size else merkle.EMPTY_ROOT)
    return tree_head.sign(tree, LOG) + "".join(lines).encode()


def test_a_checkpoint_that_was_not_compared_with_what_is_remembered_does_not_replace_it(state: State) -> None:
    assert state.remember(LOG.vkey, head(3))
    assert state.remember(LOG.vkey, head(5), compared=head(3))
    assert not state.remember(LOG.vkey, head(7), compared=head(3))
    assert state.remembered(LOG.vkey) == head(5)
    assert state.remember(LOG.vkey, head(4), compared=head(3))  # older by now than what is known
    assert state.remembered(LOG.vkey) == head(5)
    assert state.remember(LOG.vkey, head(7), compared=head(5))
    assert state.remembered(LOG.vkey) == head(7)
    assert not state.remember(LOG.vkey, head(9), compared=b"")  # nothing was remembered when its verifier looked


def test_of_many_that_remember_at_once_the_largest_stays(state: State) -> None:
    writers = [
        threading.Thread(
            target=lambda first=first: [state.remember(LOG.vkey, head(size)) for size in range(first, 120, 4)]
        )
        for first in (1, 2, 3, 4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert state.remembered(LOG.vkey) == head(119)


def test_cosignatures_on_the_same_tree_are_kept(state: State) -> None:
    more = head(5, "\u2014 witness.example/w1 AAAAAAAA\n")
    state.remember(LOG.vkey, more)
    state.remember(LOG.vkey, head(5))
    assert state.remembered(LOG.vkey) == more
    state.remember(LOG.vkey, head(6))
    assert state.remembered(LOG.vkey) == head(6)


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    order: list[str] = []

    def wait() -> None:
        with files.locked(tmp_path / "x"):
            order.append("second")

    with files.locked(tmp_path / "x"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(0.1)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]


def test_where_there_can_be_no_lock_nobody_is_waited_for(tmp_path: Path) -> None:
    with locked_within(tmp_path / "none" / "turn", 0, shared=False) as got:
        assert got
