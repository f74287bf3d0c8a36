"""What `plan` prints: the coming days, pins that were written, what an edit moves, and the runway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from pixeldigest.library import CALENDAR_FILE, Library
from pixeldigest.moves import ISSUE, Held, Move
from pixeldigest.pins import Pinning
from pixeldigest.report import day_as_data, format_table, name_weekday, pluralize, tell_withdrawn
from pixeldigest.runway import FRESH, Runway, name_wanted, shortest
from pixeldigest.schedule import Day, Lineup, NoIssue

_MAX_TEXT = 100


class Span(NamedTuple):
    """The days that were looked at."""

    first: date
    until: date

    def __str__(self) -> str:
        """Name the days as a sentence does."""
        days = (self.until - self.first).days + 1
        return f"the {days} days from {self.first} to {self.until}" if days > 1 else str(self.first)


class Report(NamedTuple):
    """What a command found, in words and as data."""

    text: str
    data: Mapping[str, Any]


def report_plan(days: Iterable[Day], library: Library) -> Report:
    """Write coming days as a table, with the entries' ids and the rule that decided each."""
    days = tuple(days)
    sections = [section.id for section in library.newsletter.sections]
    rows = [["date", "", "no.", "course", *sections], *(_plan_cells(day, sections) for day in days)]
    notes = [note for day in days if isinstance(day, Lineup) for note in _plan_notes(day, library)]
    text = "\n".join([*format_table(rows), *(["", *notes] if notes else [])])
    return Report(text, {"days": [day_as_data(day, library) for day in days]})


def _plan_cells(day: Day, sections: Iterable[str]) -> list[str]:
    head = [day.date.isoformat(), name_weekday(day.date)]
    if isinstance(day, NoIssue):
        return [*head, "–", day.reason]
    held = {choice.section_id: f"{choice.entry_id} ({choice.because})" for choice in day.choices}
    held |= {review.section_id: ", ".join(review.refs) for review in day.reviews}
    return [*head, str(day.number), day.course_id or "", *(held.get(one, "–") for one in sections)]


def _plan_notes(lineup: Lineup, library: Library) -> Iterator[str]:
    if lineup.date in library.withdrawn:
        yield tell_withdrawn(library, lineup.date)
    yield from (f"{lineup.date}: '{one.section_id}' is left out: {one.reason}" for one in lineup.omissions)
    yield from (f"{lineup.date}: {one.message}; {one.hint}" for one in lineup.conflicts)


def report_pinning(pinning: Pinning, span: Span) -> Report:
    """Say which days were pinned to what, and which had a pin that leaves sections open."""
    lines = [f"nothing to pin: every issue among {span} has a pin"]
    if pinning.pins:
        lines = [f"{pluralize(len(pinning.pins), 'day')} pinned in {CALENDAR_FILE}:"]
    for day, pin in pinning.pins.items():
        held = ", ".join(f"{section} {entry}" for section, entry in pin.sections.items())
        lines.append(f"  {day} {name_weekday(day)}  {held}")
    for day, sections in pinning.open.items():
        lines.append(f"{day} has a pin of its own, which leaves {_list_ids(sections)} open")
    data = {
        "pinned": {day.isoformat(): dict(pin.sections) for day, pin in pinning.pins.items()},
        "open": {day.isoformat(): list(sections) for day, sections in pinning.open.items()},
    }
    return Report("\n".join(lines), data)


class Side(NamedTuple):
    """One of the two plans that were compared: what it is called, and the files it had to leave out."""

    name: str
    left_out: tuple[str, ...]


def report_moves(moves: tuple[Move, ...], span: Span, was: Side, now: Side) -> Report:
    """Say for each day and section what it was and is, which rules decided, and the sum."""
    lines: list[str] = []
    for day, changed in groupby(moves, key=lambda one: one.day):
        lines += [f"{day} {name_weekday(day)}", *(f"  {_tell_move(one)}" for one in changed), ""]
    lines += [
        f"left out {side.name}, as they have errors: {', '.join(side.left_out)}" for side in (was, now) if side.left_out
    ]
    lines.append(_sum_up(moves, span, was))
    data = {
        "from": span.first.isoformat(),
        "to": span.until.isoformat(),
        "moves": [_move_as_data(one) for one in moves],
        "left_out": {"was": list(was.left_out), "now": list(now.left_out)},
    }
    return Report("\n".join(lines), data)


def _tell_move(move: Move) -> str:
    if move.part == ISSUE:
        return " → ".join("an issue" if one.value else f"no issue ({one.because})" for one in (move.was, move.now))
    return f"{move.part}: {_tell_held(move.was)} → {_tell_held(move.now)}"


def _tell_held(held: Held) -> str:
    text = "–" if held.value is None else " ".join(held.value.split())
    text = text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
    return f"{text} ({held.because})" if held.because else text


def _sum_up(moves: tuple[Move, ...], span: Span, was: Side) -> str:
    if not moves:
        return f"nothing moves: {span} hold{'s' if span.first == span.until else ''} what they did {was.name}"
    days = {one.day for one in moves}
    counts = {part: sum(one.part == part for one in moves) for part in dict.fromkeys(one.part for one in moves)}
    told = ", ".join(f"{part} on {count}" for part, count in counts.items())
    total = (span.until - span.first).days + 1
    return f"{len(days)} of {pluralize(total, 'day')} {'changes' if len(days) == 1 else 'change'}: {told}"


def _move_as_data(move: Move) -> dict[str, Any]:
    part = move.part.removeprefix("the ")
    return {"date": move.day.isoformat(), "part": part, "was": move.was._asdict(), "now": move.now._asdict()}


def report_runways(runways: tuple[Runway, ...], span: Span) -> Report:
    """Write the runways as a table, what fresh means, and what to write next."""
    rows = [["", "", "fresh", "days", "ends", "write"], *(_runway_cells(one, span) for one in runways)]
    lines = [*format_table(rows), "", FRESH, _next_line(shortest(runways), span)]
    data = {
        "from": span.first.isoformat(),
        "to": span.until.isoformat(),
        "fresh": FRESH,
        "runways": [_runway_as_data(one) for one in runways],
        "write_next": _runway_as_data(one)["write"] if (one := shortest(runways)) else None,
    }
    return Report("\n".join(lines), data)


def _runway_cells(runway: Runway, span: Span) -> list[str]:
    head = [runway.what, runway.id, str(runway.fresh)]
    if runway.ends is None:
        return [*head, f"{(span.until - span.first).days + 1}+", "", ""]
    return [*head, str(runway.days), runway.ends.isoformat(), name_wanted(runway)]


def _next_line(runway: Runway | None, span: Span) -> str:
    if runway is None or runway.ends is None:
        return f"Nothing runs out within {span}."
    return f"Write next: {name_wanted(runway)}, for {runway.ends} {name_weekday(runway.ends)}."


def _runway_as_data(runway: Runway) -> dict[str, Any]:
    return {
        runway.what: runway.id,
        "fresh": runway.fresh,
        "days": runway.days,
        "ends": runway.ends.isoformat() if runway.ends else None,
        "write": {
            "kind": runway.kind,
            "difficulty": runway.difficulty,
            "course": runway.id if runway.what == "course" else None,
        },
    }


def _list_ids(ids: Iterable[str]) -> str:
    *others, last = (f"'{one}'" for one in ids)
    return f"{', '.join(others)} and {last}" if others else last
