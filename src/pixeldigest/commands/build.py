"""pixeldigest build."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from pixeldigest import report
from pixeldigest.build import Build
from pixeldigest.check import load_checked_day, stops_building
from pixeldigest.commands.steps import assemble, left_out, load_usable, resolve_day, resolve_name, stop_for, write_build
from pixeldigest.diagnostics import Diagnostic
from pixeldigest.formats import FORMATS, WEB, usable_formats
from pixeldigest.library import SETTINGS_FILE, Library
from pixeldigest.options import LATEST, DateName, Session, Told, format_diagnostics, no_cache, output_format
from pixeldigest.settings import Newsletter


@click.command()
@click.option("--date", "day", type=DateName(), help="One day only: YYYY-MM-DD, today, yesterday, tomorrow or latest.")
@click.option("--from", "first", type=DateName(), help="The first of several days.")
@click.option("--to", "last", type=DateName(), help="The last of several days.")
@click.option(
    "--format", "formats", type=click.Choice([WEB, *FORMATS]), multiple=True, help="Only these; all otherwise."
)
@click.option("--drafts", is_flag=True, help="Write the drafts' pages too, to output/preview/.")
@click.option("--output", type=click.Path(path_type=Path), help="Where to write; output/ otherwise.")
@no_cache
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
    library, diagnostics = _load_day(session, day) or load_usable(session.project, session.cache)
    today = session.today(library.newsletter)
    days = _choose_days(library, today, day, first, last)
    job = Build(today, formats or (WEB, *usable_formats()), days, drafts)
    assembled = assemble(library, diagnostics, until=job.last_day, days=days)
    failures = assembled.failures
    written = write_build(library, job._replace(failed=bool(failures)), assembled, session.cache, output)
    planned = {issue.date for issue in assembled.issues} | {failure.day for failure in failures}
    asked = job.days or (() if planned else (today,))
    missing = [report.format_no_issue(library, one) for one in sorted(set(asked) - planned)]
    not_made = [] if formats else left_out(library)

    def tell(written: report.Written) -> Told:
        if output_format == "json":
            return Told(report.outcome_as_data(written, diagnostics, failures, no_issue=missing) + "\n", "")
        told = "\n".join((*not_made, report.format_outcome(written), *missing))
        return Told(told + "\n", format_diagnostics((*diagnostics, *written.refused)))

    tell(written).say()
    stop_for(failures, written, output_format, job)
    if not failures and written.files is not None:
        again = tell(written.again)
        session.keep_answer(library.newsletter, again.out, again.err, written.files)


def _load_day(session: Session, name: str | None) -> tuple[Library, tuple[Diagnostic, ...]] | None:
    """Load what a day needs that went out, where one is named; None where everything is needed."""
    if name is None or name == LATEST or not (session.project / SETTINGS_FILE).exists():
        return None

    def find_days(newsletter: Newsletter) -> tuple[date, date]:
        today = session.today(newsletter)
        return resolve_name(today, name), today

    checked = load_checked_day(session.project, session.cache, find_days)
    if checked is None or checked.library is None:
        return None
    if any(stops_building(checked.library, one) for one in checked.diagnostics):
        return None
    return checked.library, checked.diagnostics


def _choose_days(
    library: Library, today: date, day: str | None, first: str | None, last: str | None
) -> tuple[date, ...]:
    if day and (first or last):
        raise click.UsageError("--date stands alone; use --from and --to for several days")
    if day:
        return (resolve_day(library, today, day),)
    if not first and not last:
        return ()
    begin = resolve_day(library, today, first) if first else library.newsletter.schedule.start
    end = resolve_day(library, today, last) if last else today
    if end < begin:
        raise click.UsageError(f"--to {end} lies before --from {begin}")
    return tuple(begin + timedelta(days=offset) for offset in range((end - begin).days + 1))
