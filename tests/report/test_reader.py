"""Reports as a reader meets them: a file on a disk, a browser without a network, a keyboard, a phone, a wall, paper."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from ledger.report.headline import headline
from tests.report.browser import opened, verdict
from tests.report.shelf import PAGES, case, write

pytestmark = pytest.mark.deep

REPORTS = PAGES[:3]
WIDTHS = {360: 740, 1280: 800, 3840: 2160}
"""Height of the window by its width: a phone, a desk, a wall."""
WRONG = "ledger.example/ree+0ee992bb+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
GREY = (128, 128, 128)
HANDLERS = """[...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((at) => at.name.startsWith("on"))).length"""
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""By how much the page is wider than its window."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where each page lies."""
    return write(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def demo(browser: Browser, shelf: dict[str, Path]) -> Iterator[Page]:
    """The report on a magnet, on a desk; nothing may be asked for or complained about."""
    with opened(browser, shelf["demo"], viewport={"width": 1280, "height": 800}) as (page, troubles):
        yield page
        assert troubles == []


def focused(page: Page) -> Any:
    """The element that has the keyboard: its tag, id and words."""
    return page.evaluate(
        "(() => { const at = document.activeElement; return [at.tagName, at.id, at.textContent.trim().slice(0, 60)]; })()"
    )


# --- It opens anywhere


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_runs_no_text_of_a_ledger(
    browser: Browser, shelf: dict[str, Path], name: str
) -> None:
    with opened(browser, shelf[name]) as (page, troubles):
        page.wait_for_load_state()
        assert page.locator("h1").count() == 1
        assert page.locator("body img, iframe, object, embed, link").count() == 0
        assert page.evaluate(HANDLERS) == 0
        assert troubles == []


def test_the_answer_is_what_one_sees_first(demo: Page) -> None:
    said = " ".join(demo.locator("#answer .headline").inner_text().split())
    assert headline(case("demo").answer) in said
    assert "Chinese inputs PRESENT" in said


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_fits_its_window(
    browser: Browser, shelf: dict[str, Path], tmp_path: Path, name: str, width: int
) -> None:
    height = WIDTHS[width]
    with opened(browser, shelf[name], viewport={"width": width, "height": height}) as (page, troubles):
        assert page.evaluate(BEYOND) <= 0, too_wide(page)
        box = page.locator(".headline .big" if "portfolio" not in name else ".headline").first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height, "the answer lies below the first window"
        picture = tmp_path / f"{name}-{width}.png"
        page.screenshot(path=picture)
        seen = Image.open(picture).convert("RGB")
        assert seen.size == (width, height)
        assert len(seen.getcolors(1 << 24) or ()) > 20, "the picture is blank"
        assert troubles == []


def too_wide(page: Page) -> Any:
    """Elements that reach beyond the window, for a message."""
    return page.evaluate(
        """[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
        && !one.closest(".scroll, .picture, nav, pre")).slice(0, 5).map((one) => one.outerHTML.slice(0, 200))"""
    )


BROKEN = """(() => {
  const found = new Set(), range = document.createRange();
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest("svg, code, pre, script")) continue;
    for (const word of node.data.matchAll(/(?<![^ \\n])[A-Za-z]{3,12}(?=[ .,;:\\n]|$)/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top / 8))).size > 1) found.add(word[0]);
    }
  }
  return [...found];
})()"""
"""Words of up to twelve letters that are broken over two lines."""


@pytest.mark.parametrize("name", ["demo", "unknown", "portfolio"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_short_word_is_broken(browser: Browser, shelf: dict[str, Path], name: str, width: int) -> None:
    with opened(browser, shelf[name], viewport={"width": width, "height": WIDTHS[width]}) as (page, _troubles):
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.evaluate(BROKEN) == []


# --- It verifies itself


def test_the_ledger_s_key_holds_another_fails_and_none_is_no_proof(demo: Page) -> None:
    kind, text = verdict(demo, case("demo").key)
    assert kind == "holds", text
    assert demo.locator("#check-result .fail").count() == 0
    assert demo.locator("#check-result .pass").count() >= 6
    assert verdict(demo, WRONG)[0] == "fails"
    kind, text = verdict(demo)
    assert kind == "consistent"
    assert "nobody vouches" in text
    colour = "getComputedStyle(document.querySelector('#check-result')).borderInlineStartColor"
    open_colour = demo.evaluate(colour)
    verdict(demo, case("demo").key)
    assert demo.evaluate(colour) != open_colour


@pytest.mark.parametrize("name", REPORTS)
def test_every_kept_report_holds_under_its_key(browser: Browser, shelf: dict[str, Path], name: str) -> None:
    with opened(browser, shelf[name]) as (page, troubles):
        kind, text = verdict(page, case(name).key)
        assert kind == "holds", text
        assert troubles == []


@pytest.mark.parametrize("part", [0.02, 0.35, 0.7, 0.98])
def test_one_altered_byte_of_the_bundle_fails(
    browser: Browser, shelf: dict[str, Path], tmp_path: Path, part: float
) -> None:
    data = bytearray(shelf["demo"].read_bytes())
    start = data.index(b">\n", data.index(b'id="monazite-bundle"')) + 2
    end = data.index(b"\n</script>", start)
    at = start + int((end - start) * part)
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    path = tmp_path / "altered.html"
    path.write_bytes(data)
    with opened(browser, path) as (page, _troubles):
        for key in (case("demo").key, ""):
            assert verdict(page, key)[0] == "fails"


def test_a_page_that_says_another_lot_fails(browser: Browser, shelf: dict[str, Path], tmp_path: Path) -> None:
    text = shelf["demo"].read_text(encoding="utf-8")
    shown = f'data-check="lot">{case("demo").answer["lot"]}<'
    assert text.count(shown) == 1
    path = tmp_path / "other.html"
    path.write_text(text.replace(shown, 'data-check="lot">MTW-2025-OTHER<'), encoding="utf-8")
    with opened(browser, path) as (page, _troubles):
        assert verdict(page, case("demo").key)[0] == "fails"


# --- It is worked by mouse and keyboard


def shown_views(page: Page) -> list[str]:
    return [view.get_attribute("aria-label") or "" for view in page.locator(".views .view").all() if view.is_visible()]


def test_the_flow_is_shown_of_each_element(demo: Page) -> None:
    flow = demo.locator(".views").first
    labels = [
        text.strip() for text in flow.locator("label").all_text_contents()
    ]  # what is far below is not laid out yet
    assert len(labels) > 2
    seen = set()
    for label in labels:
        flow.get_by_text(label, exact=True).click()
        views = [view for view in flow.locator(".view").all() if view.is_visible()]
        assert len(views) == 1
        said = views[0].get_attribute("aria-label") or ""
        assert said.endswith(f", {label}")
        seen.add(views[0].locator("svg >> visible=true").first.inner_html())
    assert len(seen) == len(labels)


def test_the_keyboard_alone_is_enough(demo: Page) -> None:
    demo.keyboard.press("Tab")
    assert focused(demo)[2] == "Skip to the answer"
    box = demo.locator(".skip").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    demo.keyboard.press("Enter")
    assert demo.url.endswith("#answer")
    demo.keyboard.press("Tab")
    assert demo.evaluate("document.querySelector('#answer').contains(document.activeElement)")
    reached, outlined = [], 0
    for _step in range(1500):
        here = demo.evaluate(
            """(() => { const at = document.activeElement, type = at.getAttribute("type") || "";
            const style = getComputedStyle(at.matches(".views > input") ? at.nextElementSibling : at);
            return [at.tagName.toLowerCase() + (type ? ":" + type : ""), at.id, style.outlineStyle]; })()"""
        )
        if here[0] == "body":
            break
        reached.append((here[0], here[1]))
        outlined += here[2] != "none"
        demo.keyboard.press("Tab")
    else:
        pytest.fail(f"the keyboard does not come to the end: {reached[-3:]}")
    assert outlined == len(reached), "focus is not seen everywhere"
    kinds = {kind for kind, _id in reached}
    assert {"a", "summary", "input:radio", "textarea", "button:submit"} <= kinds
    assert "check-key" in {name for _kind, name in reached}


def test_elements_and_folds_answer_to_keys(demo: Page) -> None:
    first = demo.locator(".views > input").first
    first.focus()
    before = shown_views(demo)
    demo.keyboard.press("ArrowRight")
    assert shown_views(demo) != before
    demo.keyboard.press("ArrowLeft")
    assert shown_views(demo) == before
    fold = demo.query_selector("details.fold:not([open]) > summary")
    assert fold is not None
    fold.focus()
    demo.keyboard.press("Enter")
    assert fold.evaluate("at => at.parentElement.open")
    demo.keyboard.press("Space")
    assert not fold.evaluate("at => at.parentElement.open")


def test_a_link_to_evidence_opens_what_is_folded(demo: Page) -> None:
    link = demo.locator('.elements a[href^="#event-"] >> visible=true').first
    target = str(link.get_attribute("href"))
    link.click()
    assert demo.locator(target).is_visible()


@pytest.mark.parametrize("name", ["demo", "worst"])
def test_a_screen_reader_hears_every_picture_and_table(browser: Browser, shelf: dict[str, Path], name: str) -> None:
    with opened(browser, shelf[name]) as (page, _troubles):
        unnamed = page.evaluate(
            """[...document.querySelectorAll("svg")].filter((one) => !one.closest("[aria-hidden]") && one.getAttribute("role") !== "presentation"
            && !(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || one.querySelector("title"))).length"""
        )
        assert unnamed == 0
        assert (
            page.evaluate(
                '[...document.querySelectorAll("table")].filter((one) => !one.querySelector("th[scope]")).length'
            )
            == 0
        )


# --- On paper, in the dark


def squeezed(text: str) -> str:
    """Without spaces and ligatures: where a line is broken is the browser's matter."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_it_prints_whole(demo: Page) -> None:
    data = demo.pdf(format="A4", print_background=True)
    words = squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))
    assert squeezed("Skip to the answer") not in words
    assert squeezed("Your key") not in words
    answer = case("demo").answer
    assert squeezed(headline(answer)) in words
    for item in answer["policies"]:
        if item["verdict"] != "not-applicable":
            assert squeezed(item["id"]) in words
    for step in answer["history"]:
        assert step["event"][:12] in words
    for group in answer["verification"]["findings"]:
        assert group["code"] in words
    assert demo.locator("details:not([open])").count() > 0, "what was unfolded for paper stays so"
    demo.emulate_media(media="print")
    demo.set_viewport_size({"width": 718, "height": 1047})  # A4 less 1 cm on each side, at 96 dots per inch
    assert demo.locator("nav").is_hidden()
    assert demo.locator("#check-form").is_hidden()
    assert demo.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert demo.evaluate(BEYOND) <= 0, too_wide(demo)


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [(name, *look) for name in PAGES for look in (("light", 1280), ("dark", 360))] + [("demo", "dark", 1280), ("demo", "light", 360)],
)  # fmt: skip
def test_axe_finds_no_serious_fault(
    browser: Browser, shelf: dict[str, Path], name: str, scheme: Any, width: int
) -> None:
    window = {"width": width, "height": WIDTHS[width]}
    with opened(browser, shelf[name], color_scheme=scheme, viewport=window, bypass_csp=True) as (page, _troubles):
        lit = page.evaluate("getComputedStyle(document.body).backgroundColor").strip("rgb()").split(",")
        assert (sum(map(int, lit)) > sum(GREY)) == (scheme == "light")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        if name in REPORTS:
            verdict(page, case(name).key)
        found = Axe().run(page).response["violations"]
        serious = [
            (
                item["id"],
                len(item["nodes"]),
                item["help"],
                [node["html"][:160] for node in item["nodes"][:3]],
                item["nodes"][0]["failureSummary"],
            )
            for item in found
            if item["impact"] in ("serious", "critical")
        ]
        assert not serious, serious
