"""Other programs that keep append-only logs, beside Monazite in one run: `python -m benchmarks.peers`."""
