"""A verifier of bundles that follows docs/format.md alone, "Bundle"; beside `verify_from_format.py`, whose words it uses.

`python verify_bundle.py FILE VKEY` prints `ok ...`, or the first fault with its code. Of step 5 it does the registry and
that every history hangs together: each event names the one before it on its lots. Lots beside the ancestry it leaves to others.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

try:
    import verify_from_format as base
except ImportError:
    from tests.independent import verify_from_format as base
need, unbase64, step = base.need, base.unbase64, base.step

TEXTS, LISTS = ("format", "ledger", "lot", "checkpoint"), ("entries", "evidence", "nodes")
SHAPE = dict.fromkeys(TEXTS, str) | dict.fromkeys(LISTS, list) | {"map": dict}
ENTRY = {"index": int, "entry": str, "inclusion": list, "events": list}
EVENT = {"position": int, "event": str, "path": list}
SUBJECT, WITHHELD = {"subject": str, "path": list, "withheld": list}, {"place": int, "event": str}
REGISTRY = ("open", "enrol", "site", "key", "revoke")
FILE = {"name": str, "sha256": str, "bytes": str}


def follow(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to, by the definition of the tree (RFC 9162 section 2.1.1)."""
    if index >= size or (size == 1) != (not path):
        return b"a path of another length"
    if not path:
        return leaf
    k = 1 << (size - 1).bit_length() - 1
    left = follow(leaf, index, k, path[:-1]) if index < k else path[-1]
    right = path[-1] if index < k else follow(leaf, index - k, size - k, path[:-1])
    return sha256(b"\x01" + left + right).digest()


def shaped(value: dict, shape: dict) -> dict:
    if value.keys() != shape.keys() or any(type(value[name]) is not kind for name, kind in shape.items()):
        raise ValueError(f"not exactly {', '.join(shape)}")
    return value


def ascending(keys: list) -> None:
    if any(one >= other for one, other in pairwise(keys)):
        raise ValueError("not ascending")


def parse_bundle(data: bytes) -> dict:
    bundle = shaped(json.loads(data), SHAPE)
    same = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() == data
    if not same or len(data) > 1 << 26:
        raise ValueError("not the one spelling, or too long")
    if bundle["format"] != "monazite/bundle@v1" or not bundle["entries"]:
        raise ValueError("another version, or no entry")
    nodes = [unbase64(node, 32) for node in bundle["nodes"]]
    paths = []
    for entry in bundle["entries"]:
        paths.append(shaped(entry, ENTRY)["inclusion"])
        paths += [shaped(event, EVENT)["path"] for event in entry["events"]]
        ascending([-1] + [event["position"] for event in entry["events"]])
    ascending([-1] + [entry["index"] for entry in bundle["entries"]])
    for item in shaped(bundle["map"], {"subjects": list})["subjects"]:
        paths.append(shaped(item, SUBJECT)["path"])
        ascending([-1] + [shaped(one, WITHHELD)["place"] for one in item["withheld"]])
    ascending([item["subject"] for item in bundle["map"]["subjects"]])
    ascending([shaped(item, FILE)["sha256"] for item in bundle["evidence"]])
    if any(type(place) is not int for path in paths for place in path) or max(map(len, paths)) > 64:
        raise ValueError("a path of more than 64 places, or of something else")
    order = list(dict.fromkeys(place for path in paths for place in path))
    if order != list(range(len(nodes))) or len(set(nodes)) != len(nodes):
        raise ValueError("nodes that are not those of the paths, in their order")
    return {**bundle, "nodes": nodes}


def checkpoint(note: str, vkey: str) -> tuple[int, bytes]:
    """Step 2: size and root, signed by the log; witnesses are left to others."""
    text, lines = base.parse_note(note)
    origin, size, top = re.fullmatch(base.CHECKPOINT, text, re.ASCII).groups()
    name, key_id, key = base.parse_vkey(vkey)
    signatures = [line[2] for line in lines if line[:2] == (name, key_id)]
    need(signatures and origin == name, "SEAL-CHECKPOINT", "not signed by the log")
    need(not base.weak(signatures[0][:32]) and int.from_bytes(signatures[0][32:], "little") < base.L, "SEAL-CHECKPOINT")
    Ed25519PublicKey.from_public_bytes(key).verify(signatures[0], text.encode())
    return int(size), unbase64(top, 32)


