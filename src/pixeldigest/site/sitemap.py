"""What tells search engines of the site: sitemap.xml (sitemaps.org, 0.9) and robots.txt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from pixeldigest.formats.theme import Theme
from pixeldigest.output import OutputFile
from pixeldigest.site.catalogue import Catalogue, Shown
from pixeldigest.site.frame import Frame


class Address(NamedTuple):
    """A page to be found, and the day on which it last changed, where that is known."""

    url: str
    changed: date | None


def render_sitemap(catalogue: Catalogue, frame: Frame, theme: Theme) -> OutputFile:
    """Render the list of pages that readers may come in by; further pages of long lists are not among them."""
    addresses = [Address(frame.site_url + page, changed) for page, changed in _pages(catalogue, frame)]
    return OutputFile("site/sitemap.xml", theme.render("web/sitemap.xml", addresses=addresses).encode())


def render_robots(frame: Frame) -> OutputFile:
    """Allow all pages, and name the list of them."""
    return OutputFile("site/robots.txt", f"User-agent: *\nAllow: /\n\nSitemap: {frame.site_url}sitemap.xml\n".encode())


def _pages(catalogue: Catalogue, frame: Frame) -> Iterator[tuple[str, date | None]]:
    latest = catalogue.issues[0].date if catalogue.issues else None
    yield "", latest
    for head in catalogue.issues:
        yield head.page, head.changed
    for shown in catalogue.entries.values():
        if shown.section.page:
            yield shown.section.page, _last_change(shown)
    yield "archive/", latest
    yield from ((month.page, month.issues[0].date) for month in catalogue.months)
    yield from ((folder, None) for folder in ("courses/", "topics/", "problems/", "collections/", "tags/"))
    yield from ((outline.page, None) for outline in catalogue.courses)
    yield from ((shelf.page, None) for shelf in (*catalogue.collections, *catalogue.tags))
    yield from ((own.page, None) for own in frame.own_pages)


def _last_change(shown: Shown) -> date:
    return max([shown.issues[-1].date, *shown.section.entry.changes])
