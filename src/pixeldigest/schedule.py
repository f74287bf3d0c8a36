"""Library + pins + record + dates → lineups, with the reason for each choice; the same on any machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from pixeldigest.content import WEEKDAYS, Course, Entry, Pin, Problem, Recorded, Ref, Section, Topic
from pixeldigest.library import Library

ONE_DAY = timedelta(days=1)


class Rejected(NamedTuple):
    """A candidate that a constraint kept out."""

    entry_id: str
    constraint: str
    reason: str


class RunnerUp(NamedTuple):
    """A candidate that came after the chosen one, the preference that decided, and how the two stood."""

    entry_id: str
    preference: str
    reason: str


class Choice(NamedTuple):
    """The entry that fills a section; `because` names the deciding rule."""

    section_id: str
    kind: str
    entry_id: str
    because: str


class Omission(NamedTuple):
    """A section that was left empty although its day has it."""

    section_id: str
    reason: str


class Conflict(NamedTuple):
    """Why a day cannot be sent as it stands; `section_id` is the one concerned."""

    section_id: str
    message: str
    hint: str
    pinned: bool


class Lineup(NamedTuple):
    """What one date's issue holds, and why."""

    date: date
    number: int
    course_id: str | None
    chapter_id: str | None
    choices: tuple[Choice, ...]
    omissions: tuple[Omission, ...]
    conflicts: tuple[Conflict, ...]
    title: str | None
    note: str | None
    recorded: bool


class NoIssue(NamedTuple):
    """A date without an issue."""

    date: date
    reason: str


class Decision(NamedTuple):
    """How a section's entry was found: the choice, those behind it in order, and those kept out."""

    section: Section
    choice: Choice | None
    runners_up: tuple[RunnerUp, ...]
    rejected: tuple[Rejected, ...]


Day = Lineup | NoIssue


def plan_lineup(library: Library, day: date) -> Day:
    """Plan one date, which means every unrecorded one before it too."""
    return next(planned for planned in plan_days(library, until=day) if planned.date == day)


def plan_days(library: Library, *, until: date) -> Iterator[Day]:
    """Yield every date from the first that had or may have an issue, recorded ones as they went out."""
    history = _History()
    first = _first_day(library)
    if until < first:
        yield NoIssue(until, f"the first issue is on {library.newsletter.schedule.start}")
    last_recorded = max(library.record, default=None)
    for day in _days(first, until):
        if recorded := library.record.get(day):
            lineup = _recorded_lineup(library, day, recorded)
            history.note(library, lineup)
            yield lineup
        elif last_recorded and day < last_recorded:
            yield NoIssue(day, "it was not published, and later days were")
        elif reason := why_no_issue(library, day):
            yield NoIssue(day, reason)
        else:
            planned = _plan_day(library, history, day)
            if isinstance(planned, Lineup):
                history.note(library, planned)
            yield planned


def explain_day(library: Library, day: date) -> tuple[Decision, ...]:
    """Tell how today's rules decide each section of a date, recorded or not, given the days before it."""
    history = _History()
    for planned in plan_days(library, until=day - ONE_DAY):
        if isinstance(planned, Lineup):
            history.note(library, planned)
    return tuple(_decide_day(library, history, day))


def why_no_issue(library: Library, day: date) -> str | None:
    """Tell why an unrecorded date has no issue, or None where it has one."""
    schedule = library.newsletter.schedule
    pin = library.pins.get(day)
    if pin and pin.skip:
        return pin.skip
    if pin and pin.sections:
        return None
    if day < schedule.start:
        return f"the first issue is on {schedule.start}"
    if _weekday(day) not in schedule.days:
        return f"no issue on a {_WEEKDAY_NAMES[day.weekday()]}"
    if day in schedule.skip:
        return "the day is skipped in newsletter.yml"
    return None


_WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _first_day(library: Library) -> date:
    starts = [library.newsletter.schedule.start, *list(library.record)[:1]]
    starts += [day for day, pin in library.pins.items() if pin.sections][:1]
    return min(starts)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _recorded_lineup(library: Library, day: date, recorded: Recorded) -> Lineup:
    """Read a lineup back; ids that have changed since are today's."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    choices = tuple(
        Choice(
            section_id,
            kinds[section_id],
            library.current_id(kinds[section_id], recorded.sections[section_id]),
            recorded.because.get(section_id, "record"),
        )
        for section_id in kinds
        if section_id in recorded.sections
    )
    return Lineup(
        date=day,
        number=recorded.number,
        course_id=recorded.course,
        chapter_id=recorded.chapter,
        choices=choices,
        omissions=(),
        conflicts=(),
        title=recorded.title,
        note=recorded.note,
        recorded=True,
    )


@dataclass(slots=True)
class _History:
    """What was shown before the day in hand; grows as days are planned."""

    number: int = 0
    last_shown: dict[Ref, date] = field(default_factory=dict)
    last_turn: dict[Ref, int] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    rounds: dict[str, set[str]] = field(default_factory=dict)
    last_course: str | None = None

    def note(self, library: Library, lineup: Lineup) -> None:
        """Take a day's lineup in."""
        self.number = lineup.number
        for choice in lineup.choices:
            self.note_choice(library, lineup.date, choice, course_id=lineup.course_id)

    def note_choice(self, library: Library, day: date, choice: Choice, *, course_id: str | None = None) -> None:
        """Take one choice in; a topic counts towards the round of its course."""
        ref = Ref(choice.kind, choice.entry_id)
        self.turns[choice.kind] = self.turns.get(choice.kind, 0) + 1
        self.last_turn[ref] = self.turns[choice.kind]
        self.last_shown[ref] = day
        if choice.kind != "topic":
            return
        holders = [one for one in library.newsletter.schedule.courses if _holds(library, one, choice.entry_id)]
        course = course_id if course_id in holders else _first(_rotated(holders, self.last_course))
        if course is None:
            return
        seen = self.rounds.setdefault(course, set())
        if choice.entry_id in seen and choice.because != "pin":
            seen.clear()
        seen.add(choice.entry_id)
        self.last_course = course

    def copy(self) -> _History:
        """Copy what a day's own choices change."""
        return _History(
            self.number,
            dict(self.last_shown),
            dict(self.last_turn),
            dict(self.turns),
            {course: set(seen) for course, seen in self.rounds.items()},
            self.last_course,
        )


class _Situation(NamedTuple):
    """All that a rule may look at when it judges a candidate for a section."""

    day: date
    section: Section
    history: _History
    library: Library
    topic: Topic | None
    taken: frozenset[Ref]
    round_size: int
    course_ranks: Mapping[str, tuple[int, int, int]]


def _plan_day(library: Library, history: _History, day: date) -> Day:
    pin = library.pins.get(day, Pin())
    decisions = tuple(_decide_day(library, history.copy(), day))
    choices = tuple(decision.choice for decision in decisions if decision.choice)
    omissions = tuple(Omission(one.section.id, _why_empty(one)) for one in decisions if one.choice is None)
    if not choices:
        return NoIssue(day, "no entry fits any of its sections")
    course, chapter = _course_of(library, history, choices)
    return Lineup(
        date=day,
        number=history.number + 1,
        course_id=course,
        chapter_id=chapter,
        choices=choices,
        omissions=omissions,
        conflicts=tuple(_conflicts(library, history, day, pin, decisions)),
        title=pin.title,
        note=pin.note,
        recorded=False,
    )


def _decide_day(library: Library, history: _History, day: date) -> Iterator[Decision]:
    """Decide section by section, each seeing those before it; the history is changed."""
    pin = library.pins.get(day, Pin())
    pinned = {Ref(section.kind, pin.sections[section.id]) for section in library.newsletter.sections if section.id in pin.sections}
    taken: set[Ref] = set()
    topic: Topic | None = None
    for section in library.newsletter.sections:
        if section.id in pin.sections:
            decision = _decide_pinned(library, section, pin.sections[section.id])
        elif section.days is None or _weekday(day) in section.days:
            decision = _decide(library, history, day, section, topic, frozenset(taken | pinned))
        else:
            continue
        if choice := decision.choice:
            taken.add(Ref(choice.kind, choice.entry_id))
            if choice.kind == "topic" and topic is None:
                topic = library.topics.get(choice.entry_id)
            history.note_choice(library, day, choice)
        yield decision


def _decide_pinned(library: Library, section: Section, entry_id: str) -> Decision:
    entry = library.entry(section.kind, entry_id)
    if entry is None:
        reason = "it has errors" if library.knows(section.kind, entry_id) else f"there is no such {section.kind}"
        return Decision(section, None, (), (Rejected(entry_id, "pin", reason),))
    return Decision(section, Choice(section.id, section.kind, entry.id, "pin"), (), ())


