"""Rules about pins: what they name, what they contradict, and each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pixeldigest.check.finding import Finding, Side
from pixeldigest.check.references import Reference, missing
from pixeldigest.content import Pin, Recorded, Ref
from pixeldigest.diagnostics import Severity, suggest
from pixeldigest.heads import Head
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, Library
from pixeldigest.schedule import NoIssue, refuse_pin
from pixeldigest.settings import Section
from pixeldigest.yamlfile import Keys

_TOO_LATE = "delete the pin, as what went out stays"


def check_pins(library: Library) -> Iterator[Finding]:
    """Report pins that name what does not exist or may not be shown."""
    sections = {section.id: section for section in library.newsletter.sections}
    for day, pin in library.pins.items():
        if pin == Pin():
            hint = "give it 'sections', a 'title', a 'note' or 'skip: the reason'"
            yield _find(day, f"nothing is fixed for {day}", hint)
        for section_id, entry_id in pin.sections.items():
            keys: Keys = (day.isoformat(), "sections", section_id)
            section = sections.get(section_id)
            if section is None:
                message = f"there is no section '{section_id}'"
                yield Finding("unknown-section", message, suggest(section_id, sections), CALENDAR_FILE, keys)
            elif section.is_review:
                refused = refuse_pin(section)
                yield Finding("pin", refused.message, refused.hint, CALENDAR_FILE, keys)
            else:
                yield from missing(library, Reference(section.kind, entry_id, CALENDAR_FILE, keys))
                if day not in library.record and (reason := _why_not_shown(library, section, entry_id, day)):
                    message = f"'{entry_id}' cannot be shown on {day}: {reason}"
                    yield refuse(library, day, section, message, "pin another entry, or change this one")


def refuse(library: Library, day: date, section: Section, message: str, hint: str) -> Finding:
    """Report a pin that cannot be kept, with the lines of the entry, and of other pins, that stand against it."""
    entry = library.entry(section.kind, library.pins[day].sections[section.id])
    sides = tuple(_other_sides(library, entry, day, message)) if entry else ()
    return _find(day, message, hint, "sections", section.id, sides=sides)


def check_pins_against_record(library: Library) -> Iterator[Finding]:
    """Report pins of days that are over and held something else, or nothing."""
    last = max(library.record, default=None)
    for day, pin in library.pins.items():
        if recorded := library.record.get(day):
            yield from _contradictions(library, day, pin, recorded)
        elif last and day < last and pin.sections:
            later = next(one for one in library.record if one > day)
            message = f"nothing went out on {day}, and later days did"
            hint = "pin a day to come, or delete this"
            yield _find(day, message, hint, sides=(_record_line(later),), severity="warning")


def check_pins_among_each_other(library: Library) -> Iterator[Finding]:
    """Report entries that are pinned to days closer than their section's cooldown."""
    sections = {section.id: section for section in library.newsletter.sections}
    before: dict[Ref, tuple[date, str]] = {}
    for day in sorted(library.pins.keys() - library.record.keys()):
        for section_id, entry_id in library.pins[day].sections.items():
            section = sections.get(section_id)
            if section is None or section.is_review:
                continue
            ref = Ref(section.kind, library.current_id(section.kind, entry_id))
            if earlier := before.get(ref):
                yield from _clash(entry_id, section, day, *earlier)
            before[ref] = day, section_id


def check_lost_parts(library: Library, day: NoIssue) -> Iterator[Finding]:
    """Report a title or a note that is pinned to a day without an issue."""
    pin = library.pins[day.date]
    for key in ("title", "note"):
        if getattr(pin, key):
            message = f"the {key} of {day.date} is not shown, as the day has no issue: {day.reason}"
            hint = f"delete the {key}, or the 'skip'" if pin.skip else f"pin sections to it too, or delete the {key}"
            sides = tuple(_why_closed(library, day.date))
            yield _find(day.date, message, hint, key, sides=sides, severity="warning")


def _find(
    day: date, message: str, hint: str, *keys: str, sides: tuple[Side, ...] = (), severity: Severity = "error"
) -> Finding:
    return Finding("pin", message, hint, CALENDAR_FILE, (day.isoformat(), *keys), sides=sides, severity=severity)


