"""Issues + Library → pages, one by one; and the one writer of output."""

from __future__ import annotations

import contextlib
import os
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pixeldigest.content import Entry, Ref
from pixeldigest.diagnostics import UserError
from pixeldigest.formats import FORMATS
from pixeldigest.formats.feed import render_feeds
from pixeldigest.formats.letterhtml import FORMULAS
from pixeldigest.formats.rendition import Fault
from pixeldigest.formats.theme import Theme
from pixeldigest.formats.web import (
    EntryPage,
    Frame,
    make_frame,
    preview_place,
    render_entry_page,
    render_home,
    render_issue_page,
    render_moved_page,
    site_place,
)
from pixeldigest.issue import Issue, Targets, assemble_section, chapter_of, entry_page, image_sizes
from pixeldigest.library import Library

MANIFEST = ".manifest"
STAGING = ".staging"
PERMANENT = f"site/{FORMULAS}"


class Page(NamedTuple):
    """A file to write, its path below the output folder."""

    path: str
    content: bytes
    faults: tuple[Fault, ...] = ()


class Faulty(NamedTuple):
    """A file that has a fault; with an error it is not written."""

    path: str
    fault: Fault


class Outcome(NamedTuple):
    """What writing did: paths below the output folder."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    faulty: tuple[Faulty, ...] = ()


def render_site(issues: tuple[Issue, ...], library: Library, theme: Theme, *, as_of: date) -> Iterator[Page]:
    """Render the pages around and of the issues, oldest first in `issues`; all links are relative."""
    frame = make_frame(library.newsletter)
    for issue in issues:
        yield render_issue(issue, issues, library, theme, as_of=as_of)
    yield from _render_entries(issues, frame, theme, as_of=as_of)
    latest = issues[-1] if issues else None
    earlier = tuple(issue.head for issue in reversed(issues[:-1]))
    home = frame._replace(tagline=latest.tagline if latest else None)
    feeds = render_feeds(issues, library.newsletter, theme)
    for file in (*feeds.files, *feeds.assets):
        yield Page(f"site/{file.path}", file.content)
    yield _page("site/index.html", render_home(latest, earlier, home, theme, start=library.newsletter.schedule.start))


def render_issue(issue: Issue, issues: tuple[Issue, ...], library: Library, theme: Theme, *, as_of: date) -> Page:
    """Render one issue's web page; its neighbours are found among `issues`, which reach up to the day `as_of`.

    An issue of a later day is a page of the preview: it links what is on the site, and nothing links it.
    """
    position = bisect_left(issues, issue.date, key=lambda one: one.date)
    before, after = issues[:position], issues[position + 1 :]
    html = render_issue_page(
        issue,
        preview_place(issue.page) if issue.date > as_of else site_place(issue.page),
        make_frame(library.newsletter),
        theme,
        previous=before[-1].head if before else None,
        following=after[0].head if after else None,
        as_of=as_of,
    )
    return _page(f"site/{issue.page}index.html", html)


def render_draft(entry: Entry, library: Library, theme: Theme, targets: Targets, *, as_of: date) -> Page | None:
    """Render a draft's page for the preview; None where no section shows its kind."""
    settings = next((section for section in library.newsletter.sections if section.kind == entry.kind), None)
    if settings is None:
        return None
    course = next((one for one in library.courses.values() if entry.id in one.topics), None)
    chapter = chapter_of(library, course, entry)
    section = assemble_section(library, settings, entry, values={}, course=course, chapter=chapter)
    page = section.page or f"{entry.kind}s/{entry.id}/"
    html = render_entry_page(
        EntryPage(section, issues=(), solution_due=True),
        preview_place(page),
        make_frame(library.newsletter),
        theme,
        targets,
        image_sizes(library),
        as_of=as_of,
    )
    return _page(f"site/{page}index.html", html)


def render_issue_files(issue: Issue, formats: Iterable[str], theme: Theme) -> Iterator[Page]:
    """Render what channels take of an issue."""
    for name in formats:
        rendition = FORMATS[name](issue, theme)
        for file in rendition.files:
            yield Page(f"issues/{issue.date}/{file.path}", file.content, rendition.faults)
        for asset in rendition.assets:
            yield Page(f"site/{asset.path}", asset.content)


def copy_assets(library: Library, project: Path, theme: Theme) -> Iterator[Page]:
    """Yield the files that pages refer to: style sheets and fonts of the theme, and the content's images."""
    seen: set[str] = set()
    for folder in theme.folders:
        assets = folder / "assets"
        for path in sorted(assets.rglob("*")):
            name = path.relative_to(assets).as_posix()
            if path.is_file() and name not in seen:
                seen.add(name)
                yield Page(f"site/assets/{name}", path.read_bytes())
    for name in (name for name, image in library.images.items() if not image.active):
        yield Page(f"site/assets/{name}", (project / "content" / name).read_bytes())


