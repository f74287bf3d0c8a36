"""What is wrong in a library beyond the schema: a small function a rule, its name in RULES, ADVICE or notes.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pixeldigest.cache import Cache
from pixeldigest.check.dates import SHORT_SECTION, check_days, check_record, check_record_numbers, check_runway
from pixeldigest.check.finding import Finding, place_findings
from pixeldigest.check.language import check_language
from pixeldigest.check.likeness import check_same_titles
from pixeldigest.check.notes import check_texts
from pixeldigest.check.pins import check_pins, check_pins_against_record, check_pins_among_each_other
from pixeldigest.check.references import (
    check_aliases,
    check_former_ids,
    check_prerequisite_circles,
    check_question_ids,
    check_references,
    check_section_ids,
)
from pixeldigest.check.sending import check_never_sent
from pixeldigest.check.texts import check_logo, check_pictures
from pixeldigest.check.wording import check_preheaders, check_titles, check_unfinished
from pixeldigest.content import Ref
from pixeldigest.diagnostics import Diagnostic, sort_diagnostics
from pixeldigest.library import CALENDAR_FILE, SETTINGS_FILE, WITHDRAWN_FILE, Library
from pixeldigest.loading import FindDays, load_library, load_recorded

__all__ = [
    "ADVICE",
    "RULES",
    "SHORT_SECTION",
    "Checked",
    "Finding",
    "check_days",
    "check_library",
    "check_runway",
    "load_checked",
    "load_checked_day",
    "place_findings",
    "stops_building",
]

Rule = Callable[[Library], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    check_unfinished,
    check_titles,
    check_logo,
    check_pictures,
    check_references,
    check_prerequisite_circles,
    check_question_ids,
    check_aliases,
    check_section_ids,
    check_pins,
    check_pins_against_record,
    check_pins_among_each_other,
    check_record,
    check_record_numbers,
)
# What only `check` says.
ADVICE: tuple[Rule, ...] = (check_former_ids, check_preheaders, check_same_titles, check_never_sent)


class Checked(NamedTuple):
    """A library without its broken entries (None where the settings cannot be read), and all that is wrong."""

    library: Library | None
    diagnostics: tuple[Diagnostic, ...]


def load_checked(project: Path, cache: Cache, *, advice: bool = False) -> Checked:
    """Load a project's library and apply the rules to it; those that only advise on texts take long."""
    library, diagnostics = load_library(project, cache)
    if library is None:
        return Checked(None, diagnostics)
    return _without_broken(library, diagnostics, check_library(library, cache, advice=advice))


def load_checked_day(project: Path, cache: Cache, find_days: FindDays) -> Checked | None:
    """Load what a day needs that went out, and check its texts; None where all has to be loaded."""
    loaded = load_recorded(project, cache, find_days)
    if loaded is None or loaded.library is None:
        return None
    findings = check_texts(loaded.library, cache, advice=False)
    return _without_broken(loaded.library, loaded.diagnostics, findings)


def _without_broken(library: Library, diagnostics: tuple[Diagnostic, ...], findings: Iterable[Finding]) -> Checked:
    project = library.project
    findings = (*findings, *check_language(project, library.newsletter.language))
    found = sort_diagnostics((*diagnostics, *place_findings(project, findings)))
    return Checked(library.without(broken_entries(library, found)), found)


def stops_building(library: Library, diagnostic: Diagnostic) -> bool:
    """Tell whether an error lies in what every day needs: settings, pins, the record, the courses that are sent.

    Other broken entries are no candidates. A pin's fault stops only its own day, and that day's lineup says so. Where
    nobody can tell what was withdrawn, nothing is built, or it would come back.
    """
    file = diagnostic.place.path
    courses = {library.files.get(Ref("course", one)) for one in library.newsletter.schedule.courses}
    by_day = file in (CALENDAR_FILE, WITHDRAWN_FILE)
    needed = by_day or file == SETTINGS_FILE or file in courses or file.startswith("content/record/")
    concerns_its_day = by_day and diagnostic.rule in ("pin", "unknown-reference", "unknown-section", "unknown-issue")
    return diagnostic.severity == "error" and needed and not concerns_its_day


def check_library(library: Library, cache: Cache, *, advice: bool = False) -> tuple[Finding, ...]:
    """Apply the rules about texts and all others, with or without those that only advise."""
    of_texts = check_texts(library, cache, advice=advice)
    return (*of_texts, *(one for rule in (*RULES, *(ADVICE if advice else ())) for one in rule(library)))


def broken_entries(library: Library, diagnostics: Iterable[Diagnostic]) -> frozenset[Ref]:
    """Name the entries that have errors."""
    faulty = {one.place.path for one in diagnostics if one.severity == "error"}
    return frozenset(ref for ref, file in library.files.items() if file in faulty)
