"""A stranger's verifier of bundles, written from docs/format.md alone: `python verify_from_format.py BUNDLE POLICY`.
Prints `ok`, exit code 0; else the first fault after its code, exit code 1, or `unreadable`, exit code 2. Leaves to others: rules beyond
registry, `prev` and gross overdrafts; owners; ML-DSA-44; the policy's form; members not read here.
"""

import base64
import json
import re
import sys
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P, D = 2**255 - 19, -121665 * pow(121666, -1, 2**255 - 19)
Y8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
NAME, N, HASH, HEX = r"[^\s+\0-\x1f]+", r"(0|[1-9]\d{0,15})", r"(\S{44})", r'"[0-9a-f]{64}"'
HEAD = rf"monazite/(?:entry@v1|map@v[12])\nsequence {N}\nprevious {HASH}\nrecorded [12]\d{{3}}-[\dT:-]{{14}}Z\n\n([^\0]+)"
TEXT, PATH, WHOLE = r'"(?:[^"\\]++|\\.)*+"', r"\[[\d,]*\]", r"\d{1,16}"  # of canonical JSON, as what follows
EVENT, FILE = rf'{{"event":{TEXT},"path":{PATH},"position":{WHOLE}}},?', rf'{{"bytes":{TEXT},"name":{TEXT},"sha256":{HEX}}},?'
ENTRY = rf'{{"entry":{TEXT},"events":\[(?:{EVENT})*\],"inclusion":{PATH},"index":{WHOLE}}},?'
LEAF, HIDDEN = rf'"other":{{"key":{HEX},"value":{HEX}}},', rf'{{"event":{HEX},"place":{WHOLE}}},?'
SUBJECT = rf'{{(?:{LEAF})?"path":{PATH},"subject":{TEXT},"withheld":\[(?:{HIDDEN})*\]}},?'
MAP = rf'"ledger":{TEXT},"lot":{TEXT},"map":{{"subjects":\[(?:{SUBJECT}){{0,65536}}\]}},"nodes":\[(?:{TEXT},?)*\]'
BUNDLE = rf'{{"checkpoint":{TEXT},"entries":\[(?:{ENTRY}){{1,65536}}\],"evidence":\[(?:{FILE}){{0,1024}}\],"format":"monazite/bundle@v1",{MAP}}}'
CANONICAL = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True}
step = ["unreadable"]  # the code of whatever fails now

def need(condition: object, message: object, code: str = "") -> None:
    if not condition:
        step[0] = code or step[0]
        raise ValueError(message)

def h(tag: int, *parts: bytes) -> bytes:
    return sha256(bytes([tag]) + b"".join(parts)).digest()

def unbase64(text: str) -> bytes:
    need(base64.b64encode(base64.b64decode(text)).decode() == text, "another spelling of base64")
    return base64.b64decode(text)

def parse_bundle(data: bytes) -> dict:
    need(len(data) <= 2**26 and re.fullmatch(BUNDLE, data.decode(), re.ASCII), "not of a bundle's form")
    bundle = json.loads(data)
    need(json.dumps(bundle, **CANONICAL).encode() == data, "not the one spelling")
    entries, subjects, nodes = bundle["entries"], bundle["map"]["subjects"], [*map(unbase64, bundle["nodes"])]
    for rows in (entries, subjects, bundle["evidence"], *(item["events"] for item in entries)):
        keys = [item[name] for item in rows for name in ("index", "subject", "sha256", "position") if name in item]
        need(keys == sorted({*keys}), "not ascending")
    paths = [path for item in entries for path in (item["inclusion"], *(event["path"] for event in item["events"]))] + [item["path"] for item in subjects]
    need(len(paths) <= 2**18 and max(map(len, paths)) <= 64 and {*map(len, nodes)} <= {32}, "too many, or too long")
    need([*dict.fromkeys(one for path in paths for one in path)] == [*range(len({*nodes}))], "not the paths' nodes")
    for path in paths:  # hashes instead of their places
        path[:] = [nodes[place] for place in path]
    return bundle

