"""What of a ledger is published: its tiles, and the proof of one entry."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import progress, say, say_json, warn
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, OwnLedger, Trust, opened, state, trusted
from cli.files import save
from cli.hashes import wanted
from ledger.errors import UsageError

if TYPE_CHECKING:
    from ledger.store.contract import Store

INTERRUPTED = 130
_NUMBER = re.compile(r"(?:entry:)?(0|[1-9][0-9]{0,15})", re.ASCII)
_EVENT = re.compile(r"(?:event:)?([0-9a-f]{64})", re.ASCII)


def tiles(
    folder: Annotated[Path, typer.Argument(help="The folder; made where it is not there.", metavar="DIR")],
    ledger: OwnLedger = DEFAULT_LEDGER,
    events: Annotated[
        bool | None,
        typer.Option(
            "--events/--no-events",
            help="Write the events, too, or keep them private: entries commit to events without showing them. "
            "Default: as it is in DIR, and with events in a new one.",
            show_default=False,
        ),
    ] = None,
    trust: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Write the log as C2SP tlog-tiles, with its events beside them, for any static host.

    Only what is new is written, the checkpoint last; killed at any moment, the same command goes on. What is published is
    never changed: a folder of another ledger, or of another history of this one, is refused. Checked with `verify --tiles`.

    Example: monazite export tiles public/ --ledger monazite.db
    """
    from ledger.continuity import check_head  # noqa: PLC0415  (start-up time)
    from ledger.store.publish import publish  # noqa: PLC0415
    from ledger.store.tiles import TileStore  # noqa: PLC0415

    with opened(ledger) as store:
        if isinstance(store, TileStore):
            raise UsageError(f"{store.path} is a folder of tiles already; copy it as it is, its checkpoint last")
        log = trusted(store, trust)
        # What is published is for ever, so a ledger that was cut back is noticed before.
        check_head(store, store.head(), log, state().remembered(log))
        try:
            with store.snapshot() as seen, progress("Writing tiles") as bar:
                done = publish(seen, folder, log, events=events, progress=bar)
        except KeyboardInterrupt:
            warn("interrupted; no checkpoint was published, and the same command goes on from here")
            raise typer.Exit(INTERRUPTED) from None
    if as_json:
        say_json(
            {
                "folder": str(folder),
                "checkpoint": {"size": done.size, "root": done.root.hex()},
                "before": done.before,
                "written": done.written,
                "events": done.events,
            }
        )
        return
    say(
        f"{folder}: checkpoint of {done.size} entries, {done.before} of them published before; {done.written} files written"
    )
    say(
        "Events are beside the tiles."
        if done.events
        else "Events are kept back: nobody but their holders can verify them."
    )


def proof(
    what: Annotated[
        str,
        typer.Argument(
            help="An entry's number, an event's hash, or a lot, whose first event's entry it is.",
            metavar="ENTRY|EVENT|LOT",
        ),
    ],
    ledger: Ledger = DEFAULT_LEDGER,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
) -> None:
    """Write a receipt: a C2SP tlog-proof that an entry is in the log, the entry in it. Checked with `verify --proof`.

    Where a name could be two things, say which: entry:5, event:HASH, lot:5.

    Example: monazite export proof MTW-2025-MAGNET -o magnet.tlog-proof
    """
    from ledger import receipt  # noqa: PLC0415  (start-up time)
    from ledger.seal import proof as receipts  # noqa: PLC0415

    with opened(ledger) as store:
        index = _entry(store, what)
        made = receipt.made(store, index)
    text = receipts.format(made).decode()
    if output is None or str(output) == "-":
        sys.stdout.write(text)
    else:
        save(output, text)
        say(f"{output} written: entry {index}; check it with `monazite verify --proof {output}`")


def _entry(store: Store, what: str) -> int:
    """The number of the entry that is meant.

    Raises:
        UsageError: no event with this hash, or no such lot.
    """
    number, event = _NUMBER.fullmatch(what), _EVENT.fullmatch(what)
    if number is not None:
        return int(number[1])
    hashes = [event[1]] if event is not None else []
    subjects = [f"lot:{what.removeprefix('lot:')}"] if event is None else []
    found = store.recall(hashes=hashes, subjects=subjects)
    if not found:
        raise UsageError(f"the ledger has no entry that speaks of {what!r}{wanted(what)}")
    return found[0].sequence
