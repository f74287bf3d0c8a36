"""The command line: its commands, each imported when it is asked for."""

from __future__ import annotations

import errno
import gc
import os
import sys
import traceback
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path

import click

from pixeldigest import __version__
from pixeldigest.answers import Question
from pixeldigest.diagnostics import EXIT_BUG
from pixeldigest.options import Commands, Moment, Session


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C", "project", type=click.Path(path_type=Path), default=Path(), help="The project's folder.", metavar="DIR"
)
@click.option("--now", type=Moment(), help="Act as if it were this moment (for tests and rehearsals).")
@click.version_option(__version__, prog_name="pixeldigest")
@click.pass_context
def cli(ctx: click.Context, project: Path, now: datetime | None) -> None:
    """Turn entries in YAML into web pages, posts and plain text: a learning newsletter as code.

    \b
    pixeldigest init my-newsletter          start a newsletter
    pixeldigest check                       say what is wrong in content/
    pixeldigest build                       write everything, as of today
    pixeldigest plan --days 14              show the coming fortnight
    """
    ctx.obj = Session(project, now, ctx.obj)


def main(question: Question | None = None) -> None:
    """Run the command line; a bug of ours keeps its traceback and says where to report it."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign shall show a question mark rather than end the command.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    # What a build loads stays: to look through it for circles again and again takes as long as the rest.
    gc.set_threshold(100_000)
    try:
        cli(obj=question)
    except OSError as error:
        # A report that cannot be written: a full disk behind a redirection.
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        print(f"error: the report cannot be written: {(error.strerror or '').lower()}", file=sys.stderr)  # noqa: T201
        os._exit(1)  # the interpreter would try to write the rest once more
    except Exception:  # noqa: BLE001 - the last resort, which says where to report it
        traceback.print_exc()
        where = "in the issue tracker of the repository you installed it from"
        click.echo(
            f"\nThis is a bug in pixeldigest {__version__}. Please report it {where}, with the lines above.", err=True
        )
        sys.exit(EXIT_BUG)
