"""Moving a ledger from one store to another: the same entries, events and tree head, verified before they are there to stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from ledger.errors import RefusedError, StoreError
from ledger.rules.tables import Tables
from ledger.seal.policy import Policy
from ledger.store.contract import Snapshot, Store
from ledger.verify import Verdict, verify


class _Copy:
    """What `verify` asks of a store, answered from inside the transaction that writes it."""

    def __init__(self, seen: Snapshot) -> None:
        self._seen = seen

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        yield self._seen


def migrate(
    source: Store,
    target: Store,
    policy: Policy,
    *,
    remembered: bytes | None = None,
    now: datetime | None = None,
    tables: Callable[[], Tables],
    progress: Callable[[int, int], None] | None = None,
) -> Verdict:
    """Copy a ledger into an empty one, all or nothing.

    One moment of the source is copied in one transaction of the target, and the copy verified in it, from its own bytes, by
    every step of `ledger.verify`. Only then is it committed; killed before, the target is as empty as it was.

    Args:
        source: the ledger, which is only read.
        target: an empty ledger of whatever kind.
        policy: the log's key and witnesses, from the caller, as `ledger.verify.verify` takes them.
        remembered: the last checkpoint that the caller verified or wrote, if any.
        now: the caller's clock; None where it has none.
        tables: makes the place where the verification keeps what grows with the ledger.
        progress: called now and then while the copy is verified.

    Returns:
        The verdict on the copy, in which there is no error.

    Raises:
        ConflictError: the target is not empty.
        RefusedError: the ledger has errors, which a copy would hand on; nothing was written.
        UnverifiableError: the source cannot be read or verified; nothing was written.
    """
    verdicts: list[Verdict] = []
    with source.snapshot() as seen:
        head = seen.head()

        def check(copy: Snapshot) -> None:
            verdict = verify(
                cast("Store", _Copy(copy)),
                policy,
                remembered=remembered,
                now=now,
                progress=progress,
                tables=tables(),
            )
            errors = [item for item in verdict.findings if item.severity == "error"]
            if errors:
                first = f"{errors[0].code}: {errors[0].message}"
                raise RefusedError(
                    f"the ledger has {len(errors)} errors, and a copy would have them, too; nothing was written. The first: {first}",
                    errors,
                )
            if copy.head() != head:
                raise StoreError("the copy has another head than the ledger; nothing was written")
            verdicts.append(verdict)

        target.fill(seen, check)
    return verdicts[0]
