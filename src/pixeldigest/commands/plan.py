"""pixeldigest plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

from pixeldigest import planreport, report
from pixeldigest.cache import NO_CACHE
from pixeldigest.check import load_checked, stops_building
from pixeldigest.commands.steps import load_usable
from pixeldigest.diagnostics import UserError, diagnostics_as_data
from pixeldigest.library import Library
from pixeldigest.moves import files_left_out, find_moves
from pixeldigest.options import Session, output_format, print_diagnostics
from pixeldigest.pins import pin_days, write_pins
from pixeldigest.revision import content_at
from pixeldigest.runway import measure_runways
from pixeldigest.schedule import plan_days


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 3660), help="How many days to look ahead; 14 otherwise, and 366 with --runway."
)
@click.option("--pin", is_flag=True, help="Fix what the coming days hold in content/calendar.yml.")
@click.option("--diff", "revision", metavar="REV", help="Show what has moved since a git revision.")
@click.option("--runway", is_flag=True, help="Show how long there are fresh entries, and what to write next.")
@output_format
@click.pass_obj
def plan(session: Session, days: int | None, pin: bool, revision: str | None, runway: bool, output_format: str) -> None:
    """Show what the coming days hold, and why.

    With --pin the days that have no pin get one, so that no later edit moves them; nothing else in the calendar
    changes. An entry is fresh until its first issue; fresh content ends on the first day that has none to show.

    \b
    pixeldigest plan --days 14
    pixeldigest plan --diff HEAD --days 60
    pixeldigest plan --pin --days 7
    pixeldigest plan --runway
    """
    if pin + runway + (revision is not None) > 1:
        raise click.UsageError("--pin, --diff and --runway stand alone: choose one of them")
    library, diagnostics = load_usable(session.project, session.cache)
    first = max(session.today(library.newsletter), library.newsletter.schedule.start)
    until = first + timedelta(days=(days or (366 if runway else 14)) - 1)
    span = planreport.Span(first, until)
    if pin:
        told = _pin(session.project, library, span)
    elif revision is not None:
        told = _compare(session.project, library, revision, span)
    elif runway:
        told = planreport.report_runways(measure_runways(library, first=first, until=until), span)
    else:
        coming = tuple(one for one in plan_days(library, until=until) if one.date >= first)
        told = planreport.report_plan(coming, library)
    if output_format == "json":
        click.echo(report.as_json({**told.data, "diagnostics": diagnostics_as_data(diagnostics)}))
    else:
        print_diagnostics(diagnostics)
        click.echo(told.text)


def _pin(project: Path, library: Library, span: planreport.Span) -> planreport.Report:
    coming = [one for one in plan_days(library, until=span.until) if one.date >= span.first]
    pinning = pin_days(library, coming)
    if pinning.pins:
        write_pins(project, pinning.pins)
    return planreport.report_pinning(pinning, span)


def _compare(project: Path, library: Library, revision: str, span: planreport.Span) -> planreport.Report:
    earlier = _load_revision(project, revision)
    moves = find_moves(earlier, library, first=span.first, until=span.until)
    was = planreport.Side(f"at '{revision}'", files_left_out(earlier))
    return planreport.report_moves(moves, span, was, planreport.Side("now", files_left_out(library)))


def _load_revision(project: Path, revision: str) -> Library:
    """Load the library as it was; its files are named as git does, 'HEAD~1:content/newsletter.yml'."""
    with content_at(project, revision) as folder:
        library, diagnostics = load_checked(folder, NO_CACHE)
    fatal = [one for one in diagnostics if library is None or stops_building(library, one)]
    if library is None or fatal:
        named = [replace(one, place=replace(one.place, path=f"{revision}:{one.place.path}")) for one in fatal]
        message = f"the newsletter could not be planned as it was at '{revision}'; name another revision"
        raise UserError(message, diagnostics=named)
    return library