def _why_not_shown(library: Library, section: Section, entry_id: str, day: date) -> str | None:
    entry = library.entry(section.kind, entry_id)
    if entry is None:
        return None
    if entry.draft:
        return "it is a draft"
    if entry.not_before and day < entry.not_before:
        return f"it has 'not_before: {entry.not_before}'"
    if entry.not_after and day > entry.not_after:
        return f"it has 'not_after: {entry.not_after}'"
    return None


def _other_sides(library: Library, entry: Head, day: date, message: str) -> Iterator[Side]:
    """Find the lines that a message speaks of: an entry's keys, prerequisites, and pins that come too late for them."""
    file = library.files[entry.ref]
    yield from ((file, (key,)) for key in ("draft", "not_before", "not_after") if key in message)
    for index, needed in enumerate(entry.prerequisites):
        if f"'{needed}'" in message:
            yield file, ("prerequisites", index)
            yield from _pins_of(library, Ref("topic", library.current_id("topic", needed)), day)


def _pins_of(library: Library, ref: Ref, first: date) -> Iterator[Side]:
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    for day, pin in library.pins.items():
        for section_id, entry_id in pin.sections.items() if day >= first else ():
            kind = kinds.get(section_id)
            if kind and Ref(kind, library.current_id(kind, entry_id)) == ref:
                yield CALENDAR_FILE, (day.isoformat(), "sections", section_id)


def _contradictions(library: Library, day: date, pin: Pin, recorded: Recorded) -> Iterator[Finding]:
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    if pin.skip:
        message = f"this pin came too late: No. {recorded.number} went out on {day}"
        yield _find(day, message, _TOO_LATE, "skip", sides=(_record_line(day),), severity="warning")
    for section_id, entry_id in pin.sections.items():
        kind, shown = kinds.get(section_id, ""), recorded.sections.get(section_id)
        if not isinstance(shown, str) or library.current_id(kind, shown) != library.current_id(kind, entry_id):
            was = f"'{shown}'" if isinstance(shown, str) else "left out"
            message = f"this pin came too late: on {day} '{section_id}' was {was}"
            sides = (_record_line(day, *(("sections", section_id) if shown else ())),)
            yield _find(day, message, _TOO_LATE, "sections", section_id, sides=sides, severity="warning")
    for key, pinned, sent in (("title", pin.title, recorded.title), ("note", pin.note, recorded.note)):
        if pinned and pinned != sent:
            went = "with another" if sent else "without a"
            message = f"this pin came too late: the issue of {day} went out {went} {key}"
            sides = (_record_line(day, *((key,) if sent else ())),)
            yield _find(day, message, _TOO_LATE, key, sides=sides, severity="warning")


def _record_line(day: date, *keys: str) -> Side:
    return f"content/record/{day.year}.yml", (day.isoformat(), *keys)


def _clash(entry_id: str, section: Section, day: date, before: date, section_before: str) -> Iterator[Finding]:
    side: Side = (CALENDAR_FILE, (before.isoformat(), "sections", section_before))
    gap = (day - before).days
    if 0 < gap < section.cooldown:  # twice on one day stops that day's lineup, which says so
        apart = f"{gap} day{'' if gap == 1 else 's'} after {before}"
        message = f"'{entry_id}' is pinned to {day}, {apart}, and '{section.id}' asks for {section.cooldown}"
        hint = "pin another entry to one of the days, if this is not meant"
        yield _find(day, message, hint, "sections", section.id, sides=(side,), severity="warning")


def _why_closed(library: Library, day: date) -> Iterator[Side]:
    """Find what keeps a day from having an issue, where it stands in a file."""
    schedule = library.newsletter.schedule
    if library.pins[day].skip:
        yield CALENDAR_FILE, (day.isoformat(), "skip")
    elif day < schedule.start:
        yield SETTINGS_FILE, ("schedule", "start")
    elif day in schedule.skip:
        yield SETTINGS_FILE, ("schedule", "skip", schedule.skip.index(day))
    elif "days" in schedule.model_fields_set:
        yield SETTINGS_FILE, ("schedule", "days")
