from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from ledger.model.events import CREATING, EVENT_TYPES, AnyEvent, Event
from ledger.seal.keys import SigningKey
from tests import strategies as say
from tests.trials import trials

COMMON = {"v": 1, "ledger": "ledger.example", "actor": "mine", "site": "pit", "at": "2026-03-01T08:30:00+08:00"}
HASH = "ab" * 32
MASS = {"mg": 5}
OUT = {"lot": "B", "form": "ore", "mass": MASS}
IN = {"lot": "A", "prev": HASH}
MINE_KEY = str(SigningKey.from_seed("mine", bytes(32)).vkey)
OTHER_KEY = str(SigningKey.from_seed("other", bytes(32)).vkey)
LOG_KEY = str(SigningKey.from_seed("ledger.example", bytes(32)).vkey)
ANCHOR = {"party": "mine", "name": "Mine", "country": "AU", "vkey": MINE_KEY}
TOLERANCES = {"late_days": 30, "clock_s": 300, "u_mass_ppm": 5000}

PLAIN: dict[str, dict[str, Any]] = {
    "open": {"operator": ANCHOR, "registrar": ANCHOR, "log": LOG_KEY, "rules": "1", "tolerances": TOLERANCES},
    "enrol": {"party": "mine", "name": "Mine", "country": "AU", "roles": ["miner"]},
    "site": {"party": "mine", "name": "Pit", "country": "AU"},
    "key": {"party": "mine", "vkey": MINE_KEY},
    "revoke": {"party": "mine", "vkey": MINE_KEY, "reason": "lost"},
    "extract": {"outputs": [OUT]},
    "recover": {"outputs": [OUT]},
    "declare": {"outputs": [OUT]},
    "transform": {"stage": "separate", "inputs": [IN], "outputs": [OUT]},
    "ship": {"lots": [IN], "to": "plant"},
    "receive": {"lots": [IN], "result": "accepted"},
    "assay": {"lot": "A", "prev": HASH, "composition": {"Nd": {"ppb": 1}}},
    "attest": {"lots": [IN], "scheme": "IRMA", "result": "pass"},
    "retract": {"target": HASH, "reason": "wrong"},
    "dispose": {"lots": [IN], "how": "waste"},
}


def make(kind: str, **changes: Any) -> Event:
    event: Event = msgspec.convert({**COMMON, "type": kind, **PLAIN[kind], **changes}, type=AnyEvent, strict=True)
    return event


@pytest.mark.parametrize("kind", PLAIN)
def test_the_plain_form_of_each_type(kind: str) -> None:
    event = make(kind)
    assert type(event) is EVENT_TYPES[kind]
    assert event.type == kind
    assert json.loads(msgspec.json.encode(event)) == {**COMMON, "type": kind, **PLAIN[kind]}


def test_every_type_is_tried() -> None:
    assert set(PLAIN) == set(EVENT_TYPES) == set(say.TYPES)


