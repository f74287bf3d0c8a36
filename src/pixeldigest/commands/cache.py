"""pixeldigest cache."""

from __future__ import annotations

import click

from pixeldigest.commands.steps import need_newsletter
from pixeldigest.options import Session


@click.group()
def cache() -> None:
    """See to what is kept between runs in .pixeldigest/cache/."""


@cache.command()
@click.pass_obj
def clear(session: Session) -> None:
    """Delete what is kept between runs; the next build makes everything anew.

    \b
    pixeldigest cache clear
    """
    need_newsletter(session.project)
    click.echo(f"{session.cache.clear() / 1e6:.1f} MB deleted")
