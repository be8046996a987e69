"""The lots of which a bundle holds every event: what the asked lot's origin rests on.

Events of a bundle touch other lots, too: a later draw makes lots of somebody else's, a truck carries somebody else's drum. Of
those nothing is said, for what is not here is not missing. Exporter and verifier work out the same lots from the same events.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from ledger.model.events import Event, Retract, Transform
from ledger.origin.policy.kin import SAME
from ledger.origin.policy.material import ALLOYED
from ledger.reference.forms import base
from ledger.rules.custody import lots_of


def whole(events: Iterable[tuple[Event, str]], lot: str) -> set[str]:
    """Lots by name, from events with their hashes: the ancestry of the asked one, and of what is of the same material.

    What is said of a lot of the same melt is said of the asked one as well (`ledger.origin.policy.kin`).
    """
    said = list(events)
    first = behind(said, {lot})
    return behind(said, first | _alike_made([event for event, _digest in said], first, lot))


def behind(events: Iterable[tuple[Event, str]], lots: Iterable[str]) -> set[str]:
    """These lots, and of each lot whatever its creation drew or made.

    The other outputs are among them because their newest analyses count in what came out. Where a creation was retracted in
    favour of a replacement, that event's outputs are among them, with an ancestry of their own. A lot that two events
    create has the ancestry of both.
    """
    makers: dict[str, list[tuple[Event, str]]] = {}
    named: dict[tuple[str, str], list[Event]] = {}
    replaced: dict[str, list[str]] = {}
    for event, digest in events:
        for output in event.outputs_made:
            makers.setdefault(output.lot, []).append((event, digest))
        if event.ref is not None:
            named.setdefault((event.actor, event.ref), []).append(event)
        if isinstance(event, Retract) and event.replacement is not None:
            replaced.setdefault(event.target, []).append(event.replacement)
    found: set[str] = set()
    todo = list(lots)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        for event, digest in makers.get(name, ()):
            todo += lots_of(event)
            for ref in replaced.get(digest, ()):
                todo += [output.lot for made in named.get((event.actor, ref), ()) for output in made.outputs_made]
    return found


def _alike_made(events: Iterable[Event], first: set[str], lot: str) -> set[str]:
    """What was made of the lot, of alloys behind it and of like outputs beside its ancestry, by stages that leave the material alone."""
    forms: dict[str, str] = {lot: ""}
    beside: set[str] = set()
    uses: dict[str, list[Transform]] = {}
    for event in events:
        forms.update((output.lot, output.form) for output in event.outputs_made)
        if not isinstance(event, Transform):
            continue
        if len(event.outputs) > 1:
            beside.update(output.lot for output in event.outputs)
        if event.stage in SAME:
            for draw in event.inputs:
                uses.setdefault(draw.lot, []).append(event)
    todo = [name for name in first if name == lot or name in beside or base(forms.get(name, "")) in ALLOYED]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        for event in uses.get(name, ()):
            new = {output.lot for output in event.outputs if _alike(forms.get(name, ""), output.form)} - found - first
            found |= new
            todo += new
    return found


def _alike(form: str, other: str) -> bool:
    return form == other or (base(form) in ALLOYED and base(other) in ALLOYED)


def made_of(events: Iterable[tuple[Event, str]], lot: str) -> set[str]:
    """Lots that were made of the asked one, directly or not, as far as these events say; without it."""
    return reached([lot], uses_of(events)) - {lot}


def uses_of(events: Iterable[tuple[Event, str]]) -> dict[str, set[str]]:
    """What was made of each lot at once."""
    uses: dict[str, set[str]] = {}
    for event, _digest in events:
        if isinstance(event, Transform):
            for draw in event.inputs:
                uses.setdefault(draw.lot, set()).update(output.lot for output in event.outputs)
    return uses


def reached(names: Iterable[str], further: Mapping[str, AbstractSet[str]], most: float = math.inf) -> set[str]:
    """These names and whatever one comes to from them; more than `most` are not looked for."""
    found = set(names)
    todo = list(found)
    while todo and len(found) <= most:
        new = further.get(todo.pop(), frozenset()) - found
        found |= new
        todo += new
    return found
