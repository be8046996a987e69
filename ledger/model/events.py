"""What may be said: the event types of version 1 (DESIGN.md section 4), strict and frozen.

Absent means absent: an optional member that is empty is never written, so every event has exactly one spelling.
Unknown members are refused. Rules across members that need no history are checked by the types themselves and raise
ValueError, which the decoder reports as bad input with the member's path.
"""

from __future__ import annotations

from typing import get_args

from ledger.model.custody import (
    MAX_LOTS,
    Assay,
    Attest,
    CustodyModel,
    Declare,
    Dispose,
    Extract,
    Receive,
    Recover,
    Retract,
    Ship,
    StageOrigins,
    Transform,
)
from ledger.model.event import Event, StageCode, TransformStage
from ledger.model.registry import Enrol, Key, Open, Revoke, Site, Tolerances

AnyEvent = (
    Open
    | Enrol
    | Site
    | Key
    | Revoke
    | Extract
    | Recover
    | Declare
    | Transform
    | Ship
    | Receive
    | Assay
    | Attest
    | Retract
    | Dispose
)
EVENT_TYPES: dict[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyEvent)}
CREATING = (Extract, Recover, Declare, Transform)
"""Types that create lots."""

__all__ = [
    "CREATING",
    "EVENT_TYPES",
    "MAX_LOTS",
    "AnyEvent",
    "Assay",
    "Attest",
    "CustodyModel",
    "Declare",
    "Dispose",
    "Enrol",
    "Event",
    "Extract",
    "Key",
    "Open",
    "Receive",
    "Recover",
    "Retract",
    "Revoke",
    "Ship",
    "Site",
    "StageCode",
    "StageOrigins",
    "Tolerances",
    "Transform",
    "TransformStage",
]
