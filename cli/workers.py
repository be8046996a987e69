"""Processes that look at entries beforehand: here where there are so many that starting them pays, or those of a Dask cluster."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ledger.errors import UnverifiableError, UsageError

MANY = 5_000
"""Entries from which on workers are started: each saves a signature's 80 us here, and starting them takes some 300 ms."""


@contextmanager
def workers(entries: int) -> Iterator[Executor | None]:
    """A pool of processes for so many entries, or None where one process does.

    They are spawned: a forked one would inherit open databases and the thread that draws the progress bar.
    """
    cores = os.cpu_count() or 1
    if entries < MANY or cores == 1:
        yield None
        return
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


SCHEMES = ("tcp", "tls", "ws", "wss")
CONNECTING = 20
"""Seconds in which a cluster must answer, and have a worker."""


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask cluster; trusted as this machine is, since one that lies vouches for a signature that nobody made.

    Raises:
        UsageError: Dask is not installed, or the address is none.
        UnverifiableError: the cluster does not answer, has no workers, or has such as lack this version of the program.
    """
    try:
        from distributed import Client  # noqa: PLC0415  (an extra, and start-up time)
    except ImportError as error:
        raise UsageError("--cluster needs Dask: pip install 'monazite[cluster]'") from error
    if not _is_address(address):
        raise UsageError("--cluster is the address of a Dask scheduler, such as tcp://10.0.0.5:8786")
    with _quiet():
        yield from _connected(Client, address)


def _is_address(address: str) -> bool:
    """Whether Dask can take it for one; else its client would raise half made, and be 40 s in ending with a traceback."""
    try:
        parts = urlsplit(address)
        return parts.scheme in SCHEMES and bool(parts.hostname) and bool(parts.port)
    except ValueError:  # such as a port that is no number
        return False


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what Dask logs: a worker or scheduler that dies costs time, and no word on the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _connected(kind: Any, address: str) -> Iterator[Executor]:  # noqa: ANN401  (Dask's client, which has no types)
    try:
        client = kind(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise UnverifiableError(
            f"no Dask scheduler answers at {address}; leave --cluster out to verify here"
        ) from error
    from cli.version import version  # noqa: PLC0415  (start-up time)

    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECTING)
            found = set(client.run(_theirs).values())
        except TimeoutError as error:
            raise UnverifiableError(
                f"the cluster at {address} has no workers; start some, or leave --cluster out"
            ) from error
        except Exception as error:
            raise UnverifiableError(
                f"a worker of {address} cannot run this program ({type(error).__name__}); install monazite {version()} there"
            ) from error
        if found != {version()}:
            others = ", ".join(sorted(found - {version()}))
            raise UnverifiableError(
                f"workers of {address} run monazite {others}, here it is {version()}; install the same"
            )
        yield client.get_executor(retries=2, pure=False)


def _theirs() -> str:
    """Asked of each worker."""
    from cli.version import version  # noqa: PLC0415  (there)

    return version()
