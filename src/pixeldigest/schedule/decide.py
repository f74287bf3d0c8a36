"""How the sections of one day are decided: constraints first, then preferences; pins before both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from pixeldigest.content import Entry, Pin, Ref, Section, Topic
from pixeldigest.library import Library
from pixeldigest.schedule.courses import Outline, Progress, Rank, advance, rank_topics, read_outlines
from pixeldigest.schedule.history import History
from pixeldigest.schedule.lineup import Choice, Conflict, Decision, Rejected, RunnerUp
from pixeldigest.schedule.rules import (
    BINDS_PINS,
    CONSTRAINTS,
    GIVES_WAY,
    Preference,
    Situation,
    missing_prerequisites,
    preferences_of,
    weekday_of,
)


class Basis(NamedTuple):
    """What stays the same from the first day of a plan to its last; `pinned` has the unrecorded days of each entry."""

    library: Library
    outlines: tuple[Outline, ...]
    pinned: Mapping[Ref, tuple[date, ...]]


def read_basis(library: Library) -> Basis:
    """Read what every day of a plan needs."""
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    pinned: dict[Ref, tuple[date, ...]] = {}
    for day in sorted(library.pins.keys() - library.record.keys()):
        for section_id, entry_id in library.pins[day].sections.items():
            if kind := kinds.get(section_id):
                ref = Ref(kind, library.current_id(kind, entry_id))
                pinned[ref] = (*pinned.get(ref, ()), day)
    return Basis(library, read_outlines(library), pinned)


class _Settled(NamedTuple):
    """What the sections decided so far have settled of a day."""

    taken: frozenset[Ref]
    progress: Progress
    topic: Topic | None = None


def decide_day(basis: Basis, history: History, day: date) -> tuple[Decision, ...]:
    """Decide section by section, each seeing those before it: topics first, since others may match the day's."""
    library = basis.library
    pins = library.pins.get(day, Pin()).sections
    sections = [one for one in library.newsletter.sections if one.id in pins or _has_day(one, day)]
    pinned = frozenset(Ref(one.kind, library.current_id(one.kind, pins[one.id])) for one in sections if one.id in pins)
    settled = _Settled(pinned, history.progress)
    decisions: dict[str, Decision] = {}
    for section in sorted(sections, key=lambda one: one.kind != "topic"):
        situation = _find_situation(basis, history, day, section, settled)
        decision = _decide_pinned(situation, pins[section.id]) if section.id in pins else _decide(situation)
        settled = _settle(basis, settled, decision)
        decisions[section.id] = decision
    return tuple(decisions[section.id] for section in sections)


def _has_day(section: Section, day: date) -> bool:
    return section.days is None or weekday_of(day) in section.days


def _settle(basis: Basis, settled: _Settled, decision: Decision) -> _Settled:
    choice = decision.choice
    if choice is None:
        return settled
    settled = settled._replace(taken=settled.taken | {Ref(choice.kind, choice.entry_id)})
    if choice.kind != "topic":
        return settled
    pinned = choice.because == "pin"
    progress = advance(settled.progress, basis.outlines, choice.entry_id, decision.course_id, pinned=pinned)
    return settled._replace(progress=progress, topic=settled.topic or basis.library.topics[choice.entry_id])


def _find_situation(basis: Basis, history: History, day: date, section: Section, settled: _Settled) -> Situation:
    library = basis.library
    entries = library.entries(section.kind)
    ranks: Mapping[str, Rank] = {}
    if section.kind == "topic":
        rotation = library.newsletter.schedule.rotation
        ranks = rank_topics(basis.outlines, settled.progress, rotation, weekday_of(day))
    ids = sorted(entries.keys() & ranks.keys() if section.kind == "topic" else entries)
    candidates = tuple(entries[one] for one in ids)
    return Situation(
        day=day,
        section=section,
        library=library,
        history=history,
        pinned=basis.pinned,
        taken=settled.taken,
        topic=settled.topic,
        ranks=ranks,
        candidates=candidates,
        round_size=sum(not one.draft for one in candidates),
    )


