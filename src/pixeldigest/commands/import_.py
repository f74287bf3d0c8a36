"""pixeldigest import."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import click

from pixeldigest.commands.steps import need_newsletter
from pixeldigest.content import KINDS, Kind
from pixeldigest.diagnostics import EXIT_SETTINGS, UserError
from pixeldigest.extras import need_extra
from pixeldigest.library import Library
from pixeldigest.loading import load_library
from pixeldigest.options import Session, output_format


@click.command("import")
@click.argument("source")
@click.option("--kind", type=click.Choice(KINDS), help="Make each article one entry of this kind, whatever its shape.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Import the first N articles only.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and stop.")
@click.option("--api", default="https://dev.to/api", show_default=True, help="The API of another Forem.")
@output_format
@click.pass_obj
def import_(
    session: Session, source: str, kind: Kind | None, limit: int | None, dry_run: bool, api: str, output_format: str
) -> None:
    """Make drafts of what was published elsewhere.

    SOURCE is a user or an article on dev.to, any other page or feed, a file (Markdown, HTML or a feed), or a folder of
    Markdown as Hugo and Jekyll have it. A post with the headings of an issue is split into its topic, problem and
    feature. Nothing is overwritten: what was imported before is skipped. What is left to do is told by file and line.
    The articles that only you can see, https://dev.to/dashboard, need an API key in DEV_API_KEY.

    \b
    pixeldigest import https://dev.to/pixelbank --limit 5 --dry-run
    pixeldigest import ../blog/content/posts
    """
    need_newsletter(session.project)
    need_extra("import", "'import'")
    # The libraries of the extra, which may not be there.
    from pixeldigest.importer import import_source, known_origins, open_newsroom, report  # noqa: PLC0415
    from pixeldigest.importer.fetching import Web  # noqa: PLC0415
    from pixeldigest.importer.sources import Access  # noqa: PLC0415

    library = _load(session)
    room = open_newsroom(library, kind, session.today(library.newsletter).isoformat())
    key = os.environ.get("DEV_API_KEY", "")
    access = Access(Web(urlsplit(source).netloc), api.rstrip("/"), key, known_origins(library))
    outcome = import_source(source, access, room, limit=limit, project=None if dry_run else session.project)
    write = report.import_as_data if output_format == "json" else report.format_import
    click.echo(write(outcome, dry_run=dry_run))
    if outcome.stopped and output_format == "text":
        click.echo(f"error: {outcome.stopped}", err=True)
    sys.exit(outcome.status)


def _load(session: Session) -> Library:
    library, diagnostics = load_library(session.project, session.cache)
    if library is None:
        message = "the settings cannot be read, and entries are named by them"
        raise UserError(message, status=EXIT_SETTINGS, diagnostics=diagnostics)
    return library
