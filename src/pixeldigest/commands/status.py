"""pixeldigest status."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from pixeldigest import report
from pixeldigest.commands.publishing import state_folder
from pixeldigest.commands.steps import load_usable
from pixeldigest.ledger import LEDGER_FILE, open_ledger
from pixeldigest.options import Session, output_format
from pixeldigest.publish import last_due_day
from pixeldigest.publish.status import read_standings
from pixeldigest.runway import measure_runways
from pixeldigest.statusreport import report_status

_YEAR = 366


@click.command()
@click.option("--days", type=click.IntRange(1, 3660), default=14, show_default=True, help="How many days to look back.")
@click.option("--state", type=click.Path(path_type=Path), metavar="DIR", help="The ledger's folder instead of state/.")
@output_format
@click.pass_obj
def status(session: Session, days: int, state: Path | None, output_format: str) -> None:
    """Show what each channel has of the last days, what is stuck, and how long there are fresh entries.

    Nothing is asked and nothing changed: this is what the ledger says.

    \b
    pixeldigest status
    pixeldigest status --days 60 --output-format json
    """
    library, _ = load_usable(session.project, session.cache)
    newsletter = library.newsletter
    last = last_due_day(newsletter, session.time(newsletter))
    shown = [day for day in library.record if last - timedelta(days) < day <= last]
    today = max(session.today(newsletter), newsletter.schedule.start)
    runways = measure_runways(library, first=today, until=today + timedelta(days=_YEAR - 1))
    folder = state_folder(session, state)
    if not (folder / LEDGER_FILE).exists():
        click.echo(f"there is no {LEDGER_FILE} in {folder} yet; the first 'publish' makes it", err=True)
    with open_ledger(folder, rehearse=True) as ledger:
        standings = read_standings(shown, library.withdrawn, newsletter.channels, ledger)
    numbers = {day: library.record[day].number for day in shown}
    told = report_status(standings, numbers, [one.id for one in newsletter.channels], runways, newsletter.zone)
    click.echo(report.as_json(told.data) if output_format == "json" else told.text)
