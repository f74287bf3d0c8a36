"""pixeldigest serve."""

from __future__ import annotations

import sys

import click

from pixeldigest.commands.steps import need_newsletter
from pixeldigest.extras import need_extra
from pixeldigest.options import Session, no_cache


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="The port; the first free one from 8000 on otherwise.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this machine to listen on.")
@click.option("--share", is_flag=True, help="Let other machines look; only this one can write.")
@no_cache
@click.pass_obj
def serve(session: Session, port: int | None, host: str, share: bool) -> None:
    """Show the newsletter live in the browser, and follow each save.

    The site as it would be built now, days to come, drafts, and every format side by side. Nothing is written to
    output/. Ends with Ctrl-C.

    \b
    pixeldigest serve
    pixeldigest serve --port 9000
    """
    need_newsletter(session.project)
    need_extra("serve", "the live preview")
    # The libraries of the extra, which may not be there.
    from pixeldigest.preview.desk import Desk  # noqa: PLC0415
    from pixeldigest.preview.server import address_of, open_port, serve_desk  # noqa: PLC0415

    with open_port(host, port, shared=share) as listening:
        if sys.stderr.isatty():  # ten thousand entries that nobody has read yet take a minute
            click.echo("reading the newsletter …", err=True)
        desk = Desk(session.project, session.cache, session.today)
        desk.reload()
        address = address_of(listening)
        click.echo(f"the site: {address}site/\nevery date and format, drafts: {address}_preview/")
        if share:
            click.echo("other machines can look at what is not published yet", err=True)
        click.echo("Ctrl-C ends it", err=True)
        serve_desk(desk, listening, shared=share)
