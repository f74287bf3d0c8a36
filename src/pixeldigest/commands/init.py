"""pixeldigest init."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

import click

from pixeldigest.options import Session
from pixeldigest.start import init_project


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[DIR]")
@click.pass_obj
def init(session: Session, folder: Path) -> None:
    """Start a newsletter in DIR, with sample entries.

    Its first issue is today's. Nothing that exists is overwritten.

    \b
    pixeldigest init my-newsletter
    cd my-newsletter && pixeldigest build
    """
    target = session.project / folder
    # The sample's time zone is UTC: with the date of another, its first issue could lie in the future.
    today = (session.now or datetime.now(UTC)).astimezone(UTC).date()
    written = init_project(target, start=today)
    click.echo(f"{len(written)} files written to {target}")
    click.echo("next: " + (f"cd {shlex.quote(str(target))} && " if target != Path() else "") + "pixeldigest build")
