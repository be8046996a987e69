"""Prepared files: submissions that are complete but for their signatures, to be signed where the keys are (docs/format.md).

A file has one spelling, canonical JSON. What it says that a submission's root is, is compared with the events beside it, so
whoever signs knows from the file alone what is signed; whether the events fit the ledger, only the ledger knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from ledger.errors import FormatError
from ledger.model.events import Event, Open
from ledger.seal import canonical, merkle, note, submission
from ledger.seal.keys import Signer, VerifierKey

FORMAT: Final = "monazite/unsigned@v1"
MAX_BYTES: Final = 1 << 29
"""Largest file, 512 MiB: the events, and in base64 the files that they were imported from."""
MAX_SUBMISSIONS: Final = 1 << 16
MAX_KEYS: Final = 1 << 10
MAX_FILES: Final = 1 << 10
MIN_EVENT: Final = 64
"""Fewest characters of an event, which names ledger, actor and time: so that no file is a hundred million empty texts."""

_NAMED: Final = re.compile(rb'"([0-9a-f]{64})"')
_Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?![\s\S])")]
_Count = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """No member but those that are named."""


class PreparedOn(Strict, frozen=True, kw_only=True):
    """Where the log ended when the file was prepared.

    Attributes:
        size: number of entries, 1 or more.
        leaf: hash of the newest, hex.
    """

    size: _Count
    leaf: _Hash


class Unsigned(Strict, frozen=True, kw_only=True):
    """One submission.

    Attributes:
        keys: verifier keys with which the ledger lets the party sign; a claim, which keeps a wrong key from being used.
        text: of the submission's note, what is to be signed.
        events: canonical bytes of the events, in order, each as text.
        signature: the note's one signature line, with its newline; empty until it is signed.
    """

    keys: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_KEYS)]
    text: Annotated[str, Meta(max_length=4096)]
    events: Annotated[
        tuple[Annotated[str, Meta(min_length=MIN_EVENT, max_length=canonical.MAX_EVENT_BYTES)], ...],
        Meta(min_length=1, max_length=submission.MAX_EVENTS),
    ]
    signature: Annotated[str, Meta(max_length=4096)] = ""


class Prepared(Strict, frozen=True, kw_only=True):
    """A prepared file.

    Attributes:
        format: `FORMAT`.
        ledger: the log's origin.
        head: the ledger that it continues.
        submissions: in the order in which they are to be admitted.
        files: what the events name as evidence of their import, to be kept beside the ledger by hash.
    """

    format: Literal["monazite/unsigned@v1"]
    ledger: Annotated[str, Meta(min_length=1, max_length=1024)]
    head: PreparedOn
    submissions: Annotated[tuple[Unsigned, ...], Meta(min_length=1, max_length=MAX_SUBMISSIONS)]
    files: Annotated[tuple[bytes, ...], Meta(max_length=MAX_FILES)] = ()


class Checked(Struct, frozen=True):
    """A submission of a prepared file, all of whose parts fit together.

    Attributes:
        stated: what is signed: ledger, party, number of events, root.
        keys: as in `Unsigned`, read.
        events: decoded.
        data: their canonical bytes.
        hashes: their hashes, hex.
        signed: the note, or None where it is not signed; that the signature holds was not looked at.
    """

    stated: submission.Submission
    keys: tuple[VerifierKey, ...]
    events: tuple[Event, ...]
    data: tuple[bytes, ...]
    hashes: tuple[str, ...]
    signed: note.Note | None


_decoder = msgspec.json.Decoder(Prepared)
_encoder = msgspec.json.Encoder(order="sorted")


def unsigned(ledger: str, party: str, keys: Sequence[VerifierKey], events: Sequence[bytes]) -> Unsigned:
    """One submission of canonical events, yet to be signed."""
    root = merkle.root([merkle.leaf_hash(data) for data in events])
    text = submission.Submission(ledger, party, len(events), root).text()
    return Unsigned(keys=tuple(map(str, keys)), text=text, events=tuple(data.decode() for data in events))


def format(prepared: Prepared) -> bytes:  # noqa: A001  (parse and format are the pair's names wherever notes are read)
    """Write a prepared file; `parse` gives it back.

    Raises:
        FormatError: over `MAX_BYTES`.
    """
    data = _encoder.encode(prepared)
    if len(data) > MAX_BYTES:
        raise FormatError(
            f"a prepared file of {len(data)} bytes; {MAX_BYTES} is the most. Prepare fewer files at once."
        )
    return data


def parse(data: bytes) -> Prepared:
    """Read a prepared file; `check` looks at what its submissions hold.

    Raises:
        FormatError: too large, another format, or not the one spelling; `field` is the path of the member at fault.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a prepared file has at most {MAX_BYTES} bytes")
    try:
        prepared = _decoder.decode(data)
        spelled = _encoder.encode(prepared)
    except msgspec.ValidationError as error:
        message, field = canonical.split_path(str(error))
        raise FormatError(f"not a prepared file: {message}", field=field) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}") from error
    if spelled != data:
        raise FormatError("not the canonical spelling (RFC 8785): order of keys, spaces, escapes or a repeated key")
    return prepared


