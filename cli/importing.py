"""The command `import`: files of events, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import progress, say, say_json, table, warn
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, Signers, keystore, known, now, opened, remember
from cli.eventform import resolver
from cli.writing import anchor, tell
from ledger.errors import InputError, UsageError

if TYPE_CHECKING:
    from ledger.exchange.draft import Draft
    from ledger.record import Planned

MAX_FILE = 256 * 1024 * 1024
FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def read_file(path: Path, kind: str | None) -> list[Draft]:
    """Drafts of one file.

    Raises:
        InputError: everything that is wrong with it.
    """
    from ledger.exchange import csv as table_format  # noqa: PLC0415  (start-up time)
    from ledger.exchange import jsonl  # noqa: PLC0415
    from ledger.store.files import read_bounded  # noqa: PLC0415

    form = kind or FORMATS.get(path.suffix.lower())
    try:
        data = read_bounded(path, MAX_FILE)
    except ValueError as error:
        raise InputError(str(error), file=str(path)) from error
    if form == "csv":
        return table_format.read_events(
            data, str(path), evidence=resolver(lambda name: path.parent / name if name == Path(name).name else None)
        )
    if form == "jsonl":
        return jsonl.read_events(data, str(path))
    raise UsageError(
        f"{path}: {form or path.suffix or 'no suffix'} is not a format of this version; --format csv or jsonl"
    )


def import_files(
    files: Annotated[
        list[Path], typer.Argument(help="CSV or JSON Lines files.", exists=True, dir_okay=False, readable=True)
    ],
    ledger: Ledger = DEFAULT_LEDGER,
    kind: Annotated[str | None, typer.Option("--format", help="csv or jsonl. Default: by the file's suffix.")] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Most events in one signed submission.")] = 1000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record files of events, all or nothing: one transaction, one checkpoint, each actor's events signed with its key.

    Example: monazite import events.csv --dry-run
    """
    from ledger.record import plan, record  # noqa: PLC0415  (start-up time)

    drafts = [draft for path in files for draft in read_file(path, kind)]
    if not drafts:
        raise UsageError(f"no events in {', '.join(map(str, files))}")
    with opened(ledger) as store:
        origin, _registrar = anchor(store)
        if dry_run:
            with progress("Checking events") as bar:
                planned = plan(store, drafts, recorded=now(), batch=batch, progress=bar)
            _plan(planned, as_json=as_json)
            return
        signers = Signers(keystore())
        log = signers.log(origin)
        for actor in sorted({str(draft.members.get("actor")) for draft in drafts}):
            if signers.store.has(actor):
                signers(actor)  # a passphrase is asked for before a progress bar owns the terminal
        with progress("Recording events") as bar:
            recorded = record(
                store, drafts, keys=signers, log=log, recorded=now(), batch=batch, remembered=known(log), progress=bar
            )
    remember(recorded, log)
    if as_json:
        say_json(
            {
                "events": len(recorded.facts),
                "submissions": recorded.submissions,
                "skipped": [{"ref": ref, "event": digest} for ref, digest in recorded.skipped],
                "size": recorded.head.size,
            }
        )
        return
    tell(recorded.findings)
    if recorded.skipped:
        say(f"{len(recorded.skipped)} events were in the ledger already, word for word, and are skipped.")
    if recorded.facts:
        say(
            f"{len(recorded.facts)} events recorded in {recorded.submissions} signed submissions; the ledger has {recorded.head.size} entries."
        )
    else:
        say("Nothing to add.")
    if log is None and recorded.submissions:
        warn(f"note: the key of the log {origin} is not here, so the new entries are under no checkpoint yet")


def _plan(planned: Planned, *, as_json: bool) -> None:
    if as_json:
        say_json({"would_record": planned.kinds, "submissions": planned.submissions, "skipped": len(planned.skipped)})
        return
    tell(planned.findings)
    table(("would record", "events"), sorted(planned.kinds.items()), right=(1,))
    say(f"in {planned.submissions} submissions; {len(planned.skipped)} are in the ledger already. Nothing was written.")
