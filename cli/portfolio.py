"""`monazite report` on many lots of a ledger: all, some, or those of one shipment; verified once, answered one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.bundles import is_bundle
from cli.console import progress, warn
from cli.context import opened, verified
from cli.documents import SHEETS, named, tabular
from cli.files import read
from ledger.errors import EXIT_FINDINGS, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from cli.stores import Opened
    from ledger.model.entry import Fact
    from ledger.origin.policy.context import Context
    from ledger.report.since import Since
    from ledger.rules.history import History
    from ledger.verify import Verdict

FORMATS = ("json", "markdown", "html", "csv", "xlsx")
MAX_LIST = 16 * 1024 * 1024
SHORTEST_HASH = 8
"""Digits of an event's hash that name a shipment."""
Asked = tuple[list[str], dict[str, Any]]
"""Lots by name, and the `portfolio` member that says which they are."""


def report(
    lots: Sequence[str],
    ledger: str,
    trust: str | None,
    *,
    every: bool,
    listed: Path | None,
    shipment: str | None,
    since: int | None,
    form: str | None,
    sheet: str | None,
    output: Path | None,
    as_of: str | None,
    context: Path | None,
) -> None:
    """Verify a ledger and report on many of its lots; the exit code is that of the verification.

    Raises:
        UsageError: lots are named in two ways, or not at all; no such lot or shipment; a size that the log has not.
    """
    from cli.policy import day, stated  # noqa: PLC0415  (start-up time)
    from cli.version import version  # noqa: PLC0415
    from ledger.origin.policy.check import newest_day  # noqa: PLC0415
    from ledger.report.answer import CANNOT, verification  # noqa: PLC0415
    from ledger.report.portfolio import Totals, portfolio, upstream  # noqa: PLC0415
    from ledger.report.since import Since  # noqa: PLC0415

    form = named(form, output)
    if form not in (None, *FORMATS):
        raise UsageError(f"--format {form}: of many lots this version writes {', '.join(FORMATS)}")
    tabular(form, sheet, output)
    if form in SHEETS:
        from cli.sheets import named_of  # noqa: PLC0415  (start-up time)
        from ledger.report.portfolio_sheets import NAMES  # noqa: PLC0415

        named_of(NAMES, form, sheet)
    if form == "html" and (output is None or str(output) == "-" or output.suffix):
        raise UsageError(
            "of many lots --format html makes a folder of pages; name it with -o, without an ending: -o portfolio"
        )
    if sum((bool(lots), every, listed is not None, shipment is not None)) != 1:
        raise UsageError("name lots, --lots FILE, --shipment or --all: one of them")
    if any(map(is_bundle, lots)):
        raise UsageError("a bundle is of one lot; report on each by itself, or on lots of a ledger")
    names = _names(listed) if listed is not None else list(lots)
    asked_day, facts = day(as_of), stated(context)
    with opened(ledger) as store:
        verdict = verified(store, trust)
        size = previous(store, verdict.size) if since is None else since
    if since is not None and not 0 <= since < max(verdict.size, 1):
        raise UsageError(f"the verified checkpoint is of {verdict.size} entries; --since takes a smaller size")
    chosen, asked = _chosen(verdict, names, shipment, every=every)
    asked_day = asked_day or newest_day(verdict.history)
    above = None if every else upstream(verdict.history, chosen)
    totals = Totals()
    changes = Since(verdict.history, verdict.findings, size) if size is not None else None
    rows: list[dict[str, Any]] = []

    def taken(answer: dict[str, Any]) -> None:
        from ledger.report.portfolio import row  # noqa: PLC0415  (start-up time)

        counted = totals.add(answer, left=above is None or answer["lot"] in above)
        rows.append({**row(answer), "counted_kg": counted})

    answers = _answers(verdict, chosen, facts, asked_day, context, changes, brief=form != "html")

    def whole() -> dict[str, Any]:
        return portfolio(
            rows,
            totals,
            asked=asked,
            verification=verification(verdict),
            changes=changes.built() if changes is not None else None,
            caveat=CANNOT,
            version=version(),
            as_of=asked_day.isoformat(),
        )

    if form == "html":
        assert output is not None  # noqa: S101  (looked at above)
        from cli.portfoliopages import write  # noqa: PLC0415  (start-up time)

        write(output, answers, taken, whole)
    else:
        for answer in answers:
            taken(answer)
        from cli.portfolioview import put  # noqa: PLC0415  (start-up time)

        put(whole(), form, sheet, output)
    if verdict.verdict != "clean":
        warn("the ledger has findings of severity error; the report counts them, and `monazite verify` lists them")
        raise typer.Exit(EXIT_FINDINGS)


def _names(path: Path) -> list[str]:
    """Lots from a file, one a line; raises UsageError where it names none, FormatError where it cannot be read."""
    from ledger.errors import FormatError  # noqa: PLC0415  (start-up time)

    try:
        lines = read(path, MAX_LIST).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError(f"not UTF-8 text: {error.reason}", file=str(path)) from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise UsageError(f"{path} names no lot; write one a line", field="--lots")
    return names


