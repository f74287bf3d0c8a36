"""Issues + Library → the pages of the site, one by one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from pixeldigest.content import Entry
from pixeldigest.extras import missing_libraries
from pixeldigest.formats.cover import render_covers
from pixeldigest.formats.feed import render_feeds
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue, Targets, assemble_section, chapter_of, image_sizes
from pixeldigest.library import Library
from pixeldigest.markup.document import Image, walk
from pixeldigest.markup.parse import parse_body
from pixeldigest.output import OutputFile
from pixeldigest.site.catalogue import Shown, make_catalogue
from pixeldigest.site.frame import make_frame, preview_place, site_place
from pixeldigest.site.pages import (
    Sheet,
    render_archive,
    render_courses,
    render_entry,
    render_entry_page,
    render_home,
    render_issue_page,
    render_lists,
    render_not_found,
    render_own_page,
)
from pixeldigest.site.sitemap import render_robots, render_sitemap
from pixeldigest.site.texts import sources_in


def render_site(issues: tuple[Issue, ...], library: Library, sheet: Sheet) -> Iterator[OutputFile]:
    """Render the pages around and of the issues, oldest first in `issues`; all links are relative."""
    catalogue = make_catalogue(issues, library, as_of=sheet.as_of)
    of_day: dict[date, list[Shown]] = {}
    for shown in catalogue.entries.values():
        if shown.section.page:
            of_day.setdefault(shown.issues[-1].date, []).append(shown)
    for issue in issues:
        yield from render_issue(issue, issues, sheet)
        # Right after the issue, while its parsed texts are at hand.
        for shown in of_day.get(issue.date, ()):
            yield from render_entry(shown, catalogue.position(shown), sheet)
    yield render_home(issues[-1] if issues else None, catalogue, sheet, start=library.newsletter.schedule.start)
    yield from render_archive(catalogue, sheet)
    yield from render_courses(catalogue, sheet)
    yield from render_lists(catalogue, sheet)
    yield from _render_own_pages(library, sheet)
    yield render_not_found(sheet, urlsplit(library.newsletter.site_url).path)
    feeds = render_feeds(issues, library.public_courses, library.newsletter, sheet.theme)
    yield from (OutputFile(f"site/{file.path}", file.content) for file in (*feeds.files, *feeds.assets))
    yield render_sitemap(catalogue, sheet.frame, sheet.theme)
    yield render_robots(sheet.frame)


def make_sheet(library: Library, theme: Theme, targets: Targets, *, as_of: date) -> Sheet:
    """Gather what pages share; `as_of` decides which of their links have a page to lead to."""
    return Sheet(
        make_frame(library, search=not missing_libraries("search")), theme, as_of, targets, image_sizes(library)
    )


def render_issue(issue: Issue, issues: tuple[Issue, ...], sheet: Sheet) -> Iterator[OutputFile]:
    """Render one issue's web page and its covers; its neighbours are found among the `issues` that are published.

    An issue of a later day is a page of the preview: it links what is on the site, and nothing links it.
    """
    position = bisect_left(issues, issue.date, key=lambda one: one.date)
    yield render_issue_page(
        issue,
        preview_place(issue.page) if issue.date > sheet.as_of else site_place(issue.page),
        sheet,
        previous=issues[position - 1].head if position else None,
        following=issues[position + 1].head if position + 1 < len(issues) else None,
    )
    yield from (OutputFile(f"site/{file.path}", file.content) for file in render_covers(issue, sheet.theme))


def render_draft(entry: Entry, library: Library, sheet: Sheet) -> OutputFile | None:
    """Render a draft's page for the preview; None where no section shows its kind."""
    settings = next((section for section in library.newsletter.sections if section.kind == entry.kind), None)
    if settings is None:
        return None
    course = next((one for one in library.courses.values() if entry.id in one.topics), None)
    chapter = chapter_of(library, course, entry)
    section = assemble_section(library, settings, entry, values={}, course=course, chapter=chapter)
    page = section.page or f"{entry.kind}s/{entry.id}/"
    draft = Shown(section, issues=(), solution_due=True)
    return render_entry_page(draft, None, preview_place(page), sheet)


def copy_assets(library: Library, sources: Iterable[str], project: Path, theme: Theme) -> Iterator[OutputFile]:
    """Yield the files that pages refer to: the theme's style sheets and fonts, and the images that texts show."""
    seen: set[str] = set()
    for folder in theme.folders:
        assets = folder / "assets"
        for path in sorted(assets.rglob("*")):
            name = path.relative_to(assets).as_posix()
            if path.is_file() and name not in seen:
                seen.add(name)
                yield OutputFile(f"site/assets/{name}", path.read_bytes())
    shown = {library.newsletter.theme.logo, *_images_in(sources)}
    for name in (name for name, image in library.images.items() if name in shown and not image.active):
        yield OutputFile(f"site/assets/{name}", (project / "content" / name).read_bytes())


def _images_in(sources: Iterable[str]) -> Iterator[str]:
    for source in {source for source in sources if "images/" in source}:
        yield from (node.source for node in walk(parse_body(source).blocks) if isinstance(node, Image))


def sources_shown(issues: Iterable[Issue], library: Library) -> Iterator[str]:
    """Yield the texts of issues and of pages of one's own, as they are written: nothing else may be seen yet."""
    for issue in issues:
        yield from (source for section in issue.sections for source in sources_in(section))
        if issue.note:
            yield issue.note
    yield from (page.body for page in library.public_pages)


def _render_own_pages(library: Library, sheet: Sheet) -> Iterator[OutputFile]:
    """Render the pages of one's own; what an earlier build made of one that has errors now stays."""
    for page in library.public_pages:
        yield render_own_page(page, site_place(f"{page.id}/"), sheet)
    for ref in library.files:
        if ref.kind == "page" and ref.id not in library.pages:
            yield OutputFile(f"site/{ref.id}/index.html", None)
