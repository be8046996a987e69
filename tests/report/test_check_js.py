"""The check inside a report's page finds in every bundle fixture what `monazite verify` finds, in what it claims to check."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.chains.catalogue import CHAINS
from cli.demo import build, key_for, ledger_file
from fixtures.bad import RECIPES
from fixtures.bad.world import LOG
from fixtures.bundles.make import FOLDER
from fixtures.bundles.recipes import NOT_A_BUNDLE, WITNESS
from fixtures.worlds.generate import world
from ledger.bundle.export import export
from ledger.bundle.format import format as spelled
from ledger.bundle.format import parse
from ledger.bundle.verify import verify
from ledger.errors import FormatError, StoreError, UsageError
from ledger.rules.catalogue import CATALOGUE
from ledger.seal import canonical, cosignature, ed25519, note, policy
from ledger.seal.cosigner import Cosigner
from ledger.seal.keys import SigningKey, VerifierKey
from ledger.seal.policy import Log, Policy, Witness
from ledger.store.sql import SqliteStore
from ledger.verify import verify as whole
from tests.report.node import ask, verifying
from tests.seal.test_policy import vkeyed
from tests.trials import some, trials

pytestmark = pytest.mark.alike  # its cases run the same lines

INDEX: dict[str, dict[str, Any]] = json.loads((FOLDER / "index.json").read_text())
PAGES = Path(__file__).parents[2] / "ledger" / "report" / "page"
VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors"
LOG_KEY = str(LOG.vkey)

BEYOND = {
    "CUST-OVERDRAWN": "adding up what was drawn of a lot is for the rules",
    "CUST-RECEIVE": "comparing what was shipped with what was received is for the rules",
    "SIGN-NAMED": "whether a named party or site is stated is for the rules; that its statement is withheld is found",
    "SIGN-SITE": "the same of the site where it happened",
}
"""Codes of bad bundles that the page's check does not claim, with the reason."""
MISSED = {"bad/overdrawn.monazite"}
"""Bad bundles of which it finds nothing, because what is wrong with them is beyond it altogether."""


def data(path: str) -> bytes:
    return (FOLDER / path).read_bytes()


@cache
def answers() -> dict[str, dict[str, Any]]:
    paths = list(INDEX)
    return dict(zip(paths, ask(*(verifying(data(path), INDEX[path]["trust"]) for path in paths)), strict=True))


@pytest.mark.parametrize("path", some(list(INDEX)))
def test_it_finds_what_the_program_finds(path: str) -> None:
    found, expected = answers()[path], set(INDEX[path]["errors"])
    assert set(found["codes"]) == expected - BEYOND.keys()
    sound = path.startswith("good/") or path in MISSED
    assert found["verdict"] == ("holds" if sound else "fails")
    assert bool(found["messages"]) != sound


def test_what_it_misses_is_what_is_listed() -> None:
    assert {
        path for path, found in answers().items() if path.startswith("bad/") and found["verdict"] != "fails"
    } == MISSED
    assert set().union(*(INDEX[path]["errors"] for path in INDEX)) >= BEYOND.keys()


def test_every_step_but_files_and_witnesses_looks_at_something() -> None:
    for path in INDEX:
        if path.startswith("good/"):
            steps = {step["id"]: step for step in answers()[path]["steps"]}
            idle = {name for name, step in steps.items() if not step["checked"]}
            assert idle <= {"evidence", "witnesses"}, path
            bundle = parse(data(path))
            assert steps["tree"]["checked"] == len(bundle.entries)
            assert steps["events"]["checked"] == sum(len(entry.events) for entry in bundle.entries)
            assert steps["complete"]["checked"] == len(bundle.map.subjects)
            assert steps["evidence"]["checked"] == len(bundle.evidence)


