"""RFC 3161 timestamps against an authority made here; what the authority did not sign is refused or means the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.seal import checkpoint, cosignature, merkle, note, timestamp
from ledger.seal.checkpoint import Checkpoint
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey
from ledger.seal.note import UnsignedError
from ledger.seal.timestamp import TimestampError
from tests.seal.authority import Authority

pytest.importorskip("rfc3161_client", reason="the optional dependency is not installed: run `make install`")

LOG = SigningKey.from_seed("ledger.example/ree", bytes(31) + b"\x01")
SIGNED = checkpoint.sign(Checkpoint(LOG.name, 3, bytes(32)), LOG)
STAMPED = timestamp.subject(SIGNED, LOG.vkey)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "one")


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    return authority.answer(timestamp.request(STAMPED))


def pinned(authority: Authority) -> tuple[object, ...]:
    return timestamp.read_certificates(authority.root.read_bytes())


def test_a_timestamp_says_when(authority: Authority, token: bytes) -> None:
    found = timestamp.verify(token, STAMPED, pinned(authority))  # type: ignore[arg-type]
    assert abs(found - datetime.now(UTC)) < timedelta(minutes=5)
    assert timestamp.judge(token, STAMPED, pinned(authority)).time == found  # type: ignore[arg-type]


def test_the_same_checkpoint_gives_the_same_request_whoever_cosigned_it() -> None:
    line = cosignature.sign(note.parse(SIGNED).text, Cosigner.mldsa44("w", bytes(32)), 5)
    more = note.format(note.with_signature(note.parse(SIGNED), line))
    assert timestamp.subject(more, LOG.vkey) == STAMPED == SIGNED
    assert timestamp.request(STAMPED) == timestamp.request(STAMPED)
    with pytest.raises(UnsignedError):
        timestamp.subject(SIGNED, SigningKey.from_seed(LOG.name, bytes(32)).vkey)


def test_another_checkpoint_is_refused(authority: Authority, token: bytes) -> None:
    other = checkpoint.sign(Checkpoint(LOG.name, 0, merkle.EMPTY_ROOT), LOG)
    with pytest.raises(TimestampError, match="something else"):
        timestamp.verify(token, other, pinned(authority))  # type: ignore[arg-type]
    with pytest.raises(TimestampError, match="something else"):
        timestamp.check_subject(token, other)


def test_another_authority_is_refused(token: bytes, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    assert "certificate" in timestamp.judge(token, STAMPED, pinned(other)).fault  # type: ignore[arg-type]


def test_the_root_must_be_in_the_file(authority: Authority) -> None:
    signer = (authority.folder / "pem").read_bytes()
    with pytest.raises(FormatError, match="root certificate"):
        timestamp.read_certificates(signer)
    assert len(timestamp.read_certificates(signer + authority.root.read_bytes())) == 2


def test_a_changed_byte_is_refused_or_changes_neither_time_nor_subject(authority: Authority, token: bytes) -> None:
    certificates = pinned(authority)
    time = timestamp.verify(token, STAMPED, certificates)  # type: ignore[arg-type]
    harmless = 0
    for at in range(len(token)):
        changed = token[:at] + bytes((token[at] ^ 1,)) + token[at + 1 :]
        found = timestamp.judge(changed, STAMPED, certificates)  # type: ignore[arg-type]
        assert found.time in (None, time)
        harmless += found.time is not None
    assert harmless < 20  # version numbers and the name of the signature's algorithm, which nobody signs


@given(st.binary(max_size=100), st.integers(0, 900))
def test_hostile_bytes_give_typed_errors(authority: Authority, token: bytes, data: bytes, at: int) -> None:
    certificates = pinned(authority)
    for spoiled in (data, token[:at], token[:at] + data, bytes(timestamp.MAX_TOKEN + 1)):
        assert timestamp.judge(spoiled, STAMPED, certificates).fault or spoiled.startswith(token)  # type: ignore[arg-type]
    with pytest.raises(FormatError):
        timestamp.read_certificates(data)
