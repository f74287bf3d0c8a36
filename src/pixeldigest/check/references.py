"""Rules about ids: everything that is named exists, once, and not in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pixeldigest.check.finding import Finding
from pixeldigest.content import Course, Ref
from pixeldigest.diagnostics import suggest, unmistakable
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, Library
from pixeldigest.yamlfile import Keys


class Reference(NamedTuple):
    """An id that stands in a file, and the kind of what it names."""

    kind: str
    id: str
    file: str
    keys: Keys


def check_references(library: Library) -> Iterator[Finding]:
    """Report ids in entries, outlines and settings that name nothing, and topics that stand twice in an outline."""
    for one in _references(library):
        yield from missing(library, one)
    for course in library.courses.values():
        yield from _check_outline(library, course)


def check_former_ids(library: Library) -> Iterator[Finding]:
    """Warn of former ids: they name what was meant, but not to whoever reads the file."""
    for one in (*_references(library), *_pinned(library)):
        if library.knows(one.kind, one.id) and (now := library.current_id(one.kind, one.id)) != one.id:
            message, hint = f"'{one.id}' is a former id of the {one.kind} '{now}'", f"write '{now}'"
            fix = ((0, one.id, now),)
            yield Finding("former-id", message, hint, one.file, one.keys, severity="warning", fix=fix)


def _references(library: Library) -> Iterator[Reference]:
    for topic in library.topics.values():
        for index, needed in enumerate(topic.prerequisites):
            yield Reference("topic", needed, library.files[topic.ref], ("prerequisites", index))
    for problem in library.problems.values():
        for index, one in enumerate(problem.collections):
            yield Reference("collection", one, library.files[problem.ref], ("collections", index))
    for course in library.courses.values():
        for number, chapter in enumerate(course.chapters):
            for index, one in enumerate(chapter.topics):
                file = library.files[Ref("course", course.id)]
                yield Reference("topic", one, file, ("chapters", number, "topics", index))
    schedule = library.newsletter.schedule
    for index, one in enumerate(schedule.courses):
        yield Reference("course", one, SETTINGS_FILE, ("schedule", "courses", index))
    if isinstance(schedule.rotation, Mapping):
        for day, one in schedule.rotation.items():
            yield Reference("course", one, SETTINGS_FILE, ("schedule", "rotation", day))


def _pinned(library: Library) -> Iterator[Reference]:
    kinds = {section.id: section.kind for section in library.newsletter.sections}
    for day, pin in library.pins.items():
        for section, one in pin.sections.items():
            if section in kinds:
                yield Reference(kinds[section], one, CALENDAR_FILE, (day.isoformat(), "sections", section))


def _check_outline(library: Library, course: Course) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for number, chapter in enumerate(course.chapters):
        for index, topic in enumerate(chapter.topics):
            if topic in seen:
                message = f"'{topic}' stands in the chapter '{seen[topic]}' already"
                keys: Keys = ("chapters", number, "topics", index)
                file = library.files[Ref("course", course.id)]
                yield Finding("repeated-topic", message, "keep one of the two", file, keys)
            seen.setdefault(topic, chapter.id)


def missing(library: Library, one: Reference) -> Iterator[Finding]:
    """Report an id that names nothing of its kind."""
    kind, entry_id, file, keys = one
    if not library.knows(kind, entry_id):
        otherwise = f"write content/{kind}s/{entry_id}.yml, or take it out here"
        hint = suggest(entry_id, ids_of(library, kind), otherwise=otherwise)
        yield Finding("unknown-reference", f"there is no {kind} '{entry_id}'", hint, file, keys)


def ids_of(library: Library, kind: str) -> list[str]:
    """List the ids of a kind, for proposals."""
    return [ref.id for ref in library.files if ref.kind == kind]


def check_prerequisite_circles(library: Library) -> Iterator[Finding]:
    """Report topics that require themselves, by way of others."""
    reported: set[str] = set()
    for start in sorted(library.topics):
        path = _path_back(library, start)
        if path and not reported & set(path):
            reported.update(path)
            chain = " → ".join((*path, start))
            message = (
                f"these topics require each other in a circle: {chain}" if path[1:] else f"'{start}' requires itself"
            )
            step = library.topics[start].prerequisites.index((*path, start)[1])
            file = library.files[Ref("topic", start)]
            hint = "take one of these prerequisites out" if path[1:] else "take it out of its prerequisites"
            yield Finding("prerequisite-circle", message, hint, file, ("prerequisites", step))


def _path_back(library: Library, start: str) -> tuple[str, ...]:
    """Find a way from a topic over prerequisites back to itself."""
    stack: list[tuple[str, tuple[str, ...]]] = [(start, (start,))]
    seen: set[str] = set()
    while stack:
        topic, path = stack.pop()
        entry = library.topics.get(topic)
        for needed in sorted(entry.prerequisites, reverse=True) if entry else ():
            if needed == start:
                return path
            if needed not in seen:
                seen.add(needed)
                stack.append((needed, (*path, needed)))
    return ()


def check_question_ids(library: Library) -> Iterator[Finding]:
    """Report questions of one quiz that share an id."""
    for topic in library.topics.values():
        seen: set[str] = set()
        for index, question in enumerate(topic.questions):
            if question in seen:
                message = f"the question '{question}' stands in this quiz already"
                file = library.files[topic.ref]
                yield Finding("duplicate-id", message, "give it an id of its own", file, ("quiz", index, "id"))
            seen.add(question)


def check_aliases(library: Library) -> Iterator[Finding]:
    """Report former ids that another entry has or had."""
    owners: dict[Ref, str] = {}
    for entry in library.all_entries():
        file = library.files[entry.ref]
        for index, alias in enumerate(entry.aliases):
            ref = Ref(entry.kind, alias)
            other = library.files.get(ref) or owners.get(ref)
            if other:
                message = f"'{alias}' is the id or an alias of {other}"
                yield Finding("duplicate-id", message, "delete it here or there", file, ("aliases", index))
            owners.setdefault(ref, file)


def check_section_ids(library: Library) -> Iterator[Finding]:
    """Report settings for sections that do not exist."""
    newsletter = library.newsletter
    sections = {section.id: section for section in newsletter.sections}
    calling: list[tuple[str, Keys]] = [(one, ("calls_to_action", one)) for one in newsletter.calls_to_action]
    named: list[tuple[str, Keys]] = []
    if newsletter.mail:
        named += [(one, ("mail", "sections", one)) for one in newsletter.mail.sections]
        calls = newsletter.mail.calls_to_action or ()
        calling += [(one, ("mail", "calls_to_action", index)) for index, one in enumerate(calls)]
    there = {one for one, _ in (*calling, *named)}
    for one, keys in (*calling, *named):
        if one not in sections:
            hint, meant = suggest(one, sections), unmistakable(one, sections)
            fix = ((0, one, meant),) if meant and meant not in there else ()
            yield Finding("unknown-section", f"there is no section '{one}'", hint, SETTINGS_FILE, keys, fix=fix)
    for one, keys in calling:
        if one in sections and sections[one].is_review:
            message = f"'{one}' calls to nothing: a section of kind '{sections[one].kind}' has no entry of its own"
            yield Finding("call-to-action", message, "delete this line", SETTINGS_FILE, keys)
