"""Processes that look at entries beforehand, where there are so many that starting them pays."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

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
