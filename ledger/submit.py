"""Submissions that are signed elsewhere: prepared on a ledger, and admitted once their signatures have come.

`prepare` does what `record` does up to the signature, `submit` the rest. Between them the file travels, and whoever has it
can change it; so `submit` believes nothing of it: seal and signature are looked at as the verifier looks at an entry
(docs/format.md, steps 5 to 7), the rules judge as at any admission, and all is appended in one transaction or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ledger import attest
from ledger.admission import Recorded, groups
from ledger.appending import append
from ledger.continuity import check_head
from ledger.errors import RefusedError, StaleError, UsageError
from ledger.exchange.draft import Draft
from ledger.model.entry import Fact
from ledger.record import DEFAULT_BATCH, Progress, judged, needed
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.rulebook import advise, judge, refusals
from ledger.seal import entry, merkle, note, prepared
from ledger.seal.keys import Signer, VerifierKey
from ledger.seal.prepared import Checked, Prepared, PreparedOn
from ledger.store.contract import Head, IndexRow, Store, Stored, index_row

MOVED = ("CUST-PREV", "CUST-REF", "SEAL-DUPLICATE")
"""Codes by which a ledger that has moved on shows: what was signed continues something that is no longer the end."""


class Ready(Struct, frozen=True):
    """What `prepare` made.

    Attributes:
        prepared: the file, with no signature yet; None where nothing is left to record.
        skipped, findings: as in `ledger.record.Recorded`.
    """

    prepared: Prepared | None
    skipped: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


class _Waiting(NamedTuple):
    """A submission of the file that is to be admitted, with its number there."""

    number: int
    item: Checked
    signed: note.Note


def prepare(
    store: Store,
    drafts: Sequence[Draft],
    *,
    recorded: datetime,
    batch: int = DEFAULT_BATCH,
    files: Sequence[bytes] = (),
    progress: Progress | None = None,
) -> Ready:
    """Make the submissions that `record` would sign; needs no private key and writes nothing.

    Args:
        store: the ledger that they continue.
        drafts: in the order in which they happened.
        recorded: the time by which the rules judge, UTC.
        batch: most events in one submission.
        files: bytes that the events may name as evidence; those that they do name travel along.
        progress: told (drafts done, drafts in all) now and then.

    Raises:
        InputError, RefusedError: as `record`, and for a party to which the ledger gives no key that is valid.
    """
    writer = judged(store, drafts, None, None, recorded, None, progress)
    writer.refuse()
    if not writer.events:
        return Ready(None, tuple(writer.skipped), ())
    submissions = []
    for start, stop in groups(writer.events, max(batch, 1)):
        actor = writer.events[start].actor
        party = writer.history.parties[actor]
        keys = [VerifierKey.parse(state.vkey) for state in party.keys.values() if state.revoked is None]
        if not keys:
            # Only a party that revokes its own last key in this very file comes here: what else has none is refused above.
            raise UsageError(f"{actor} has no valid key at the end of this; record that revocation by itself")
        submissions.append(prepared.unsigned(writer.ledger, actor, keys, writer.data[start:stop]))
    made = Prepared(
        format=prepared.FORMAT,
        ledger=writer.ledger,
        head=PreparedOn(size=writer.head.size, leaf=_leaf(store, writer.head.size) or ""),
        submissions=tuple(submissions),
        files=prepared.named(writer.events, files),
    )
    return Ready(made, tuple(writer.skipped), tuple(writer.findings))


def submit(
    store: Store,
    file: Prepared,
    *,
    log: Signer | None,
    recorded: datetime,
    remembered: bytes | None = None,
    progress: Progress | None = None,
) -> Recorded:
    """Admit a signed file, all of it or nothing; submissions that are in the log already, word for word, are skipped.

    Args:
        store: the ledger.
        file: as parsed.
        log: the log's key, as for `ledger.record.record`.
        recorded: the operator's time, UTC.
        remembered: as for `ledger.record.record`.
        progress: told (submissions done, submissions in all) now and then.

    Raises:
        FormatError: what it holds does not fit together.
        UsageError: another ledger's, or not all of it is signed; says whose signatures are missing.
        RefusedError: a signature or a rule refuses; with every finding.
        StaleError: the ledger has moved on since the file was prepared.
        ConflictError: another writer is first now.
    """
    checked = prepared.check(file)
    head = store.head()
    if not head.size:
        raise UsageError("the ledger is empty: begin it with `monazite init`")
    drafts = [Draft(msgspec.json.decode(data)) for item in checked for data in item.data]
    history = attest.recall(store.recall(**needed(store, drafts)))
    if history.open_event is None:
        raise UsageError("entry 0 is not `open`; run `monazite verify`")
    if file.ledger != history.open_event.ledger:
        raise UsageError(f"this was prepared for the ledger {file.ledger}; here is {history.open_event.ledger}")
    skipped, waiting = _sorted(store, checked)
    if not waiting:
        return Recorded((), tuple(skipped), (), head, 0)
    _check_prepared_on(store, file, head)
    if log is not None:
        check_head(store, head, log.vkey, remembered)
    admission = _Admission(head, history, recorded.replace(microsecond=0))
    for done, item in enumerate(waiting):
        if progress is not None:
            progress(done, len(waiting))
        admission.admit(item)
    admission.refuse(file)
    findings = admission.findings + [item for fact in admission.facts for item in advise(history, fact)]
    after = append(
        store, head, history, admission.stored, admission.index, admission.facts, file.ledger, log, admission.recorded
    )
    return Recorded(tuple(admission.facts), tuple(skipped), tuple(findings), after, len(admission.stored))


def _sorted(store: Store, checked: Sequence[Checked]) -> tuple[list[tuple[str, str]], list[_Waiting]]:
    """What is in the log already, as (ref, hash), and what is to be admitted.

    Raises:
        UsageError: some of that is not signed.
        StaleError: a part of a submission is in the log already.
    """
    there = _recorded(store, (digest for item in checked for digest in item.hashes))
    skipped: list[tuple[str, str]] = []
    waiting: list[_Waiting] = []
    missing: dict[str, int] = {}
    for number, item in enumerate(checked):
        if there.issuperset(item.hashes):
            skipped += [(event.ref or "", digest) for event, digest in zip(item.events, item.hashes, strict=True)]
        elif not there.isdisjoint(item.hashes):
            raise StaleError(
                f"of the {len(item.hashes)} events of submission {number + 1} of {item.stated.party} some are in the log "
                "already. Nothing was written. Prepare it again with `monazite import --unsigned`, and have that signed"
            )
        elif item.signed is None:
            missing[item.stated.party] = missing.get(item.stated.party, 0) + 1
        else:
            waiting.append(_Waiting(number, item, item.signed))
    if missing:
        told = ", ".join(f"{party} ({count})" for party, count in sorted(missing.items()))
        raise UsageError(
            f"not signed yet, of {len(checked)} submissions: {told}. Nothing was written; `monazite sign` adds signatures"
        )
    return skipped, waiting


def _recorded(store: Store, hashes: Iterable[str]) -> set[str]:
    """Those events that are in the log."""
    return {merkle.leaf_hash(row.event).hex() for row in store.recall(hashes=set(hashes))}


def _check_prepared_on(store: Store, file: Prepared, head: Head) -> None:
    """Whether this ledger once ended where the file says.

    Raises:
        StaleError: it did not: it was cut back or replaced, or the file was prepared on another ledger of this name.
    """
    size = file.head.size
    if size > head.size or _leaf(store, size) != file.head.leaf:
        raise StaleError(
            f"this was prepared on a ledger of {size} entries whose newest was {file.head.leaf}; the ledger here, of "
            f"{head.size} entries, never ended so. Nothing was written. `monazite verify` says whether it was cut; "
            "if it was not, prepare again on this ledger"
        )


def _leaf(store: Store, size: int) -> str | None:
    """Hash of the newest of a log's first `size` entries, hex; from its bytes, since not every store keeps hashes."""
    stored = next(store.entries(size - 1), None)
    return None if stored is None else merkle.leaf_hash(stored.entry).hex()


