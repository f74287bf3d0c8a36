"""Rules about what is sent: topics that never are, and features that are too often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from pixeldigest.check.finding import Finding
from pixeldigest.content import Pin, Recorded, Ref
from pixeldigest.diagnostics import nearest
from pixeldigest.heads import Head
from pixeldigest.library import SETTINGS_FILE, Library
from pixeldigest.schedule import Lineup
from pixeldigest.settings import Section

WEEK = timedelta(days=7)


def check_never_sent(library: Library) -> Iterator[Finding]:
    """Warn of topics in no outline, and of courses that no day is sent from: neither comes by itself."""
    if not any(section.kind == "topic" for section in library.newsletter.sections):
        return
    misspelt = (one for one in library.newsletter.schedule.courses if not library.knows("course", one))
    sent = {course.id for course in library.public_courses} | {nearest(one, library.courses) for one in misspelt}
    found = {*_listed(library), *_named_by_days(library)}
    # An outline that cannot be read may hold any of them.
    whole = all(ref.id in library.courses for ref in library.files if ref.kind == "course")
    for head in library.topics.values() if whole else ():
        if not head.draft and head.id not in found:
            message = f"no course holds the topic '{head.id}', so it never comes"
            yield Finding(
                "never-sent", message, _way_in(library, head), library.files[head.ref], ("title",), severity="warning"
            )
    for course in library.courses.values():
        begun = any((topic := library.entry("topic", one)) and not topic.draft for one in course.topics)
        if begun and course.id not in sent:
            message = f"no day is sent from the course '{course.id}'"
            hint = f"add '{course.id}' to 'courses' in {SETTINGS_FILE}"
            file = library.files[Ref("course", course.id)]
            yield Finding("never-sent", message, hint, file, ("title",), severity="warning")


def _listed(library: Library) -> Iterator[str]:
    """Yield the topics that outlines list, and those that they seem to mean."""
    for one in (topic for course in library.courses.values() for topic in course.topics):
        yield library.current_id("topic", one) if library.knows("topic", one) else nearest(one, library.topics) or one


def _named_by_days(library: Library) -> Iterator[str]:
    """Yield the topics that days are pinned to, or were sent with."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    days: list[Pin | Recorded] = [*library.pins.values(), *library.record.values()]
    for section_id, shown in (one for day in days for one in day.sections.items()):
        if kinds.get(section_id) == "topic" and isinstance(shown, str):
            yield library.current_id("topic", shown)


def _way_in(library: Library, topic: Head) -> str:
    """Propose the chapter that a topic is most like: of its prerequisites, else by tags."""
    places = [(course, chapter) for course in library.public_courses for chapter in course.chapters]
    if not places:
        return f"write a course that lists '{topic.id}', and name it in {SETTINGS_FILE}"
    course, chapter = max(places, key=lambda place: _likeness(library, topic, place[1].topics))
    return f"add '{topic.id}' to a chapter, such as '{chapter.id}' in {library.files[Ref('course', course.id)]}"


def _likeness(library: Library, topic: Head, ids: Sequence[str]) -> tuple[int, int]:
    known = {library.current_id("topic", one) for one in ids}
    needed = {library.current_id("topic", one) for one in topic.prerequisites}
    tags = {tag for one in known if (other := library.topics.get(one)) for tag in other.tags}
    return len(known & needed), len(tags & {*topic.tags})


def check_repeats(library: Library, coming: Sequence[Lineup]) -> Iterator[Finding]:
    """Warn of sections that show a feature twice within a week; what is pinned, or gave way, is known."""
    for index, section in enumerate(library.newsletter.sections):
        if section.kind == "feature" and section.cooldown < WEEK.days:
            repeated = [*_repeats(section, coming)]
            if repeated:
                entry_id, first, second = repeated[0]
                apart = (second - first).days
                message = f"'{entry_id}' comes on {first} and again {apart} day{'' if apart == 1 else 's'} later"
                more = f", as others do ({len(repeated)} times in all)" if repeated[1:] else ""
                keys = ("sections", index, "cooldown")
                hint = _way_out(library, section)
                yield Finding("too-often", message + more, hint, SETTINGS_FILE, keys, severity="warning")


def _repeats(section: Section, coming: Sequence[Lineup]) -> Iterator[tuple[str, date, date]]:
    days: dict[str, list[date]] = defaultdict(list)
    for lineup in coming:
        for choice in lineup.choices:
            if choice.section_id == section.id and choice.because != "pin":
                days[choice.entry_id].append(lineup.date)
    for entry_id, shown in days.items():
        yield from ((entry_id, *pair) for pair in pairwise(shown) if pair[1] - pair[0] < WEEK)


def _way_out(library: Library, section: Section) -> str:
    """Say which setting mends it, where there are features enough, else how many more are needed."""
    schedule = library.newsletter.schedule
    shows = len({*schedule.days} & {*(schedule.days if section.days is None else section.days)})
    features = sum(not head.draft for head in library.entries(section.kind).values())
    if features >= shows:
        return f"give the section '{section.id}' the line 'cooldown: {WEEK.days}'"
    return f"write {shows - features} more, or give the section '{section.id}' at most {features} 'days'"
