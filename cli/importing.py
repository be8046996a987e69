"""The command `import`: other people's files of events, all or nothing, or with `--keep-going` what is sound of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import progress, say, say_json, table, warn
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, Signers, keystore, known, now, opened, remember
from cli.files import save
from cli.intake import Mapped, Taken, kept, mapping_of, named, suggestion, take
from cli.submitting import write_prepared
from cli.writing import anchor, counted, outcome, persistently, tell, uncovered
from ledger.errors import EXIT_FINDINGS, BatchError, UsageError

if TYPE_CHECKING:
    from cli.stores import Opened
    from ledger.admission import Recorded
    from ledger.exchange.draft import Draft
    from ledger.exchange.epcis.events import Known
    from ledger.record import Planned


def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="CSV, XLSX, Parquet, JSON Lines or EPCIS files.", exists=True, dir_okay=False, readable=True
        ),
    ],
    ledger: Ledger = DEFAULT_LEDGER,
    kind: Annotated[
        str | None, typer.Option("--format", help="csv, xlsx, parquet, jsonl or epcis. Default: by the file's suffix.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="What the columns of a foreign table mean (TOML).", exists=True, dir_okay=False),
    ] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest-mapping", help="Print a first mapping for a foreign table; write nothing.")
    ] = False,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook. Default: the first visible one.")] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Most events in one signed submission.")] = 1000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")] = False,
    keep_going: Annotated[
        Path | None,
        typer.Option(help="Record what is sound; write the rest to this file.", metavar="REJECTS", dir_okay=False),
    ] = None,
    unsigned: Annotated[
        Path | None,
        typer.Option(help="Record nothing; prepare this file, to be signed elsewhere.", metavar="OUT", dir_okay=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record files of events, all or nothing: one transaction, one checkpoint, each actor's events signed with its key.

    The files are kept beside the ledger by their hash; the same file twice adds nothing.

    Example: monazite import events.csv --dry-run

    Example: monazite import erp.xlsx --suggest-mapping > erp.toml

    Example: monazite import erp.xlsx --mapping erp.toml --keep-going rejects.csv

    Example: monazite import events.csv --unsigned shift.unsigned
    """
    if unsigned is not None and dry_run:
        raise UsageError("--unsigned writes a file and --dry-run writes nothing; say one of them")
    if unsigned is not None and any(unsigned.exists() and unsigned.samefile(path) for path in files):
        raise UsageError(f"--unsigned would write over {unsigned}, which is to be read")
    if suggest:
        if len(files) > 1:
            raise UsageError("--suggest-mapping looks at one file")
        say(suggestion(files[0], kind, sheet).rstrip("\n"))
        return
    mapped = mapping_of(mapping)
    with opened(ledger) as store:
        taken = [take(path, kind, mapped, sheet, store_refs(store)) for path in files]
    errors = [error for item in taken for error in item.source.errors]
    if errors and keep_going is None:
        # All of them, so that a file can be corrected in one go: each file stops at a thousand.
        raise BatchError(errors, most=len(errors))
    drafts = named(taken)
    if not drafts and not errors and not any(item.source.notes for item in taken):
        raise UsageError(f"no events in {', '.join(map(str, files))}")
    for item in taken:
        for note in item.source.notes:
            warn(f"{item.source.file}: {note}")
    rejected = len(errors)
    with opened(ledger) as store:
        if keep_going is not None:
            drafts, refused = _sifted(store, drafts, taken)
            rejected += refused
            if rejected and not dry_run:
                _reject(taken, keep_going)
        if dry_run:
            _dry(store, drafts, batch, taken, as_json=as_json)
        elif unsigned is not None:
            _prepare(store, drafts, batch, taken, mapped, unsigned, as_json=as_json)
        else:
            _record(store, ledger, drafts, batch, taken, mapped, as_json=as_json)
    if rejected:
        say_or_warn = f"{rejected} faults; their events were not recorded"
        warn(say_or_warn + (f": {keep_going} holds them, with what is wrong" if not dry_run else ""))
        raise typer.Exit(EXIT_FINDINGS)


def store_refs(store: Opened) -> Known:
    """Asks a ledger for (actor, ref) of the events that have one of some refs."""
    from ledger.model.registry import Enrol  # noqa: PLC0415  (start-up time)
    from ledger.seal import canonical  # noqa: PLC0415

    def known(refs: Collection[str]) -> Collection[tuple[str, str]]:
        enrolled = (canonical.decode_event(row.event) for row in (store.recall(kinds=("enrol",)) if refs else ()))
        parties = {event.party for event in enrolled if isinstance(event, Enrol)}
        wanted = {(party, ref) for party in parties for ref in refs}
        found = (canonical.decode_event(row.event) for row in store.recall(refs=wanted))
        return {(event.actor, str(event.ref)) for event in found} & wanted

    return known


