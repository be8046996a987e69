"""Reads a report's page as a browser would: what is open and closed, what leads where, what would be loaded, what is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img", "hr"}
LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "cite", "ping", "manifest"}


@dataclass
class Read:
    """A page as read."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    policy: str = ""
    title: str = ""

    @property
    def text(self) -> str:
        """All that is read."""
        return "".join(self.words)


class Reader(HTMLParser):
    """Fills a `Read`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read = Read()
        self.open: list[str] = []
        self.kind = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.one(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.kind = dict(attrs).get("type") or ""
            self.read.scripts.append((self.kind, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.one(tag, attrs)

    def one(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read = self.read
        read.tags.append(tag)
        if len({name for name, _value in attrs}) != len(attrs):
            read.faults.append(f"an attribute twice on {tag}")
        if tag in {"h1", "h2", "h3", "h4", "h5"}:
            read.headings.append(int(tag[1]))
        values = {name: value or "" for name, value in attrs}
        if values.get("http-equiv") == "Content-Security-Policy":
            read.policy = values["content"]
        for name, value in values.items():
            if name == "id":
                read.ids.append(value)
            elif name in {"href", "xlink:href"}:
                read.links.append(value)
            elif name in LOADING:
                read.loaded.append(f"{tag} {name}={value}")
            elif name.startswith("on"):
                read.handlers.append(f"{tag} {name}={value}")
            elif name == "style" and "url(" in value:
                read.loaded.append(value)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.read.faults.append(f"</{tag}> closes nothing, at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        last = self.open[-1] if self.open else ""
        if last == "script":
            kind, text = self.read.scripts[-1]
            self.read.scripts[-1] = (kind, text + data)
        elif last == "title" and "head" in self.open:
            self.read.title += data
        elif last != "style":
            self.read.words.append(data)


def read(page: str) -> Read:
    """Read a page to its end."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    reader.read.faults += [f"<{tag}> stays open" for tag in reader.open]
    return reader.read


def sound(page: str) -> Read:
    """A page that is well formed, leads to itself only, and loads nothing."""
    found = read(page)
    assert not found.faults, found.faults[:5]
    assert not found.handlers, found.handlers[:5]
    assert not found.loaded, found.loaded[:5]
    twice = [name[:60] for name, times in Counter(found.ids).items() if times > 1]
    assert not twice, twice[:5]
    assert all(link.startswith("#") for link in found.links), [link[:60] for link in found.links if link[:1] != "#"][:5]
    places = set(found.ids)
    missing = {link[:60] for link in found.links if link[1:] not in places}
    assert not missing, sorted(missing)[:5]
    assert "link" not in found.tags
    assert "iframe" not in found.tags
    assert "object" not in found.tags
    assert "base" not in found.tags
    return found
