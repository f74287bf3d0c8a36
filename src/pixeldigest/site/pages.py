"""The pages of the site, each a template with what it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pixeldigest import content
from pixeldigest.formats.cover import OPEN_GRAPH
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Images, Issue, IssueHead, Targets, entry_page, month_page
from pixeldigest.markup.document import Document
from pixeldigest.markup.parse import parse_body
from pixeldigest.markup.reading import has_formulas, reading_minutes
from pixeldigest.output import OutputFile
from pixeldigest.prose import read_prose
from pixeldigest.site.catalogue import Catalogue, Month, Position, Shelf, Shown, by_difficulty
from pixeldigest.site.frame import Frame, PageLink, Place, place_values, site_place
from pixeldigest.site.metadata import (
    Metadata,
    Picture,
    describe_course,
    describe_entry,
    describe_home,
    describe_issue,
    describe_page,
    entry_dates,
)
from pixeldigest.site.style import FORMULA_FONT
from pixeldigest.site.texts import content_values, documents_of
from pixeldigest.words import format_date

# Longer lists go on on further pages.
ENTRIES_A_PAGE = 100
# The kinds of entry that have a list of all.
_LISTED = ("topics", "problems")
_LATEST_ON_HOME = 7
_LATEST_IN_ARCHIVE = 31


class Sheet(NamedTuple):
    """What pages share: the frame, the templates, the day as of which they are made, links and pictures."""

    frame: Frame
    theme: Theme
    as_of: date
    targets: Targets
    images: Images


class Part(NamedTuple):
    """A stretch of a long list, which has a page of its own."""

    page: str
    number: int
    total: int
    entries: tuple[Shown, ...]
    previous: str | None
    following: str | None


def render_home(latest: Issue | None, catalogue: Catalogue, sheet: Sheet, *, start: date) -> OutputFile:
    """Render the home page: the latest issue, those before it, the courses, and how to subscribe."""
    metadata = describe_home(sheet.frame, picture=_cover(latest.head, sheet) if latest else None)
    earlier = catalogue.issues[1 : 1 + _LATEST_ON_HOME]
    values: dict[str, Any] = {"latest": latest, "earlier": earlier, "catalogue": catalogue, "start": start}
    return _page("home", (), metadata, sheet, site_place(""), **values)


def render_issue_page(
    issue: Issue, place: Place, sheet: Sheet, *, previous: IssueHead | None, following: IssueHead | None
) -> OutputFile:
    """Render an issue's page."""
    month = PageLink(format_date(issue.date, sheet.theme.words, "month_year"), month_page(issue.date))
    trail = (_folder("archive", sheet), month, PageLink(issue.title, issue.page))
    documents = tuple(document for section in issue.sections for document in documents_of(section))
    minutes = reading_minutes(documents)
    metadata = describe_issue(sheet.frame, issue, trail, minutes=minutes, picture=_cover(issue.head, sheet))
    return _page(
        "issue",
        trail,
        metadata,
        sheet,
        place,
        issue=issue,
        previous=previous,
        following=following,
        minutes=minutes,
        fonts=_fonts(documents, sheet),
        **_content(place, sheet),
    )


def render_entry(shown: Shown, position: Position | None, sheet: Sheet) -> Iterator[OutputFile]:
    """Render an entry's own page, and those at its former addresses, which lead to it."""
    entry = shown.section.entry
    yield render_entry_page(shown, position, site_place(shown.page), sheet)
    for alias in entry.aliases:
        if former := entry_page(entry.kind, alias):
            trail = (PageLink(entry.title, former),)
            metadata = describe_page(sheet.frame, (PageLink(entry.title, shown.page),), entry.summary)
            yield _page("moved", trail, metadata, sheet, target=shown.page)


