"""The rules with their names: constraints keep entries out, preferences put the others in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple, Protocol

from pixeldigest.content import Ref
from pixeldigest.fields import WEEKDAYS, Difficulty, Weekday
from pixeldigest.heads import Head
from pixeldigest.library import Library
from pixeldigest.schedule.courses import Courses, Progress, Rank, Turn, rank_topic
from pixeldigest.schedule.history import NEVER, History
from pixeldigest.settings import Section

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ROUNDS_UNTIL_OVERDUE = 2


class Moment(Protocol):
    """What a lasting constraint may look at: nothing that differs from section to section."""

    @property
    def day(self) -> date:
        """The day in hand."""

    @property
    def library(self) -> Library:
        """What editors wrote."""

    @property
    def history(self) -> History:
        """What the days before have shown."""


class Situation(NamedTuple):
    """All that a rule may look at when it judges a candidate for a section.

    `progress` and `turns` are those of the courses, `pinned` has the days of each pinned entry, `taken` what other
    sections of the day hold, `topic` is the day's first, and `round_size` how many turns show every entry once.
    """

    day: date
    section: Section
    library: Library
    history: History
    courses: Courses
    progress: Progress
    turns: tuple[Turn, ...]
    pinned: Mapping[Ref, tuple[date, ...]]
    taken: frozenset[Ref]
    topic: Head | None
    round_size: int


def weekday_of(day: date) -> Weekday:
    """Name a date's weekday as settings do."""
    return WEEKDAYS[day.weekday()]


# --- Constraints: each tells why it keeps an entry out, or None ---


def _keep_out_taken(entry: Head, situation: Situation) -> str | None:
    return "another section of the day has it" if entry.ref in situation.taken else None


def _keep_out_draft(entry: Head, moment: Moment) -> str | None:  # noqa: ARG001 - rules share one signature
    return "it is a draft" if entry.draft else None


def _keep_out_window(entry: Head, moment: Moment) -> str | None:
    if entry.not_before and moment.day < entry.not_before:
        return f"it has 'not_before: {entry.not_before}'"
    if entry.not_after and moment.day > entry.not_after:
        return f"it has 'not_after: {entry.not_after}'"
    return None


def _keep_out_unprepared(entry: Head, moment: Moment) -> str | None:
    waiting = missing_prerequisites(entry, moment.library, moment.history)
    return f"it requires '{waiting[0]}', which has not been shown" if waiting else None


def missing_prerequisites(entry: Head, library: Library, history: History) -> tuple[str, ...]:
    """Name what a topic requires and no day before has shown."""
    shown = history.last_shown
    return tuple(name for name, ref in prerequisites_of(entry, library) if ref not in shown)


def prerequisites_of(entry: Head, library: Library) -> tuple[tuple[str, Ref], ...]:
    """List what a topic requires: each as it is written, and what it is called today."""
    return tuple((one, Ref("topic", library.current_id("topic", one))) for one in entry.prerequisites)


def _keep_out_finished(entry: Head, moment: Moment) -> str | None:
    """With `when_finished: drop` courses show each topic once."""
    drops = moment.library.newsletter.schedule.when_finished == "drop"
    if entry.kind == "topic" and drops and entry.ref in moment.history.last_shown:
        return "it was shown, and its course does not restart"
    return None


def _keep_out_cooling(entry: Head, situation: Situation) -> str | None:
    """Cooldown counts both ways: from the last time, and to the next time that is certain."""
    cooldown = situation.section.cooldown
    recency = situation.history.recency(entry.ref)
    if is_resting(recency, situation):
        return f"shown {_days_ago(situation.day.toordinal() - recency)}, {cooldown} required"
    following = next((day for day in situation.pinned.get(entry.ref, ()) if day > situation.day), None)
    if following and (gap := (following - situation.day).days) < cooldown:
        return f"pinned to {following}, {gap} day{'' if gap == 1 else 's'} ahead, {cooldown} required"
    return None


def is_resting(recency: int, situation: Situation) -> bool:
    """Tell whether what was last shown on the day of this number is within the section's cooldown."""
    return recency > situation.day.toordinal() - situation.section.cooldown


def _keep_out_difficulty(entry: Head, situation: Situation) -> str | None:
    wanted = wanted_difficulty(situation)
    if wanted is None or entry.difficulty in (wanted, None):
        return None
    return f"it is {entry.difficulty}, and {WEEKDAY_NAMES[situation.day.weekday()]} asks for {wanted}"


def wanted_difficulty(situation: Situation) -> Difficulty | None:
    """Tell which difficulty the weekday asks for, if any."""
    return situation.section.difficulty.get(weekday_of(situation.day))


class Constraint(NamedTuple):
    """A rule that an entry must meet in a section on a day."""

    name: str
    keeps_out: Callable[[Head, Situation], str | None]


class LastingConstraint(NamedTuple):
    """One that changes only when an entry's window opens or closes, or when it or a prerequisite is shown."""

    name: str
    keeps_out: Callable[[Head, Moment], str | None]


_DRAFT = LastingConstraint("draft", _keep_out_draft)
_WINDOW = LastingConstraint("window", _keep_out_window)

LASTING = (
    _DRAFT,
    _WINDOW,
    LastingConstraint("prerequisites", _keep_out_unprepared),
    LastingConstraint("finished", _keep_out_finished),
)