def _decide(
    library: Library, history: _History, day: date, section: Section, topic: Topic | None, taken: frozenset[Ref]
) -> Decision:
    """Choose among all entries of the section's kind: first the constraints, then the preferences."""
    candidates = _candidates(library, section)
    situation = _Situation(day, section, history, library, topic, taken, len(candidates), {})
    given_up: list[str] = []
    fitting, rejected = _sieve(candidates, situation, ())
    while not fitting and section.when_short == "repeat" and len(given_up) < len(GIVES_WAY):
        given_up.append(GIVES_WAY[len(given_up)])
        fitting, rejected = _sieve(candidates, situation, given_up)
    if not fitting:
        return Decision(section, None, (), rejected)
    if section.kind == "topic":
        situation = situation._replace(course_ranks=_rank_topics(library, history, day, [entry.id for entry in fitting]))
    preferences = _preferences(section)
    ranked = sorted(fitting, key=lambda entry: tuple(preference.key(entry, situation) for preference in preferences))
    runners_up = tuple(_compare(ranked[0], other, situation, preferences) for other in ranked[1:])
    because = given_up[-1] if given_up else _deciding(runners_up, preferences)
    return Decision(section, Choice(section.id, section.kind, ranked[0].id, because), runners_up, rejected)


def _candidates(library: Library, section: Section) -> list[Any]:
    entries = library.entries(section.kind)
    if section.kind != "topic":
        return [entries[one] for one in sorted(entries)]
    courses = [library.courses[one] for one in library.newsletter.schedule.courses if one in library.courses]
    ids = {topic for course in courses for topic in course.topics}
    return [entries[one] for one in sorted(ids & set(entries))]


def _sieve(
    candidates: Iterable[Entry], situation: _Situation, given_up: Iterable[str]
) -> tuple[list[Entry], tuple[Rejected, ...]]:
    fitting, rejected = [], []
    for entry in candidates:
        for constraint in CONSTRAINTS:
            if constraint.name not in given_up and (reason := constraint.keeps_out(entry, situation)):
                rejected.append(Rejected(entry.id, constraint.name, reason))
                break
        else:
            fitting.append(entry)
    return fitting, tuple(rejected)


def _compare(
    chosen: Entry, other: Entry, situation: _Situation, preferences: tuple[Preference, ...]
) -> RunnerUp:
    for preference in preferences:
        if preference.key(chosen, situation) != preference.key(other, situation):
            return RunnerUp(other.id, preference.name, preference.tell(chosen, other, situation))
    return RunnerUp(other.id, "id", "")


def _deciding(runners_up: tuple[RunnerUp, ...], preferences: tuple[Preference, ...]) -> str:
    return runners_up[0].preference if runners_up else preferences[-2].name


# --- Constraints: each tells why it keeps an entry out, or None ---


def _keep_out_taken(entry: Entry, situation: _Situation) -> str | None:
    return "another section of the day has it" if entry.ref in situation.taken else None


def _keep_out_draft(entry: Entry, situation: _Situation) -> str | None:  # noqa: ARG001 - rules share one signature
    return "it is a draft" if entry.draft else None


def _keep_out_window(entry: Entry, situation: _Situation) -> str | None:
    if entry.not_before and situation.day < entry.not_before:
        return f"not before {entry.not_before}"
    if entry.not_after and situation.day > entry.not_after:
        return f"not after {entry.not_after}"
    return None


def _keep_out_unprepared(entry: Entry, situation: _Situation) -> str | None:
    if not isinstance(entry, Topic):
        return None
    shown = situation.history.last_shown
    waiting = [one for one in entry.prerequisites if not _shown_before(situation.library, shown, one, situation.day)]
    return f"it requires '{waiting[0]}', which has not been shown" if waiting else None


def _keep_out_finished(entry: Entry, situation: _Situation) -> str | None:
    """With `when_finished: drop` a course shows each topic once."""
    if situation.section.kind != "topic" or situation.library.newsletter.schedule.when_finished == "restart":
        return None
    holders = [one for one in situation.library.newsletter.schedule.courses if _holds(situation.library, one, entry.id)]
    if all(entry.id in situation.history.rounds.get(one, ()) for one in holders):
        return "it was shown, and its course does not restart"
    return None


def _keep_out_cooling(entry: Entry, situation: _Situation) -> str | None:
    cooldown = situation.section.cooldown
    last = situation.history.last_shown.get(entry.ref)
    if last and (gap := (situation.day - last).days) < cooldown:
        return f"shown {_days_ago(gap)}, {cooldown} required"
    for day in _days_pinned(situation.library, entry.ref, situation.day):
        if (gap := (day - situation.day).days) < cooldown:
            return f"pinned to {day}, {gap} days ahead, {cooldown} required"
    return None