def test_the_cosignature_counts_where_the_witness_is_trusted() -> None:
    steps = {step["id"]: step for step in answers()["good/oxide-cosigned.monazite"]["steps"]}
    assert steps["witnesses"]["checked"] == 1
    assert WITNESS.vkey.name in steps["witnesses"]["note"]
    (found,) = ask(verifying(data("good/oxide-cosigned.monazite"), LOG_KEY))
    assert found["verdict"] == "holds"
    assert "not looked at" in next(step["note"] for step in found["steps"] if step["id"] == "witnesses")


def test_without_a_pinned_key_nothing_holds() -> None:
    bundles = [path for path in INDEX if path.startswith("good/")]
    for path, found in zip(bundles, ask(*(verifying(data(path), None) for path in bundles)), strict=True):
        assert found["verdict"] == "consistent", path
        assert found["codes"] == []


def test_another_ledgers_key_fails() -> None:
    wrong = LOG_KEY.replace(LOG.name, "other.example/ree")
    other = INDEX["bad/of-another-log.monazite"]["trust"]
    first, second = ask(verifying(data("good/ore.monazite"), wrong), verifying(data("good/ore.monazite"), other))
    assert "another key's" in first["refused"]  # the key id is over the name as well
    assert second["verdict"] == "fails"


def cosigned(key: Cosigner, *, spoil: bool = False) -> bytes:
    parts = parse(data("good/ore.monazite"))
    signed = note.parse(parts.checkpoint.encode())
    line = cosignature.sign(signed.text, key, 1_767_000_000)
    if spoil:
        line = note.Signature(line.name, line.key_id, line.body[:-1] + bytes([line.body[-1] ^ 1]))
    members = json.loads(spelled(parts))
    members["checkpoint"] = note.format(note.with_signature(signed, line)).decode()
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def test_a_spoiled_cosignature_fails_as_in_the_program() -> None:
    trust = Policy((Log(LOG.vkey),), (Witness(b"w1", WITNESS.vkey),), (), b"w1")
    bundle = cosigned(WITNESS, spoil=True)
    (found,) = ask(verifying(bundle, policy.format(trust).decode()))
    codes = {item.code for item in verify(parse(bundle), trust).verdict.findings if item.severity == "error"}
    assert set(found["codes"]) == {"SEAL-CHECKPOINT"} <= codes


def test_a_post_quantum_cosignature_is_said_to_be_unchecked_and_never_makes_a_quorum() -> None:
    key = Cosigner.mldsa44("witness.example/pq", bytes([9]) * 32)
    watched = Policy((Log(LOG.vkey),), (Witness(b"pq", key.vkey),), (), None)
    asked = Policy((Log(LOG.vkey),), (Witness(b"pq", key.vkey),), (), b"pq")
    bundle = cosigned(key)
    one, other, absent = ask(
        verifying(bundle, policy.format(watched).decode()),
        verifying(bundle, policy.format(asked).decode()),
        verifying(data("good/ore.monazite"), policy.format(asked).decode()),
    )
    assert one["verdict"] == "holds" and "ML-DSA-44 cosignatures" in one["notChecked"]
    assert other["verdict"] == "consistent" and "the quorum" in other["notChecked"]
    assert absent["verdict"] == "fails" and absent["codes"] == ["SEAL-QUORUM"]


@pytest.mark.parametrize("text", ["", "   ", "ledger.example/ree", LOG_KEY[:-1], LOG_KEY + "\n" + LOG_KEY, str(WITNESS.vkey), "witness w1 " + LOG_KEY,
                                  f"log {LOG_KEY}\nquorum w1", f"log {LOG_KEY}\ngroup g 1\nquorum g", f"log {LOG_KEY}\nmagic on\nquorum none",
                                  "# nothing", f"log {LOG_KEY}\nwitness w1 {WITNESS.vkey}"])  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    (found,) = ask({"op": "pin", "trust": text})
    assert "refused" in found


