"""Rules about dates: the record, what the coming days would hold, and for how long it is fresh."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from pixeldigest.check.finding import Finding
from pixeldigest.check.pins import check_lost_parts, refuse
from pixeldigest.check.sending import check_repeats
from pixeldigest.diagnostics import Severity
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, Library
from pixeldigest.runway import Runway, measure_runways, name_wanted
from pixeldigest.schedule import GIVES_WAY, Lineup, NoIssue, plan_days
from pixeldigest.settings import Section
from pixeldigest.yamlfile import Keys

# Planning further than this takes minutes, and a pin so far ahead has a wrong year.
MAX_PLANNED = timedelta(days=3 * 365)
SHORT_SECTION = "short-section"
ONE_DAY = timedelta(days=1)


def check_record(library: Library) -> Iterator[Finding]:
    """Report lines of the record that no longer resolve; of issues that were withdrawn, nothing has to."""
    sections = {section.id: section for section in library.newsletter.sections}
    for day, recorded in ((day, one) for day, one in library.record.items() if day not in library.withdrawn):
        file = f"content/record/{day.year}.yml"
        course = library.courses.get(recorded.course or "")
        if recorded.course and not library.knows("course", recorded.course):
            message = f"there is no course '{recorded.course}', from which this issue was sent"
            yield Finding("unknown-reference", message, "put it back", file, (day.isoformat(), "course"))
        elif course and recorded.chapter and recorded.chapter not in {one.id for one in course.chapters}:
            message = f"the course '{course.id}' no longer has the chapter '{recorded.chapter}' of this issue"
            hint = "give the chapter its id back: ids are permanent, titles are not"
            yield Finding("unknown-reference", message, hint, file, (day.isoformat(), "chapter"), severity="warning")
        for section_id, shown in recorded.sections.items():
            keys: Keys = (day.isoformat(), "sections", section_id)
            if section_id not in sections:
                message = f"the record names the section '{section_id}', which newsletter.yml no longer has"
                hint = "put it back with 'days: []', which retires it"
                yield Finding("unknown-section", message, hint, file, keys)
            else:
                yield from _check_shown(library, sections[section_id], shown, file, keys)


def _check_shown(
    library: Library, section: Section, shown: str | tuple[str, ...], file: str, keys: Keys
) -> Iterator[Finding]:
    """Report what a section showed and is gone; an issue can do without what it only repeats."""
    if (section.kind == "recall") == isinstance(shown, str):
        message = f"this does not fit '{section.id}', a section of kind '{section.kind}'"
        form = "a list of questions" if section.kind == "recall" else "one id"
        yield Finding("record", message, f"put back what stood here: it is {form}", file, keys)
    elif isinstance(shown, str):
        kind = "problem" if section.kind == "solution" else section.kind
        if not library.knows(kind, shown):
            hint = "put it back, or list this id in the 'aliases' of its new file"
            severity: Severity = "warning" if section.is_review else "error"
            yield Finding("unknown-reference", f"there is no {kind} '{shown}'", hint, file, keys, severity=severity)
    else:
        hint = "put it back, as ids are permanent; without it the issue does not ask it any more"
        for index, name in enumerate(shown):
            if not library.question(name):
                message = f"there is no question '{name}'"
                yield Finding("unknown-reference", message, hint, file, (*keys, index), severity="warning")


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
    planned = {one.date: one for one in plan_days(library, until=last)}
    lineups = [one for one in planned.values() if isinstance(one, Lineup) and not one.recorded]
    coming = [lineup for lineup in lineups if lineup.date >= first]
    yield from _far_pins(library, last)
    not_yet = f"issues start on {library.newsletter.schedule.start}"
    for day in (one for one in library.pins if one <= last):
        if isinstance(closed := planned.get(day, NoIssue(day, not_yet)), NoIssue):
            yield from check_lost_parts(library, closed)
    for lineup in lineups:
        yield from _conflicts(library, lineup)
    # Without its courses a newsletter has no topics, and that has been said.
    whole = all(one in library.courses for one in library.newsletter.schedule.courses)
    short = set()
    for index, section in enumerate(library.newsletter.sections):
        if section.kind == "topic" and not whole:
            continue
        for finding in _shortages(section, ("sections", index, "kind"), coming):
            short.add(section.id)
            yield finding
    yield from check_repeats(library, coming)
    yield from check_runway(library, first=first, short=frozenset(short))


def check_runway(library: Library, *, first: date, short: Collection[str] = ()) -> Iterator[Finding]:
    """Report sections and courses whose fresh content ends sooner than the settings want.

    `short` names sections of which worse has been said. A section of topics is told by its courses.
    """
    settings = library.newsletter
    kinds = {section.kind for section in settings.sections if section.id in short}
    wanted = timedelta(days=settings.schedule.runway_warning)
    begin = max(first, settings.schedule.start)
    ending = [one for one in measure_runways(library, first=begin, until=begin + wanted - ONE_DAY) if one.ends]
    courses = any(one.what == "course" for one in ending)
    places: dict[tuple[str, str], Keys] = {
        **{("section", one.id): ("sections", index, "kind") for index, one in enumerate(settings.sections)},
        **{("course", one): ("schedule", "courses", index) for index, one in enumerate(settings.schedule.courses)},
    }
    for one in ending:
        told = one.id in short or (one.kind == "topic" and "topic" in kinds)
        if not told and not (one.what == "section" and one.kind == "topic" and courses):
            hint = f"write {name_wanted(one)}, or lower 'runway_warning' ({wanted.days})"
            keys = places[one.what, one.id]
            yield Finding("runway", _tell_runway(one), hint, SETTINGS_FILE, keys, severity="warning")


def _tell_runway(runway: Runway) -> str:
    name = f"the course '{runway.id}'" if runway.what == "course" else f"'{runway.id}'"
    if not runway.days:
        return f"{name} has nothing fresh to show on {runway.ends}"
    more = "1 more day" if runway.days == 1 else f"{runway.days} more days"
    return f"{name} has fresh {runway.kind}s for {more}, and none on {runway.ends}"


def _conflicts(library: Library, lineup: Lineup) -> Iterator[Finding]:
    """Tell which pins of a day cannot be kept; of what does not exist `check_pins` has said so."""
    sections = {section.id: section for section in library.newsletter.sections}
    for conflict in lineup.conflicts:
        section = sections.get(conflict.section_id)
        pinned = library.pins[lineup.date].sections.get(conflict.section_id, "") if conflict.pinned else ""
        if section and pinned and library.knows(section.kind, pinned):
            yield refuse(library, lineup.date, section, conflict.message, conflict.hint)


def _far_pins(library: Library, last: date) -> Iterator[Finding]:
    for day in library.pins:
        if day > last:
            message = f"{day} lies more than {MAX_PLANNED.days // 365} years ahead"
            yield Finding("pin", message, "check the year", CALENDAR_FILE, (day.isoformat(),), severity="warning")


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