def lots(event: dict) -> tuple[list[str], dict[str, str]]:
    """What an event makes, and what it touches with the `prev` that it names."""
    touched = [*event.get("inputs", ()), *event.get("lots", ()), *([event] if event["type"] == "assay" else ())]
    return [output["lot"] for output in event.get("outputs", ())], {item["lot"]: item["prev"] for item in touched}


def whole(events: dict[str, dict], lot: str) -> set[str]:
    """The lots of the bundle, from its events by hash."""
    found, todo = set(), [lot]
    while todo:
        name = todo.pop()
        for digest, event in events.items() if name not in found else ():
            if name in lots(event)[0]:
                todo += [*lots(event)[0], *lots(event)[1]]
                refs = {e["replacement"] for e in events.values() if e.get("target") == digest and "replacement" in e}
                made = (e for e in events.values() if e["actor"] == event["actor"] and e.get("ref") in refs)
                todo += [output for e in made for output in lots(e)[0]]
        found.add(name)
    return found


def verify(bundle: dict, trusted: str) -> tuple[int, int, int]:
    step[0] = "SEAL-CHECKPOINT"  # steps 1 and 2
    size, top = checkpoint(bundle["checkpoint"], trusted)
    ledger = base.parse_vkey(trusted)[0]
    need(bundle["ledger"] == ledger, "SEAL-ANCHOR", "another ledger")
    keys, roles, events, heads, sites, before = {}, {}, {}, {}, set(), None
    for item in bundle["entries"]:
        index, leaf = item["index"], sha256(b"\x00" + item["entry"].encode()).digest()
        path = [bundle["nodes"][place] for place in item["inclusion"]]
        need(follow(leaf, index, size, path) == top, "SEAL-INCLUSION", f"entry {index}")  # step 3
        step[0] = "SEAL-ENTRY"
        head = re.match(base.HEAD, item["entry"], re.ASCII)
        kind, sequence, previous, recorded = head.groups()
        datetime.strptime(recorded, "%Y-%m-%dT%H:%M:%S%z")
        need(int(sequence) == index, "SEAL-SEQUENCE", f"entry {sequence} in place {index}")
        known = (-1, bytes(32)) if index == 0 else before
        need(known is None or known[0] != index - 1 or unbase64(previous, 32) == known[1], "SEAL-CHAIN", sequence)
        before = (index, leaf)
        note = item["entry"][head.end() :]
        mapped = unbase64(re.fullmatch(base.MAP, note, re.ASCII)[2], 32) if kind == "map" else None
        need(kind == "entry" or not item["events"], "SEAL-EVENT", f"entry {index} is a map's")
        if not item["events"]:
            continue
        stated, party, count, promised = re.fullmatch(base.SUBMISSION, base.parse_note(note)[0], re.ASCII).groups()
        said = []
        for shown in item["events"]:  # step 4
            digest = sha256(b"\x00" + shown["event"].encode()).digest()
            path = [bundle["nodes"][place] for place in shown["path"]]
            found = follow(digest, shown["position"], int(count), path)
            need(found == unbase64(promised, 32), "SEAL-EVENT", f"event {shown['position']} of entry {index}")
            step[0] = "SEAL-CANONICAL"
            event = base.parse_event(shown["event"])
            ours = stated == event["ledger"] == ledger and event["actor"] == party
            need(ours, "SIGN-BINDING", f"entry {index}")
            step[0] = "SIGN-KEY-WEAK"
            [base.parse_vkey(vkey) for _holder, vkey in base.new_keys(event)]
            said.append((digest.hex(), event))
        step[0] = "SIGN-SIGNATURE"
        first = said[0][1] if index == 0 else {}
        known = [first["operator"]["vkey"]] if first.get("type") == "open" else list(keys.get(party, ()))
        vkey = base.signer(note, known, "SIGN-KEY-UNKNOWN")
        for digest, event in said:  # of step 5
            need((event["type"] == "open") == (not events), "SEAL-ANCHOR", "`open` is the first event")
            need(event.get("log", trusted) == trusted, "SEAL-ANCHOR", "`open` names another log's key")
            need(digest not in events, "SEAL-DUPLICATE", digest)
            events[digest] = event
            base.register(event, vkey, keys, roles)
            sites |= {event["site"]} if event["type"] == "site" else set()
            need(event.get("site") in sites | {None}, "SIGN-SITE", f"{event.get('site')}")
    need(bundle["entries"][0]["index"] == 0 and events, "SEAL-ANCHOR", "no entry 0")
    need(bundle["entries"][-1]["index"] == size - 1, "SEAL-TRUNCATED", "the last entry is not here")
    ours = whole(events, bundle["lot"])
    for digest, event in events.items():
        made, touched = lots(event)
        for name in ours & set(touched):
            need(name in heads, "CUST-LOT-UNKNOWN", name)
            need(heads[name] == touched[name], "CUST-PREV", name)
        need(not ours & set(made) & set(heads), "CUST-LOT-REUSED", str(made))
        heads |= dict.fromkeys([*made, *touched], digest)
    need(bundle["lot"] in heads, "CUST-LOT-UNKNOWN", "the asked lot")  # step 6
    need(mapped, "DATA-WITHHELD", "the last entry is no map")
    complete(bundle, events, wanted(events, ours), mapped)
    evidence(bundle["evidence"], events)
    return len(events), len(bundle["entries"]), len(ours)


