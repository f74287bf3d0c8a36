"""Issues → feed.xml (Atom, RFC 4287) and feed.json (JSON Feed 1.1), with the whole content."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import NamedTuple

from pixeldigest.content import Course, Newsletter
from pixeldigest.formats.letter import make_letter
from pixeldigest.formats.letterhtml import LetterHtml, render_letter
from pixeldigest.formats.rendition import File, Rendition
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue, course_page

ATOM = "feed.xml"
JSON = "feed.json"
# Readers fetch the whole file many times a day, and keep what they have seen.
_ISSUES = 14
# The namespace of feed ids; it must never change, or readers show every issue again.
_NAMESPACE = uuid.UUID("6f0d2a54-6f5e-5c0e-9a43-2b8a3f6f7c11")


class Item(NamedTuple):
    """An issue as a feed holds it."""

    id: str
    issue: Issue
    html: str


class Feed(NamedTuple):
    """What a feed says of itself, and its newest issues; `folder` is its place below the site's root."""

    id: str
    title: str
    folder: str
    updated: datetime
    issues: tuple[Item, ...]


def render_feeds(issues: tuple[Issue, ...], newsletter: Newsletter, theme: Theme) -> Rendition:
    """Render the feeds of the newest issues; `issues` are oldest first, the files' paths below the site's root.

    Ids depend on no address, so that it may change.
    """
    items, pictures = _render_newest(issues, newsletter, theme)
    feed = Feed(feed_id(newsletter.id), newsletter.title, "", _updated(items, newsletter), items)
    files = (File(ATOM, _atom_feed(feed, newsletter, theme)), File(JSON, _json_feed(newsletter, items).encode()))
    return Rendition(files, pictures)


def render_course_feed(issues: tuple[Issue, ...], course: Course, newsletter: Newsletter, theme: Theme) -> Rendition:
    """Render the feed of a course, from the issues that show it; an item is the same in every feed."""
    items, pictures = _render_newest(issues, newsletter, theme)
    folder = course_page(course.id)
    name = feed_id(newsletter.id, f"course/{course.id}")
    feed = Feed(name, f"{newsletter.title}: {course.title}", folder, _updated(items, newsletter), items)
    return Rendition((File(folder + ATOM, _atom_feed(feed, newsletter, theme)),), pictures)


def _render_newest(
    issues: tuple[Issue, ...], newsletter: Newsletter, theme: Theme
) -> tuple[tuple[Item, ...], tuple[File, ...]]:
    newest = issues[: -_ISSUES - 1 : -1]
    pages = [_render_issue(issue, theme) for issue in newest]
    items = tuple(
        Item(feed_id(newsletter.id, issue.date.isoformat()), issue, page.html)
        for issue, page in zip(newest, pages, strict=True)
    )
    return items, tuple(picture for page in pages for picture in page.pictures)


def _updated(items: tuple[Item, ...], newsletter: Newsletter) -> datetime:
    start = datetime.combine(newsletter.schedule.start, newsletter.publish.at, newsletter.zone)
    return max((item.issue.updated for item in items), default=start)


def _atom_feed(feed: Feed, newsletter: Newsletter, theme: Theme) -> bytes:
    return theme.render("feed/feed.xml", feed=feed, newsletter=newsletter, file=ATOM).encode()


def feed_id(newsletter_id: str, part: str = "") -> str:
    """Name a newsletter, or a part of it, for ever: a UUID of version 5 (RFC 9562)."""
    return uuid.uuid5(_NAMESPACE, f"{newsletter_id}/{part}").urn


def _render_issue(issue: Issue, theme: Theme) -> LetterHtml:
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
