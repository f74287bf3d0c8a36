"""How the pages of a site are built, read without a browser."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from browser.outline import Outline, dead_links, read_site
from conftest import NEWSLETTERS, REPOSITORY
from forked import run_forked
from pixeldigest.markup.html import HtmlOptions, to_html
from pixeldigest.markup.parse import parse_body
from pixeldigest.markup.webhtml import web_leaves

SITE_URL = "https://daily.example.org/news/"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("web") / "small"
    shutil.copytree(NEWSLETTERS / "small", project)
    assert run_forked(project, "build").status == 0
    return project / "output" / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Outline]:
    pages = read_site(site)
    assert {name.split("/")[0] for name in pages} == {
        "404.html",
        "about",
        "archive",
        "collections",
        "courses",
        "index.html",
        "issues",
        "problems",
        "tags",
        "topics",
    }
    return pages


def test_tags_are_nested_and_closed(pages: dict[str, Outline]) -> None:
    assert {name: page.faults for name, page in pages.items() if page.faults} == {}


def test_one_h1_and_no_gap_between_headings(pages: dict[str, Outline]) -> None:
    wrong = {}
    for name, page in pages.items():
        levels = [int(tag[1]) for tag, _ in page.headings]
        gaps = [after for before, after in pairwise(levels) if after > before + 1]
        if levels[0] != 1 or levels.count(1) != 1 or gaps or not all(text.strip() for _, text in page.headings):
            wrong[name] = page.headings

    assert wrong == {}


def test_outline_of_an_issue(pages: dict[str, Outline]) -> None:
    assert pages["issues/2026-11-18/index.html"].headings == [
        ("h1", "Sums\N{NO-BREAK SPACE}— Deep Dive + Problem: Add"),
        ("h2", "In this issue"),
        ("h2", "Topic Deep Dive"),
        ("h3", "Sums"),
        ("h4", "The formula"),
        ("h5", "In code"),
        ("h4", "Test me"),
        ("h4", "Practical exercise"),
        ("h4", "Further reading"),
        ("h4", "Corrections"),
        ("h2", "Problem of the Day"),
        ("h3", "Add"),
        ("h4", "Approach"),
        ("h4", "Examples"),
        ("h4", "Starter code"),
        ("h4", "Hints"),
        ("h2", "Feature Spotlight"),
        ("h3", "The Club"),
    ]


def test_ids_are_unique_and_what_refers_to_them_finds_them(pages: dict[str, Outline]) -> None:
    for name, page in pages.items():
        named = [tag.attributes["aria-labelledby"] for tag in page.tags if "aria-labelledby" in tag.attributes]

        assert len(page.ids) == len(set(page.ids)), name
        assert set(named) <= set(page.ids), name


def test_landmarks_of_a_kind_have_different_names(pages: dict[str, Outline]) -> None:
    for name, page in pages.items():
        marks = [
            (tag.name, tag.attributes.get("aria-label") or tag.attributes.get("aria-labelledby"))
            for tag in page.tags
            if tag.name in ("main", "nav") or (tag.name == "section" and "aria-label" in tag.attributes)
        ]

        assert len(marks) == len(set(marks)), name
        assert [mark for mark, _ in marks].count("main") == 1, name


def test_head(pages: dict[str, Outline]) -> None:
    """Language, character set within the first bytes, a title of its own, a description and the page's own address."""
    for name, page in pages.items():
        metas, links = page.all("meta"), page.all("link")

        assert page.all("html") == [{"lang": "en"}], name
        assert [tag.name for tag in page.tags[:3]] == ["html", "head", "meta"], name
        assert metas[0] == {"charset": "utf-8"}, name
        assert [meta["content"] for meta in metas if meta.get("name") == "viewport"] == [
            "width=device-width, initial-scale=1"
        ], name
        assert len([meta for meta in metas if meta.get("name") == "description" and meta["content"]]) == 1, name
        canonical = [link["href"] for link in links if link["rel"] == "canonical"]
        assert canonical == ([] if name == "404.html" else [SITE_URL + name.removesuffix("index.html")]), name
        assert (name == "404.html") == any(meta.get("name") == "robots" for meta in metas), name
    assert len({page.title for page in pages.values()}) == len(pages)
    assert pages["index.html"].title == "Small Daily"
    assert pages["topics/sums/index.html"].title == "Sums · Small Daily"


def test_links_within_the_site_are_relative_and_lead_somewhere(site: Path, pages: dict[str, Outline]) -> None:
    """So the site works from a folder, and below any path of a server."""
    absolute = {
        (name, address)
        for name, page in pages.items()
        for address in page.addresses
        if address.startswith(("/", SITE_URL.rstrip("/"))) and name != "404.html"
    }
    lost = [address for address in pages["404.html"].addresses if not address.startswith(("/news/", "https:", "#"))]

    assert absolute == {(name, SITE_URL + name.removesuffix("index.html")) for name in pages if name != "404.html"}
    assert lost == []  # it is shown at any address, so nothing on it may be relative
    assert dead_links(site, "/news/") == []


