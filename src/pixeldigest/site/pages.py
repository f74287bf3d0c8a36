"""The pages of the site: each a template with what it shows, made anew where that has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from pixeldigest import content
from pixeldigest.formats.cover import render_covers
from pixeldigest.heads import Head, find_links
from pixeldigest.issue import Issue, IssueHead, IssueSection, read_issue, read_section
from pixeldigest.markup.document import Document
from pixeldigest.markup.parse import parse_body
from pixeldigest.markup.reading import has_formulas, reading_minutes
from pixeldigest.output import Batch, OutputFile
from pixeldigest.prose import read_prose
from pixeldigest.site.catalogue import Catalogue, Position, Shown
from pixeldigest.site.frame import PageLink, Place, site_place
from pixeldigest.site.metadata import (
    describe_entry,
    describe_home,
    describe_issue,
    describe_page,
    entry_dates,
)
from pixeldigest.site.sheet import Sheet, cover_of, link_folder, make_batch, render_page
from pixeldigest.site.style import FORMULA_FONT
from pixeldigest.site.texts import content_values, documents_of
from pixeldigest.targets import (
    Images,
    Targets,
    entry_page,
    find_targets,
    image_names,
    image_sizes,
    issue_page,
    month_page,
)
from pixeldigest.words import format_date

# The kinds of entry that have a list of all.
_LISTED = ("topics", "problems")
_LATEST_ON_HOME = 7


class Named(NamedTuple):
    """What the texts of a page name: where its links lead, whether they do yet, and how large its images are."""

    targets: Targets
    images: Images
    published: tuple[bool, ...]


def home_batch(latest: Issue[Head] | None, catalogue: Catalogue, sheet: Sheet) -> Batch:
    """Make the home page: the latest issue, those before it, the courses, and how to subscribe."""
    seen = (latest and latest.sections, catalogue.digest)
    return make_batch("", sheet, seen, partial(_render_home, latest, catalogue, sheet))


def _render_home(latest: Issue[Head] | None, catalogue: Catalogue, sheet: Sheet) -> Iterator[OutputFile]:
    metadata = describe_home(sheet.frame, picture=cover_of(latest.head, sheet) if latest else None)
    values: dict[str, Any] = {
        "latest": latest and read_issue(latest, sheet.library),
        "earlier": catalogue.issues[1 : 1 + _LATEST_ON_HOME],
        "catalogue": catalogue,
        "start": sheet.library.newsletter.schedule.start,
    }
    yield render_page("home", (), metadata, sheet, site_place(""), **values)


class Neighbours(NamedTuple):
    """The issues before and after one."""

    previous: IssueHead | None
    following: IssueHead | None


def issue_batch(issue: Issue[Head], place: Place, sheet: Sheet, beside: Neighbours) -> Batch:
    """Make an issue's page and its covers."""
    named = _named(issue.targets, issue.images, sheet)
    seen = (issue.digest, place, beside, named.published)
    return make_batch(
        place.page, sheet, seen, partial(_render_issue, issue, place, sheet, beside, named), searched=True
    )


def _render_issue(
    head: Issue[Head], place: Place, sheet: Sheet, beside: Neighbours, named: Named
) -> Iterator[OutputFile]:
    issue = read_issue(head, sheet.library)
    month = PageLink(format_date(issue.date, sheet.theme.words, "month_year"), month_page(issue.date))
    trail = (link_folder("archive", sheet), month, PageLink(issue.title, issue.page))
    documents = tuple(document for section in issue.sections for document in documents_of(section))
    minutes = reading_minutes(documents)
    metadata = describe_issue(sheet.frame, issue, trail, minutes=minutes, picture=cover_of(issue.head, sheet))
    yield render_page(
        "issue",
        trail,
        metadata,
        sheet,
        place,
        issue=issue,
        **beside._asdict(),
        minutes=minutes,
        fonts=_fonts(documents, sheet),
        **_content(place, sheet, named),
    )
    yield from (OutputFile(f"site/{file.path}", file.content) for file in render_covers(issue, sheet.theme))


def entry_batch(shown: Shown, position: Position | None, place: Place, sheet: Sheet) -> Batch:
    """Make an entry's own page, and those at its former addresses, which lead to it."""
    head = shown.section.entry
    images = image_sizes(image_names((head,), sheet.library), sheet.library)
    named = _named(find_targets((head,), sheet.find_target), images, sheet)
    seen = (shown.digest, head.digest, position, place, named)
    return make_batch(
        place.page, sheet, seen, partial(_render_entry, shown, position, place, sheet, named), searched=True
    )


