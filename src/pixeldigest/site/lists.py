"""The pages that list others: archive, courses, topics, problems, collections and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from pixeldigest.issue import IssueHead
from pixeldigest.output import Batch, OutputFile
from pixeldigest.site.catalogue import Catalogue, CourseOutline, Month, Shelf, Shown, by_difficulty
from pixeldigest.site.frame import PageLink
from pixeldigest.site.metadata import (
    describe_course,
    describe_page,
)
from pixeldigest.site.sheet import Sheet, link_folder, make_batch, render_page
from pixeldigest.words import format_date

# Longer lists go on on further pages.
ENTRIES_A_PAGE = 100
_LATEST_IN_ARCHIVE = 31


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


def archive_batches(catalogue: Catalogue, sheet: Sheet) -> Iterator[Batch]:
    """Make the archive: the newest issues, and a page for each month."""
    here = link_folder("archive", sheet)
    latest = catalogue.issues[:_LATEST_IN_ARCHIVE]
    values: dict[str, Any] = {"latest": latest, "months": catalogue.months}
    yield _list_batch("archive", (here,), sheet, catalogue.digest, _links(latest), **values)
    beside: Sequence[Month | None] = (None, *catalogue.months, None)
    for newer, month, older in zip(beside, catalogue.months, beside[2:], strict=False):
        trail = (here, PageLink(format_date(month.first, sheet.theme.words, "month_year"), month.page))
        around = [one and one.first for one in (newer, older)]
        values = {"month": month, "newer": newer, "older": older}
        yield make_batch(month.page, sheet, (month, around), partial(_render_month, trail, sheet, month, values))


def _render_month(
    trail: tuple[PageLink, ...], sheet: Sheet, month: Month, values: Mapping[str, Any]
) -> Iterator[OutputFile]:
    metadata = describe_page(sheet.frame, trail, month.issues[0].title, items=_links(month.issues))
    yield render_page("month", trail, metadata, sheet, **values)


def course_batches(catalogue: Catalogue, sheet: Sheet) -> Iterator[Batch]:
    """Make the list of courses and the outline of each."""
    here = link_folder("courses", sheet)
    links = tuple(PageLink(one.course.title, one.page) for one in catalogue.courses)
    yield _list_batch("courses", (here,), sheet, catalogue.courses, links, courses=catalogue.courses)
    for outline, link in zip(catalogue.courses, links, strict=True):
        make = partial(_render_course, outline, (here, link), sheet)
        yield make_batch(outline.page, sheet, outline, make, searched=True)


def _render_course(outline: CourseOutline, trail: tuple[PageLink, ...], sheet: Sheet) -> Iterator[OutputFile]:
    units = tuple(PageLink(unit.title, unit.page) for unit in outline.units if unit.page)
    metadata = describe_course(sheet.frame, outline.course, trail, units=units)
    yield render_page("course", trail, metadata, sheet, outline=outline)


def list_batches(catalogue: Catalogue, sheet: Sheet) -> Iterator[Batch]:
    """Make the lists of topics and problems, of collections and tags, and what each of these holds."""
    problems = by_difficulty(catalogue.of_kind("problem"))
    counts = Counter(one.section.entry.difficulty for one in problems)
    shelves = tuple(shelf._replace(entries=()) for shelf in catalogue.collections)
    yield from _entry_lists("topics", catalogue.of_kind("topic"), sheet)
    yield from _entry_lists("problems", problems, sheet, collections=shelves, counts=counts)
    yield from _shelf_lists("collections", catalogue.collections, sheet)
    yield from _shelf_lists("tags", catalogue.tags, sheet)


def _list_batch(
    name: str, trail: tuple[PageLink, ...], sheet: Sheet, seen: object, items: tuple[PageLink, ...], **values: Any
) -> Batch:
    """Make a page that lists others; the words file says what it lists."""
    return make_batch(trail[-1].page, sheet, seen, partial(_render_list, name, trail, sheet, items, values))


def _render_list(
    name: str, trail: tuple[PageLink, ...], sheet: Sheet, items: tuple[PageLink, ...], values: Mapping[str, Any]
) -> Iterator[OutputFile]:
    lead = sheet.theme.words["leads"][name].format(name=sheet.frame.title)
    yield render_page(name, trail, describe_page(sheet.frame, trail, lead, items=items), sheet, **values)


def _links(heads: Sequence[IssueHead]) -> tuple[PageLink, ...]:
    return tuple(PageLink(head.title, head.page) for head in heads)


def _entry_links(part: Part) -> tuple[PageLink, ...]:
    return tuple(PageLink(one.section.entry.title, one.page) for one in part.entries)


def _entry_lists(name: str, entries: tuple[Shown, ...], sheet: Sheet, **values: Any) -> Iterator[Batch]:
    """Make the list of all entries of a kind."""
    here = link_folder(name, sheet)
    for part in _paginate(entries, here.page):
        seen = (part.seen, values)
        trail = _with_part((here,), part, sheet)
        yield _list_batch(name, trail, sheet, seen, _entry_links(part), part=part, **values)


def _shelf_lists(name: str, shelves: tuple[Shelf, ...], sheet: Sheet) -> Iterator[Batch]:
    """Make the list of shelves, and each of them."""
    here = link_folder(name, sheet)
    links = tuple(PageLink(shelf.title, shelf.page) for shelf in shelves)
    seen = [(shelf._replace(entries=()), [one.digest for one in shelf.entries]) for shelf in shelves]
    yield _list_batch(name, (here,), sheet, seen, links, shelves=shelves)
    for shelf, link in zip(shelves, links, strict=True):
        for part in _paginate(shelf.entries, shelf.page):
            trail = _with_part((here, link), part, sheet)
            seen_there = (shelf._replace(entries=()), len(shelf.entries), part.seen)
            yield make_batch(part.page, sheet, seen_there, partial(_render_shelf, shelf, part, trail, sheet))


def _render_shelf(shelf: Shelf, part: Part, trail: tuple[PageLink, ...], sheet: Sheet) -> Iterator[OutputFile]:
    lead = shelf.summary or sheet.theme.words["tagged"].format(tag=shelf.title)
    metadata = describe_page(sheet.frame, trail, lead, items=_entry_links(part))
    yield render_page("shelf", trail, metadata, sheet, shelf=shelf, part=part)


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
