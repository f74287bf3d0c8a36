"""pixeldigest check."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

import click

from pixeldigest import report
from pixeldigest.build import check_coming
from pixeldigest.check import Finding, check_days, load_checked, place_findings
from pixeldigest.commands.steps import need_newsletter, status_of, theme_of
from pixeldigest.content import Problem
from pixeldigest.diagnostics import sort_diagnostics
from pixeldigest.library import Library
from pixeldigest.options import Session, note_format
from pixeldigest.trial import isolation, try_problem


@click.command()
@click.option("--run", is_flag=True, help="Run the problems' code too.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    callback=note_format,
    help="How to report; github marks the lines of a pull request.",
)
@click.pass_obj
def check(session: Session, run: bool, output_format: str) -> None:
    """Say everything that is wrong in content/.

    Each fault is told with its file, line and column, and the way out. With --run the problems' code is run: each
    solution must pass its tests, each starter and wrong answer must fail.

    \b
    pixeldigest check
    pixeldigest check --run --output-format github
    """
    need_newsletter(session.project)
    library, diagnostics = load_checked(session.project, session.cache, advice=True)
    findings: list[Finding] = []
    if library:
        today = session.today(library.newsletter)
        horizon = today + timedelta(days=library.newsletter.schedule.runway_warning)
        findings += check_days(library, first=today, until=max([horizon, *library.pins]))
        theme = theme_of(library, session.cache)
        # A week at least, so that nobody hears of a mail's fault on its own day.
        until = max([horizon, today + timedelta(days=7), *library.pins])
        diagnostics += tuple(check_coming(library, theme, first=today, until=until))
    if library and run:
        findings += _try_problems(library)
    found = sort_diagnostics((*diagnostics, *place_findings(session.project, findings)))
    click.echo(report.format_check(found, output_format), err=output_format == "text" and bool(found))
    sys.exit(status_of(found))


def _try_problems(library: Library) -> Iterator[Finding]:
    """Run all problems' code, and say how far it is kept in."""
    level = "without network" if isolation() else "limited, but with network: user namespaces are not allowed here"
    click.echo(f"running {len(library.problems)} problems, each program in a process of its own, {level}", err=True)
    for head in library.problems.values():
        problem = library.read(head)
        if isinstance(problem, Problem):
            yield from try_problem(problem, library.files[head.ref])