def check(prepared: Prepared) -> tuple[Checked, ...]:
    """Hold each submission's text against its events, and the files against what the events name.

    Raises:
        FormatError: an event that is none, another ledger's or another party's; a text that does not say what its events
            are; keys of other names; more than one signature; a file that no event names. `field` says which.
    """
    found = tuple(_checked(prepared, number) for number in range(len(prepared.submissions)))
    _check_files(prepared, found)
    return found


def sign(prepared: Prepared, checked: Sequence[Checked], signers: dict[int, Signer]) -> Prepared:
    """Sign submissions, given by number; a signature that was there makes place.

    Args:
        prepared: the file.
        checked: what `check` said of it.
        signers: number of a submission: the key that signs it.

    Raises:
        FormatError: a key that is not one of those that the ledger gives the party; nothing was signed.
        KeyStoreError: as the key.
    """
    for number, signer in signers.items():
        _check_key(checked[number], signer.vkey, number)
    made = list(prepared.submissions)
    for number, signer in signers.items():
        # The text is built from the events that were checked, never taken from the file.
        (line,) = note.sign(checked[number].stated.text(), signer).signatures
        made[number] = msgspec.structs.replace(made[number], signature=note.format_line(line))
    return msgspec.structs.replace(prepared, submissions=tuple(made))


def is_signed(item: Checked) -> bool:
    """Whether one of the keys that the file names has signed.

    Raises:
        SignatureError: one of them is named, and its signature does not verify.
        UnsignedError: it is signed by another key.
    """
    return item.signed is not None and bool(note.verify(item.signed, item.keys))


def _checked(prepared: Prepared, number: int) -> Checked:
    item, where = prepared.submissions[number], f"submissions[{number}]"
    try:
        stated = submission.parse(item.text)
    except FormatError as error:
        raise FormatError(error.message, field=f"{where}.text") from error
    if stated.ledger != prepared.ledger:
        raise FormatError(f"this is for {stated.ledger}, the file for {prepared.ledger}", field=f"{where}.text")
    data = tuple(text.encode() for text in item.events)
    events = []
    for position, event in enumerate(data):
        try:
            decoded = canonical.decode_event(event)
        except FormatError as error:
            path = ".".join(part for part in (f"{where}.events[{position}]", error.field) if part)
            raise FormatError(error.message, field=path) from error
        if (decoded.ledger, decoded.actor) != (stated.ledger, stated.party):
            raise FormatError(
                f"an event of {decoded.actor} for {decoded.ledger} in a submission of {stated.party} for {stated.ledger}",
                field=f"{where}.events[{position}]",
            )
        if isinstance(decoded, Open):
            raise FormatError("`open` begins a ledger; `monazite init` records it", field=f"{where}.events[{position}]")
        events.append(decoded)
    hashes = [merkle.leaf_hash(event) for event in data]
    true = submission.Submission(stated.ledger, stated.party, len(hashes), merkle.root(hashes))
    if true.text() != item.text:
        raise FormatError(
            "what is to be signed is not what the events beside it are: number or root differ. Do not sign this; "
            "have it prepared again",
            field=f"{where}.text",
        )
    keys = _keys(item, stated.party, where)
    return Checked(
        true, keys, tuple(events), data, tuple(digest.hex() for digest in hashes), _note(item, stated.party, where)
    )


def _keys(item: Unsigned, party: str, where: str) -> tuple[VerifierKey, ...]:
    try:
        keys = tuple(map(VerifierKey.parse, item.keys))
    except FormatError as error:
        raise FormatError(error.message, field=f"{where}.keys") from error
    if any(key.name != party for key in keys) or len(set(keys)) != len(keys):
        raise FormatError(f"these are not the keys of {party}, each once", field=f"{where}.keys")
    return keys


def _note(item: Unsigned, party: str, where: str) -> note.Note | None:
    if not item.signature:
        return None
    try:
        (line, *more) = note.parse_lines(item.signature)
    except FormatError as error:
        raise FormatError(error.message, field=f"{where}.signature") from error
    if more or line.name != party:
        raise FormatError(f"a submission is signed once, by {party}", field=f"{where}.signature")
    return note.Note(item.text, (line,))


def _check_key(item: Checked, vkey: VerifierKey, number: int) -> None:
    if vkey not in item.keys:
        listed = "".join(f"\n  {key}" for key in item.keys)
        raise FormatError(
            f"{vkey}\nis no key with which the ledger lets {item.stated.party} sign:{listed}\nIf it was added since, "
            "have the file prepared again",
            field=f"submissions[{number}].keys",
        )


def _check_files(prepared: Prepared, found: Sequence[Checked]) -> None:
    """Nobody else's bytes come beside the ledger."""
    there = named([event for item in found for event in item.events], prepared.files)
    for number, data in enumerate(prepared.files):
        if data not in there:
            raise FormatError("no event names this file", field=f"files[{number}]")
    if len(there) != len(prepared.files):
        raise FormatError("a file is here twice", field="files")


def named(events: Sequence[Event], files: Sequence[bytes]) -> tuple[bytes, ...]:
    """Those of some files that an event names by hash, or that a file which an event names does, each once.

    The record of an import names so what was imported and by which mapping, in JSON with the hash as text.
    """
    by_hash = {sha256(data).hexdigest(): data for data in files}
    direct = {evidence.sha256 for event in events for evidence in event.evidence} & set(by_hash)
    further = {digest.decode() for name in direct for digest in _NAMED.findall(by_hash[name])}
    return tuple(data for digest, data in by_hash.items() if digest in direct or digest in further)