class _Admission:
    """One file's admission in progress."""

    def __init__(self, head: Head, history: History, recorded: datetime) -> None:
        self.history = history
        self.recorded = recorded
        self.stored: list[Stored] = []
        self.index: list[IndexRow] = []
        self.facts: list[Fact] = []
        self.findings: list[Finding] = []
        self.refused: list[tuple[str, Finding]] = []
        self._head = head
        self._previous = head.leaf

    def admit(self, waiting: _Waiting) -> None:
        """Look at one submission as the verifier will, then let the rules judge its events."""
        number, item, signed = waiting
        place = f"submission {number + 1} of {item.stated.party}: "
        sequence = self._head.size + len(self.stored)
        parsed = entry.Entry(sequence, self._previous, self.recorded, note.format(signed))
        attested = attest.attest(parsed, item.data, self.history)
        self.refused += [(place, found) for found in attested.findings]
        for fact in attested.facts:
            found = judge(self.history, fact)
            bad = refusals(found)
            self.refused += [(place, one) for one in bad]
            self.findings += [one for one in found if one not in bad]
            self.facts.append(fact)
            self.index.append(index_row(fact))
        leaf = entry.format_entry(parsed)
        self._previous = merkle.leaf_hash(leaf)
        self.stored.append(Stored(sequence, self._previous, leaf, item.data))

    def refuse(self, file: Prepared) -> None:
        """Raise where anything was refused."""
        if not self.refused:
            return
        told = "\n".join(_told(self.refused))
        if any(item.code in MOVED for _place, item in self.refused) and self._head.size != file.head.size:
            raise StaleError(
                f"the ledger has moved on: it had {file.head.size} entries when this was prepared, and has "
                f"{self._head.size} now. Nothing was written. Prepare it again with `monazite import --unsigned`, and "
                f"have that signed:\n{told}"
            )
        raise RefusedError(f"refused, nothing was written:\n{told}", [item for _place, item in self.refused])


def _told(refused: Sequence[tuple[str, Finding]]) -> Iterator[str]:
    for place, item in refused:
        yield f"{place}{item.code}: {item.message}"
