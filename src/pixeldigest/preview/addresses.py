"""Addresses → what a build would write there: an address is a file's path below the output folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pixeldigest.build import PREVIEW, as_preview, batches_of_formats
from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.extras import missing_libraries
from pixeldigest.heads import Head
from pixeldigest.issue import heads_in
from pixeldigest.library import refuse_change
from pixeldigest.output import Batch
from pixeldigest.preview.edition import Edition
from pixeldigest.site import batch_of_issue, draft_batch
from pixeldigest.site.frame import page_file, preview_place, site_place
from pixeldigest.site.pages import entry_batch, own_page_batch
from pixeldigest.targets import entry_page, issue_page

# The files that each format makes of an issue.
FORMAT_OF: Mapping[str, str] = MappingProxyType(
    {
        "post.md": "post",
        "devto.md": "devto",
        "mail.html": "mail",
        "mail.eml": "mail",
        "issue.txt": "text",
        "issue.json": "data",
    }
)
_ISSUE = re.compile(r"site/issues/([0-9]{4}-[0-9]{2}-[0-9]{2})/[^/]+")
_FORMAT = re.compile(r"issues/([0-9]{4}-[0-9]{2}-[0-9]{2})/([^/]+)")
_ENTRY = re.compile(r"site/([a-z]+)s/([a-z0-9-]+)/index\.html")
_OWN_PAGE = re.compile(r"site/([a-z0-9-]+)/index\.html")
_ASSET = re.compile(r"(?:preview/)?site/assets/(.+)")


class Found(NamedTuple):
    """What makes the file at an address, and what it shows: entries, an issue's day, a page of one's own."""

    batch: Batch
    heads: tuple[Head, ...] = ()
    day: date | None = None
    own_page: str | None = None


def ref_at(path: str) -> Ref | None:
    """Tell what an address is that of, whether its page can be made or not; None where it names no entry or page."""
    name = path.removeprefix(PREVIEW)
    if matched := _ENTRY.fullmatch(name):
        return Ref(matched[1], matched[2])
    matched = _OWN_PAGE.fullmatch(name)
    return Ref("page", matched[1]) if matched else None


def issue_address(edition: Edition, day: date) -> str:
    """Name where an issue's page is shown."""
    return (PREVIEW if day > edition.today else "") + page_file(issue_page(day))


def entry_address(edition: Edition, ref: Ref) -> str:
    """Name where an entry is shown: on the site as far as it has a page there, else in the preview."""
    page = entry_page(ref.kind, ref.id)
    return page_file(page) if page and ref in edition.catalogue.entries else PREVIEW + page_file(_draft_page(ref))


def _draft_page(ref: Ref) -> str:
    return f"{ref.kind}s/{ref.id}/"


def find_page(edition: Edition, path: str) -> Found | None:
    """Find what makes a file, by its path below the output folder; None where a build would write none."""
    coming, name = path.startswith(PREVIEW), path.removeprefix(PREVIEW)
    if (issue := _ISSUE.fullmatch(name)) or (issue := _FORMAT.fullmatch(name)):
        day = _day(issue[1])
        return _find_issue(edition, day, name) if day and (day > edition.today) == coming else None
    if coming:
        return _find_draft(edition, name)
    if found := _find_entry(edition, name):
        return found
    own = _OWN_PAGE.fullmatch(name)
    batch = edition.around.get(_batch_name(name))
    return Found(batch, own_page=own[1] if own and own[1] in edition.library.pages else None) if batch else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _find_issue(edition: Edition, day: date, name: str) -> Found | None:
    """Find an issue's page, its covers, or one of its other formats; or what stands where one was withdrawn."""
    issue = edition.issues.get(day)
    if issue is None:
        instead = edition.around.get(name)
        return Found(instead, day=day) if instead else None
    shows = tuple(head for section in issue.sections for head in heads_in(section))
    if name.startswith("site/"):
        batch = batch_of_issue(issue, edition.heads, edition.sheet)
    else:
        form = FORMAT_OF.get(name.rpartition("/")[2])
        if form is None or (form == "mail" and missing_libraries("mail")):
            return None
        (batch,) = batches_of_formats(issue, formats=(form,), sheet=edition.sheet)
    return Found(as_preview(batch) if day > edition.today else batch, shows, day)


def _find_entry(edition: Edition, name: str) -> Found | None:
    """Find an entry's page on the site, by its id or a former one."""
    matched = _ENTRY.fullmatch(name)
    if matched is None or matched[1] not in ENTRY_KINDS:
        return None
    ref = Ref(matched[1], edition.library.current_id(matched[1], matched[2]))
    shown = edition.catalogue.entries.get(ref)
    if shown is None or not shown.section.page:
        return None
    batch = entry_batch(shown, edition.catalogue.position(shown), site_place(shown.page), edition.sheet)
    return Found(batch, (shown.section.entry,))


def _find_draft(edition: Edition, name: str) -> Found | None:
    """Find the preview of any entry, with its solution, or of a page of one's own."""
    if (matched := _ENTRY.fullmatch(name)) and matched[1] in ENTRY_KINDS:
        head = edition.library.entry(matched[1], matched[2])
        batch = draft_batch(head, edition.sheet) if head else None
        return Found(as_preview(batch), (head,)) if head and batch else None
    if matched := _OWN_PAGE.fullmatch(name):
        page = edition.library.pages.get(matched[1])
        place = preview_place(f"{matched[1]}/")
        return Found(as_preview(own_page_batch(page, place, edition.sheet)), own_page=page.id) if page else None
    return None


def _batch_name(name: str) -> str:
    """Name the batch that makes a file around the issues; nearly all are called like the one page that they make."""
    if name == "site/404.html":
        return page_file("404/")
    return name.removesuffix("feed.json") + "feed.xml" if name.endswith("/feed.json") else name


def find_asset(edition: Edition, path: str) -> bytes | None:
    """Read an asset of the theme, or any picture, whether an issue shows it yet or not."""
    matched = _ASSET.fullmatch(path)
    if matched is None or ".." in matched[1].split("/"):
        return None
    for folder in edition.sheet.theme.folders:
        if content := _read(Path(folder, "assets", matched[1])):
            return content
    image = edition.library.images.get(matched[1])
    if image is None or image.active:
        return None
    content = _read(edition.library.project / "content" / matched[1]) or b""
    refuse_change(f"content/{matched[1]}", content, image.digest)
    return content


def _read(file: Path) -> bytes | None:
    """Read a file; None where there is none of that name, or none that can be read."""
    try:
        return file.read_bytes()
    except (OSError, ValueError):
        return None
