"""Writing pins: what the plan says of coming days goes into content/calendar.yml, whose own lines stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.content import ENTRY_KINDS, Pin
from pixeldigest.datedfile import DatedFile, Lines, insert_days, write_days
from pixeldigest.diagnostics import EXIT_CONTENT, UserError
from pixeldigest.library import CALENDAR_FILE, Library
from pixeldigest.schedule import Day, Lineup, plan_days
from pixeldigest.yamltext import write_flow

_CALENDAR = DatedFile(
    CALENDAR_FILE, "pin", "What is fixed for days to come: sections, a title, a note, or 'skip: the reason'."
)


class Pinning(NamedTuple):
    """The pins to add, by date, and the days that have one already, with the sections that it leaves open."""

    pins: Mapping[date, Pin]
    open: Mapping[date, tuple[str, ...]]


def pin_days(library: Library, days: Iterable[Day]) -> Pinning:
    """Make a pin for each planned day that has none, of what its sections hold.

    Raises UserError where the plan with these pins would not be the plan that they were made from.
    """
    pins: dict[date, Pin] = {}
    left_open: dict[date, tuple[str, ...]] = {}
    coming = [day for day in days if isinstance(day, Lineup) and not day.recorded]
    for lineup in coming:
        chosen = {one.section_id: one.entry_id for one in lineup.choices if one.kind in ENTRY_KINDS}
        if pin := library.pins.get(lineup.date):
            left_open[lineup.date] = tuple(one for one in chosen if one not in pin.sections)
        elif chosen:
            pins[lineup.date] = Pin(sections=chosen)
    _check_unmoved(library, pins, coming)
    return Pinning(pins, {day: sections for day, sections in left_open.items() if sections})


def _check_unmoved(library: Library, pins: Mapping[date, Pin], coming: list[Lineup]) -> None:
    """Plan again with the pins: what gave way to fill a later day could keep an entry from an earlier one now."""
    if not pins:
        return
    pinned = library._replace(pins=MappingProxyType(dict(sorted({**library.pins, **pins}.items()))))
    again = {day.date: day for day in plan_days(pinned, until=coming[-1].date) if isinstance(day, Lineup)}
    for before in coming:
        after = again.get(before.date)
        if after is None or _held(after) != _held(before):
            message = f"with these pins {before.date} would not stay as it is planned, so none was written"
            raise UserError(f"{message}; pin that day by hand, or pin fewer days", status=EXIT_CONTENT)


def _held(lineup: Lineup) -> tuple[object, ...]:
    return lineup.number, lineup.course_id, lineup.chapter_id, {one.section_id: one.entry_id for one in lineup.choices}


def write_pins(project: Path, pins: Mapping[date, Pin]) -> Path:
    """Add pins to the calendar and return its file; it is on the disk when this returns."""
    return write_days(project, _CALENDAR, _lines_of(pins))


def insert_pins(text: str, pins: Mapping[date, Pin]) -> str:
    """Put pins into a calendar's text; raises UserError where it is written so that no line can be put in."""
    return insert_days(text, _CALENDAR, _lines_of(pins))


def _lines_of(pins: Mapping[date, Pin]) -> Mapping[date, Lines]:
    return {day: (f"{day}:", f"  sections: {write_flow(pin.sections)}") for day, pin in pins.items()}
