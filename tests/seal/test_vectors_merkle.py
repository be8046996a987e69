from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.seal import merkle
from ledger.seal.merkle import ProofError

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors" / "merkle"


def load(name: str) -> list[Any]:
    cases = json.loads((VECTORS / f"{name}.json").read_bytes())
    return [pytest.param(case, id=case["name"]) for case in cases]


def b64(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_the_vectors_are_all_there() -> None:
    assert (len(load("inclusion")), len(load("consistency"))) == (64, 63)


@pytest.mark.parametrize("case", load("inclusion"))
def test_inclusion(case: dict[str, Any]) -> None:
    def check() -> None:
        merkle.check_inclusion(
            index=case["leafIdx"],
            size=case["treeSize"],
            leaf=b64(case["leafHash"]),
            proof=[b64(p) for p in case["proof"] or []],
            root=b64(case["root"]),
        )

    if case["wantErr"]:
        with pytest.raises(ProofError):
            check()
    else:
        check()


@pytest.mark.parametrize("case", load("consistency"))
def test_consistency(case: dict[str, Any]) -> None:
    def check() -> None:
        merkle.check_consistency(
            old_size=case["size1"],
            new_size=case["size2"],
            old_root=b64(case["root1"]),
            new_root=b64(case["root2"]),
            proof=[b64(p) for p in case["proof"] or []],
        )

    if case["wantErr"]:
        with pytest.raises(ProofError):
            check()
    else:
        check()
