"""pixeldigest check."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import click

from pixeldigest import report
from pixeldigest.audit import AskLinks, Audit, audit_further, audit_project, part_by_wish
from pixeldigest.commands.steps import need_newsletter, status_of
from pixeldigest.diagnostics import EXIT_AGAIN, Diagnostic, Paint, UserError, with_paint, without_paint
from pixeldigest.extras import need_extra
from pixeldigest.fixes import mend_all, show_fixes
from pixeldigest.library import Library
from pixeldigest.linkcheck import Answer, LinkCheck, LinkRun, check_links_out, name_agent
from pixeldigest.options import Session, no_cache, note_format
from pixeldigest.rulebook import Selection, find_rules
from pixeldigest.trial import announce_trials, try_problems


def _read_rules(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> frozenset[str]:
    try:
        return find_rules(word.strip() for words in value for word in words.split(","))
    except UserError as error:
        raise click.BadParameter(error.message, ctx, param) from error


@click.command()
@click.option("--run", is_flag=True, help="Run the problems' code too.")
@click.option(
    "--links",
    type=click.Choice(["public", "all"]),
    is_flag=False,
    flag_value="public",
    help="Ask the addresses that readers can follow too; 'all' asks in private networks as well.",
)
@click.option("--fix", is_flag=True, help="Mend what can be mended beyond doubt, and say what is left.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, as a patch, and change nothing.")
@click.option(
    "--select",
    metavar="RULE,…",
    multiple=True,
    callback=_read_rules,
    help="Say and count these rules only, as in link,mail-*; docs/rules.md lists them.",
)
@click.option(
    "--ignore", metavar="RULE,…", multiple=True, callback=_read_rules, help="Neither say nor count these rules."
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    callback=note_format,
    help="How to report; github marks the lines of a pull request.",
)
@no_cache
@click.pass_obj
def check(
    session: Session,
    run: bool,
    links: str | None,
    fix: bool,
    diff: bool,
    select: frozenset[str],
    ignore: frozenset[str],
    output_format: str,
) -> None:
    """Say everything that is wrong in content/ and templates/.

    Each fault is told with its file, line and column, and the way out. With --run the problems' code is run: each
    solution must pass its tests, each starter and wrong answer must fail. With --links the addresses that lead out are
    asked; those that were there are believed for a week.

    \b
    pixeldigest check
    pixeldigest check --fix
    pixeldigest check --links --ignore unsure-link
    pixeldigest check --run --output-format github
    pixeldigest check --ignore dialect,mail-*
    """
    need_newsletter(session.project)
    look = partial(_look, session, _prepare_to_ask(session, links) if links else None)
    wanted = Selection(select, ignore).wants

    def find(project: Path) -> tuple[Diagnostic, ...]:
        return look(project).diagnostics

    if diff:
        click.echo(show_fixes(session.project, find, wanted), nl=False)
    fixed = mend_all(session.project, find, wanted) if fix else ()
    audit = look(session.project)
    if audit.links:
        click.echo(audit.links.told, err=True)
    if audit.library and run:
        click.echo(announce_trials(audit.library), err=True)
        audit = audit_further(audit, try_problems)
    told, left_out = part_by_wish(audit, wanted)
    said = report.format_check(told, output_format, left_out=left_out, fixed=fixed, paint=_paint_of_terminal())
    click.echo(said, err=output_format == "text" and bool(told or left_out))
    sys.exit(status_of(told) or (EXIT_AGAIN if audit.links and audit.links.offline else 0))


def _look(session: Session, ask_links: AskLinks | None, project: Path) -> Audit:
    """Find what is wrong in a project, be it the session's or a copy, which has a cache of its own."""
    return audit_project(project, session._replace(project=project).cache, session.today, ask_links)


def _prepare_to_ask(session: Session, which: str) -> AskLinks:
    """Prepare to ask addresses: each once, however often a run looks for what is wrong."""
    need_extra("links", "check --links")
    from pixeldigest.linkcheck.asking import Manners, ask_all  # noqa: PLC0415 - httpx

    heard: dict[str, Answer] = {}

    def ask_links(library: Library) -> LinkCheck:
        newsletter = library.newsletter
        manners = Manners(name_agent(newsletter.publisher.url), private=which == "all")
        ask = partial(ask_all, manners=manners)
        return check_links_out(library, LinkRun(session.cache, session.time(newsletter), ask, heard, _show_progress))

    return ask_links


def _show_progress(asked: int, of: int) -> None:
    """Say on a terminal how far asking is."""
    if sys.stderr.isatty():
        click.echo(f"\rasked {asked} of {of} addresses", nl=asked == of, err=True)


def _paint_of_terminal() -> Paint:
    """Paint where diagnostics go to a terminal, and nobody has asked for none (no-color.org)."""
    return with_paint if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else without_paint
