"""The command `verify`: a ledger, a bundle, a folder of tiles or a receipt against a trusted key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.bundles import around, bundle_verified
from cli.console import console, say, say_json
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, Trust, opened, verified
from ledger.errors import EXIT_FINDINGS, MonaziteError, UnverifiableError, UsageError

if TYPE_CHECKING:
    from ledger.verify import Verdict

SHOWN = 5
"""Findings of one code that `verify` prints before it counts the rest; --all prints every one."""


def verify(
    bundle: Annotated[
        Path | None,
        typer.Argument(
            help="A bundle, or a report in HTML or PDF with one inside, verified in place of a ledger.",
            metavar="[BUNDLE]",
        ),
    ] = None,
    ledger: Ledger = DEFAULT_LEDGER,
    lot: Annotated[
        str | None, typer.Option("--lot", help="Show only findings on this lot and its ancestry; all is verified.")
    ] = None,
    trust: Trust = None,
    pin: Annotated[bool, typer.Option("--pin", help="Trust the key given by --trust from now on.")] = False,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence", help="Where the ledger contradicts what was seen before: write both notes there, too."
        ),
    ] = None,
    tsa: Annotated[
        Path | None,
        typer.Option(
            "--tsa", help="Root certificate (PEM) of a timestamp authority: verify the timestamps beside the ledger."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Print every finding, not a few of each code.")] = False,
    tiles: Annotated[
        Path | None,
        typer.Option(
            "--tiles", help="Verify a folder that `export tiles` made; the same as --ledger DIR.", metavar="DIR"
        ),
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", help="Verify a receipt that `export proof` made.", metavar="FILE")
    ] = None,
    entry: Annotated[
        Path | None,
        typer.Option("--entry", help="The entry that --proof is of. Default: the one in it.", metavar="FILE"),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label",
            help="Say how a label stands in the ledger or bundle: its text, a file with it, a picture of its code, or -.",
            metavar="TEXT|FILE|-",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            help="Let the workers of a Dask cluster look at hashes and signatures beforehand; they are trusted as this machine is.",
            metavar="ADDRESS",
        ),
    ] = None,
    new: Annotated[
        bool,
        typer.Option(
            "--new",
            help="Verify what was added since the last verification here, and what it builds on; where there was none, the whole.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Verify a ledger, or a bundle: hashes, chain, tree, checkpoint, signatures, custody, time and origin.

    A bundle is verified offline, without any ledger, as far as it goes; the answer says what it cannot show. Of a report
    in HTML or PDF the bundle inside is verified, and no word of the report itself.

    Exit code 0: no finding of severity error. 1: there is one. 3: could not verify.

    Example: monazite verify --ledger monazite.db --json

    Example: monazite verify magnet.monazite --trust 'ledger.example/ree+...'

    Example: monazite verify report.html --trust 'ledger.example/ree+...'

    Example: monazite verify --tiles public/ --trust policy.txt

    Example: monazite verify --proof magnet.tlog-proof --trust policy.txt

    Example: monazite verify magnet.monazite --label photo.jpg

    Example: monazite verify --ledger monazite.db --cluster tcp://10.0.0.5:8786

    Example: monazite verify --ledger monazite.db --new
    """
    if sum(item is not None for item in (bundle, tiles, proof)) > 1:
        raise UsageError("name one thing to verify: a bundle, --tiles or --proof")
    if new and (pin or any(item is not None for item in (bundle, tiles, proof, lot, tsa, cluster, label))):
        raise UsageError("--new goes with a ledger, and with --trust, --evidence, --all and --json alone")
    if entry is not None and proof is None:
        raise UsageError("--entry says which entry --proof is of; give both")
    if label is not None:
        if any(item is not None for item in (proof, lot, evidence, tsa)) or pin:
            raise UsageError("--label goes with a ledger or a bundle, and with --trust and --json alone")
        from cli.labelling import verify_label  # noqa: PLC0415  (start-up time)

        source = ledger if tiles is None else str(tiles)
        try:
            matches = verify_label(label, bundle, source, trust, tiles=tiles is not None, as_json=as_json)
        except UnverifiableError as error:
            if as_json:
                say_json(_could_not(error))
            raise
        if not matches:
            raise typer.Exit(EXIT_FINDINGS)
        return
    if proof is not None and (pin or tsa is not None or lot is not None):
        raise UsageError("a receipt is of one entry: --pin, --tsa and --lot go with a ledger")
    if proof is not None:
        from cli.receipts import verify_receipt  # noqa: PLC0415  (start-up time)

        try:
            held = verify_receipt(proof, entry, trust, asked=evidence, as_json=as_json)
        except UnverifiableError as error:
            if as_json:
                say_json(_could_not(error))
            raise
        if not held:
            raise typer.Exit(EXIT_FINDINGS)
        return
    if cluster is not None and bundle is not None:
        raise UsageError("--cluster helps with a whole ledger; a bundle is verified here in a moment")
    if tsa is not None and bundle is not None:
        raise UsageError("--tsa verifies the timestamps beside a ledger; a bundle has none")
    if pin and trust is None:
        raise UsageError("--pin keeps the key that --trust names; give both")
    from cli.evidence import disputed  # noqa: PLC0415  (start-up time)

    try:
        if bundle is not None:
            found = bundle_verified(bundle, trust, pin=pin)
            verdict = around(bundle, found)
        else:
            with opened(ledger if tiles is None else str(tiles), tiles=tiles is not None) as store:
                verdict = verified(store, trust, pin=pin, tsa=tsa, address=cluster, new=new)
    except UnverifiableError as error:
        if as_json:
            say_json(_could_not(error))
        raise
    kept = disputed(verdict.dispute, evidence)
    lots = None if lot is None else _ancestry(verdict, lot)
    if as_json:
        from ledger.report.answer import verification  # noqa: PLC0415  (start-up time)

        result = verification(verdict)
        if lots is not None:
            result["lot"] = lot
            hashes = _hashes(verdict, lots)
            result["findings"] = [
                item for item in result["findings"] if _concerns(item["subject"], item["events"], lots, hashes)
            ]
        if kept is not None:
            result["evidence"] = str(kept)
        say_json(result)
    else:
        show(verdict, lots, every=every, what="bundle" if bundle is not None else "ledger")
        if kept is not None:
            say(f"\nEVIDENCE of this, both signed notes: {kept}\n`monazite evidence` checks what it proves.")
    if verdict.verdict != "clean":
        raise typer.Exit(EXIT_FINDINGS)


