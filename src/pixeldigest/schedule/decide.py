"""How the sections of one day are decided: constraints first, then preferences; pins before both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from pixeldigest.content import Pin, Ref
from pixeldigest.heads import Head
from pixeldigest.library import Library
from pixeldigest.schedule.courses import Courses, Progress, advance, order_turns, rank_topic, read_courses
from pixeldigest.schedule.history import History
from pixeldigest.schedule.lineup import Choice, Conflict, Decision, Rejected, RunnerUp
from pixeldigest.schedule.rules import (
    BINDS_PINS,
    CONSTRAINTS,
    GIVES_WAY,
    Situation,
    missing_prerequisites,
    preferences_of,
    weekday_of,
)
from pixeldigest.settings import Section

# The candidates for a section, the preferred first, where some constraints (by name) are given up.
Order = Callable[[Situation, tuple[str, ...]], Iterable[Head]]


class Basis(NamedTuple):
    """What stays the same from the first day of a plan to its last; `pinned` has the unrecorded days of each entry."""

    library: Library
    courses: Courses
    pinned: Mapping[Ref, tuple[date, ...]]
    round_sizes: Mapping[str, int]


def read_basis(library: Library) -> Basis:
    """Read what every day of a plan needs."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    pinned: dict[Ref, tuple[date, ...]] = {}
    for day in sorted(library.pins.keys() - library.record.keys()):
        for section_id, entry_id in library.pins[day].sections.items():
            if kind := kinds.get(section_id):
                ref = Ref(kind, library.current_id(kind, entry_id))
                pinned[ref] = (*pinned.get(ref, ()), day)
    sizes = Counter[str](entry.kind for entry in library.all_entries() if not entry.draft)
    return Basis(library, read_courses(library), pinned, sizes)


class _Settled(NamedTuple):
    """What the sections decided so far have settled of a day."""

    taken: frozenset[Ref]
    progress: Progress
    topic: Head | None = None


def decide_day(
    basis: Basis, history: History, day: date, decide: Callable[[Situation], Decision]
) -> tuple[Decision, ...]:
    """Decide section by section, each seeing those before it: topics first, since others may match the day's."""
    library = basis.library
    pins = library.pins.get(day, Pin()).sections
    choosing = [one for one in library.newsletter.sections if not one.is_review]
    sections = [one for one in choosing if one.id in pins or _has_day(one, day)]
    pinned = {one.id: Ref(one.kind, library.current_id(one.kind, pins[one.id])) for one in sections if one.id in pins}
    settled = _Settled(frozenset(pinned.values()), history.progress)
    decisions: dict[str, Decision] = {}
    for section in sorted(sections, key=lambda one: one.kind != "topic"):
        situation = _find_situation(basis, history, day, section, settled)
        if section.id in pinned:
            decision = _decide_pinned(situation, pins[section.id], _also_pinned(section.id, pinned))
        else:
            decision = decide(situation)
        settled = _settle(basis, settled, decision)
        decisions[section.id] = decision
    return tuple(decisions[section.id] for section in sections)


def decide(situation: Situation, order: Order) -> Decision:
    """Choose the first candidate that meets every constraint; where none does, `when_short` decides."""
    section = situation.section
    for given_up in _given_up_in_turn(section):
        candidates = order(situation, given_up)
        fitting = (entry for entry in candidates if find_obstacle(entry, situation, given_up) is None)
        if chosen := next(fitting, None):
            because = given_up[-1] if given_up else _name_deciding(situation, chosen, fitting)
            choice = Choice(section.id, section.kind, chosen.id, because)
            return Decision(section, choice, course_id=_course_of(situation, chosen), given_up=given_up)
    return _leave_empty(situation)


def explain(situation: Situation) -> Decision:
    """Decide by looking at every candidate, and tell what came behind the choice and what was kept out."""
    decision = decide(situation, sort_candidates)
    candidates = sort_candidates(situation, decision.given_up)
    obstacles = [find_obstacle(entry, situation, decision.given_up) for entry in candidates]
    fitting = [entry for entry, obstacle in zip(candidates, obstacles, strict=True) if obstacle is None]
    return decision._replace(
        runners_up=tuple(_compare(fitting[0], other, situation) for other in fitting[1:]),
        rejected=tuple(one for one in obstacles if one),
    )


def sort_candidates(situation: Situation, given_up: tuple[str, ...]) -> list[Head]:  # noqa: ARG001 - an Order
    """Sort all that a section might ever show, the preferred first: what the queues of a plan must agree with."""
    preferences = preferences_of(situation.section)
    return sorted(_candidates(situation), key=lambda entry: [one.key(entry, situation) for one in preferences])


def _candidates(situation: Situation) -> Iterator[Head]:
    entries = situation.library.entries(situation.section.kind).values()
    return (entry for entry in entries if entry.kind != "topic" or _course_of(situation, entry))


def find_obstacle(entry: Head, situation: Situation, given_up: tuple[str, ...] = ()) -> Rejected | None:
    """Find the first constraint that keeps an entry out, but for those given up."""
    for constraint in CONSTRAINTS:
        if constraint.name not in given_up and (reason := constraint.keeps_out(entry, situation)):
            return Rejected(entry.id, constraint.name, reason)
    return None