def _sifted(store: Opened, drafts: Sequence[Draft], taken: Sequence[Taken]) -> tuple[list[Draft], int]:
    """The drafts that the rules admit; the others join their file's errors and rejects."""
    from ledger.exchange.sources import reject  # noqa: PLC0415  (start-up time)
    from ledger.record import sift  # noqa: PLC0415

    with progress("Checking events") as bar:
        sifted = sift(store, drafts, recorded=now(), progress=bar)
    sources = {item.source.label: item.source for item in taken}
    for draft, findings in sifted.refused:
        for item in findings:
            reject(sources[draft.file], draft, f"{item.code}: {item.message}")
    return list(sifted.sound), len(sifted.refused)


def _reject(taken: Sequence[Taken], output: Path) -> None:
    """Write what was not recorded: a file for each source, the first under the name asked for."""
    from ledger.exchange.sources import rejects  # noqa: PLC0415  (start-up time)

    faulty = [item.source for item in taken if item.source.errors]
    for number, source in enumerate(faulty):
        save(output if not number else output.with_stem(f"{output.stem}-{number + 1}"), rejects(source))


def _dry(store: Opened, drafts: Sequence[Draft], batch: int, taken: Sequence[Taken], *, as_json: bool) -> None:
    from ledger.record import plan  # noqa: PLC0415  (start-up time)

    with progress("Checking events") as bar:
        planned = plan(store, drafts, recorded=now(), batch=batch, progress=bar)
    _plan(planned, taken, as_json=as_json)


def _prepare(
    store: Opened,
    drafts: Sequence[Draft],
    batch: int,
    taken: Sequence[Taken],
    mapped: Mapped | None,
    output: Path,
    *,
    as_json: bool,
) -> None:
    from ledger.submit import prepare  # noqa: PLC0415  (start-up time)

    with progress("Checking events") as bar:
        ready = prepare(store, drafts, recorded=now(), batch=batch, files=_files(taken, mapped), progress=bar)
    if not as_json:
        _dropped(taken)
    write_prepared(ready, output, as_json=as_json)


def _files(taken: Sequence[Taken], mapped: Mapped | None) -> list[bytes]:
    """The bytes that are kept by hash: what was read, the records of it, the mapping."""
    return [*(item.data for item in taken), *(item.record for item in taken), *([mapped.data] if mapped else [])]


def _record(
    store: Opened,
    ledger: str,
    drafts: Sequence[Draft],
    batch: int,
    taken: Sequence[Taken],
    mapped: Mapped | None,
    *,
    as_json: bool,
) -> None:
    from ledger.record import record  # noqa: PLC0415  (start-up time)

    origin, _registrar = anchor(store)
    signers = Signers(keystore())
    log = signers.log(origin)
    for actor in sorted({str(draft.members.get("actor")) for draft in drafts}):
        if signers.store.has(actor):
            signers(actor)  # a passphrase is asked for before a progress bar owns the terminal
    files = _files(taken, mapped)
    with kept(ledger, files if drafts else []), progress("Recording events") as bar:
        recorded = persistently(
            store,
            lambda: record(
                store, drafts, keys=signers, log=log, recorded=now(), batch=batch, remembered=known(log), progress=bar
            ),
        )
    remember(recorded, log)
    _told(recorded, taken, as_json=as_json)
    uncovered(recorded, origin, log)


def _told(recorded: Recorded, taken: Sequence[Taken], *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "events": len(recorded.facts),
                **outcome(recorded),
                "files": [_file(item) for item in taken],
            }
        )
        return
    tell(recorded.findings)
    _dropped(taken)
    counted(recorded)


def _plan(planned: Planned, taken: Sequence[Taken], *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "would_record": planned.kinds,
                "submissions": planned.submissions,
                "skipped": len(planned.skipped),
                "files": [_file(item) for item in taken],
            }
        )
        return
    tell(planned.findings)
    _dropped(taken)
    if not planned.kinds:
        say(f"Nothing would be recorded; {len(planned.skipped)} events are in the ledger already. Nothing was written.")
        return
    table(("would record", "events"), sorted(planned.kinds.items()), right=(1,))
    say(f"in {planned.submissions} submissions; {len(planned.skipped)} are in the ledger already. Nothing was written.")


def _file(item: Taken) -> dict[str, Any]:
    source = item.source
    return {
        "file": source.file,
        "sha256": source.sha256,
        "kind": source.kind,
        "dropped": source.dropped,
        "notes": source.notes,
        "errors": [str(error) for error in source.errors],
    }


def _dropped(taken: Sequence[Taken]) -> None:
    for item in taken:
        if item.source.dropped:
            why = "as the mapping says" if item.source.kind != "epcis" else "no event of custody repeats it"
            say(f"{item.source.file}: left out, {why}: {', '.join(item.source.dropped)}")
