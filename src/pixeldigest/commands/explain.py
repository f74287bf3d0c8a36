"""pixeldigest explain."""

from __future__ import annotations

import click

from pixeldigest import report
from pixeldigest.commands.steps import load_usable, resolve_day
from pixeldigest.options import DateName, Session, output_format, print_diagnostics
from pixeldigest.schedule import Lineup, explain_day, plan_lineup


@click.command()
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
    library, diagnostics = load_usable(session.project, session.cache)
    wanted = resolve_day(library, session.today(library.newsletter), day)
    planned = plan_lineup(library, wanted)
    decisions = explain_day(library, wanted) if isinstance(planned, Lineup) else ()
    if output_format == "json":
        click.echo(report.explanation_as_data(planned, decisions, diagnostics, library))
    else:
        print_diagnostics(diagnostics)
        withdrawn = f"{report.tell_withdrawn(library, wanted)}\n" if wanted in library.withdrawn else ""
        click.echo(withdrawn + report.format_explanation(planned, decisions, full=full))
