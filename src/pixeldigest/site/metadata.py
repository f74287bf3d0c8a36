"""What machines read of a page: Open Graph for previews of links, JSON-LD in schema.org's words for search engines.

All addresses are absolute. Only what is true of every newsletter is said: no price, no rating, no level of a topic.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from pixeldigest.content import Course, Entry, Problem, Topic
from pixeldigest.fields import Difficulty
from pixeldigest.issue import CourseName, Issue, IssueSection
from pixeldigest.settings import Publisher
from pixeldigest.site.frame import Frame, PageLink
from pixeldigest.targets import course_page

# The words that schema.org gives as examples of a level; the pages' own are in the reader's language.
LEVELS: Mapping[Difficulty, str] = MappingProxyType({"easy": "Beginner", "medium": "Intermediate", "hard": "Advanced"})

_Node = dict[str, object]


class Picture(NamedTuple):
    """A picture that is shown where a page is shared."""

    url: str
    width: int
    height: int
    alt: str


class Dates(NamedTuple):
    """When a page appeared, and when it last changed: days, or moments with their zone."""

    published: date
    modified: date


class Metadata(NamedTuple):
    """The metadata of one page, as `web/_metadata.html` writes it; `linked_data` is JSON, safe within `<script>`."""

    title: str
    description: str
    url: str
    type: Literal["website", "article"]
    site_name: str
    picture: Picture | None
    dates: Dates | None
    linked_data: tuple[Markup, ...]


def describe_home(frame: Frame, *, picture: Picture | None = None) -> Metadata:
    """Describe the home page: the site and its publisher."""
    description = frame.publisher.about or frame.title
    node: _Node = {
        "@type": "WebSite",
        "name": frame.title,
        "url": frame.site_url,
        "description": description,
        "inLanguage": frame.language,
        "publisher": _organization(frame.publisher),
    }
    linked_data = (_dump(node),)
    return Metadata(frame.title, description, frame.site_url, "website", frame.title, picture, None, linked_data)


def describe_page(
    frame: Frame,
    trail: tuple[PageLink, ...],
    description: str,
    *,
    items: tuple[PageLink, ...] = (),
) -> Metadata:
    """Describe a page that is no entry; `trail` leads from home to the page itself, `items` are the pages it lists."""
    nodes = [_breadcrumbs(frame, trail)]
    if items:
        listed = [_list_item(n, url=frame.site_url + one.page) for n, one in _number(items)]
        nodes.append({"@type": "ItemList", "itemListElement": listed})
    return _metadata(frame, trail, description, nodes)


def describe_issue(
    frame: Frame, issue: Issue, trail: tuple[PageLink, ...], *, minutes: int, picture: Picture | None = None
) -> Metadata:
    """Describe an issue: an article of a periodical, which the publisher answers for."""
    publisher = _organization(issue.publisher)
    dates = Dates(issue.published, issue.updated)
    parts = [(one.title, one.page) for one in issue.entry_sections if one.page]
    node: _Node = {
        "@type": "Article",
        "headline": issue.title,
        **_work(frame, trail, issue.summary, picture),
        **_read(dates, minutes),
        "author": publisher,
        "publisher": publisher,
        "keywords": list(issue.tags),
        "isPartOf": {
            "@type": "PublicationIssue",
            "issueNumber": issue.number,
            "isPartOf": {"@type": "Periodical", "name": frame.title, "url": frame.site_url},
        },
        "hasPart": [{"@type": "LearningResource", "name": name, "url": frame.site_url + page} for name, page in parts],
    }
    return _metadata(frame, trail, issue.summary, [node, _breadcrumbs(frame, trail)], picture, dates)


def describe_entry(
    frame: Frame,
    section: IssueSection,
    trail: tuple[PageLink, ...],
    *,
    dates: Dates | None,
    minutes: int,
    course: CourseName | None = None,
    picture: Picture | None = None,
) -> Metadata:
    """Describe the page of a topic or a problem; `course` is one that it is a unit of and that has a page."""
    entry = section.entry
    node: _Node = {
        "@type": "LearningResource",
        "name": entry.title,
        **_work(frame, trail, entry.summary, picture),
        **_read(dates, minutes),
        "publisher": _organization(frame.publisher),
        "keywords": list(entry.tags),
    }
    if isinstance(entry, Topic):
        node |= _of_topic(entry, section, frame, course)
    elif isinstance(entry, Problem):
        node |= _of_problem(entry, section, frame)
    return _metadata(frame, trail, entry.summary, [node, _breadcrumbs(frame, trail)], picture, dates)


def describe_course(
    frame: Frame,
    course: Course,
    trail: tuple[PageLink, ...],
    *,
    units: tuple[PageLink, ...],
) -> Metadata:
    """Describe the page of a course; `units` are those that can be read."""
    parts = [
        {"@type": "LearningResource", "position": n, "name": unit.title, "url": frame.site_url + unit.page}
        for n, unit in _number(units)
    ]
    node = {**_course(course, frame), **_work(frame, trail, course.summary), "hasPart": parts}
    return _metadata(frame, trail, course.summary, [node, _breadcrumbs(frame, trail)])


def entry_dates(entry: Entry, shown: date) -> Dates:
    """Find when an entry's page appeared, which is the day of its first issue, and when it last changed."""
    return Dates(shown, max([shown, *entry.changes]))


