"""What machines read of a page: true, valid, and the same whatever stands in a title."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import imagesize
import pytest

from browser.linkeddata import Head, Node, compile_nodes, walk
from conftest import NEWSLETTERS
from pixeldigest.build import assemble_issues
from pixeldigest.cache import NO_CACHE
from pixeldigest.content import Course, Entry, Topic
from pixeldigest.formats.theme import load_theme
from pixeldigest.issue import Issue, IssueSection, read_issue
from pixeldigest.library import Library
from pixeldigest.loading import load_library
from pixeldigest.site.frame import Frame, PageLink, make_frame
from pixeldigest.site.metadata import (
    Dates,
    Metadata,
    Picture,
    describe_course,
    describe_entry,
    describe_home,
    describe_issue,
    describe_page,
    duration,
    entry_dates,
)
from pixeldigest.yamltree import Block

SITE = "https://daily.example.org/news/"
PICTURE = Picture(f"{SITE}assets/covers/1.png", 1200, 630, "Sums")
EXAMPLE = {
    "@type": "Organization",
    "name": "Example",
    "url": "https://example.org",
    "description": "Example is a publisher for tests.",
}
BASICS = {
    "@type": "Course",
    "name": "Basics & Beyond",
    "description": "A course of three topics.",
    "url": f"{SITE}courses/basics/",
    "provider": EXAMPLE,
}
PLAIN = {"id": "sums", "title": "Sums", "summary": "Sums.", "body": Block("Sums.\n")}

# What Google wants of each type: what it requires, and for articles, where nothing is required, what it recommends.
WANTED = {
    "Article": ("headline", "author", "datePublished", "dateModified"),
    "BreadcrumbList": ("itemListElement",),
    "Course": ("name", "description", "provider"),
    "ItemList": ("itemListElement",),
    "LearningResource": ("name", "url"),
    "Organization": ("name", "url"),
    "WebSite": ("name", "url"),
}
WANTED_OF_ITEMS = {"BreadcrumbList": ("position", "name", "item"), "ItemList": ("position", "url")}


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(NEWSLETTERS / "small", NO_CACHE).library


@pytest.fixture(scope="module")
def issue(library: Library) -> Issue:
    return read_issue(assemble_issues(library, until=date(2026, 11, 18)).issues[0], library)


@pytest.fixture(scope="module")
def frame(library: Library) -> Frame:
    return make_frame(library, search=False)


def trail(*pages: tuple[str, str]) -> tuple[PageLink, ...]:
    return tuple(PageLink(title, page) for title, page in pages)


def section_of(issue: Issue, kind: str) -> IssueSection:
    return next(one for one in issue.entry_sections if one.kind == kind)


def nodes_of(metadata: Metadata) -> list[Node]:
    return [json.loads(one) for one in metadata.linked_data]


def crumbs(*steps: tuple[str, str]) -> Node:
    listed = [
        {"@type": "ListItem", "position": n, "name": name, "item": SITE + page}
        for n, (name, page) in enumerate((("Small Daily", ""), *steps), start=1)
    ]
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": listed}


def test_home_is_the_site_of_its_publisher(frame: Frame) -> None:
    metadata = describe_home(frame)

    assert nodes_of(metadata) == [
        {
            "@context": "https://schema.org",
            "@type": "WebSite",
            "name": "Small Daily",
            "url": SITE,
            "description": "Example is a publisher for tests.",
            "inLanguage": "en",
            "publisher": EXAMPLE,
        }
    ]
    assert (metadata.title, metadata.type, metadata.url) == ("Small Daily", "website", SITE)


def test_an_issue_is_an_article_of_a_periodical(frame: Frame, issue: Issue) -> None:
    steps = (("Archive", "archive/"), ("Sums, and more", "issues/2026-11-18/"))

    metadata = describe_issue(frame, issue, trail(*steps), minutes=7, picture=PICTURE)

    article, way = nodes_of(metadata)
    assert article == {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": "Sums — Deep Dive + Problem: Add",
        "description": "Adding numbers up, and what can go wrong.",
        "url": f"{SITE}issues/2026-11-18/",
        "mainEntityOfPage": f"{SITE}issues/2026-11-18/",
        "inLanguage": "en",
        "image": PICTURE.url,
        "datePublished": issue.published.isoformat(),
        "dateModified": issue.updated.isoformat(),
        "timeRequired": "PT7M",
        "author": EXAMPLE,
        "publisher": EXAMPLE,
        "isPartOf": {
            "@type": "PublicationIssue",
            "issueNumber": 1,
            "isPartOf": {"@type": "Periodical", "name": "Small Daily", "url": SITE},
        },
        "hasPart": [
            {"@type": "LearningResource", "name": "Sums", "url": f"{SITE}topics/sums/"},
            {"@type": "LearningResource", "name": "Add", "url": f"{SITE}problems/add/"},
        ],
    }
    assert way == crumbs(*steps)
    assert (metadata.type, metadata.dates) == ("article", Dates(issue.published, issue.updated))


def test_a_topic_is_a_lesson_of_its_course(frame: Frame, issue: Issue) -> None:
    section = section_of(issue, "topic")
    dates = Dates(date(2026, 11, 18), date(2026, 11, 19))
    steps = (("Basics & Beyond", "courses/basics/"), ("Sums", "topics/sums/"))

    metadata = describe_entry(frame, section, trail(*steps), dates=dates, minutes=61, course=section.course)

    lesson, way = nodes_of(metadata)
    assert lesson == {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "name": "Sums",
        "description": "Adding numbers up, and what can go wrong.",
        "url": f"{SITE}topics/sums/",
        "mainEntityOfPage": f"{SITE}topics/sums/",
        "inLanguage": "en",
        "datePublished": "2026-11-18",
        "dateModified": "2026-11-19",
        "timeRequired": "PT1H1M",
        "publisher": EXAMPLE,
        "keywords": ["numbers"],
        "learningResourceType": "Lesson",
        "teaches": "Sums",
        "isPartOf": BASICS,
        "hasPart": {"@type": "Quiz", "assesses": "Sums"},
    }
    assert way == crumbs(*steps)


def test_only_what_is_true_is_said_of_a_topic(frame: Frame, issue: Issue) -> None:
    """No course without a page, no quiz where there is none."""
    sums = section_of(issue, "topic")
    plain = Topic.model_validate(PLAIN)

    (lesson, _) = nodes_of(
        describe_entry(frame, sums._replace(entry=plain), trail(("Sums", "topics/sums/")), dates=None, minutes=1)
    )

    assert not {"isPartOf", "hasPart", "keywords", "datePublished", "image", "competencyRequired"} & set(lesson)


def test_a_problem_has_a_level_and_a_collection(frame: Frame, issue: Issue) -> None:
    section = section_of(issue, "problem")
    steps = (("Warm-up", "collections/warm-up/"), ("Add", "problems/add/"))

    problem, _ = nodes_of(describe_entry(frame, section, trail(*steps), dates=None, minutes=2))

    assert problem["learningResourceType"] == "Practice problem"
    assert problem["educationalLevel"] == "Beginner"
    assert problem["isPartOf"] == {
        "@type": "Collection",
        "name": section.collection_title,
        "url": f"{SITE}collections/warm-up/",
    }
    assert "teaches" not in problem


def test_a_course_has_the_units_that_can_be_read(frame: Frame, library: Library) -> None:
    steps = (("Courses", "courses/"), ("Basics & Beyond", "courses/basics/"))

    course, way = nodes_of(
        describe_course(frame, library.courses["basics"], trail(*steps), units=trail(("Sums", "topics/sums/")))
    )

    assert course == {
        "@context": "https://schema.org",
        **BASICS,
        "mainEntityOfPage": BASICS["url"],
        "inLanguage": "en",
        "hasPart": [{"@type": "LearningResource", "position": 1, "name": "Sums", "url": f"{SITE}topics/sums/"}],
    }
    assert way == crumbs(*steps)


def test_a_list_names_its_pages_in_order(frame: Frame) -> None:
    items = trail(("Means", "topics/means/"), ("Sums", "topics/sums/"))

    way, listed = nodes_of(describe_page(frame, trail(("Topics", "topics/")), "All topics.", items=items))

    assert way == crumbs(("Topics", "topics/"))
    assert listed["itemListElement"] == [
        {"@type": "ListItem", "position": 1, "url": f"{SITE}topics/means/"},
        {"@type": "ListItem", "position": 2, "url": f"{SITE}topics/sums/"},
    ]


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, "PT0M"), (1, "PT1M"), (59, "PT59M"), (60, "PT1H"), (150, "PT2H30M")]
)
def test_duration(minutes: int, expected: str) -> None:
    assert duration(minutes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, date(2026, 11, 18)),
        ({"updated": "2026-11-20"}, date(2026, 11, 20)),
        ({"updated": "2026-11-01"}, date(2026, 11, 18)),
        ({"corrections": [{"date": "2026-11-22", "text": "Mended."}], "updated": "2026-11-20"}, date(2026, 11, 22)),
    ],
)
def test_an_entry_changed_last_when_it_was_shown_updated_or_corrected(
    changes: dict[str, object], expected: date
) -> None:
    entry: Entry = Topic.model_validate({**PLAIN, **changes})

    assert entry_dates(entry, date(2026, 11, 18)) == Dates(date(2026, 11, 18), expected)


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Metadata], Head]:
    """Write metadata as pages do, and read it back."""
    theme = load_theme(tmp_path_factory.mktemp("project"), "en", NO_CACHE)
    return lambda metadata: Head(theme.render("web/_metadata.html", metadata=metadata))


def test_open_graph(frame: Frame, issue: Issue, write: Callable[[Metadata], Head]) -> None:
    here = trail(("Sums", "issues/2026-11-18/"))
    moment = datetime.fromisoformat

    head = write(describe_issue(frame, issue, here, minutes=7, picture=PICTURE))

    assert head.meta == {
        "og:title": "Sums",
        "og:description": "Adding numbers up, and what can go wrong.",
        "og:type": "article",
        "og:url": f"{SITE}issues/2026-11-18/",
        "og:site_name": "Small Daily",
        "og:locale": "en_US",
        "og:image": PICTURE.url,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Sums",
        "article:published_time": issue.published.isoformat(),
        "article:modified_time": issue.updated.isoformat(),
        "twitter:card": "summary_large_image",
    }
    assert moment(head.meta["article:published_time"]).utcoffset() is not None


def test_open_graph_without_picture_and_dates(frame: Frame, write: Callable[[Metadata], Head]) -> None:
    head = write(describe_home(frame))

    assert set(head.meta) == {
        "og:title",
        "og:description",
        "og:type",
        "og:url",
        "og:site_name",
        "og:locale",
        "twitter:card",
    }
    assert head.meta["twitter:card"] == "summary"


@pytest.mark.parametrize(
    "title", ["</script><script>alert(1)</script>", "<!-- <script>", "a & b 'c' \"d\"", "\u2028 ∑ ü", "]]>", "\\u003c"]
)
def test_no_title_ends_the_script(frame: Frame, write: Callable[[Metadata], Head], title: str) -> None:
    head = write(describe_page(frame, trail((title, "x/")), title))

    assert head.scripts == 1
    assert head.nodes[0]["itemListElement"][1]["name"] == title
    assert head.meta["og:title"] == head.meta["og:description"] == title


def test_keys_stand_in_the_order_in_which_they_are_written(frame: Frame) -> None:
    first = describe_home(frame).linked_data[0]

    assert first.startswith('{"@context":"https://schema.org","@type":"WebSite","name":"Small Daily","url":"https:')


# The pages as they are built.


@pytest.fixture(scope="module", params=["small", "real"])
def heads(request: pytest.FixtureRequest, sites: dict[str, Path]) -> dict[str, Head]:
    """The heads of all pages that are no signpost: neither the one for what is missing nor for what has moved."""
    site = sites[request.param]
    found = {
        path.relative_to(site).as_posix(): Head(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }
    return {name: head for name, head in found.items() if not head.moved and name != "404.html"}


def wanted_types(name: str) -> set[str]:
    """The types that a page has, by its path; lists may have an ItemList besides."""
    folder, _, rest = name.partition("/")
    if name == "index.html":
        return {"WebSite"}
    own = rest != "index.html" and not rest.startswith("page_")
    types = {"issues": "Article", "topics": "LearningResource", "problems": "LearningResource", "courses": "Course"}
    return {"BreadcrumbList", *({types[folder]} if own and folder in types else ())}


def test_each_page_says_what_it_is(heads: dict[str, Head]) -> None:
    said = {name: {node["@type"] for node in head.nodes} - {"ItemList"} for name, head in heads.items()}

    assert said == {name: wanted_types(name) for name in heads}


def test_each_page_has_what_search_engines_want(heads: dict[str, Head]) -> None:
    missing = [
        (name, node["@type"], key)
        for name, head in heads.items()
        for node in walk(head.nodes)
        for key in (*WANTED.get(node["@type"], ()), *_wanted_of_items(node))
        if not node.get(key)
    ]

    assert missing == []
    assert all(len(node["itemListElement"]) > 1 for node in _all(heads, "BreadcrumbList"))


def _wanted_of_items(node: Node) -> list[str]:
    """What an item lacks is told as the name of a key that its list does not have."""
    keys = WANTED_OF_ITEMS.get(node["@type"], ())
    return [f"itemListElement: {key}" for key in keys for item in node["itemListElement"] if not item.get(key)]


def _all(heads: dict[str, Head], type_: str) -> list[Node]:
    return [node for head in heads.values() for node in walk(head.nodes) if node.get("@type") == type_]


def test_addresses_are_those_of_pages_and_pictures_that_exist(
    heads: dict[str, Head], sites: dict[str, Path], request: pytest.FixtureRequest
) -> None:
    """So nothing of a date to come is named either."""
    name_of_site = request.node.callspec.params["heads"]
    root = heads["index.html"].canonical
    named = {
        value
        for head in heads.values()
        for node in [*walk(head.nodes), {"image": head.meta.get("og:image"), "url": head.meta["og:url"]}]
        for key in ("url", "item", "image", "mainEntityOfPage")
        if isinstance(value := node.get(key), str)
    }
    own = {one.removeprefix(root) for one in named if one.startswith(root)}
    missing = {one for one in own if not (sites[name_of_site] / (one if "." in one else f"{one}index.html")).is_file()}

    assert all(one.startswith("https://") for one in named)
    assert missing == set()
    assert all(head.meta["og:url"] == head.canonical for head in heads.values())


def test_pictures_are_as_large_as_is_said(
    heads: dict[str, Head], sites: dict[str, Path], request: pytest.FixtureRequest
) -> None:
    site = sites[request.node.callspec.params["heads"]]
    root = heads["index.html"].canonical
    said = {
        head.meta["og:image"]: (int(head.meta["og:image:width"]), int(head.meta["og:image:height"]))
        for head in heads.values()
        if "og:image" in head.meta
    }

    assert said == {url: imagesize.get(site / url.removeprefix(root)) for url in said}


def test_linked_data_compiles_as_schema_org(heads: dict[str, Head], tmp_path: Path) -> None:
    """An unknown property or a value of a wrong type is an error of the TypeScript compiler."""
    nodes = [(name, node) for name, head in heads.items() for node in head.nodes]

    assert len(nodes) > len(heads) // 2
    assert compile_nodes(nodes, tmp_path) == []


def test_compiler_finds_what_is_wrong(frame: Frame, library: Library, issue: Issue, tmp_path: Path) -> None:
    """The compiler can fail, also deep within a node."""
    course: Course = library.courses["basics"]
    here = trail(("Sums", "topics/sums/"))
    lesson = nodes_of(describe_entry(frame, section_of(issue, "topic"), here, dates=None, minutes=1, course=course))[0]
    wrong: dict[str, Node] = {
        "unknown property": {**lesson, "dificulty": "Beginner"},
        "wrong type of value": {**lesson, "isPartOf": 7},
        "property of another type": {**lesson, "headline": {"@type": "Course"}},
        "unknown type within": {**lesson, "isPartOf": {"@type": "Coarse", "name": "x"}},
        "unknown property within": {**lesson, "isPartOf": {**lesson["isPartOf"], "colour": "red"}},
        "no context": {key: value for key, value in lesson.items() if key != "@context"},
    }

    found = compile_nodes([("right", lesson), *wrong.items()], tmp_path)

    assert {one.page for one in found} == set(wrong)
