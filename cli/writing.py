"""How commands write: events in, one append, what was found printed, the checkpoint remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from cli.console import say, warn
from cli.context import Signers, keystore, known, now, opened, remember
from ledger.errors import ConflictError, StaleError, StoreError, UsageError

if TYPE_CHECKING:
    from cli.stores import Opened
    from ledger.admission import Recorded
    from ledger.rules.finding import Finding
    from ledger.seal.keys import Signer

Done = TypeVar("Done")
SHOWN = 10
"""Findings of one code that are printed before the rest is counted."""
GATE = 60.0
"""Seconds that one waits for a writer who lost and has the turn now."""
TURN = 300.0
"""Seconds that one who lost waits for the turn; as many writers as there are may be before it."""
ATTEMPTS = 20
"""How often a command begins anew, having the turn, while others who began before keep writing."""
ENOUGH = 3
"""How often at least, however long each takes."""
PATIENCE = 20.0
"""Seconds after which it does not begin anew any more."""


def anchor(store: Opened) -> tuple[str, str]:
    """(ledger, registrar) as entry 0 states them, for who is about to write."""
    from ledger.model.events import Open  # noqa: PLC0415
    from ledger.seal.canonical import decode_event  # noqa: PLC0415

    if store.READ_ONLY:
        raise UsageError(
            f"{store.path} is a folder of tiles, which is only read; write to the ledger and export it again"
        )
    rows = store.recall(kinds=("open",))
    event = decode_event(rows[0].event) if rows else None
    if not isinstance(event, Open):
        raise StoreError(f"{store.path} is empty or does not begin with `open`; begin it with `monazite init`")
    return event.ledger, event.registrar.party


def write(ledger: str, members: Callable[[str], Sequence[dict[str, Any]]], *, quiet: bool = False) -> Recorded:
    """Record events given as JSON members; `members` is told the registrar's id."""
    from ledger.exchange.draft import Draft  # noqa: PLC0415  (start-up time)
    from ledger.record import record  # noqa: PLC0415

    with opened(ledger) as store:
        origin, registrar = anchor(store)
        signers = Signers(keystore())
        log = signers.log(origin)
        drafts = [Draft(item) for item in members(registrar)]
        recorded = persistently(
            store, lambda: record(store, drafts, keys=signers, log=log, recorded=now(), remembered=known(log))
        )
    remember(recorded, log)
    if not quiet:
        tell(recorded.findings)
        uncovered(recorded, origin, log)
    return recorded


def persistently(store: Opened, work: Callable[[], Done]) -> Done:
    """Write, anew where somebody else wrote meanwhile: what the rules say may be another thing now.

    Who loses takes the writers' turn, for which those who begin later wait. Otherwise an import of half a minute would be
    overtaken for ever where somebody records every few seconds.

    Raises:
        ConflictError: others keep writing, or one holds the ledger.
        StaleError: trying again does not help.
    """
    with store.turn(GATE, shared=True):
        pass
    try:
        return work()
    except StaleError:
        raise
    except ConflictError:
        pass
    with store.turn(TURN, shared=False):
        until = monotonic() + PATIENCE
        attempts = 1
        while True:
            attempts += 1
            try:
                return work()
            except StaleError:
                raise
            except ConflictError:
                if attempts >= ATTEMPTS or (attempts > ENOUGH and monotonic() > until):
                    raise


def uncovered(recorded: Recorded, origin: str, log: Signer | None) -> None:
    """Say that no checkpoint covers what was recorded, where the log's key was not at hand."""
    if log is None and recorded.submissions:
        warn(f"note: the key of the log {origin} is not here, so the new entries are under no checkpoint yet")


def tell(findings: Sequence[Finding]) -> None:
    """Print findings that did not refuse, on stderr, a few of each code."""
    seen: Counter[str] = Counter()
    for item in findings:
        seen[item.code] += 1
        if seen[item.code] <= SHOWN:
            warn(f"{item.severity}: {item.code}: {item.message}")
    for code, count in seen.items():
        if count > SHOWN:
            warn(f"... and {count - SHOWN} more {code}; `monazite explain {code}` says what it means")


def told(recorded: Recorded) -> None:
    """Say which events are now in the log."""
    for ref, digest in recorded.skipped:
        say(f"{ref or digest[:16]}: already in the ledger, word for word; skipped")
    for fact in recorded.facts:
        say(f"{fact.event.type} recorded in entry {fact.place.entry}: {fact.hash}")


def outcome(recorded: Recorded) -> dict[str, Any]:
    """What came of many events at once, for --json."""
    return {
        "submissions": recorded.submissions,
        "skipped": [{"ref": ref, "event": digest} for ref, digest in recorded.skipped],
        "size": recorded.head.size,
    }


def counted(recorded: Recorded) -> None:
    """Say what came of many events at once."""
    if recorded.skipped:
        say(f"{len(recorded.skipped)} events were in the ledger already, word for word, and are skipped.")
    if recorded.facts:
        say(
            f"{len(recorded.facts)} events recorded in {recorded.submissions} signed submissions; the ledger has {recorded.head.size} entries."
        )
    else:
        say("Nothing to add.")
