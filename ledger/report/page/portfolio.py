"""Many lots as HTML pages: an index with a table to sort, and where each lot's own page lies.

The index needs nothing but itself, as each lot's page does (`ledger.report.page.html`); it leads to pages in a folder beside it, by
names that hold nothing of a lot's but letters and digits.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from unicodedata import normalize

from markupsafe import Markup

from ledger.report.headline import counted as number_words
from ledger.report.headline import percent
from ledger.report.page import tone, view
from ledger.report.page.html import environment, policy, read
from ledger.report.page.writer import Writer
from ledger.report.portfolio import KINDS, POLICY_VERDICTS, VERDICTS, counted_words, finding_words

FOLDER: Final = "lots"
SCRIPTS: Final = ("page.js", "portfolio.js")
STYLES: Final = ("style.css", "portfolio.css")
MOST: Final = 200
"""Rows of a table other than that of the lots."""
SLUG: Final = 40
"""Characters of a lot's id in its page's name."""
DIGITS: Final = 16
"""Hexadecimal digits in it: two lots of one name are as likely as two of their hashes beginning alike, 1 in 2^64 for a pair."""
MOST_ELEMENTS: Final = 24


def page_name(lot: str) -> str:
    """`lots/mtw-2025-magnet-0f3a....html`: where a lot's page lies, beside the index. ASCII alone, and one name for each lot."""
    spelt = normalize("NFKD", lot).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", spelt)[:SLUG].strip("-") or "lot"
    return f"{FOLDER}/{slug}-{hashlib.sha256(lot.encode('utf-8', 'surrogatepass')).hexdigest()[:DIGITS]}.html"


def render(whole: Mapping[str, Any]) -> str:
    """The index of a portfolio, as `ledger.report.portfolio.portfolio` gives it."""
    writer = Writer(view.Anchors([], 0), paper=False)
    scripts = [read(name) for name in SCRIPTS]
    lots = whole["totals"]["lots"]
    known = {item["lot"] for item in whole["lots"]}

    def lot(name: str) -> Markup:
        """A lot's name, leading to its page."""
        said = writer.said(name)
        return Markup('<a href="{}">{}</a>').format(page_name(name), said) if name in known else said

    counted = Counter(item["severity"] for item in whole["verification"]["findings"])
    return (
        environment()
        .get_template("portfolio.html")
        .render(
            p=whole,
            w=writer,
            t=tone,
            lot=lot,
            percent=percent,
            number=number_words,
            paper=False,
            most=MOST,
            kinds=KINDS,
            counted=counted_words(whole),
            finding_words=finding_words,
            severities=", ".join(f"{counted[name]} {name}" for name in ("error", "warning", "info")),
            worst=next((name for name in VERDICTS if lots.get(name)), "cannot-exclude"),
            rank=lambda verdict: VERDICTS.index(verdict) if verdict in VERDICTS else -1,
            policy_rank=lambda verdict: POLICY_VERDICTS.index(verdict) if verdict in POLICY_VERDICTS else 9,
            stage_elements={
                stage: list(dict.fromkeys(name for held in places.values() for name in held))[:MOST_ELEMENTS]
                for stage, places in whole["totals"]["stages"].items()
            },
            styles=[Markup(read(name)) for name in STYLES],  # noqa: S704  (files of this package)
            scripts=[Markup(text) for text in scripts],  # noqa: S704  (as above)
            policy=policy(scripts),
        )
    )
