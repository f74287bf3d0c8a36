"""Issues + Library → the pages of the site, batch by batch; all links are relative."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pixeldigest.extras import missing_libraries
from pixeldigest.formats.feed import ATOM, Feed, feeds_of, render_feed
from pixeldigest.formats.theme import Theme
from pixeldigest.heads import Head
from pixeldigest.issue import (
    Issue,
    IssueHead,
    IssueSection,
    RecallSection,
    ReviewSection,
    SolutionSection,
    assemble_section,
    chapter_of,
    heads_in,
    read_issue,
    read_section,
)
from pixeldigest.library import Library, refuse_change
from pixeldigest.output import Batch, OutputFile
from pixeldigest.site.catalogue import Catalogue, Shown, make_catalogue
from pixeldigest.site.frame import make_frame, page_file, preview_place, site_place
from pixeldigest.site.lists import archive_batches, course_batches, list_batches
from pixeldigest.site.pages import (
    Neighbours,
    entry_batch,
    home_batch,
    issue_batch,
    not_found_batch,
    own_page_batch,
    withdrawn_batch,
)
from pixeldigest.site.sheet import Sheet
from pixeldigest.site.sitemap import render_robots, render_sitemap
from pixeldigest.site.texts import sources_in
from pixeldigest.stamps import digest_of, scan
from pixeldigest.targets import FindTarget, image_names


def site_batches(
    issues: tuple[Issue[Head], ...], sheet: Sheet, formats: Callable[[Issue[Head]], Iterable[Batch]]
) -> Iterator[Batch]:
    """Make the pages around and of the issues, which are oldest first, and each issue's other formats."""
    library = sheet.library
    catalogue = make_catalogue(issues, library, as_of=sheet.as_of)
    heads = catalogue.issues[::-1]
    of_day: dict[date, list[Shown]] = {}
    for shown in catalogue.entries.values():
        if shown.section.page:
            of_day.setdefault(shown.issues[-1].date, []).append(shown)
    for issue in issues:
        yield batch_of_issue(issue, heads, sheet)
        # Right after the issue, while its parsed texts are at hand.
        yield from formats(issue)
        for shown in of_day.get(issue.date, ()):
            yield entry_batch(shown, catalogue.position(shown), site_place(shown.page), sheet)
    yield from batches_around(issues, catalogue, sheet)


def batches_around(issues: tuple[Issue[Head], ...], catalogue: Catalogue, sheet: Sheet) -> Iterator[Batch]:
    """Make what is neither an issue's nor an entry's page: home, lists, pages of one's own, feeds, sitemap.

    What stands in the place of an issue that was withdrawn is among it.
    """
    library = sheet.library
    yield home_batch(issues[-1] if issues else None, catalogue, sheet)
    yield from archive_batches(catalogue, sheet)
    yield from course_batches(catalogue, sheet)
    yield from list_batches(catalogue, sheet)
    yield from _own_pages(library, sheet)
    yield from (withdrawn_batch(day, sheet) for day in library.withdrawn if day <= sheet.as_of)
    yield not_found_batch(sheet, urlsplit(library.newsletter.site_url).path)
    yield from _feeds(issues, sheet)
    seen = digest_of(sheet.digest + catalogue.digest)
    yield Batch("site/sitemap.xml", seen, lambda: (render_sitemap(catalogue, sheet.frame, sheet.theme),))
    yield Batch("site/robots.txt", sheet.digest, lambda: (render_robots(sheet.frame),))


def make_sheet(library: Library, theme: Theme, find_target: FindTarget, *, as_of: date) -> Sheet:
    """Gather what pages share; `as_of` decides which of their links have a page to lead to."""
    frame = make_frame(library, search=not missing_libraries("search"))
    seen = (library.newsletter.model_dump_json(), frame.own_pages, frame.search)
    return Sheet(frame, theme, as_of, library, find_target, digest_of(theme.digest + repr(seen).encode()))


def batch_of_issue(issue: Issue[Head], published: Sequence[IssueHead], sheet: Sheet) -> Batch:
    """Make one issue's web page and its covers; its neighbours are found among those that are `published`.

    An issue of a later day is a page of the preview: it links what is on the site, and nothing links it.
    """
    position = bisect_left(published, issue.date, key=lambda one: one.date)
    place = preview_place(issue.page) if issue.date > sheet.as_of else site_place(issue.page)
    previous = published[position - 1] if position else None
    following = published[position + 1] if position + 1 < len(published) else None
    return issue_batch(issue, place, sheet, Neighbours(previous, following))


