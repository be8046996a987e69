"""Commands on legal policies: list, show, check."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.bundles import looked_up
from cli.console import folded, say, say_json, table, warn
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, Trust
from cli.files import read
from ledger.errors import EXIT_FINDINGS, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.origin.policy.context import Context
    from ledger.origin.policy.model import Branch, PolicyAnswer, Reason
    from ledger.origin.policy.walk import Walk
    from ledger.rules.history import History
    from ledger.verify import NotChecked

app = typer.Typer(no_args_is_help=True, help="Legal policies: what they ask, and what they say of a lot.")
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Stands in for dates that the context does not give, as 2027-03-01. Default: the day of the newest entry.",
    ),
]
ContextFile = Annotated[
    Path | None,
    typer.Option(
        "--context", metavar="FILE", help="Facts that no ledger holds, TOML or JSON; see `policy check --help`."
    ),
]
SHOWN = 6
"""Reasons of a branch that are printed when every policy is asked; --policy prints all."""
INDENT = "    "


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the policies, their exceptions and status objects.

    Example: monazite policy list
    """
    from ledger.origin.policy.load import rules  # noqa: PLC0415  (start-up time)

    if as_json:
        say_json([
            {"id": rule.id, "kind": rule.kind, "title": rule.title, "evidence": rule.evidence, "status": rule.status,
             "test_date": rule.test_date, "citation": rule.citation}
            for rule in rules().values()
        ])  # fmt: skip
        return
    table(("policy", "kind", "evidence", "what"), [(r.id, r.kind, r.evidence, r.title) for r in rules().values()])
    say("Only a rule whose primary text was read can say compliant.")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A policy, exception or status object.", metavar="ID")],
    as_json: AsJson = False,
) -> None:
    """Show one policy: what it asks, what of it the ledger answers, and its data.

    Example: monazite policy show US-DFARS-7052-B-NDFEB
    """
    from ledger.origin.policy.load import find  # noqa: PLC0415  (start-up time)
    from ledger.report.policy import described  # noqa: PLC0415

    rule = find(name)
    if as_json:
        say_json(described(rule))
        return
    say(f"{rule.id}   {rule.kind}, evidence: {rule.evidence}")
    folded(rule.title, "")
    for heading, text in (
        ("Citation", rule.citation), ("Status", rule.status), ("Whom", rule.who), ("Binds", rule.binding),
        ("Asks", rule.asks), ("The ledger answers", rule.answers), ("Unknown", rule.unknown),
        ("In force", _span(rule.effective_from, rule.effective_to)), ("Tested on", rule.test_date or ""),
        ("Forms", ", ".join(rule.items)), ("Stages", ", ".join(rule.stages)), ("Countries", ", ".join(rule.countries)),
        ("Elements", ", ".join(rule.elements)), ("Exceptions, in order", ", ".join(rule.exceptions)),
        ("Names", "; ".join(rule.names)), ("Suspended by", rule.suspended_by),
    ):  # fmt: skip
        if text:
            folded(f"{heading}: {text}", "")
    for reading in rule.readings:
        folded(f"Reading {reading.name}: {reading.says}; elements {', '.join(reading.elements)}", "")
    for row in rule.minima:
        say(f"Minimum: {row.product} {row.ppb / 1e7:g} %")
    for phase in rule.phases:
        for state in phase.branches:
            folded(f"{_span(phase.since, phase.to)}: {state.name}: {state.text}", "")
    for bill in rule.pending:
        folded(f"Pending: {bill.name}: {bill.text}", "")
    for note in rule.notes:
        folded(f"Note: {note}", "")


def _span(first: date | None, last: date | None) -> str:
    if first is None and last is None:
        return ""
    return f"{first or '...'} to {last or 'further notice'}"


