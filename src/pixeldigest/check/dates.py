"""Rules about dates: pins, the record, and what the coming days would hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from pixeldigest.check.finding import Finding
from pixeldigest.check.references import missing
from pixeldigest.content import Pin, Section
from pixeldigest.diagnostics import suggest
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, Library
from pixeldigest.schedule import GIVES_WAY, Lineup, plan_days
from pixeldigest.yamlfile import Keys

# Planning further than this takes minutes, and a pin so far ahead has a wrong year.
MAX_PLANNED = timedelta(days=3 * 365)
SHORT_SECTION = "short-section"


def check_pins(library: Library) -> Iterator[Finding]:
    """Report pins that name what does not exist or may not be shown, or that contradict the record."""
    sections = {section.id: section for section in library.newsletter.sections}
    for day, pin in library.pins.items():
        if pin == Pin():
            hint = "give it 'sections', a 'title', a 'note' or 'skip: the reason'"
            yield Finding("pin", f"nothing is fixed for {day}", hint, CALENDAR_FILE, (day.isoformat(),))
        for section_id, entry_id in pin.sections.items():
            keys: Keys = (day.isoformat(), "sections", section_id)
            if section_id not in sections:
                message = f"there is no section '{section_id}'"
                yield Finding("unknown-section", message, suggest(section_id, sections), CALENDAR_FILE, keys)
                continue
            section = sections[section_id]
            yield from missing(library, section.kind, entry_id, CALENDAR_FILE, keys)
            recorded = library.record.get(day)
            if recorded is None and (reason := _why_not_shown(library, section, entry_id, day)):
                hint = "pin another entry, or change this one"
                yield Finding("pin", f"'{entry_id}' cannot be shown on {day}: {reason}", hint, CALENDAR_FILE, keys)
            if recorded and recorded.sections.get(section_id) != entry_id:
                message = (
                    f"this pin came too late: on {day} '{section_id}' was {_recorded_as(recorded.sections, section_id)}"
                )
                hint = "delete the pin, as what went out stays"
                yield Finding("pin", message, hint, CALENDAR_FILE, keys, severity="warning")


def _recorded_as(sections: Mapping[str, str], section_id: str) -> str:
    return f"'{sections[section_id]}'" if section_id in sections else "left out"


def _why_not_shown(library: Library, section: Section, entry_id: str, day: object) -> str | None:
    entry = library.entry(section.kind, entry_id)
    if entry is None:
        return None
    if entry.draft:
        return "it is a draft"
    if entry.not_before and str(day) < str(entry.not_before):
        return f"it has 'not_before: {entry.not_before}'"
    if entry.not_after and str(day) > str(entry.not_after):
        return f"it has 'not_after: {entry.not_after}'"
    return None


def check_record(library: Library) -> Iterator[Finding]:
    """Report lines of the record that no longer resolve."""
    sections = {section.id: section for section in library.newsletter.sections}
    for day, recorded in library.record.items():
        file = f"content/record/{day.year}.yml"
        course = library.courses.get(recorded.course or "")
        if recorded.course and not library.knows("course", recorded.course):
            message = f"there is no course '{recorded.course}', from which this issue was sent"
            yield Finding("unknown-reference", message, "put it back", file, (day.isoformat(), "course"))
        elif course and recorded.chapter and recorded.chapter not in {one.id for one in course.chapters}:
            message = f"the course '{course.id}' no longer has the chapter '{recorded.chapter}' of this issue"
            hint = "give the chapter its id back: ids are permanent, titles are not"
            yield Finding("unknown-reference", message, hint, file, (day.isoformat(), "chapter"), severity="warning")
        for section_id, entry_id in recorded.sections.items():
            keys: Keys = (day.isoformat(), "sections", section_id)
            if section_id not in sections:
                message = f"the record names the section '{section_id}', which newsletter.yml no longer has"
                hint = "put it back with 'days: []', which retires it"
                yield Finding("unknown-section", message, hint, file, keys)
            elif not library.knows(sections[section_id].kind, entry_id):
                message = f"there is no {sections[section_id].kind} '{entry_id}'"
                hint = "put it back, or list this id in the 'aliases' of its new file"
                yield Finding("unknown-reference", message, hint, file, keys)


def check_record_numbers(library: Library) -> Iterator[Finding]:
    """Report issues of the record whose numbers do not go up."""
    before: tuple[date, int] | None = None
    for day, recorded in library.record.items():
        if before and recorded.number <= before[1]:
            message = f"No. {recorded.number} comes after No. {before[1]} of {before[0]}"
            hint = "give each issue a higher number than the one before"
            yield Finding("record", message, hint, f"content/record/{day.year}.yml", (day.isoformat(), "number"))
        before = day, recorded.number


def check_days(library: Library, *, first: date, until: date) -> Iterator[Finding]:
    """Report what unrecorded days would show: pins against prerequisites, and from `first` on what nothing fits."""
    last = min(until, first + MAX_PLANNED)
    lineups = [one for one in plan_days(library, until=last) if isinstance(one, Lineup) and not one.recorded]
    coming = [lineup for lineup in lineups if lineup.date >= first]
    yield from _far_pins(library, last)
    for lineup in lineups:
        for conflict in lineup.conflicts:
            if conflict.pinned and _is_known(library, lineup.date, conflict.section_id):
                keys = (lineup.date.isoformat(), "sections", conflict.section_id)
                yield Finding("pin", conflict.message, conflict.hint, CALENDAR_FILE, keys)
    # Without its courses a newsletter has no topics, and that has been said.
    whole = all(one in library.courses for one in library.newsletter.schedule.courses)
    for index, section in enumerate(library.newsletter.sections):
        if section.kind == "topic" and not whole:
            continue
        yield from _shortages(section, ("sections", index, "kind"), coming)


def _far_pins(library: Library, last: date) -> Iterator[Finding]:
    for day in library.pins:
        if day > last:
            message = f"{day} lies more than {MAX_PLANNED.days // 365} years ahead"
            yield Finding("pin", message, "check the year", CALENDAR_FILE, (day.isoformat(),), severity="warning")


def _is_known(library: Library, day: date, section_id: str) -> bool:
    """Tell whether a pin's section and entry exist; where they do not, `check_pins` has said so."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    return section_id in kinds and library.knows(kinds[section_id], library.pins[day].sections[section_id])


