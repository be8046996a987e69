"""The write path: drafts -> events -> rules on history and candidates -> signed submissions -> one append.

Order of what happens, so that a crash anywhere leaves the ledger as it was or complete:
1. the head is read; 2. the history at hand is recalled; 3. every draft becomes an event with its `prev` filled in, and the
rules judge it; any refusal ends here; 4. submissions are signed, entries chained, and where the log's key is at hand a map
entry is added and a checkpoint signed; 5. the store swaps the head and adds the rows in one durable transaction. Keys, clock and store are passed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ledger import attest
from ledger.admission import Recorded, Writer, groups
from ledger.collecting import seldom
from ledger.continuity import check_head
from ledger.errors import UsageError
from ledger.exchange.draft import Draft
from ledger.model.events import Open
from ledger.rules.custody import lots_of
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.seal import canonical
from ledger.seal.keys import Signer
from ledger.store.contract import REGISTRY_KINDS, Store

DEFAULT_BATCH = 1000
"""Events in a submission, at most."""
Progress = Callable[[int, int], None]


class Planned(Struct, frozen=True):
    """What `record` would do.

    Attributes:
        kinds: how many events of each type.
        skipped: as in `Recorded`.
        findings: as in `Recorded`.
        submissions: how many would be signed.
    """

    kinds: dict[str, int]
    skipped: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    submissions: int


class Sifted(Struct, frozen=True):
    """Which drafts can be recorded together.

    Attributes:
        sound: those, in order.
        refused: the others, each with the findings that refuse it.
    """

    sound: tuple[Draft, ...]
    refused: tuple[tuple[Draft, tuple[Finding, ...]], ...]


def begin(store: Store, event: Open, operator: Signer, log: Signer | None, recorded: datetime) -> Recorded:
    """Open an empty ledger with entry 0; `log` as for `record`.

    Raises:
        UsageError: the store already holds a ledger.
        RefusedError: a key that proves nothing.
    """
    head = store.head()
    if head.size:
        raise UsageError("there is a ledger already; `init` begins a new one")
    writer = Writer(store, head, History(), event.ledger, lambda _party: operator, log, recorded)
    writer.judge(event, "")
    return writer.write(1)


def record(
    store: Store,
    drafts: Sequence[Draft],
    *,
    keys: Callable[[str], Signer],
    log: Signer | None,
    recorded: datetime,
    batch: int = DEFAULT_BATCH,
    remembered: bytes | None = None,
    progress: Progress | None = None,
) -> Recorded:
    """Admit drafts, all or none.

    Args:
        store: the ledger.
        drafts: in the order in which they happened.
        keys: gives a party's private key; asked once per party, and only when something is to be signed.
        log: the log's key, which signs a checkpoint over a map entry; None leaves the new entries without either.
        recorded: the operator's time, UTC.
        batch: most events in one submission.
        remembered: the last checkpoint that this writer wrote or verified; a ledger that was cut since is not built on.
        progress: told (drafts done, drafts in all) now and then.

    Raises:
        InputError: a draft that is no event; says file, line and member.
        RefusedError: with every finding that refuses, each with its draft's place.
        ConflictError: another writer was first.
    """
    with seldom():
        writer = judged(store, drafts, keys, log, recorded, remembered, progress)
        return writer.write(batch)


def plan(
    store: Store,
    drafts: Sequence[Draft],
    *,
    recorded: datetime,
    batch: int = DEFAULT_BATCH,
    progress: Progress | None = None,
) -> Planned:
    """What `record` would do with these drafts; needs no private key and writes nothing. Raises as `record`."""
    writer = judged(store, drafts, None, None, recorded, None, progress)
    writer.refuse()
    kinds = Counter(event.type for event in writer.events)
    submissions = len(list(groups(writer.events, max(batch, 1))))
    return Planned(dict(kinds), tuple(writer.skipped), tuple(writer.findings), submissions)


def sift(store: Store, drafts: Sequence[Draft], *, recorded: datetime, progress: Progress | None = None) -> Sifted:
    """Set aside the drafts that a rule refuses, and those that build on them, until the rest can be recorded. Raises as `plan`."""
    sound = list(drafts)
    refused: list[tuple[Draft, tuple[Finding, ...]]] = []
    while sound:
        writer = judged(store, sound, None, None, recorded, None, progress)
        found: dict[int, list[Finding]] = {}
        for number, item in writer.against:
            found.setdefault(number, []).append(item)
        if not found:
            break
        refused += [(sound[number], tuple(items)) for number, items in sorted(found.items())]
        sound = [draft for number, draft in enumerate(sound) if number not in found]
    return Sifted(tuple(sound), tuple(refused))


def judged(
    store: Store,
    drafts: Sequence[Draft],
    keys: Callable[[str], Signer] | None,
    log: Signer | None,
    recorded: datetime,
    remembered: bytes | None,
    progress: Progress | None,
) -> Writer:
    """Steps 1 to 3: everything judged, nothing refused yet."""
    head = store.head()
    if not head.size:
        raise UsageError("the ledger is empty: begin it with `monazite init`")
    history = attest.recall(store.recall(**needed(store, drafts)))
    opened = history.open_event
    if opened is None:
        raise UsageError("entry 0 is not `open`; run `monazite verify`")
    if log is not None:
        check_head(store, head, log.vkey, remembered)
    writer = Writer(store, head, history, opened.ledger, keys, log, recorded)
    for number, draft in enumerate(drafts):
        if progress is not None and number % 256 == 0:
            progress(number, len(drafts))
        event = writer.complete(draft)
        if event is not None:
            writer.judging = number
            writer.judge(event, f"{draft.file}, line {draft.line}: " if draft.line else "")
    writer.refuse_replays()
    if not writer.refused:
        writer.advise()
    return writer


def needed(store: Store, drafts: Sequence[Draft]) -> dict[str, Any]:
    """What the rules must see of the past: the registry, and everything on each lot, ref and retracted event at hand."""
    subjects: set[str] = set()
    hashes: set[str] = set()
    refs: set[tuple[str, str]] = set()
    for draft in drafts:
        # Nothing is known of a draft's shape yet: whatever is not text asks for nothing, and is refused afterwards.
        members = draft.members
        actor = str(members.get("actor"))
        items = [members]
        for name in ("inputs", "outputs", "lots"):
            listed = members.get(name)
            items += [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        subjects |= {f"lot:{item['lot']}" for item in items if isinstance(item.get("lot"), str)}
        refs |= {(actor, members[name]) for name in ("ref", "target") if isinstance(members.get(name), str)}
        if isinstance(members.get("target"), str):
            hashes.add(members["target"])
    for row in store.recall(hashes=hashes, refs=refs):
        event = canonical.decode_event(row.event)
        subjects |= {f"lot:{name}" for name in lots_of(event)} | {f"event:{canonical.event_hash(row.event)}"}
    return {"kinds": REGISTRY_KINDS, "subjects": subjects, "hashes": hashes, "refs": refs}
