"""Issues + Library → Catalogue: what readers may see as of a day, and how it hangs together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.content import ENTRY_KINDS, Course, Ref
from pixeldigest.fields import DIFFICULTIES
from pixeldigest.heads import Head
from pixeldigest.issue import CourseName, Issue, IssueHead, IssueSection, name_course
from pixeldigest.library import Library
from pixeldigest.stamps import digest_of
from pixeldigest.targets import course_page, entry_page, issue_page, month_page


class Shown(NamedTuple):
    """An entry that readers have seen: as its newest issue has it, and the issues that it was in, oldest first.

    `digest` is of all this but the entry's texts, and so of all that lists may say.
    """

    section: IssueSection[Head]
    issues: tuple[IssueHead, ...]
    solution_due: bool
    digest: bytes = b""

    @property
    def page(self) -> str:
        """The folder below the site's root where it is to be read: its own, or that of its first issue."""
        return self.section.page or issue_page(self.issues[0].date)

    @property
    def anchor(self) -> str:
        """The part of that page which holds it; empty where it is the whole."""
        return "" if self.section.page else self.section.id


class Unit(NamedTuple):
    """A topic in the outline of a course, numbered as in 9.2; one that is still to come has no page."""

    number: str
    id: str
    title: str
    summary: str
    page: str | None


class ChapterOutline(NamedTuple):
    """A chapter with the units that readers may know of."""

    number: int
    title: str
    units: tuple[Unit, ...]


class CourseOutline(NamedTuple):
    """A course as readers see it."""

    course: Course
    chapters: tuple[ChapterOutline, ...]

    @property
    def page(self) -> str:
        """The folder of its page, below the site's root."""
        return course_page(self.course.id)

    @property
    def units(self) -> tuple[Unit, ...]:
        """All its units, in teaching order."""
        return tuple(unit for chapter in self.chapters for unit in chapter.units)

    @property
    def shown(self) -> tuple[Unit, ...]:
        """The units that can be read."""
        return tuple(unit for unit in self.units if unit.page)

    @property
    def percent(self) -> int:
        """How much of it can be read."""
        return round(100 * len(self.shown) / max(len(self.units), 1))


class Position(NamedTuple):
    """Where a topic stands in its course, of `total` units, and its neighbours there."""

    course: CourseName
    chapter: str
    unit: Unit
    place: int
    total: int
    previous: Unit | None
    following: Unit | None


class Shelf(NamedTuple):
    """Entries that belong together: a collection's, or those with a tag."""

    id: str
    page: str
    title: str
    summary: str | None
    url: str | None
    entries: tuple[Shown, ...]


class Month(NamedTuple):
    """The issues of a month, newest first; `first` is its first day."""

    first: date
    issues: tuple[IssueHead, ...]

    @property
    def page(self) -> str:
        """The folder of its page, below the site's root."""
        return month_page(self.first)


class Catalogue(NamedTuple):
    """All that pages list; issues and months are newest first, positions go by the ids of topics."""

    issues: tuple[IssueHead, ...]
    months: tuple[Month, ...]
    entries: Mapping[Ref, Shown]
    by_title: tuple[Shown, ...]
    courses: tuple[CourseOutline, ...]
    positions: Mapping[str, tuple[Position, ...]]
    collections: tuple[Shelf, ...]
    tags: tuple[Shelf, ...]

    @property
    def digest(self) -> bytes:
        """Digest all that it says."""
        entries = b"".join(shown.digest for shown in self.entries.values())
        shelves = [shelf._replace(entries=()) for shelf in (*self.collections, *self.tags)]
        return digest_of(entries + repr((self.issues, self.courses, shelves)).encode())

    def of_kind(self, kind: str) -> tuple[Shown, ...]:
        """Return the entries of a kind, by title."""
        return tuple(one for one in self.by_title if one.section.kind == kind)

    def with_section(self, section: IssueSection[Head]) -> Catalogue:
        """Show an entry as a section has it now; lists stay as they were."""
        ref = section.entry.ref
        shown = _digested(self.entries[ref]._replace(section=section))
        return self._replace(entries=MappingProxyType({**self.entries, ref: shown}))

    def position(self, shown: Shown) -> Position | None:
        """Find a topic's place in the course that its newest issue showed it in, else in any."""
        section = shown.section
        found = self.positions.get(section.entry.id, ()) if section.kind == "topic" else ()
        course = section.course.id if section.course else None
        return next((one for one in found if one.course.id == course), found[0] if found else None)


def make_catalogue(issues: tuple[Issue[Head], ...], library: Library, *, as_of: date) -> Catalogue:
    """Collect what the issues up to the day `as_of` show; `issues` are oldest first."""
    heads = tuple(issue.head for issue in issues)
    entries = _find_shown(issues, heads)
    by_title = _by_title(entries.values())
    courses = tuple(_outline(course, library, entries, as_of) for course in library.public_courses)
    return Catalogue(
        issues=heads[::-1],
        months=_group_months(heads[::-1]),
        entries=MappingProxyType(entries),
        by_title=by_title,
        courses=courses,
        positions=MappingProxyType(_positions(courses)),
        collections=_collections(library, by_title),
        tags=_tags(by_title),
    )


