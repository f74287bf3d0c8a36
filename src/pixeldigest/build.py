"""Which pages a build makes, from which issues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from pixeldigest.diagnostics import Diagnostic, Place, UserError
from pixeldigest.formats import FORMATS, WEB, usable_formats
from pixeldigest.formats.rendition import Fault
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue, assemble_issue, first_shown, image_sizes, link_targets
from pixeldigest.library import Library
from pixeldigest.output import Faulty, OutputFile
from pixeldigest.prose import sources_of
from pixeldigest.schedule import Lineup, plan_days
from pixeldigest.search import add_index
from pixeldigest.site import (
    copy_assets,
    make_sheet,
    render_draft,
    render_issue,
    render_site,
    sources_shown,
)
from pixeldigest.site.frame import preview_place
from pixeldigest.site.pages import Sheet, render_own_page

# Dates to come are written below this folder, which is never deployed.
PREVIEW = "preview/"


class Build(NamedTuple):
    """What to build: some days, or without any the whole site and every issue up to today.

    Where issues have failed, what an earlier build made of them is kept.
    """

    today: date
    formats: tuple[str, ...]
    days: tuple[date, ...] = ()
    drafts: bool = False
    failed: bool = False

    @property
    def last_day(self) -> date:
        """The last day whose issue is needed."""
        return max(self.today, *self.days) if self.days else self.today

    @property
    def complete(self) -> tuple[str, ...]:
        """The folders of which this build makes everything."""
        if self.days or self.failed:
            return ()
        site = ("site/",) if WEB in self.formats else ()
        return (*site, "issues/") if set(FORMATS) <= set(self.formats) else site


class Failure(NamedTuple):
    """A day whose issue cannot be made, and why."""

    day: date
    error: UserError


def assemble_issues(library: Library, *, until: date) -> tuple[tuple[Issue, ...], tuple[Failure, ...]]:
    """Plan and assemble every issue up to a date.

    One that went out and cannot be made any more comes back as a failure, since the others do not need it.
    Raises UserError for one that has not gone out: all later ones hang on it.
    """
    lineups = [day for day in plan_days(library, until=until) if isinstance(day, Lineup)]
    targets, images = link_targets(library, first_shown(lineups)), image_sizes(library)
    issues: list[Issue] = []
    failures: list[Failure] = []
    for lineup in lineups:
        try:
            issues.append(assemble_issue(lineup, library, targets, images))
        except UserError as error:
            if not lineup.recorded:
                raise
            failures.append(Failure(lineup.date, error))
    return tuple(issues), tuple(failures)


def render_build(
    build: Build, issues: tuple[Issue, ...], library: Library, project: Path, theme: Theme
) -> Iterator[OutputFile]:
    """Render a build's pages one by one; `issues` reach up to its last day."""
    published = tuple(issue for issue in issues if issue.date <= build.today)
    targets = issues[-1].targets if issues else link_targets(library, {})
    sheet = make_sheet(library, theme, targets, as_of=build.today)
    if build.days:
        chosen = tuple(issue for issue in published if issue.date in build.days)
        yield from _render_days(build, chosen, published, library, project, sheet)
    else:
        if WEB in build.formats:
            yield from copy_assets(library, sources_shown(published, library), project, theme)
            yield from add_index(render_site(published, library, sheet))
        for issue in published:
            yield from _render_files(issue, _formats(build), theme)
    coming = tuple(issue for issue in issues if issue.date > build.today and issue.date in build.days)
    for page in chain(
        _render_days(build, coming, published, library, project, sheet),
        _render_drafts(library, project, sheet) if build.drafts else (),
    ):
        yield page._replace(path=PREVIEW + page.path)


def check_coming(library: Library, theme: Theme, *, first: date, until: date) -> Iterator[Diagnostic]:
    """Render the issues of coming days, and tell what is wrong with them before they are due."""
    try:
        issues, _ = assemble_issues(library, until=until)
    except UserError:  # the rules about days tell why
        return
    coming = [issue for issue in issues if issue.date >= first]
    pages = (page for issue in coming for page in _render_files(issue, usable_formats(), theme))
    yield from tell_faults(Faulty(page.path, fault) for page in pages for fault in page.faults)


def tell_faults(faulty: Iterable[Faulty]) -> tuple[Diagnostic, ...]:
    """Tell each fault of renditions once, at the folder of the first issue that has it."""
    folders: dict[Fault, dict[str, None]] = {}
    for path, fault in faulty:
        folders.setdefault(fault, {})[path.rpartition("/")[0]] = None
    return tuple(_tell_fault(fault, list(found)) for fault, found in folders.items())


def _tell_fault(fault: Fault, folders: list[str]) -> Diagnostic:
    more = len(folders) - 1
    also = f" (and so in {more} more {'issue' if more == 1 else 'issues'})" if more else ""
    return Diagnostic(fault.rule, fault.message + also, fault.hint, Place(folders[0]), fault.severity)


def page_of(build: Build, issues: tuple[Issue, ...]) -> str | None:
    """Name the page to look at after a build: the last issue's that it made, below the output folder."""
    made = [issue for issue in issues if (issue.date in build.days if build.days else issue.date <= build.today)]
    if not made or WEB not in build.formats:
        return None
    prefix = PREVIEW if made[-1].date > build.today else ""
    return f"{prefix}site/{made[-1].page}index.html"


def _render_days(
    build: Build, chosen: tuple[Issue, ...], published: tuple[Issue, ...], library: Library, project: Path, sheet: Sheet
) -> Iterator[OutputFile]:
    if chosen and WEB in build.formats:
        yield from copy_assets(library, sources_shown(chosen, library), project, sheet.theme)
    for issue in chosen:
        if WEB in build.formats:
            yield from render_issue(issue, published, sheet)
        yield from _render_files(issue, _formats(build), sheet.theme)


def _render_drafts(library: Library, project: Path, sheet: Sheet) -> Iterator[OutputFile]:
    drafts = [entry for entry in library.all_entries() if entry.draft]
    pages = [page for page in library.pages.values() if page.draft]
    sources = (source for text in (*drafts, *pages) for source in sources_of(text))
    yield from copy_assets(library, sources, project, sheet.theme)
    for entry in drafts:
        if page := render_draft(entry, library, sheet):
            yield page
    for own in pages:
        yield render_own_page(own, preview_place(f"{own.id}/"), sheet)


def _render_files(issue: Issue, formats: Iterable[str], theme: Theme) -> Iterator[OutputFile]:
    """Render what channels take of an issue."""
    for name in formats:
        rendition = FORMATS[name](issue, theme)
        for file in rendition.files:
            yield OutputFile(f"issues/{issue.date}/{file.path}", file.content, rendition.faults)
        for asset in rendition.assets:
            yield OutputFile(f"site/{asset.path}", asset.content)


def _formats(build: Build) -> tuple[str, ...]:
    return tuple(name for name in build.formats if name != WEB)
