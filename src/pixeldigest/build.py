"""Which pages a build makes, from which issues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from pixeldigest.diagnostics import Diagnostic, Place, UserError
from pixeldigest.formats import FORMATS, WEB, render
from pixeldigest.formats.rendition import Fault
from pixeldigest.formats.theme import Theme
from pixeldigest.heads import Head
from pixeldigest.issue import Issue, assemble_issue, first_shown, read_issue
from pixeldigest.library import Library
from pixeldigest.output import Batch, Faulty, OutputFile
from pixeldigest.schedule import Day, Lineup, plan_days
from pixeldigest.search import search_batch
from pixeldigest.site import asset_batch, batch_of_issue, draft_batch, images_shown, make_sheet, site_batches
from pixeldigest.site.frame import page_file, preview_place
from pixeldigest.site.pages import own_page_batch, withdrawn_batch
from pixeldigest.site.sheet import Sheet
from pixeldigest.stamps import digest_of
from pixeldigest.targets import FindTarget, image_names, issue_page, target_finder

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


class Assembled(NamedTuple):
    """Issues by the heads of their entries, oldest first, those that cannot be made, and where links lead."""

    issues: tuple[Issue[Head], ...]
    failures: tuple[Failure, ...]
    find_target: FindTarget


def assemble_issues(library: Library, *, until: date, days: tuple[date, ...] = ()) -> Assembled:
    """Plan and assemble every issue up to a date; where `days` are named, of those that went out only what these need.

    One that went out and cannot be made any more comes back as a failure, since the others do not need it.
    Raises UserError for one that has not gone out: all later ones hang on it.
    """
    lineups = shown_lineups(plan_days(library, until=until), library)
    find_target = target_finder(library, first_shown(lineups))
    issues: list[Issue[Head]] = []
    failures: list[Failure] = []
    for lineup in _needed(lineups, days):
        match try_issue(lineup, library, find_target):
            case Failure(error=error) if not lineup.recorded:
                raise error
            case Failure() as failure:
                failures.append(failure)
            case issue:
                issues.append(issue)
    return Assembled(tuple(issues), tuple(failures), find_target)


def shown_lineups(days: Iterable[Day], library: Library) -> list[Lineup]:
    """Keep the lineups that readers see: to them, what was withdrawn was never there."""
    return [day for day in days if isinstance(day, Lineup) and day.date not in library.withdrawn]


def try_issue(lineup: Lineup, library: Library, find_target: FindTarget) -> Issue[Head] | Failure:
    """Assemble an issue, or tell why it cannot be."""
    try:
        return assemble_issue(lineup, library, find_target)
    except UserError as error:
        return Failure(lineup.date, error)


def _needed(lineups: list[Lineup], days: tuple[date, ...]) -> Iterator[Lineup]:
    """Yield what days are made of: their own lineups, those before and after them, and all that have not gone out."""
    for before, lineup, after in zip((None, *lineups), lineups, (*lineups[1:], None), strict=False):
        beside = any(one and one.date in days for one in (before, lineup, after))
        if not days or beside or not lineup.recorded:
            yield lineup


def plan_build(build: Build, assembled: Assembled, library: Library, theme: Theme) -> Iterator[Batch]:
    """List what a build makes, batch by batch; the issues reach up to its last day."""
    issues = assembled.issues
    published = tuple(issue for issue in issues if issue.date <= build.today)
    sheet = make_sheet(library, theme, assembled.find_target, as_of=build.today)
    formats = partial(batches_of_formats, formats=_formats(build), sheet=sheet)
    if build.days:
        chosen = tuple(issue for issue in published if issue.date in build.days)
        yield from _batches_of_days(build, chosen, published, sheet, formats)
        yield from _batches_of_withdrawn(build, sheet)
    elif WEB in build.formats:
        yield asset_batch("site/assets/", images_shown(published, library), sheet)
        yield from site_batches(published, sheet, formats)
    else:
        yield from (batch for issue in published for batch in formats(issue))
    coming = tuple(issue for issue in issues if issue.date > build.today and issue.date in build.days)
    for batch in chain(
        _batches_of_days(build, coming, published, sheet, formats),
        _batches_of_drafts(library, sheet) if build.drafts else (),
    ):
        yield as_preview(batch)


def finish_build(build: Build, output: Path) -> Callable[[tuple[Batch, ...]], Iterable[Batch]]:
    """Make the function that lists what needs the other files: the search index, where a build makes the whole site."""
    whole_site = WEB in build.formats and not build.days
    return lambda batches: search_batch(output, batches) if whole_site else ()


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


def page_of(build: Build, issues: tuple[Issue[Head], ...], library: Library) -> str | None:
    """Name the page to look at after a build, below the output folder: of the last issue that was made or asked for."""
    days = [issue.date for issue in issues]
    if build.days:
        made = [day for day in (*days, *library.withdrawn) if day in build.days]
    else:
        made = [day for day in days if day <= build.today]
    if not made or WEB not in build.formats:
        return None
    prefix = PREVIEW if max(made) > build.today else ""
    return prefix + page_file(issue_page(max(made)))


def emptied_folders(build: Build, library: Library) -> tuple[str, ...]:
    """Name the folders of issues that were withdrawn: whatever a build makes, nothing else stays in them."""
    days = [day for day in library.withdrawn if not build.days or day in build.days]
    pages = [f"site/{issue_page(day)}" for day in days if WEB in build.formats]
    return (*(f"issues/{day}/" for day in days), *pages)


def as_preview(batch: Batch) -> Batch:
    """Make the same files, below the folder of what is not published."""
    return batch._replace(name=PREVIEW + batch.name, make=partial(_make_preview, batch))


def _make_preview(batch: Batch) -> Iterator[OutputFile]:
    return (page._replace(path=PREVIEW + page.path) for page in batch.make())


def _batches_of_days(
    build: Build,
    chosen: tuple[Issue[Head], ...],
    published: tuple[Issue[Head], ...],
    sheet: Sheet,
    formats: Callable[[Issue[Head]], Iterator[Batch]],
) -> Iterator[Batch]:
    if chosen and WEB in build.formats:
        days = " ".join(str(issue.date) for issue in chosen)
        yield asset_batch(f"site/assets/ {days}", images_shown(chosen, sheet.library), sheet)
    heads = [issue.head for issue in published]
    for issue in chosen:
        if WEB in build.formats:
            yield batch_of_issue(issue, heads, sheet)
        yield from formats(issue)


def _batches_of_withdrawn(build: Build, sheet: Sheet) -> Iterator[Batch]:
    days = [day for day in build.days if day in sheet.library.withdrawn and day <= build.today]
    if days and WEB in build.formats:
        yield asset_batch("site/assets/ withdrawn", images_shown((), sheet.library), sheet)
        yield from (withdrawn_batch(day, sheet) for day in days)


def _batches_of_drafts(library: Library, sheet: Sheet) -> Iterator[Batch]:
    drafts = [entry for entry in library.all_entries() if entry.draft]
    pages = [page for page in library.pages.values() if page.draft]
    images = image_names(drafts, library, "\n".join(page.body for page in pages))
    yield asset_batch("site/assets/ drafts", images, sheet)
    for entry in drafts:
        if batch := draft_batch(entry, sheet):
            yield batch
    for own in pages:
        yield own_page_batch(own, preview_place(f"{own.id}/"), sheet)


def batches_of_formats(issue: Issue[Head], *, formats: tuple[str, ...], sheet: Sheet) -> Iterator[Batch]:
    """Make what channels take of an issue."""
    if formats:
        make = partial(_make_formats, formats, issue, sheet)
        key = digest_of(sheet.digest + issue.digest)
        yield Batch(f"issues/{issue.date}/ {' '.join(formats)}", key, make)


def _make_formats(formats: Iterable[str], issue: Issue[Head], sheet: Sheet) -> Iterator[OutputFile]:
    whole = read_issue(issue, sheet.library)
    for name in formats:
        rendition = render(name, whole, sheet.theme)
        for file in rendition.files:
            yield OutputFile(f"issues/{issue.date}/{file.path}", file.content, rendition.faults)
        for asset in rendition.assets:
            yield OutputFile(f"site/{asset.path}", asset.content)


def _formats(build: Build) -> tuple[str, ...]:
    return tuple(name for name in build.formats if name != WEB)