def _find_shown(issues: tuple[Issue[Head], ...], heads: tuple[IssueHead, ...]) -> dict[Ref, Shown]:
    found: dict[Ref, list[tuple[IssueHead, IssueSection[Head]]]] = {}
    for issue, head in zip(issues, heads, strict=True):
        for section in issue.entry_sections:
            found.setdefault(section.entry.ref, []).append((head, section))
    last = issues[-1].date if issues else None
    return {
        ref: _digested(Shown(places[-1][1], tuple(head for head, _ in places), solution_due=last != places[0][0].date))
        for ref, places in sorted(found.items())
    }


def _digested(shown: Shown) -> Shown:
    section = shown.section._replace(entry=shown.section.entry._replace(digest=b""))
    return shown._replace(digest=digest_of(repr(shown._replace(section=section)).encode()))


def _group_months(heads: tuple[IssueHead, ...]) -> tuple[Month, ...]:
    months = groupby(heads, key=lambda head: head.date.replace(day=1))
    return tuple(Month(first, tuple(group)) for first, group in months)


def _outline(course: Course, library: Library, entries: Mapping[Ref, Shown], as_of: date) -> CourseOutline:
    chapters = []
    for number, chapter in enumerate(course.chapters, start=1):
        units = (
            _unit(f"{number}.{place}", topic, entries, as_of)
            for place, one in enumerate(chapter.topics, start=1)
            if (topic := library.topics.get(library.current_id("topic", one)))
        )
        chapters.append(ChapterOutline(number, chapter.title, tuple(unit for unit in units if unit)))
    return CourseOutline(course, tuple(chapters))


def _unit(number: str, topic: Head, entries: Mapping[Ref, Shown], as_of: date) -> Unit | None:
    """Make a unit; none for a topic that nobody may know of yet: a draft, or one that is held back until a day.

    The numbers are those of the outline as it is written, so that they stay when such a topic appears.
    """
    seen = topic.ref in entries
    if not seen and (topic.draft or (topic.not_before and topic.not_before > as_of)):
        return None
    page = entry_page("topic", topic.id) if seen else None
    return Unit(number, topic.id, topic.short_title or topic.title, topic.summary if seen else "", page)


def _positions(courses: Iterable[CourseOutline]) -> dict[str, tuple[Position, ...]]:
    found: dict[str, tuple[Position, ...]] = {}
    for outline in courses:
        for position in _walk(outline):
            found[position.unit.id] = (*found.get(position.unit.id, ()), position)
    return found


def _walk(outline: CourseOutline) -> Iterator[Position]:
    """Go through a course unit by unit; the one before is the last that can be read."""
    course = name_course(outline.course)
    places = [(chapter.title, unit) for chapter in outline.chapters for unit in chapter.units]
    following = (*(unit for _, unit in places[1:]), None)
    previous = None
    for place, ((chapter, unit), after) in enumerate(zip(places, following, strict=False), start=1):
        yield Position(course, chapter, unit, place, len(places), previous, after)
        previous = unit if unit.page else previous


def _collections(library: Library, entries: Iterable[Shown]) -> tuple[Shelf, ...]:
    """Fill the collections with the problems that were shown; an empty one is none that readers know of."""
    filled: dict[str, list[Shown]] = {}
    for shown in entries:
        for one in shown.section.entry.collections:
            filled.setdefault(one, []).append(shown)
    known = (one for one in library.collections.values() if one.id in filled)
    return tuple(
        Shelf(one.id, f"collections/{one.id}/", one.title, one.summary, one.url, by_difficulty(filled[one.id]))
        for one in sorted(known, key=lambda one: (one.title.casefold(), one.id))
    )


def _tags(entries: Iterable[Shown]) -> tuple[Shelf, ...]:
    tagged: dict[str, list[Shown]] = {}
    for shown in entries:
        for tag in dict.fromkeys(shown.section.entry.tags):
            tagged.setdefault(tag, []).append(shown)
    return tuple(Shelf(tag, f"tags/{tag}/", f"#{tag}", None, None, _by_kind(tagged[tag])) for tag in sorted(tagged))


def by_difficulty(entries: Iterable[Shown]) -> tuple[Shown, ...]:
    """Sort problems from easy to hard; those of one difficulty stay in their order."""
    return tuple(sorted(entries, key=_rank))


def _rank(shown: Shown) -> int:
    difficulty = shown.section.entry.difficulty
    return DIFFICULTIES.index(difficulty) if difficulty else 0


def _by_title(entries: Iterable[Shown]) -> tuple[Shown, ...]:
    return tuple(sorted(entries, key=lambda one: (one.section.entry.title.casefold(), one.section.entry.id)))


def _by_kind(entries: Iterable[Shown]) -> tuple[Shown, ...]:
    """Sort entries by kind, topics first; those of one kind stay in their order."""
    kinds = tuple(ENTRY_KINDS)
    return tuple(sorted(entries, key=lambda one: kinds.index(one.section.kind)))
