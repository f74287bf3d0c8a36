"""The rules with their names: constraints keep entries out, preferences put the others in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from pixeldigest.content import Entry, Problem, Ref, Section, Topic
from pixeldigest.fields import WEEKDAYS, Weekday
from pixeldigest.library import Library
from pixeldigest.schedule.courses import Rank
from pixeldigest.schedule.history import History

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Situation(NamedTuple):
    """All that a rule may look at when it judges a candidate for a section.

    `pinned` has the days of each pinned entry, `taken` what other sections of the day hold, `topic` is the day's first,
    `ranks` is course order (for a section of topics), and `round_size` how many turns it takes to show every candidate.
    """

    day: date
    section: Section
    library: Library
    history: History
    pinned: Mapping[Ref, tuple[date, ...]]
    taken: frozenset[Ref]
    topic: Topic | None
    ranks: Mapping[str, Rank]
    candidates: tuple[Entry, ...]
    round_size: int


def weekday_of(day: date) -> Weekday:
    """Name a date's weekday as settings do."""
    return WEEKDAYS[day.weekday()]


# --- Constraints: each tells why it keeps an entry out, or None ---


def _keep_out_taken(entry: Entry, situation: Situation) -> str | None:
    return "another section of the day has it" if entry.ref in situation.taken else None


def _keep_out_draft(entry: Entry, situation: Situation) -> str | None:  # noqa: ARG001 - rules share one signature
    return "it is a draft" if entry.draft else None


def _keep_out_window(entry: Entry, situation: Situation) -> str | None:
    if entry.not_before and situation.day < entry.not_before:
        return f"it has 'not_before: {entry.not_before}'"
    if entry.not_after and situation.day > entry.not_after:
        return f"it has 'not_after: {entry.not_after}'"
    return None


def _keep_out_unprepared(entry: Entry, situation: Situation) -> str | None:
    waiting = missing_prerequisites(entry, situation.library, situation.history)
    return f"it requires '{waiting[0]}', which has not been shown" if waiting else None


def missing_prerequisites(entry: Entry, library: Library, history: History) -> tuple[str, ...]:
    """Name what a topic requires and no day before has shown."""
    if not isinstance(entry, Topic):
        return ()
    shown = history.last_shown
    return tuple(one for one in entry.prerequisites if Ref("topic", library.current_id("topic", one)) not in shown)


def _keep_out_finished(entry: Entry, situation: Situation) -> str | None:
    """With `when_finished: drop` courses show each topic once."""
    drops = situation.library.newsletter.schedule.when_finished == "drop"
    if entry.kind == "topic" and drops and entry.ref in situation.history.last_shown:
        return "it was shown, and its course does not restart"
    return None


def _keep_out_cooling(entry: Entry, situation: Situation) -> str | None:
    """Cooldown counts both ways: from the last time, and to the next time that is certain."""
    cooldown = situation.section.cooldown
    last = situation.history.last_shown.get(entry.ref)
    if last and (gap := (situation.day - last).days) < cooldown:
        return f"shown {_days_ago(gap)}, {cooldown} required"
    following = next((day for day in situation.pinned.get(entry.ref, ()) if day > situation.day), None)
    if following and (gap := (following - situation.day).days) < cooldown:
        return f"pinned to {following}, {gap} day{'' if gap == 1 else 's'} ahead, {cooldown} required"
    return None


def _keep_out_difficulty(entry: Entry, situation: Situation) -> str | None:
    wanted = situation.section.difficulty.get(weekday_of(situation.day))
    if wanted is None or not isinstance(entry, Problem) or entry.difficulty == wanted:
        return None
    return f"it is {entry.difficulty}, and {WEEKDAY_NAMES[situation.day.weekday()]} asks for {wanted}"


class Constraint(NamedTuple):
    """A rule that an entry must meet on a day."""

    name: str
    keeps_out: Callable[[Entry, Situation], str | None]


_DRAFT = Constraint("draft", _keep_out_draft)
_WINDOW = Constraint("window", _keep_out_window)

