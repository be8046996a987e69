# Every target makes .venv by itself; the command lands at .venv/bin/monazite.
PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3),python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install demo test test-deep interop bench growth bench-peers bench-bundle bench-report bench-postgres completeness detection lock clean fixtures schemas
.DELETE_ON_ERROR:

install: $(VENV)/.ready

$(VENV)/.ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Monazite needs Python 3.11 or newer; set PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	# --no-deps: the lock is complete, and resolving it anew would trip over extras as soon as a newer release is out.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	$(BIN)/python -m pip check --disable-pip-version-check >/dev/null
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	$(BIN)/monazite demo

test: install
	@tests/install.sh report postgres
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not deep and not interop" --cov --cov-report=term

# The whole suite with every example and case that `make test` takes a part of, and the long trials: every-byte flips, kill
# matrices, reports opened in Chromium (which it installs with apt where it may). Run before a release of any kind.
test-deep: install
	@tests/install.sh report browser holders postgres
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not interop" --hypothesis-profile thorough
	# Once more what holds in memory, with histories that lie outside it.
	$(BIN)/python -m pytest -n 2 -m "not deep" --hypothesis-profile thorough --shelved tests/rules tests/ledger tests/bad tests/origin tests/report

# Against golang.org/x/mod, the code of Go's own checksum database; installs it with apt where it may.
interop: install
	@tests/install.sh interop
	$(BIN)/python -m pytest -m "interop"

bench: install
	$(BIN)/python benchmarks/run.py
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.verification
	$(BIN)/python -m benchmarks.floors
	$(BIN)/python -m benchmarks.proofs
	$(BIN)/python -m benchmarks.completeness

# What the map costs in a ledger of a million lots; about ten minutes and 2 GB of disk.
completeness: install
	$(BIN)/python -m benchmarks.completeness --lots 1000000

# How costs grow up to a million events: writes docs/performance.md and its picture; about a quarter of an hour and 5 GB of disk.
growth: install
	$(BIN)/python -m benchmarks.growth --write

# Beside Hypercore, pymerkle and git, which it installs under .venv/peers; none of them is a part of the program.
bench-peers: install
	@command -v npm >/dev/null || { echo "make bench-peers needs Node and npm (Debian: sudo apt-get install npm)" >&2; exit 2; }
	mkdir -p $(VENV)/peers
	cp benchmarks/peers/package.json benchmarks/peers/package-lock.json $(VENV)/peers
	npm ci --prefix $(VENV)/peers --ignore-scripts --no-audit --no-fund --silent
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target $(VENV)/peers/python -r benchmarks/peers/requirements.txt
	PYTHONPATH=$(VENV)/peers/python $(BIN)/python -m benchmarks.peers --modules $(VENV)/peers/node_modules

# What writing and verifying a lot's bundle costs.
bench-bundle: install
	$(BIN)/python -m benchmarks.bundle

# What a report costs, and how quickly it opens; about two minutes.
bench-report: install
	$(BIN)/python -m benchmarks.report

# What a ledger in PostgreSQL costs beside COPY; on a server of its own, which it installs with apt where it may.
bench-postgres: install
	@tests/install.sh postgres
	$(BIN)/python -m benchmarks.postgres

# What the rules find of simulated fraud and what they accuse falsely; about two minutes.
detection: install
	$(BIN)/python -m benchmarks.detection

# Generated files; the drift tests compare them.
fixtures: install
	$(BIN)/python fixtures/make.py
	$(BIN)/python -m fixtures.bad.document > docs/findings.md
	$(BIN)/python -m fixtures.policies > docs/policies.md
	$(BIN)/python -m fixtures.reports

schemas: install
	$(BIN)/python schemas/generate.py

# Needs uv on the PATH. The locks hold hashes and no addresses.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* .import_linter_cache
