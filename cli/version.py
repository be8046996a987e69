"""The installed version, as reports print it."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The version of the installed distribution."""
    return metadata.version("monazite")
