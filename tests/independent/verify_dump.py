"""A verifier of plain dumps that follows docs/format.md alone: steps 1 to 7, and of step 8 what the registry needs.

`python verify_dump.py [DUMP]` prints `ok N entries M events`, or the first fault with its code. Of an event it
reads the members that the seal depends on; the others, and all of custody, mass and origin, it leaves to others.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Y8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
TIME = r"(?:19[7-9]|2[01]\d)\d-[\dT:-]{14}Z"
HEAD = rf"monazite/(entry@v1|map@v[12])\nsequence (0|[1-9]\d{{0,15}})\nprevious (.{{44}})\nrecorded ({TIME})\n\n"
MAP = r"(0|[1-9]\d{0,15})\n(.{44})\n"
SUBMISSION = r"([^\n]+)/submissions/([a-z0-9][a-z0-9._-]{0,63})\n([1-9]\d{0,6})\n(.{44})\n"
CHECKPOINT = r"([^\n]+)\n(0|[1-9]\d{0,15})\n(.{44})\n(?:[^\n]+\n)*"
LISTS = {"inputs": "lot", "outputs": "lot", "lots": "lot", "parties": "party", "sites": "site"}
ANCHORS = ("operator", "registrar")
PARTY = ("party",)
MEMBERS = {"open": ANCHORS, "enrol": PARTY, "site": ("party", "site"), "key": PARTY, "revoke": PARTY, "assay": ("lot",)}
TYPES = "open enrol site key revoke extract recover declare transform ship receive assay attest retract dispose"
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, InvalidSignature)
step = [""]  # the code of whatever fails now


def need(condition: object, code: str, message: str = "") -> None:
    if not condition:
        step[0] = code
        raise ValueError(message)


def unbase64(text: str, size: int | None = None) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text or size not in (None, len(data)):
        raise ValueError("another spelling of base64, or another size")
    return data


def root(hashes: list[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256().digest()
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + root(hashes[:k]) + root(hashes[k:])).digest()


def trie(leaves: list[tuple[bytes, bytes]], depth: int = 0) -> bytes:
    if len(leaves) < 2:
        return sha256(b"\x02" + b"".join(leaves[0])).digest() if leaves else bytes(32)
    sides = [[leaf for leaf in leaves if leaf[0][depth // 8] >> 7 - depth % 8 & 1 == side] for side in (0, 1)]
    return sha256(b"\x03" + trie(sides[0], depth + 1) + trie(sides[1], depth + 1)).digest()


def subjects(event: dict) -> set[str]:
    """For which keys of the map an event counts by itself."""
    found = [(kind, item) for member, kind in LISTS.items() for item in event.get(member, ())]
    found += [("party" if name in ANCHORS else name, event[name]) for name in MEMBERS.get(event["type"], ())]
    return {f"{kind}:{item[kind] if isinstance(item, dict) else item}" for kind, item in found}


def further(event: dict) -> set[str]:
    """And since version 2 of the map."""
    told = {"open": ["operator", "registrar"], "enrol": [None], "key": [None]}.get(event["type"], [])
    said = [event if name is None else event[name] for name in told]
    named = {f"name:{one['name']}" for one in said if "name" in one}
    return named | {f"key:{one['vkey'].split('+', 2)[2]}" for one in said if "vkey" in one}


def weak(point: bytes) -> bool:
    y = int.from_bytes(point, "little") & (2**255 - 1)
    return len(point) != 32 or y >= P or y in (0, 1, P - 1, Y8, P - Y8)


def parse_vkey(text: str, kind: int = 1) -> tuple[str, bytes, bytes]:
    name, key_id, encoded = text.split("+", 2)
    key = unbase64(encoded)
    y2 = pow(int.from_bytes(key[1:], "little") & (2**255 - 1), 2, P)
    on_curve = pow((y2 - 1) * (D * y2 + 1), (P - 1) // 2, P) == 1
    own_id = key_id == sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    if not (re.fullmatch(r"[^\s\x00-\x1f]+", name) and key[0] == kind and on_curve and own_id) or weak(key[1:]):
        raise ValueError(f"{text} is no key")
    return name, bytes.fromhex(key_id), key[1:]


def parse_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    text, _, lines = note.rpartition("\n\n")
    if re.search(r"[\x00-\x09\x0b-\x1f]", note) or lines[-1] != "\n" or len(note.encode()) > 1_000_000:
        raise ValueError("not a note")
    signatures = []
    for dash, name, encoded in (line.split(" ") for line in lines[:-1].split("\n")):
        data = unbase64(encoded)
        if dash != "\u2014" or not re.fullmatch(r"[^\s+]+", name) or len(data) < 5 or len(signatures) == 100:
            raise ValueError("not a signature line")
        signatures.append((name, data[:4], data[4:]))
    return f"{text}\n", signatures


def signer(note: str, vkeys: list[str], unknown: str, most: int = 1) -> str:
    text, signatures = parse_note(note)
    known = {parse_vkey(vkey)[:2]: vkey for vkey in vkeys}
    found = [(known[line[:2]], line[2]) for line in signatures if line[:2] in known]
    need(found, unknown, "no known key signed")
    vkey, signature = found[0]
    if len(signatures) > most or weak(signature[:32]) or int.from_bytes(signature[32:], "little") >= L:
        raise ValueError("more than one signature, or one that the rule refuses")
    Ed25519PublicKey.from_public_bytes(parse_vkey(vkey)[2]).verify(signature, text.encode())
    return vkey


def check(value: object) -> None:
    bad = value in (None, "", [], {}) or isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53)
    if bad or (isinstance(value, dict) and not "".join(value).isascii()):
        raise ValueError("null, an empty value, a fraction, a large integer, or a key that is not ASCII")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        check(item)


def parse_event(text: str) -> dict:
    event = json.loads(text)
    check(event)
    if json.dumps(event, ensure_ascii=False, separators=(",", ":"), sort_keys=True) != text:
        raise ValueError("not the canonical spelling")
    if len(text.encode()) > 1 << 20 or repr(event["v"]) != "1" or event["type"] not in TYPES.split():
        raise ValueError("not an event of version 1")
    return event


def new_keys(event: dict) -> list[tuple[str, str]]:
    if event["type"] == "open":
        anchors = event["operator"], event["registrar"]
        return [(event["ledger"], event["log"]), *((anchor["party"], anchor["vkey"]) for anchor in anchors)]
    return [(event["party"], event["vkey"])] if event["type"] in ("enrol", "key") and "vkey" in event else []


def register(event: dict, vkey: str, keys: dict[str, dict[str, bool]], roles: dict[str, list[str]]) -> None:
    """Take an event in: `keys` says of each party's keys whether they are revoked; roles[""] is the first registrar."""
    kind, actor, party = event["type"], event["actor"], event.get("party")
    need(not keys.get(actor, {}).get(vkey), "SIGN-KEY-REVOKED", actor)
    if kind == "open":
        roles[""] = [event["registrar"]["party"]]
        keys |= {event["operator"]["party"]: {}, event["registrar"]["party"]: {}}
    allowed = actor in roles[""] or "registrar" in roles.get(actor, ()) or (party == actor and kind != "enrol")
    need(allowed or kind not in ("enrol", "site", "key", "revoke"), "SIGN-ROLE", f"{actor} records {kind} of {party}")
    if kind == "enrol":
        roles[party] = event["roles"]
        keys.setdefault(party, {})
    for holder, added in new_keys(event):
        keys.get(holder, {}).setdefault(added, False)
    if kind == "revoke" and event["vkey"] in keys.get(party, {}):
        keys[party][event["vkey"]] = True