def _has_day(section: Section, day: date) -> bool:
    return section.days is None or weekday_of(day) in section.days


def _settle(basis: Basis, settled: _Settled, decision: Decision) -> _Settled:
    choice = decision.choice
    if choice is None:
        return settled
    settled = settled._replace(taken=settled.taken | {choice.ref})
    if choice.kind != "topic":
        return settled
    pinned = choice.because == "pin"
    progress = advance(basis.courses, settled.progress, choice.entry_id, decision.course_id, pinned=pinned)
    return settled._replace(progress=progress, topic=settled.topic or basis.library.topics[choice.entry_id])


def _find_situation(basis: Basis, history: History, day: date, section: Section, settled: _Settled) -> Situation:
    return Situation(
        day=day,
        section=section,
        library=basis.library,
        history=history,
        courses=basis.courses,
        progress=settled.progress,
        turns=order_turns(basis.courses, settled.progress, weekday_of(day)),
        pinned=basis.pinned,
        taken=settled.taken,
        topic=settled.topic,
        round_size=basis.round_sizes.get(section.kind, 0),
    )


def _also_pinned(section_id: str, pinned: Mapping[str, Ref]) -> str | None:
    """Find the section before this one that is pinned to the same entry."""
    alike = [one for one, ref in pinned.items() if ref == pinned[section_id]]
    return alike[0] if alike[0] != section_id else None


def _decide_pinned(situation: Situation, entry_id: str, also: str | None) -> Decision:
    section, library = situation.section, situation.library
    entry = library.entry(section.kind, entry_id)
    if entry is None:
        reason = "it has errors" if library.knows(section.kind, entry_id) else f"there is no such {section.kind}"
        message = f"'{entry_id}' is pinned to {situation.day}, but {reason}"
        conflict = Conflict(section.id, message, "mend it, or pin another entry", pinned=True)
        return Decision(section, None, rejected=(Rejected(entry_id, "pin", reason),), conflicts=(conflict,))
    return Decision(
        section,
        Choice(section.id, section.kind, entry.id, "pin"),
        course_id=_course_of(situation, entry),
        conflicts=tuple(_pin_conflicts(situation, entry, entry_id, also)),
    )


def _pin_conflicts(situation: Situation, entry: Head, pinned_id: str, also: str | None) -> Iterator[Conflict]:
    """Tell what a pin may not break; `check` says most of it in the same words of pins that no plan has reached."""
    section_id, day = situation.section.id, situation.day
    if also:
        message = f"'{pinned_id}' is pinned to {day} twice, for '{also}' and '{section_id}'"
        yield Conflict(section_id, message, "pin another entry to one of them", pinned=True)
    for constraint in BINDS_PINS:
        if reason := constraint.keeps_out(entry, situation):
            message = f"'{pinned_id}' cannot be shown on {day}: {reason}"
            yield Conflict(section_id, message, "pin another entry, or change this one", pinned=True)
    for needed in missing_prerequisites(entry, situation.library, situation.history):
        message = f"'{pinned_id}' is pinned to {day}, but its prerequisite '{needed}' has not been shown by then"
        yield Conflict(section_id, message, "pin it later, or pin the prerequisite earlier", pinned=True)


def _given_up_in_turn(section: Section) -> Iterator[tuple[str, ...]]:
    yield ()
    if section.when_short == "repeat":
        yield from (GIVES_WAY[: count + 1] for count in range(len(GIVES_WAY)))


def _leave_empty(situation: Situation) -> Decision:
    section = situation.section
    *_, given_up = _given_up_in_turn(section)
    obstacles = (find_obstacle(entry, situation, given_up) for entry in _candidates(situation))
    conflicts: tuple[Conflict, ...] = ()
    if section.when_short == "stop":
        message = f"no entry fits the section '{section.id}' on {situation.day}, and it must not be left out"
        hint = f"write another {section.kind}, or change 'when_short'"
        conflicts = (Conflict(section.id, message, hint, pinned=False),)
    rejected = tuple(one for one in obstacles if one)
    return Decision(section, None, rejected=rejected, conflicts=conflicts, given_up=given_up)


def _compare(chosen: Head, other: Head, situation: Situation) -> RunnerUp:
    preferences = preferences_of(situation.section)
    decided = next(one for one in preferences if one.key(chosen, situation) != one.key(other, situation))
    return RunnerUp(other.id, decided.name, decided.tell(chosen, other, situation))


def _name_deciding(situation: Situation, chosen: Head, others: Iterator[Head]) -> str:
    """Name the rule that put the choice before the next; one without rivals has nothing against it but the order."""
    if situation.section.kind == "topic":
        return "course-order"
    preferences = preferences_of(situation.section)
    for other in others:
        return next(one.name for one in preferences if one.key(chosen, situation) != one.key(other, situation))
    return "least-recent"


def _course_of(situation: Situation, entry: Head) -> str | None:
    if entry.kind != "topic":
        return None
    rank = rank_topic(situation.courses, situation.progress, situation.turns, entry.id)
    return rank.course_id if rank else None