def wanted(events: dict[str, dict], ours: set[str]) -> set[str]:
    """The subjects of which every event must be here."""
    said, made = list(events.values()), {name for event in events.values() for name in lots(event)[0]}
    names = {e["actor"] for e in said} | {e["site"] for e in said if "site" in e and e["type"] not in REGISTRY}
    names |= {e[name] for e in said for name in ("to", "carrier", "supplier") if name in e}
    anchors = {e[name]["party"] for e in said if e["type"] == "open" for name in base.ANCHORS}
    names |= anchors | {e["party"] for e in said if e["type"] == "enrol" and e["name"] in names}
    before = -1
    while before != len(names):
        before = len(names)
        names |= {o["party"] for e in said if e.get("party") in names for o in e.get("owners", ()) if "party" in o}
        names |= {e["party"] for e in said if e["type"] == "site" and e["site"] in names}
    parties = anchors | {e["party"] for e in said if e["type"] == "enrol"}
    sites = {e["site"] for e in said if e["type"] == "site"}
    return (
        {f"lot:{n}" for n in ours & made}
        | {f"party:{n}" for n in names & parties}
        | {f"site:{n}" for n in names & sites}
    )


def complete(bundle: dict, events: dict[str, dict], subjects: set[str], top: bytes) -> None:
    """That the map commits to what is here of each subject, and to nothing else."""
    here: dict[str, list[bytes]] = {}
    for digest, event in events.items():
        target = events.get(event.get("target"), {"type": "", "target": ""})
        for name in base.subjects(event) | base.subjects(target):
            here.setdefault(name, []).append(bytes.fromhex(digest))
    for item in bundle["map"]["subjects"]:
        key, value = sha256(item["subject"].encode()).digest(), bytes(32)
        for digest in here.get(item["subject"], ()):
            value = sha256(b"\x04" + value + digest).digest()
        node, path = sha256(b"\x02" + key + value).digest(), [bundle["nodes"][place] for place in item["path"]]
        for depth, sibling in zip(reversed(range(len(path))), path, strict=True):
            right = key[depth // 8] >> 7 - depth % 8 & 1
            node = sha256(b"\x03" + (sibling + node if right else node + sibling)).digest()
        need(node == top and not item["withheld"], "DATA-WITHHELD", item["subject"])
        subjects.discard(item["subject"])
    need(not subjects, "DATA-WITHHELD", str(sorted(subjects)))


def evidence(files: list[dict], events: dict[str, dict]) -> None:
    """Step 7."""
    names: dict[str, str] = {}
    for event in events.values():
        for item in event.get("evidence", ()):
            names.setdefault(item["sha256"], item["name"])
        for item in event.get("documents", ()):
            names.setdefault(item.get("sha256", ""), f"{item['kind']} {item['number']}")
    for item in files:
        own = sha256(unbase64(item["bytes"])).hexdigest() == item["sha256"]
        need(own and names.get(item["sha256"]) == item["name"], "SEAL-EVIDENCE", item["name"])


def main(arguments: list[str]) -> int:
    step[0] = "no bundle"
    try:
        bundle = parse_bundle(Path(arguments[0]).read_bytes())
        events, entries, count = verify(bundle, arguments[1])
    except base.UNREADABLE as error:
        sys.stdout.write(f"{step[0]}: {error!r}\n")
        return 1
    sys.stdout.write(f"ok lot {bundle['lot']}, {events} events of {entries} entries, {count} lots\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
