"""The commands: each calls the steps in order and prints."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path

import click

from pixeldigest import __version__, planreport, report
from pixeldigest.build import Build, Failure, assemble_issues, check_coming, page_of, render_build
from pixeldigest.check import (
    SHORT_SECTION,
    Finding,
    check_days,
    check_runway,
    load_checked,
    place_findings,
    stops_building,
)
from pixeldigest.content import Newsletter
from pixeldigest.diagnostics import (
    EXIT_CONTENT,
    EXIT_SETTINGS,
    EXIT_USAGE,
    Diagnostic,
    UserError,
    diagnostics_as_data,
    sort_diagnostics,
)
from pixeldigest.formats import FORMATS, WEB, usable_formats
from pixeldigest.formats.theme import Theme, load_theme
from pixeldigest.issue import Issue
from pixeldigest.library import SETTINGS_FILE, Library
from pixeldigest.moves import files_left_out, find_moves
from pixeldigest.options import Commands, DateName, Moment, Session, note_format, output_format, print_diagnostics
from pixeldigest.output import write_pages
from pixeldigest.pins import pin_days, write_pins
from pixeldigest.publish import last_due_day, publishing_alone, record_due_days
from pixeldigest.revision import content_at
from pixeldigest.runway import measure_runways
from pixeldigest.schedule import Lineup, explain_day, plan_days, plan_lineup
from pixeldigest.start import SKELETONS, init_project, write_skeleton
from pixeldigest.trial import isolation, try_problem


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C", "project", type=click.Path(path_type=Path), default=Path(), help="The project's folder.", metavar="DIR"
)
@click.option("--now", type=Moment(), help="Act as if it were this moment (for tests and rehearsals).")
@click.version_option(__version__, prog_name="pixeldigest")
@click.pass_context
def cli(ctx: click.Context, project: Path, now: datetime | None) -> None:
    """Turn entries in YAML into web pages, posts and plain text: a learning newsletter as code.

    \b
    pixeldigest init my-newsletter          start a newsletter
    pixeldigest check                       say what is wrong in content/
    pixeldigest build                       write everything, as of today
    pixeldigest plan --days 14              show the coming fortnight
    """
    ctx.obj = Session(project, now)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[DIR]")
@click.pass_obj
def init(session: Session, folder: Path) -> None:
    """Start a newsletter in DIR, with sample entries.

    Its first issue is today's. Nothing that exists is overwritten.

    \b
    pixeldigest init my-newsletter
    cd my-newsletter && pixeldigest build
    """
    target = session.project / folder
    # The sample's time zone is UTC: with the date of another, its first issue could lie in the future.
    today = (session.now or datetime.now(UTC)).astimezone(UTC).date()
    written = init_project(target, start=today)
    click.echo(f"{len(written)} files written to {target}")
    click.echo("next: " + (f"cd {shlex.quote(str(target))} && " if target != Path() else "") + "pixeldigest build")


@cli.command()
@click.option("--date", "day", type=DateName(), help="One day only: YYYY-MM-DD, today, yesterday, tomorrow or latest.")
@click.option("--from", "first", type=DateName(), help="The first of several days.")
@click.option("--to", "last", type=DateName(), help="The last of several days.")
@click.option(
    "--format", "formats", type=click.Choice([WEB, *FORMATS]), multiple=True, help="Only these; all otherwise."
)
@click.option("--drafts", is_flag=True, help="Write the drafts' pages too, to output/preview/.")
@click.option("--output", type=click.Path(path_type=Path), help="Where to write; output/ otherwise.")
@output_format
@click.pass_obj
def build(
    session: Session,
    day: str | None,
    first: str | None,
    last: str | None,
    formats: tuple[str, ...],
    drafts: bool,
    output: Path | None,
    output_format: str,
) -> None:
    """Write the site and every issue's formats, as of today.

    With --date, or --from and --to, only those days. Days to come are written to output/preview/, never to
    output/site/.

    \b
    pixeldigest build
    pixeldigest build --date latest --format web
    pixeldigest build --from 2026-11-01 --to 2026-11-07
    """
    library, diagnostics = _load_usable(session.project)
    today = session.today(library)
    days = _choose_days(library, today, day, first, last)
    job = Build(today, formats or (WEB, *usable_formats()), days, drafts)
    issues, failures = _assemble(library, diagnostics, until=job.last_day)
    written = _write(session, library, job._replace(failed=bool(failures)), issues, output)
    planned = {issue.date for issue in issues} | {failure.day for failure in failures}
    asked = job.days or (() if planned else (today,))
    missing = [report.format_no_issue(library, one) for one in sorted(set(asked) - planned)]
    if output_format == "json":
        click.echo(report.outcome_as_data(written, diagnostics, failures, no_issue=missing))
    else:
        print_diagnostics((*diagnostics, *written.refused))
        left_out = [] if formats else _left_out(library)
        click.echo("\n".join((*left_out, report.format_outcome(written), *missing)))
    _stop_for(failures, written, output_format, job)


@cli.command()
@click.option("--run", is_flag=True, help="Run the problems' code too.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    callback=note_format,
    help="How to report; github marks the lines of a pull request.",
)
@click.pass_obj
def check(session: Session, run: bool, output_format: str) -> None:
    """Say everything that is wrong in content/.

    Each fault is told with its file, line and column, and the way out. With --run the problems' code is run: each
    solution must pass its tests, each starter and wrong answer must fail.

    \b
    pixeldigest check
    pixeldigest check --run --output-format github
    """
    _need_newsletter(session.project)
    library, diagnostics = load_checked(session.project)
    findings: list[Finding] = []
    if library:
        today = session.today(library)
        horizon = today + timedelta(days=library.newsletter.schedule.runway_warning)
        findings += check_days(library, first=today, until=max([horizon, *library.pins]))
        theme = _load_theme(session.project, library.newsletter)
        # A week at least, so that nobody hears of a mail's fault on its own day.
        until = max([horizon, today + timedelta(days=7), *library.pins])
        diagnostics += tuple(check_coming(library, theme, first=today, until=until))
    if library and run:
        findings += _try_problems(library)
    found = sort_diagnostics((*diagnostics, *place_findings(session.project, findings)))
    click.echo(report.format_check(found, output_format), err=output_format == "text" and bool(found))
    sys.exit(_status(found))


@cli.command()
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
    library, diagnostics = _load_usable(session.project)
    first = max(session.today(library), library.newsletter.schedule.start)
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
        library, diagnostics = load_checked(folder)
    fatal = [one for one in diagnostics if library is None or stops_building(library, one)]
    if library is None or fatal:
        named = [replace(one, place=replace(one.place, path=f"{revision}:{one.place.path}")) for one in fatal]
        message = f"the newsletter could not be planned as it was at '{revision}'; name another revision"
        raise UserError(message, diagnostics=named)
    return library


@cli.command()
@click.option("--date", "day", type=DateName(), default="today", show_default=True, help="The day to explain.")
@click.option("--all", "full", is_flag=True, help="Name every entry that was weighed.")
@output_format
@click.pass_obj
def explain(session: Session, day: str, full: bool, output_format: str) -> None:
    """Tell why a day holds what it holds.

    For each section: the choice and the rule that decided it, the runners-up, and what was kept out.

    \b
    pixeldigest explain --date tomorrow
    """
    library, diagnostics = _load_usable(session.project)
    wanted = _resolve_day(library, session.today(library), day)
    planned = plan_lineup(library, wanted)
    decisions = explain_day(library, wanted) if isinstance(planned, Lineup) else ()
    if output_format == "json":
        click.echo(report.explanation_as_data(planned, decisions, diagnostics))
    else:
        print_diagnostics(diagnostics)
        click.echo(report.format_explanation(planned, decisions, full=full))


@cli.command()
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
    library, diagnostics = _load_usable(session.project)
    until = _due_day(library, session.time(library), day)
    recording = record_due_days(session.project, library, until=until, dry_run=dry_run)
    failures: tuple[Failure, ...] = recording.blocked
    written = report.NOTHING_WRITTEN
    if not dry_run:
        library = load_checked(session.project).library or library
        # What is not due yet stays unseen, also today's issue before its hour.
        last = failures[0].day - timedelta(days=1) if failures else max([until, *library.record])
        issues, unbuilt = _assemble(library, diagnostics, until=last)
        failures = (*unbuilt, *failures)
        written = _write(session, library, Build(last, (WEB, *usable_formats()), failed=bool(unbuilt)), issues)
    findings = place_findings(session.project, check_runway(library, first=session.today(library)))
    diagnostics = sort_diagnostics((*diagnostics, *findings))
    if output_format == "json":
        click.echo(report.outcome_as_data(written, diagnostics, failures, recorded=recording.recorded))
    else:
        print_diagnostics((*diagnostics, *written.refused))
        click.echo(report.format_recording(recording.recorded, dry_run=dry_run))
        if not dry_run:
            click.echo("\n".join((*_left_out(library), report.format_outcome(written))))
    _stop_for(failures, written, output_format)


@cli.command()
@click.argument("kind", type=click.Choice(list(SKELETONS)))
@click.argument("title")
@click.pass_obj
def new(session: Session, kind: str, title: str) -> None:
    """Make a new entry of a kind, or a page of the site, as a draft to fill in.

    \b
    pixeldigest new topic "Prompt Tuning"
    pixeldigest new page "Imprint"
    """
    path = write_skeleton(session.project, kind, title)
    click.echo(f"{path.relative_to(session.project)} written; it is a draft until you delete 'draft: true'")


def main() -> None:
    """Run the command line; a bug of ours keeps its traceback and says where to report it."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign shall show a question mark rather than end the command.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        cli()
    except OSError as error:
        # A report that cannot be written: a full disk behind a redirection.
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        print(f"error: the report cannot be written: {(error.strerror or '').lower()}", file=sys.stderr)  # noqa: T201
        os._exit(1)  # the interpreter would try to write the rest once more
    except Exception:  # noqa: BLE001 - the last resort, which says where to report it
        traceback.print_exc()
        where = "in the issue tracker of the repository you installed it from"
        click.echo(
            f"\nThis is a bug in pixeldigest {__version__}. Please report it {where}, with the lines above.", err=True
        )
        sys.exit(70)


