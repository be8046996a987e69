"""What commands remember of bundles and receipts, beside what they remember of the ledger itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.console import warn
from ledger.errors import FormatError, UsageError

if TYPE_CHECKING:
    from cli.stores import Opened
    from ledger.rules.finding import Finding
    from ledger.seal.keys import VerifierKey
    from ledger.seal.policy import Policy
    from ledger.store.state import State, Verified
    from ledger.verify import Verdict


def before(memory: State, vkey: VerifierKey, shown: bytes) -> tuple[bytes, ...]:
    """The checkpoints that the one of a bundle or a receipt is compared with: of its size, and the largest one.

    Raises:
        UnverifiableError: what is remembered cannot be read.
    """
    from ledger.seal import checkpoint  # noqa: PLC0415  (start-up time)

    sizes = memory.seen_sizes(vkey)
    try:
        size = checkpoint.unverified(shown).size
    except FormatError:
        return ()  # nothing that could be compared, which the verification says
    wanted = {*sizes[-1:], *({size} & set(sizes))}
    notes = (memory.seen(vkey, one) for one in sorted(wanted))
    return tuple(note for note in notes if note is not None)


def keep(memory: State, vkey: VerifierKey, shown: bytes, trusted: Policy) -> bool:
    """Remember the checkpoint of a bundle or a receipt in which nothing was wrong; where that fails, say so.

    False where by now another tree of its size is remembered, with which it has yet to be compared.
    """
    from ledger.seal.witnessed import own_lines  # noqa: PLC0415  (start-up time)

    try:
        return memory.see(vkey, own_lines(shown, trusted))
    except OSError as error:
        warn(
            f"warning: the checkpoint could not be remembered in {memory.place(vkey)} ({error.strerror}): "
            "another history of the same size will not be noticed here"
        )
    return True


def warn_if_older(what: str, size: int, known: tuple[bytes, ...], vkey: VerifierKey) -> None:
    """Warn where the reader saw more entries than what is shown is of: an old bundle is how a retraction is kept back."""
    from ledger.seen import newest  # noqa: PLC0415  (start-up time)

    seen = newest(known, vkey)
    if 0 < size < seen:
        warn(
            f"WARNING: the {what} is of {size} entries, and you verified {seen} of this ledger: what the newer ones say, "
            "a retraction too, is not in it. Ask for a new one."
        )


def base_of(store: Opened, memory: State, vkey: VerifierKey) -> Verified | None:
    """Under what this ledger was verified here; None, and it is said, where it was not.

    Raises:
        UsageError: a folder of tiles, which keeps no map.
        UnverifiableError: what is remembered cannot be read.
    """
    from cli.version import version  # noqa: PLC0415  (start-up time)
    from ledger.store.tiles import TileStore  # noqa: PLC0415

    if isinstance(store, TileStore):
        raise UsageError("--new goes with a ledger that keeps its map; a folder of tiles is verified whole")
    found = memory.verified(vkey, version())
    if found is None:
        warn("no verification of this ledger by this version is remembered here, so the whole of it is verified")
    return found


def unseen(verdict: Verdict, memory: State, vkey: VerifierKey) -> Verdict:
    """A verdict on what is new, which was not compared with bundles and receipts; raises UnverifiableError as `compared`."""
    from msgspec.structs import replace  # noqa: PLC0415  (start-up time)

    from ledger.verify import NotChecked  # noqa: PLC0415

    if not memory.seen_sizes(vkey):
        return verdict
    why = "the next verification of the whole compares the ledger with the bundles and receipts that were verified here"
    return replace(
        verdict, not_checked=(*verdict.not_checked, NotChecked("whether this is the history seen elsewhere", why))
    )


def keep_base(memory: State, vkey: VerifierKey, verdict: Verdict) -> None:
    """Remember under which checkpoint no error was found, for `verify --new`; where that fails, say so.

    Where one was found in the whole, nothing that was verified before is built on any more: what is new would not show it.
    """
    from cli.version import version  # noqa: PLC0415  (start-up time)
    from ledger.store.state import Verified  # noqa: PLC0415

    try:
        if verdict.checkpoint is not None:
            whole = verdict.size if verdict.whole is None else verdict.whole
            memory.keep_verified(vkey, version(), Verified(verdict.checkpoint, whole))
        elif verdict.since is None:
            memory.forget_verified(vkey)
    except OSError as error:
        warn(f"warning: this verification could not be remembered in {memory.place(vkey)} ({error.strerror})")


def _of(shown: bytes, vkey: VerifierKey, verdict: Verdict) -> bool:
    """Whether this is the checkpoint that a verdict is on, and not a newer one."""
    from ledger.seal import checkpoint  # noqa: PLC0415  (start-up time)

    try:
        head = checkpoint.open(shown, vkey)
    except FormatError:
        return False
    return (head.size, head.root) == (verdict.size, verdict.root)


def compared(store: Opened, verdict: Verdict, memory: State, trusted: Policy) -> Verdict:
    """A verdict on a ledger, and whether the ledger begins with what was seen in bundles and receipts.

    Raises:
        UnverifiableError: what is remembered cannot be read.
        StoreError: the ledger's entries cannot be.
    """
    from msgspec.structs import replace  # noqa: PLC0415  (start-up time)

    from ledger.rules.catalogue import finding  # noqa: PLC0415
    from ledger.seen import contradicted  # noqa: PLC0415
    from ledger.verify import NotChecked  # noqa: PLC0415

    vkey = trusted.logs[0].vkey
    sizes = memory.seen_sizes(vkey)
    shown = verdict.checkpoint or (store.head().checkpoint if sizes else None)
    if not sizes or shown is None or not _of(shown, vkey, verdict):
        return verdict
    found: list[Finding] = []
    gaps: list[NotChecked] = []

    def add(code: str, subject: str, message: str, *events: str, **evidence: str) -> None:
        found.append(finding(code, subject, message, *events, evidence=evidence))

    def gap(what: str, why: str) -> None:
        gaps.append(NotChecked(what, why))

    notes = (memory.seen(vkey, size) for size in sizes)
    known = tuple(note for note in notes if note is not None)
    dispute = contradicted(store, shown, vkey, known, add=add, gap=gap)
    warn_if_older("ledger", verdict.size, known, vkey)
    if not found and not gaps:
        return verdict
    return replace(
        verdict,
        findings=(*verdict.findings, *found),
        not_checked=(*verdict.not_checked, *gaps),
        checkpoint=None if found else verdict.checkpoint,
        dispute=verdict.dispute or dispute,
    )
