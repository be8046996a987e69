"""Which store `--ledger` names: a file, a folder of tiles, or a database of PostgreSQL; and where the files beside it are."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import StoreError, UsageError

if TYPE_CHECKING:
    from ledger.store.postgres.address import Address
    from ledger.store.postgres.store import PostgresStore
    from ledger.store.sql import SqliteStore
    from ledger.store.tiles import TileStore

    Opened = SqliteStore | PostgresStore | TileStore
    Written = SqliteStore | PostgresStore


_MEANT = re.compile(r"(?i)^postgres(ql)?(\+\w*)?(:|//|/.*@)|(^|\s)(password|host|dbname|user)\s*=")
"""An address that is misspelled, or written as libpq's other form: no file, whose name could be shown with the password in it."""


def of_database(where: str) -> Address | None:
    """The address of a ledger in PostgreSQL; None for a file or folder.

    Raises:
        UsageError: an address that is wrong, or of an engine that this version does not speak.
    """
    if where.startswith("sqlite:///") or ("://" not in where and not _MEANT.search(where)):
        return None
    from ledger.store.postgres.address import parse  # noqa: PLC0415  (start-up time)

    return parse(where)


def named(where: str) -> Written:
    """The store in a file or database, be it there yet or not.

    Raises:
        UsageError: an address that is wrong, or whose driver is not installed.
    """
    address = of_database(where)
    if address is not None:
        try:
            from ledger.store.postgres.store import PostgresStore  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise UsageError("a ledger in PostgreSQL needs psycopg: pip install 'monazite[pg]'") from error
        logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what goes wrong is raised, and said once
        return PostgresStore(address)
    from ledger.store.sql import SqliteStore  # noqa: PLC0415  (0.4 s that other commands do not owe)

    return SqliteStore(path_of(where))


def roles_of(store: Written) -> tuple[str, str] | None:
    """The roles that may write and read a ledger in PostgreSQL, where there are any."""
    from ledger.store.sql import SqliteStore  # noqa: PLC0415  (as above)

    return None if isinstance(store, SqliteStore) else store.roles()


def existing(where: str, *, tiles: bool) -> Opened:
    """The store that is there; `tiles` where only a folder of them will do.

    Raises:
        StoreError: there is none.
        UsageError: as `named`.
    """
    if not tiles and of_database(where) is not None:
        return named(where)
    path = path_of(where)
    if tiles or path.is_dir():
        from ledger.store.tiles import TileStore  # noqa: PLC0415  (start-up time)

        return TileStore(path)
    if path.is_file():
        return named(where)
    raise StoreError(
        f"there is no ledger at {path}. Begin one with `monazite init --origin NAME --ledger {path}`, or name another with --ledger."
    )


def path_of(where: str) -> Path:
    """The file or folder that is named."""
    return Path(where.removeprefix("sqlite:///"))


def beside(place: Path | Address) -> Path:
    """The file that other files of a ledger lie beside: evidence, timestamps.

    For a database it need not exist: MONAZITE_FILES, else the user's data directory, has a name for it. Several writers
    who want to share these files point that at a folder that they share.
    """
    if isinstance(place, Path):
        return place
    given = os.environ.get("MONAZITE_FILES")
    if given:
        return Path(given) / f"{place.name}.db"
    import platformdirs  # noqa: PLC0415  (start-up time)

    return platformdirs.user_data_path("monazite", appauthor=False) / "files" / f"{place.name}.db"
