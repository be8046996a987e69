"""The command `migrate`: a ledger from one store to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import progress, say
from cli.context import Trust, keep_checkpoint, now, state, trusted_policy
from cli.ledgers import GRANT
from cli.stores import beside, existing, named, roles_of
from ledger.errors import MonaziteError, StoreError, UsageError

if TYPE_CHECKING:
    from cli.stores import Opened, Written
    from ledger.verify import Verdict


def migrate(
    source: Annotated[str, typer.Argument(help="The ledger as it is: a file or an address.", metavar="FROM")],
    target: Annotated[str, typer.Argument(help="Where it shall be: a new file, or an empty database.", metavar="TO")],
    trust: Trust = None,
) -> None:
    """Copy a ledger to another store: SQLite to PostgreSQL, back, or from file to file; the tree head stays the same.

    All or nothing: the copy is verified by every rule before it counts, and a TO that holds anything is refused. Evidence and
    timestamps beside the ledger are copied as well.

    Example: monazite migrate monazite.db postgresql+psycopg://me@db.example/ree
    """
    old = existing(source, tiles=False)
    try:
        if old.READ_ONLY:
            raise UsageError(f"{old.path} is a folder of tiles, which is no whole ledger; migrate the ledger itself")
        new = named(target)
        made = isinstance(new.path, Path) and not new.path.exists()
        copied: list[Path] = []
        try:
            verdict = _moved(old, new, trust, copied)
            roles = roles_of(new)
        except BaseException as error:
            new.close()
            # As beside an import: where a store failed the events that name these files may be there all the same.
            if isinstance(error, MonaziteError) and not isinstance(error, StoreError):
                for path in copied:
                    path.unlink(missing_ok=True)
            if made and isinstance(new.path, Path):
                for name in ("", "-wal", "-shm"):
                    new.path.with_name(new.path.name + name).unlink(missing_ok=True)
            raise
        new.close()
    finally:
        old.close()
    say(f"{verdict.checked.entries} entries and {verdict.checked.events} events copied and verified.")
    say(f"The tree head is unchanged: checkpoint of {verdict.size} entries, root {verdict.root.hex()}")
    if copied:
        say(f"{len(copied)} files beside it copied.")
    if roles is not None:
        say(GRANT.format(*roles))
    say(
        f"Write to {new.path} from now on and never again to {old.path}: one ledger that goes on in two places is a fork."
    )


def _moved(old: Opened, new: Written, trust: str | None, copied: list[Path]) -> Verdict:
    """Copy the files, then the ledger that names them: killed in between, the same command goes on. Adds to `copied` what is new."""
    from ledger.migrate import migrate as move  # noqa: PLC0415  (start-up time)
    from ledger.store.shelf import Shelf  # noqa: PLC0415

    policy = trusted_policy(old, trust)
    vkey = policy.logs[0].vkey
    memory = state()
    remembered = memory.remembered(vkey)
    if isinstance(new.path, Path):
        new.path.parent.mkdir(parents=True, exist_ok=True)
    new.create()
    if new.head().size:
        raise UsageError(f"{new.path} already holds a ledger; migrate to a new file or an empty database")
    _beside(old, new, copied)
    with progress("Verifying the copy") as bar:
        verdict = move(old, new, policy, remembered=remembered, now=now(), tables=Shelf, progress=bar)
    if verdict.checkpoint is not None:
        keep_checkpoint(memory, vkey, verdict.checkpoint, remembered)
    return verdict


def _beside(old: Opened, new: Written, copied: list[Path]) -> None:
    """Copy the files that lie beside a ledger; adds those that were not there yet."""
    from ledger.store.files import write_atomic  # noqa: PLC0415  (start-up time)
    from ledger.store.timestamps import Timestamps  # noqa: PLC0415

    here, there = beside(old.path), beside(new.path)
    folders = {
        here.with_suffix(".evidence"): there.with_suffix(".evidence"),
        Timestamps(here).folder: Timestamps(there).folder,
    }
    for source, target in folders.items():
        for path in sorted(source.iterdir()) if source.is_dir() else ():
            if path.is_file() and not (target / path.name).exists():
                write_atomic(target / path.name, path.read_bytes())
                copied.append(target / path.name)
