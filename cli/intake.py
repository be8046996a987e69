"""Reading other people's files for `import`, and keeping their bytes beside the ledger, by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cli.console import progress
from cli.eventform import resolver
from cli.files import read
from cli.stores import beside, of_database, path_of
from ledger.errors import MonaziteError, StoreError, UsageError

if TYPE_CHECKING:
    from ledger.exchange.draft import Draft
    from ledger.exchange.epcis.events import Known
    from ledger.exchange.mapping import Mapping
    from ledger.exchange.sources import Source

MAX_FILE = 256 * 1024 * 1024


class Mapped(NamedTuple):
    """A mapping with the bytes that it was read from."""

    mapping: Mapping
    data: bytes


class Taken(NamedTuple):
    """One file: what it holds, its bytes, and the record of its import."""

    source: Source
    data: bytes
    record: bytes


def kind_of(path: Path, kind: str | None) -> str:
    """The format of a file: as stated, or by its suffix.

    Raises:
        UsageError: neither is one of this version.
    """
    from ledger.exchange.sources import SUFFIXES  # noqa: PLC0415  (start-up time)

    found = kind or SUFFIXES.get(path.suffix.lower())
    if found is None or found not in SUFFIXES.values():
        formats = ", ".join(dict.fromkeys(SUFFIXES.values()))
        raise UsageError(
            f"{path}: {found or path.suffix or 'no suffix'} is no format of this version; --format {formats}"
        )
    return found


def mapping_of(path: Path | None) -> Mapped | None:
    """A mapping file."""
    from ledger.exchange import mapping  # noqa: PLC0415  (start-up time)

    if path is None:
        return None
    data = read(path, mapping.MAX_MAPPING)
    return Mapped(mapping.parse(data, str(path)), data)


def take(path: Path, kind: str | None, mapped: Mapped | None, sheet: str | None, known: Known | None = None) -> Taken:
    """One file, read.

    Raises:
        InputError: it cannot be read as a whole.
    """
    from ledger.exchange.sources import read as events_of  # noqa: PLC0415  (start-up time)
    from ledger.exchange.sources import record_of  # noqa: PLC0415

    data = read(path, MAX_FILE)
    with progress(f"Reading {path.name}") as bar:
        source = events_of(
            data,
            str(path),
            kind_of(path, kind),
            mapping=mapped.mapping if mapped else None,
            sheet=sheet,
            known=known,
            progress=bar,
            evidence=resolver(lambda name: path.parent / name if name == Path(name).name else None),
        )
    return Taken(source, data, record_of(source, mapped.mapping if mapped else None, mapped.data if mapped else None))


def named(taken: Sequence[Taken]) -> list[Draft]:
    """The drafts of all files, each naming the record of its import, in an order in which they can be recorded."""
    from ledger.exchange.order import arrange  # noqa: PLC0415  (start-up time)
    from ledger.exchange.sources import with_record  # noqa: PLC0415

    return arrange([draft for item in taken for draft in with_record(item.source.drafts, item.record)])


def suggestion(path: Path, kind: str | None, sheet: str | None) -> str:
    """The text of a first mapping for a foreign table.

    Raises:
        UsageError: the file is no table.
    """
    from ledger.exchange.sources import suggested  # noqa: PLC0415  (start-up time)

    form = kind_of(path, kind)
    return suggested(read(path, MAX_FILE), str(path), form, sheet)


@contextmanager
def kept(ledger: str, files: Sequence[bytes]) -> Iterator[None]:
    """Keep files beside the ledger by their hash while the block records; a block that is refused leaves none of them behind.

    They are there before the events that name them: a crash in between leaves a file that nothing names. So does a store that
    fails or a block that is interrupted, for then the events may be there all the same. One import at a time: another one of
    the same file could else name what this one, refused, takes away.
    """
    from ledger.store.files import locked, write_atomic  # noqa: PLC0415  (start-up time)

    folder = beside(of_database(ledger) or path_of(ledger)).with_suffix(".evidence")
    written: list[Path] = []
    with locked(folder):
        try:
            for data in files:
                target = folder / hashlib.sha256(data).hexdigest()
                if not target.exists():
                    write_atomic(target, data)
                    written.append(target)
            yield
        except StoreError:
            raise
        except MonaziteError:
            for target in written:
                target.unlink(missing_ok=True)
            raise