def verify(dump: dict) -> tuple[int, int]:
    step[0] = "SEAL-ANCHOR"  # step 1
    trusted, entries, keys, roles, leaves = dump["log_vkey"], dump["entries"], {}, {}, []
    told, chains, maps, newest = {}, {}, [], "map@v1"  # subjects of each event, the map, the places of its entries
    ledger = parse_vkey(trusted)[0]
    need(entries, "SEAL-ANCHOR", "nothing is never sound")
    step[0] = "SEAL-CHECKPOINT"  # step 4
    signer(dump["checkpoint"], [trusted], "SEAL-CHECKPOINT", most=100)
    origin, size, top = re.fullmatch(CHECKPOINT, parse_note(dump["checkpoint"])[0], re.ASCII).groups()
    size, top = int(size), unbase64(top, 32)
    need(origin == ledger and size < 2**53 and (size or top == root([])), "SEAL-CHECKPOINT", "another log's")
    for number, item in enumerate(entries):
        step[0] = "SEAL-ENTRY"  # step 2
        data, before = item["entry"].encode(), leaves[-1] if leaves else bytes(32)
        leaves.append(sha256(b"\x00" + data).digest())
        head = re.match(HEAD, item["entry"], re.ASCII)
        note, (kind, sequence, previous, recorded) = item["entry"][head.end() :], head.groups()
        datetime.strptime(recorded, "%Y-%m-%dT%H:%M:%S%z")
        need(len(data) < 2**16, "SEAL-ENTRY", "too long")
        need(int(sequence) == number, "SEAL-SEQUENCE", f"entry {sequence} in place {number}")
        need(unbase64(previous, 32) == before, "SEAL-CHAIN", f"entry {number} names another before it")
        if kind != "entry@v1":
            keys_said, top_said = re.fullmatch(MAP, note, re.ASCII).groups()
            need(int(keys_said) < 2**53, "SEAL-ENTRY", "too many keys")
            said = int(keys_said), unbase64(top_said, 32)
            need(not item["events"], "SEAL-EVENT", f"entry {number} is a map's")
            pairs = [(key, value) for (key, since), value in chains.items() if since <= kind]
            need(kind >= newest and said == (len(pairs), trie(pairs)), "SEAL-MAP", f"entry {number}")
            newest = kind
            maps.append(number)
            continue
        stated, party, count, promised = re.fullmatch(SUBMISSION, parse_note(note)[0], re.ASCII).groups()
        promised = unbase64(promised, 32)
        need(int(count) <= 1 << 20, "SEAL-ENTRY", "too many events")
        step[0] = "SEAL-EVENT"  # step 5
        hashes = [sha256(b"\x00" + event.encode()).digest() for event in item["events"]]
        need(len(hashes) == int(count) and root(hashes) == promised, "SEAL-EVENT", f"entry {number}")
        for text in item["events"]:  # step 6
            step[0] = "SEAL-CANONICAL"
            event = parse_event(text)
            need(stated == event["ledger"] == ledger and event["actor"] == party, "SIGN-BINDING", f"entry {number}")
            added = [vkey for _, vkey in new_keys(event)]
            step[0] = "SIGN-KEY-WEAK"
            [parse_vkey(vkey) for vkey in added]
        step[0] = "SIGN-SIGNATURE"  # step 7
        events = [json.loads(text) for text in item["events"]]
        first = number == 0 and events[0]["type"] == "open" and events[0]["operator"]["party"] == party
        known = [events[0]["operator"]["vkey"]] if first else list(keys.get(party, ()))
        vkey = signer(note, known, "SIGN-KEY-UNKNOWN")
        step[0] = "SEAL-CANONICAL"
        for place, (event, digest) in enumerate(zip(events, hashes, strict=True)):  # of step 8
            need((event["type"] == "open") == (number == place == 0), "SEAL-ANCHOR", "`open` is the first event")
            need(event.get("log", trusted) == trusted, "SEAL-ANCHOR", "`open` names another log's key")
            need(digest not in told, "SEAL-DUPLICATE", f"entry {number}")
            of_target = told.get(bytes.fromhex(event["target"]), set()) if event["type"] == "retract" else set()
            own = {(name, "map@v1") for name in subjects(event)} | {(name, "map@v2") for name in further(event)}
            told[digest] = own | ({(f"retracted:{party}", "map@v2")} if event.get("outputs") else set())
            for key in ((sha256(name.encode()).digest(), since) for name, since in own | of_target):
                chains[key] = sha256(b"\x04" + chains.get(key, bytes(32)) + digest).digest()
            register(event, vkey, keys, roles)
    need(size <= len(leaves), "SEAL-TRUNCATED", f"{size} entries were signed, {len(leaves)} are here")  # step 3
    need(root(leaves[:size]) == top, "SEAL-ROOT", "the checkpoint is of another tree")
    below = [place for place in maps if place < size]
    need(not below or below[-1] == size - 1, "SEAL-MAP-LAST", "no map is the last entry under the checkpoint")
    return len(leaves), len(told)


def main(arguments: list[str]) -> int:
    step[0] = "no dump"
    try:
        counts = verify(json.loads(Path(arguments[0]).read_text("utf-8") if arguments else sys.stdin.read()))
    except UNREADABLE as error:
        sys.stdout.write(f"{step[0]}: {error!r}\n")
        return 1
    sys.stdout.write("ok {} entries {} events\n".format(*counts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
