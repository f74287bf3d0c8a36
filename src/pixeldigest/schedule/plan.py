"""Library + pins + record + dates → lineups, with the reason for each choice; the same on any machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from pixeldigest.content import ENTRY_KINDS, Pin, Recorded
from pixeldigest.diagnostics import suggest
from pixeldigest.library import Library
from pixeldigest.schedule.courses import chapter_of
from pixeldigest.schedule.decide import Basis, decide, decide_day, explain, read_basis
from pixeldigest.schedule.history import History
from pixeldigest.schedule.lineup import Choice, Conflict, Day, Decision, Lineup, NoIssue, Omission
from pixeldigest.schedule.queues import Queues
from pixeldigest.schedule.review import plan_reviews, read_reviews, refuse_pin
from pixeldigest.schedule.rules import WEEKDAY_NAMES, weekday_of

ONE_DAY = timedelta(days=1)


def plan_lineup(library: Library, day: date) -> Day:
    """Plan one date, which means every unrecorded one before it too."""
    return next(planned for planned in plan_days(library, until=day) if planned.date == day)


def plan_days(library: Library, *, until: date) -> Iterator[Day]:
    """Yield every date from the first that had or may have an issue, recorded ones as they went out."""
    return _plan_days(read_basis(library), History(), until)


def explain_day(library: Library, day: date) -> tuple[Decision, ...]:
    """Tell how today's rules decide each section of a date, recorded or not, given the days before it."""
    basis, history = read_basis(library), History()
    for _ in _plan_days(basis, history, day - ONE_DAY, goes_on=True):
        pass
    return decide_day(basis, history, day, explain)


def _plan_days(basis: Basis, history: History, until: date, *, goes_on: bool = False) -> Iterator[Day]:
    """Read the days of the record back, then plan day by day; the history grows with each, where it is needed."""
    library = basis.library
    first = min(_first_day(library), until)
    last_recorded = max(library.record, default=first - ONE_DAY)
    before: list[Lineup] = []
    for day in _days(first, min(last_recorded, until)):
        replayed = _replay_day(library, day)
        if isinstance(replayed, Lineup):
            before.append(replayed)
            if goes_on or until > last_recorded:
                history.note(replayed, basis.courses)
        yield replayed
    start = max(first, last_recorded + ONE_DAY)
    if start > until:
        return
    queues = Queues(library, basis.courses, history, start)
    for day in _days(start, until):
        planned = _plan_day(basis, history, queues, day)
        if isinstance(planned, Lineup):
            planned = planned._replace(reviews=plan_reviews(library, planned, before))
            before.append(planned)
            history.note(planned, basis.courses)
            queues.note(planned)
        yield planned


def _first_day(library: Library) -> date:
    pinned = (day for day, pin in library.pins.items() if pin.sections)
    return min([library.newsletter.schedule.start, *library.record, *pinned])


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _why_no_issue(library: Library, day: date) -> str | None:
    """Tell why an unrecorded date has no issue, or None where it has one."""
    schedule = library.newsletter.schedule
    pin = library.pins.get(day, Pin())
    if pin.skip:
        return pin.skip
    if pin.sections:
        return None
    if day < schedule.start:
        return f"issues start on {schedule.start}"
    if day in schedule.skip:
        return "the day is skipped in newsletter.yml"
    if weekday_of(day) not in schedule.days:
        return f"no issue on a {WEEKDAY_NAMES[day.weekday()]}"
    return None


def _replay_day(library: Library, day: date) -> Day:
    if recorded := library.record.get(day):
        return _recorded_lineup(library, day, recorded)
    return NoIssue(day, _why_no_issue(library, day) or "it was not published, and later days were")


def _recorded_lineup(library: Library, day: date, recorded: Recorded) -> Lineup:
    """Read a lineup back; ids that have changed since are today's."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    choices = tuple(
        Choice(one, kinds[one], library.current_id(kinds[one], shown), recorded.because.get(one, "record"))
        for one, shown in recorded.sections.items()
        if kinds.get(one) in ENTRY_KINDS and isinstance(shown, str)
    )
    return Lineup(
        date=day,
        number=recorded.number,
        course_id=recorded.course,
        chapter_id=recorded.chapter,
        choices=choices,
        omissions=(),
        conflicts=(),
        title=recorded.title,
        note=recorded.note,
        recorded=True,
        reviews=read_reviews(library, recorded),
    )


def _plan_day(basis: Basis, history: History, queues: Queues, day: date) -> Day:
    if reason := _why_no_issue(basis.library, day):
        return NoIssue(day, reason)
    queues.open_day(day)
    pin = basis.library.pins.get(day, Pin())
    decisions = decide_day(basis, history, day, partial(decide, order=queues.in_order))
    if not decisions:
        return NoIssue(day, f"no section has a {WEEKDAY_NAMES[day.weekday()]}")
    conflicts = (*_lost_pins(basis.library, pin), *(one for decision in decisions for one in decision.conflicts))
    choices = tuple(decision.choice for decision in decisions if decision.choice)
    if not choices and not conflicts:
        return NoIssue(day, "no entry fits any of its sections")
    course, chapter = _course_of(basis, decisions)
    return Lineup(
        date=day,
        number=history.number + 1,
        course_id=course,
        chapter_id=chapter,
        choices=choices,
        omissions=tuple(Omission(one.section.id, _why_empty(one)) for one in decisions if one.choice is None),
        conflicts=conflicts,
        title=pin.title,
        note=pin.note,
        recorded=False,
    )


def _lost_pins(library: Library, pin: Pin) -> Iterator[Conflict]:
    """Tell which parts of a pin no section takes, rather than send the day without them."""
    sections = {section.id: section for section in library.newsletter.sections}
    for section_id in pin.sections:
        if section_id not in sections:
            hint = suggest(section_id, sections)
            yield Conflict(section_id, f"a pin names the section '{section_id}', which there is not", hint, pinned=True)
        elif sections[section_id].is_review:
            yield refuse_pin(sections[section_id])


def _course_of(basis: Basis, decisions: tuple[Decision, ...]) -> tuple[str | None, str | None]:
    """Find the course and chapter of the day's first topic."""
    for decision in decisions:
        if decision.choice and decision.choice.kind == "topic":
            course = decision.course_id
            return course, chapter_of(basis.courses, course, decision.choice.entry_id)
    return None, None


def _why_empty(decision: Decision) -> str:
    if not decision.rejected:
        return f"there is no {decision.section.kind}"
    counts = Counter(one.constraint for one in decision.rejected)
    return "kept out by " + ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
