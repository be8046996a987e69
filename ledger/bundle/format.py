"""The file `*.monazite`: one lot's whole ancestry with its proofs, as one canonical JSON text (docs/format.md, "Bundle").

A file has one spelling: decoding it and encoding what was decoded gives the same bytes, every proof node stands once and is
used, and every list has one order. So no byte is without meaning. All bounds are checked before anything is hashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from ledger.errors import FormatError
from ledger.seal.canonical import split_path

FORMAT: Final = "monazite/bundle@v1"
MAX_BYTES = 1 << 26
"""Largest file, 64 MiB."""
MAX_ENTRIES = 1 << 16
MAX_EVENTS = 1 << 17
"""Most events of one bundle, over all its entries."""
MAX_NODES = 1 << 20
MAX_PATH = 64
"""Most nodes of one path; a tree below 2^53 needs 53."""
MAX_EVIDENCE = 1 << 10
MAX_SUBJECTS = 1 << 16
MAX_WITHHELD = 1 << 10

Whole = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Node = Annotated[bytes, Meta(min_length=32, max_length=32)]
Path = Annotated[tuple[Annotated[int, Meta(ge=0, lt=MAX_NODES)], ...], Meta(max_length=MAX_PATH)]
"""Places in `nodes`, from the leaf's sibling up."""
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?![\s\S])")]


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """No member but those that are named, and all of them."""


class BundledEvent(Strict, frozen=True, kw_only=True):
    """One event of an entry.

    Attributes:
        position: its place in the submission, from 0.
        event: its canonical bytes, as text.
        path: leads from the event's hash to the submission's root.
    """

    position: Whole
    event: Annotated[str, Meta(min_length=2, max_length=1 << 20)]
    path: Path


class BundledEntry(Strict, frozen=True, kw_only=True):
    """One entry of the log, with those of its events that are shown; of the log's last entry there may be none.

    Attributes:
        index: its place in the log, from 0.
        entry: its bytes, as text.
        inclusion: leads from the entry's hash to the checkpoint's root.
        events: in order of their positions.
    """

    index: Whole
    entry: Annotated[str, Meta(min_length=1, max_length=65_535)]
    inclusion: Path
    events: Annotated[tuple[BundledEvent, ...], Meta(max_length=MAX_EVENTS)]


class BundledFile(Strict, frozen=True, kw_only=True):
    """An evidence file.

    Attributes:
        name: as the first event that names the file calls it.
        sha256: of the file, hex.
        content: the file; the member is `bytes`.
    """

    name: Annotated[str, Meta(min_length=1, max_length=1000)]
    sha256: Sha256
    content: bytes = msgspec.field(name="bytes")


class Withheld(Strict, frozen=True, kw_only=True):
    """An event of a subject that is not in the bundle.

    Attributes:
        place: among all events of the subject, from 0.
        event: its hash, hex.
    """

    place: Whole
    event: Sha256


class MapLeaf(Strict, frozen=True, kw_only=True):
    """A leaf of the map, both in hex."""

    key: Sha256
    value: Sha256


class MapSubject(Strict, frozen=True, kw_only=True, omit_defaults=True):
    """The proof for one subject that the map commits to these events and no others.

    Attributes:
        subject: `lot:ID`, `party:ID`, `site:ID`, `name:TEXT`, `key:BASE64` or `retracted:PARTY`.
        path: the siblings in the prefix tree, from the leaf up.
        withheld: what is not in the bundle, by place.
        other: of a subject that the map does not know, the leaf at which its path ends, where it ends at one.
    """

    subject: Annotated[str, Meta(min_length=1, max_length=1000)]
    path: Path
    withheld: Annotated[tuple[Withheld, ...], Meta(max_length=MAX_WITHHELD)]
    other: MapLeaf | None = None


class Map(Strict, frozen=True, kw_only=True):
    """Proofs against the map that is the log's last entry.

    Attributes:
        subjects: sorted; none where the log has no map.
    """

    subjects: Annotated[tuple[MapSubject, ...], Meta(max_length=MAX_SUBJECTS)]


