"""A page on disk checks itself in a browser without a network: what it says with the right key, a wrong one, none, and when altered."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import segno
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup
from playwright.sync_api import Browser

from fixtures.bad.world import LOG
from fixtures.bundles.make import FOLDER
from fixtures.bundles.recipes import WITNESS
from ledger.bundle.format import parse
from ledger.report.page.embedded import embed, extract
from ledger.seal import checkpoint, ed25519
from tests.report.browser import opened, verdict

pytestmark = pytest.mark.deep

PAGES = Path(__file__).parents[2] / "ledger" / "report" / "page"
SCRIPTS = ("check_forms.js", "check.js", "check_page.js")
RIGHT = str(LOG.vkey)
WRONG = "ledger.example/ree+0ee992bb+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
WHOLE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report</title>
<meta http-equiv="Content-Security-Policy" content="{{ policy }}"><style>{{ style }}</style></head>
<body>{% include "check.html" %}{% for script in scripts %}<script>{{ script }}</script>{% endfor %}</body></html>"""


def written(bundle: bytes | None, **changes: Any) -> bytes:
    """A page that holds nothing but the section, under the policy of the report's page."""
    parts = parse(bundle) if bundle is not None else None
    head = checkpoint.unverified(parts.checkpoint.encode()) if parts is not None else None
    answer = {
        "lot": changes.get("lot", parts.lot if parts else "ore-1"),
        "verification": {
            "verdict": changes.get("verdict", "clean"),
            "checkpoint": {
                "size": head.size if head else 0,
                "root": changes.get("root", head.root.hex() if head else ""),
            },
        },
    }
    scripts = [(PAGES / name).read_text() for name in SCRIPTS]
    hashes = " ".join(f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts)
    policy = f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    loader = DictLoader({"page": WHOLE, "check.html": (PAGES / "check.html").read_text()})
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page")
    block = Markup(embed(bundle)) if bundle else None  # noqa: S704  (so does the report)
    text = made.render(
        answer=answer, origin=LOG.name, no_bundle=changes.get("no_bundle"), bundle_block=block, policy=policy,
        style=Markup((PAGES / "check.css").read_text()), scripts=[Markup(text) for text in scripts],  # noqa: S704
    )  # fmt: skip
    return text.encode()


