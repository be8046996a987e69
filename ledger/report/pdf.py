"""The report as a PDF: the page on paper, tagged for readers by ear, with the bundle attached; PDF/A-3a (ISO 19005-3).

The same answer gives the same bytes: dates are those of the newest entry, the file's identifier is a hash of the page, and the
type is the package's own. Only a text in a script that this type lacks is set in one of the system's.

WeasyPrint is an extra: whoever writes no PDF does without it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

from ledger.errors import UsageError
from ledger.report.page.html import PACKAGE, render

VARIANT: Final = "pdf/a-3a"
"""Part 3 allows attachments of any kind, level A asks for tags, a language and Unicode for every glyph."""
SCHEME: Final = "report:"
_FONT: Final = re.compile(r"[A-Za-z-]+\.ttf")
EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Stands for the newest entry where an answer has no history."""


def write(
    answer: Mapping[str, Any], pictures: Mapping[str, Any], bundle: bytes | None = None, no_bundle: str | None = None
) -> bytes:
    """The PDF; arguments as `ledger.report.page.html.render` takes them.

    Raises:
        UsageError: WeasyPrint is not installed; says how to install it.
    """
    try:
        from weasyprint import HTML, Attachment  # noqa: PLC0415  (an extra, and slow to load)
        from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise UsageError(
            f"a PDF needs WeasyPrint, which is not installed or not complete ({error}); "
            "pip install 'monazite[pdf]', and Pango from the system's packages; or write --format html and print it"
        ) from error

    class Fonts(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        """Reads the package's type and nothing else: no file and no address that a page might name."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ANN401, ARG002  (the parent's signature)
            name = url.removeprefix(SCHEME)
            if not url.startswith(SCHEME) or not _FONT.fullmatch(name):
                raise ValueError(f"{url[:80]}: nothing is loaded from outside")
            font = files(PACKAGE).joinpath("fonts", name).read_bytes()
            return URLFetcherResponse(url, body=font, headers={"Content-Type": "font/ttf"})

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of style that paper has no use for
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    page = render(answer, pictures, bundle, no_bundle, paper=True)
    made, fetcher = recorded(answer), Fonts()
    attached = (
        []
        if bundle is None
        else [
            Attachment(
                string=bundle,
                name=attachment_name(answer["lot"]),
                description="The lot's bundle: signed events with proofs, for monazite verify",
                created=made,
                modified=made,
                relationship="Source",
                url_fetcher=fetcher,
            )
        ]
    )
    document = HTML(string=page, base_url=SCHEME, url_fetcher=fetcher)
    data: bytes = document.write_pdf(
        pdf_variant=VARIANT,
        pdf_identifier=hashlib.sha256(page.encode() + (bundle or b"")).digest()[:16],
        attachments=attached,
        presentational_hints=False,
    )
    return data


def recorded(answer: Mapping[str, Any]) -> datetime:
    """When the newest event of the history was recorded."""
    times = [str(step["recorded"]) for step in answer.get("history") or () if step.get("recorded")]
    try:
        return datetime.fromisoformat(max(times, default="")).astimezone(UTC)
    except ValueError:
        return EPOCH


def attachment_name(lot: object) -> str:
    """`<lot>.monazite`; what is not plain in a file's name becomes a hyphen."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", str(lot))[:100].strip("-.")
    return f"{plain or 'lot'}.monazite"
