"""Issues + Library → Catalogue: what readers may see as of a day, and how it hangs together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.content import ENTRY_KINDS, Course, Problem, Ref, Topic
from pixeldigest.fields import DIFFICULTIES
from pixeldigest.issue import Issue, IssueHead, IssueSection, course_page, entry_page, issue_page, month_page
from pixeldigest.library import Library


class Shown(NamedTuple):
    """An entry that readers have seen: as its newest issue has it, and the issues that it was in, oldest first."""

    section: IssueSection
    issues: tuple[IssueHead, ...]
    solution_due: bool

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

    outline: CourseOutline
    chapter: ChapterOutline
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
    courses: tuple[CourseOutline, ...]
    positions: Mapping[str, tuple[Position, ...]]
    collections: tuple[Shelf, ...]
    tags: tuple[Shelf, ...]

    def of_kind(self, kind: str) -> tuple[Shown, ...]:
        """Return the entries of a kind, by title."""
        return _by_title(one for ref, one in self.entries.items() if ref.kind == kind)

    def position(self, shown: Shown) -> Position | None:
        """Find a topic's place in the course that its newest issue showed it in, else in any."""
        section = shown.section
        found = self.positions.get(section.entry.id, ()) if section.kind == "topic" else ()
        course = section.course.id if section.course else None
        return next((one for one in found if one.outline.course.id == course), found[0] if found else None)


def make_catalogue(issues: tuple[Issue, ...], library: Library, *, as_of: date) -> Catalogue:
    """Collect what the issues up to the day `as_of` show; `issues` are oldest first."""
    heads = tuple(issue.head for issue in reversed(issues))
    entries = _find_shown(issues)
    courses = tuple(_outline(course, library, entries, as_of) for course in library.public_courses)
    return Catalogue(
        issues=heads,
        months=_group_months(heads),
        entries=MappingProxyType(entries),
        courses=courses,
        positions=MappingProxyType(_positions(courses)),
        collections=_collections(library, entries.values()),
        tags=_tags(entries.values()),
    )


def _find_shown(issues: tuple[Issue, ...]) -> dict[Ref, Shown]:
    found: dict[Ref, list[tuple[Issue, IssueSection]]] = {}
    for issue in issues:
        for section in issue.entry_sections:
            found.setdefault(section.entry.ref, []).append((issue, section))
    return {
        ref: Shown(
            section=places[-1][1],
            issues=tuple(issue.head for issue, _ in places),
            solution_due=issues[-1].date > places[0][0].date,
        )
        for ref, places in sorted(found.items())
    }


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


def _unit(number: str, topic: Topic, entries: Mapping[Ref, Shown], as_of: date) -> Unit | None:
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
    places = [(chapter, unit) for chapter in outline.chapters for unit in chapter.units]
    following = (*(unit for _, unit in places[1:]), None)
    previous = None
    for place, ((chapter, unit), after) in enumerate(zip(places, following, strict=False), start=1):
        yield Position(outline, chapter, unit, place, len(places), previous, after)
        previous = unit if unit.page else previous


def _collections(library: Library, entries: Iterable[Shown]) -> tuple[Shelf, ...]:
    """Fill the collections with the problems that were shown; an empty one is none that readers know of."""
    filled: dict[str, list[Shown]] = {}
    for shown in entries:
        if isinstance(shown.section.entry, Problem):
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
    """Sort problems from easy to hard, those of one difficulty by title."""
    return tuple(sorted(_by_title(entries), key=_rank))


def _rank(shown: Shown) -> int:
    entry = shown.section.entry
    return DIFFICULTIES.index(entry.difficulty) if isinstance(entry, Problem) else 0


def _by_title(entries: Iterable[Shown]) -> tuple[Shown, ...]:
    return tuple(sorted(entries, key=lambda one: (one.section.entry.title.casefold(), one.section.entry.id)))


def _by_kind(entries: Iterable[Shown]) -> tuple[Shown, ...]:
    """Sort entries by kind, topics first, then by title."""
    kinds = tuple(ENTRY_KINDS)
    return tuple(sorted(_by_title(entries), key=lambda one: kinds.index(one.section.kind)))