def _could_not(error: MonaziteError) -> dict[str, object]:
    nothing = {"entries": 0, "submissions": 0, "events": 0, "signatures": 0, "lots": 0}
    return {
        "verdict": "could-not-verify",
        "ledger": "",
        "checkpoint": {"size": 0, "root": ""},
        "checked": nothing,
        "not_checked": [{"what": "everything", "why": str(error)}],
        "findings": [],
    }


def _ancestry(verdict: Verdict, lot: str) -> set[str]:
    from cli.lots import found  # noqa: PLC0415  (start-up time)
    from ledger.origin.trace import trace  # noqa: PLC0415

    found(verdict.history, lot)
    return set(trace(verdict.history, lot).lots)


def _concerns(subject: str, events: Collection[str], lots: set[str], hashes: set[str]) -> bool:
    """Whether a finding speaks of one of these lots, of an event on one (`hashes`), or of the ledger's seal."""
    kind, _, name = subject.partition(":")
    if kind == "lot":
        return name in lots
    if kind != "event" and not events:
        return True
    return name in hashes or not hashes.isdisjoint(events) or kind in ("entry", "ledger")


def _hashes(verdict: Verdict, lots: set[str]) -> set[str]:
    return {fact.hash for lot in lots for fact in verdict.history.lots[lot].facts}


def show(verdict: Verdict, lots: set[str] | None, *, every: bool, what: str = "ledger") -> None:
    """Print a verdict; of `lots` alone where some are named."""
    checked = verdict.checked
    warnings = sum(item.severity == "warning" for item in verdict.findings)
    clean = (
        f"CLEAN: no errors, {warnings} warning{'s' * (warnings != 1)} to weigh"
        if warnings
        else "CLEAN: no errors, no warnings"
    )
    if verdict.since is not None:
        what, clean = "part of the ledger", f"{clean}, in what is new"
    say(f"{clean if verdict.verdict == 'clean' else f'FINDINGS: this {what} has errors'}   {verdict.ledger}")
    if verdict.since is not None:
        part = "" if verdict.whole == verdict.since else f", the first {verdict.whole} of them as a whole"
        _hung("", f"the first {verdict.since} entries were verified before{part}; only what was added was verified now")
    say(f"checkpoint of {verdict.size} entries, root {verdict.root.hex()[:16] or '-'}")
    if verdict.witnessed is not None and verdict.witnessed.quorum.cosigned:
        from ledger.report.answer import witnesses  # noqa: PLC0415  (start-up time)

        told = witnesses(verdict.witnessed)
        for made in told["cosignatures"]:
            say(f"cosigned by {made['witness']} at {made['time'] or 'no stated time'}")
        say(told["quorum"]["says"])
    for point, time in verdict.stamps:
        say(f"timestamped: the first {point.size} entries were there at {time:%Y-%m-%dT%H:%M:%SZ}")
    say(
        f"checked {checked.entries} entries, {checked.signatures} signatures, {checked.events} events, {checked.lots} lots"
    )
    hashes = _hashes(verdict, lots or set())
    findings = [item for item in verdict.findings if lots is None or _concerns(item.subject, item.events, lots, hashes)]
    for severity in ("error", "warning", "info"):
        some = [item for item in findings if item.severity == severity]
        if not some:
            continue
        say()
        say(f"{severity.upper()} ({len(some)})")
        seen: Counter[str] = Counter()
        for item in some:
            seen[item.code] += 1
            if every or seen[item.code] <= SHOWN:
                where = f"  [{item.events[0][:12]}]" if item.events else ""
                _wrapped(item.code, f"{item.message}{where}")
        for code, count in seen.items():
            if not every and count > SHOWN:
                say(f"  {code:20} ... and {count - SHOWN} more (--all)")
    if not findings:
        say("no findings")
    say()
    say("NOT CHECKED")
    for gap in verdict.not_checked:
        _hung("  ", f"{gap.what}: {gap.why}")


def _hung(head: str, text: str) -> None:
    from textwrap import wrap  # noqa: PLC0415  (start-up time)

    for number, line in enumerate(wrap(text, max(console().width - 5, 40), break_on_hyphens=False)):
        say(f"{head}{'' if number == 0 else '  '}{line}")


def _wrapped(code: str, text: str) -> None:
    """One finding, its text hanging beside the code at the terminal's width."""
    from textwrap import wrap  # noqa: PLC0415  (start-up time)

    width = max(console().width - 25, 40)
    for number, line in enumerate(wrap(text, width, break_on_hyphens=False) or [""]):
        say(f"  {code if number == 0 else '':21} {line}")