def _chosen(verdict: Verdict, names: list[str], shipment: str | None, *, every: bool) -> Asked:
    """The lots that were asked for, each once."""
    history = verdict.history
    if shipment is not None:
        return shipped(history, shipment)
    if every:
        names = list(history.lots)
        if not names:
            raise UsageError("the ledger has no lots")
        return names, {
            "what": "all",
            "says": f"all {len(names)} lots of the ledger" if len(names) != 1 else "the only lot of the ledger",
            "events": [],
        }
    names = list(dict.fromkeys(names))
    for name in names:
        _known(verdict, name)
    from ledger.report.headline import counted  # noqa: PLC0415  (start-up time)

    return names, {
        "what": "lots",
        "says": f"{counted(len(names), 'lot')} that {'was' if len(names) == 1 else 'were'} named",
        "events": [],
    }


def _known(verdict: Verdict, name: str) -> None:
    from cli.lots import found  # noqa: PLC0415  (start-up time)

    if name not in verdict.history.lots and verdict.verdict != "clean":
        from cli.verifying import show  # noqa: PLC0415  (start-up time)

        show(verdict, None, every=False)
        warn(f"there is no lot {name!r} in what is left of this ledger")
        raise typer.Exit(EXIT_FINDINGS)
    found(verdict.history, name)


def shipped(history: History, what: str) -> Asked:
    """The lots of one shipment: of a `ship` event by its `ref` or hash, of every one with a document of this number, or of a lot's newest.

    Raises:
        UsageError: there is none, or one name means shipments of several parties.
    """
    ships = _ships(history, what)
    if not ships and what in history.lots:
        ships = [fact for fact in history.lots[what].facts if _is_ship(history, fact)][-1:]
        if not ships:
            raise UsageError(f"lot {what!r} was never shipped", field="--shipment")
    if not ships:
        raise UsageError(
            f"there is no shipment {what!r}; name a ship event's ref or hash, a document's number, or a lot that was shipped",
            field="--shipment",
        )
    actors = dict.fromkeys(fact.event.actor for fact in ships)
    if len(actors) > 1:
        each = "; ".join(f"{fact.event.actor} [{fact.hash[:16]}]" for fact in ships[:6])
        raise UsageError(
            f"{what!r} names shipments of several parties: {each}. Name one by its hash", field="--shipment"
        )
    from ledger.report.headline import counted  # noqa: PLC0415  (start-up time)

    lots = dict.fromkeys(draw.lot for fact in ships for draw in fact.event.draws if draw.lot in history.lots)
    first = ships[0].event
    said = f"{counted(len(lots), 'lot')} shipped by {first.actor} from {first.site} to {getattr(first, 'to', '')}, {first.at[:10]}"
    more = f", in {len(ships)} ship events" if len(ships) > 1 else ""
    return list(lots), {"what": "shipment", "says": said + more, "events": [fact.hash for fact in ships]}


def _ships(history: History, what: str) -> list[Fact]:
    from ledger.model.events import Ship  # noqa: PLC0415  (start-up time)

    shortened = len(what) >= SHORTEST_HASH
    return [
        fact
        for fact in history.facts.of((Ship,))
        if isinstance(fact.event, Ship)
        and fact.hash not in history.voided
        and (
            fact.event.ref == what
            or (shortened and fact.hash.startswith(what))
            or any(document.number == what for document in fact.event.documents)
        )
    ]


def _is_ship(history: History, fact: Fact) -> bool:
    return fact.event.type == "ship" and fact.hash not in history.voided


def previous(store: Opened, size: int) -> int | None:
    """The size of the checkpoint before that of `size` entries, None where there was none.

    A log states its checkpoints itself: each ends with a map entry.
    """
    from ledger.seal.entry import MAP_KIND  # noqa: PLC0415  (start-up time)

    head, found = MAP_KIND.encode(), None
    with store.snapshot() as seen:
        for stored in seen.entries():
            if stored.sequence + 1 >= size:
                break
            if stored.entry.startswith(head):
                found = stored.sequence + 1
    return found


def _answers(
    verdict: Verdict,
    names: list[str],
    facts: Context,
    day: date,
    file: Path | None,
    changes: Since | None,
    *,
    brief: bool,
) -> Iterator[dict[str, Any]]:
    """One answer after the other, with the findings about its lot, and what is new in it told to `changes`."""
    from msgspec.structs import replace  # noqa: PLC0415  (start-up time)

    from cli.version import version  # noqa: PLC0415
    from ledger.origin.nearby import Nearby  # noqa: PLC0415
    from ledger.origin.policy.check import check  # noqa: PLC0415
    from ledger.origin.policy.walk import Walk  # noqa: PLC0415
    from ledger.origin.trace import trace  # noqa: PLC0415
    from ledger.report.answer import answer  # noqa: PLC0415
    from ledger.report.policy import built  # noqa: PLC0415

    near = Nearby(verdict.history, verdict.findings)
    whole = len(verdict.findings)
    stated_in = "the context" if file is None else file.name
    with progress("Answering for lots") as bar:
        for number, name in enumerate(names, 1):
            traced = trace(verdict.history, name)
            about = near.of(traced)
            walk = Walk(verdict.history, traced)
            found = check(verdict.history, name, about, facts, day, stated_in=stated_in, walk=walk)
            narrowed = replace(verdict, findings=about)
            made = answer(traced, narrowed, version(), built(found), context=facts, brief=brief, walk=walk)
            # The ledger's verdict is on all of it, whatever is found about this lot.
            made["verification"]["verdict"] = verdict.verdict
            if whole > len(about):
                made["verification"]["not_checked"].append(
                    {
                        "what": "findings about other lots",
                        "why": f"{whole - len(about)} more findings of this ledger are about other lots, or none; `monazite verify` lists them",
                    }
                )
            if changes is not None:
                changes.take(made, about)
            if bar is not None:
                bar(number, len(names))
            yield made
