"""The report as one HTML page that needs nothing but itself: no network, no file beside it, every script named by its hash.

The page is a function of the answer, its pictures and the bundle: the same come out as the same bytes. The policy in its
head lets a browser load nothing at all, so a hostile text in a ledger has nowhere to go even if it were read as markup.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ledger.reference.countries import name as country_name
from ledger.report.headline import by_means_alone, headline, percent, stage_words
from ledger.report.page import tone, view
from ledger.report.page.embedded import embed
from ledger.report.page.pictures import shown
from ledger.report.page.writer import Writer

PACKAGE: Final = "ledger.report.page"
SCRIPTS: Final = ("check_forms.js", "check.js", "check_page.js", "page.js")
VIEWS: Final = 24
"""Views of one picture that can be switched between; the style sheet names as many."""
MOST_FOOT: Final = 60
"""Characters of the lot's name at the foot of a page."""
PRINTED: Final = 6
"""Findings of one code on paper; the rest are counted."""
STYLES: Final = ("style.css", "check.css")


def render(
    answer: Mapping[str, Any],
    pictures: Mapping[str, Any],
    bundle: bytes | None = None,
    no_bundle: str | None = None,
    *,
    paper: bool = False,
) -> str:
    """The page.

    Args:
        answer: as `ledger.report.answer.answer` gives it.
        pictures: SVG texts by name, as `ledger.report.draw.pictures.draw` gives them.
        bundle: the lot's bundle, to be carried inside.
        no_bundle: why there is none, where there is none.
        paper: for `ledger.report.pdf`: no script, nothing folded, and less of each event.
    """
    most = view.MOST_PRINTED if paper else view.MOST_ROWS
    listed = min(most, view.MOST_LISTED)
    history = view.part(answer.get("history"), most)
    anchors = view.Anchors(history.rows, most)
    writer = Writer(anchors, paper=paper)
    drawn = shown(pictures, anchors, _printed(answer) if paper else None)
    found = view.findings(answer, listed)
    scripts = [] if paper else [text for name in SCRIPTS if (text := read(name))]
    names = ("paper.css",) if paper else STYLES
    page = (
        environment()
        .get_template("report.html")
        .render(
            a=answer,
            w=writer,
            t=tone,
            percent=percent,
            stage_words=stage_words,
            headline=headline(dict(answer)),
            means=by_means_alone(answer["china"]),
            elements=view.elements(answer),
            stages=view.stages(answer),
            policies=view.policies(answer),
            shared=view.shared(answer),
            policy_tally=view.tally(answer["policies"], view.VERDICTS),
            findings=found,
            codes={group["id"] for group in found["own"]},
            balances=view.balances(answer),
            history=history,
            part=view.part,
            most=most,
            listed=listed,
            reasons_listed=min(most, view.MOST_REASONS) if not paper else most,
            pictures=drawn,
            countries={
                "China": answer["china"],
                **{_title(code): found for code, found in answer.get("countries", {}).items()},
            },
            bundle=bundle,
            bundle_hash=hashlib.sha256(bundle).hexdigest() if bundle is not None else None,
            no_bundle=no_bundle,
            answer=answer,
            origin=answer["verification"]["ledger"],
            bundle_block=embed(bundle) if bundle is not None and not paper else None,
            paper=paper,
            running=Markup(_running(answer, bundle)) if paper else "",  # noqa: S704  (escapes and hexadecimal digits)
            created=view.created(answer),
            styles=[Markup(read(name)) for name in names],  # noqa: S704  (files of this package)
            scripts=[Markup(text) for text in scripts],  # noqa: S704  (as above)
            policy=policy(scripts),
            others=anchors.others,
            newest=view.newest(answer),
            severities=view.severities(answer),
            printed=PRINTED,
            views=VIEWS,
        )
    )
    return page.encode("utf-8", "replace").decode()  # half a pair is no character, and no file can hold it


def read(name: str) -> str:
    """A text of this package; empty where it has none of that name."""
    found = files(PACKAGE).joinpath(name)
    return found.read_text(encoding="utf-8") if found.is_file() else ""


def _title(code: str) -> str:
    country, _, _region = code.partition("-")
    return f"{country_name(country)} ({code})" if country != code else country_name(code)


def _printed(answer: Mapping[str, Any]) -> set[str]:
    """Elements whose flow is printed beside that of all: the one with the greatest known share from China, or what is unknown of it."""
    shares = answer["china"]["elements"].items()
    ranked = sorted(shares, key=lambda item: (-item[1]["known_share"], -item[1]["unknown_share"], item[0]))
    return {name for name, share in ranked[:1] if share["known_share"] > 0 or share["unknown_share"] > 0}


def _running(answer: Mapping[str, Any], bundle: bytes | None) -> str:
    """The foot of every printed page: the lot, and the hash of what is attached. Every character is an escape (CSS Syntax 3, 4.3.7)."""
    lot = str(answer["lot"])
    named = f"Lot {lot[:MOST_FOOT]}{'...' if len(lot) > MOST_FOOT else ''}"
    sealed = f"bundle SHA-256 {hashlib.sha256(bundle).hexdigest()}" if bundle is not None else "no bundle attached"
    text = "".join(tone.unseen(f"{named}; {sealed}"))
    escaped = "".join(f"\\{ord(character):06x}" for character in text)
    return f'@page {{ @bottom-left {{ content: "{escaped}" }} }}'


def policy(scripts: list[str]) -> str:
    """What the browser may do: read the page's own scripts and styles, show pictures that are inside, and nothing else.

    Content Security Policy Level 3, 2.3 and 8.3 (hashes of inline scripts).
    """
    hashes = " ".join(f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {hashes or repr('none')}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def environment() -> Environment:
    """Templates of this package: everything escaped, and nothing missing that is asked for."""
    return Environment(
        loader=FunctionLoader(lambda name: read(name) or None),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
