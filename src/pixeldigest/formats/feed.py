"""Issues → feed.xml (Atom, RFC 4287) and feed.json (JSON Feed 1.1), with the whole content."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from pixeldigest.content import Course, Newsletter
from pixeldigest.formats.letter import make_letter
from pixeldigest.formats.letterhtml import LetterHtml, render_letter
from pixeldigest.formats.rendition import File, Rendition
from pixeldigest.formats.theme import Theme
from pixeldigest.issue import Issue, IssueSection, course_page

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
    items: tuple[Item, ...]


def render_feeds(
    issues: tuple[Issue, ...], courses: Iterable[Course], newsletter: Newsletter, theme: Theme
) -> Rendition:
    """Render the feeds of the newest issues, and one for each course; `issues` are oldest first.

    The files' paths are below the site's root. Ids depend on no address, so that it may change; an item is the same
    in every feed.
    """
    newest = _newest(issues)
    of_courses = {course.id: (course, _newest(_of_course(issues, course))) for course in courses}
    days = {issue.date: issue for one in (newest, *(found for _, found in of_courses.values())) for issue in one}
    pages = {day: _render_issue(issue, theme) for day, issue in sorted(days.items())}
    items = {day: Item(feed_id(newsletter.id, day.isoformat()), issue, pages[day].html) for day, issue in days.items()}
    whole = _feed("", newsletter.title, "", newest, items, newsletter)
    feeds = [whole]
    for course, found in of_courses.values():
        title = f"{newsletter.title}: {course.title}"
        feeds.append(_feed(f"course/{course.id}", title, course_page(course.id), found, items, newsletter))
    atoms = [File(feed.folder + ATOM, _atom_feed(feed, newsletter, theme)) for feed in feeds]
    files = (*atoms, File(JSON, _json_feed(newsletter, whole.items).encode()))
    return Rendition(files, tuple(picture for page in pages.values() for picture in page.pictures))


def _newest(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    return issues[: -_ISSUES - 1 : -1]


def _of_course(issues: tuple[Issue, ...], course: Course) -> tuple[Issue, ...]:
    return tuple(issue for issue in issues if course.id in {_course_id(one) for one in issue.entry_sections})


def _course_id(section: IssueSection) -> str | None:
    return section.course.id if section.course else None


def _feed(
    part: str,
    title: str,
    folder: str,
    issues: tuple[Issue, ...],
    items: Mapping[date, Item],
    newsletter: Newsletter,
) -> Feed:
    start = datetime.combine(newsletter.schedule.start, newsletter.publish.at, newsletter.zone)
    updated = max((issue.updated for issue in issues), default=start)
    return Feed(feed_id(newsletter.id, part), title, folder, updated, tuple(items[issue.date] for issue in issues))


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