def render_entry_page(shown: Shown, position: Position | None, place: Place, sheet: Sheet) -> OutputFile:
    """Render the page of an entry."""
    entry = shown.section.entry
    trail = _way_to(shown, position, place, sheet)
    documents = tuple(prose.document for prose in read_prose(entry))
    minutes = reading_minutes(documents)
    metadata = describe_entry(
        sheet.frame,
        shown.section,
        trail,
        dates=entry_dates(entry, shown.issues[0].date) if shown.issues else None,
        minutes=minutes,
        course=position.outline.course if position else None,
        picture=_cover(shown.issues[-1], sheet) if shown.issues else None,
    )
    return _page(
        "entry",
        trail,
        metadata,
        sheet,
        place,
        shown=shown,
        section=shown.section,
        position=position,
        minutes=minutes,
        fonts=_fonts(documents, sheet),
        **_content(place, sheet),
    )


def render_archive(catalogue: Catalogue, sheet: Sheet) -> Iterator[OutputFile]:
    """Render the archive: the newest issues, and a page for each month."""
    here = _folder("archive", sheet)
    latest = catalogue.issues[:_LATEST_IN_ARCHIVE]
    yield _list_page("archive", (here,), sheet, _links(latest), latest=latest, months=catalogue.months)
    beside: Sequence[Month | None] = (None, *catalogue.months, None)
    for newer, month, older in zip(beside, catalogue.months, beside[2:], strict=False):
        trail = (here, PageLink(format_date(month.first, sheet.theme.words, "month_year"), month.page))
        metadata = describe_page(sheet.frame, trail, month.issues[0].title, items=_links(month.issues))
        yield _page("month", trail, metadata, sheet, month=month, newer=newer, older=older)


def render_courses(catalogue: Catalogue, sheet: Sheet) -> Iterator[OutputFile]:
    """Render the list of courses and the outline of each."""
    here = _folder("courses", sheet)
    courses = tuple(PageLink(one.course.title, one.page) for one in catalogue.courses)
    yield _list_page("courses", (here,), sheet, courses, courses=catalogue.courses)
    for outline, link in zip(catalogue.courses, courses, strict=True):
        units = tuple(PageLink(unit.title, unit.page) for unit in outline.units if unit.page)
        metadata = describe_course(sheet.frame, outline.course, (here, link), units=units)
        yield _page("course", (here, link), metadata, sheet, outline=outline)


def render_lists(catalogue: Catalogue, sheet: Sheet) -> Iterator[OutputFile]:
    """Render the lists of topics and problems, of collections and tags, and what each of these holds."""
    problems = by_difficulty(catalogue.of_kind("problem"))
    levels = (one.section.entry.difficulty for one in problems if isinstance(one.section.entry, content.Problem))
    yield from _render_entries("topics", catalogue.of_kind("topic"), sheet)
    yield from _render_entries("problems", problems, sheet, collections=catalogue.collections, counts=Counter(levels))
    yield from _render_shelves("collections", catalogue.collections, sheet)
    yield from _render_shelves("tags", catalogue.tags, sheet)


def render_own_page(page: content.Page, place: Place, sheet: Sheet) -> OutputFile:
    """Render a page of one's own."""
    here = PageLink(page.title, place.page)
    metadata = describe_page(sheet.frame, (here,), page.summary)
    fonts = _fonts((parse_body(page.body),), sheet)
    return _page("own", (here,), metadata, sheet, place, own=page, fonts=fonts, **_content(place, sheet))


def render_not_found(sheet: Sheet, path: str) -> OutputFile:
    """Render the page that servers show for what does not exist; `path` is that of the site at its host.

    It is shown at any address, so its links cannot be relative.
    """
    place = Place("404.html", path, f"{path}assets/")
    words = sheet.theme.words
    here = PageLink(words["not_found"], place.page)
    metadata = describe_page(sheet.frame, (here,), words["not_found_why"])
    return _page("404", (), metadata, sheet, place)._replace(path="site/404.html")


