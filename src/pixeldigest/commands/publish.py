"""pixeldigest publish."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from pixeldigest.commands.mailtest import send_test_mail
from pixeldigest.commands.publishing import Wish, adopt_round, publish_round, run_alone, state_folder
from pixeldigest.options import DateName, Session, output_format


@click.command()
@click.option("--date", "day", type=DateName(), help="This day only, however late; every due day otherwise.")
@click.option("--channel", "channels", multiple=True, metavar="ID", help="This channel only; repeatable.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and stop before each effect.")
@click.option("--update", is_flag=True, help="With --date: bring what was published long ago up to date.")
@click.option("--adopt", is_flag=True, help="Take what the record holds and the ledger does not know as published.")
@click.option("--test", "address", metavar="ADDRESS", help="Mail the issue to this address only, and note nothing.")
@click.option("--state", type=click.Path(path_type=Path), metavar="DIR", help="The ledger's folder instead of state/.")
@output_format
@click.pass_obj
def publish(
    session: Session, /, state: Path | None, address: str | None, adopt: bool, output_format: str, **asked: Any
) -> None:
    """Record every due day, oldest first, build, and hand each issue to each channel once.

    A recorded day never changes again. Safe to run at any time: each run goes on where the last one was stopped.

    \b
    pixeldigest publish
    pixeldigest publish --dry-run
    pixeldigest publish --date 2026-11-21 --channel devto --update
    pixeldigest publish --date tomorrow --test me@example.org
    */15 * * * *  cd /srv/my-newsletter && pixeldigest publish
    """
    wish = Wish(**asked)
    if wish.update and not wish.day:
        raise click.UsageError("--update needs --date: the day to bring up to date")
    if adopt and (address or wish != Wish(dry_run=wish.dry_run)):
        raise click.UsageError("--adopt takes all days and channels; of the other options only --dry-run goes with it")
    if address and wish.dry_run:
        raise click.UsageError("--test sends a mail, and --dry-run none; leave one of them out")
    if address:
        send_test_mail(session, address, wish.day, wish.channels, output_format)
        return
    do = partial(adopt_round if adopt else publish_round, wish=wish)
    sys.exit(run_alone(session, do, state_folder(session, state), output_format, dry_run=wish.dry_run))
