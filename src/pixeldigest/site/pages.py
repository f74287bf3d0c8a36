"""The pages of the site: each a template with what it shows, made anew where that has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from pixeldigest import content
from pixeldigest.formats.cover import OPEN_GRAPH, render_covers
from pixeldigest.formats.theme import Theme
from pixeldigest.heads import Head, find_links
from pixeldigest.issue import (
    FindTarget,
    Images,
    Issue,
    IssueHead,
    IssueSection,
    Targets,
    entry_page,
    find_images,
    find_targets,
    month_page,
    read_issue,
    read_section,
)
from pixeldigest.library import Library
from pixeldigest.markup.document import Document
from pixeldigest.markup.parse import parse_body
from pixeldigest.markup.reading import has_formulas, reading_minutes
from pixeldigest.output import Batch, OutputFile
from pixeldigest.prose import read_prose
from pixeldigest.site.catalogue import Catalogue, CourseOutline, Month, Position, Shelf, Shown, by_difficulty
from pixeldigest.site.frame import Frame, PageLink, Place, page_file, place_values, site_place
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
from pixeldigest.stamps import digest_of
from pixeldigest.words import format_date

# Longer lists go on on further pages.
ENTRIES_A_PAGE = 100
# The kinds of entry that have a list of all.
_LISTED = ("topics", "problems")
_LATEST_ON_HOME = 7
_LATEST_IN_ARCHIVE = 31


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


class Named(NamedTuple):
    """What the texts of a page name: where its links lead, whether they do yet, and how large its images are."""

    targets: Targets
    images: Images
    published: tuple[bool, ...]


class Part(NamedTuple):
    """A stretch of a long list, which has a page of its own."""

    page: str
    number: int
    total: int
    entries: tuple[Shown, ...]
    previous: str | None
    following: str | None

    @property
    def seen(self) -> object:
        """All that it shows."""
        return self._replace(entries=()), [shown.digest for shown in self.entries]


def home_batch(latest: Issue[Head] | None, catalogue: Catalogue, sheet: Sheet) -> Batch:
    """Make the home page: the latest issue, those before it, the courses, and how to subscribe."""
    seen = (latest and latest.sections, catalogue.digest)
    return _batch("", sheet, seen, partial(_render_home, latest, catalogue, sheet))


def _render_home(latest: Issue[Head] | None, catalogue: Catalogue, sheet: Sheet) -> Iterator[OutputFile]:
    metadata = describe_home(sheet.frame, picture=_cover(latest.head, sheet) if latest else None)
    values: dict[str, Any] = {
        "latest": latest and read_issue(latest, sheet.library),
        "earlier": catalogue.issues[1 : 1 + _LATEST_ON_HOME],
        "catalogue": catalogue,
        "start": sheet.library.newsletter.schedule.start,
    }
    yield _page("home", (), metadata, sheet, site_place(""), **values)


class Neighbours(NamedTuple):
    """The issues before and after one."""

    previous: IssueHead | None
    following: IssueHead | None


def issue_batch(issue: Issue[Head], place: Place, sheet: Sheet, beside: Neighbours) -> Batch:
    """Make an issue's page and its covers."""
    named = _named(issue.targets, issue.images, sheet)
    seen = (issue.digest, place, beside, named.published)
    return _batch(place.page, sheet, seen, partial(_render_issue, issue, place, sheet, beside, named), searched=True)


