"""The rules of the schedule said a second time, from the data alone: slowly, and without the product's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from pixeldigest.content import Pin, Ref
from pixeldigest.fields import WEEKDAYS
from pixeldigest.heads import Head
from pixeldigest.library import Library
from pixeldigest.schedule import Choice, Day, Decision, Lineup
from pixeldigest.settings import Section


def issues(days: Iterable[Day]) -> list[Lineup]:
    return [day for day in days if isinstance(day, Lineup)]


def sendable(days: Iterable[Day]) -> tuple[Lineup, ...]:
    """The lineups that `publish` would record: those before the first conflict."""
    lineups = issues(days)
    stop = next((place for place, one in enumerate(lineups) if one.conflicts), len(lineups))
    return tuple(lineups[:stop])


class World(NamedTuple):
    """What is known on a day: the oracle looks at nothing else."""

    library: Library
    before: tuple[Lineup, ...]
    day: date

    def candidates(self, section: Section) -> list[Head]:
        """All that the section might ever show, in the order of ids."""
        entries = self.library.entries(section.kind)
        if section.kind != "topic":
            return [entries[one] for one in sorted(entries)]
        return [entries[one] for one in sorted(entries) if self.courses_of(one)]

    def courses_of(self, topic_id: str) -> list[str]:
        return [one.id for one in self.library.courses.values() if topic_id in one.topics]

    def shown(self, ref: Ref) -> list[date]:
        return [one.date for one in self.before for choice in one.choices if ref == (choice.kind, choice.entry_id)]

    def days_since(self, ref: Ref) -> int | None:
        shown = self.shown(ref)
        return (self.day - shown[-1]).days if shown else None

    def waited(self, ref: Ref) -> int:
        """How many entries of its kind were shown on the days after its last."""
        last = max(self.shown(ref), default=date.min)
        return sum(choice.kind == ref.kind for one in self.before if one.date > last for choice in one.choices)

    def round_size(self, kind: str) -> int:
        return sum(not one.draft for one in self.library.entries(kind).values())

    def days_pinned(self, ref: Ref) -> list[date]:
        """The days that are fixed for an entry and not recorded."""
        return [
            day
            for day, pin in self.library.pins.items()
            for section_id, entry_id in pin.sections.items()
            if day not in self.library.record
            and section_of(self.library, section_id).kind == ref.kind
            and self.library.current_id(ref.kind, entry_id) == ref.id
        ]

    def broken(self, section: Section, entry: Head, elsewhere: set[Ref]) -> set[str]:
        """Name all constraints that an entry does not meet in a section; `elsewhere` is what other sections hold."""
        gaps = [(one - self.day).days for one in self.days_pinned(entry.ref) if one > self.day]
        gaps += [(self.day - one).days for one in self.shown(entry.ref)]
        wanted = section.difficulty.get(WEEKDAYS[self.day.weekday()], getattr(entry, "difficulty", None))
        drops = self.library.newsletter.schedule.when_finished == "drop"
        required = [Ref("topic", self.library.current_id("topic", one)) for one in getattr(entry, "prerequisites", ())]
        found = {
            "taken": entry.ref in elsewhere,
            "draft": entry.draft,
            "window": bool(entry.not_before and self.day < entry.not_before)
            or bool(entry.not_after and self.day > entry.not_after),
            "prerequisites": any(not self.shown(one) for one in required),
            "finished": entry.kind == "topic" and drops and bool(self.shown(entry.ref)),
            "cooldown": min(gaps, default=section.cooldown) < section.cooldown,
            "difficulty": getattr(entry, "difficulty", wanted) != wanted,
        }
        return {name for name, is_broken in found.items() if is_broken}


def section_of(library: Library, section_id: str) -> Section:
    return next(one for one in library.newsletter.sections if one.id == section_id)


class Open(NamedTuple):
    """A section that was filled by choice or left empty, and what each candidate broke."""

    world: World
    lineup: Lineup
    section: Section
    choice: Choice | None
    broken: dict[str, set[str]]

    @property
    def fitting(self) -> list[str]:
        return [one for one, names in self.broken.items() if not names]


def open_sections(library: Library, lineups: Iterable[Lineup]) -> Iterator[Open]:
    """Every section that the rules (no pin, no record) had to fill, in the order in which they do it."""
    before: list[Lineup] = []
    for lineup in lineups:
        world = World(library, tuple(before), lineup.date)
        chosen = {one.section_id: one for one in lineup.choices}
        pins = library.pins.get(lineup.date, Pin()).sections
        due = [
            one
            for one in library.newsletter.sections
            if one.id not in pins and (one.days is None or WEEKDAYS[lineup.date.weekday()] in one.days)
        ]
        elsewhere = {one.ref for one in lineup.choices if one.section_id in pins}
        for section in () if lineup.recorded else sorted(due, key=lambda one: one.kind != "topic"):
            broken = {one.id: world.broken(section, one, elsewhere) for one in world.candidates(section)}
            yield Open(world, lineup, section, chosen.get(section.id), broken)
            elsewhere |= {chosen[section.id].ref} if section.id in chosen else set()
        before.append(lineup)


# --- Reasons: each function tells whether what is printed is true ---


def is_kept_out(
    world: World, decisions: tuple[Decision, ...], section: Section, entry: Head, constraint: str, reason: str
) -> bool:
    numbers = [int(one) for one in re.findall(r"(?<![-\d])\d+(?![-\d])", reason)]
    match constraint:
        case "taken":
            others = [one.choice.ref for one in decisions if one.choice and one.section.id != section.id]
            return entry.ref in others and reason == "another section of the day has it"
        case "draft":
            return entry.draft and reason == "it is a draft"
        case "window":
            early = entry.not_before is not None and world.day < entry.not_before
            name, limit = ("not_before", entry.not_before) if early else ("not_after", entry.not_after)
            return reason == f"it has '{name}: {limit}'" and (early or world.day > limit)
        case "prerequisites":
            needed = reason.split("'")[1]
            return needed in entry.prerequisites and not world.shown(Ref("topic", needed))
        case "finished":
            return world.library.newsletter.schedule.when_finished == "drop" and bool(world.shown(entry.ref))
        case "cooldown" if reason.startswith("pinned"):
            day = date.fromisoformat(reason[len("pinned to ") :][:10])
            gap = (day - world.day).days
            return (
                numbers == [gap, section.cooldown]
                and 0 < gap < section.cooldown
                and day in world.days_pinned(entry.ref)
            )
        case "cooldown":
            ago = [1, *numbers] if reason.startswith("shown yesterday") else numbers
            return ago == [world.days_since(entry.ref), section.cooldown] and ago[0] < ago[1]
        case "difficulty":
            wanted = section.difficulty[WEEKDAYS[world.day.weekday()]]
            return (
                entry.difficulty != wanted
                and reason == f"it is {entry.difficulty}, and {world.day:%A} asks for {wanted}"
            )
    return False


def comes_behind(world: World, decisions: tuple[Decision, ...], decision: Decision, other_id: str) -> bool:
    """Tell whether a runner-up comes after the choice for the reason that is printed."""
    entries = world.library.entries(decision.section.kind)
    runner_up = next(one for one in decision.runners_up if one.entry_id == other_id)
    chosen, other, reason = entries[decision.choice.entry_id], entries[other_id], runner_up.reason
    match runner_up.preference:
        case "course-order":
            return _comes_later(world, decision, chosen.id, other.id, reason)
        case "overdue":
            return _waits_less(world, chosen, other, reason)
        case "affinity":
            return _fits_less(_first_tags(world, decisions), decision.section, chosen, other, reason)
        case "least-recent":
            last = _told_ago(world, chosen)
            return reason == f"{last}, that one {_told_ago(world, other).removeprefix('last shown ')}" and (
                last == "never shown" or world.shown(chosen.ref)[-1] < world.shown(other.ref)[-1]
            )
        case "id":
            return chosen.id < other.id and reason == "equal in all else, and ids go by the alphabet"
    return False


def _comes_later(world: World, decision: Decision, chosen: str, other: str, reason: str) -> bool:
    own = decision.course_id
    outline = [world.library.current_id("topic", one) for one in world.library.courses[own].topics]
    if reason == f"it comes later in course '{own}'":
        return outline.index(chosen) < outline.index(other)
    if reason == f"this round of course '{own}' has had it already":
        return other in outline and bool(world.shown(Ref("topic", other)))
    named = re.fullmatch(rf"course '([a-z]+)' has its turn after '{own}'", reason)
    return named is not None and named[1] != own and named[1] in world.courses_of(other)


def _waits_less(world: World, chosen: Head, other: Head, reason: str) -> bool:
    size, waited, less = world.round_size(chosen.kind), world.waited(chosen.ref), world.waited(other.ref)
    if less >= 2 * size:
        return less < waited and reason == f"both are overdue, after {waited} turns against {less}"
    return waited >= 2 * size and reason == f"overdue after {waited} turns without it, where a full round takes {size}"


def _fits_less(topic: set[str], section: Section, chosen: Head, other: Head, reason: str) -> bool:
    more, fewer = len(topic & {*chosen.tags}), len(topic & {*other.tags})
    counted = f"{more} shared tag{'' if more == 1 else 's'}"
    if more != fewer:
        return more > fewer and reason == f"{counted} against {fewer}"
    few, many = len({*chosen.tags}), len({*other.tags})
    return few < many and section.cooldown > 0 and reason == f"{counted} each, of {few} in all against {many}"


def _told_ago(world: World, entry: Head) -> str:
    days = world.days_since(entry.ref)
    return {None: "never shown", 1: "last shown yesterday"}.get(days, f"last shown {days} days ago")


def _first_tags(world: World, decisions: tuple[Decision, ...]) -> set[str]:
    topics = [one.choice.entry_id for one in decisions if one.choice and one.choice.kind == "topic"]
    return {*world.library.topics[topics[0]].tags} if topics else set()
