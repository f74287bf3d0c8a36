"""What an edit moves: the plans of two libraries for the same days, compared section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from pixeldigest.library import Library
from pixeldigest.schedule import Day, NoIssue, plan_days


class Held(NamedTuple):
    """What a part of a day holds: an entry's id or a text, and the rule or reason behind it, if there is one."""

    value: str | None
    because: str | None


class Move(NamedTuple):
    """A part of a day that is not what it was: a section by its id, or one of `PARTS`."""

    day: date
    part: str
    was: Held
    now: Held


# What of a day can change beside its sections, none of which has a space in its id.
ISSUE = "the issue"
PARTS = (ISSUE, "the course", "the title", "the note", "what stops it")
_NOTHING = Held(None, None)


def find_moves(was: Library, now: Library, *, first: date, until: date) -> tuple[Move, ...]:
    """List what the coming days hold in one library and not in the other; a renamed entry is the same entry."""
    return tuple(
        move
        for before, after in zip(_plan_span(was, first, until), _plan_span(now, first, until), strict=True)
        for move in _compare_day(_parts(before, now), _parts(after, now), after.date)
    )


def files_left_out(library: Library) -> tuple[str, ...]:
    """Name the files of entries that are no candidates since they have errors."""
    refs = (ref for ref in library.files if ref.kind in library.by_kind and ref.id not in library.by_kind[ref.kind])
    return tuple(sorted(library.files[ref] for ref in refs))


def _plan_span(library: Library, first: date, until: date) -> Iterator[Day]:
    """Plan some days; those before the newsletter's first have no issue."""
    planned = {day.date: day for day in plan_days(library, until=until)}
    not_yet = f"issues start on {library.newsletter.schedule.start}"
    for offset in range((until - first).days + 1):
        day = first + timedelta(days=offset)
        yield planned.get(day, NoIssue(day, not_yet))


def _compare_day(was: Mapping[str, Held], now: Mapping[str, Held], day: date) -> Iterator[Move]:
    for part in dict.fromkeys((*now, *was)):
        before, after = was.get(part, _NOTHING), now.get(part, _NOTHING)
        if before.value != after.value:
            yield Move(day, part, before, after)


def _parts(day: Day, names: Library) -> Mapping[str, Held]:
    """Take a day apart; its number is no part, since one issue more or less moves all numbers that come after."""
    if isinstance(day, NoIssue):
        return {ISSUE: Held(None, day.reason)}
    parts = {ISSUE: Held("yes", None)}
    parts |= {one.section_id: Held(names.current_id(one.kind, one.entry_id), one.because) for one in day.choices}
    parts |= {one.section_id: Held(", ".join(one.refs), one.kind) for one in day.reviews}
    parts |= {one.section_id: Held(None, one.reason) for one in day.omissions}
    texts = (day.course_id, day.title, day.note, "; ".join(one.message for one in day.conflicts))
    return parts | {part: Held(text, None) for part, text in zip(PARTS[1:], texts, strict=True) if text}
