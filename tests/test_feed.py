"""The feeds, read as feed readers read them, and held against their standards' rules."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import feedparser
import pytest

from browser.outline import Outline
from conftest import NEWSLETTERS, REPOSITORY
from forked import run_forked

ATOM = "{http://www.w3.org/2005/Atom}"
SITE_URL = "https://daily.example.org/"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the real newsletter's site."""
    output = tmp_path_factory.mktemp("output")
    run = run_forked(REPOSITORY, "build", "--format", "web", "--output", str(output))
    assert run.status == 0, run.err
    return output / "site"


@pytest.fixture(scope="module")
def atom(site: Path) -> ET.Element:
    return ET.fromstring((site / "feed.xml").read_bytes())


@pytest.fixture(scope="module")
def feed(site: Path) -> dict[str, Any]:
    return json.loads((site / "feed.json").read_bytes())


def test_feedparser_reads_it_without_complaint(site: Path) -> None:
    read = feedparser.parse((site / "feed.xml").read_bytes(), sanitize_html=False)

    assert (read.bozo, read.version, read.encoding) == (False, "atom10", "utf-8")
    assert read.feed.title == "PixelBank Daily"
    assert [entry.link for entry in read.entries][:2] == [
        f"{SITE_URL}issues/2026-11-21/",
        f"{SITE_URL}issues/2026-11-20/",
    ]
    for entry in read.entries:
        assert {"id", "title", "summary", "content", "published_parsed", "updated_parsed"} <= set(entry)
        assert entry.updated_parsed >= entry.published_parsed


def test_atom_keeps_the_rules_of_rfc_4287(atom: ET.Element) -> None:
    entries = atom.findall(f"{ATOM}entry")
    ids = [node.findtext(f"{ATOM}id") for node in (atom, *entries)]

    assert len(entries) == 14
    assert len(set(ids)) == len(ids)
    for node in (atom, *entries):
        for name in ("id", "title", "updated"):
            assert len(node.findall(f"{ATOM}{name}")) == 1, name
        assert datetime.fromisoformat(node.findtext(f"{ATOM}updated")).tzinfo is not None
        assert UUID(node.findtext(f"{ATOM}id").removeprefix("urn:uuid:")).version == 5
    assert atom.find(f"{ATOM}author/{ATOM}name").text
    kinds = [(one.get("rel"), one.get("href")) for one in atom.findall(f"{ATOM}link")]
    assert kinds == [("self", f"{SITE_URL}feed.xml"), ("alternate", SITE_URL)]


def test_json_feed_keeps_the_rules_of_version_1_1(feed: dict[str, Any]) -> None:
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["home_page_url"], feed["feed_url"]) == (SITE_URL, f"{SITE_URL}feed.json")
    for item in feed["items"]:
        assert item["content_html"]
        assert item["id"].startswith("urn:uuid:")
        for key in ("date_published", "date_modified"):
            assert datetime.fromisoformat(item[key]).tzinfo is not None


def test_both_feeds_say_the_same(atom: ET.Element, feed: dict[str, Any]) -> None:
    entries = [
        (
            entry.findtext(f"{ATOM}id"),
            entry.findtext(f"{ATOM}title"),
            entry.find(f"{ATOM}link").get("href"),
            entry.findtext(f"{ATOM}updated"),
            entry.findtext(f"{ATOM}content"),
        )
        for entry in atom.findall(f"{ATOM}entry")
    ]

    assert entries == [
        (item["id"], item["title"], item["url"], item["date_modified"], item["content_html"]) for item in feed["items"]
    ]


def test_content_is_whole_and_needs_no_page_around_it(feed: dict[str, Any], site: Path) -> None:
    for item in feed["items"]:
        page = Outline(item["content_html"])
        shown = (site / item["url"].removeprefix(SITE_URL) / "index.html").read_text(encoding="utf-8")

        assert page.faults == []
        assert len([one for one in page.headings if one[0] == "h2"]) == shown.count('<section class="section"')
        for tag in page.tags:
            assert tag.name not in ("math", "svg", "script", "style", "details"), item["title"]
            for key in ("href", "src"):
                assert tag.attributes.get(key, "https://").startswith(("https://", "mailto:"))
            if tag.name == "img":
                picture = tag.attributes["src"].removeprefix(SITE_URL)
                assert (site / picture).is_file()
                assert {"alt", "width", "height"} <= set(tag.attributes)


def test_pages_name_the_feed(site: Path) -> None:
    for page in ("index.html", "issues/2026-11-21/index.html"):
        links = [
            tag.attributes for tag in Outline((site / page).read_text(encoding="utf-8")).tags if tag.name == "link"
        ]
        (feed,) = [link for link in links if link.get("type") == "application/atom+xml"]
        assert (site / page).parent.joinpath(feed["href"]).resolve() == site / "feed.xml"


def test_ids_outlive_the_address_and_updated_follows_the_entries(tmp_path: Path) -> None:
    """What a reader has seen is not shown again when the site moves; a correction is."""
    project = tmp_path / "small"
    shutil.copytree(NEWSLETTERS / "small", project, ignore=shutil.ignore_patterns("expected"))
    settings = project / "content/newsletter.yml"
    topic = project / "content/topics/variance.yml"

    before = _build(project)
    settings.write_text(settings.read_text().replace("daily.example.org/news", "elsewhere.example.net"))
    topic.write_text(topic.read_text() + "corrections:\n  - {date: 2027-01-03, text: A sign was wrong.}\n")
    after = _build(project)

    assert [item["id"] for item in after] == [item["id"] for item in before]
    assert all(item["url"].startswith("https://elsewhere.example.net/issues/") for item in after)
    changed = {item["date_modified"] for item in after} - {item["date_modified"] for item in before}
    assert changed == {"2027-01-03T00:00:00+01:00"}


def test_a_newsletter_without_issues_has_empty_feeds(small: Path) -> None:
    run = run_forked(small, "build", "--format", "web", now="2026-01-01T12:00")

    assert run.status == 0, run.err
    read = feedparser.parse((small / "output/site/feed.xml").read_bytes())
    assert (read.bozo, read.entries, bool(read.feed.updated)) == (False, [], True)


def _build(project: Path) -> list[dict[str, Any]]:
    run = run_forked(project, "build", "--format", "web")
    assert run.status == 0, run.err
    return json.loads((project / "output/site/feed.json").read_bytes())["items"]
