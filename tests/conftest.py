"""Property tests are the same on every run: no random seed, no memory of earlier failures, no deadline on a busy machine.

`make test` tries the first quarter of each property test's examples; `--hypothesis-profile thorough` (`make test-deep`) all of them.

`--shelved` runs tests with histories whose tables put down nearly everything at once, as those of a big ledger do: all that
holds in memory must hold so, too.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from ledger.rules import history
from ledger.store.shelf import Shelf
from tests.trials import FULL

QUICK = FULL // 4

settings.register_profile(
    "thorough",
    max_examples=FULL,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("repeatable", settings.get_profile("thorough"), max_examples=QUICK)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--shelved`."""
    parser.addoption("--shelved", action="store_true", help="keep next to nothing of a history in memory")


INHERITED = "COVERAGE_PROCESS_CONFIG"
"""By which a program that a test starts learns that coverage counts its lines."""
COUNTED = 2
"""Cases in which coverage is counted, of a test whose cases are alike."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the cases that run the same lines let coverage count the first ones."""
    cases: Counter[str] = Counter()
    for item in items:
        if item.get_closest_marker("alike") is not None:
            function = item.nodeid.partition("[")[0]
            cases[function] += 1
            if cases[function] > COUNTED:
                item.add_marker(pytest.mark.uncounted)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count no coverage where a line runs a hundred times: that takes twice as long, and other tests reach the line.

    The trace function is put aside here, because pytest-cov's `no_cover` has no effect in a worker of xdist: a worker is a
    subprocess, too, which coverage traces a second time.
    """
    tracing = sys.gettrace()
    counted = item.get_closest_marker("hypothesis") is None and item.get_closest_marker("uncounted") is None
    if counted or type(tracing).__module__.partition(".")[0] != "coverage":
        return (yield)
    sys.settrace(None)
    inherited = os.environ.pop(INHERITED, None)  # what the test starts is not counted either
    try:
        return (yield)
    finally:
        sys.settrace(tracing)
        if inherited is not None:
            os.environ[INHERITED] = inherited


@pytest.fixture(autouse=True, scope="session")
def _tables(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--shelved"):
        history.InMemory = lambda: Shelf(2)  # type: ignore[misc,assignment]


@pytest.fixture(autouse=True, scope="session")
def _server() -> Generator[None]:
    """Whichever test started a database server, it does not outlive the session."""
    yield
    servers = sys.modules.get("tests.store.servers")
    if servers is not None:
        servers.stop()