def test_right_key_wrong_key_no_key(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(written((FOLDER / "good" / "oxide-with-evidence.monazite").read_bytes()))
    assert extract(path.read_bytes()) == (FOLDER / "good" / "oxide-with-evidence.monazite").read_bytes()
    with opened(browser, path) as (page, troubles):
        assert page.is_hidden("noscript") or not page.locator("noscript").inner_text()
        kind, text = verdict(page)
        assert kind == "consistent" and "nobody vouches" in text
        assert "holds" not in (page.locator("#check-result").get_attribute("class") or "")
        kind, text = verdict(page, f"  {RIGHT}\n")
        assert (
            kind == "holds"
            and text.startswith("SIGNATURES AND PROOFS HOLD under the key that you gave.\n")
            and "(1 file)" in text
        )
        kind, text = verdict(page, WRONG)
        assert kind == "fails" and "SEAL-ANCHOR" in text and "SEAL-CHECKPOINT" in text
        kind, text = verdict(page, RIGHT[:-1])
        assert kind == "unable" and "no key" in text
        assert page.locator("#check-limits li").count() >= 6
        assert (
            page.evaluate(
                "Object.keys(localStorage).length + Object.keys(sessionStorage).length + document.cookie.length"
            )
            == 0
        )
        assert troubles == []


def test_this_browser_accepts_the_signatures_that_the_program_accepts(browser: Browser, tmp_path: Path) -> None:
    vectors = Path(__file__).parents[2] / "fixtures" / "vectors"
    edge = json.loads((vectors / "ed25519-edge.json").read_bytes())
    cases = [(case["key"], case["msg"].encode().hex(), case["sig"]) for case in edge]
    groups = json.loads((vectors / "wycheproof" / "ed25519_test.json").read_bytes())["testGroups"]
    cases += [(group["publicKey"]["pk"], case["msg"], case["sig"]) for group in groups for case in group["tests"]]
    path = tmp_path / "report.html"
    path.write_bytes(written((FOLDER / "good" / "ore.monazite").read_bytes()))
    code = """async (cases) => {
      const bytes = monaziteForms.unhex, found = [];
      for (const [key, message, signature] of cases) found.push(await monaziteForms.verifies(bytes(key), bytes(message), bytes(signature)));
      return found;
    }"""
    with opened(browser, path) as (page, _troubles):
        assert page.evaluate(code, cases) == [ed25519.verify(*map(bytes.fromhex, case)) for case in cases]


def test_the_result_goes_when_the_key_changes(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(written((FOLDER / "good" / "ore.monazite").read_bytes()))
    with opened(browser, path) as (page, _troubles):
        assert verdict(page, RIGHT)[0] == "holds"
        page.fill("#check-key", WRONG)
        assert page.locator("#check-result[data-verdict]").count() == 0
        assert page.locator("#check-result").inner_text() == ""


def test_a_key_is_read_from_a_picture_where_the_browser_can(browser: Browser, tmp_path: Path) -> None:
    """This Chromium reads no codes, so a stand-in does; what it is handed is the picture, and no network is asked."""
    path, picture = tmp_path / "report.html", tmp_path / "key.png"
    path.write_bytes(written((FOLDER / "good" / "ore.monazite").read_bytes()))
    segno.make_qr(RIGHT).save(str(picture), scale=4)
    stand_in = f"""window.BarcodeDetector = class {{
      static async getSupportedFormats() {{ return ["qr_code"]; }}
      async detect(source) {{ return source.width > 100 ? [{{ rawValue: {json.dumps(RIGHT)} }}] : []; }}
    }};"""
    with opened(browser, path, stand_in) as (page, troubles):
        page.wait_for_selector("#check-scan:not([hidden])")
        page.set_input_files("#check-picture", picture)
        page.wait_for_function("document.getElementById('check-key').value !== ''")
        assert page.input_value("#check-key") == RIGHT
        page.click("#check-run")
        page.wait_for_selector("#check-result[data-verdict=holds]")
        segno.make_micro("1").save(str(picture), scale=1)
        page.set_input_files("#check-picture", picture)
        page.wait_for_selector("#check-result[data-verdict=unable]")
        assert "no QR code" in page.locator("#check-result").inner_text()
        assert troubles == []
    with opened(browser, path) as (page, _troubles):
        assert page.locator("#check-scan").is_hidden()


def test_nothing_is_green_of_a_ledger_with_errors(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(written((FOLDER / "bad" / "overdrawn.monazite").read_bytes(), verdict="findings"))
    with opened(browser, path) as (page, _troubles):
        kind, text = verdict(page, RIGHT)
        assert kind == "warned" and "itself names errors" in text
        assert "holds" not in (page.locator("#check-result").get_attribute("class") or "").split()


def test_a_policy_with_a_witness(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(written((FOLDER / "good" / "oxide-cosigned.monazite").read_bytes()))
    policy = f"log {RIGHT}\nwitness w1 {WITNESS.vkey}\nquorum w1\n"
    with opened(browser, path) as (page, _troubles):
        kind, text = verdict(page, policy)
        assert kind == "holds" and "witness.example/w1 at 20" in text


def test_an_altered_bundle_fails_and_says_where(browser: Browser, tmp_path: Path) -> None:
    bundle = (FOLDER / "good" / "ore.monazite").read_bytes()
    assert bundle.count(b'deposit\\":\\"mt-weld') == 1
    path = tmp_path / "report.html"
    path.write_bytes(written(bundle.replace(b"mt-weld", b"mt-weed", 1)))
    with opened(browser, path) as (page, _troubles):
        kind, text = verdict(page, RIGHT)
        assert kind == "fails" and "SEAL-EVENT: entry" in text


@pytest.mark.parametrize("place", [0, 1000, -40])
def test_an_altered_block_fails(browser: Browser, place: int, tmp_path: Path) -> None:
    html = bytearray(written((FOLDER / "good" / "ore.monazite").read_bytes()))
    start = html.index(b">\n", html.index(b'id="monazite-bundle"')) + 2
    end = html.index(b"\n</script>", start)
    at = start + place if place >= 0 else end + place
    html[at] = ord("B") if html[at] != ord("B") else ord("C")
    path = tmp_path / "report.html"
    path.write_bytes(html)
    with opened(browser, path) as (page, _troubles):
        assert verdict(page, RIGHT)[0] == "fails"


def test_two_bundles_or_another_lot_fail(browser: Browser, tmp_path: Path) -> None:
    bundle = (FOLDER / "good" / "ore.monazite").read_bytes()
    twice = written(bundle).replace(b"</section>", embed(bundle).encode() + b"</section>")
    for name, html, said in (
        ("twice.html", twice, "2 bundles"),
        ("lot.html", written(bundle, lot="<b>ox-1</b>"), "the page says lot <b>ox-1</b>"),
        ("root.html", written(bundle, root="0" * 64), "the page says root"),
    ):
        path = tmp_path / name
        path.write_bytes(html)
        with opened(browser, path) as (page, troubles):
            kind, text = verdict(page, RIGHT)
            assert kind == "fails" and said in text
            assert troubles == []


def test_a_hostile_bundle_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    bundle = (
        (FOLDER / "good" / "ore.monazite")
        .read_bytes()
        .replace(b'"lot":"ore-1","map"', b'"lot":"<img src=x onerror=alert(1)>","map"')
    )
    path = tmp_path / "report.html"
    path.write_bytes(written(bundle))
    with opened(browser, path) as (page, troubles):
        kind, text = verdict(page, RIGHT)
        assert kind == "fails" and "<img src=x" in text
        assert page.locator("img").count() == 0
        assert troubles == []


def test_a_page_without_a_bundle_says_why(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(written(None, no_bundle="it would be too large"))
    with opened(browser, path) as (page, troubles):
        assert "it would be too large" in page.locator("#check").inner_text()
        assert page.locator("#check-run").count() == 0
        assert troubles == []
