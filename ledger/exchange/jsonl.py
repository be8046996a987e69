"""Events from JSON Lines: one event per line, the members of DESIGN.md section 4 without `ledger` and every `prev`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ledger.errors import FormatError, InputError
from ledger.exchange.draft import Draft, check
from ledger.exchange.faults import Faults
from ledger.exchange.order import arrange
from ledger.exchange.table import MAX_BYTES, MAX_ROWS, UTF8_BOM
from ledger.seal import canonical

MAX_LINE = 1 << 20
"""Longest line in bytes, 1 MiB: no event is larger."""
_LONGEST_INTEGER = 17
_EVERY = 1024
# JSON's own blanks (RFC 8259 section 2); others are not blank lines but errors.
_BLANK = b" \t\r"


def read_events(data: bytes, file: str) -> list[Draft]:
    """The events of a JSON Lines file, in an order in which they can be recorded: the file's, unless that cannot be.

    Raises:
        FormatError: the file as a whole is too large.
        BatchError: everything that is wrong, each with file, line and member.
        InputError: the events can stand in no order; names the lines.
    """
    faults = Faults(file)
    drafts = read(data, faults)
    faults.check()
    return arrange(drafts)


def read(data: bytes, faults: Faults, progress: Callable[[int, int], None] | None = None) -> list[Draft]:
    """The sound events of a file in its order; what is wrong with the others is gathered in `faults`, which names the file.

    `progress` is told (lines done, lines in all) now and then.

    Raises:
        FormatError: the file as a whole is too large.
    """
    file = faults.file
    if len(data) > MAX_BYTES:
        raise FormatError(f"{len(data)} bytes; {MAX_BYTES} are the most: split the file", file=file)
    drafts: list[Draft] = []
    count = data.count(b"\n")
    for line, raw in lines(data.removeprefix(UTF8_BOM)):
        if len(drafts) >= MAX_ROWS:
            raise FormatError(f"more than {MAX_ROWS} events; split the file", file=file, line=line)
        if progress is not None and line % _EVERY == 0:
            progress(line, count)
        draft = faults.attempt(line, _draft, raw, file, line)
        if draft is not None:
            drafts.append(draft)
    return drafts


def lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers; none is copied before it is asked for."""
    start, number = 0, 0
    while start < len(data):
        number += 1
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if line := data[start:end].strip(_BLANK):
            yield number, line
        start = end + 1


def _draft(raw: bytes, file: str, line: int) -> Draft:
    members = _object(raw)
    # `true == 1`, and a version is a number.
    version = members.pop("v", 1)
    if version != 1 or isinstance(version, bool):
        raise InputError(f"version {version!r}; this is version 1, and `v` may be left out", field="v")
    draft = Draft(members, file, line)
    check(draft)
    return draft


def _object(raw: bytes) -> dict[str, Any]:
    """The object of one line; what JSON allows and an event does not is refused: doubled keys, floats, null."""
    if len(raw) > MAX_LINE:
        raise FormatError(f"a line of {len(raw)} bytes; {MAX_LINE} are the most")
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_once_each,
            parse_int=_integer,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except UnicodeDecodeError as error:
        raise FormatError(f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise FormatError(f"not JSON: {error.msg}, at character {error.pos + 1}") from error
    except RecursionError as error:
        raise FormatError(f"nested deeper than {canonical.MAX_DEPTH}") from error
    if not isinstance(value, dict):
        raise FormatError("not a JSON object; every line is one event")
    canonical.encode(value)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers disagree on which of two equal keys counts (RFC 8259 section 4), so neither may be signed.
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise FormatError(
            "this key stands twice in one object", field=next(name for name in names if names.count(name) > 1)
        )
    return found


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise FormatError(f"an integer of {len(text)} characters, beyond 2^53 - 1")
    return int(text)


def _no_float(text: str) -> NoReturn:
    raise FormatError(
        f"{text[:30]} is not an integer; masses are in mg and fractions in ppb, without a point or exponent"
    )
