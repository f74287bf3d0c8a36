"""pixeldigest new."""

from __future__ import annotations

import click

from pixeldigest.options import Session
from pixeldigest.start import SKELETONS, write_skeleton


@click.command()
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
