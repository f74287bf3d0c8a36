"""What is wrong in a library beyond the schema: one small function a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pixeldigest.content import Course, Entry, Problem, Ref, Section, Topic
from pixeldigest.diagnostics import Diagnostic, Severity, sort_diagnostics, suggest
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, Library, load_library
from pixeldigest.markup.document import Document, Formula, Image, Link, walk
from pixeldigest.markup.formula import FormulaError, latex_to_mathml
from pixeldigest.markup.parse import parse_body, parse_inline
from pixeldigest.schedule import GIVES_WAY, Lineup, NoIssue, plan_days
from pixeldigest.yamlfile import Keys, Source, locate, locate_key, read_source

MAX_IMAGE_BYTES = 300_000
SHORT_SECTION = "short-section"
INTERNAL_SCHEMES = ("topic", "problem", "feature", "course")
_IMAGE_TYPES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")


class Finding(NamedTuple):
    """Something wrong at a key of a file; offset and length point into the text that stands there."""

    rule: str
    message: str
    hint: str
    file: str
    keys: Keys = ()
    offset: int | None = None
    length: int = 1
    severity: Severity = "error"


class Prose(NamedTuple):
    """A text with Markdown in it, and where it stands."""

    keys: Keys
    document: Document


class Checked(NamedTuple):
    """A library without its broken entries (None where the settings cannot be read), and all that is wrong."""

    library: Library | None
    diagnostics: tuple[Diagnostic, ...]


Rule = Callable[[Library], Iterator[Finding]]


def load_checked(project: Path) -> Checked:
    """Load a project's library and apply every rule to it."""
    library, diagnostics = load_library(project)
    if library is None:
        return Checked(None, diagnostics)
    findings = check_library(library)
    sound = library.without(broken_entries(library, findings))
    return Checked(sound, sort_diagnostics((*diagnostics, *place_findings(project, findings))))


def stops_building(library: Library, diagnostic: Diagnostic) -> bool:
    """Tell whether an error lies in what every day needs: settings, pins, the record, the courses that are sent.

    Other broken entries are no candidates. A pin's fault stops only its own day, and that day's lineup says so.
    """
    file = diagnostic.place.path
    courses = {library.files.get(Ref("course", one)) for one in library.newsletter.schedule.courses}
    needed = file in (SETTINGS_FILE, CALENDAR_FILE) or file in courses or file.startswith("content/record/")
    return diagnostic.severity == "error" and needed and diagnostic.rule != "pin"


def check_library(library: Library) -> tuple[Finding, ...]:
    """Apply every rule."""
    return tuple(finding for rule in RULES for finding in rule(library))


def broken_entries(library: Library, findings: Iterable[Finding]) -> frozenset[Ref]:
    """Name the entries that have errors."""
    faulty = {finding.file for finding in findings if finding.severity == "error"}
    return frozenset(ref for ref, file in library.files.items() if file in faulty)


def place_findings(project: Path, findings: Iterable[Finding]) -> tuple[Diagnostic, ...]:
    """Find each one's line and column, by reading its file again: positions are not kept in a library."""
    sources: dict[str, Source | None] = {}
    placed = []
    for one in findings:
        if one.file not in sources:
            sources[one.file], _ = read_source(project / one.file, name=one.file)
        source = sources[one.file] or Source(one.file, [], None)
        if one.offset is None and one.rule in _AT_KEY:
            place = locate_key(source, one.keys)
        else:
            place = locate(source, one.keys, offset=one.offset, length=one.length)
        placed.append(Diagnostic(one.rule, one.message, one.hint, place, one.severity))
    return sort_diagnostics(placed)


def read_prose(entry: Entry) -> Iterator[Prose]:
    """Yield every text of an entry that is Markdown, parsed."""
    yield Prose(("body",), parse_body(entry.body))
    for index, correction in enumerate(entry.corrections):
        yield Prose(("corrections", index, "text"), parse_inline(correction.text))
    if isinstance(entry, Topic):
        yield from _topic_prose(entry)
    if isinstance(entry, Problem):
        for index, hint in enumerate(entry.hints):
            yield Prose(("hints", index), parse_inline(hint))
        if entry.explanation:
            yield Prose(("explanation",), parse_body(entry.explanation))


