"""Course order: which course has its turn, and which of its topics comes next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.content import Rotation
from pixeldigest.fields import Weekday
from pixeldigest.library import Library

Rotations = Rotation | Mapping[Weekday, str]


class Outline(NamedTuple):
    """A course as the schedule sees it: its topics by today's ids, in teaching order, each with its chapter."""

    course_id: str
    chapters: Mapping[str, str]


class Progress(NamedTuple):
    """How far the courses are.

    `rounds` holds the topics that each course's round has had, `last` the course shown last, and `current` the last
    one that was not shown by a pin: a pin does not make a sequence of courses jump.
    """

    rounds: Mapping[str, frozenset[str]] = MappingProxyType({})
    last: str | None = None
    current: str | None = None


class Rank(NamedTuple):
    """A topic's place in course order, the smaller first: the turn, then the place in the outline."""

    turn: int
    place: int
    course_id: str
    seen: bool


def read_outlines(library: Library) -> tuple[Outline, ...]:
    """Read the courses that are sent, in the order of the settings."""
    return tuple(
        Outline(
            one,
            {
                library.current_id("topic", topic): chapter.id
                for chapter in library.courses[one].chapters
                for topic in chapter.topics
            },
        )
        for one in library.newsletter.schedule.courses
        if one in library.courses
    )


def rank_topics(
    outlines: tuple[Outline, ...], progress: Progress, rotation: Rotations, weekday: Weekday
) -> dict[str, Rank]:
    """Rank every topic; one that several courses hold has its best place."""
    ids = [outline.course_id for outline in outlines]
    turns = {turn: number for number, turn in enumerate(_order_turns(ids, progress, rotation, weekday))}
    ranks: dict[str, Rank] = {}
    for outline in outlines:
        course, round_ = outline.course_id, progress.rounds.get(outline.course_id, frozenset())
        for place, topic in enumerate(outline.chapters):
            rank = Rank(turns[course, topic in round_], place, course, topic in round_)
            ranks[topic] = min(rank, ranks.get(topic, rank))
    return ranks


def advance(
    progress: Progress, outlines: tuple[Outline, ...], topic_id: str, course_id: str | None, *, pinned: bool
) -> Progress:
    """Take a shown topic in: it counts for every course that holds it, and begins its own anew where it comes again.

    `course_id` is the course it was shown for; one that does not hold it (any more) is not believed.
    """
    holders = [outline.course_id for outline in outlines if topic_id in outline.chapters]
    if not holders:
        return progress
    shown_for = course_id if course_id in holders else holders[0]
    rounds = dict(progress.rounds)
    if topic_id in rounds.get(shown_for, ()) and not pinned:
        rounds[shown_for] = frozenset()
    for one in holders:
        rounds[one] = rounds.get(one, frozenset()) | {topic_id}
    return Progress(rounds, shown_for, progress.current if pinned else shown_for)


def chapter_of(outlines: tuple[Outline, ...], course_id: str | None, topic_id: str) -> str | None:
    """Find the chapter of a course that holds a topic."""
    return next((one.chapters.get(topic_id) for one in outlines if one.course_id == course_id), None)


def _order_turns(ids: list[str], progress: Progress, rotation: Rotations, weekday: Weekday) -> list[tuple[str, bool]]:
    """Order the courses, each once with the topics its round has not had (False) and once with those it had (True)."""
    if rotation == "sequential":
        going_on = _rotate(ids, progress.current, after=False)
        starting_over = _rotate(ids, progress.current)
        return [*((one, False) for one in going_on), *((one, True) for one in starting_over)]
    turns = _rotate(ids, progress.last)
    if isinstance(rotation, Mapping):
        turns.sort(key=lambda one: one != rotation.get(weekday))
    return [(one, seen) for one in turns for seen in (False, True)]


def _rotate(ids: list[str], last: str | None, *, after: bool = True) -> list[str]:
    """Turn a list so that it starts after (or with) the one that was last."""
    if last not in ids:
        return list(ids)
    cut = ids.index(last) + after
    return ids[cut:] + ids[:cut]