CONSTRAINTS: tuple[Constraint | LastingConstraint, ...] = (
    Constraint("taken", _keep_out_taken),
    *LASTING,
    Constraint("cooldown", _keep_out_cooling),
    Constraint("difficulty", _keep_out_difficulty),
)

# A pin wins over all but these, and prerequisites.
BINDS_PINS = (_DRAFT, _WINDOW)

# With `when_short: repeat` these give way, one after the other.
GIVES_WAY = ("difficulty", "cooldown")


# --- Preferences: a key to sort by, and how to tell the difference between two ---


def _course_key(entry: Head, situation: Situation) -> Rank | None:
    return rank_topic(situation.courses, situation.progress, situation.turns, entry.id)


def _tell_course(chosen: Head, other: Head, situation: Situation) -> str:
    rank, behind = _course_key(chosen, situation), _course_key(other, situation)
    if rank is None or behind is None:
        return "no course that is sent holds it"
    if rank.course_id != behind.course_id:
        return f"course '{behind.course_id}' has its turn after '{rank.course_id}'"
    if rank.again == behind.again:
        return f"it comes later in course '{rank.course_id}'"
    return f"this round of course '{rank.course_id}' has had it already"


def _overdue_key(entry: Head, situation: Situation) -> int:
    """Put what is overdue in the order of waiting: by shared tags one might pass another for ever."""
    return situation.history.recency(entry.ref) if is_overdue(entry.ref, situation) else date.max.toordinal()


def is_overdue(ref: Ref, situation: Situation) -> bool:
    """Tell whether an entry has waited twice the time of a full round, counted in turns of its kind.

    This bounds every wait: once an entry is overdue, each of the others comes before it at most once in sections and
    on days that it might have had. Of `n` entries none is passed over more than `n - 1` times after `2 n` turns, with
    whatever pins, cooldowns, difficulties and days; an entry that is added counts as one more.
    """
    return situation.history.waited(ref) >= ROUNDS_UNTIL_OVERDUE * situation.round_size


def _tell_overdue(chosen: Head, other: Head, situation: Situation) -> str:
    waited = situation.history.waited(chosen.ref)
    if is_overdue(other.ref, situation):
        return f"both are overdue, after {waited} turns against {situation.history.waited(other.ref)}"
    return f"overdue after {waited} turns without it, where a full round takes {situation.round_size}"


def rank_affinity(shared: int, tags: int, situation: Situation) -> tuple[int, int]:
    """Order by shared tags; where a cooldown makes showings scarce, what has few others comes first.

    What has many would be missed on the days of its other tags.
    """
    return -shared, tags if shared and situation.section.cooldown else 0


def count_shared(entry: Head, situation: Situation) -> int:
    """Count the tags that an entry shares with the day's topic."""
    return len({*situation.topic.tags} & {*entry.tags}) if situation.topic else 0


def affinity_key(entry: Head, situation: Situation) -> tuple[int, int]:
    """Rank an entry by the tags that it shares with the day's topic."""
    return rank_affinity(count_shared(entry, situation), len({*entry.tags}), situation)


def _tell_affinity(chosen: Head, other: Head, situation: Situation) -> str:
    more, fewer = count_shared(chosen, situation), count_shared(other, situation)
    told = f"{more} shared tag{'' if more == 1 else 's'}"
    if more > fewer:
        return f"{told} against {fewer}"
    return f"{told} each, of {len({*chosen.tags})} in all against {len({*other.tags})}"


def _recent_key(entry: Head, situation: Situation) -> int:
    return situation.history.recency(entry.ref)


def _tell_recent(chosen: Head, other: Head, situation: Situation) -> str:
    today, shown = situation.day.toordinal(), situation.history.recency
    last = _days_ago(today - shown(other.ref))
    if shown(chosen.ref) == NEVER:
        return f"never shown, that one {last}"
    return f"last shown {_days_ago(today - shown(chosen.ref))}, that one {last}"


def _id_key(entry: Head, situation: Situation) -> str:  # noqa: ARG001
    return entry.id


def _tell_id(chosen: Head, other: Head, situation: Situation) -> str:  # noqa: ARG001
    return "equal in all else, and ids go by the alphabet"


def _days_ago(days: int) -> str:
    return "yesterday" if days == 1 else f"{days} days ago"


class Preference(NamedTuple):
    """An order among the entries that meet all constraints; the smaller key comes first."""

    name: str
    key: Callable[[Head, Situation], Any]
    tell: Callable[[Head, Head, Situation], str]


_COURSE_ORDER = Preference("course-order", _course_key, _tell_course)
_OVERDUE = Preference("overdue", _overdue_key, _tell_overdue)
_AFFINITY = Preference("affinity", affinity_key, _tell_affinity)
_LEAST_RECENT = Preference("least-recent", _recent_key, _tell_recent)
_ID = Preference("id", _id_key, _tell_id)


def preferences_of(section: Section) -> tuple[Preference, ...]:
    """List a section's preferences, the strongest first; together they leave no two entries equal."""
    if section.kind == "topic":
        return (_COURSE_ORDER,)
    return (_OVERDUE, *((_AFFINITY,) if section.match else ()), _LEAST_RECENT, _ID)