def _topic_prose(topic: Topic) -> Iterator[Prose]:
    for index, question in enumerate(topic.quiz):
        yield Prose(("quiz", index, "question"), parse_inline(question.question))
        for number, choice in enumerate(question.choices):
            yield Prose(("quiz", index, "choices", number), parse_inline(choice))
        if question.explanation:
            yield Prose(("quiz", index, "explanation"), parse_inline(question.explanation))
    if topic.exercise:
        yield Prose(("exercise",), parse_body(topic.exercise))
    for index, reading in enumerate(topic.reading):
        if reading.note:
            yield Prose(("reading", index, "note"), parse_inline(reading.note))


def _all_entries(library: Library) -> Iterator[tuple[str, Entry]]:
    for kind in ("topic", "problem", "feature"):
        for entry in library.entries(kind).values():
            yield library.files[entry.ref], entry


def check_markup(library: Library) -> Iterator[Finding]:
    """Report what a body may not hold: raw HTML, a first-level heading, an open fence."""
    for file, entry in _all_entries(library):
        for keys, document in read_prose(entry):
            for fault in document.faults:
                yield Finding(fault.rule, fault.message, fault.hint, file, keys, fault.offset, fault.length)


def check_formulas(library: Library) -> Iterator[Finding]:
    """Report formulas that do not parse."""
    for file, entry in _all_entries(library):
        for keys, document in read_prose(entry):
            for node in walk(document.blocks):
                if isinstance(node, Formula):
                    yield from _check_formula(node, file, keys)


def _check_formula(formula: Formula, file: str, keys: Keys) -> Iterator[Finding]:
    try:
        latex_to_mathml(formula.latex, display=formula.display)
    except FormulaError as error:
        offset = formula.offset + min(error.offset, max(0, len(formula.latex) - 1))
        hint = "compare the formula with the commands of LaTeX's maths mode"
        yield Finding("formula", f"this formula does not parse: {error.message}", hint, file, keys, offset)


def check_links(library: Library) -> Iterator[Finding]:
    """Report links with a scheme that is not accepted, or to what does not exist."""
    for file, entry in _all_entries(library):
        for keys, document in read_prose(entry):
            for node in walk(document.blocks):
                if isinstance(node, Link) and (fault := _link_fault(library, node.url)):
                    yield Finding("link", *fault, file, keys, node.offset, max(1, len(node.url)))


def _link_fault(library: Library, url: str) -> tuple[str, str] | None:
    scheme, _, rest = url.partition(":")
    if scheme in INTERNAL_SCHEMES:
        known = library.courses if scheme == "course" else library.entries(scheme)
        if library.knows(scheme, rest):
            return None
        return f"there is no {scheme} '{rest}'", suggest(rest, known)
    if re.fullmatch(r"https?://[^\s/]+\S*|mailto:[^\s@]+@[^\s@]+", url):
        return None
    return f"'{url}' is not a link that readers can follow", "start it with https://, mailto:, topic:, problem:, feature: or course:"


def check_images(library: Library) -> Iterator[Finding]:
    """Report images that are missing, too large, of another type, or without alternative text."""
    for file, entry in _all_entries(library):
        for keys, document in read_prose(entry):
            for node in walk(document.blocks):
                if isinstance(node, Image):
                    for message, hint in _image_faults(library, node):
                        yield Finding("image", message, hint, file, keys, node.offset, max(1, len(node.source)))
    logo = library.newsletter.theme.logo
    if logo and logo not in library.images:
        message, hint = f"there is no image '{logo}'", suggest(logo, library.images)
        yield Finding("image", message, hint, SETTINGS_FILE, ("theme", "logo"))


