"""pixeldigest withdraw."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pixeldigest.check import load_checked
from pixeldigest.commands.publishing import Loaded, Wish, publish_round, run_alone, state_folder
from pixeldigest.commands.steps import load_usable, resolve_day
from pixeldigest.ledger import Ledger
from pixeldigest.library import WITHDRAWN_FILE
from pixeldigest.options import DateName, Session, output_format
from pixeldigest.publish.events import Event, event_as_json, format_event
from pixeldigest.publish.teller import Teller
from pixeldigest.publish.withdrawal import withdraw_issue, write_withdrawal


@click.command()
@click.option("--date", "day", type=DateName(), required=True, help="The day of the issue.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a sentence that readers are told.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and stop before each effect.")
@click.option("--state", type=click.Path(path_type=Path), metavar="DIR", help="The ledger's folder instead of state/.")
@output_format
@click.pass_obj
def withdraw(session: Session, day: str, reason: str, dry_run: bool, state: Path | None, output_format: str) -> None:
    """Take an issue back that went out, as far as that can be done.

    The reason is noted in content/withdrawn.yml. A short note takes the place of the issue's page; lists, feeds and the
    search forget it, and each channel takes it back or tells what cannot be called back. Without that line in the file
    the next build shows the issue again, and 'publish --date' puts it back on the channels.

    \b
    pixeldigest withdraw --date 2026-11-21 --reason "The solution was wrong."
    """
    # What is wrong may be just what is withdrawn.
    library = load_checked(session.project, session.cache).library or load_usable(session.project, session.cache)[0]
    wanted = resolve_day(library, session.today(library.newsletter), day)
    withdrawn = withdraw_issue(library, wanted, reason).withdrawn
    if not dry_run:
        # Before all else: whatever becomes of this run, the next 'publish' does what it has left.
        write_withdrawal(session.project, wanted, withdrawn[wanted])
    number = library.record[wanted].number
    said = f"No. {number} of {wanted} {'would be' if dry_run else 'is'} withdrawn (in {WITHDRAWN_FILE})"
    event = Event("would" if dry_run else "withdrawn", said, day=wanted, number=number)
    click.echo(event_as_json(event) if output_format == "json" else format_event(event))

    def publish_rest(session: Session, loaded: Loaded, *, ledger: Ledger, teller: Teller) -> None:
        library = loaded.library._replace(withdrawn=withdrawn)  # in a rehearsal no file says so
        publish_round(session, loaded._replace(library=library), Wish(dry_run=dry_run), ledger, teller)

    sys.exit(run_alone(session, publish_rest, state_folder(session, state), output_format, dry_run=dry_run))