def _shortages(section: Section, keys: Keys, coming: list[Lineup]) -> Iterator[Finding]:
    """Say once for a section on which days it stays empty, must not be, or gives something up."""
    stopping = {
        day.date: one for day in coming for one in day.conflicts if one.section_id == section.id and not one.pinned
    }
    conflicting = {day.date for day in coming for one in day.conflicts if one.section_id == section.id}
    empty = {day.date: one.reason for day in coming for one in day.omissions if one.section_id == section.id}
    left_out = {day: reason for day, reason in empty.items() if day not in conflicting}
    hint = f"write another {section.kind}" + (", or shorten the cooldown" if section.cooldown else "")
    if stopping:
        one = next(iter(stopping.values()))
        more = f" (the first of {len(stopping)} days)" if len(stopping) > 1 else ""
        yield Finding(SHORT_SECTION, one.message + more, one.hint, SETTINGS_FILE, keys)
    if left_out:
        message = f"'{section.id}' is left out {_span(list(left_out))}: {next(iter(left_out.values()))}"
        yield Finding(SHORT_SECTION, message, hint, SETTINGS_FILE, keys, severity="warning")
    for rule in GIVES_WAY:
        days = [
            day.date for day in coming for one in day.choices if one.section_id == section.id and one.because == rule
        ]
        if days:
            message = f"'{rule}' gives way {_span(days)} to fill '{section.id}'"
            yield Finding(SHORT_SECTION, message, hint, SETTINGS_FILE, keys, severity="warning")


def _span(days: list[date]) -> str:
    return f"on {days[0]}" if len(days) == 1 else f"on {len(days)} days from {days[0]} to {days[-1]}"
