"""The example chains are honest: no laundering pattern is seen in them but what is Chinese or unknown in fact."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.chains.catalogue import CHAINS
from cli.chains.chain import Chain
from cli.demo import build

PATTERNS = {
    *("SIGN-SELF-ATTEST", "CUST-DOCUMENT-REUSED", "CUST-ASSAY-COPIED", "CUST-ROUND-TRIP", "CUST-TWIN", "DATA-HS"),
    *("TIME-TRANSIT", "TIME-RULE-DATE", "MASS-CAPACITY", "ORIG-CN-TOLL", "ORIG-SITE", "ORIG-REGISTER", "ORIG-WASTE"),
    *("ORIG-OWNERS-SPLIT", "ORIG-OWNERS-CHANGED", "DATA-NAME"),
}


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.slug)
def test_an_honest_chain_shows_no_pattern(chain: Chain, tmp_path: Path) -> None:
    verdict, _answer = build(chain, tmp_path)
    assert [item for item in verdict.findings if item.code in PATTERNS] == []
