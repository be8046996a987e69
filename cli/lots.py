"""Commands on lots: list, show, history, trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.bundles import is_bundle, looked_up
from cli.console import put, safe, say, say_json, table, warn
from cli.context import DEFAULT_LEDGER, AsJson, Ledger, Trust
from cli.reading import ancestry, chain, history
from ledger.errors import EXIT_FINDINGS, UsageError

if TYPE_CHECKING:
    from rich.tree import Tree

    from ledger.origin.trace import Trace
    from ledger.rules.history import History
    from ledger.rules.lot import Lot

app = typer.Typer(
    no_args_is_help=True, help="Lots: what there is, where it is, what happened to it, where it comes from."
)
LotArgument = Annotated[str, typer.Argument(help="The lot's id.", metavar="LOT")]
LotOrBundle = Annotated[str, typer.Argument(help="The lot's id, or a bundle.", metavar="LOT|FILE.monazite")]


def found(past: History, name: str) -> Lot:
    """One lot.

    Raises:
        UsageError: none of this id; names near ones.
    """
    lot = past.lots.get(name)
    if lot is None:
        from difflib import get_close_matches  # noqa: PLC0415  (only on this path)

        near = get_close_matches(name, past.lots, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `monazite lot list` shows them"
        raise UsageError(f"there is no lot {name!r}{hint}")
    return lot


def described(lot: Lot, past: History) -> dict[str, Any]:
    """A lot's state as JSON built-ins."""
    from ledger.report.answer import MG_PER_KG, status  # noqa: PLC0415  (start-up time)

    composition = {analyte: share.ppb / 1e7 for analyte, share in (lot.composition or {}).items()}
    return {
        "lot": lot.id,
        "form": lot.output.form,
        "status": status(lot),
        "holder": lot.holder,
        "owner": lot.owner,
        "site": lot.site,
        "country": past.country_of_site(lot.site),
        "mass_kg": lot.mass_mg / MG_PER_KG,
        "left_kg": lot.left_mg / MG_PER_KG,
        "composition_percent": composition,
        "created_by": lot.born.hash,
        "newest_event": lot.head,
        "events": len(lot.facts),
    }


@app.command("list")
def listed(
    ledger: Ledger = DEFAULT_LEDGER,
    holder: Annotated[str | None, typer.Option("--holder", help="Only what this party holds.")] = None,
    form: Annotated[str | None, typer.Option("--form", help="Only this form, or forms that begin with it.")] = None,
    left: Annotated[bool, typer.Option("--left", help="Only lots of which something is left.")] = False,
    as_json: AsJson = False,
) -> None:
    """List lots as the ledger states them, without verifying it.

    Example: monazite lot list --left --form magnet
    """
    past = history(ledger)
    rows = [
        described(lot, past)
        for lot in past.lots.values()
        if (holder is None or lot.holder == holder)
        and (form is None or lot.output.form.startswith(form))
        and (not left or lot.left_mg)
    ]
    if as_json:
        say_json(rows)
        return
    if not rows:
        say("No lots.")
        return
    table(
        ("lot", "form", "left kg", "of kg", "holder at site", "status"),
        [
            (
                r["lot"],
                r["form"],
                f"{r['left_kg']:g}",
                f"{r['mass_kg']:g}",
                f"{r['holder']} at {r['site']}",
                r["status"],
            )
            for r in rows
        ],
        right=(2, 3),
    )


@app.command("show")
def show(lot: LotArgument, ledger: Ledger = DEFAULT_LEDGER, as_json: AsJson = False) -> None:
    """Show one lot's state, without verifying the ledger.

    Example: monazite lot show MTW-2025-MAGNET
    """
    past = ancestry(ledger, lot)
    row = described(found(past, lot), past)
    if as_json:
        say_json(row)
        return
    composition = ", ".join(f"{analyte} {share:.7g} %" for analyte, share in row.pop("composition_percent").items())
    for key, value in {**row, "composition": composition or "not stated"}.items():
        say(f"{key.replace('_', ' '):13} {value}")