def _decide_pinned(situation: Situation, entry_id: str) -> Decision:
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
        conflicts=tuple(_pin_conflicts(situation, entry, entry_id)),
    )


def _pin_conflicts(situation: Situation, entry: Entry, pinned_id: str) -> Iterator[Conflict]:
    """Tell what a pin may not break; `check` says the first in the same words of pins that no plan has reached."""
    section_id, day = situation.section.id, situation.day
    for constraint in BINDS_PINS:
        if reason := constraint.keeps_out(entry, situation):
            message = f"'{pinned_id}' cannot be shown on {day}: {reason}"
            yield Conflict(section_id, message, "pin another entry, or change this one", pinned=True)
    for needed in missing_prerequisites(entry, situation.library, situation.history):
        message = f"'{pinned_id}' is pinned to {day}, but its prerequisite '{needed}' has not been shown by then"
        yield Conflict(section_id, message, "pin it later, or pin the prerequisite earlier", pinned=True)


def _decide(situation: Situation) -> Decision:
    """Choose among all entries of the section's kind; where none meets every constraint, `when_short` decides."""
    section = situation.section
    rejected: tuple[Rejected, ...] = ()
    for given_up in _given_up_in_turn(section):
        fitting, rejected = _sieve(situation, given_up)
        if fitting:
            return _choose(situation, fitting, rejected, given_up)
    conflicts: tuple[Conflict, ...] = ()
    if section.when_short == "stop":
        message = f"no entry fits the section '{section.id}' on {situation.day}, and it must not be left out"
        hint = f"write another {section.kind}, or change 'when_short'"
        conflicts = (Conflict(section.id, message, hint, pinned=False),)
    return Decision(section, None, rejected=rejected, conflicts=conflicts)


def _given_up_in_turn(section: Section) -> Iterator[tuple[str, ...]]:
    yield ()
    if section.when_short == "repeat":
        yield from (GIVES_WAY[: count + 1] for count in range(len(GIVES_WAY)))


def _sieve(situation: Situation, given_up: tuple[str, ...]) -> tuple[list[Entry], tuple[Rejected, ...]]:
    fitting, rejected = [], []
    constraints = [one for one in CONSTRAINTS if one.name not in given_up]
    for entry in situation.candidates:
        for constraint in constraints:
            if reason := constraint.keeps_out(entry, situation):
                rejected.append(Rejected(entry.id, constraint.name, reason))
                break
        else:
            fitting.append(entry)
    return fitting, tuple(rejected)


def _choose(
    situation: Situation, fitting: Iterable[Entry], rejected: tuple[Rejected, ...], given_up: tuple[str, ...]
) -> Decision:
    section = situation.section
    preferences = preferences_of(section)
    chosen, *others = sorted(fitting, key=lambda entry: [one.key(entry, situation) for one in preferences])
    runners_up = tuple(_compare(chosen, other, situation, preferences) for other in others)
    because = given_up[-1] if given_up else _name_deciding(section, runners_up)
    choice = Choice(section.id, section.kind, chosen.id, because)
    return Decision(section, choice, runners_up, rejected, course_id=_course_of(situation, chosen))


def _compare(chosen: Entry, other: Entry, situation: Situation, preferences: tuple[Preference, ...]) -> RunnerUp:
    decided = next(one for one in preferences if one.key(chosen, situation) != one.key(other, situation))
    return RunnerUp(other.id, decided.name, decided.tell(chosen, other, situation))


def _name_deciding(section: Section, runners_up: tuple[RunnerUp, ...]) -> str:
    """Name the rule that put the choice before the next; one without rivals has nothing against it but the order."""
    if runners_up:
        return runners_up[0].preference
    return "course-order" if section.kind == "topic" else "least-recent"


def _course_of(situation: Situation, entry: Entry) -> str | None:
    rank = situation.ranks.get(entry.id)
    return rank.course_id if rank else None
