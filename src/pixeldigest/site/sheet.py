"""What the pages of the site share, and how one is made: a template with what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from pixeldigest.formats.cover import OPEN_GRAPH
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import IssueHead
from pixeldigest.library import Library
from pixeldigest.output import Batch, OutputFile
from pixeldigest.site.frame import Frame, PageLink, Place, page_file, place_values, site_place
from pixeldigest.site.metadata import (
    Metadata,
    Picture,
)
from pixeldigest.stamps import digest_of
from pixeldigest.targets import FindTarget


class Sheet(NamedTuple):
    """What pages share: the frame, the templates, the day as of which they are made, and where links lead.

    `digest` is of what all of them show: settings and templates.
    """

    frame: Frame
    theme: Theme
    as_of: date
    library: Library
    find_target: FindTarget
    digest: bytes


def make_batch(
    page: str,
    sheet: Sheet,
    seen: object,
    make: Callable[[], Iterable[OutputFile]],
    *,
    searched: bool = False,
) -> Batch:
    """Put a page into a batch; `seen` is all that it shows beside what every page does."""
    return Batch(page_file(page), digest_of(sheet.digest + repr(seen).encode()), make, searched)


def render_page(
    template: str,
    trail: tuple[PageLink, ...],
    metadata: Metadata,
    sheet: Sheet,
    place: Place | None = None,
    *,
    fonts: tuple[str, ...] | None = None,
    **values: Any,
) -> OutputFile:
    """Render a page where it stands: on the site, at the end of the trail, if it is not told."""
    place = place or site_place(trail[-1].page)
    shared = {"frame": sheet.frame, "metadata": metadata, "trail": trail, **place_values(place)}
    html = sheet.theme.render(f"web/{template}.html", fonts=fonts or sheet.frame.fonts, **shared, **values)
    return OutputFile(page_file(place.page), html.encode())


def cover_of(head: IssueHead, sheet: Sheet) -> Picture | None:
    """Show a page by the cover of an issue."""
    if sheet.theme.covers is None:
        return None
    url = f"{sheet.frame.site_url}{head.page}{OPEN_GRAPH.name}"
    return Picture(url, OPEN_GRAPH.width, OPEN_GRAPH.height, head.title)


def link_folder(name: str, sheet: Sheet) -> PageLink:
    """Link one of the site's own folders, which the words file names."""
    return PageLink(sheet.theme.words[name], f"{name}/")
