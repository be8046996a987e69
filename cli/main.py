"""The command `monazite`: one file per group of commands, joined here. Errors become one line and an exit code."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_group

from cli import (
    checkpoints,
    demo,
    evidence,
    explaining,
    exporting,
    importing,
    keys,
    labelling,
    ledgers,
    lots,
    migrating,
    policy,
    recording,
    registry,
    reporting,
    signing,
    submitting,
    verifying,
    witness,
)
from cli.console import prepare_streams, warn
from cli.heap import undisturbed
from ledger.errors import EXIT_INPUT, MonaziteError

app = typer.Typer(
    name="monazite",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Rare-earth provenance ledger: signed custody events from mine to magnet, verified offline.\n\n"
        "Begin with `monazite demo`, or with `monazite init --origin ledger.example/ree`.\n\n"
        "Exit codes: 0 clean; 1 findings of severity error, or refused; 2 usage or bad input; 3 could not verify."
    ),
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
    ledger: Annotated[str | None, typer.Option("--ledger", help="The ledger, for the command that follows.")] = None,
) -> None:
    if ledger is not None:
        # Every command reads this variable where it is given no --ledger of its own.
        os.environ["MONAZITE_LEDGER"] = ledger
    if version:
        from cli.version import version as number  # noqa: PLC0415  (start-up time)

        typer.echo(number())
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


app.command("demo")(demo.demo)
app.command("init")(ledgers.init)
app.add_typer(keys.app, name="key")
app.add_typer(registry.parties, name="party")
app.add_typer(registry.sites, name="site")
app.add_typer(recording.app, name="record")
app.command("import")(importing.import_files)
app.command("sign")(signing.sign)
app.command("submit")(submitting.submit)
app.add_typer(lots.app, name="lot")
app.command("verify")(verifying.verify)
app.command("report")(reporting.report)
app.command("label")(labelling.label)
app.add_typer(policy.app, name="policy")
app.add_typer(exporting.app, name="export")
app.command("checkpoint")(checkpoints.checkpoint)
app.add_typer(witness.app, name="witness")
app.command("evidence")(evidence.evidence)
app.command("reindex")(ledgers.reindex)
app.command("migrate")(migrating.migrate)
app.command("explain")(explaining.explain)


@cache
def _command() -> TyperGroup:
    """All commands with their options; read from their signatures once a process, because that takes as long as many a command."""
    return get_group(app)


def main() -> None:
    """Run the command line; every foreseen failure is a message on stderr and an exit code, never a traceback."""
    prepare_streams()
    try:
        try:
            with undisturbed():
                _command()(prog_name="monazite", standalone_mode=True)
        finally:
            sys.stdout.flush()
    except MonaziteError as error:
        warn(f"error: {error}")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as stop:
        # Typer makes an exit without a word of an interruption that no command speaks of itself.
        if not isinstance(stop, SystemExit) or isinstance(
            getattr(stop.__context__, "__cause__", None), KeyboardInterrupt
        ):
            warn("interrupted; what this command records is in the ledger as a whole or not at all")
            sys.exit(130)
        raise
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        warn(f"error: {name}{error.strerror or error}")
        sys.exit(EXIT_INPUT)


if __name__ == "__main__":
    main()
