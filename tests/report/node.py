"""Starts node for the tests of the page's check."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).with_name("check_driver.js")


def ask(*jobs: dict[str, Any]) -> list[dict[str, Any]]:
    """The driver's answers to these jobs, one process for all of them."""
    node = shutil.which("node")
    if node is None:
        pytest.fail(
            "node is not installed: without it nothing shows that the check inside a report finds what `monazite verify` finds"
        )
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    done = subprocess.run([node, str(DRIVER)], input=lines, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(jobs)
    return answers


def verifying(bundle: bytes, trust: str | None, **stated: Any) -> dict[str, Any]:
    """A job: verify this bundle under a key or a policy, or under none."""
    return {"op": "verify", "bundle": b64encode(bundle).decode(), "trust": trust, "stated": stated or None}