def test_a_key_of_low_order_is_no_key() -> None:
    public = bytes([1]) + (1).to_bytes(32, "little")
    key_id = hashlib.sha256(LOG.name.encode() + b"\n" + public).hexdigest()[:8]
    (found,) = ask({"op": "pin", "trust": f"{LOG.name}+{key_id}+{b64encode(public).decode()}"})
    assert "low order" in found["refused"]


def test_groups_count_as_in_the_program() -> None:
    others = [Cosigner.ed25519(SigningKey.from_seed(f"w.example/{n}", bytes([40 + n]) * 32)) for n in (2, 3)]
    lines = [
        f"log {LOG_KEY}",
        f"witness w1 {WITNESS.vkey}",
        *(f"witness w{n} {key.vkey}" for n, key in enumerate(others, 2)),
    ]
    bundle = cosigned(WITNESS)
    ends = {"any": True, "1": True, "2": False, "all": False}
    texts = ["\n".join([*lines, f"group g {threshold} w1 w2 w3", "quorum g"]) + "\n" for threshold in ends]
    for text, met, found in zip(texts, ends.values(), ask(*(verifying(bundle, text) for text in texts)), strict=True):
        mine = verify(parse(bundle), policy.parse(text.encode()))
        assert (mine.verdict.verdict == "clean") == met
        assert found["verdict"] == ("holds" if met else "fails")


SIGSUM = json.loads((VECTORS / "tlog-policy" / "sigsum.json").read_text())


def with_one_log(text: str) -> str:
    """The page pins one ledger, so a policy of several logs is cut to ours."""
    return f"log {LOG_KEY}\n" + re.sub(r"^[ \t]*log .*\n?", "", vkeyed(text), flags=re.MULTILINE)


def test_sigsums_policies_say_the_same_as_in_the_program() -> None:
    jobs = []
    for case in SIGSUM["valid"]:
        text = with_one_log(case["policy"])
        keys = {witness.name.decode(): str(witness.vkey) for witness in policy.parse(text.encode()).witnesses}
        asked = [[keys[name] for name in names] for names, _enough in case["quorums"]]
        jobs.append({"op": "pin", "trust": text, "asked": asked})
    for case, found in zip(SIGSUM["valid"], ask(*jobs), strict=True):
        assert found["met"] == [enough for _names, enough in case["quorums"]], case["name"]


def test_sigsums_invalid_policies_are_refused() -> None:
    tried = [with_one_log(case["policy"]) for case in SIGSUM["invalid"]]
    tried += [f"{text}\nquorum none\n" for text in tried]
    wrong = []
    for text in tried:
        try:
            policy.parse(text.encode())
        except FormatError:
            wrong.append(text)
    assert len(wrong) > len(SIGSUM["invalid"])
    for text, found in zip(wrong, ask(*({"op": "pin", "trust": text} for text in wrong)), strict=True):
        assert "refused" in found, text


VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=6)
    | st.just("\ud800")
    | st.floats()
    | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("ab\u00e9\U0001f600\n_1", max_size=3) | st.just("__proto__"), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """JSON, or nearly: some other spelling, and perhaps a character changed."""
    spelling: dict[str, Any] = draw(
        st.sampled_from([{"separators": (",", ":"), "sort_keys": True}, {}, {"separators": (",", ":")}])
    )
    text = json.dumps(draw(VALUES), ensure_ascii=draw(st.booleans()), **spelling)
    if draw(st.booleans()):
        at, char = draw(st.integers(0, len(text) - 1)), draw(st.sampled_from('0-1.eE"\\u{}[], \n\t\u2028\u007f\ufeff'))
        text = text[:at] + char + text[at + draw(st.integers(0, 1)) :]
    return text


