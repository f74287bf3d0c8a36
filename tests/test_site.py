"""The pages around the issues: what they list, how they hang together, and what they keep to themselves."""

from __future__ import annotations

import gzip
import re
import textwrap
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from browser.outline import Outline, dead_links, read_site
from forked import run_forked
from projects import build, set_keys, write

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"
SITE_URL = "https://daily.example.org/news/"


def page(project: Path, name: str) -> str:
    return (project / "output/site" / name / "index.html").read_text(encoding="utf-8")


def text_of(html: str) -> str:
    """The words of a page's main part, with single spaces."""
    return " ".join(Outline(re.sub(r"(?s).*<main.*?>|</main>.*", "", html)).text.split())


def write_topic(project: Path, topic: str, **keys: str) -> None:
    lines = {"title": topic.title(), "summary": f"What {topic} is about.", **keys}
    head = "".join(f"{key}: {value}\n" for key, value in lines.items())
    write(project / f"content/topics/{topic}.yml", f"{head}body: |\n  The text of {topic}.\n")


def write_outline(project: Path, *chapters: str) -> None:
    """Write the course's outline; each chapter as 'Title: topic topic'."""
    listed = ""
    for number, chapter in enumerate(chapters, start=1):
        title, _, topics = chapter.partition(": ")
        listed += f"  - id: part-{number}\n    title: {title}\n    topics: [{', '.join(topics.split())}]\n"
    text = f"title: Basics\nlabel: basics\nsummary: A course.\nchapters:\n{listed}"
    write(project / "content/courses/basics.yml", text)


# Courses


def test_outline_numbers_units_and_tells_what_is_to_come(small: Path) -> None:
    write_topic(small, "median", short_title="The Middle")

    write_outline(small, "First Steps: sums means", "Second Steps: variance median")
    build(small, now="2026-11-19T12:00")

    course = page(small, "courses/basics")
    outline = re.sub(r"A (course|unit)\. ", "", text_of(course))
    assert outline.startswith("Basics 2 of 4 units published 1 First Steps 1.1 Sums ")
    assert outline.endswith(
        "2 Second Steps 2.1 Variance Coming up 2.2 The Middle Coming up Begin with Sums Feed of this course"
    )
    assert re.findall(r'href="\.\./\.\./topics/([^"]+)/index.html"', course) == ["sums", "means", "sums"]


def test_what_nobody_may_know_of_is_not_in_the_outline_and_keeps_its_number(small: Path) -> None:
    write_topic(small, "secret", draft="true")
    write_topic(small, "later", not_before="2026-12-24")
    write_outline(small, "First Steps: sums secret later means variance")

    build(small, now="2026-11-18T12:00")

    course = page(small, "courses/basics")
    assert re.findall(r'<span class="number">(1\.\d)', course) == ["1.1", "1.4", "1.5"]
    assert "ecret" not in course
    assert "ater" not in course


def test_former_ids_in_the_outline_are_found(small: Path) -> None:
    (small / "content/topics/sums.yml").rename(small / "content/topics/totals.yml")
    path = small / "content/topics/totals.yml"
    path.write_text(path.read_text(encoding="utf-8") + "aliases: [sums]\n", encoding="utf-8")

    build(small, now="2026-11-18T12:00")

    assert 'href="../../topics/totals/index.html"' in page(small, "courses/basics")


def test_a_topic_tells_its_place_and_its_neighbours(small: Path) -> None:
    build(small, now="2026-11-19T12:00")

    sums, means = page(small, "topics/sums"), page(small, "topics/means")
    assert "Unit 1.1 · First Steps" in sums
    assert "1 of 3 in Basics &amp; Beyond" in sums
    assert re.findall(r'rel="(prev|next)">(.*?) <span>(.*?)</span>', sums) == [("next", "Next up", "1.2 Means")]
    assert re.findall(r'rel="(prev|next)">(.*?) <span>(.*?)</span>', means) == [("prev", "Previously", "1.1 Sums")]
    assert '<p class="coming">Next up <span>2.1 Variance</span> Coming up</p>' in means


def test_a_course_that_is_not_scheduled_has_no_page(small: Path) -> None:
    text = (small / "content/courses/basics.yml").read_text(encoding="utf-8")
    write(small / "content/courses/hidden.yml", text.replace("Basics & Beyond", "Hidden"))

    build(small)

    assert not (small / "output/site/courses/hidden").exists()
    assert "Hidden" not in page(small, "courses")


