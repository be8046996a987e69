"""Go's own code for transparency logs, as a process that answers questions."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
GOPATH = Path("/usr/share/gocode")
"""Where Debian has the sources of golang-golang-x-mod-dev."""
NEEDED = "run `make interop`, or apt-get install golang-go golang-golang-x-mod-dev"


class Refused(Exception):  # noqa: N818  (it is an answer)
    """Go said no."""


class Go:
    """Asks the program in main.go; bytes go and come as bytes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, op: str, **members: Any) -> Any:
        """The value; raises Refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"Op": op, **members}, default=_encoded) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["value"]


def _encoded(data: object) -> object:
    assert isinstance(data, bytes)
    return base64.b64encode(data).decode()


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Go]:
    if shutil.which("go") is None:
        pytest.fail(f"Go is not installed: {NEEDED}")
    if not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.fail(f"golang.org/x/mod is not in {GOPATH}: {NEEDED}")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
    }
    program = folder / "interop"
    built = subprocess.run(
        ["go", "build", "-o", program, "."], cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Go(process)
        process.kill()