def follow(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:  # the root to which an inclusion proof leads
    need(index < size and (size > 1) == bool(path), "a path of another length")
    if size == 1:
        return leaf
    k = 1 << (size - 1).bit_length() - 1
    left = follow(leaf, index, k, path[:-1]) if index < k else path[-1]
    return h(1, left, path[-1] if index < k else follow(leaf, index - k, size - k, path[:-1]))

def parse_vkey(text: str) -> tuple[tuple[str, bytes], int, bytes]:
    name, key_id, encoded = text.split("+", 2)
    key, y = unbase64(encoded), int.from_bytes(unbase64(encoded)[1:], "little") % 2**255
    own_id, x2 = sha256(f"{name}\n".encode() + key).digest()[:4], (y * y - 1) * (D * y * y + 1)
    on_curve = y not in (0, 1, P - 1, Y8, P - Y8) and y < P and pow(x2, (P - 1) // 2, P) == 1
    need(key[0] in (1, 4) and len(key) == 33 and own_id.hex() == key_id and on_curve and re.fullmatch(NAME, name), text)
    return (name, own_id), key[0], key[1:]

def signers(note: str, vkeys: list[str], most: int = 100) -> tuple[str, set[str]]:  # the text of a note, and which of these keys signed it
    text, _, last = note.rpartition("\n\n")
    text, found, fault = f"{text}\n", set(), re.search(r"[\0-\t\v-\x1f]", note) or last[-1:] != "\n"
    lines = [re.fullmatch(rf"\u2014 ({NAME}) (\S{{8,}})", line).groups() for line in last[:-1].split("\n")]
    need(not fault and len(lines) <= most and len(note.encode()) <= 10**6, "not such a note")
    for vkey in vkeys:
        who, kind, key = parse_vkey(vkey)
        for signature in [unbase64(line)[4:] for name, line in lines if (name, unbase64(line)[:4]) == who][:1]:
            message = f"cosignature/v1\ntime {int.from_bytes(signature[:8])}\n{text}" if kind == 4 else text
            Ed25519PublicKey.from_public_bytes(key).verify(signature[8 if kind == 4 else 0 :], message.encode())
            found.add(vkey)
    return text, found

def subjects_of(event: dict) -> dict[str, str | None]:  # what it counts for; where that is a lot that it touches, with the `prev` that it names
    own = {name: said for name, said in event.items() if name != "site" or event["type"] == "site"}  # not where it is
    rows = [own, own.get("operator", {}), own.get("registrar", {})] + [row for name in ("outputs", "inputs", "lots") for row in event.get(name, ())]
    rows += [{"party": name} for name in event.get("parties", ())] + [{"site": name} for name in event.get("sites", ())]
    return {f"{kind}:{row[kind]}": row.get("prev") for row in rows for kind in ("lot", "party", "site") if kind in row}

def counts(event: dict, target: dict) -> set[str]:  # of a map of version 2; `target` is what the event retracts, else empty
    told = [event, event.get("operator", {}), event.get("registrar", {})] if event["type"] in ("open", "enrol", "key") else []
    more = [f"name:{one['name']}" for one in told if "name" in one] + [f"key:{one['vkey'].split('+', 2)[2]}" for one in told if "vkey" in one]
    return {*subjects_of(event), *subjects_of(target), *more, *([f"retracted:{target['actor']}"] if "outputs" in target else [])}

def verify(bundle: dict, policy: str) -> None:
    trusted = re.findall(r"(?m)^\s*(?:log\s+)?([^\s#]\S*\+\S+)", policy)[0]  # step 1
    witnesses = dict(re.findall(r"(?m)^\s*witness\s+(\S+)\s+(\S+)", policy))
    need(all(parse_vkey(vkey)[1] == 4 for vkey in witnesses.values()), "a witness's key that is not 0x04")
    step[0], ledger = "SEAL-CHECKPOINT", trusted.split("+")[0]  # step 2
    text, found = signers(bundle["checkpoint"], [trusted, *witnesses.values()])
    origin, size, root = re.fullmatch(rf"(\S+)\n{N}\n{HASH}\n(?:[^\n]+\n)*", text).groups()
    need(trusted in found and origin == ledger, "not signed by the log")
    need(bundle["ledger"] == ledger, "another ledger", "SEAL-ANCHOR")
    met = {"none": True, trusted: True} | {name: vkey in found for name, vkey in witnesses.items()}
    for name, most, members in re.findall(r"(?m)^\s*group\s+(\S+)\s+(\S+)\s+(.+)$", policy):
        met[name] = sum(met[one] for one in members.split()) >= int({"any": 1, "all": len(members.split())}.get(most, most))
    need(met[(re.findall(r"(?m)^\s*quorum\s+(\S+)", policy) or policy.split())[0]], "too few cosigned", "SEAL-QUORUM")
    keys, roles, events, heads, left, values, files, moves, before = {}, {}, {}, {}, {}, {}, {}, [], (-1, bytes(32))
    scope = {item["subject"] for item in bundle["map"]["subjects"]}
    for item in bundle["entries"]:
        index, leaf, step[0] = item["index"], h(0, item["entry"].encode()), "SEAL-INCLUSION"  # step 3
        need(follow(leaf, index, int(size), item["inclusion"]) == unbase64(root), f"entry {index}")
        step[0] = "SEAL-ENTRY"
        sequence, previous, note = re.fullmatch(HEAD, item["entry"]).groups()
        need(int(sequence) == index, f"entry {sequence} in place {index}", "SEAL-SEQUENCE")
        need(before[0] != index - 1 or unbase64(previous) == before[1], f"entry {index}", "SEAL-CHAIN")
        before = (index, leaf)
        if not item["events"]:
            continue
        party, count, promised = re.match(rf"\S+/submissions/(\S+)\n([1-9]\d{{0,6}})\n{HASH}\n\n", note).groups()
        if not events:  # at entry 0 the operator's key is that of its own event
            step[0], opened = "SEAL-ANCHOR", json.loads(item["events"][0]["event"])
            keys[opened["operator"]["party"], opened["operator"]["vkey"]] = False
        step[0] = "SIGN-SIGNATURE"  # step 4
        text, found = signers(note, [vkey for holder, vkey in keys if holder == party], most=1)
        need(found, party, "SIGN-KEY-UNKNOWN")
        for shown in item["events"]:
            digest, step[0] = h(0, shown["event"].encode()), "SEAL-EVENT"
            need(follow(digest, shown["position"], int(count), shown["path"]) == unbase64(promised), f"entry {index}")
            step[0] = "SEAL-CANONICAL"
            event = json.loads(shown["event"])
            need(json.dumps(event, **CANONICAL) == shown["event"], "not the one spelling")
            kind, actor, about = event["type"], event["actor"], event.get("party")
            need(text.startswith(f"{ledger}/submissions/{actor}\n") and event["ledger"] == ledger, "", "SIGN-BINDING")
            need((kind == "open") == (index == shown["position"] == 0) and event.get("log", trusted) == trusted, "`open` is first", "SEAL-ANCHOR")
            need(digest.hex() not in events, digest.hex(), "SEAL-DUPLICATE")
            events[digest.hex()] = event
            need(not any(keys[party, vkey] for vkey in found), party, "SIGN-KEY-REVOKED")  # step 5
            able = actor == opened["registrar"]["party"] or "registrar" in roles.get(actor, ()) or (actor == about and kind != "enrol")
            need(able or kind not in ("enrol", "site", "key", "revoke"), f"{actor} records {kind} of {about}", "SIGN-ROLE")
            roles, left = roles | ({about: event["roles"]} if kind == "enrol" else {}), {} if kind == "retract" else left
            step[0] = "SIGN-KEY-WEAK"
            for one in [one for one in (event, event.get("operator", {}), event.get("registrar", {})) if "vkey" in one]:
                need(parse_vkey(one["vkey"])[1] == 1, one["vkey"])
                keys[one["party"], one["vkey"]] = kind == "revoke" or keys.get((one["party"], one["vkey"]), False)
            named, made = subjects_of(event), {f"lot:{one['lot']}" for one in event.get("outputs", ())}
            moves.append((made, lots := [name for name in named if name.startswith("lot:")]))
            for name in scope.intersection(lots):
                need(heads.get(name) == named[name], name, "CUST-PREV" if name in heads else "CUST-LOT-UNKNOWN")
                heads[name] = digest.hex()
            for row in [row for name in ("outputs", "inputs", "lots") for row in event.get(name, ()) if "mass" in row]:
                lot, mg = f"lot:{row['lot']}", row["mass"]["mg"]  # an uncertainty counts up to 5 %, and three of it are let pass
                fresh = lot in scope and (lot in made or (kind == "receive" and event["result"] == "accepted"))
                left[lot] = mg * 23 if fresh else left.get(lot, 2**99) - mg * 17 * (kind in ("transform", "dispose"))
                need(left[lot] >= 0, lot, "CUST-OVERDRAWN")
            values |= {name: h(4, values.get(name, bytes(32)), digest) for name in counts(event, events.get(event.get("target"), {}))}
            papers = [*event.get("documents", ())[::-1], *event.get("evidence", ())[::-1]]  # the first that names a file names it
            files = {one.get("sha256"): one["name"] if "name" in one else f"{one['kind']} {one['number']}" for one in papers} | files
    need(before[0] == int(size) - 1, "the last entry is not here", "SEAL-TRUNCATED")
    need(f"lot:{bundle['lot']}" in heads, bundle["lot"], "CUST-LOT-UNKNOWN")  # step 6
    step[0], said = "DATA-WITHHELD", [*events.values()]
    top = unbase64(re.fullmatch(rf"monazite/map@v2\n[^\0]+\n\n{N}\n{HASH}\n", item["entry"])[2])
    texts = {one[name] for one in said for name in ("carrier", "supplier") if name in one}
    parties = texts | {one[name] for one in said for name in ("actor", "to") if name in one} | {opened["registrar"]["party"]}
    parties |= {one["party"] for one in said if one["type"] == "enrol" and one["name"] in texts}
    sites = {one[name] for one in said if "party" not in one and one["type"] != "open" for name in ("site", "to") if name in one}
    brought = [(one["actor"], f"lot:{row['lot']}") for one in said if one["type"] in ("extract", "recover", "declare") for row in one["outputs"]]
    mine, seen = {f"lot:{bundle['lot']}"}, set()
    while seen != mine:  # with each lot what it was made of and made with, as far as an event here creates it
        seen, mine = mine, mine.union(*(lots for made, lots in moves if made & mine))
    wanted = {name for made, _ in moves for name in made & mine} | {f"party:{name}" for name in parties} | {f"site:{name}" for name in sites}
    wanted |= {f"name:{name}" for name in texts} | {f"key:{vkey.split('+', 2)[2]}" for holder, vkey in keys if holder in parties}
    need(wanted.union(f"retracted:{name}" for name, lot in brought if lot in mine) <= scope, f"nothing shows all on {wanted - scope}")
    taken = [(events.get(one["target"], {}), one["replacement"]) for one in said if "replacement" in one]
    taken = {(void["actor"], ref) for void, ref in taken if any(f"lot:{row['lot']}" in mine for row in void.get("outputs", ()))}
    need(taken <= {(one["actor"], one.get("ref")) for one in said}, "a replacement is not here")
    for item in bundle["map"]["subjects"]:
        key, near = sha256(item["subject"].encode()).digest(), 256 - len(item["path"])
        other = [bytes.fromhex(item["other"][name]) for name in ("key", "value")] if "other" in item else []
        leaf = [key, values[item["subject"]]] if item["subject"] in values else other
        need(not other or (leaf is other and other[0] != key and int.from_bytes(other[0]) >> near == int.from_bytes(key) >> near), item["subject"])
        node = h(2, *leaf) if leaf else bytes(32)
        for depth, sibling in zip(reversed(range(len(item["path"]))), item["path"], strict=True):
            node = h(3, sibling, node) if key[depth // 8] >> 7 - depth % 8 & 1 else h(3, node, sibling)
        need(node == top and not item["withheld"] and bytes(32) not in item["path"][:1], item["subject"])
    for item in bundle["evidence"]:  # step 7
        need((sha256(unbase64(item["bytes"])).hexdigest(), item["name"]) == (item["sha256"], files.get(item["sha256"])), item["name"], "SEAL-EVIDENCE")

def main(arguments: list[str]) -> int:
    try:
        verify(parse_bundle(Path(arguments[0]).read_bytes()), Path(arguments[1]).read_text("utf-8"))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OSError, InvalidSignature) as error:
        sys.stdout.write(f"{step[0]}: {error!r}\n")
        return 2 if step[0] == "unreadable" else 1
    sys.stdout.write("ok\n")
    return 0
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