def test_a_course_has_a_feed_with_the_items_of_the_main_one(small: Path) -> None:
    build(small)

    whole, course = (
        ET.parse(small / "output/site" / name).getroot() for name in ("feed.xml", "courses/basics/feed.xml")
    )
    assert course.findtext(f"{ATOM}title") == "Small Daily: Basics & Beyond"
    links = {link.get("rel"): link.get("href") for link in course.findall(f"{ATOM}link")}
    assert links == {"self": f"{SITE_URL}courses/basics/feed.xml", "alternate": f"{SITE_URL}courses/basics/"}
    assert course.findtext(f"{ATOM}id") != whole.findtext(f"{ATOM}id")
    ids = [[entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")] for feed in (whole, course)]
    assert ids[0] == ids[1]


def test_headings_never_share_their_name_with_a_part_of_the_page(small: Path) -> None:
    """What the theme names has an underscore, which names of headings and sections never have."""
    set_keys(small, "site:\n  comments: {repo: owner/name, repo_id: R_1, category: Announcements, category_id: C_1}\n")
    path = small / "content/topics/means.yml"
    text = path.read_text(encoding="utf-8")
    write(path, f"{text.rstrip()}\n\n  ## Search\n\n  Look.\n\n  ## Comments\n\n  Say.\n")

    build(small)

    names = re.findall(r' id="([^"]+)"', page(small, "topics/means"))
    assert {"search", "comments", "search_template", "the_comments"} <= set(names)
    assert len(names) == len(set(names))


# Long lists


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a newsletter of 14 months with 205 problems of one tag and one collection."""
    project = tmp_path_factory.mktemp("long")
    settings = """
        version: 1
        id: long
        title: Long
        publisher: {name: Example, url: https://example.org}
        site_url: https://long.example.org/
        schedule: {start: 2025-10-01, courses: [basics], days: [mon, wed, fri], runway_warning: 0}
        sections:
          - {kind: problem, heading: Problem}
          - {kind: topic, heading: Topic, days: [mon]}
        theme: {covers: false}
    """
    write(project / "content/newsletter.yml", textwrap.dedent(settings).lstrip())
    write(project / "content/collections/all.yml", "title: All\nsummary: All of them.\n")
    write_outline(project, "Only: one")
    write_topic(project, "one")
    for n in range(205):
        head = f"title: Problem {n:03}\nsummary: Number {n}.\ndifficulty: {('easy', 'medium', 'hard')[n % 3]}\n"
        text = f"{head}tags: [many]\ncollections: [all]\nbody: |\n  What is {n}?\n"
        write(project / f"content/problems/problem-{n}.yml", text)
    # By the 205th issue day each has been shown.
    build(project, "--format", "web", now="2027-01-31T12:00")
    return project


@pytest.mark.parametrize("folder", ["problems", "collections/all", "tags/many"])
def test_long_lists_go_on_on_further_pages(long: Path, folder: str) -> None:
    pages = [page(long, name) for name in (folder, f"{folder}/page_2", f"{folder}/page_3")]

    titles = [re.findall(r"<h3><a [^>]*>(Problem \d+)</a></h3>", html) for html in pages]
    ways = [re.findall(r'rel="(prev|next)">.*?<span>(Page \d of 3)', html) for html in pages]
    assert [len(found) for found in titles] == [100, 100, 5]
    assert len({title for found in titles for title in found}) == 205
    assert ways == [
        [("next", "Page 2 of 3")],
        [("prev", "Page 1 of 3"), ("next", "Page 3 of 3")],
        [("prev", "Page 2 of 3")],
    ]
    assert len({re.search("<title>(.*?)</title>", html)[1] for html in pages}) == 3


def test_problems_go_from_easy_to_hard(long: Path) -> None:
    pages = [page(long, name) for name in ("problems", "problems/page_2", "problems/page_3")]

    levels = [level for html in pages for level in re.findall(r'<span class="badge (\w+)">', html)]
    assert levels == sorted(levels, key=("easy", "medium", "hard").index)


def test_archive_lists_months_and_each_month_its_issues(long: Path) -> None:
    archive = page(long, "archive")
    months = sorted(path.name for path in (long / "output/site/archive").glob("*/"))
    issues = sorted(path.name for path in (long / "output/site/issues").iterdir())

    assert months == sorted({day[:7] for day in issues})
    assert re.findall(r"<h3>(\d+)</h3>", archive) == ["2027", "2026", "2025"]
    assert re.findall(r'href="\.\./archive/([\d-]+)/index.html">(\w+)</a> <span>(\d+)', archive)[0] == (
        "2027-01",
        "January",
        "13",
    )
    listed = {day for month in months for day in re.findall(r"issues/([\d-]+)/", page(long, f"archive/{month}"))}
    assert sorted(listed) == issues


def test_neighbouring_months_are_linked(long: Path) -> None:
    first, middle = page(long, "archive/2025-10"), page(long, "archive/2026-01")

    assert re.findall(r'href="\.\./\.\./archive/([\d-]+)/index.html" rel="(\w+)"', first) == [("2025-11", "next")]
    assert re.findall(r'href="\.\./\.\./archive/([\d-]+)/index.html" rel="(\w+)"', middle) == [
        ("2025-12", "prev"),
        ("2026-02", "next"),
    ]


def test_no_dead_link_on_a_long_site(long: Path) -> None:
    assert dead_links(long / "output/site") == []


# Before the first issue, and what is still to come


def test_before_the_first_issue_the_site_stands(small: Path) -> None:
    build(small, now="2026-11-01T12:00")

    pages = read_site(small / "output/site")
    assert "The first issue appears on 18 November 2026." in " ".join(pages["index.html"].text.split())
    assert "Nothing here yet." in pages["topics/index.html"].text
    assert dead_links(small / "output/site", "/news/") == []


MARK = "zxqv"


def test_nothing_of_a_day_to_come_leaks(small: Path) -> None:
    """Neither in a page nor in feeds, sitemap, search, pictures or metadata; but outlines name the units ahead."""
    late = {"topics/variance", "problems/halve", "problems/riddle", "features/tool"}
    for path in (small / "content").rglob("*.yml"):
        if path.relative_to(small / "content").with_suffix("").as_posix() in late:
            text = re.sub(
                r"(?m)^((?:summary|  (?:It|A|The|How|Write)\b.*?):? )", rf"\1{MARK} ", path.read_text(encoding="utf-8")
            )
            write(path, f"{text}tags: [{MARK}]\n" if "tags:" not in text else text)
    (small / "content/images/bars.svg").rename(small / f"content/images/{MARK}.svg")
    for path in [small / "content/topics/sums.yml"]:
        write(path, re.sub(r"(?m)^ *!\[.*\n", "", path.read_text(encoding="utf-8")))
    variance = small / "content/topics/variance.yml"
    write(
        variance,
        variance.read_text(encoding="utf-8").replace("body: |\n", f"body: |\n  ![Bars](images/{MARK}.svg)\n\n", 1),
    )

    build(small, now="2026-11-18T12:00")
    now = _leaks(small / "output/site")
    build(small, now="2026-11-30T12:00")
    later = _leaks(small / "output/site")

    assert now == set()
    assert {"search", "assets", "feed.xml", "topics", "tags"} <= later


def _leaks(site: Path) -> set[str]:
    """Where the mark stands: in names, in files, and in packed ones of the search."""
    found = set()
    for path in (path for path in site.rglob("*") if path.is_file()):
        name, content = path.relative_to(site).as_posix(), path.read_bytes()
        packed = gzip.decompress(content) if ".pf_" in name else content
        if MARK in name or MARK.encode() in packed:
            found.add("search" if name.startswith("pagefind/") else name.split("/")[0])
    return found


def test_a_preview_leaves_the_site_alone(small: Path) -> None:
    build(small)
    before = {path: path.read_bytes() for path in (small / "output/site").rglob("*") if path.is_file()}

    build(small, "--date", "2026-11-25", "--drafts")

    assert {path: path.read_bytes() for path in (small / "output/site").rglob("*") if path.is_file()} == before


# Sitemap, robots, 404


def test_sitemap_names_every_page_that_readers_come_in_by(small: Path) -> None:
    write_topic(small, "old", aliases="[ancient]")
    write_outline(small, "First Steps: sums means old")
    build(small)

    root = ET.parse(small / "output/site/sitemap.xml").getroot()
    listed = [one.findtext(f"{SITEMAP}loc") for one in root]
    pages = {name.removesuffix("index.html") for name in read_site(small / "output/site")} - {
        "404.html",
        "topics/ancient/",
    }
    assert (small / "output/site/topics/ancient/index.html").exists()
    assert sorted(listed) == sorted(SITE_URL + name for name in pages)
    days = {one.findtext(f"{SITEMAP}loc").removeprefix(SITE_URL): one.findtext(f"{SITEMAP}lastmod") for one in root}
    assert days["issues/2026-11-20/"] == "2026-11-20"
    assert days[""] == days["archive/"] == "2026-11-21"


def test_robots_names_the_sitemap(small: Path) -> None:
    build(small)

    robots = (small / "output/site/robots.txt").read_text(encoding="utf-8")
    assert robots == f"User-agent: *\nAllow: /\n\nSitemap: {SITE_URL}sitemap.xml\n"


# Pages of one's own


def test_a_page_of_ones_own_is_linked_from_every_page(small: Path) -> None:
    build(small)

    about = page(small, "about")
    assert text_of(about).startswith(
        "About & more What a page of one's own looks like. Last changed on 19 November 2026"
    )
    assert 'href="../courses/basics/index.html">the course</a>' in about
    for name, one in read_site(small / "output/site").items():
        assert any(address.endswith("about/index.html") for address in one.addresses), name


@pytest.mark.parametrize("name", ["topics", "issues", "pagefind", "index", "404"])
def test_a_page_cannot_stand_where_the_site_has_a_folder(small: Path, name: str) -> None:
    (small / "content/pages/about.yml").rename(small / f"content/pages/{name}.yml")

    run = run_forked(small, "check")

    said = (
        f"error[file-name]: '{name}' is an address of the site itself; rename the file; its name is the page's address"
    )
    assert run.status == 1
    assert said in run.err


def test_a_broken_page_keeps_what_was_made_of_it(small: Path) -> None:
    build(small)
    before = page(small, "about")
    path = small / "content/pages/about.yml"
    write(path, path.read_text(encoding="utf-8").replace("summary:", "sumary:"))

    run = run_forked(small, "build")

    assert run.status == 0
    assert "error[unknown-key]: 'sumary' is not a key of a page; did you mean 'summary'?" in run.err
    assert page(small, "about") == before


def test_links_to_pages_are_checked_and_followed(small: Path) -> None:
    write_topic(small, "sums")
    path = small / "content/topics/sums.yml"
    write(path, path.read_text(encoding="utf-8") + "\n  See [us](page:about) and [them](page:abuot).\n")

    run = run_forked(small, "check")
    write(path, path.read_text(encoding="utf-8").replace("abuot", "about"))
    build(small)

    assert "error[link]: there is no page 'abuot'; did you mean 'about'?" in run.err
    assert page(small, "topics/sums").count('href="../../about/index.html"') == 3
    post = (small / "output/issues/2026-11-18/post.md").read_text(encoding="utf-8")
    assert f"See [us]({SITE_URL}about/)" in post


# What the site offers


@pytest.mark.parametrize(
    ("mistakes", "address"),
    [
        (
            "editors@example.org",
            "mailto:editors@example.org?subject=A%20%26%20B&amp;body=https%3A%2F%2Fdaily.example.org%2Fnews%2Ftopics%2Fsums%2F",
        ),
        ("https://example.org/new?t={{ page.title }}", "https://example.org/new?t=A%20%26%20B"),
        (
            "https://example.org/{{page.url}}",
            "https://example.org/https%3A%2F%2Fdaily.example.org%2Fnews%2Ftopics%2Fsums%2F",
        ),
    ],
)
def test_a_mistake_can_be_told(small: Path, mistakes: str, address: str) -> None:
    set_keys(small, f"site:\n  mistakes: {mistakes}\n")
    write_topic(small, "sums", title="A & B")

    build(small)

    assert f'<a href="{address}">Found a mistake?</a>' in page(small, "topics/sums")
    assert "Found a mistake?" not in page(small, "archive")


def test_without_settings_nothing_is_offered(small: Path) -> None:
    set_keys(small, "site: {}\n")

    build(small)

    everything = "".join(path.read_text(encoding="utf-8") for path in (small / "output/site").rglob("*.html"))
    assert "giscus" not in everything
    assert "Comments" not in everything
    assert "Found a mistake?" not in everything
    assert "By mail" not in everything


def test_a_reader_is_told_how_to_subscribe(small: Path) -> None:
    build(small)

    home = page(small, ".")
    assert '<a href="https://example.org/subscribe?list=small&amp;from=site">By mail</a>' in home
    assert '<a href="feed.xml">' in home
    assert '<a href="feed.json">' in home


def test_corrections_are_shown_with_their_day(small: Path) -> None:
    build(small)

    assert re.search(
        r'(?s)id="the_corrections".*?<time datetime="2026-11-19">19 November 2026</time>', page(small, "topics/sums")
    )


def test_an_entry_lists_the_issues_it_was_in(small: Path) -> None:
    build(small, now="2026-11-24T12:00")

    first = date(2026, 11, 18)
    found = re.findall(r'<time datetime="([\d-]+)">', page(small, "topics/sums").partition("In these issues")[2])
    assert found == [str(first + timedelta(days=6)), str(first + timedelta(days=3)), str(first)]
