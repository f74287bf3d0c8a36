"""What the commands share: the session, the forms of their options, and how errors are printed."""

from __future__ import annotations

import contextlib
import keyword
import math
import re
import sys
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from pixeldigest.answers import Answer, Question
from pixeldigest.cache import NO_CACHE, Cache, cache_of
from pixeldigest.diagnostics import Diagnostic, UserError, format_diagnostic
from pixeldigest.settings import Newsletter
from pixeldigest.stamps import Stamp

JSON = "pixeldigest.json"
LATEST = "latest"


class Session(NamedTuple):
    """What every command needs from outside: the project's folder, the clock, and how to keep what it will say."""

    project: Path
    now: datetime | None
    question: Question | None = None
    cached: bool = True

    @property
    def cache(self) -> Cache:
        """What is kept from run to run."""
        return cache_of(self.project) if self.cached else NO_CACHE

    def keep_answer(self, newsletter: Newsletter, out: str, err: str, files: tuple[tuple[str, Stamp], ...]) -> None:
        """Keep what a command says where nothing is left to do: for the rest of its day, or for the moment given."""
        if self.question and self.cached:
            midnights = (
                datetime.combine(self.today(newsletter) + timedelta(days), time(), newsletter.zone) for days in (0, 1)
            )
            since, until = (one.timestamp() for one in midnights)
            since, until = (0.0, math.inf) if self.now else (since, until)
            self.question.keep(Answer(out, err, files, since, until))

    def time(self, newsletter: Newsletter) -> datetime:
        """Tell the time; one without a zone is meant in the newsletter's."""
        if self.now is None:
            return datetime.now(newsletter.zone)
        return self.now if self.now.tzinfo else self.now.replace(tzinfo=newsletter.zone)

    def today(self, newsletter: Newsletter) -> date:
        """Tell the date in the newsletter's time zone."""
        return self.time(newsletter).astimezone(newsletter.zone).date()


COMMANDS = (
    "build", "cache", "check", "explain", "import", "init", "new", "plan", "publish", "schema", "serve", "status",
    "withdraw",
)  # fmt: skip


class Commands(click.Group):
    """The group of commands, each imported when it is asked for, since what they need takes its time.

    Errors that a person can fix are printed here and nowhere else.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; its module and its function are named like it."""
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(import_module(f"pixeldigest.commands.{name}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn a UserError into its message and exit status."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            if ctx.meta.get(JSON):
                from pixeldigest import report  # noqa: PLC0415 - commands need it, their names and options do not

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
    words = ("today", "yesterday", "tomorrow", LATEST)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Accept a day of the calendar or one of the words."""
        if value in self.words:
            return str(value)
        with contextlib.suppress(ValueError):
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                return date.fromisoformat(value).isoformat()
        message = f"'{value}' is not a date; write YYYY-MM-DD, {', '.join(self.words)}"
        raise click.BadParameter(message, ctx, param)


def _forget(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    ctx.obj = ctx.obj._replace(cached=not value)


no_cache = click.option(
    "--no-cache", is_flag=True, expose_value=False, callback=_forget, help="Make everything anew, and keep nothing."
)


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


class Told(NamedTuple):
    """What a command says: its result, and what is wrong."""

    out: str
    err: str

    def say(self) -> None:
        """Print what is wrong where errors go, and the result."""
        click.echo(self.err, nl=False, err=True)
        click.echo(self.out, nl=False)


def format_diagnostics(diagnostics: Iterable[Diagnostic]) -> str:
    """Write diagnostics one below the other."""
    return "".join(format_diagnostic(one) + "\n\n" for one in diagnostics)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics where errors go."""
    click.echo(format_diagnostics(diagnostics), nl=False, err=True)
