"""Hashes as people copy them: the terminal shows their beginning, commands take all of one."""

from __future__ import annotations

import re

_BEGINNING = re.compile(r"(?:event:)?[0-9a-f]{8,63}", re.ASCII)


def wanted(text: str) -> str:
    """What to say further where nothing goes by a name that looks like the beginning of a hash; empty for others.

    A beginning is not taken for the hash: who signs that an event is void names that event, and no other that begins alike.
    """
    if not _BEGINNING.fullmatch(text):
        return ""
    return "; if it is the beginning of a hash, give all 64 digits, which `lot history LOT --json` and `verify --json` print"