def test_no_dead_link_in_the_real_newsletter(tmp_path: Path) -> None:
    assert run_forked(REPOSITORY, "build", "--output", str(tmp_path)).status == 0

    assert dead_links(tmp_path / "site") == []


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(site: Path, pages: dict[str, Outline]) -> None:
    for name, page in pages.items():
        loaded = [link["href"] for link in page.all("link") if link["rel"] != "canonical"]
        loaded += [tag.attributes["src"] for tag in page.tags if "src" in tag.attributes]

        assert not [address for address in loaded if "//" in address or address.startswith("data:")], name
        assert [script.get("src", "") for script in page.all("script") if script.get("type") is None] == [
            "",  # says before the first paint which colours a reader chose, and whether the site can be searched
            "",  # keeps fonts that come late from moving lines
            f"{'/news/' if name == '404.html' else '../' * name.count('/')}assets/site.js",
        ], name
        assert not [key for tag in page.tags for key in tag.attributes if key.startswith("on")], name
    css = (site / "assets/style.css").read_text(encoding="utf-8")
    assert not re.search(r"@import|//|data:", css)
    assert len(css.encode()) < 32_000


def test_source_can_be_read(site: Path) -> None:
    """No blank lines but in code, no spaces at the end of a line, one line break at the end."""
    for path in sorted(site.rglob("*.html")):
        html = re.sub(r"<pre.*?</pre>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)

        assert re.findall(r".*\n[ \t]*\n.*", html) == [], path
        assert re.findall(r".*[ \t]+\n", html) == [], path
        assert html.endswith("</html>\n"), path


# Editors' words: what each field holds is shown as it was typed.

PLAIN = {
    "newsletter": ("title", "name", "about", "heading", "tagline", "topic", "problem"),
    "basics": ("title",),
    "sums": ("title", "summary"),
    "add": ("title", "summary"),
    "tool": ("title", "summary"),
    "warm-up": ("title",),
}


def hostile(name: str) -> str:
    return f"<script>{name}</script> & \"{name}\" 'x' <b>"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_editors_text_is_escaped_in_every_field(small: Path) -> None:
    for path in (small / "content").rglob("*.yml"):
        fields = r"title|summary|name|about|heading|tagline|topic|problem"
        found = rf"(?m)^((?: *- )? *({fields}): )\"?(?!basics$)(\S.*?)\"?$"
        text = re.sub(
            found,
            lambda match, stem=path.stem: match[1] + quoted(hostile(f"{stem}.{match[2]}")),
            path.read_text(encoding="utf-8"),
        )
        path.write_text(text, encoding="utf-8")

    run = run_forked(small, "build")

    pages = read_site(small / "output/site")
    shown = " ".join(page.text.replace("\N{NO-BREAK SPACE}", " ") for page in pages.values())
    assert (run.status, run.err) == (0, "")
    names = [f"{stem}.{field}" for stem, fields in PLAIN.items() for field in fields]
    assert [name for name in names if hostile(name) not in shown] == []
    assert {name: page.faults for name, page in pages.items() if page.faults} == {}
    assert not {tag.name for page in pages.values() for tag in page.tags} & {"b"}
    assert {len([one for one in page.all("script") if "type" not in one]) for page in pages.values()} == {3}
    described = [meta["content"] for meta in pages["topics/sums/index.html"].all("meta") if "name" in meta]
    assert hostile("sums.summary") in described
    assert pages["index.html"].title == hostile("newsletter.title")


# How bodies become HTML


def html_of(markdown: str, **options: object) -> str:
    html = to_html(parse_body(markdown), HtmlOptions(lambda url: url, web_leaves())._replace(**options))
    return re.sub(r"<math.*?</math>", "∎", html)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a $x$ b", "<p>a ∎ b</p>"),
        ("It is $x$, or ($y$).", '<p>It is <span class="tied">∎,</span> or <span class="tied">(∎).</span></p>'),
        ("the $k$-th of $a$/$b$", '<p>the <span class="tied">∎-th</span> of <span class="tied">∎/</span>∎</p>'),
        ("$x$ < 1 & *$y$*; ok", "<p>∎ &lt; 1 &amp; <em>∎</em>; ok</p>"),
        ("$x$-incomprehensibilities", '<p><span class="tied">∎-</span>incomprehensibilities</p>'),
        ("`a.b(c)`", "<p><code>a.b(c)</code></p>"),
        (
            "`named_parameters(remove_duplicate=<x>)`",
            "<p><code>named_<wbr>parameters(<wbr>remove_<wbr>duplicate=&lt;x&gt;)</code></p>",
        ),
        ('![A "bar"](images/bars.svg)', '<p><img src="images/bars.svg" alt="A &quot;bar&quot;" loading="lazy"></p>'),
    ],
)
def test_inline(markdown: str, html: str) -> None:
    """What clings to a formula stays on its line; long words of code may be broken."""
    assert html_of(markdown) == html


def test_image_of_known_size_keeps_its_place() -> None:
    html = html_of("![Bars](images/bars.svg)", sizes={"images/bars.svg": (640, 300)})

    assert html == '<p><img src="images/bars.svg" alt="Bars" width="640" height="300" loading="lazy"></p>'
