"""What a page of HTML consists of, read by the standard library."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urlsplit

VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Tag(NamedTuple):
    """A start tag."""

    name: str
    attributes: dict[str, str]


class Outline(HTMLParser):
    """A page's tags, headings, text, and what is wrong in how its tags are nested."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.headings: list[tuple[str, str]] = []
        self.title = ""
        self.text = ""
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{name}> is never closed" for name in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag in self._open and tag in ("a", "p", "label", "button", *HEADINGS):
            self.faults.append(f"<{tag}> within <{tag}>")
        self.tags.append(Tag(tag, {name: value or "" for name, value in attrs}))
        if tag in HEADINGS:
            self.headings.append((tag, ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.text += data
        if "title" in self._open:
            self.title += data
        if self.headings and self._open and self.headings[-1][0] in self._open:
            name, text = self.headings[-1]
            self.headings[-1] = (name, text + data)

    def all(self, name: str) -> list[dict[str, str]]:
        """Return the attributes of each tag of a name."""
        return [tag.attributes for tag in self.tags if tag.name == name]

    @property
    def ids(self) -> list[str]:
        return [tag.attributes["id"] for tag in self.tags if "id" in tag.attributes]

    @property
    def addresses(self) -> list[str]:
        """Return where links lead and what is loaded."""
        return [tag.attributes[key] for tag in self.tags for key in ("href", "src") if key in tag.attributes]


def read_site(site: Path) -> dict[str, Outline]:
    """Read all pages below a folder, by their path."""
    return {
        path.relative_to(site).as_posix(): Outline(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


def dead_links(site: Path, base: str = "/") -> list[tuple[str, str]]:
    """Find the links and resources within a site that lead nowhere, as (page, address); `base` is the site's path."""
    pages = read_site(site)
    found = []
    for name, page in pages.items():
        for address in page.addresses:
            if urlsplit(address).scheme:
                continue
            place, anchor = urldefrag(address)
            start, way = (site, place.removeprefix(base)) if place.startswith(base) else ((site / name).parent, place)
            target = (start / unquote(way)).resolve() if place else (site / name).resolve()
            key = target.relative_to(site.resolve()).as_posix() if target.is_relative_to(site.resolve()) else ""
            if not key or not target.is_file() or (anchor and anchor not in pages[key].ids):
                found.append((name, address))
    return found
