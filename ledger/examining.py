"""Entries on their way into a verification, looked at beforehand by an executor's workers while the rules fold those before.

Only bytes travel: entries, events and public keys there, hashes and names back. An executor is as trusted as the process
that verifies; one that fails or whose worker dies gives nothing, and its entries are looked at here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future

from ledger.rules.history import History
from ledger.seal.examined import Examined, examine, parties
from ledger.store.contract import Stored

SHARE = 256
"""Events, or entries, that go to a worker at once: up to 25 ms of work, beside which the way there costs little."""
AHEAD = 8
"""Shares under way at a time: enough to keep several workers busy, and a bound on memory."""


def examined(
    entries: Iterable[Stored], executor: Executor | None, history: History
) -> Iterator[tuple[Stored, Examined | None]]:
    """Each entry, in order, with what a worker found in order about it, if one did.

    Args:
        entries: of the log.
        executor: whose workers look; None looks at nothing beforehand.
        history: grows meanwhile; gives the parties' keys, as far as it knows them when an entry is sent.
    """
    if executor is None:
        yield from ((stored, None) for stored in entries)
        return
    waiting: deque[tuple[list[Stored], Future[list[Examined | None]] | None]] = deque()
    shares = _shares(entries)
    # The first are looked at here: who may sign is in them, and before they are folded no key could be sent along.
    yield from ((stored, None) for stored in next(shares, []))
    try:
        for share in shares:
            waiting.append((share, _sent(executor, share, history)))
            if len(waiting) > AHEAD:
                yield from _back(*waiting.popleft())
        while waiting:
            yield from _back(*waiting.popleft())
    finally:
        for _share, future in waiting:
            if future is not None:
                future.cancel()


def _shares(entries: Iterable[Stored]) -> Iterator[list[Stored]]:
    share: list[Stored] = []
    size = 0
    for stored in entries:
        share.append(stored)
        size += max(len(stored.events), 1)
        if size >= SHARE:
            yield share
            share, size = [], 0
    if share:
        yield share


def _sent(executor: Executor, share: list[Stored], history: History) -> Future[list[Examined | None]] | None:
    named = parties([stored.entry for stored in share])
    keys = {name: tuple(history.parties[name].keys) for name in named if name in history.parties}
    try:
        return executor.submit(examine, [(stored.entry, stored.events) for stored in share], keys)
    except Exception:  # noqa: BLE001  (whatever executors raise: without one, verification goes on here)
        return None


def _back(
    share: list[Stored], future: Future[list[Examined | None]] | None
) -> Iterator[tuple[Stored, Examined | None]]:
    found: list[Examined | None] = []
    if future is not None:
        try:
            found = future.result()
        except Exception:  # noqa: BLE001  (a worker that died, be it here or on another machine, costs time alone)
            found = []
    if len(found) != len(share):
        found = [None] * len(share)
    yield from zip(share, found, strict=True)
