"""What was shown before the day in hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pixeldigest.content import Ref
from pixeldigest.fields import WEEKDAYS
from pixeldigest.schedule.courses import Courses, Progress, advance, course_for
from pixeldigest.schedule.lineup import Choice, Lineup

NEVER = 0


@dataclass(slots=True)
class History:
    """The days before, summed up; grows day by day, never within one.

    Turns count the choices of each kind; `last_turn` has how many there had been when an entry's last day was over.
    """

    number: int = 0
    last_shown: dict[Ref, date] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    last_turn: dict[Ref, int] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)

    def note(self, lineup: Lineup, courses: Courses) -> None:
        """Take a day's lineup in."""
        self.number = lineup.number
        recorded_course = lineup.course_id
        for choice in lineup.choices:
            self.turns[choice.kind] = self.turns.get(choice.kind, 0) + 1
            if choice.kind == "topic":
                self._advance(lineup, choice, courses, recorded_course)
                recorded_course = None  # the record names the first topic's only
        for choice in lineup.choices:
            self.last_shown[choice.ref] = lineup.date
            self.last_turn[choice.ref] = self.turns[choice.kind]

    def _advance(self, lineup: Lineup, choice: Choice, courses: Courses, recorded: str | None) -> None:
        weekday = WEEKDAYS[lineup.date.weekday()]
        course_id = course_for(courses, self.progress, weekday, choice.entry_id, recorded)
        pinned = choice.because == "pin"
        self.progress = advance(courses, self.progress, choice.entry_id, course_id, pinned=pinned)

    def recency(self, ref: Ref) -> int:
        """Return the day on which an entry was last shown as a number, the least recent the smallest."""
        last = self.last_shown.get(ref)
        return last.toordinal() if last else NEVER

    def waited(self, ref: Ref) -> int:
        """Count the turns of an entry's kind since the day on which it was last shown, or all."""
        return self.turns.get(ref.kind, 0) - self.last_turn.get(ref, 0)
