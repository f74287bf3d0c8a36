"""pixeldigest check."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pixeldigest import report
from pixeldigest.check import Finding, check_days, load_checked, place_findings
from pixeldigest.check.dates import MAX_PLANNED
from pixeldigest.commands.steps import need_newsletter, status_of, theme_of
from pixeldigest.content import Problem
from pixeldigest.diagnostics import EXIT_AGAIN, Diagnostic, Paint, UserError, sort_diagnostics, without_paint
from pixeldigest.extras import need_extra
from pixeldigest.fixes import Wanted, mend_all, show_fixes
from pixeldigest.library import SETTINGS_FILE, Library
from pixeldigest.options import Session, no_cache, note_format
from pixeldigest.overrides import check_renditions
from pixeldigest.rulebook import find_rules
from pixeldigest.trial import isolation, try_problem

if TYPE_CHECKING:
    from pixeldigest.linkcheck import LinkCheck


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
    search = partial(_search, session, _ask_politely(links) if links else None)
    wanted = partial(_is_wanted, select, ignore)
    if diff:
        click.echo(show_fixes(session.project, lambda project: search(project).diagnostics, wanted), nl=False)
    fixed = mend_all(session.project, lambda project: search(project).diagnostics, wanted) if fix else ()
    library, found, asked_links = search(session.project)
    if asked_links:
        click.echo(asked_links.told, err=True)
    if library and run:
        found = sort_diagnostics((*found, *place_findings(session.project, _try_problems(library))))
    asked, left_out = _choose(found, wanted, settings_read=library is not None)
    told = report.format_check(asked, output_format, left_out=left_out, fixed=fixed, paint=_paint_of_terminal())
    click.echo(told, err=output_format == "text" and bool(asked or left_out))
    sys.exit(status_of(asked) or (EXIT_AGAIN if asked_links and asked_links.offline else 0))


class _Found(NamedTuple):
    """What a project's files hold, what is wrong in them, and what came of asking the addresses in them."""

    library: Library | None
    diagnostics: tuple[Diagnostic, ...]
    links: LinkCheck | None


# Asks the addresses that lead out of a library.
_AskLinks = Callable[[Session, Library], "LinkCheck"]


def _search(session: Session, ask_links: _AskLinks | None, project: Path) -> _Found:
    """Find what is wrong in a project, be it the session's or a copy."""
    here = session._replace(project=project)
    library, diagnostics = load_checked(project, here.cache, advice=True)
    found, links = [*diagnostics], None
    if library:
        links = ask_links(session, library) if ask_links else None
        found += _check_coming_days(here, library)
        found += place_findings(project, links.findings if links else ())
    return _Found(library, sort_diagnostics(found), links)


def _ask_politely(which: str) -> _AskLinks:
    """Prepare to ask addresses: each once, however often a run looks for what is wrong."""
    need_extra("links", "check --links")
    from pixeldigest.linkcheck import Answer, LinkRun, Manners, check_links_out, name_agent  # noqa: PLC0415 - httpx

    heard: dict[str, Answer] = {}

    def ask(session: Session, library: Library) -> LinkCheck:
        newsletter = library.newsletter
        manners = Manners(name_agent(newsletter.publisher.url), private=which == "all")
        run = LinkRun(session.cache, session.time(newsletter), manners, heard, _show_progress)
        return check_links_out(library, run)

    return ask


def _show_progress(asked: int, of: int) -> None:
    """Say on a terminal how far asking is."""
    if sys.stderr.isatty():
        click.echo(f"\rasked {asked} of {of} addresses", nl=asked == of, err=True)


def _check_coming_days(session: Session, library: Library) -> Iterator[Diagnostic]:
    """Plan and render the issues of coming days, and tell what is wrong with them."""
    today = session.today(library.newsletter)
    horizon = today + timedelta(days=library.newsletter.schedule.runway_warning)
    findings = check_days(library, first=today, until=max([horizon, *library.pins]))
    yield from place_findings(session.project, findings)
    # A week at least, so that nobody hears of a mail's fault on its own day.
    until = min(max([horizon, today + timedelta(days=7), *library.pins]), today + MAX_PLANNED)
    try:
        theme = theme_of(library, session.cache)
    except UserError as error:
        if not error.diagnostics:  # it is not about the words of the templates
            raise
        yield from error.diagnostics
    else:
        yield from check_renditions(library, theme, today=today, until=until)


def _try_problems(library: Library) -> Iterator[Finding]:
    """Run all problems' code, and say how far it is kept in."""
    level = "without network" if isolation() else "limited, but with network: user namespaces are not allowed here"
    click.echo(f"running {len(library.problems)} problems, each program in a process of its own, {level}", err=True)
    for head in library.problems.values():
        problem = library.read(head)
        if isinstance(problem, Problem):
            yield from try_problem(problem, library.files[head.ref])


def _is_wanted(select: frozenset[str], ignore: frozenset[str], one: Diagnostic) -> bool:
    return one.rule not in ignore and (not select or one.rule in select)


def _choose(
    found: tuple[Diagnostic, ...], is_wanted: Wanted, *, settings_read: bool
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Part what was asked for from the rest; why settings cannot be read is always told: little else was checked."""

    def is_asked(one: Diagnostic) -> bool:
        return is_wanted(one) or (not settings_read and one.place.path == SETTINGS_FILE)

    return tuple(filter(is_asked, found)), tuple(one for one in found if not is_asked(one))


def _paint_of_terminal() -> Paint:
    """Paint where diagnostics go to a terminal, and nobody has asked for none (no-color.org)."""
    return _paint if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else without_paint


def _paint(text: str, tone: str) -> str:
    return click.style(text, **_STYLES[tone])


_STYLES: Mapping[str, Mapping[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "frame": {"fg": "blue"},
    "head": {"bold": True, "underline": True},
}
