"""The runway: for how long each section and each course has something fresh to show, and what to write next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.fields import WEEKDAYS
from pixeldigest.heads import Head
from pixeldigest.library import Library
from pixeldigest.schedule import Day, Lineup, plan_days
from pixeldigest.settings import Section

FRESH = "An entry is fresh until its first issue; fresh content ends on the first day that has none to show."


class Runway(NamedTuple):
    """How far the fresh content of a section or a course reaches.

    `days` counts from the first day that was looked at to the one on which it `ends`; both are None where it lasts
    longer than was looked ahead. `fresh` counts the entries that no issue has shown yet. `difficulty` is what that
    day asks for.
    """

    what: str
    id: str
    kind: str
    fresh: int
    days: int | None
    ends: date | None
    difficulty: str | None


def measure_runways(library: Library, *, first: date, until: date) -> tuple[Runway, ...]:
    """Measure every section that is filled with entries, and every course, from `first` to `until`."""
    ahead = _look_ahead(library, first, until)
    return tuple(_measure(ahead, lane, first) for lane in _lanes(library))


def shortest(runways: tuple[Runway, ...]) -> Runway | None:
    """Name the runway that ends first, which tells what to write next; of equal ones a course, then the first."""
    ending = [one for one in runways if one.ends]
    return min(ending, key=lambda one: (one.ends, one.what != "course"), default=None)


def name_wanted(runway: Runway) -> str:
    """Name the kind of entry that a runway needs, as in 'a medium problem'."""
    words = f"{runway.difficulty} {runway.kind}" if runway.difficulty else runway.kind
    article = "an" if words[0] in "aeiou" else "a"
    return f"{article} {words}" + (f" for the course '{runway.id}'" if runway.what == "course" else "")


class _Lane(NamedTuple):
    """A section or a course: its entries, and the sections that may show them."""

    what: str
    id: str
    kind: str
    entries: tuple[Head, ...]
    sections: tuple[Section, ...]


class _Turn(NamedTuple):
    """A coming day that has an issue, or would if there were entries, and the section of each entry it shows."""

    date: date
    shown_in: Mapping[Ref, str]


class _Ahead(NamedTuple):
    """The plan as a runway sees it: its coming days, when each entry has its first issue, and the days of pins."""

    library: Library
    turns: tuple[_Turn, ...]
    first_shown: Mapping[Ref, date]
    pinned: Mapping[Ref, tuple[date, ...]]

    def is_fresh(self, ref: Ref, day: date) -> bool:
        """Tell whether no issue before a day has shown an entry."""
        return self.first_shown.get(ref, date.max) >= day


def _lanes(library: Library) -> Iterator[_Lane]:
    settings = library.newsletter
    sections = [one for one in settings.sections if one.kind in ENTRY_KINDS and one.days != ()]
    topics = library.entries("topic")
    outlines = {
        one: {library.current_id("topic", topic) for topic in library.courses[one].topics} & topics.keys()
        for one in settings.schedule.courses
        if one in library.courses
    }
    scheduled = sorted(set[str]().union(*outlines.values()))
    for section in sections:
        entries = library.entries(section.kind)
        ids = scheduled if section.kind == "topic" else sorted(entries)
        yield _Lane("section", section.id, section.kind, tuple(entries[one] for one in ids), (section,))
    teaching = tuple(one for one in sections if one.kind == "topic")
    for course, held in outlines.items() if teaching else ():
        yield _Lane("course", course, "topic", tuple(topics[one] for one in sorted(held)), teaching)


def _look_ahead(library: Library, first: date, until: date) -> _Ahead:
    turns: list[_Turn] = []
    first_shown: dict[Ref, date] = {}
    for day in plan_days(library, until=until):
        choices = day.choices if isinstance(day, Lineup) else ()
        for one in choices:
            first_shown.setdefault(Ref(one.kind, one.entry_id), day.date)
        if day.date >= first and _is_open(library, day):
            turns.append(_Turn(day.date, {Ref(one.kind, one.entry_id): one.section_id for one in choices}))
    return _Ahead(library, tuple(turns), first_shown, _pinned_days(library))


def _is_open(library: Library, day: Day) -> bool:
    """Tell whether a day has an issue that entries can be written for, even where there are none yet."""
    if isinstance(day, Lineup):
        return not day.recorded
    schedule, pin = library.newsletter.schedule, library.pins.get(day.date)
    skipped = day.date in schedule.skip or (pin is not None and pin.skip is not None)
    return not skipped and WEEKDAYS[day.date.weekday()] in schedule.days


def _pinned_days(library: Library) -> Mapping[Ref, tuple[date, ...]]:
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    pinned: dict[Ref, tuple[date, ...]] = {}
    for day, pin in library.pins.items():
        for section_id, entry_id in pin.sections.items():
            if kind := kinds.get(section_id):
                ref = Ref(kind, library.current_id(kind, entry_id))
                pinned[ref] = (*pinned.get(ref, ()), day)
    return pinned


def _measure(ahead: _Ahead, lane: _Lane, first: date) -> Runway:
    left = [one for one in lane.entries if not one.draft and ahead.is_fresh(one.ref, first)]
    for turn in ahead.turns:
        sections = [one for one in lane.sections if one.days is None or WEEKDAYS[turn.date.weekday()] in one.days]
        if sections and not any(_may_show(ahead, one, section, turn) for section in sections for one in left):
            asked = sections[0].difficulty.get(WEEKDAYS[turn.date.weekday()])
            return Runway(lane.what, lane.id, lane.kind, len(left), (turn.date - first).days, turn.date, asked)
    return Runway(lane.what, lane.id, lane.kind, len(left), None, None, None)


def _may_show(ahead: _Ahead, entry: Head, section: Section, turn: _Turn) -> bool:
    """Tell whether a section shows a fresh entry on a day, or could if it did not prefer a repetition.

    The rules are the schedule's constraints; a test holds the two to each other.
    """
    if not ahead.is_fresh(entry.ref, turn.date):
        return False
    shown_in = turn.shown_in.get(entry.ref)
    if shown_in == section.id:
        return True
    if shown_in and (turn.date in ahead.pinned.get(entry.ref, ()) or _is_before(ahead.library, shown_in, section.id)):
        return False
    wanted = section.difficulty.get(WEEKDAYS[turn.date.weekday()])
    return (
        (entry.not_before or turn.date) <= turn.date <= (entry.not_after or turn.date)
        and (wanted is None or entry.difficulty in (wanted, None))
        and all(
            timedelta(0) >= day - turn.date or (day - turn.date).days >= section.cooldown
            for day in ahead.pinned.get(entry.ref, ())
        )
        and not any(ahead.is_fresh(one, turn.date) for one in _prerequisites(ahead.library, entry))
    )


def _is_before(library: Library, one: str, other: str) -> bool:
    """Tell whether a section is decided before another of its kind, and so takes what it shows away from it."""
    ids = [section.id for section in library.newsletter.sections]
    return ids.index(one) < ids.index(other)


def _prerequisites(library: Library, entry: Head) -> tuple[Ref, ...]:
    return tuple(Ref("topic", library.current_id("topic", one)) for one in entry.prerequisites)