CONSTRAINTS = (
    Constraint("taken", _keep_out_taken),
    _DRAFT,
    _WINDOW,
    Constraint("prerequisites", _keep_out_unprepared),
    Constraint("finished", _keep_out_finished),
    Constraint("cooldown", _keep_out_cooling),
    Constraint("difficulty", _keep_out_difficulty),
)

# A pin wins over all but these, and prerequisites.
BINDS_PINS = (_DRAFT, _WINDOW)

# With `when_short: repeat` these give way, one after the other.
GIVES_WAY = ("difficulty", "cooldown")


# --- Preferences: a key to sort by, and how to tell the difference between two ---


def _course_key(entry: Entry, situation: Situation) -> Rank:
    return situation.ranks[entry.id]


def _tell_course(chosen: Entry, other: Entry, situation: Situation) -> str:
    rank, behind = situation.ranks[chosen.id], situation.ranks[other.id]
    if rank.course_id != behind.course_id:
        return "its course has its turn later"
    return "it stands later in the outline" if rank.seen == behind.seen else "shown in this round already"


def _overdue_key(entry: Entry, situation: Situation) -> int:
    """Twice the time that a full round takes, counted in turns of this kind of section."""
    return 0 if _turns_waited(entry, situation) >= 2 * situation.round_size else 1


def _turns_waited(entry: Entry, situation: Situation) -> int:
    return situation.history.turns.get(entry.kind, 0) - situation.history.last_turn.get(entry.ref, 0)


def _tell_overdue(chosen: Entry, other: Entry, situation: Situation) -> str:  # noqa: ARG001
    waited, size = _turns_waited(chosen, situation), situation.round_size
    return f"'{chosen.id}' was not among the last {waited}, and a full round takes {size}"


def _affinity_key(entry: Entry, situation: Situation) -> int:
    return -len({*situation.topic.tags} & {*entry.tags}) if situation.topic else 0


def _tell_affinity(chosen: Entry, other: Entry, situation: Situation) -> str:
    more, fewer = -_affinity_key(chosen, situation), -_affinity_key(other, situation)
    return f"{fewer} shared tag{'' if fewer == 1 else 's'} against {more}"


def _recent_key(entry: Entry, situation: Situation) -> int:
    last = situation.history.last_shown.get(entry.ref)
    return last.toordinal() if last else 0


def _tell_recent(chosen: Entry, other: Entry, situation: Situation) -> str:
    shown = situation.history.last_shown
    last = f"shown {_days_ago((situation.day - shown[other.ref]).days)}"
    if chosen.ref not in shown:
        return f"{last}, '{chosen.id}' never"
    return f"{last}, '{chosen.id}' {_days_ago((situation.day - shown[chosen.ref]).days)}"


def _id_key(entry: Entry, situation: Situation) -> str:  # noqa: ARG001
    return entry.id


def _tell_id(chosen: Entry, other: Entry, situation: Situation) -> str:  # noqa: ARG001
    return "equal otherwise; ids in alphabetical order"


def _days_ago(days: int) -> str:
    return "yesterday" if days == 1 else f"{days} days ago"


class Preference(NamedTuple):
    """An order among the entries that meet all constraints; the smaller key comes first."""

    name: str
    key: Callable[[Entry, Situation], Any]
    tell: Callable[[Entry, Entry, Situation], str]


_COURSE_ORDER = Preference("course-order", _course_key, _tell_course)
_OVERDUE = Preference("overdue", _overdue_key, _tell_overdue)
_AFFINITY = Preference("affinity", _affinity_key, _tell_affinity)
_LEAST_RECENT = Preference("least-recent", _recent_key, _tell_recent)
_ID = Preference("id", _id_key, _tell_id)


def preferences_of(section: Section) -> tuple[Preference, ...]:
    """List a section's preferences, the strongest first; together they leave no two entries equal."""
    if section.kind == "topic":
        return (_COURSE_ORDER,)
    return (_OVERDUE, *((_AFFINITY,) if section.match else ()), _LEAST_RECENT, _ID)
