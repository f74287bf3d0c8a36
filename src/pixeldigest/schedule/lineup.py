"""What planning yields: a lineup for each date or the reason why it has none, and how each section was decided."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pixeldigest.content import Section


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
    """What one date's issue holds, and why; only with conflicts may it hold nothing."""

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


Day = Lineup | NoIssue


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


class Decision(NamedTuple):
    """How a section's entry was found: the choice, those behind it in order, and those kept out.

    `course_id` is the course that a topic is shown for.
    """

    section: Section
    choice: Choice | None
    runners_up: tuple[RunnerUp, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    course_id: str | None = None
    conflicts: tuple[Conflict, ...] = ()
