"""Entries on their way into a verification, looked at beforehand by an executor's workers while the rules fold those before.

Only bytes travel: entries, events and public keys there, hashes and names back. An executor is as trusted as the process
that verifies; one that fails or whose worker dies gives nothing, and its entries are looked at here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeAlias

from ledger.rules.history import History
from ledger.seal.examined import Examined, examine, parties
from ledger.store.contract import Stored

SHARE = 256
"""Events, or entries, that go to a worker at once: up to 25 ms of work, beside which the way there costs little."""
AHEAD = 8
"""Shares under way at a time: enough to keep several workers busy, and a bound on memory."""
PATIENCE = 60.0
"""Seconds that an answer is waited for. Where none comes the workers are gone, and all after it is looked at here."""
Answer: TypeAlias = Future[list[Examined | None]]


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
    waiting: deque[tuple[list[Stored], Answer | None]] = deque()
    shares = _shares(entries)
    helping = True

    def oldest() -> Iterator[tuple[Stored, Examined | None]]:
        nonlocal helping
        share, answer = waiting.popleft()
        found = _found(share, answer) if helping else []
        helping = helping and found is not None
        yield from zip(share, found or [None] * len(share), strict=True)

    # The first are looked at here: who may sign is in them, and before they are folded no key could be sent along.
    yield from ((stored, None) for stored in next(shares, []))
    try:
        for share in shares:
            waiting.append((share, _sent(executor, share, history) if helping else None))
            if len(waiting) > AHEAD:
                yield from oldest()
        while waiting:
            yield from oldest()
    finally:
        for _share, answer in waiting:
            if answer is not None:
                answer.cancel()


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


def _sent(executor: Executor, share: list[Stored], history: History) -> Answer | None:
    named = parties([stored.entry for stored in share])
    keys = {name: tuple(history.parties[name].keys) for name in named if name in history.parties}
    try:
        return executor.submit(examine, [(stored.entry, stored.events) for stored in share], keys)
    except Exception:  # noqa: BLE001  (whatever executors raise: without one, verification goes on here)
        return None


def _found(share: list[Stored], answer: Answer | None) -> list[Examined | None] | None:
    """What a worker found, nothing where it failed; None where it does not answer at all."""
    if answer is None:
        return []
    try:
        found = answer.result(PATIENCE)
    except TimeoutError:
        answer.cancel()
        return None
    except Exception:  # noqa: BLE001  (a worker that died, be it here or on another machine, costs time alone)
        return []
    return found if len(found) == len(share) else []