def _keep_out_difficulty(entry: Entry, situation: _Situation) -> str | None:
    wanted = situation.section.difficulty.get(_weekday(situation.day))  # type: ignore[call-overload]
    if wanted is None or not isinstance(entry, Problem) or entry.difficulty == wanted:
        return None
    return f"it is {entry.difficulty}, and {_WEEKDAY_NAMES[situation.day.weekday()]} asks for {wanted}"


class Constraint(NamedTuple):
    """A rule that an entry must meet on a day."""

    name: str
    keeps_out: Callable[[Entry, _Situation], str | None]


CONSTRAINTS = (
    Constraint("taken", _keep_out_taken),
    Constraint("draft", _keep_out_draft),
    Constraint("window", _keep_out_window),
    Constraint("prerequisites", _keep_out_unprepared),
    Constraint("finished", _keep_out_finished),
    Constraint("cooldown", _keep_out_cooling),
    Constraint("difficulty", _keep_out_difficulty),
)

# With `when_short: repeat` these give way, one after the other.
GIVES_WAY = ("difficulty", "cooldown")


# --- Preferences: a key to sort by, and how to tell the difference between two ---


class Preference(NamedTuple):
    """An order among the entries that meet all constraints; the smaller key comes first."""

    name: str
    key: Callable[[Entry, _Situation], Any]
    tell: Callable[[Entry, Entry, _Situation], str]


def _course_key(entry: Entry, situation: _Situation) -> tuple[int, int, int]:
    return situation.course_ranks[entry.id]


def _tell_course(chosen: Entry, other: Entry, situation: _Situation) -> str:
    turn, seen, _ = _course_key(chosen, situation)
    other_turn, other_seen, _ = _course_key(other, situation)
    if turn != other_turn:
        return "its course has its turn later"
    return "shown in this round already" if seen != other_seen else "it stands later in the outline"


def _overdue_key(entry: Entry, situation: _Situation) -> int:
    """Twice the time that a full round takes, counted in turns of this kind of section."""
    turns = situation.history.turns.get(entry.kind, 0)
    waited = turns - situation.history.last_turn.get(entry.ref, 0)
    return 0 if waited >= 2 * situation.round_size else 1


def _tell_overdue(chosen: Entry, other: Entry, situation: _Situation) -> str:  # noqa: ARG001
    return f"'{chosen.id}' has waited for more than two rounds"


def _affinity_key(entry: Entry, situation: _Situation) -> int:
    return -len(_shared_tags(entry, situation))


def _tell_affinity(chosen: Entry, other: Entry, situation: _Situation) -> str:
    more, fewer = len(_shared_tags(chosen, situation)), len(_shared_tags(other, situation))
    return f"{fewer} shared tag{'' if fewer == 1 else 's'} against {more}"


def _shared_tags(entry: Entry, situation: _Situation) -> set[str]:
    return set(entry.tags) & set(situation.topic.tags) if situation.topic else set()


def _recent_key(entry: Entry, situation: _Situation) -> int:
    last = situation.history.last_shown.get(entry.ref)
    return last.toordinal() if last else 0


def _tell_recent(chosen: Entry, other: Entry, situation: _Situation) -> str:
    shown = situation.history.last_shown
    last = f"shown {_days_ago((situation.day - shown[other.ref]).days)}"
    if chosen.ref not in shown:
        return f"{last}, '{chosen.id}' never"
    return f"{last}, '{chosen.id}' {_days_ago((situation.day - shown[chosen.ref]).days)}"


def _id_key(entry: Entry, situation: _Situation) -> str:  # noqa: ARG001
    return entry.id


def _tell_id(chosen: Entry, other: Entry, situation: _Situation) -> str:  # noqa: ARG001
    return "equal otherwise; ids in alphabetical order"


_COURSE_ORDER = Preference("course-order", _course_key, _tell_course)
_OVERDUE = Preference("overdue", _overdue_key, _tell_overdue)
_AFFINITY = Preference("affinity", _affinity_key, _tell_affinity)
_LEAST_RECENT = Preference("least-recent", _recent_key, _tell_recent)
_ID = Preference("id", _id_key, _tell_id)


def _preferences(section: Section) -> tuple[Preference, ...]:
    """The preferences of a section, in the order of DESIGN, "Scheduling"."""
    if section.kind == "topic":
        return (_COURSE_ORDER, _ID)
    return (_OVERDUE, *((_AFFINITY,) if section.match else ()), _LEAST_RECENT, _ID)


# --- Courses ---


