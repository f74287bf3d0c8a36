"""Steps that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from pixeldigest import report
from pixeldigest.build import (
    Assembled,
    Build,
    Failure,
    assemble_issues,
    emptied_folders,
    finish_build,
    page_of,
    plan_build,
)
from pixeldigest.cache import Cache
from pixeldigest.check import SHORT_SECTION, load_checked, stops_building
from pixeldigest.diagnostics import EXIT_CONTENT, EXIT_SETTINGS, Diagnostic, UserError
from pixeldigest.formats.theme import theme_of
from pixeldigest.library import SETTINGS_FILE, Library
from pixeldigest.options import LATEST
from pixeldigest.output import write_pages
from pixeldigest.schedule import Lineup, plan_days


def need_newsletter(project: Path) -> None:
    """Raise UserError where a project has no newsletter."""
    if not (project / SETTINGS_FILE).exists():
        where = "here" if project == Path() else f"in {project}"
        message = (
            f"there is no newsletter {where}: {SETTINGS_FILE} is missing; start one with 'pixeldigest init', or use -C"
        )
        raise UserError(message, status=EXIT_SETTINGS)


def load_usable(project: Path, cache: Cache) -> tuple[Library, tuple[Diagnostic, ...]]:
    """Load a library to build from, and what is wrong in it, which stops only where every day needs it."""
    need_newsletter(project)
    library, diagnostics = load_checked(project, cache)
    fatal = [one for one in diagnostics if library is None or stops_building(library, one)]
    if library is None or fatal:
        raise UserError("the newsletter cannot be built as it stands", status=status_of(fatal), diagnostics=diagnostics)
    return library, diagnostics


def assemble(
    library: Library, diagnostics: tuple[Diagnostic, ...], *, until: date, days: tuple[date, ...] = ()
) -> Assembled:
    """Assemble issues; where one cannot be, tell all that is wrong, for it tells why."""
    try:
        return assemble_issues(library, until=until, days=days)
    except UserError as error:
        told = (*diagnostics, *error.diagnostics)
        raise UserError(error.message, status=error.status, diagnostics=told) from error


def stop_for(
    failures: Iterable[Failure], written: report.Written, output_format: str, job: Build | None = None
) -> None:
    """End with the first issue that could not be made, where it was asked for, or for files that must not go out."""
    for failure in failures:
        if job is None or not job.days or failure.day in job.days:
            if output_format == "json":  # it stands in the report
                sys.exit(failure.error.status)
            raise failure.error
    if written.refused:
        sys.exit(EXIT_CONTENT)


def write_build(
    library: Library, job: Build, assembled: Assembled, cache: Cache, output: Path | None = None
) -> report.Written:
    """Write what a build makes; the project's output folder is meant where none is given."""
    target = output or library.project / "output"
    batches = plan_build(job, assembled, library, theme_of(library, cache))
    complete = (*job.complete, *emptied_folders(job, library))
    outcome = write_pages(target, batches, cache, complete=complete, last=finish_build(job, target))
    page = page_of(job, assembled.issues, library)
    return report.report_written(outcome, target, page)


def left_out(library: Library) -> list[str]:
    """Say what is not made of a whole build, for want of libraries."""
    return report.format_left_out(covers=library.newsletter.theme.covers)


def resolve_day(library: Library, today: date, name: str) -> date:
    """Find the date that is meant by its name."""
    if name == LATEST:
        days = [one.date for one in plan_days(library, until=today) if isinstance(one, Lineup)]
        return days[-1] if days else today
    return resolve_name(today, name)


def status_of(diagnostics: Iterable[Diagnostic]) -> int:
    """Find the exit status that diagnostics ask for."""
    errors = [one for one in diagnostics if one.severity == "error"]
    if any(_is_settings(one.place.path) and one.rule != SHORT_SECTION for one in errors):
        return EXIT_SETTINGS
    return EXIT_CONTENT if errors else 0


def _is_settings(file: str) -> bool:
    """Tell whether a file is one that every issue needs, and no entry."""
    return file == SETTINGS_FILE or file.startswith("templates/")


def resolve_name(today: date, name: str) -> date:
    """Find the date that is meant by a name for which no library is needed."""
    match name:
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
        case "tomorrow":
            return today + timedelta(days=1)
    return date.fromisoformat(name)