def duration(minutes: int) -> str:
    """Write a time to read as ISO 8601 does."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")


def _metadata(
    frame: Frame,
    trail: tuple[PageLink, ...],
    description: str,
    nodes: list[_Node],
    picture: Picture | None = None,
    dates: Dates | None = None,
) -> Metadata:
    here = trail[-1]
    type_: Literal["website", "article"] = "article" if dates else "website"
    linked_data = tuple(_dump(node) for node in nodes)
    url = frame.site_url + here.page
    return Metadata(here.title, description, url, type_, frame.title, picture, dates, linked_data)


def _work(frame: Frame, trail: tuple[PageLink, ...], description: str, picture: Picture | None = None) -> _Node:
    """Say what holds for each work that has a page."""
    url = frame.site_url + trail[-1].page
    return {
        "description": description,
        "url": url,
        "mainEntityOfPage": url,
        "inLanguage": frame.language,
        "image": picture.url if picture else None,
    }


def _read(dates: Dates | None, minutes: int) -> _Node:
    return {
        "datePublished": dates.published.isoformat() if dates else None,
        "dateModified": dates.modified.isoformat() if dates else None,
        "timeRequired": duration(minutes),
    }


def _of_topic(topic: Topic, section: IssueSection, frame: Frame, course: CourseName | None) -> _Node:
    return {
        "learningResourceType": "Lesson",
        "teaches": topic.title,
        "competencyRequired": [one.title for one in section.prerequisites],
        "isPartOf": _course(course, frame) if course else None,
        "hasPart": {"@type": "Quiz", "assesses": topic.title} if topic.quiz else None,
    }


def _of_problem(problem: Problem, section: IssueSection, frame: Frame) -> _Node:
    collection: _Node | None = None
    if section.collection_title:
        url = f"{frame.site_url}collections/{problem.collections[0]}/"
        collection = {"@type": "Collection", "name": section.collection_title, "url": url}
    return {
        "learningResourceType": "Practice problem",
        "educationalLevel": LEVELS[problem.difficulty],
        "isPartOf": collection,
    }


def _course(course: Course | CourseName, frame: Frame) -> _Node:
    return {
        "@type": "Course",
        "name": course.title,
        "description": course.summary,
        "url": frame.site_url + course_page(course.id),
        "provider": _organization(frame.publisher),
    }


def _organization(publisher: Publisher) -> _Node:
    return {
        "@type": "Organization",
        "name": publisher.name,
        "url": publisher.url,
        "description": publisher.about,
    }


def _breadcrumbs(frame: Frame, trail: tuple[PageLink, ...]) -> _Node:
    steps = (PageLink(frame.title, ""), *trail)
    listed = [_list_item(n, name=step.title, item=frame.site_url + step.page) for n, step in _number(steps)]
    return {"@type": "BreadcrumbList", "itemListElement": listed}


def _list_item(position: int, **values: object) -> _Node:
    return {"@type": "ListItem", "position": position, **values}


def _number(links: Iterable[PageLink]) -> Iterable[tuple[int, PageLink]]:
    return enumerate(links, start=1)


def _dump(node: _Node) -> Markup:
    """Write a node so that nothing in it ends its `<script>`; what has no value is left out."""
    whole = {"@context": "https://schema.org", **node}
    return htmlsafe_json_dumps(_given(whole), dumps=json.dumps, ensure_ascii=False, separators=(",", ":"))


def _given(value: object) -> object:
    """Leave out what is None or an empty list, at any depth."""
    if isinstance(value, dict):
        return {key: _given(one) for key, one in value.items() if one is not None and one != []}
    return [_given(one) for one in value] if isinstance(value, list) else value