@app.command("history")
def events(lot: LotOrBundle, ledger: Ledger = DEFAULT_LEDGER, trust: Trust = None, as_json: AsJson = False) -> None:
    """List every event on one lot, void ones too, without verifying the ledger; a bundle is verified first.

    Example: monazite lot history MTW-2025-MAGNET
    """
    from ledger.report.answer import says  # noqa: PLC0415  (start-up time)

    broken = False
    if is_bundle(lot):
        verdict, lot, _newest = looked_up(lot, ledger, trust)
        past, broken = verdict.history, verdict.verdict != "clean"
    elif trust is not None:
        raise UsageError("--trust names a key to verify with, and the history of a lot of a ledger is not verified")
    else:
        past = chain(ledger, lot)
    rows: list[dict[str, Any]] = [
        {
            "event": fact.hash,
            "entry": fact.place.entry,
            "type": fact.event.type,
            "at": fact.event.at,
            "actor": fact.event.actor,
            "site": fact.event.site,
            "says": says(fact.event),
            "void": fact.hash in past.voided,
        }
        for fact in found(past, lot).facts
    ]
    if as_json:
        say_json(rows)
    else:
        table(
            ("at", "what", "by", "event"),
            [
                (
                    r["at"],
                    f"{r['type']}: {r['says']}" + (" (VOID)" if r["void"] else ""),
                    f"{r['actor']} at {r['site'] or '-'}",
                    r["event"][:12],
                )
                for r in rows
            ],
            title=f"Lot {lot}",
        )
    if broken:
        warn("The bundle has findings of severity error; `monazite verify` lists them.")
        raise typer.Exit(EXIT_FINDINGS)


@app.command("trace")
def traced(
    lot: LotOrBundle,
    ledger: Ledger = DEFAULT_LEDGER,
    trust: Trust = None,
    unverified: Annotated[
        bool,
        typer.Option(
            "--unverified", help="Read only what this lot descends from, and verify nothing: for big ledgers."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the lots that a lot was made from, as a tree, after verifying the ledger.

    Example: monazite lot trace MTW-2025-MAGNET
    """
    from ledger.origin.trace import trace  # noqa: PLC0415  (start-up time)
    from ledger.partial import scope  # noqa: PLC0415
    from ledger.report.answer import stage_shares  # noqa: PLC0415
    from ledger.report.country import rounded  # noqa: PLC0415

    if unverified and trust is not None:
        raise UsageError("--trust names a key to verify with, and --unverified verifies nothing; give one of them")
    reach = None
    if unverified:
        if is_bundle(lot):
            raise UsageError("a bundle is small and always verified; leave --unverified out")
        past, said = ancestry(ledger, lot), "unverified"
        warn("NOT VERIFIED: signatures, hashes and rules were not looked at; `monazite verify` does.")
    else:
        verdict, lot, _newest = looked_up(lot, ledger, trust)
        past, said = verdict.history, verdict.verdict
        reach = scope(item.what for item in verdict.not_checked)
    found(past, lot)
    result = trace(past, lot)
    if as_json:
        say_json(
            {
                "lot": lot,
                "verdict": said,
                **({} if reach is None else {"scope": reach}),
                "lots": [
                    {
                        "lot": name,
                        "parents": [parent.lot or parent.drawn.lot for parent in result.parents[name]],
                        "passing": {
                            element: rounded(share) for element, share in result.passing[name].items() if share > 0
                        },
                    }
                    for name in result.lots
                ],
                "elements": {element: stage_shares(origin) for element, origin in result.origins.items()},
            }
        )
    else:
        put(tree(result, past))
        if reach is not None:
            say(f"All this {reach}.")
    if said == "findings":
        say("The ledger has findings of severity error; `monazite verify` lists them.")
        raise typer.Exit(1)


MAX_TREE = 200
MAX_DEPTH = 16


def tree(result: Trace, past: History) -> Tree:
    """The ancestry as a tree; a lot that feeds twice is written out once."""
    from rich.tree import Tree  # noqa: PLC0415  (start-up time)

    seen: set[str] = set()

    def label(name: str) -> str:
        lot = past.lots[name]
        event = lot.born.event
        place = past.country_of_site(event.site) or "?"
        what = getattr(event, "stage", event.type)
        return safe(f"{name}  {lot.output.form}  {what} in {place} by {event.actor}" + ("  VOID" if lot.void else ""))

    def grow(node: Tree, name: str, depth: int) -> None:
        if depth > MAX_DEPTH and result.parents[name]:
            node.add("... deeper; --json lists all")
            return
        for parent in result.parents[name]:
            if parent.lot is None:
                node.add(safe(f"{parent.drawn.lot}  retracted, not replaced: unknown"))
            elif parent.lot in seen:
                node.add(safe(f"{parent.lot}  (above)"))
            elif len(seen) >= MAX_TREE:
                node.add("... more; --json lists all")
                return
            else:
                seen.add(parent.lot)
                grow(node.add(label(parent.lot)), parent.lot, depth + 1)

    root = Tree(label(result.lot.id))
    seen.add(result.lot.id)
    grow(root, result.lot.id, 1)
    return root
