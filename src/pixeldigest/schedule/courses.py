"""Course order: which course has its turn, and which of its topics comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.fields import Weekday
from pixeldigest.library import Library
from pixeldigest.settings import Rotation

Rotations = Rotation | Mapping[Weekday, str]


class Outline(NamedTuple):
    """A course as the schedule sees it: its topics by today's ids, in teaching order, each with its chapter."""

    course_id: str
    chapters: Mapping[str, str]
    places: Mapping[str, int]


class Courses(NamedTuple):
    """The courses that are sent, in the order of the settings, and how they take turns."""

    outlines: tuple[Outline, ...]
    rotation: Rotations


class Progress(NamedTuple):
    """How far the courses are.

    `rounds` holds the topics that each course's round has had, `turns` the courses that were shown, the last at the
    end, and `current` the last one that was not shown by a pin: a pin does not make a sequence of courses jump.
    """

    rounds: Mapping[str, frozenset[str]] = MappingProxyType({})
    turns: tuple[str, ...] = ()
    current: str | None = None

    def has_had(self, course_id: str, topic_id: str) -> bool:
        """Tell whether a course's round has had a topic."""
        return topic_id in self.rounds.get(course_id, ())


class Turn(NamedTuple):
    """A course's turn: with the topics its round has not had, or (`again`) with those it had."""

    course_id: str
    again: bool


class Rank(NamedTuple):
    """A topic's place in course order, the smaller first: the turn, then the place in the outline."""

    turn: int
    place: int
    course_id: str
    again: bool


def read_courses(library: Library) -> Courses:
    """Read the courses that are sent, in the order of the settings."""
    schedule = library.newsletter.schedule
    outlines = (_read_outline(library, one) for one in schedule.courses if one in library.courses)
    return Courses(tuple(outlines), schedule.rotation)


def _read_outline(library: Library, course_id: str) -> Outline:
    chapters = {
        library.current_id("topic", topic): chapter.id
        for chapter in library.courses[course_id].chapters
        for topic in chapter.topics
    }
    return Outline(course_id, chapters, {topic: place for place, topic in enumerate(chapters)})


def order_turns(courses: Courses, progress: Progress, weekday: Weekday) -> tuple[Turn, ...]:
    """Order the courses' turns on a day: where the first has no topic to show, the next has its turn.

    Courses that take turns are ordered by how long ago they had theirs: one with a topic to show waits for each of the
    others once, whatever is pinned. Within its course a topic waits for each of the others twice at most: for the rest
    of the round that had it, and for those before it in the next.
    """
    ids = [outline.course_id for outline in courses.outlines]
    if courses.rotation == "sequential":
        going_on = _rotate(ids, progress.current, after=False)
        starting_over = _rotate(ids, progress.current)
        return (*(Turn(one, again=False) for one in going_on), *(Turn(one, again=True) for one in starting_over))
    ids.sort(key=lambda one: progress.turns.index(one) if one in progress.turns else -1)
    if isinstance(courses.rotation, Mapping):
        own = courses.rotation.get(weekday)
        ids.sort(key=lambda one: one != own)
    return tuple(Turn(one, again) for one in ids for again in (False, True))


def rank_topic(courses: Courses, progress: Progress, turns: tuple[Turn, ...], topic_id: str) -> Rank | None:
    """Find a topic's best place among the courses that hold it."""
    ranks = []
    for outline in holders_of(courses, topic_id):
        again = progress.has_had(outline.course_id, topic_id)
        turn = turns.index(Turn(outline.course_id, again))
        ranks.append(Rank(turn, outline.places[topic_id], outline.course_id, again))
    return min(ranks, default=None)


def holders_of(courses: Courses, topic_id: str) -> Iterator[Outline]:
    """Yield the outlines that hold a topic."""
    return (outline for outline in courses.outlines if topic_id in outline.places)


def advance(courses: Courses, progress: Progress, topic_id: str, course_id: str | None, *, pinned: bool) -> Progress:
    """Take a topic in that was shown for a course: it counts for all that hold it, and may begin a round anew."""
    if course_id is None:
        return progress
    rounds = dict(progress.rounds)
    if progress.has_had(course_id, topic_id) and not pinned:
        rounds[course_id] = frozenset()
    for outline in holders_of(courses, topic_id):
        rounds[outline.course_id] = rounds.get(outline.course_id, frozenset()) | {topic_id}
    turns = (*(one for one in progress.turns if one != course_id), course_id)
    return Progress(rounds, turns, progress.current if pinned else course_id)


def course_for(
    courses: Courses, progress: Progress, weekday: Weekday, topic_id: str, recorded: str | None
) -> str | None:
    """Tell which course a topic is shown for: the recorded one if it holds the topic, else the one whose turn it is."""
    if recorded in [outline.course_id for outline in holders_of(courses, topic_id)]:
        return recorded
    rank = rank_topic(courses, progress, order_turns(courses, progress, weekday), topic_id)
    return rank.course_id if rank else None


def chapter_of(courses: Courses, course_id: str | None, topic_id: str) -> str | None:
    """Find the chapter of a course that holds a topic."""
    return next((one.chapters.get(topic_id) for one in courses.outlines if one.course_id == course_id), None)


def _rotate(ids: list[str], last: str | None, *, after: bool = True) -> list[str]:
    """Turn a list so that it starts after (or with) the one that was last."""
    if last not in ids:
        return list(ids)
    cut = ids.index(last) + after
    return ids[cut:] + ids[:cut]