@app.command("check")
def check(
    lot: Annotated[str, typer.Argument(help="The lot, or a bundle.", metavar="LOT|FILE.monazite")],
    ledger: Ledger = DEFAULT_LEDGER,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="ID", help="Ask this one only. Default: every one.")
    ] = None,
    as_of: AsOf = None,
    context: ContextFile = None,
    trust: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Verify the ledger and ask policies of a lot.

    Exit code 0: every branch that is not pending is compliant or not applicable, and the ledger is clean. 1: one is not.
    2: bad input. 3: could not verify. Of a bundle, all as far as it shows; what only the whole ledger shows is listed.

    A context file states what no ledger holds. What it does not state counts against the lot and is printed:

    \b
      delivery_date = 2027-03-01       # also sale_date, export_date,
      end_use = "us-defence"           # entry_date, taxable_year_end
      contract_value_usd = 1200000
      [end_item]
      name = "laptop"
      country = "MX"
      cots = true
      mill_product = false
      covered_material_weight_share = 0.01
      [exceptions]                     # evidence for each one claimed
      cots = "commerciality memo 17"

    docs/policies.md lists every member.

    Example: monazite policy check MTW-2025-MAGNET --policy US-DFARS-7052-A --as-of 2026-12-15
    """  # noqa: D301  (\b keeps click from joining the lines)
    from cli.lots import found  # noqa: PLC0415  (start-up time)
    from ledger.origin.policy.load import find  # noqa: PLC0415
    from ledger.partial import scope  # noqa: PLC0415
    from ledger.report.policy import built  # noqa: PLC0415

    asked, facts = day(as_of), stated(context)
    if policy is not None:
        find(policy)
    verdict, lot, newest = looked_up(lot, ledger, trust)
    asked = asked or newest
    if lot not in verdict.history.lots and verdict.verdict != "clean":
        warn(f"there is no lot {lot!r} in what is left of this ledger, which has findings of severity error")
        raise typer.Exit(EXIT_FINDINGS)
    found(verdict.history, lot)
    answers = answered(verdict.history, lot, verdict.findings, facts, asked, policy, file=context)
    reach = scope(item.what for item in verdict.not_checked)
    gaps = verdict.not_checked if reach is not None else ()
    if as_json:
        # As of a report: a member that is there only where less than a whole ledger was.
        reached = (
            {} if reach is None else {"scope": reach, "not_checked": [{"what": g.what, "why": g.why} for g in gaps]}
        )
        made = {"lot": lot, "ledger": verdict.ledger, "verification": verdict.verdict, **reached}
        say_json({**made, "policies": built(answers)})
    else:
        _print(lot, answers, reach, gaps, whole=policy is not None)
    if verdict.verdict != "clean":
        warn("the ledger has findings of severity error; `monazite verify` lists them")
    if verdict.verdict != "clean" or not all(item.passes for item in answers):
        raise typer.Exit(EXIT_FINDINGS)


def answered(
    history: History,
    lot: str,
    findings: Iterable[object],
    facts: Context,
    asked: date | None,
    policy: str | None = None,
    *,
    file: Path | None = None,
    walk: Walk | None = None,
) -> tuple[PolicyAnswer, ...]:
    """The answers of every rule, or of one, with the facts of `file`; raises as `ledger.origin.policy.check.check`."""
    from ledger.origin.policy.check import check as ask  # noqa: PLC0415  (start-up time)

    stated_in = "the context" if file is None else file.name
    return ask(history, lot, findings, facts, asked, policy, stated_in, walk)  # type: ignore[arg-type]  # findings of the verdict


def day(text: str | None) -> date | None:
    """A date from the command line.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date; write it as 2027-03-01", field="--as-of") from error


def stated(path: Path | None) -> Context:
    """The context of a file, or nothing.

    Raises:
        FormatError: it cannot be read, is too large, or states what it may not; says file and field.
    """
    from ledger.origin.policy.context import MAX_BYTES, NOTHING, parse  # noqa: PLC0415  (start-up time)

    if path is None:
        return NOTHING
    return parse(read(path, MAX_BYTES), str(path))


def verdicts(answers: Sequence[PolicyAnswer]) -> None:
    """One line for each policy."""
    table(("policy", "verdict", "tested on"), [(item.id, item.words, str(item.tested_on)) for item in answers])


def _print(
    lot: str, answers: Sequence[PolicyAnswer], reach: str | None, gaps: Sequence[NotChecked], *, whole: bool
) -> None:
    say(f"Lot {lot}, policies as of {answers[0].as_of}")
    if reach is not None:
        folded(f"{reach[:1].upper()}{reach[1:]}.", "")
    # A verdict is quoted without what stands around it, so each says itself how far it reaches.
    far = "" if reach is None else f", {reach.partition(';')[0]}"
    for fact in answers[0].stated:
        folded(f"stated, not checked: {fact}", "  ")
    if not whole:
        verdicts(answers)
    for item in answers:
        if whole or item.verdict != "not-applicable":
            _one(item, far, whole=whole)
    folded(answers[0].caveats[-1], "")
    if gaps:
        say()
        say("NOT CHECKED")
        for gap in gaps:
            folded(f"{gap.what}: {gap.why}", "  ")


def _one(item: PolicyAnswer, far: str, *, whole: bool) -> None:
    say()
    words = item.words.removeprefix(item.verdict)
    folded(f"{item.id}: {item.verdict.upper()}{words}{' by who asks' if item.claimed else ''}{far}", "")
    folded(item.title, "  ")
    folded(f"{item.citation} (evidence: {item.evidence})", "  ")
    if item.unread and item.verdict != "not-applicable":
        folded(f"not read: {item.unread}", "  ")
    say(f"  tested on {item.tested_on} ({item.tested_from})")
    for text in item.assumptions:
        folded(f"assumed: {text}", "  ")
    if item.reasons:
        folded(f"decided by: {item.reasons[0].text}", "  ")
    deciding = [branch for branch in item.branches if branch.kind != "pending"]
    # What says of every branch that an exception does not apply is said once.
    common = [
        reason
        for reason in (deciding[0].reasons if len(deciding) > 1 else ())
        if " does not apply" in reason.text and all(reason in branch.reasons for branch in deciding)
    ]
    for branch in item.branches:
        _branch(branch, common, whole=whole)
    for reason in common:
        folded(f"every reading: {reason.text}", "  ")
    for text in item.caveats[:-1] if whole else ():
        folded(f"note: {text}", "  ")


def _branch(branch: Branch, common: Sequence[Reason], *, whole: bool) -> None:
    word = "outlook, changes no verdict" if branch.kind == "pending" else branch.kind
    folded(f"{branch.name} ({word}): {branch.verdict}", "  ")
    own = [reason for reason in branch.reasons if reason not in common]
    shown: Sequence[Reason] = own if whole else own[:SHOWN]
    for reason in shown:
        events = " ".join(f"[{digest[:12]}]" for digest in reason.events[:3])
        more = f" and {len(reason.events) - 3} more events" if len(reason.events) > 3 else ""  # noqa: PLR2004  (three fit a line)
        folded(f"- {reason.text} {events}{more}".rstrip(), INDENT)
    if len(shown) < len(own):
        say(f"{INDENT}... and {len(own) - len(shown)} more reasons (--policy shows them)")