def test_json_has_the_same_one_spelling_as_in_the_program() -> None:
    tried: list[str] = []

    @settings(max_examples=trials(200), database=None)
    @given(texts())
    def collect(text: str) -> None:
        with suppress(UnicodeEncodeError):
            text.encode()
            tried.append(text)

    collect()
    tried += ["[" * depth + "]" * depth for depth in (31, 32, 33, 34, 35)]
    (found,) = ask({"op": "canonical", "texts": tried})
    expected = [decodes(text) for text in tried]
    assert [text for text, one, other in zip(tried, found["held"], expected, strict=True) if one != other] == []
    assert 0.1 < sum(expected) / len(expected) < 0.9


def decodes(text: str) -> bool:
    try:
        canonical.decode(text.encode())
    except FormatError:
        return False
    return True


def test_the_page_must_speak_of_its_bundle() -> None:
    (found,) = ask(verifying(data("good/ore.monazite"), LOG_KEY))
    right = {"lot": [found["lot"]], "ledger": [found["ledger"]], "size": [str(found["size"])], "root": [found["root"]]}
    wrong = [
        {**right, name: [right[name][0], value]}
        for name, value in (("lot", "ore-2"), ("ledger", "x"), ("size", "1"), ("root", "00"))
    ]
    silent = [{key: value for key, value in right.items() if key != name} for name in right]
    jobs = [verifying(data("good/ore.monazite"), LOG_KEY, **stated) for stated in (right, *wrong, *silent)]
    verdicts = [item["verdict"] for item in ask(*jobs)]
    assert verdicts == ["holds", *["fails"] * 8]


def test_altered_bytes_are_noticed() -> None:
    job = {"op": "flips", "bundle": b64encode(data("good/ore.monazite")).decode(), "trust": LOG_KEY}
    (found,) = ask({**job, "start": 5, "step": 401})
    assert found["missed"] == []


@pytest.mark.deep
def test_every_altered_byte_is_noticed() -> None:
    for trust, step in ((LOG_KEY, 1), (None, 5)):
        job = {"op": "flips", "bundle": b64encode(data("good/ore.monazite")).decode(), "trust": trust}
        (found,) = ask({**job, "start": 0, "step": step})
        assert found["missed"] == []


def test_signatures_count_as_in_the_program() -> None:
    edge = json.loads((VECTORS / "ed25519-edge.json").read_bytes())
    cases = [(case["key"], case["msg"].encode().hex(), case["sig"]) for case in edge]
    groups = json.loads((VECTORS / "wycheproof" / "ed25519_test.json").read_bytes())["testGroups"]
    cases += [(group["publicKey"]["pk"], case["msg"], case["sig"]) for group in groups for case in group["tests"]]
    (found,) = ask({"op": "ed25519", "cases": cases})
    assert found["able"] is True
    assert found["decided"] == [ed25519.verify(*map(bytes.fromhex, case)) for case in cases]


@pytest.mark.deep
@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.slug)
def test_every_lot_of_a_chain_as_in_the_program(chain: Any, tmp_path: Path) -> None:
    verdict, _answer = build(chain, tmp_path)
    store = SqliteStore(ledger_file(chain, tmp_path))
    vkey = key_for(f"demo.example/{chain.slug}").vkey
    try:
        bundles = [spelled(export(store, lot).bundle) for lot in verdict.history.lots]
    finally:
        store.close()
    for bundle, found in zip(bundles, ask(*(verifying(bundle, str(vkey)) for bundle in bundles)), strict=True):
        mine = verify(parse(bundle), Policy((Log(vkey),)))
        codes = {item.code for item in mine.verdict.findings if item.severity == "error"}
        assert found["verdict"] == ("fails" if codes else "holds"), (found["lot"], codes)
        assert set(found["codes"]) == codes


CLAIMED = set(re.findall(r'"((?:SEAL|SIGN|CUST|DATA)-[A-Z-]+)"', (PAGES / "check.js").read_text())) - {"SIGN-ROLE"}
"""Codes that the check gives; of `SIGN-ROLE` it knows registry events alone."""