class Bundle(Strict, frozen=True, kw_only=True):
    """A bundle as read. Being a Bundle says nothing of proving anything.

    Attributes:
        format: the kind of file.
        ledger: the log's origin.
        lot: the lot that it is about.
        checkpoint: the log's signed tree head with its cosignatures, verbatim.
        entries: in the log's order.
        evidence: attached files, by hash in order.
        nodes: hashes that paths name, each once, in the order in which the paths first name them.
        map: proofs of completeness.
    """

    format: Literal["monazite/bundle@v1"]
    ledger: Annotated[str, Meta(min_length=1, max_length=1000)]
    lot: Annotated[str, Meta(min_length=1, max_length=1000)]
    checkpoint: Annotated[str, Meta(min_length=1, max_length=1_000_000)]
    entries: Annotated[tuple[BundledEntry, ...], Meta(min_length=1, max_length=MAX_ENTRIES)]
    evidence: Annotated[tuple[BundledFile, ...], Meta(max_length=MAX_EVIDENCE)]
    nodes: Annotated[tuple[Node, ...], Meta(max_length=MAX_NODES)]
    map: Map

    def paths(self) -> Iterator[tuple[str, Path]]:
        """Every path with the member that holds it: those of the entries in order, an entry's own first, then those of the map."""
        for number, entry in enumerate(self.entries):
            yield f"entries[{number}].inclusion", entry.inclusion
            for place, event in enumerate(entry.events):
                yield f"entries[{number}].events[{place}].path", event.path
        for number, item in enumerate(self.map.subjects):
            yield f"map.subjects[{number}].path", item.path

    def hashes(self, path: Path) -> list[bytes]:
        """The nodes of a path, 32 bytes each."""
        return [self.nodes[place] for place in path]


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Bundle)


def parse(data: bytes, file: str | None = None) -> Bundle:
    """Read a bundle; verifies nothing.

    Raises:
        FormatError: too large, not a bundle, or not in the one spelling; says file and member.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a bundle of more than {MAX_BYTES} bytes", file=file)
    try:
        bundle = _decoder.decode(data)
    except msgspec.ValidationError as error:
        message, field = split_path(str(error))
        raise FormatError(message, file=file, field=field) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}", file=file) from error
    try:
        _check(bundle)
        same = _encoder.encode(bundle) == data
    except FormatError as error:
        raise FormatError(error.message, file=file, field=error.field) from error
    except UnicodeEncodeError as error:
        raise FormatError("text with a lone surrogate has no UTF-8", file=file) from error
    if not same:
        raise FormatError(
            "not the one spelling of a bundle (RFC 8785): order of members, spaces, escapes, a repeated member",
            file=file,
        )
    return bundle


def format(bundle: Bundle) -> bytes:  # noqa: A001 - Parse and Format are the pair's names
    """Write a bundle; `parse` gives it back.

    Raises:
        FormatError: it is not one that `parse` could give.
    """
    data = _encoder.encode(bundle)
    parse(data)
    return data


def _check(bundle: Bundle) -> None:
    """What no type says: orders, and that the nodes are those of the paths."""
    _ascending([entry.index for entry in bundle.entries], "entries", "index")
    for number, entry in enumerate(bundle.entries):
        _ascending([event.position for event in entry.events], f"entries[{number}].events", "position")
    if sum(len(entry.events) for entry in bundle.entries) > MAX_EVENTS:
        raise FormatError(f"more than {MAX_EVENTS} events", field="entries")
    _ascending([item.sha256 for item in bundle.evidence], "evidence", "sha256")
    _ascending([item.subject for item in bundle.map.subjects], "map.subjects", "subject")
    for number, subject in enumerate(bundle.map.subjects):
        _ascending([item.place for item in subject.withheld], f"map.subjects[{number}].withheld", "place")
    if len(set(bundle.nodes)) != len(bundle.nodes):
        raise FormatError("a node stands twice", field="nodes")
    met = 0
    for field, path in bundle.paths():
        for place in path:
            if place > met or place >= len(bundle.nodes):
                raise FormatError("names a node that is not there, or before its turn", field=field)
            met += place == met
    if met != len(bundle.nodes):
        raise FormatError("nodes are here that no path names", field=f"nodes[{met}]")


def _ascending(keys: list[int] | list[str], field: str, member: str) -> None:
    for number in range(1, len(keys)):
        if keys[number - 1] >= keys[number]:  # type: ignore[operator]  # one type each
            raise FormatError(f"`{member}` does not ascend", field=f"{field}[{number}]")
