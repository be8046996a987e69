"""The command `submit`, and what `import --unsigned` writes: events that are signed elsewhere, on their way out and back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cli.console import progress, say, say_json
from cli.context import DEFAULT_LEDGER, AsJson, OwnLedger, Signers, keystore, known, now, opened, remember
from cli.files import read, save
from cli.intake import kept
from cli.writing import anchor, counted, outcome, persistently, tell, uncovered
from ledger.errors import FormatError

if TYPE_CHECKING:
    from ledger.admission import Recorded
    from ledger.seal.prepared import Checked, Prepared
    from ledger.submit import Ready


class Read(NamedTuple):
    """A prepared file, read and checked."""

    prepared: Prepared
    checked: tuple[Checked, ...]


def submit(
    file: Annotated[Path, typer.Argument(help="A signed file.", exists=True, dir_okay=False, readable=True)],
    ledger: OwnLedger = DEFAULT_LEDGER,
    as_json: AsJson = False,
) -> None:
    """Record what was prepared and signed elsewhere: all of it, in one transaction, or nothing.

    Every signature is verified and every rule asked, as for any event. What is in the ledger already is skipped.

    Example: monazite submit shift.unsigned
    """
    from ledger.submit import submit as admit  # noqa: PLC0415  (start-up time)

    found = read_prepared(file)
    with opened(ledger) as store:
        origin, _registrar = anchor(store)
        log = Signers(keystore()).log(origin)
        with kept(ledger, found.prepared.files), progress("Checking submissions") as bar:
            recorded = persistently(
                store,
                lambda: admit(store, found.prepared, log=log, recorded=now(), remembered=known(log), progress=bar),
            )
    remember(recorded, log)
    _told(recorded, as_json=as_json)
    uncovered(recorded, origin, log)


def write_prepared(ready: Ready, output: Path, *, as_json: bool) -> None:
    """Write what was prepared, and say what to do with it."""
    from ledger.seal import prepared  # noqa: PLC0415  (start-up time)

    file = ready.prepared
    if file is not None:
        save(output, prepared.format(file))
    counts = Counter(item.text.partition("\n")[0].rpartition("/")[2] for item in file.submissions) if file else {}
    events = sum(len(item.events) for item in file.submissions) if file else 0
    if as_json:
        say_json({"events": events, "submissions": dict(sorted(counts.items())), "skipped": len(ready.skipped)})
        return
    tell(ready.findings)
    if ready.skipped:
        say(f"{len(ready.skipped)} events were in the ledger already, word for word, and are skipped.")
    if not counts:
        say("Nothing to add; no file was written.")
        return
    told = ", ".join(f"{party} ({count})" for party, count in sorted(counts.items()))
    say(f"{events} events prepared in {output}. Submissions to be signed: {told}.")
    say(f"Have each sign with `monazite sign {output.name}`, then `monazite submit {output.name}`.")


def read_prepared(path: Path) -> Read:
    """A prepared file, whose parts fit together.

    Raises:
        FormatError: they do not; names the file.
    """
    from ledger.seal import prepared  # noqa: PLC0415  (start-up time)

    try:
        file = prepared.parse(read(path, prepared.MAX_BYTES))
        return Read(file, prepared.check(file))
    except FormatError as error:
        raise FormatError(error.message, file=str(path), field=error.field) from error


def _told(recorded: Recorded, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "events": [fact.hash for fact in recorded.facts],
                **outcome(recorded),
            }
        )
        return
    tell(recorded.findings)
    counted(recorded)
