"""A Dask cluster of some worker processes, which one is told to kill: prints its address, then one line a kill.

Run by itself, because Dask starts threads, loops and children that no test process wants.
"""

from __future__ import annotations

import os
import signal
import sys

from distributed import LocalCluster


def main(count: int) -> None:
    """Serve until standard input ends."""
    with LocalCluster(
        n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None, scheduler_port=0, silence_logs=50
    ) as cluster:
        print(cluster.scheduler_address, flush=True)  # noqa: T201  (who started it reads it)
        for line in sys.stdin:
            worker = cluster.workers[int(line)]
            os.kill(worker.process.process.pid, signal.SIGKILL)
            print("killed", flush=True)  # noqa: T201  (as above)


if __name__ == "__main__":
    main(int(sys.argv[1]))
