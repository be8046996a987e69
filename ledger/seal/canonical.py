"""Canonical bytes: RFC 8785 restricted to ASCII keys, text, integers below 2^53, booleans, arrays and objects.

Within that restriction msgspec's sorted encoding is byte for byte RFC 8785; a property test holds it equal to `rfc8785`.
No floats, no null: absent means absent. Stored bytes are kept as signed; decoding checks that encoding what was
decoded gives the same bytes, so duplicate keys, spaces and odd spellings are refused.
"""

from __future__ import annotations

from typing import cast

import msgspec

from ledger.errors import FormatError
from ledger.model.events import AnyEvent, Event
from ledger.model.quantity import MAX_INTEGER
from ledger.seal.merkle import leaf_hash

MAX_EVENT_BYTES = 1 << 20
"""Largest event, 1 MiB."""
MAX_DEPTH = 32
"""Deepest nesting of a generic value."""

Json = bool | int | str | list["Json"] | dict[str, "Json"]

_encoder = msgspec.json.Encoder(order="sorted")
_event_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(value: Json) -> bytes:
    """Canonical bytes of a generic value.

    Raises:
        FormatError: a float, null, an integer beyond 2^53 - 1, a key that is not ASCII, a lone surrogate, or nesting
            deeper than `MAX_DEPTH`.
    """
    _check(value, 0)
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise FormatError("text with a lone surrogate has no UTF-8") from error


def decode(data: bytes) -> Json:
    """The generic value of canonical bytes.

    Raises:
        FormatError: not JSON, not restricted as above, or not the canonical spelling.
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}") from error
    _check(value, 0)
    if _encoder.encode(value) != data:
        raise FormatError("not the canonical spelling (RFC 8785): order of keys, spaces, escapes or a repeated key")
    return cast("Json", value)


def encode_event(event: Event) -> bytes:
    """Canonical bytes of an event, the bytes that are hashed and signed.

    Raises:
        FormatError: larger than `MAX_EVENT_BYTES`, or text that has no UTF-8.
    """
    try:
        data = _encoder.encode(event)
    except UnicodeEncodeError as error:
        raise FormatError("text with a lone surrogate has no UTF-8") from error
    if len(data) > MAX_EVENT_BYTES:
        raise FormatError(f"an event of {len(data)} bytes; {MAX_EVENT_BYTES} is the most")
    return data


def decode_event(data: bytes) -> Event:
    """The event of canonical bytes: known type, known members, right types, canonical spelling.

    Raises:
        FormatError: otherwise; `field` is the path of the member at fault.
    """
    if len(data) > MAX_EVENT_BYTES:
        raise FormatError(f"an event of {len(data)} bytes; {MAX_EVENT_BYTES} is the most")
    try:
        event = _event_decoder.decode(data)
    except msgspec.ValidationError as error:
        message, field = split_path(str(error))
        raise FormatError(message, field=field) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}") from error
    if _encoder.encode(event) != data:
        raise FormatError(
            "not the canonical spelling (RFC 8785): order of keys, spaces, escapes, an empty or a repeated member"
        )
    return event


def read_event(data: bytes) -> Event:
    """The event of bytes that `decode_event` has taken before: without looking at their spelling again.

    Raises:
        FormatError: they are none.
    """
    try:
        return _event_decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise FormatError(f"no event: {error}") from error


def event_hash(data: bytes) -> str:
    """Hash of an event's canonical bytes: SHA-256(0x00 || bytes) as hex, the RFC 6962 2.1 leaf hash."""
    return leaf_hash(data).hex()


def split_path(message: str) -> tuple[str, str | None]:
    """Split msgspec's `... - at `$.path`` into message and path."""
    text, found, path = message.rpartition(" - at `$")
    if not found:
        return message, None
    return text, path.rstrip("`").lstrip(".") or None


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FormatError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise FormatError("an integer beyond 2^53 - 1")
        return
    if isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise FormatError(f"key {key!r} is not ASCII")
            _check(item, depth + 1)
        return
    raise FormatError(f"{type(value).__name__} is not allowed: no floats, no null")
