"""How the page writes what comes from the ledger: every text isolated, escaped and seen, every event a way to its row.

Nothing else makes markup of a ledger's text, and here nothing but what `escape` was asked about goes into `_made`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from markupsafe import Markup, escape

from ledger.report.headline import percent
from ledger.report.page.tone import anchor, tone, visible
from ledger.report.page.view import MOST_EVENTS, MOST_FOLDED, Anchors

LONG: Final = 600
"""Characters from which a text is clipped: on screen it scrolls, on paper its end is in the bundle."""
LONG_SENTENCE: Final = 6000
"""The same for the report's own sentences, which quote the ledger."""
SHOWN: Final = 16
"""Characters of a hash that the style sheet leaves to be seen."""


def _made(markup: str) -> Markup:
    """Markup, every part of which is the page's own or was escaped; quicker by far than `Markup.format`."""
    return Markup(markup)  # noqa: S704


class Writer:
    """Writes pieces of one page."""

    def __init__(self, anchors: Anchors, *, paper: bool) -> None:
        """`anchors` knows what can be led to; `paper` cannot scroll, fold or copy."""
        self.anchors = anchors
        self.paper = paper
        self._rows: set[str] = set()
        self._said: dict[tuple[str, int], Markup] = {}

    def said(self, text: object, most: int = LONG) -> Markup:
        """A text from the ledger, isolated from what is around it, with what would not be seen written out."""
        whole = "" if text is None else str(text)
        key = (whole, most)
        if key not in self._said:
            self._said[key] = self._written(whole, most)
        return self._said[key]

    def _written(self, whole: str, most: int) -> Markup:
        long = len(whole) > most
        cut = whole[:most] if self.paper and long else whole
        body = "".join(
            f'<span class="unseen">{escape(piece)}</span>' if unseen else escape(piece)
            for unseen, piece in visible(cut)
        )
        if not long and whole.isascii():
            return _made(body)  # every letter of it runs from left to right, as the page does: a box less to lay out
        if not long:
            return _made(f"<bdi>{body}</bdi>")
        if self.paper:
            return _made(f"<bdi>{body}</bdi>\u2026 ({len(whole):,} characters)")
        return _made(
            f'<bdi class="long" tabindex="0" role="group" aria-label="text of {len(whole):,} characters, scrolls">{body}</bdi>'
        )

    def row(self, event: object) -> str | None:
        """The anchor of an event's own row, once: an event that stands in two rows is led to at the first."""
        found = anchor(event)
        if found is None or found in self._rows:
            return None
        self._rows.add(found)
        return found

    def sentence(self, text: object) -> Markup:
        """A sentence of the report itself that may quote the ledger."""
        return self.said(text, LONG_SENTENCE)

    def event(self, event: object) -> Markup:
        """A link to an event's row; its hash alone where the page has none."""
        if not event:
            return _made("")
        target, short = self.anchors.to(event), escape(str(event)[:8])
        if target is None:
            return _made(f'<code class="hash" title="{escape(str(event)[:64])}">{short}</code>')
        return _made(f'<a href="#{escape(target)}">{short}</a>')

    def events(self, events: Iterable[object] | None) -> Markup:
        """Links to the events behind something; more than a few fold away, and more than can be looked through are counted."""
        whole = [event for event in events or () if event]
        first = " ".join(self.event(event) for event in whole[:MOST_EVENTS])
        rest = whole[MOST_EVENTS:]
        if len(whole) <= 1:
            return _made(first)
        if not rest:
            return _made(f'<span class="events">{first}</span>')
        if self.paper:
            return _made(f'<span class="events">{first} +{len(rest)}</span>')
        folded = " ".join(self.event(event) for event in rest[:MOST_FOLDED])
        left = len(rest) - MOST_FOLDED
        more = f" and {left} others, which the report in JSON lists" if left > 0 else ""
        return _made(
            f'<span class="events">{first} <details class="more"><summary>{len(rest)} more</summary> {folded}{more}</details></span>'
        )

    def digest(self, digest: object) -> Markup:
        """A hash that is no event's, whole: on screen its box shows the beginning, and all of it is found, marked and copied."""
        whole = str(digest or "")
        copied = ' class="hash"' if self.paper or len(whole) <= SHOWN else " data-copy"
        return _made(f"<code{copied}>{escape(whole)}</code>")

    def verdict(self, verdict: object) -> Markup:
        """A verdict: its mark, its colour and its word."""
        found = tone(verdict)
        mark = f'<span class="mark" aria-hidden="true">{escape(found.mark)}</span>'
        return _made(f'<span class="verdict {escape(found.name)}">{mark} {self.said(found.word)}</span>')

    def share(self, found: dict[str, Any]) -> Markup:
        """A known share, with the least and greatest that it can be."""
        span = found.get("range")
        text = Markup('<span class="figure">{}</span>').format(percent(found["known_share"]))
        if not span:
            return text
        return text + Markup(' <span class="span">({} to {})</span>').format(percent(span[0]), percent(span[1]))

    def bar(self, known: float, unknown: float) -> Markup:
        """How much is known to be from there, is unknown, and is neither; the figures stand beside it."""
        wide = [f"{min(max(share, 0.0), 1.0) * 100:.2f}%" for share in (known, min(unknown, 1 - known))]
        return Markup(
            '<span class="bar" aria-hidden="true"><span class="known" style="width:{}"></span>'
            '<span class="dark" style="width:{}"></span></span>'
        ).format(*wide)
