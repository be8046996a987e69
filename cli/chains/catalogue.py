"""The seven chains, in order."""

from __future__ import annotations

from cli.chains import (
    asian_reserve,
    australia_canada_ohio,
    australia_japan,
    gallium,
    japan_recycling,
    mountain_pass_texas,
    toll_processing,
)
from cli.chains.chain import Chain

CHAINS: tuple[Chain, ...] = (
    australia_japan.CHAIN,
    australia_canada_ohio.CHAIN,
    mountain_pass_texas.CHAIN,
    toll_processing.CHAIN,
    asian_reserve.CHAIN,
    japan_recycling.CHAIN,
    gallium.CHAIN,
)
