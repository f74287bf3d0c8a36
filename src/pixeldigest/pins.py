"""Writing pins: what the plan says of coming days goes into content/calendar.yml, whose own lines stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pydantic import ValidationError

from pixeldigest.content import ENTRY_KINDS, Calendar, Pin
from pixeldigest.diagnostics import EXIT_CONTENT, UserError
from pixeldigest.library import CALENDAR_FILE, Library
from pixeldigest.output import cannot_write
from pixeldigest.schedule import Day, Lineup, plan_days
from pixeldigest.wholefile import PROJECT_STAGING, write_whole
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltree import Mapping as KeyedNode
from pixeldigest.yamltree import Node, Scalar, parse_tree, to_plain

_NEW_CALENDAR = "# What is fixed for days to come: sections, a title, a note, or 'skip: the reason'.\n"


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
    path = (project / CALENDAR_FILE).resolve()
    try:
        before = path.read_bytes() if path.exists() else _NEW_CALENDAR.encode()
        after = insert_pins(before.decode(), pins).encode()
        write_whole(str(path), after, staging=str(project / PROJECT_STAGING), durable=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def insert_pins(text: str, pins: Mapping[date, Pin]) -> str:
    """Put a pin's lines before those of the next later date; every line that is there stays.

    Raises UserError where the file is written so that no line can be put in.
    """
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    days = _find_days(text)
    indent = " " * (days[0].column if days else 0)
    added: dict[int, list[str]] = {}
    for day, pin in sorted(pins.items()):
        added.setdefault(_line_for(day, days, lines), []).append(f"{indent}{_pin_lines(day, pin, indent, end)}")
    whole: list[str] = []
    for number, line in enumerate([*lines, ""]):
        new = added.get(number, [])
        if new and whole and not whole[-1].endswith(("\n", "\r")):
            whole.append(end)
        whole += [*new, line]
    return _checked("".join(whole), text, pins)


def _pin_lines(day: date, pin: Pin, indent: str, end: str) -> str:
    sections = ", ".join(f"{section}: {entry}" for section, entry in pin.sections.items())
    return f"{day}:{end}{indent}  sections: {{{sections}}}{end}"


def _find_days(text: str) -> tuple[Scalar, ...]:
    root = _parse(text)
    return tuple(key for key, _ in root.pairs) if isinstance(root, KeyedNode) else ()


def _parse(text: str) -> Node | None:
    return parse_tree(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n") + "\n")


def _read(text: str) -> Mapping[date, Pin]:
    return Calendar.model_validate(to_plain(_parse(text))).root


def _line_for(day: date, days: tuple[Scalar, ...], lines: list[str]) -> int:
    """Find the line to put a day before: the first later date's, with the comment right above it.

    A comment at the top of the file, right above the first date, is about the file.
    """
    later = next((key for key in days if key.text > day.isoformat()), None)
    if later is None:
        return len(lines)
    above = later.line
    while above and lines[above - 1].lstrip("\ufeff").startswith("#"):
        above -= 1
    return later.line if above == 0 else above


def _checked(text: str, before: str, pins: Mapping[date, Pin]) -> str:
    """Read the text back: it must hold what it held, and the pins."""
    wanted = {**_read(before), **pins}
    try:
        fits = wanted == _read(text)
    except (YamlError, ValidationError):
        fits = False
    if not fits:
        message = f"no pin can be put into {CALENDAR_FILE} as it is written; begin a line with each date, as in"
        raise UserError(f"{message} '2026-12-24:', and write what belongs to it below", status=EXIT_CONTENT)
    return text