def _image_faults(library: Library, image: Image) -> Iterator[tuple[str, str]]:
    if not image.alt.strip():
        yield "this image has no alternative text", "say between the brackets what it shows: ![what it shows](…)"
    source = image.source
    if source not in library.images:
        inside = source.startswith("images/") and ".." not in PurePosixPath(source).parts
        if inside:
            yield f"there is no image '{source}'", suggest(source, library.images) or "put it into content/images/"
        else:
            yield f"'{source}' is not in content/images/", "put the file there and write 'images/…'"
    elif not source.endswith(_IMAGE_TYPES):
        yield f"'{source}' is not an image that browsers show", "use " + ", ".join(_IMAGE_TYPES)
    elif (size := library.images[source]) > MAX_IMAGE_BYTES:
        yield f"'{source}' has {size // 1000} kB", f"make it smaller than {MAX_IMAGE_BYTES // 1000} kB"


def check_references(library: Library) -> Iterator[Finding]:
    """Report ids in entries, outlines and settings that name nothing."""
    for topic in library.topics.values():
        for index, needed in enumerate(topic.prerequisites):
            yield from _missing(library, "topic", needed, library.files[topic.ref], ("prerequisites", index))
    for problem in library.problems.values():
        for index, one in enumerate(problem.collections):
            yield from _missing(library, "collection", one, library.files[problem.ref], ("collections", index))
    for course in library.courses.values():
        yield from _check_outline(library, course)
    schedule = library.newsletter.schedule
    for index, one in enumerate(schedule.courses):
        yield from _missing(library, "course", one, SETTINGS_FILE, ("schedule", "courses", index))
    if isinstance(schedule.rotation, Mapping):
        for day, one in schedule.rotation.items():
            yield from _missing(library, "course", one, SETTINGS_FILE, ("schedule", "rotation", day))


def _check_outline(library: Library, course: Course) -> Iterator[Finding]:
    file = library.files[Ref("course", course.id)]
    seen: dict[str, str] = {}
    for number, chapter in enumerate(course.chapters):
        for index, topic in enumerate(chapter.topics):
            keys: Keys = ("chapters", number, "topics", index)
            yield from _missing(library, "topic", topic, file, keys)
            if topic in seen:
                message = f"'{topic}' stands in the chapter '{seen[topic]}' already"
                yield Finding("repeated-topic", message, "a topic has one place in a course", file, keys)
            seen.setdefault(topic, chapter.id)


def _missing(library: Library, kind: str, one: str, file: str, keys: Keys) -> Iterator[Finding]:
    if not library.knows(kind, one):
        known = [ref.id for ref in library.files if ref.kind == kind]
        hint = suggest(one, known) or f"write its file first: content/{kind}s/{one}.yml"
        yield Finding("unknown-reference", f"there is no {kind} '{one}'", hint, file, keys)


def check_prerequisite_circles(library: Library) -> Iterator[Finding]:
    """Report topics that require themselves, by way of others."""
    reported: set[str] = set()
    for start in sorted(library.topics):
        path = _path_back(library, start)
        if path and not reported & set(path):
            reported.update(path)
            chain = " → ".join((*path, start))
            file = library.files[Ref("topic", start)]
            message = f"these topics require each other: {chain}"
            yield Finding("prerequisite-circle", message, "take one of the prerequisites out", file, ("prerequisites",))


def _path_back(library: Library, start: str) -> tuple[str, ...]:
    """Find a way from a topic over prerequisites back to itself."""
    stack, seen = [(start, (start,))], set()
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
        for index, question in enumerate(topic.quiz):
            if question.id in seen:
                message = f"the question '{question.id}' stands in this quiz already"
                file = library.files[topic.ref]
                yield Finding("duplicate-id", message, "give it an id of its own", file, ("quiz", index, "id"))
            seen.add(question.id)


def check_aliases(library: Library) -> Iterator[Finding]:
    """Report former ids that another entry has or had."""
    owners: dict[Ref, str] = {}
    for file, entry in _all_entries(library):
        for index, alias in enumerate(entry.aliases):
            ref = Ref(entry.kind, alias)
            other = library.files.get(ref) or owners.get(ref)
            if other:
                message = f"'{alias}' is the id or an alias of {other}"
                yield Finding("duplicate-id", message, "take it out here or there", file, ("aliases", index))
            owners.setdefault(ref, file)


