"""Where pages are, where internal links lead, and which images texts show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import NamedTuple

from pixeldigest.content import ENTRY_KINDS, Ref
from pixeldigest.heads import Head, find_links, find_pictures
from pixeldigest.library import Library


class Target(NamedTuple):
    """What an internal link leads to: a page of the site from the day `since`, or an address elsewhere."""

    page: str | None
    since: date | None
    url: str | None


# The day since which there are pages that belong to no issue.
_ALWAYS = date.min

# Where internal links lead, by the link as written; width and height of images, by their source.
Targets = Mapping[str, Target]
Images = Mapping[str, tuple[int, int]]
FindTarget = Callable[[str], Target | None]


def issue_page(day: date) -> str:
    """Name the folder of a date's page, below the site's root."""
    return f"issues/{day.isoformat()}/"


def entry_page(kind: str, entry_id: str) -> str | None:
    """Name the folder of an entry's own page, below the site's root; None for kinds that have none."""
    return f"{kind}s/{entry_id}/" if ENTRY_KINDS[kind].own_page else None


def month_page(day: date) -> str:
    """Name the folder of the page that lists a month's issues, below the site's root."""
    return f"archive/{day:%Y-%m}/"


def course_page(course_id: str) -> str:
    """Name the folder of a course's page, below the site's root."""
    return f"courses/{course_id}/"


def image_sizes(names: Iterable[str], library: Library) -> Images:
    """Tell the width and height of images, so that pages can keep their place."""
    found = ((name, library.images[name]) for name in names)
    return {name: (image.width, image.height) for name, image in found if image.width > 0}


def image_names(heads: Iterable[Head], library: Library, note: str = "") -> tuple[str, ...]:
    """Name the images that may stand in texts."""
    named = {one for head in heads for one in head.pictures}
    named.update(find_pictures(note) if note else ())
    return tuple(sorted({cut for one in named for cut in _cuts(one) if cut in library.images}))


def _cuts(name: str) -> Iterator[str]:
    """Yield what may be an image's name, where it is followed by what ends its address."""
    yield name
    yield from (name[: sign.start()] for sign in re.finditer(r"[^\w./-]", name))


def find_targets(heads: Iterable[Head], find_target: FindTarget, note: str = "") -> Targets:
    """Find where the internal links lead that may stand in texts, and those to the entries themselves."""
    links = {*find_links(note)} if note else set()
    for head in heads:
        links.add(f"{head.kind}:{head.id}")
        links.update(head.links, (f"topic:{one}" for one in head.prerequisites))
    found = ((link, find_target(link)) for link in sorted(links))
    return {link: target for link, target in found if target}


def target_finder(library: Library, shown: Mapping[Ref, date]) -> FindTarget:
    """Make the function that finds where an internal link leads, be it by a former id; `shown` has the first days."""
    public = {course.id for course in library.public_courses}

    @cache
    def find_target(link: str) -> Target | None:
        kind, _, one = link.partition(":")
        if kind == "course":
            course = library.courses.get(one)
            page = course_page(one) if one in public else None
            return Target(page, _ALWAYS, None if page else course.url) if course else None
        if kind == "page":
            own = library.pages.get(one)
            return Target(f"{one}/", None if own.draft else _ALWAYS, None) if own else None
        entry = library.entry(kind, one)
        if entry is None:
            return None
        since = shown.get(entry.ref)
        page = entry_page(entry.kind, entry.id)
        return Target(page or (issue_page(since) if since else None), since, None if page else entry.url)

    return find_target