def _page(
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
    return OutputFile(f"site/{place.page}index.html", html.encode())


def _list_page(
    name: str, trail: tuple[PageLink, ...], sheet: Sheet, items: tuple[PageLink, ...], **values: Any
) -> OutputFile:
    """Render a page that lists others; the words file says what it lists."""
    lead = sheet.theme.words["leads"][name].format(name=sheet.frame.title)
    return _page(name, trail, describe_page(sheet.frame, trail, lead, items=items), sheet, **values)


def _fonts(documents: Iterable[Document], sheet: Sheet) -> tuple[str, ...]:
    """Name the font files that a page asks for at once."""
    return (*sheet.frame.fonts, FORMULA_FONT) if has_formulas(documents) else sheet.frame.fonts


def _content(place: Place, sheet: Sheet) -> Mapping[str, Any]:
    return content_values(sheet.theme, place, sheet.targets, sheet.images, sheet.as_of)


def _cover(head: IssueHead, sheet: Sheet) -> Picture | None:
    """Show a page by the cover of an issue."""
    if sheet.theme.covers is None:
        return None
    url = f"{sheet.frame.site_url}{head.page}{OPEN_GRAPH.name}"
    return Picture(url, OPEN_GRAPH.width, OPEN_GRAPH.height, head.title)


def _folder(name: str, sheet: Sheet) -> PageLink:
    """Link one of the site's own folders, which the words file names."""
    return PageLink(sheet.theme.words[name], f"{name}/")


def _links(heads: Sequence[IssueHead]) -> tuple[PageLink, ...]:
    return tuple(PageLink(head.title, head.page) for head in heads)


def _entry_links(part: Part) -> tuple[PageLink, ...]:
    return tuple(PageLink(one.section.entry.title, one.page) for one in part.entries)


def _way_to(shown: Shown, position: Position | None, place: Place, sheet: Sheet) -> tuple[PageLink, ...]:
    """Lead to an entry by way of its course, its collection, or the list of its kind."""
    section = shown.section
    here = PageLink(section.entry.title, place.page)
    if position:
        return (_folder("courses", sheet), PageLink(position.outline.course.title, position.outline.page), here)
    if isinstance(section.entry, content.Problem) and section.collection_title:
        folder = f"collections/{section.entry.collections[0]}/"
        return (_folder("problems", sheet), PageLink(section.collection_title, folder), here)
    folder = f"{section.kind}s"
    return (_folder(folder, sheet), here) if folder in _LISTED else (here,)


def _render_entries(name: str, entries: tuple[Shown, ...], sheet: Sheet, **values: Any) -> Iterator[OutputFile]:
    """Render the list of all entries of a kind."""
    here = _folder(name, sheet)
    for part in _paginate(entries, here.page):
        yield _list_page(name, _with_part((here,), part, sheet), sheet, _entry_links(part), part=part, **values)


def _render_shelves(name: str, shelves: tuple[Shelf, ...], sheet: Sheet) -> Iterator[OutputFile]:
    """Render the list of shelves, and each of them."""
    here = _folder(name, sheet)
    links = tuple(PageLink(shelf.title, shelf.page) for shelf in shelves)
    yield _list_page(name, (here,), sheet, links, shelves=shelves)
    for shelf, link in zip(shelves, links, strict=True):
        yield from _render_shelf(shelf, (here, link), sheet)


def _render_shelf(shelf: Shelf, trail: tuple[PageLink, ...], sheet: Sheet) -> Iterator[OutputFile]:
    lead = shelf.summary or sheet.theme.words["tagged"].format(tag=shelf.title)
    for part in _paginate(shelf.entries, shelf.page):
        there = _with_part(trail, part, sheet)
        metadata = describe_page(sheet.frame, there, lead, items=_entry_links(part))
        yield _page("shelf", there, metadata, sheet, shelf=shelf, part=part)


def _with_part(trail: tuple[PageLink, ...], part: Part, sheet: Sheet) -> tuple[PageLink, ...]:
    if part.number == 1:
        return trail
    title = sheet.theme.words["part_of"].format(title=trail[-1].title, n=part.number, count=part.total)
    return (*trail, PageLink(title, part.page))


def _paginate(entries: Sequence[Shown], folder: str) -> Iterator[Part]:
    """Cut a list into parts; ids hold no underscore, so that the folders of further parts cannot be an entry's."""
    starts = range(0, len(entries), ENTRIES_A_PAGE) or (0,)
    pages = [folder if number == 0 else f"{folder}page_{number + 1}/" for number in range(len(starts))]
    beside: Sequence[str | None] = (None, *pages, None)
    for number, start in enumerate(starts):
        piece = tuple(entries[start : start + ENTRIES_A_PAGE])
        yield Part(pages[number], number + 1, len(pages), piece, beside[number], beside[number + 2])