def _render_issue(
    head: Issue[Head], place: Place, sheet: Sheet, beside: Neighbours, named: Named
) -> Iterator[OutputFile]:
    issue = read_issue(head, sheet.library)
    month = PageLink(format_date(issue.date, sheet.theme.words, "month_year"), month_page(issue.date))
    trail = (_folder("archive", sheet), month, PageLink(issue.title, issue.page))
    documents = tuple(document for section in issue.sections for document in documents_of(section))
    minutes = reading_minutes(documents)
    metadata = describe_issue(sheet.frame, issue, trail, minutes=minutes, picture=_cover(issue.head, sheet))
    yield _page(
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
    named = _named(find_targets((head,), sheet.find_target), find_images((head,), sheet.library), sheet)
    seen = (shown.digest, head.digest, position, place, named)
    return _batch(place.page, sheet, seen, partial(_render_entry, shown, position, place, sheet, named), searched=True)


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
        picture=_cover(shown.issues[-1], sheet) if shown.issues else None,
    )
    yield _page(
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
            yield _page("moved", here, metadata, sheet, target=shown.page)


def archive_batches(catalogue: Catalogue, sheet: Sheet) -> Iterator[Batch]:
    """Make the archive: the newest issues, and a page for each month."""
    here = _folder("archive", sheet)
    latest = catalogue.issues[:_LATEST_IN_ARCHIVE]
    values: dict[str, Any] = {"latest": latest, "months": catalogue.months}
    yield _list_batch("archive", (here,), sheet, catalogue.digest, _links(latest), **values)
    beside: Sequence[Month | None] = (None, *catalogue.months, None)
    for newer, month, older in zip(beside, catalogue.months, beside[2:], strict=False):
        trail = (here, PageLink(format_date(month.first, sheet.theme.words, "month_year"), month.page))
        around = [one and one.first for one in (newer, older)]
        values = {"month": month, "newer": newer, "older": older}
        yield _batch(month.page, sheet, (month, around), partial(_render_month, trail, sheet, month, values))


def _render_month(
    trail: tuple[PageLink, ...], sheet: Sheet, month: Month, values: Mapping[str, Any]
) -> Iterator[OutputFile]:
    metadata = describe_page(sheet.frame, trail, month.issues[0].title, items=_links(month.issues))
    yield _page("month", trail, metadata, sheet, **values)


def course_batches(catalogue: Catalogue, sheet: Sheet) -> Iterator[Batch]:
    """Make the list of courses and the outline of each."""
    here = _folder("courses", sheet)
    links = tuple(PageLink(one.course.title, one.page) for one in catalogue.courses)
    yield _list_batch("courses", (here,), sheet, catalogue.courses, links, courses=catalogue.courses)
    for outline, link in zip(catalogue.courses, links, strict=True):
        make = partial(_render_course, outline, (here, link), sheet)
        yield _batch(outline.page, sheet, outline, make, searched=True)


def _render_course(outline: CourseOutline, trail: tuple[PageLink, ...], sheet: Sheet) -> Iterator[OutputFile]:
    units = tuple(PageLink(unit.title, unit.page) for unit in outline.units if unit.page)
    metadata = describe_course(sheet.frame, outline.course, trail, units=units)
    yield _page("course", trail, metadata, sheet, outline=outline)


def list_batches(catalogue: Catalogue, sheet: Sheet) -> Iterator[Batch]:
    """Make the lists of topics and problems, of collections and tags, and what each of these holds."""
    problems = by_difficulty(catalogue.of_kind("problem"))
    counts = Counter(one.section.entry.difficulty for one in problems)
    shelves = tuple(shelf._replace(entries=()) for shelf in catalogue.collections)
    yield from _entry_lists("topics", catalogue.of_kind("topic"), sheet)
    yield from _entry_lists("problems", problems, sheet, collections=shelves, counts=counts)
    yield from _shelf_lists("collections", catalogue.collections, sheet)
    yield from _shelf_lists("tags", catalogue.tags, sheet)


def own_page_batch(page: content.Page, place: Place, sheet: Sheet) -> Batch:
    """Make a page of one's own."""
    targets = {link: target for link in find_links(page.body) if (target := sheet.find_target(link))}
    named = _named(targets, find_images((), sheet.library, page.body), sheet)
    seen = (page, place, named)
    return _batch(place.page, sheet, seen, partial(_render_own_page, page, place, sheet, named), searched=True)


def _render_own_page(page: content.Page, place: Place, sheet: Sheet, named: Named) -> Iterator[OutputFile]:
    here = PageLink(page.title, place.page)
    metadata = describe_page(sheet.frame, (here,), page.summary)
    fonts = _fonts((parse_body(page.body),), sheet)
    yield _page("own", (here,), metadata, sheet, place, own=page, fonts=fonts, **_content(place, sheet, named))


def not_found_batch(sheet: Sheet, path: str) -> Batch:
    """Make the page that servers show for what does not exist; `path` is that of the site at its host.

    It is shown at any address, so its links cannot be relative.
    """
    return _batch("404/", sheet, path, partial(_render_not_found, sheet, path))


def _render_not_found(sheet: Sheet, path: str) -> Iterator[OutputFile]:
    place = Place("404.html", path, f"{path}assets/")
    words = sheet.theme.words
    here = PageLink(words["not_found"], place.page)
    metadata = describe_page(sheet.frame, (here,), words["not_found_why"])
    yield _page("404", (), metadata, sheet, place)._replace(path="site/404.html")


def _batch(
    page: str,
    sheet: Sheet,
    seen: object,
    make: Callable[[], Iterable[OutputFile]],
    *,
    searched: bool = False,
) -> Batch:
    """Put a page into a batch; `seen` is all that it shows beside what every page does."""
    return Batch(page_file(page), digest_of(sheet.digest + repr(seen).encode()), make, searched)


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
    return OutputFile(page_file(place.page), html.encode())


def _list_batch(
    name: str, trail: tuple[PageLink, ...], sheet: Sheet, seen: object, items: tuple[PageLink, ...], **values: Any
) -> Batch:
    """Make a page that lists others; the words file says what it lists."""
    return _batch(trail[-1].page, sheet, seen, partial(_render_list, name, trail, sheet, items, values))


def _render_list(
    name: str, trail: tuple[PageLink, ...], sheet: Sheet, items: tuple[PageLink, ...], values: Mapping[str, Any]
) -> Iterator[OutputFile]:
    lead = sheet.theme.words["leads"][name].format(name=sheet.frame.title)
    yield _page(name, trail, describe_page(sheet.frame, trail, lead, items=items), sheet, **values)


def _fonts(documents: Iterable[Document], sheet: Sheet) -> tuple[str, ...]:
    """Name the font files that a page asks for at once."""
    return (*sheet.frame.fonts, FORMULA_FONT) if has_formulas(documents) else sheet.frame.fonts


def _named(targets: Targets, images: Images, sheet: Sheet) -> Named:
    published = tuple(one.since is not None and one.since <= sheet.as_of for one in targets.values())
    return Named(targets, images, published)


def _content(place: Place, sheet: Sheet, named: Named) -> Mapping[str, Any]:
    return content_values(sheet.theme, place, named.targets, named.images, sheet.as_of)


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


def _way_to(section: IssueSection, position: Position | None, place: Place, sheet: Sheet) -> tuple[PageLink, ...]:
    """Lead to an entry by way of its course, its collection, or the list of its kind."""
    here = PageLink(section.entry.title, place.page)
    if position:
        return (_folder("courses", sheet), PageLink(position.course.title, position.course.page), here)
    if isinstance(section.entry, content.Problem) and section.collection_title:
        folder = f"collections/{section.entry.collections[0]}/"
        return (_folder("problems", sheet), PageLink(section.collection_title, folder), here)
    folder = f"{section.kind}s"
    return (_folder(folder, sheet), here) if folder in _LISTED else (here,)


def _entry_lists(name: str, entries: tuple[Shown, ...], sheet: Sheet, **values: Any) -> Iterator[Batch]:
    """Make the list of all entries of a kind."""
    here = _folder(name, sheet)
    for part in _paginate(entries, here.page):
        seen = (part.seen, values)
        trail = _with_part((here,), part, sheet)
        yield _list_batch(name, trail, sheet, seen, _entry_links(part), part=part, **values)


def _shelf_lists(name: str, shelves: tuple[Shelf, ...], sheet: Sheet) -> Iterator[Batch]:
    """Make the list of shelves, and each of them."""
    here = _folder(name, sheet)
    links = tuple(PageLink(shelf.title, shelf.page) for shelf in shelves)
    seen = [(shelf._replace(entries=()), [one.digest for one in shelf.entries]) for shelf in shelves]
    yield _list_batch(name, (here,), sheet, seen, links, shelves=shelves)
    for shelf, link in zip(shelves, links, strict=True):
        for part in _paginate(shelf.entries, shelf.page):
            trail = _with_part((here, link), part, sheet)
            seen_there = (shelf._replace(entries=()), len(shelf.entries), part.seen)
            yield _batch(part.page, sheet, seen_there, partial(_render_shelf, shelf, part, trail, sheet))


def _render_shelf(shelf: Shelf, part: Part, trail: tuple[PageLink, ...], sheet: Sheet) -> Iterator[OutputFile]:
    lead = shelf.summary or sheet.theme.words["tagged"].format(tag=shelf.title)
    metadata = describe_page(sheet.frame, trail, lead, items=_entry_links(part))
    yield _page("shelf", trail, metadata, sheet, shelf=shelf, part=part)


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