# --- Steps that several commands share ---


def _need_newsletter(project: Path) -> None:
    if not (project / SETTINGS_FILE).exists():
        where = "here" if project == Path() else f"in {project}"
        message = (
            f"there is no newsletter {where}: {SETTINGS_FILE} is missing; start one with 'pixeldigest init', or use -C"
        )
        raise UserError(message, status=EXIT_SETTINGS)


def _load_usable(project: Path) -> tuple[Library, tuple[Diagnostic, ...]]:
    """Load a library to build from, and what is wrong in it, which stops only where every day needs it."""
    _need_newsletter(project)
    library, diagnostics = load_checked(project)
    fatal = [one for one in diagnostics if library is None or stops_building(library, one)]
    if library is None or fatal:
        raise UserError("the newsletter cannot be built as it stands", status=_status(fatal), diagnostics=diagnostics)
    return library, diagnostics


def _assemble(
    library: Library, diagnostics: tuple[Diagnostic, ...], *, until: date
) -> tuple[tuple[Issue, ...], tuple[Failure, ...]]:
    """Assemble issues; where one cannot be, tell all that is wrong, for it tells why."""
    try:
        return assemble_issues(library, until=until)
    except UserError as error:
        told = (*diagnostics, *error.diagnostics)
        raise UserError(error.message, status=error.status, diagnostics=told) from error


