"""What stands around every page of the site, and the ways from one page to another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from pixeldigest import settings
from pixeldigest.library import Library
from pixeldigest.settings import Publisher
from pixeldigest.site.style import first_fonts, page_style


class PageLink(NamedTuple):
    """A page of the site: its name, and its folder below the site's root."""

    title: str
    page: str


class Frame(NamedTuple):
    """What stands around every page; `menu` names folders of the site, in order."""

    title: str
    publisher: Publisher
    site_url: str
    language: str
    style: Markup
    fonts: tuple[str, ...]
    logo: str | None
    menu: tuple[str, ...]
    own_pages: tuple[PageLink, ...]
    offers: settings.Site
    search: bool

    def mistake_address(self, title: str, page: str) -> str | None:
        """Make the address at which readers tell of a mistake on a page."""
        if self.offers.mistakes is None:
            return None
        values = {"title": quote(title, safe=""), "url": quote(self.site_url + page, safe="")}
        if "://" not in self.offers.mistakes:
            return f"mailto:{self.offers.mistakes}?subject={values['title']}&body={values['url']}"
        return re.sub(r"\{\{\s*page\.(\w+)\s*\}\}", lambda found: values[found[1]], self.offers.mistakes)


class Place(NamedTuple):
    """Where a page stands: its folder below the site's root, and the ways from there, all relative."""

    page: str
    root: str
    assets: str

    def to(self, page: str, anchor: str = "") -> str:
        """Find the way to a page by its folder; it names the file, since no server may be there to find it."""
        return f"{self.root}{page}index.html" + (f"#{anchor}" if anchor else "")


def page_file(page: str) -> str:
    """Name the file of a page of the site, below the output folder."""
    return f"site/{page}index.html"


def site_place(page: str) -> Place:
    """Place a page on the site."""
    up = "../" * page.count("/")
    return Place(page, up, f"{up}assets/")


def preview_place(page: str) -> Place:
    """Place a page in the preview: what is published it links on the site beside, assets it has of its own."""
    here = site_place(page)
    return here._replace(root=f"{here.root}../../site/")


def make_frame(library: Library, *, search: bool) -> Frame:
    """Take what stands around every page from the settings and the pages of one's own."""
    newsletter = library.newsletter
    kinds = {section.kind for section in newsletter.sections}
    menu = ("archive", *(("courses", "topics") if "topic" in kinds else ()), *(("problems",) * ("problem" in kinds)))
    return Frame(
        title=newsletter.title,
        publisher=newsletter.publisher,
        site_url=newsletter.site_url,
        language=newsletter.language,
        style=page_style(newsletter.theme),
        fonts=first_fonts(newsletter.theme),
        logo=newsletter.theme.logo,
        menu=menu,
        own_pages=tuple(PageLink(own.title, f"{own.id}/") for own in library.public_pages),
        offers=newsletter.site,
        search=search,
    )


def place_values(place: Place) -> Mapping[str, Any]:
    """Give a template its place, and the way from there to other pages."""
    return {**place._asdict(), "to": place.to}