def _render_entry(
    shown: Shown, position: Position | None, place: Place, sheet: Sheet, named: Named
) -> Iterator[OutputFile]:
    section = read_section(shown.section, sheet.library)
    entry = section.entry
    trail = _way_to(section, position, place, sheet)
    documents = tuple(prose.document for prose in read_prose(entry))
    minutes = reading_minutes(documents)
    metadata = describe_entry(
        sheet.frame,
        section,
        trail,
        dates=entry_dates(entry, shown.issues[0].date) if shown.issues else None,
        minutes=minutes,
        course=position.course if position else None,
        picture=cover_of(shown.issues[-1], sheet) if shown.issues else None,
    )
    yield render_page(
        "entry",
        trail,
        metadata,
        sheet,
        place,
        shown=shown,
        section=section,
        position=position,
        minutes=minutes,
        fonts=_fonts(documents, sheet),
        **_content(place, sheet, named),
    )
    for alias in entry.aliases if shown.issues else ():
        if former := entry_page(entry.kind, alias):
            here = (PageLink(entry.title, former),)
            metadata = describe_page(sheet.frame, (PageLink(entry.title, shown.page),), entry.summary)
            yield render_page("moved", here, metadata, sheet, target=shown.page)


def withdrawn_batch(day: date, sheet: Sheet) -> Batch:
    """Make what stands in place of an issue that was withdrawn: the reason, and nothing that it said."""
    number, reason = sheet.library.record[day].number, sheet.library.withdrawn[day]
    make = partial(_render_withdrawn, day, number, reason, sheet)
    return make_batch(issue_page(day), sheet, (number, reason), make)


def _render_withdrawn(day: date, number: int, reason: str, sheet: Sheet) -> Iterator[OutputFile]:
    here = PageLink(sheet.theme.words["number"].format(n=number), issue_page(day))
    trail = (link_folder("archive", sheet), here)
    metadata = describe_page(sheet.frame, trail, reason)
    yield render_page("withdrawn", trail, metadata, sheet, day=day, number=number, reason=reason)


def own_page_batch(page: content.Page, place: Place, sheet: Sheet) -> Batch:
    """Make a page of one's own."""
    targets = {link: target for link in find_links(page.body) if (target := sheet.find_target(link))}
    named = _named(targets, image_sizes(image_names((), sheet.library, page.body), sheet.library), sheet)
    seen = (page, place, named)
    return make_batch(place.page, sheet, seen, partial(_render_own_page, page, place, sheet, named), searched=True)


def _render_own_page(page: content.Page, place: Place, sheet: Sheet, named: Named) -> Iterator[OutputFile]:
    here = PageLink(page.title, place.page)
    metadata = describe_page(sheet.frame, (here,), page.summary)
    fonts = _fonts((parse_body(page.body),), sheet)
    yield render_page("own", (here,), metadata, sheet, place, own=page, fonts=fonts, **_content(place, sheet, named))


def not_found_batch(sheet: Sheet, path: str) -> Batch:
    """Make the page that servers show for what does not exist; `path` is that of the site at its host.

    It is shown at any address, so its links cannot be relative.
    """
    return make_batch("404/", sheet, path, partial(_render_not_found, sheet, path))


def _render_not_found(sheet: Sheet, path: str) -> Iterator[OutputFile]:
    place = Place("404.html", path, f"{path}assets/")
    words = sheet.theme.words
    here = PageLink(words["not_found"], place.page)
    metadata = describe_page(sheet.frame, (here,), words["not_found_why"])
    yield render_page("404", (), metadata, sheet, place)._replace(path="site/404.html")


def _fonts(documents: Iterable[Document], sheet: Sheet) -> tuple[str, ...]:
    """Name the font files that a page asks for at once."""
    return (*sheet.frame.fonts, FORMULA_FONT) if has_formulas(documents) else sheet.frame.fonts


def _named(targets: Targets, images: Images, sheet: Sheet) -> Named:
    published = tuple(one.since is not None and one.since <= sheet.as_of for one in targets.values())
    return Named(targets, images, published)


def _content(place: Place, sheet: Sheet, named: Named) -> Mapping[str, Any]:
    return content_values(sheet.theme, place, named.targets, named.images, sheet.as_of)


def _way_to(section: IssueSection, position: Position | None, place: Place, sheet: Sheet) -> tuple[PageLink, ...]:
    """Lead to an entry by way of its course, its collection, or the list of its kind."""
    here = PageLink(section.entry.title, place.page)
    if position:
        return (link_folder("courses", sheet), PageLink(position.course.title, position.course.page), here)
    if isinstance(section.entry, content.Problem) and section.collection_title:
        folder = f"collections/{section.entry.collections[0]}/"
        return (link_folder("problems", sheet), PageLink(section.collection_title, folder), here)
    folder = f"{section.kind}s"
    return (link_folder(folder, sheet), here) if folder in _LISTED else (here,)