def write_pages(output: Path, pages: Iterable[Page], *, complete: tuple[str, ...] = ()) -> Outcome:
    """Write files whole, and only where their bytes change.

    `complete` names the folders of which this run makes everything: what an earlier run wrote there and this one
    does not make is removed, but for pictures that mails show. A page with an error is not written, and what an
    earlier run made of it stays. Raises UserError where the disk does not allow it.
    """
    written, made, faulty = [], set(), []
    staging = output / STAGING
    try:
        before = _read_manifest(output)
        _clear_staging(staging)
        for page in pages:
            made.add(page.path)
            faulty += [Faulty(page.path, fault) for fault in page.faults]
            if any(fault.severity == "error" for fault in page.faults) or _is_written(output / page.path, page.content):
                continue
            if page.path not in before:
                _announce(output, page.path)
            write_whole(output / page.path, page.content, staging=staging)
            written.append(page.path)
        gone = (path for path in before - made if not path.startswith(PERMANENT))
        removed = sorted(path for path in gone if path.startswith(complete)) if complete else []
        for path in removed:
            _remove(output, path)
        if written or removed:
            # Read again: another build may have announced pages meanwhile.
            listed = sorted((_read_manifest(output) | made) - set(removed))
            write_whole(output / MANIFEST, "".join(f"{path}\n" for path in listed).encode(), staging=staging)
            _clear_staging(staging)
    except OSError as error:
        raise cannot_write(output, error) from error
    return Outcome(tuple(written), len(made) - len(written), tuple(removed), tuple(faulty))


def cannot_write(path: Path, error: OSError) -> UserError:
    """Word an error of the disk."""
    return UserError(f"cannot write to {error.filename or path}: {(error.strerror or str(error)).lower()}")


def write_whole(path: Path, content: bytes, *, staging: Path | None = None, durable: bool = False) -> None:
    """Replace a file in one step, so that nobody ever sees half of it; `durable` waits for the disk.

    What a killed process leaves behind lies in the folder `staging`, which must be on the same disk.
    """
    folder = staging or path.parent
    for one in (folder, path.parent):
        one.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f"{os.getpid()}." if staging else f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes it private
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _page(path: str, text: str) -> Page:
    return Page(path, text.encode())


def _render_entries(issues: tuple[Issue, ...], frame: Frame, theme: Theme, *, as_of: date) -> Iterator[Page]:
    """Render the pages of topics and problems, from their first issue on."""
    shown: dict[Ref, list[Issue]] = {}
    for issue in issues:
        for section in issue.entry_sections:
            if section.page:
                shown.setdefault(section.entry.ref, []).append(issue)
    for ref in sorted(shown):
        first, last = shown[ref][0], shown[ref][-1]
        section = next(section for section in last.entry_sections if section.entry.ref == ref)
        heads = tuple(issue.head for issue in shown[ref])
        entry = EntryPage(section, heads, solution_due=issues[-1].date > first.date)
        page = section.page or ""
        html = render_entry_page(entry, site_place(page), frame, theme, last.targets, last.images, as_of=as_of)
        yield _page(f"site/{page}index.html", html)
        for alias in section.entry.aliases:
            if former := entry_page(section.kind, alias):
                yield _page(f"site/{former}index.html", render_moved_page(section, former, frame, theme))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_written(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False


def _announce(output: Path, path: str) -> None:
    """Name a new page before it is written, so that a later build knows of it even if this one is killed."""
    output.mkdir(parents=True, exist_ok=True)
    with (output / MANIFEST).open("a", encoding="utf-8") as stream:
        stream.write(f"{path}\n")


def _clear_staging(staging: Path) -> None:
    """Remove what killed processes left behind; others may be writing just now."""
    for path in staging.iterdir() if staging.is_dir() else ():
        if not _is_running(path.name.partition(".")[0]):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        staging.rmdir()


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, ValueError):
        return False
    return True


def _read_manifest(output: Path) -> set[str]:
    try:
        lines = (output / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return set()
    # The file may have been tampered with: nothing outside the output folder is ever removed.
    return {line for line in lines if line and not line.startswith("/") and ".." not in line.split("/")}


def _remove(output: Path, path: str) -> None:
    """Remove a file that is no longer made, and the folders that it leaves empty."""
    target = output / path
    target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder == output or not folder.is_dir() or any(folder.iterdir()):
            break
        folder.rmdir()
