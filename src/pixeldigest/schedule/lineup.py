"""What planning yields: a lineup for each date or the reason why it has none, and how each section was decided."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pixeldigest.content import Ref
from pixeldigest.settings import Section


class Choice(NamedTuple):
    """The entry that fills a section; `because` names the deciding rule."""

    section_id: str
    kind: str
    entry_id: str
    because: str

    @property
    def recorded(self) -> str:
        """Its form in the record."""
        return self.entry_id

    @property
    def ref(self) -> Ref:
        """What it is."""
        return Ref(self.kind, self.entry_id)


class Review(NamedTuple):
    """What a section repeats of earlier issues, and its place in the day's: questions to recall, or a problem solved.

    `refs` name them, as 'topic-id/question-id' or by the problem's id.
    """

    section_id: str
    kind: str
    refs: tuple[str, ...]
    place: int

    @property
    def recorded(self) -> str | tuple[str, ...]:
        """Its form in the record: a list of questions, or one problem."""
        return self.refs[0] if self.kind == "solution" else self.refs


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
    reviews: tuple[Review, ...] = ()

    @property
    def parts(self) -> tuple[Choice | Review, ...]:
        """All that the issue holds, in its order."""
        parts: list[Choice | Review] = list(self.choices)
        for review in self.reviews:
            parts.insert(review.place, review)
        return tuple(parts)


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
    """How a section's entry was found: the choice, and those behind it and kept out, the preferred first.

    `course_id` is the course that a topic is shown for, `given_up` the constraints that gave way. Only an explained
    decision names those behind the choice; one that is not names what was kept out, in no order, where nothing fits.
    """

    section: Section
    choice: Choice | None
    runners_up: tuple[RunnerUp, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    course_id: str | None = None
    conflicts: tuple[Conflict, ...] = ()
    given_up: tuple[str, ...] = ()
