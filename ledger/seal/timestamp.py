"""RFC 3161 timestamps on checkpoints: an authority outside the ledger says that a checkpoint existed at a time.

What is stamped is SHA-256 of the checkpoint as its log signed it: the note with the log's own signature line alone. So
cosignatures may come later, and the note stays a C2SP note; the response is kept beside it.

Needs `rfc3161-client`, an optional dependency (`pip install monazite[tsa]`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from ledger.errors import FormatError, UsageError
from ledger.seal import note
from ledger.seal.keys import VerifierKey
from ledger.seal.note import Note

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

T = TypeVar("T")

_NO_RESPONSE: Final = "it is no response of RFC 3161 that grants a timestamp, or it was changed"
_NOT_PINNED: Final = "its signature does not hold, or does not lead to the certificate given, or what signed it is not for timestamps alone"

MAX_TOKEN: Final = 65_536
"""Largest response, in bytes; one with its chain of certificates takes about 6,000."""
MAX_CERTIFICATES: Final = 1_000_000
"""Largest file of certificates, in bytes."""


class TimestampError(FormatError):
    """A timestamp response that is malformed, of something else, or not by the pinned authority."""


class Stamp(msgspec.Struct, frozen=True):
    """A timestamped checkpoint, its response judged.

    Attributes:
        checkpoint: the note that was stamped, with the log's line alone; nothing of it is verified yet.
        time: when the authority says that it was there, UTC; None where the response does not hold.
        fault: why not, empty where it holds.
    """

    checkpoint: bytes
    time: datetime | None
    fault: str = ""


def subject(signed: bytes, log: VerifierKey) -> bytes:
    """The bytes that are stamped: the checkpoint with its log's first line alone.

    Raises:
        FormatError: not a note; UnsignedError, SignatureError: not signed by this log.
    """
    parsed = note.parse(signed)
    note.verify(parsed, (log,))
    line = next(one for one in parsed.signatures if (one.name, one.key_id) == (log.name, log.key_id))
    return note.format(Note(parsed.text, (line,)))


def request(stamped: bytes) -> bytes:
    """The request to an authority, DER; the same for the same checkpoint, which no other is like, so it needs no nonce."""
    client = _client()
    builder = client.TimestampRequestBuilder().data(stamped).hash_algorithm(client.HashAlgorithm.SHA256)
    made: bytes = builder.nonce(nonce=False).cert_request(cert_request=True).build().as_bytes()
    return made


def read_certificates(pem: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PEM file.

    Raises:
        FormatError: there are none, or none that signed itself and so can be a root.
    """
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415  (start-up time)

    try:
        found = tuple(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise FormatError(
            "not a file of certificates in PEM, whose blocks begin with -----BEGIN CERTIFICATE-----"
        ) from error
    if not any(one.issuer == one.subject for one in found):
        raise FormatError("the authority is pinned by its root certificate, which is not in the file")
    return found


def check_subject(token: bytes, stamped: bytes) -> None:
    """Check that a response is about these bytes, whoever signed it; raises TimestampError where it is not."""
    imprint = _guarded(lambda: _parsed(token).tst_info.message_imprint, _NO_RESPONSE)
    if imprint.message != sha256(stamped).digest():
        raise TimestampError("the timestamp is of something else than this checkpoint")


def verify(token: bytes, stamped: bytes, pinned: Sequence[Certificate]) -> datetime:
    """Verify a response offline, and give the time that it states.

    Args:
        token: the response, DER.
        stamped: what was stamped, as `subject` gives it.
        pinned: certificates that the caller trusts: the authority's root, and any between. They must have been valid at
            the time that is stated, and need not be so any more.

    Raises:
        TimestampError: malformed, refused by the authority, of something else, or by an authority that is not pinned.
    """
    builder = _client().VerifierBuilder()
    for one in dict.fromkeys(pinned):
        root = one.issuer == one.subject
        builder = builder.add_root_certificate(one) if root else builder.add_intermediate_certificate(one)
    check_subject(token, stamped)
    parsed = _guarded(lambda: _parsed(token), _NO_RESPONSE)
    _guarded(lambda: builder.build().verify_message(parsed, stamped), _NOT_PINNED)
    time: datetime = _guarded(lambda: parsed.tst_info.gen_time, _NO_RESPONSE)
    return time


def judge(token: bytes, stamped: bytes, pinned: Sequence[Certificate]) -> Stamp:
    """As `verify`, for a verifier that reports."""
    try:
        return Stamp(stamped, verify(token, stamped, pinned))
    except TimestampError as error:
        return Stamp(stamped, None, error.message)


def _client() -> Any:  # noqa: ANN401  (a module that need not be there)
    try:
        import rfc3161_client  # noqa: PLC0415  (optional)
    except ModuleNotFoundError as error:
        raise UsageError("timestamps need rfc3161-client: pip install 'monazite[tsa]'") from error
    return rfc3161_client


def _parsed(token: bytes) -> TimeStampResponse:
    if len(token) > MAX_TOKEN:
        raise TimestampError(f"a timestamp has at most {MAX_TOKEN} bytes")
    parsed: TimeStampResponse = _client().decode_timestamp_response(token)
    return parsed


def _guarded(call: Callable[[], T], said: str) -> T:
    """Call the library, which names no exceptions for hostile bytes: whatever it raises says that they do not hold.

    Its own words are a dump of OpenSSL's or of a parser's, so ours stand in their place, and its are the cause.
    """
    try:
        return call()
    except (TimestampError, UsageError):
        raise
    except Exception as error:
        raise TimestampError(said) from error
