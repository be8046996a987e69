"""A page from disk in a browser without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
NEEDED = "run tests/install.sh browser, or apt-get install chromium"


@contextmanager
def opened(browser: Browser, path: Path, script: str = "", **context: Any) -> Iterator[tuple[Page, list[str]]]:
    """The page, and what the browser complained about or asked for beside it; `script` runs before those of the page."""
    closing = browser.new_context(offline=True, **context)
    try:
        page = closing.new_page()
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: troubles.append(request.url) if request.url.split("#")[0] != path.as_uri() else None,
        )
        page.add_init_script(script)
        page.goto(path.as_uri())
        yield page, troubles
    finally:
        closing.close()


def verdict(page: Page, key: str = "") -> tuple[str, str]:
    """What the page's check of itself says with a key: its kind, and its words."""
    page.fill("#check-key", key)
    page.click("#check-run")
    page.wait_for_selector("#check-result[data-verdict]")
    box = page.locator("#check-result")
    return box.get_attribute("data-verdict") or "", box.inner_text()
