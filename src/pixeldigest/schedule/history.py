"""What was shown before the day in hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pixeldigest.content import Ref
from pixeldigest.schedule.courses import Outline, Progress, advance
from pixeldigest.schedule.lineup import Lineup


@dataclass(slots=True)
class History:
    """The days before, summed up; grows day by day, never within one. Turns count the sections of each kind."""

    number: int = 0
    last_shown: dict[Ref, date] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    last_turn: dict[Ref, int] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)

    def note(self, lineup: Lineup, outlines: tuple[Outline, ...]) -> None:
        """Take a day's lineup in."""
        self.number = lineup.number
        for choice in lineup.choices:
            ref = Ref(choice.kind, choice.entry_id)
            self.turns[choice.kind] = self.last_turn[ref] = self.turns.get(choice.kind, 0) + 1
            self.last_shown[ref] = lineup.date
            if choice.kind == "topic":
                pinned = choice.because == "pin"
                self.progress = advance(self.progress, outlines, choice.entry_id, lineup.course_id, pinned=pinned)