def _rank_topics(library: Library, history: _History, day: date, fitting: list[str]) -> dict[str, tuple[int, int, int]]:
    """Rank topics by their course's turn, whether this round has had them, and their place in the outline."""
    ranks: dict[str, tuple[int, int, int]] = {}
    for turn, course in enumerate(_courses_in_turn(library, history, day, set(fitting))):
        seen = history.rounds.get(course.id, set())
        for index, topic in enumerate(course.topics):
            rank = (turn, int(topic in seen), index)
            ranks[topic] = min(rank, ranks.get(topic, rank))
    return ranks


def _courses_in_turn(library: Library, history: _History, day: date, fitting: set[str]) -> list[Course]:
    schedule = library.newsletter.schedule
    ids = [one for one in schedule.courses if one in library.courses]
    if schedule.rotation == "sequential":
        current = history.last_course or ids[0]
        unseen = fitting - history.rounds.get(current, set())
        finished = current in ids and not unseen & set(library.courses[current].topics)
        ids = _rotated(ids, current, after=finished)
    else:
        ids = _rotated(ids, history.last_course)
    if isinstance(schedule.rotation, Mapping):
        own = schedule.rotation.get(_weekday(day))  # type: ignore[call-overload]
        ids.sort(key=lambda one: one != own)
    return [library.courses[one] for one in ids]


def _rotated(ids: list[str], last: str | None, *, after: bool = True) -> list[str]:
    """Turn a list so that it starts after (or with) the one that was last."""
    if last not in ids:
        return list(ids)
    cut = ids.index(last) + after
    return ids[cut:] + ids[:cut]


def _first(ids: list[str]) -> str | None:
    return ids[0] if ids else None


def _holds(library: Library, course_id: str, topic_id: str) -> bool:
    course = library.courses.get(course_id)
    return course is not None and topic_id in course.topics


def _course_of(library: Library, history: _History, choices: tuple[Choice, ...]) -> tuple[str | None, str | None]:
    """Find the course and chapter of the day's first topic."""
    topic = next((choice.entry_id for choice in choices if choice.kind == "topic"), None)
    if topic is None:
        return None, None
    order = _rotated(list(library.newsletter.schedule.courses), history.last_course)
    course = next((one for one in order if _holds(library, one, topic)), None)
    chapter = library.courses[course].chapter_of(topic) if course else None
    return course, chapter.id if chapter else None


# --- What stands in the way of sending a day ---


def _conflicts(
    library: Library, history: _History, day: date, pin: Pin, decisions: tuple[Decision, ...]
) -> Iterator[Conflict]:
    for decision in decisions:
        section = decision.section
        if section.id in pin.sections:
            yield from _pin_conflicts(library, history, day, decision)
        elif decision.choice is None and section.when_short == "stop":
            message = f"no entry fits the section '{section.id}' on {day}, and it must not be left out"
            yield Conflict(section.id, message, f"write another {section.kind}, or change 'when_short'", pinned=False)


def _pin_conflicts(library: Library, history: _History, day: date, decision: Decision) -> Iterator[Conflict]:
    section, choice = decision.section, decision.choice
    if choice is None:
        rejected = decision.rejected[0]
        message = f"'{rejected.entry_id}' is pinned to {day}, but {rejected.reason}"
        yield Conflict(section.id, message, "mend it, or pin another entry", pinned=True)
        return
    entry = library.entry(choice.kind, choice.entry_id)
    if isinstance(entry, Topic):
        for needed in entry.prerequisites:
            if not _shown_before(library, history.last_shown, needed, day):
                message = f"'{entry.id}' is pinned to {day}, but its prerequisite '{needed}' has not been shown by then"
                yield Conflict(section.id, message, "pin it later, or pin the prerequisite earlier", pinned=True)


def _why_empty(decision: Decision) -> str:
    if not decision.rejected:
        return f"there is no {decision.section.kind}"
    counts: dict[str, int] = {}
    for one in decision.rejected:
        counts[one.constraint] = counts.get(one.constraint, 0) + 1
    return "kept out by " + ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))


def _shown_before(library: Library, shown: Mapping[Ref, date], topic_id: str, day: date) -> bool:
    last = shown.get(Ref("topic", library.current_id("topic", topic_id)))
    return last is not None and last < day


def _days_pinned(library: Library, ref: Ref, after: date) -> Iterator[date]:
    """Yield the days to come on which an entry is pinned."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    for day, pin in library.pins.items():
        if day > after and day not in library.record:
            if any(kinds.get(one) == ref.kind and entry_id == ref.id for one, entry_id in pin.sections.items()):
                yield day


def _days_ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
