"""The index of a planning run: which entries may be shown, in the order in which they would be chosen."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from heapq import merge
from itertools import dropwhile, groupby, takewhile
from operator import itemgetter
from typing import NamedTuple

from pixeldigest.content import Ref
from pixeldigest.heads import Head
from pixeldigest.library import Library
from pixeldigest.schedule.courses import Courses, holders_of
from pixeldigest.schedule.history import History
from pixeldigest.schedule.lineup import Lineup
from pixeldigest.schedule.rules import (
    LASTING,
    Situation,
    affinity_key,
    count_shared,
    is_overdue,
    is_resting,
    prerequisites_of,
    rank_affinity,
    wanted_difficulty,
)

# Where an entry stands in a queue: a topic by its place in the outline, others by the day when they were last shown.
Key = tuple[int, str]
Queue = list[Key]


class _Now(NamedTuple):
    """The moment at which entries are looked at again."""

    day: date
    library: Library
    history: History


class _Shelf:
    """The open entries of a kind and difficulty, the least recent first: all in one queue, and again by their tags."""

    def __init__(self) -> None:
        self.all: Queue = []
        self.by_tags: dict[frozenset[str], Queue] = {}
        self._sets_with: defaultdict[str, list[frozenset[str]]] = defaultdict(list)

    def queue_of(self, tags: frozenset[str]) -> Queue:
        """Find the queue of those that have exactly these tags."""
        if tags not in self.by_tags:
            self.by_tags[tags] = []
            for tag in tags:
                self._sets_with[tag].append(tags)
        return self.by_tags[tags]

    def count_shared(self, tags: frozenset[str]) -> Counter[frozenset[str]]:
        """Count for each set of tags that shares some with these how many it shares."""
        return Counter(one for tag in tags for one in self._sets_with.get(tag, ()))


class Queues:
    """The entries that may be shown, kept in order from one day of a plan to the next.

    What a lasting constraint keeps out stands in no queue. All other rules are asked when an entry's turn comes: the
    queues only spare looking at those that could not be chosen.
    """

    def __init__(self, library: Library, courses: Courses, history: History, day: date) -> None:
        self._library, self._courses, self._history = library, courses, history
        self._topics: dict[str, Queue] = {outline.course_id: [] for outline in courses.outlines}
        self._shelves: defaultdict[str, dict[str | None, _Shelf]] = defaultdict(dict)
        self._standing: dict[Ref, list[tuple[Queue, Key]]] = {}
        self._dependents: defaultdict[Ref, list[Head]] = defaultdict(list)
        self._changes: list[tuple[date, Ref]] = []
        kinds = {section.kind for section in library.newsletter.sections} & library.by_kind.keys()
        for entry in (one for kind in sorted(kinds) for _, one in sorted(library.entries(kind).items())):
            for _, required in prerequisites_of(entry, library):
                self._dependents[required].append(entry)
            self._changes += [(change, entry.ref) for change in _window_changes(entry) if change > day]
            self._place(entry, day)
        self._changes.sort(reverse=True)

    def open_day(self, day: date) -> None:
        """Look again at the entries whose window opens or closes by a day."""
        while self._changes and self._changes[-1][0] <= day:
            _, ref = self._changes.pop()
            self._place(self._library.entries(ref.kind)[ref.id], day)

    def note(self, lineup: Lineup) -> None:
        """Move what a day has shown to where it stands now, and let in what waited for it."""
        for choice in lineup.choices:
            if entry := self._library.entries(choice.kind).get(choice.entry_id):
                self._place(entry, lineup.date)
            for dependent in self._dependents.get(choice.ref, ()):
                self._place(dependent, lineup.date)

    def in_order(self, situation: Situation, given_up: tuple[str, ...]) -> Iterator[Head]:
        """Yield a section's candidates, the preferred first; those missing are kept out by some constraint."""
        kind = situation.section.kind
        find = self._in_course_order if kind == "topic" else self._in_order_of_preference
        entries = self._library.entries(kind)
        return (entries[entry_id] for entry_id in find(situation, given_up))

    def _place(self, entry: Head, day: date) -> None:
        for queue, key in self._standing.pop(entry.ref, ()):
            del queue[bisect_left(queue, key)]
        now = _Now(day, self._library, self._history)
        if any(constraint.keeps_out(entry, now) for constraint in LASTING):
            return
        self._standing[entry.ref] = standing = list(self._find_queues(entry))
        for queue, key in standing:
            insort(queue, key)

    def _find_queues(self, entry: Head) -> Iterator[tuple[Queue, Key]]:
        if entry.kind == "topic":
            for outline in holders_of(self._courses, entry.id):
                yield self._topics[outline.course_id], (outline.places[entry.id], entry.id)
            return
        shelf = self._shelves[entry.kind].setdefault(entry.difficulty, _Shelf())
        key = (self._history.recency(entry.ref), entry.id)
        yield shelf.all, key
        yield shelf.queue_of(frozenset(entry.tags)), key

    def _in_course_order(self, situation: Situation, given_up: tuple[str, ...]) -> Iterator[str]:
        for turn in situation.turns:
            had = situation.progress.rounds.get(turn.course_id, frozenset())
            for _, topic_id in self._topics[turn.course_id]:
                if (topic_id in had) == turn.again and not self._rests(topic_id, situation, given_up):
                    yield topic_id

    def _rests(self, topic_id: str, situation: Situation, given_up: tuple[str, ...]) -> bool:
        return "cooldown" not in given_up and is_resting(self._history.recency(Ref("topic", topic_id)), situation)

    def _in_order_of_preference(self, situation: Situation, given_up: tuple[str, ...]) -> Iterator[str]:
        """Yield what is overdue, then level after level of shared tags; each by when it was last shown, and id."""
        kind = situation.section.kind
        shelves = self._shelves_for(situation, given_up)
        everything = [shelf.all for shelf in shelves]

        def overdue(key: Key) -> bool:
            return is_overdue(Ref(kind, key[1]), situation)

        def rested(queues: Iterable[Queue]) -> Iterator[Key]:
            keys = merge(*queues)
            return keys if "cooldown" in given_up else takewhile(lambda key: not is_resting(key[0], situation), keys)

        matches = situation.section.match is not None and situation.topic is not None
        entries = self._library.entries(kind)
        for _, alike in groupby(takewhile(overdue, rested(everything)), key=itemgetter(0)):
            ids = (entry_id for _, entry_id in alike)
            yield from sorted(ids, key=lambda one: affinity_key(entries[one], situation)) if matches else ids
        for level in _levels(shelves, situation) if matches else ():
            yield from (entry_id for _, entry_id in dropwhile(overdue, rested(level)))
        for _, entry_id in dropwhile(overdue, rested(everything)):
            if not matches or not count_shared(entries[entry_id], situation):
                yield entry_id

    def _shelves_for(self, situation: Situation, given_up: tuple[str, ...]) -> list[_Shelf]:
        shelves = self._shelves[situation.section.kind]
        wanted = None if "difficulty" in given_up else wanted_difficulty(situation)
        return [shelf for difficulty, shelf in shelves.items() if wanted is None or difficulty in {wanted, None}]


def _levels(shelves: Iterable[_Shelf], situation: Situation) -> Iterator[list[Queue]]:
    """Yield the queues of those that share tags with the day's topic, level after level of affinity."""
    topic_tags = frozenset(situation.topic.tags if situation.topic else ())
    levels: defaultdict[tuple[int, int], list[Queue]] = defaultdict(list)
    for shelf in shelves:
        for tags, shared in shelf.count_shared(topic_tags).items():
            levels[rank_affinity(shared, len(tags), situation)].append(shelf.by_tags[tags])
    return (levels[rank] for rank in sorted(levels))


def _window_changes(entry: Head) -> Iterator[date]:
    if entry.not_before:
        yield entry.not_before
    if entry.not_after and entry.not_after < date.max:
        yield entry.not_after + timedelta(days=1)
