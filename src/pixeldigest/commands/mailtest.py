"""An issue's mail to one address, to see how it arrives: nothing is recorded, and no receipt kept."""

from __future__ import annotations

from functools import partial

import click

from pixeldigest.build import assemble_issues
from pixeldigest.channels.smtp import Smtp, send_test
from pixeldigest.commands.publishing import choose_channels, load, outside_of
from pixeldigest.commands.steps import resolve_day
from pixeldigest.diagnostics import EXIT_CONTENT, EXIT_USAGE, UserError
from pixeldigest.formats.theme import theme_of
from pixeldigest.options import LATEST, Session
from pixeldigest.publish.events import Event, event_as_json, format_event
from pixeldigest.publish.preparing import postings_of
from pixeldigest.report import format_no_issue


def send_test_mail(
    session: Session, address: str, day: str | None, channels: tuple[str, ...], output_format: str
) -> None:
    """Mail the issue of a day, be it to come, by each channel that mails through a server of its own."""
    loaded = load(session, dry_run=True)
    library = loaded.library
    mailing = [one for one in choose_channels(library, channels) if isinstance(one, Smtp)]
    if not mailing:
        raise UserError("there is no channel of type 'smtp' to send a test by", status=EXIT_USAGE)
    wanted = resolve_day(library, session.today(library.newsletter), day or LATEST)
    assembled = assemble_issues(library, until=wanted, days=(wanted,))
    if not assembled.issues and not assembled.failures:
        raise UserError(format_no_issue(library, wanted), status=EXIT_USAGE)
    postings = postings_of(library, assembled, partial(theme_of, library, session.cache))
    for channel in mailing:
        posting, faults = postings.prepare(wanted, channel.formats)
        for fault in faults:
            click.echo(f"error: {fault.message}; {fault.hint}", err=True)
        if faults:
            raise UserError(f"the mail of {wanted} must not go out", status=EXIT_CONTENT)
        send_test(channel, posting, outside_of(session, loaded), address)
        event = Event("tested", f"sent to {address}: {posting.title}", channel.id, wanted)
        click.echo(event_as_json(event) if output_format == "json" else format_event(event))
