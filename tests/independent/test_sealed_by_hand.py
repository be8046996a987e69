"""Ledgers sealed by hand, each with one fault that nothing else betrays: both verifiers name it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.seal import note
from tests.independent.agreement import JUDGED, agree
from tests.independent.ledgers import (
    ENROL,
    GROUP_ORDER,
    IDENTITY,
    LEDGER,
    LOG,
    MINE,
    OPEN,
    PLANT,
    REGISTRY,
    SITE,
    Dump,
    Signed,
    canonical,
    enrolment,
    key,
    mapped,
    message,
    opening,
    rechained,
    seal,
    small_order_signature,
    stamp,
    submit,
    usual,
    weak_vkey,
    with_signature,
)


def said(**members: Any) -> bytes:
    return canonical({"actor": "mine", "at": "2026-01-05T09:20:00Z", "party": "mine", **members})


NEXT = key("mine", 1)
ADD_KEY = said(type="key", vkey=str(NEXT.vkey))
REVOKE = said(type="revoke", vkey=str(MINE.vkey), reason="lost")
TEXT = SITE.decode()


def spelled(text: str) -> Dump:
    """A ledger with one event of these bytes, signed as they are."""
    return usual(submit(MINE, text.encode()))


def two_signatures(dump_note: bytes) -> bytes:
    return note.format(note.add(note.parse(dump_note), PLANT))


def enrolled(vkey: str) -> Dump:
    return seal(submit(REGISTRY, OPEN), submit(REGISTRY, canonical({**enrolment(MINE, "miner"), "vkey": vkey})))


def beyond(signed: Signed) -> Signed:
    """The same signature with L added to S."""
    raw = note.parse(signed[0]).signatures[0].body
    s = int.from_bytes(raw[32:], "little") + GROUP_ORDER
    return with_signature(signed, MINE.vkey.key_id, raw[:32] + s.to_bytes(32, "little"))


def anybody(signed: Signed) -> Signed:
    """A signature that fits every message under the neutral point as a key: R neutral, S zero."""
    _name, key_id, _key = weak_vkey("mine", IDENTITY).split("+", 2)
    return with_signature(signed, bytes.fromhex(key_id), IDENTITY + bytes(32))


def noted(text: str, signer: Any = MINE) -> bytes:
    """A note of any text."""
    return note.format(note.sign(text, signer))


PIT = submit(MINE, SITE)
BASE = usual(PIT)
OPENED, ENROLLED = submit(REGISTRY, OPEN), submit(REGISTRY, ENROL)
BEFORE = (OPENED, ENROLLED, PIT)
MAP = mapped(*BEFORE)


def usual_mapped(first: Signed, *more: Signed) -> Dump:
    """As `usual`, with a map entry after the opening."""
    return seal(OPENED, first, ENROLLED, *more)


SEALED: dict[str, tuple[str, Callable[[], Dump]]] = {
    # Sound, and close to what is not.
    "usual": ("ok", lambda: BASE),
    "older checkpoint": ("ok", lambda: stamp(BASE, 1)),
    "checkpoint of nothing": ("ok", lambda: stamp(BASE, 0)),
    "checkpoint with extensions": ("ok", lambda: stamp(BASE, extensions=("ext 1", "ext 2"))),
    "key added, then used": ("ok", lambda: usual(submit(MINE, ADD_KEY), submit(NEXT, SITE))),
    "key revoked last": ("ok", lambda: usual(submit(MINE, SITE, REVOKE))),
    # Maps.
    "map": ("ok", lambda: usual(PIT, MAP)),
    "map of the opening, and of all": ("ok", lambda: usual_mapped(mapped(OPENED), PIT, MAP)),
    "map twice": ("ok", lambda: usual(PIT, MAP, MAP)),
    "map with a key more": ("SEAL-MAP", lambda: usual(PIT, mapped(*BEFORE, keys=1))),
    "map of another root": ("SEAL-MAP", lambda: usual(PIT, mapped(*BEFORE, root=bytes(32)))),
    "map without the newest event": ("SEAL-MAP", lambda: usual(PIT, mapped(OPENED, ENROLLED))),
    "older map that is false": ("SEAL-MAP", lambda: usual_mapped(mapped(OPENED, ENROLLED), PIT, MAP)),
    "map not last": ("SEAL-MAP-LAST", lambda: usual_mapped(mapped(OPENED), PIT)),
    "map with an event": ("SEAL-EVENT", lambda: usual(PIT, (MAP[0], [SITE]))),
    "map with a line more": ("SEAL-ENTRY", lambda: usual(PIT, (MAP[0] + b"\n", ()))),
    "map with a zero": ("SEAL-ENTRY", lambda: usual(PIT, (b"0" + MAP[0], ()))),
    "map of too many keys": ("SEAL-ENTRY", lambda: usual(PIT, mapped(*BEFORE, keys=2**53))),
    "map of a short root": ("SEAL-ENTRY", lambda: usual(PIT, mapped(*BEFORE, root=bytes(31)))),
    # Step 2.
    "previous": ("SEAL-CHAIN", lambda: rechained(BASE, 0, b"previous AAAA", b"previous BAAA")),
    "sequence": ("SEAL-SEQUENCE", lambda: rechained(BASE, 2, b"sequence 2", b"sequence 3")),
    "sequence with a zero": ("SEAL-ENTRY", lambda: rechained(BASE, 2, b"sequence 2", b"sequence 02")),
    "kind": ("SEAL-ENTRY", lambda: rechained(BASE, 2, b"entry@v1", b"entry@v2")),
    "no such day": ("SEAL-ENTRY", lambda: rechained(BASE, 2, b"2026-01-05", b"2026-02-30")),
    "no such second": ("SEAL-ENTRY", lambda: rechained(BASE, 2, b":02Z", b":60Z")),
    "too early": ("SEAL-ENTRY", lambda: rechained(BASE, 2, b"2026-01-05", b"1969-01-05")),
    "no blank line": ("SEAL-ENTRY", lambda: rechained(BASE, 2, b"Z\n\n", b"Z\n")),
    "return": ("SEAL-ENTRY", lambda: rechained(BASE, 2, b"sequence 2\n", b"sequence 2\r\n")),
    # Steps 3 and 4.
    "root": ("SEAL-ROOT", lambda: stamp(BASE, root=bytes(32))),
    "root of the first entries": ("SEAL-ROOT", lambda: stamp(BASE, 2, size=3)),
    "size": ("SEAL-TRUNCATED", lambda: stamp(BASE, size=4)),
    "checkpoint of another key": ("SEAL-CHECKPOINT", lambda: stamp(BASE, signer=key(LEDGER, 1))),
    "checkpoint signed by a stranger too": ("ok", lambda: replace(BASE, checkpoint=two_signatures(BASE.checkpoint))),
    "checkpoint of another log": (
        "SEAL-CHECKPOINT",
        lambda: replace(BASE, checkpoint=noted(f"other/log\n0\n{'A' * 43}=\n", LOG)),
    ),
    "checkpoint with a sign": (
        "SEAL-CHECKPOINT",
        lambda: replace(BASE, checkpoint=noted(f"{LEDGER}\n+3\n{'A' * 43}=\n", LOG)),
    ),
    "checkpoint of size 0 with a root": (
        "SEAL-CHECKPOINT",
        lambda: replace(BASE, checkpoint=noted(f"{LEDGER}\n0\n{'A' * 43}=\n", LOG)),
    ),
    # Step 5.
    "no events": ("SEAL-EVENT", lambda: usual((PIT[0], ()))),
    "other events": ("SEAL-EVENT", lambda: usual((PIT[0], (ADD_KEY,)))),
    "count": (
        "SEAL-EVENT",
        lambda: usual((noted(message(PIT).decode().replace("\n1\n", "\n2\n")), PIT[1])),
    ),
    "no submission": ("SEAL-ENTRY", lambda: usual((noted("hello\n"), ()))),
    "no note": ("SEAL-ENTRY", lambda: usual((b"hello\n", ()))),
    "root is no hash": (
        "SEAL-ENTRY",
        lambda: usual((noted(f"{LEDGER}/submissions/mine\n1\n{'A' * 44}\n"), ())),
    ),
    # Step 6: one spelling.
    "space": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace(":", ": ", 1))),
    "line feed": ("SEAL-CANONICAL", lambda: spelled(TEXT + "\n")),
    "order": ("SEAL-CANONICAL", lambda: spelled('{"v":1,' + TEXT[1:].replace(',"v":1', ""))),
    "twice": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"v":1', '"v":1,"v":1'))),
    "escape": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace("Pit", "\\u0050it"))),
    "surrogate": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace("Pit", "\\ud800"))),
    "fraction": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"v":1', '"v":1.0'))),
    "version 2": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"v":1', '"v":2'))),
    "version true": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"v":1', '"v":true'))),
    "null": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"party"', '"note":null,"party"'))),
    "empty text": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"party"', '"note":"","party"'))),
    "empty array": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"ledger"', '"evidence":[],"ledger"'))),
    "large integer": (
        "SEAL-CANONICAL",
        lambda: spelled(
            TEXT.replace('"country"', '"capacity":[{"mg_per_year":9007199254740992,"stage":"mine"}],"country"')
        ),
    ),
    "unknown type": ("SEAL-CANONICAL", lambda: spelled(TEXT.replace('"type":"site"', '"type":"open enrol"'))),
    "no object": ("SEAL-CANONICAL", lambda: spelled('["site"]')),
    "no JSON": ("SEAL-CANONICAL", lambda: spelled("site")),
    "deep": ("SEAL-CANONICAL", lambda: spelled("[" * 100_000)),
    # Step 6: bound to this ledger and this party.
    "event of another ledger": ("SIGN-BINDING", lambda: usual(submit(MINE, SITE.replace(b"compare", b"another")))),
    "submission to another ledger": (
        "SIGN-BINDING",
        lambda: usual(submit(MINE, SITE, ledger="ledger.example/another")),
    ),
    "submission by another party": ("SIGN-BINDING", lambda: usual(submit(REGISTRY, SITE))),
    # Step 6: keys that prove nothing.
    "low order": ("SIGN-KEY-WEAK", lambda: enrolled(weak_vkey("mine", IDENTITY))),
    "low order, zero": ("SIGN-KEY-WEAK", lambda: enrolled(weak_vkey("mine", bytes(32)))),
    "not canonical": ("SIGN-KEY-WEAK", lambda: enrolled(weak_vkey("mine", b"\xee" + b"\xff" * 30 + b"\x7f"))),
    "not on the curve": ("SIGN-KEY-WEAK", lambda: enrolled(weak_vkey("mine", b"\x02" + bytes(31)))),
    "other key id": ("SIGN-KEY-WEAK", lambda: enrolled(f"mine+00000000+{str(MINE.vkey).split('+', 2)[2]}")),
    "low order, as a further key": (
        "SIGN-KEY-WEAK",
        lambda: usual(submit(MINE, said(type="key", vkey=weak_vkey("mine", IDENTITY)))),
    ),
    "low order, the registrar's": (
        "SIGN-KEY-WEAK",
        lambda: seal(
            submit(
                REGISTRY,
                canonical(opening(registrar={**opening()["registrar"], "vkey": weak_vkey("registry", IDENTITY)})),
            )
        ),
    ),
    "signed with a key of low order": (
        "SIGN-KEY-WEAK",
        lambda: seal(
            submit(REGISTRY, OPEN),
            submit(REGISTRY, canonical({**enrolment(MINE, "miner"), "vkey": weak_vkey("mine", IDENTITY)})),
            anybody(PIT),
        ),
    ),
    # Step 7.
    "R of small order": (
        "SIGN-SIGNATURE",
        lambda: usual(with_signature(PIT, MINE.vkey.key_id, small_order_signature("mine", message(PIT)))),
    ),
    "S beyond L": ("SIGN-SIGNATURE", lambda: usual(beyond(PIT))),
    "signature cut": (
        "SIGN-SIGNATURE",
        lambda: usual(with_signature(PIT, MINE.vkey.key_id, note.parse(PIT[0]).signatures[0].body[:63])),
    ),
    "signed twice": ("SIGN-SIGNATURE", lambda: usual((two_signatures(PIT[0]), PIT[1]))),
    "unknown key": ("SIGN-KEY-UNKNOWN", lambda: usual(submit(NEXT, SITE))),
    "unknown party": ("SIGN-KEY-UNKNOWN", lambda: usual(submit(PLANT, SITE.replace(b'"mine"', b'"plant"')))),
    "before enrolment": ("SIGN-KEY-UNKNOWN", lambda: seal(submit(REGISTRY, OPEN), PIT, submit(REGISTRY, ENROL))),
    "in the entry that adds it": ("SIGN-KEY-UNKNOWN", lambda: usual(submit(NEXT, ADD_KEY, SITE))),
    "opened by another key": ("SIGN-KEY-UNKNOWN", lambda: seal(submit(key("registry", 1), OPEN))),
    # Steps 1 and 8.
    "another log key": ("SEAL-CHECKPOINT", lambda: replace(BASE, log_vkey=str(key(LEDGER, 1).vkey))),
    "open of another log key": (
        "SEAL-ANCHOR",
        lambda: seal(submit(REGISTRY, canonical(opening(log=str(key(LEDGER, 1).vkey))))),
    ),
    "opened twice": ("SEAL-ANCHOR", lambda: usual(submit(REGISTRY, canonical(opening(at="2026-01-06T09:00:00Z"))))),
    "opened twice at once": (
        "SEAL-ANCHOR",
        lambda: seal(submit(REGISTRY, OPEN, canonical(opening(at="2026-01-06T09:00:00Z")))),
    ),
    "not opened": ("SIGN-KEY-UNKNOWN", lambda: seal(submit(REGISTRY, ENROL))),
    "replayed": ("SEAL-DUPLICATE", lambda: usual(PIT, PIT)),
    "replayed at once": ("SEAL-DUPLICATE", lambda: usual(submit(MINE, SITE, SITE))),
    "revoked": ("SIGN-KEY-REVOKED", lambda: usual(submit(MINE, REVOKE), PIT)),
    "revoked in its own submission": ("SIGN-KEY-REVOKED", lambda: usual(submit(MINE, REVOKE, SITE))),
    "enrolled by a party": (
        "SIGN-ROLE",
        lambda: usual(submit(MINE, canonical({**enrolment(PLANT, "processor"), "actor": "mine"}))),
    ),
    "key added by another": (
        "SIGN-ROLE",
        lambda: usual(
            submit(REGISTRY, canonical(enrolment(PLANT, "processor"))),
            submit(PLANT, canonical({**json.loads(ADD_KEY), "actor": "plant"})),
        ),
    ),
    "registrar no more": (
        "SIGN-ROLE",
        lambda: usual(
            submit(REGISTRY, canonical(enrolment(PLANT, "registrar"))),
            submit(REGISTRY, canonical({**enrolment(PLANT, "processor"), "at": "2026-01-05T09:11:00Z"})),
            submit(PLANT, canonical({**enrolment(key("lab"), "laboratory"), "actor": "plant"})),
        ),
    ),
    "second registrar": (
        "ok",
        lambda: usual(
            submit(REGISTRY, canonical(enrolment(PLANT, "registrar"))),
            submit(PLANT, canonical({**enrolment(key("lab"), "laboratory"), "actor": "plant"})),
        ),
    ),
}


@pytest.mark.parametrize("name", SEALED)
def test_a_ledger_sealed_by_hand(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the keys can seal anything; then one fault stands alone, and both name it."""
    code, made = SEALED[name]
    assert agree(made(), monkeypatch) == code


def test_every_code_of_the_script_is_met() -> None:
    assert {code for code, _made in SEALED.values()} == {*JUDGED, "ok"}