@pytest.mark.parametrize("kind", PLAIN)
def test_a_site_is_named_where_material_is_worked_or_moved(kind: str) -> None:
    members = {name: value for name, value in {**COMMON, "type": kind, **PLAIN[kind]}.items() if name != "site"}
    if kind in {"open", "enrol", "key", "revoke", "attest", "assay", "retract"}:
        assert msgspec.convert(members, type=AnyEvent).site is None
    else:
        with pytest.raises(msgspec.ValidationError, match="`site` is required"):
            msgspec.convert(members, type=AnyEvent)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("open", {"actor": "other"}),
        ("open", {"log": MINE_KEY}),
        ("open", {"rules": "2"}),
        ("open", {"operator": {**ANCHOR, "vkey": OTHER_KEY}}),
        ("open", {"registrar": {**ANCHOR, "country": "UK"}}),
        ("open", {"tolerances": {**TOLERANCES, "late_days": 367}}),
        ("open", {"tolerances": {**TOLERANCES, "u_mass_ppm": 20_001}}),
        ("open", {"tolerances": {"late_days": 30}}),
        ("enrol", {"country": "UK"}),
        ("enrol", {"country": "EU"}),
        ("enrol", {"country": "unknown"}),
        ("enrol", {"country": "au"}),
        ("enrol", {"roles": []}),
        ("enrol", {"roles": ["processor", "miner"]}),
        ("enrol", {"roles": ["miner", "miner"]}),
        ("enrol", {"roles": ["separator"]}),
        ("enrol", {"vkey": OTHER_KEY}),
        ("enrol", {"vkey": MINE_KEY + "\n"}),
        ("enrol", {"owners": [{"country": "CN"}]}),
        ("enrol", {"owners": [{"name": "A", "country": "UK"}]}),
        ("enrol", {"owners": [{"name": "A", "country": "CN", "ppb": 1_000_000_001}]}),
        ("enrol", {"owners": [{"name": name, "country": "CN", "ppb": 500_000_001} for name in "AB"]}),
        ("site", {"country": "UK"}),
        ("site", {"region": "US-CA"}),
        ("site", {"region": "AU"}),
        ("site", {"stages": ["separate", "mine"]}),
        ("site", {"stages": ["mine", "mine"]}),
        ("site", {"stages": ["smelt"]}),
        ("site", {"position": {"lat": 90_000_001, "lon": 0}}),
        ("site", {"position": {"lat": 0, "lon": 180_000_001}}),
        ("key", {"vkey": OTHER_KEY}),
        ("revoke", {"from": "2026-02-30T00:00:00Z"}),
        ("revoke", {"since": "2026-02-28T00:00:00Z"}),
        ("extract", {"country": "UK"}),
        ("extract", {"outputs": []}),
        ("extract", {"outputs": [OUT, OUT]}),
        ("extract", {"outputs": [{**OUT, "lot": "Gru\u0308n"}]}),
        ("extract", {"outputs": [{**OUT, "lot": " A"}]}),
        ("extract", {"outputs": [{**OUT, "composition": {}}]}),
        ("extract", {"outputs": [{**OUT, "composition": {"Nd": {"ppb": 1}, "Nd2O3": {"ppb": 1}}}]}),
        ("extract", {"outputs": [{**OUT, "composition": {"nd": {"ppb": 1}}}]}),
        ("extract", {"outputs": [{**OUT, "composition": {"Nd": {"ppb": 1_000_000_001}}}]}),
        ("extract", {"outputs": [{**OUT, "value": {"amount": 1, "currency": "usd"}}]}),
        ("extract", {"outputs": [{**OUT, "lot": str(number)} for number in range(1001)]}),
        ("recover", {"origin": {}}),
        ("recover", {"origin": {"mine": "UK"}}),
        ("recover", {"origin": {"mining": "AU"}}),
        ("recover", {"waste": "post-consumer"}),
        ("declare", {"origin": {}}),
        ("declare", {"origin": {"mine": "Australia"}}),
        ("transform", {"stage": "mine"}),
        ("transform", {"stage": "collect"}),
        ("transform", {"inputs": []}),
        ("transform", {"outputs": []}),
        ("transform", {"inputs": [IN, IN]}),
        ("transform", {"outputs": [{**OUT, "lot": "A"}]}),
        ("transform", {"inputs": [{"lot": "A", "prev": HASH.upper()}]}),
        ("transform", {"inputs": [{"lot": "A"}]}),
        ("transform", {"equipment": [{"what": "kiln", "country": "UK"}]}),
        ("transform", {"custody_model": "mass-balance"}),
        ("ship", {"route": ["AU", "UK"]}),
        ("ship", {"route": ["AU", "unknown"]}),
        ("ship", {"lots": [IN, IN]}),
        ("ship", {"hs": "28469"[:3]}),
        ("ship", {"hs": "2846.90"}),
        ("ship", {"hs": "\u0662846"}),
        ("ship", {"title": "passed"}),
        ("receive", {"result": "disputed"}),
        ("receive", {"result": "refused"}),
        ("receive", {"lots": [IN, IN]}),
        ("assay", {"composition": {}}),
        ("assay", {"composition": {"Pr6O11": {"ppb": 1}, "Pr": {"ppb": 1}}}),
        ("assay", {"lot": "Gru\u0308n"}),
        ("attest", {"lots": []}),
        ("attest", {"lots": [IN, IN]}),
        ("attest", {"valid_from": "2026-02-30"}),
        ("attest", {"valid_from": "2026-03-02", "valid_until": "2026-03-01"}),
        ("retract", {"lots": [IN, IN]}),
        ("retract", {"target": HASH[:-1]}),
        ("dispose", {"how": "theft"}),
        ("dispose", {"lots": []}),
        ("extract", {"at": "2026-03-01T08:30:00-00:00"}),
        ("extract", {"at": "2026-02-30T08:30:00Z"}),
        ("extract", {"actor": "Mine"}),
        ("extract", {"ref": " r"}),
        ("extract", {"ref": "Gru\u0308n"}),
        ("extract", {"note": "a\u202eb"}),
        ("extract", {"evidence": [{"name": "a", "sha256": HASH, "media_type": "text/plain", "size": -1}]}),
        ("extract", {"colour": "red"}),
        ("extract", {"v": 2}),
    ],
)
def test_what_members_must_agree_on(kind: str, changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        make(kind, **changes)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("enrol", {"country": "ZZ", "owners": [{"party": "owner-1", "country": "ZZ"}]}),
        ("enrol", {"owners": [{"name": "A", "country": "CN", "ppb": 10**9}], "vkey": MINE_KEY}),
        ("site", {"region": "AU-WA", "stages": ["mine", "separate"]}),
        ("extract", {"country": "ZZ"}),
        ("recover", {"origin": {"mine": "unknown", "separate": "withheld", "sinter": "CN"}}),
        ("declare", {"outputs": [{**OUT, "composition": {"TREO": {"ppb": 1}, "Nd2O3": {"ppb": 0}}}]}),
        ("transform", {"equipment": [{"what": "kiln", "country": "unknown"}]}),
        ("receive", {"result": "disputed", "reason": "wet"}),
        ("attest", {"valid_from": "2026-03-01", "valid_until": "2026-03-01"}),
        ("attest", {"lots": [], "sites": ["pit"]}),
        ("ship", {"route": ["AU", "SG", "ZZ"]}),
        ("ship", {"hs": "2846901000"}),
    ],
)
def test_what_may_be_said(kind: str, changes: dict[str, Any]) -> None:
    assert make(kind, **changes).type == kind


@given(say.events())
@settings(max_examples=trials(60))
def test_an_event_names_the_lots_it_touches_once_each(event: Event) -> None:
    touched = [lot for lot, _prev in event.touches]
    made = [output.lot for output in event.outputs_made]
    assert len({*touched, *made}) == len(touched) + len(made)
    assert bool(made) == isinstance(event, CREATING)
    assert [draw.lot for draw in event.draws] in (touched, [])
    assert event.instant.tzinfo is not None
