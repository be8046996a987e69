"""How the page writes what comes from the ledger: every text isolated, escaped and seen, every event a way to its row.

Nothing else makes markup of a ledger's text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from markupsafe import Markup, escape

from ledger.report.headline import percent
from ledger.report.page.tone import anchor, tone, visible
from ledger.report.page.view import MOST_EVENTS, Anchors

LONG: Final = 600
"""Characters from which a text is clipped: on screen it scrolls, on paper its end is in the bundle."""
LONG_SENTENCE: Final = 6000
"""The same for the report's own sentences, which quote the ledger."""


class Writer:
    """Writes pieces of one page."""

    def __init__(self, anchors: Anchors, *, paper: bool) -> None:
        """`anchors` knows what can be led to; `paper` cannot scroll, fold or copy."""
        self.anchors = anchors
        self.paper = paper
        self._rows: set[str] = set()

    def said(self, text: object, most: int = LONG) -> Markup:
        """A text from the ledger, isolated from what is around it, with what would not be seen written out."""
        whole = "" if text is None else str(text)
        long = len(whole) > most
        cut = whole[:most] if self.paper and long else whole
        body = Markup("").join(
            Markup('<span class="unseen">{}</span>').format(piece) if unseen else escape(piece)
            for unseen, piece in visible(cut)
        )
        if not long:
            return Markup("<bdi>{}</bdi>").format(body)
        if self.paper:
            return Markup("<bdi>{}</bdi>\u2026 ({} characters)").format(body, f"{len(whole):,}")
        return Markup(
            '<bdi class="long" tabindex="0" role="group" aria-label="text of {} characters, scrolls">{}</bdi>'
        ).format(f"{len(whole):,}", body)

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
            return Markup("")
        target, short = self.anchors.to(event), str(event)[:8]
        if target is None:
            return Markup('<code class="hash" title="{}">{}</code>').format(str(event)[:64], short)
        return Markup('<a class="hash" href="#{}" title="event {}">{}</a>').format(target, str(event), short)

    def events(self, events: Iterable[object] | None) -> Markup:
        """Links to the events behind something; more than a few fold away."""
        whole = [event for event in events or () if event]
        first = Markup(" ").join(self.event(event) for event in whole[:MOST_EVENTS])
        rest = whole[MOST_EVENTS:]
        if not rest:
            return Markup('<span class="events">{}</span>').format(first) if whole else Markup("")
        if self.paper:
            return Markup('<span class="events">{} +{}</span>').format(first, len(rest))
        folded = Markup(" ").join(self.event(event) for event in rest)
        return Markup(
            '<span class="events">{} <details class="more"><summary>{} more</summary> {}</details></span>'
        ).format(first, len(rest), folded)

    def digest(self, digest: object) -> Markup:
        """A hash that is no event's: short on screen, whole to copy; whole on paper."""
        whole = str(digest or "")
        if self.paper or len(whole) <= 16:  # noqa: PLR2004  (short enough)
            return Markup('<code class="hash">{}</code>').format(whole)
        return Markup('<code class="hash" title="{}" data-copy="{}">{}\u2026</code>').format(whole, whole, whole[:16])

    def verdict(self, verdict: object) -> Markup:
        """A verdict: its mark, its colour and its word."""
        found = tone(verdict)
        return Markup('<span class="verdict {}"><span class="mark" aria-hidden="true">{}</span> {}</span>').format(
            found.name, found.mark, self.said(found.word)
        )

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