def _stop_for(
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


def _write(
    session: Session, library: Library, job: Build, issues: tuple[Issue, ...], output: Path | None = None
) -> report.Written:
    target = output or session.project / "output"
    theme = _load_theme(session.project, library.newsletter)
    outcome = write_pages(target, render_build(job, issues, library, session.project, theme), complete=job.complete)
    page = page_of(job, issues)
    return report.report_written(outcome, str(target / page) if page else None)


def _load_theme(project: Path, newsletter: Newsletter) -> Theme:
    return load_theme(project, newsletter.language, covers=newsletter.theme.covers)


def _left_out(library: Library) -> list[str]:
    return report.format_left_out(covers=library.newsletter.theme.covers)


def _try_problems(library: Library) -> Iterator[Finding]:
    """Run all problems' code, and say how far it is kept in."""
    level = "without network" if isolation() else "limited, but with network: user namespaces are not allowed here"
    click.echo(f"running {len(library.problems)} problems, each program in a process of its own, {level}", err=True)
    for problem in library.problems.values():
        yield from try_problem(problem, library.files[problem.ref])


def _resolve_day(library: Library, today: date, name: str) -> date:
    match name:
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
        case "tomorrow":
            return today + timedelta(days=1)
        case "latest":
            days = [one.date for one in plan_days(library, until=today) if isinstance(one, Lineup)]
            return days[-1] if days else today
    return date.fromisoformat(name)


def _choose_days(
    library: Library, today: date, day: str | None, first: str | None, last: str | None
) -> tuple[date, ...]:
    if day and (first or last):
        raise click.UsageError("--date stands alone; use --from and --to for several days")
    if day:
        return (_resolve_day(library, today, day),)
    if not first and not last:
        return ()
    begin = _resolve_day(library, today, first) if first else library.newsletter.schedule.start
    end = _resolve_day(library, today, last) if last else today
    if end < begin:
        raise click.UsageError(f"--to {end} lies before --from {begin}")
    return tuple(begin + timedelta(days=offset) for offset in range((end - begin).days + 1))


def _due_day(library: Library, now: datetime, day: str | None) -> date:
    """Find the last day to record: the last that is due, or an earlier one that was asked for."""
    due = last_due_day(library.newsletter, now)
    wanted = _resolve_day(library, now.astimezone(library.newsletter.zone).date(), day) if day else due
    if wanted > due:
        at = library.newsletter.publish.at.strftime("%H:%M")
        raise UserError(
            f"{wanted} is not due yet: days are due at {at}, {library.newsletter.timezone}", status=EXIT_USAGE
        )
    return wanted


def _status(diagnostics: Iterable[Diagnostic]) -> int:
    errors = [one for one in diagnostics if one.severity == "error"]
    if any(one.place.path == SETTINGS_FILE and one.rule != SHORT_SECTION for one in errors):
        return EXIT_SETTINGS
    return EXIT_CONTENT if errors else 0
