"""Evidence files in a bundle: which ones events name, under which name, and whether they are those."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from ledger.bundle.format import Bundle, BundledFile
from ledger.errors import UsageError
from ledger.model.entry import Fact
from ledger.model.events import Event, Ship
from ledger.rules.catalogue import finding
from ledger.rules.finding import Finding


def names_of(event: Event) -> dict[str, str]:
    """By hash, what an event calls the files that it names: an evidence file's name, or a document's kind and number."""
    found = {item.sha256: item.name for item in reversed(event.evidence)}
    if isinstance(event, Ship):
        papers = {item.sha256: f"{item.kind} {item.number}" for item in reversed(event.documents) if item.sha256}
        found = papers | found
    return found


def attached(events: Iterable[Event], evidence: Iterable[bytes]) -> tuple[BundledFile, ...]:
    """Files as a bundle holds them, sorted; `events` in the order of the log.

    Raises:
        UsageError: a file that no event names.
    """
    names: dict[str, str] = {}
    for event in events:
        for digest, name in names_of(event).items():
            names.setdefault(digest, name)
    files: dict[str, BundledFile] = {}
    for data in evidence:
        digest = sha256(data).hexdigest()
        if digest not in names:
            raise UsageError(f"no event of this bundle names the file with SHA-256 {digest}", field="--evidence")
        files[digest] = BundledFile(name=names[digest], sha256=digest, content=data)
    return tuple(files[digest] for digest in sorted(files))


def judged_files(bundle: Bundle, facts: Iterable[Fact]) -> tuple[list[Finding], int]:
    """What is wrong with a bundle's files, and how many files that its events name are not in it."""
    names: dict[str, tuple[str, str]] = {}
    for fact in facts:
        for digest, name in names_of(fact.event).items():
            names.setdefault(digest, (name, fact.hash))
    found: list[Finding] = []
    for item in bundle.evidence:
        name, event = names.get(item.sha256, ("", ""))
        message = ""
        if sha256(item.content).hexdigest() != item.sha256:
            message = f"the file {item.name!r} is not the one with this hash"
        elif not event:
            message = f"no event here names the file {item.name!r}"
        elif name != item.name:
            message = f"the file {item.name!r} is called {name!r} by the event"
        if message:
            events = (event,) if event else ()
            found.append(finding("SEAL-EVIDENCE", f"evidence:{item.sha256}", message, *events))
    return found, len(names.keys() - {item.sha256 for item in bundle.evidence})
