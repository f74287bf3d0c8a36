"""What the commands share: the session, the forms of their options, and how errors are printed."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click

from pixeldigest import report
from pixeldigest.diagnostics import Diagnostic, UserError, format_diagnostic
from pixeldigest.library import Library

JSON = "pixeldigest.json"


class Session(NamedTuple):
    """What every command needs from outside: the project's folder and the clock."""

    project: Path
    now: datetime | None

    def time(self, library: Library) -> datetime:
        """Tell the time; one without a zone is meant in the newsletter's."""
        if self.now is None:
            return datetime.now(library.newsletter.zone)
        return self.now if self.now.tzinfo else self.now.replace(tzinfo=library.newsletter.zone)

    def today(self, library: Library) -> date:
        """Tell the date in the newsletter's time zone."""
        return self.time(library).astimezone(library.newsletter.zone).date()


class Commands(click.Group):
    """The group of commands; errors that a person can fix are printed here and nowhere else."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn a UserError into its message and exit status."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            if ctx.meta.get(JSON):
                click.echo(report.error_as_data(error))
            else:
                print_diagnostics(error.diagnostics)
                click.echo(f"error: {error.message}", err=True)
            sys.exit(error.status)


class Moment(click.ParamType[datetime]):
    """A date and time in ISO form."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse the text, or say what a moment looks like."""
        try:
            return datetime.fromisoformat(value)
        except ValueError as error:
            message = f"'{value}' is not a moment; write it like 2026-11-21T08:00"
            raise click.BadParameter(message, ctx, param) from error


class DateName(click.ParamType[str]):
    """A date, or a word for one; words are resolved when the newsletter's time zone is known."""

    name = "DATE"
    words = ("today", "yesterday", "tomorrow", "latest")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Accept a day of the calendar or one of the words."""
        if value in self.words:
            return str(value)
        with contextlib.suppress(ValueError):
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                return date.fromisoformat(value).isoformat()
        message = f"'{value}' is not a date; write YYYY-MM-DD, {', '.join(self.words)}"
        raise click.BadParameter(message, ctx, param)


def note_format(ctx: click.Context, _: click.Parameter, value: str) -> str:
    """Remember how to report, for an error that ends the command."""
    ctx.meta[JSON] = value == "json"
    return value


output_format = click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    callback=note_format,
    help="How to report.",
)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics where errors go."""
    for one in diagnostics:
        click.echo(format_diagnostic(one) + "\n", err=True)
