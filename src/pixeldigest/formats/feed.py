"""Issues → feed.xml (Atom, RFC 4287) and feed.json (JSON Feed 1.1), with the whole content."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Generic, NamedTuple

from pixeldigest.content import Course
from pixeldigest.formats.letter import make_letter
from pixeldigest.formats.letterhtml import LetterHtml, render_letter
from pixeldigest.formats.rendition import File, Rendition
from pixeldigest.formats.theme import Theme
from pixeldigest.heads import Head
from pixeldigest.issue import E, Issue
from pixeldigest.settings import Newsletter
from pixeldigest.targets import course_page

ATOM = "feed.xml"
JSON = "feed.json"
# Readers fetch the whole file many times a day, and keep what they have seen.
_ISSUES = 14
# The namespace of feed ids; it must never change, or readers show every issue again.
_NAMESPACE = uuid.UUID("6f0d2a54-6f5e-5c0e-9a43-2b8a3f6f7c11")


class Feed(NamedTuple, Generic[E]):
    """What a feed says of itself, and its newest issues; `folder` is its place below the site's root.

    Its id depends on no address, so that it may change.
    """

    id: str
    title: str
    folder: str
    updated: datetime
    issues: tuple[Issue[E], ...]


class Item(NamedTuple):
    """An issue as a feed holds it."""

    id: str
    issue: Issue
    html: str


def feeds_of(
    issues: tuple[Issue[Head], ...], courses: Iterable[Course], newsletter: Newsletter
) -> Iterator[Feed[Head]]:
    """Make the feed of the newest issues, and one for each course; `issues` are oldest first."""
    start = datetime.combine(newsletter.schedule.start, newsletter.publish.at, newsletter.zone)

    def feed(part: str, title: str, folder: str, issues: tuple[Issue[Head], ...]) -> Feed[Head]:
        updated = max((issue.updated for issue in issues), default=start)
        return Feed(feed_id(newsletter.id, part), title, folder, updated, issues)

    yield feed("", newsletter.title, "", _newest(issues))
    of_courses = _by_course(issues)
    for course in courses:
        title = f"{newsletter.title}: {course.title}"
        yield feed(f"course/{course.id}", title, course_page(course.id), _newest(of_courses.get(course.id, ())))


def render_feed(feed: Feed, newsletter: Newsletter, theme: Theme) -> Rendition:
    """Render a feed, and that of the whole newsletter as JSON too; an item is the same in every feed."""
    pages = [render_content(issue, theme) for issue in feed.issues]
    items = tuple(
        Item(feed_id(newsletter.id, issue.date.isoformat()), issue, page.html)
        for issue, page in zip(feed.issues, pages, strict=True)
    )
    atom = theme.render("feed/feed.xml", feed=feed, items=items, newsletter=newsletter, file=ATOM)
    files = [File(feed.folder + ATOM, atom.encode())]
    if not feed.folder:
        files.append(File(JSON, _json_feed(newsletter, items).encode()))
    return Rendition(tuple(files), tuple(picture for page in pages for picture in page.pictures))


def _newest(issues: Sequence[Issue[Head]]) -> tuple[Issue[Head], ...]:
    return tuple(issues[: -_ISSUES - 1 : -1])


def _by_course(issues: tuple[Issue[Head], ...]) -> Mapping[str, list[Issue[Head]]]:
    found: dict[str, list[Issue[Head]]] = {}
    for issue in issues:
        for course in dict.fromkeys(one.course.id for one in issue.entry_sections if one.course):
            found.setdefault(course, []).append(issue)
    return found


def feed_id(newsletter_id: str, part: str = "") -> str:
    """Name a newsletter, or a part of it, for ever: a UUID of version 5 (RFC 9562)."""
    return uuid.uuid5(_NAMESPACE, f"{newsletter_id}/{part}").urn


def render_content(issue: Issue, theme: Theme) -> LetterHtml:
    """Render the whole content of an issue as HTML that stands in somebody else's page; all addresses are absolute."""
    letter = make_letter(issue)
    whole = tuple(part._replace(form="full", calls=True) for part in letter.sections)
    return render_letter("feed/issue.html", letter._replace(sections=whole), theme)


def _json_feed(newsletter: Newsletter, items: tuple[Item, ...]) -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": newsletter.title,
        "home_page_url": newsletter.site_url,
        "feed_url": newsletter.site_url + JSON,
        "description": newsletter.publisher.about,
        "language": newsletter.language,
        "authors": [{"name": newsletter.publisher.name, "url": newsletter.publisher.url}],
        "items": [_json_item(item) for item in items],
    }
    shown = {key: value for key, value in feed.items() if value is not None}
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


def _json_item(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        "url": item.issue.url,
        "title": item.issue.title,
        "summary": item.issue.summary,
        "content_html": item.html,
        "date_published": item.issue.published.isoformat(),
        "date_modified": item.issue.updated.isoformat(),
        "tags": list(item.issue.tags),
    }