def disagreements(bundles: list[bytes], log: VerifierKey) -> list[str]:
    """Where the page's check finds other faults, of those that it claims, than the program."""
    told = []
    for bundle, found in zip(bundles, ask(*(verifying(bundle, str(log)) for bundle in bundles)), strict=True):
        mine = {
            item.code
            for item in verify(parse(bundle), Policy((Log(log),))).verdict.findings
            if item.severity == "error"
        }
        if set(found["codes"]) - {"SIGN-ROLE"} != mine & CLAIMED:
            told.append(f"{found['lot']}: the page {found['codes']}, the program {sorted(mine)}")
    return told


def bundles_of(store: SqliteStore, lots: Iterable[str]) -> Iterator[bytes]:
    for lot in lots:
        with suppress(StoreError, UsageError):  # of some bad ledgers there are no bundles
            yield spelled(export(store, lot).bundle)


def test_the_codes_that_it_gives_are_findings() -> None:
    assert CATALOGUE.keys() > CLAIMED
    assert len(CLAIMED) > 15


@pytest.mark.deep
@pytest.mark.parametrize("code", [code for code in RECIPES if code != "SEAL-TILE"])
def test_every_lot_of_a_bad_ledger_as_in_the_program(code: str, tmp_path: Path) -> None:
    RECIPES[code].build(tmp_path / "bad.db")
    store = SqliteStore(tmp_path / "bad.db")
    try:
        bundles = list(bundles_of(store, whole(store, LOG.vkey).history.lots))
    finally:
        store.close()
    assert disagreements(bundles, LOG.vkey) == []


@pytest.mark.deep
@pytest.mark.parametrize(("seed", "size", "most"), [(15, 45, 50), (6, 45, 50), (11, 400, 10)])
def test_lots_of_a_world_as_in_the_program(seed: int, size: int, most: int, tmp_path: Path) -> None:
    made = world(seed, size, noise=seed % 2 == 0)
    tables = {"parties_csv": made.parties_csv, "sites_csv": made.sites_csv, "events_csv": made.events_csv}
    chain: Any = SimpleNamespace(id="w", slug="world", asked_lot=made.truths[0].lot, **tables)
    verdict, _answer = build(chain, tmp_path)
    store = SqliteStore(ledger_file(chain, tmp_path))
    lots = list(verdict.history.lots)
    try:
        bundles = list(bundles_of(store, lots[:: max(len(lots) // most, 1)]))
    finally:
        store.close()
    assert bundles
    assert disagreements(bundles, key_for("demo.example/world").vkey) == []


def test_the_scripts_go_through_a_template_and_into_a_page_unharmed() -> None:
    for name in ("check_forms.js", "check.js", "check_page.js"):
        text = (PAGES / name).read_text()
        assert not re.search(r"\{\{|\{%|\{#|</script|<!--", text, re.IGNORECASE), name
        assert not re.search(
            r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import|eval|innerHTML|localStorage|sessionStorage)\b\s*[(.=]",
            text,
        ), name
        assert len(text.splitlines()) < 600, name


def test_what_is_not_checked_is_said() -> None:
    found = answers()["good/ore.monazite"]["notChecked"]
    assert {"the words of this page", "rules", "origins and policies", "truth of statements"} <= set(found)
    assert NOT_A_BUNDLE in answers()["bad/cut.monazite"]["codes"]


def test_the_check_unpacks_what_pages_pack_and_no_more_than_a_bundle() -> None:
    whole = data("good/ore.monazite")
    packed = zlib.compress(whole, 9)
    tried = (packed, packed[:-1], packed[:-1] + bytes((packed[-1] ^ 1,)), whole, zlib.compress(bytes((1 << 26) + 1), 9))
    found, *refused = ask(*({"op": "unpack", "packed": b64encode(item).decode()} for item in tried))
    assert b64decode(found["bundle"]) == whole
    assert ["unpacked" in item["refused"] for item in refused] == [True, True, True, False]
    assert "more than 67108864 bytes" in refused[-1]["refused"]
