"""pixeldigest publish."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta

import click

from pixeldigest import report
from pixeldigest.build import Build, Failure
from pixeldigest.check import check_runway, load_checked, place_findings
from pixeldigest.commands.steps import assemble, left_out, load_usable, resolve_day, stop_for, write_build
from pixeldigest.diagnostics import EXIT_USAGE, UserError, sort_diagnostics
from pixeldigest.formats import WEB, usable_formats
from pixeldigest.library import Library
from pixeldigest.options import DateName, Session, output_format, print_diagnostics
from pixeldigest.publish import last_due_day, publishing_alone, record_due_days


@click.command()
@click.option("--date", "day", type=DateName(), help="Up to this day; every due day otherwise.")
@click.option("--dry-run", is_flag=True, help="Say what would be recorded, and stop.")
@output_format
@click.pass_obj
def publish(session: Session, day: str | None, dry_run: bool, output_format: str) -> None:
    """Record every due day, oldest first, and build.

    A recorded day never changes again. Safe to run at any time: what is recorded stays as it is.

    \b
    pixeldigest publish
    15 * * * *  cd /srv/my-newsletter && pixeldigest publish
    """
    with contextlib.nullcontext(True) if dry_run else publishing_alone(session.project) as alone:
        if alone:
            _publish(session, day, output_format, dry_run=dry_run)
        else:
            said = "another publish is running; this one leaves the work to it"
            click.echo(report.note_as_data(said) if output_format == "json" else said)


def _publish(session: Session, day: str | None, output_format: str, *, dry_run: bool) -> None:
    library, diagnostics = load_usable(session.project, session.cache)
    until = _due_day(library, session.time(library.newsletter), day)
    recording = record_due_days(session.project, library, until=until, dry_run=dry_run)
    failures: tuple[Failure, ...] = recording.blocked
    written = report.NOTHING_WRITTEN
    if not dry_run:
        library = load_checked(session.project, session.cache).library or library
        # What is not due yet stays unseen, also today's issue before its hour.
        last = failures[0].day - timedelta(days=1) if failures else max([until, *library.record])
        assembled = assemble(library, diagnostics, until=last)
        failures = (*assembled.failures, *failures)
        job = Build(last, (WEB, *usable_formats()), failed=bool(assembled.failures))
        written = write_build(library, job, assembled, session.cache)
    findings = place_findings(session.project, check_runway(library, first=session.today(library.newsletter)))
    diagnostics = sort_diagnostics((*diagnostics, *findings))
    if output_format == "json":
        click.echo(report.outcome_as_data(written, diagnostics, failures, recorded=recording.recorded))
    else:
        print_diagnostics((*diagnostics, *written.refused))
        click.echo(report.format_recording(recording.recorded, dry_run=dry_run))
        if not dry_run:
            click.echo("\n".join((*left_out(library), report.format_outcome(written))))
    stop_for(failures, written, output_format)


def _due_day(library: Library, now: datetime, day: str | None) -> date:
    """Find the last day to record: the last that is due, or an earlier one that was asked for."""
    due = last_due_day(library.newsletter, now)
    wanted = resolve_day(library, now.astimezone(library.newsletter.zone).date(), day) if day else due
    if wanted > due:
        at = library.newsletter.publish.at.strftime("%H:%M")
        raise UserError(
            f"{wanted} is not due yet: days are due at {at}, {library.newsletter.timezone}", status=EXIT_USAGE
        )
    return wanted