def check_pins(library: Library) -> Iterator[Finding]:
    """Report pins that name what does not exist or may not be shown, or that contradict the record."""
    sections = {section.id: section for section in library.newsletter.sections}
    for day, pin in library.pins.items():
        for section_id, entry_id in pin.sections.items():
            keys: Keys = (day.isoformat(), "sections", section_id)
            if section_id not in sections:
                message = f"there is no section '{section_id}'"
                yield Finding("unknown-section", message, suggest(section_id, sections), CALENDAR_FILE, keys)
                continue
            section = sections[section_id]
            yield from _missing(library, section.kind, entry_id, CALENDAR_FILE, keys)
            recorded = library.record.get(day)
            if recorded is None and (reason := _why_not_shown(library, section, entry_id, day)):
                hint = "pin another entry, or change this one"
                yield Finding("pin", f"'{entry_id}' cannot be shown on {day}: {reason}", hint, CALENDAR_FILE, keys)
            if recorded and recorded.sections.get(section_id) != entry_id:
                message = f"this pin came too late: on {day} '{section_id}' was {_recorded_as(recorded.sections, section_id)}"
                hint = "delete the pin; what went out stays"
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
        for section_id, entry_id in recorded.sections.items():
            keys: Keys = (day.isoformat(), "sections", section_id)
            if section_id not in sections:
                message = f"the record names the section '{section_id}', which newsletter.yml no longer has"
                hint = "put it back with 'days: []', which retires it"
                yield Finding("unknown-section", message, hint, file, keys)
            elif not library.knows(sections[section_id].kind, entry_id):
                message = f"there is no {sections[section_id].kind} '{entry_id}'"
                hint = "put it back; if it was renamed, list this id in its 'aliases'"
                yield Finding("unknown-reference", message, hint, file, keys)


def check_days(library: Library, *, first: date, until: date) -> Iterator[Finding]:
    """Report what days to come would show: pins against prerequisites, and sections that nothing fits."""
    indexes = {section.id: index for index, section in enumerate(library.newsletter.sections)}
    for lineup in plan_days(library, until=until):
        if isinstance(lineup, NoIssue) or lineup.recorded or lineup.date < first:
            continue
        for conflict in lineup.conflicts:
            keys: Keys = (lineup.date.isoformat(), "sections", conflict.section_id)
            if conflict.pinned:
                yield Finding("pin", conflict.message, conflict.hint, CALENDAR_FILE, keys)
            else:
                keys = ("sections", indexes[conflict.section_id], "kind")
                yield Finding(SHORT_SECTION, conflict.message, conflict.hint, SETTINGS_FILE, keys)
        for section_id, message in _shortages(lineup):
            keys = ("sections", indexes[section_id], "kind")
            hint = "write another entry, or shorten the cooldown"
            yield Finding(SHORT_SECTION, message, hint, SETTINGS_FILE, keys, severity="warning")


def _shortages(lineup: Lineup) -> Iterator[tuple[str, str]]:
    conflicting = {conflict.section_id for conflict in lineup.conflicts}
    for omission in lineup.omissions:
        if omission.section_id not in conflicting:
            yield omission.section_id, f"on {lineup.date} '{omission.section_id}' is left out: {omission.reason}"
    for choice in lineup.choices:
        if choice.because in GIVES_WAY:
            yield choice.section_id, f"on {lineup.date} '{choice.because}' gives way to fill '{choice.section_id}'"


# A rule is a function above and its name here.
RULES: tuple[Rule, ...] = (
    check_markup,
    check_formulas,
    check_links,
    check_images,
    check_references,
    check_prerequisite_circles,
    check_question_ids,
    check_aliases,
    check_pins,
    check_record,
)

# Findings about a key rather than its value.
_AT_KEY = frozenset(("unknown-section",))
