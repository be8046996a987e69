"""Commands that write the ledger out for others: export tiles, export proof."""

from __future__ import annotations

import typer

from cli import publishing

app = typer.Typer(
    no_args_is_help=True, help="What others can verify: the whole log as static files, proof of an entry."
)
app.command("tiles")(publishing.tiles)
app.command("proof")(publishing.proof)