def draft_batch(entry: Head, sheet: Sheet) -> Batch | None:
    """Make a draft's page for the preview; None where no section shows its kind."""
    library = sheet.library
    settings = next((section for section in library.newsletter.sections if section.kind == entry.kind), None)
    if settings is None:
        return None
    course = next((one for one in library.courses.values() if entry.id in one.topics), None)
    chapter = chapter_of(library, course, entry)
    section = assemble_section(library, settings, entry, values={}, course=course, chapter=chapter)
    page = section.page or f"{entry.kind}s/{entry.id}/"
    shown = Shown(section, issues=(), solution_due=True)
    draft = shown._replace(digest=digest_of(repr(shown).encode()))
    return entry_batch(draft, None, preview_place(page), sheet)


def asset_batch(name: str, images: Iterable[str], sheet: Sheet) -> Batch:
    """Copy the files that pages refer to: the theme's style sheets and fonts, and the images that texts show."""
    library = sheet.library
    files: dict[str, str] = {}
    seen: list[object] = []
    for folder in sheet.theme.folders:
        assets = folder / "assets"
        for path, stamp in scan(str(assets)):
            files.setdefault(Path(path).relative_to(assets).as_posix(), path)
            seen.append((path, stamp))
    logo = library.newsletter.theme.logo
    shown = {*images, *((logo,) if logo in library.images else ())}
    shown = {one for one in shown if not library.images[one].active}
    seen.append(sorted((one, library.images[one].digest) for one in shown))
    return Batch(name, digest_of(repr(seen).encode()), partial(_copy_assets, files, sorted(shown), library))


def _copy_assets(files: dict[str, str], images: list[str], library: Library) -> Iterator[OutputFile]:
    for name, path in files.items():
        yield OutputFile(f"site/assets/{name}", Path(path).read_bytes())
    for name in images:
        content = (library.project / "content" / name).read_bytes()
        refuse_change(f"content/{name}", content, library.images[name].digest)
        yield OutputFile(f"site/assets/{name}", content)


def images_shown(issues: Iterable[Issue[Head]], library: Library) -> Iterator[str]:
    """Name the images in the texts of issues and of pages of one's own: nothing else may be seen yet."""
    for issue in issues:
        heads = (head for section in issue.sections for head in _heads_shown(section))
        texts = (source for section in issue.sections for source in _texts_alone(section, library))
        yield from image_names(heads, library, "\n".join((issue.note or "", *texts)))
    for page in library.public_pages:
        yield from image_names((), library, page.body)


def _heads_shown(section: IssueSection[Head] | ReviewSection[Head]) -> Iterator[Head]:
    """Yield the entries of a section that can be read whole, in it or on their pages."""
    match section:
        case RecallSection():
            yield from (one.topic for one in section.questions if one.page)
        case SolutionSection(page=None):
            pass
        case _:
            yield from heads_in(section)


def _texts_alone(section: IssueSection[Head] | ReviewSection[Head], library: Library) -> Iterator[str]:
    """Yield the texts of a section that repeats what was withdrawn: of those entries nothing else is shown."""
    match section:
        case RecallSection() if not all(one.page for one in section.questions):
            yield from sources_in(read_section(section, library))
        case SolutionSection(page=None):
            yield from sources_in(read_section(section, library))


def _own_pages(library: Library, sheet: Sheet) -> Iterator[Batch]:
    """Make the pages of one's own; what an earlier build made of one that has errors now stays."""
    for page in library.public_pages:
        yield own_page_batch(page, site_place(f"{page.id}/"), sheet)
    for ref in library.files:
        if ref.kind == "page" and ref.id not in library.pages:
            kept = OutputFile(page_file(f"{ref.id}/"), None)
            yield Batch(kept.path, b"", partial(iter, (kept,)))


def _feeds(issues: tuple[Issue[Head], ...], sheet: Sheet) -> Iterator[Batch]:
    for feed in feeds_of(issues, sheet.library.public_courses, sheet.library.newsletter):
        seen = b"".join((sheet.digest, repr(feed._replace(issues=())).encode(), *(one.digest for one in feed.issues)))
        yield Batch(f"site/{feed.folder}{ATOM}", digest_of(seen), partial(_render_feed, feed, sheet))


def _render_feed(feed: Feed[Head], sheet: Sheet) -> Iterator[OutputFile]:
    read = tuple(read_issue(issue, sheet.library) for issue in feed.issues)
    rendition = render_feed(Feed(**{**feed._asdict(), "issues": read}), sheet.library.newsletter, sheet.theme)
    yield from (OutputFile(f"site/{file.path}", file.content) for file in (*rendition.files, *rendition.assets))
