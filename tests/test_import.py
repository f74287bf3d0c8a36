"""Importing what was published elsewhere: formulas, shapes, sources, and what must not happen on the way."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import REPOSITORY, Run, examples, run_command
from forked import run_forked
from pixeldigest.cache import NO_CACHE
from pixeldigest.content import ENTRY_KINDS
from pixeldigest.importer import Outcome, import_source, known_origins, open_newsroom
from pixeldigest.importer.article import Article, Todo
from pixeldigest.importer.blocks import read_article
from pixeldigest.importer.convert import Newsroom, convert_article, fault_in
from pixeldigest.importer.fetching import UnreachableError, Web
from pixeldigest.importer.frontmatter import read_front_matter
from pixeldigest.importer.parts import HEADINGS
from pixeldigest.importer.sources import Access, open_articles
from pixeldigest.loading import load_library
from pixeldigest.markup.document import Document, Formula, Link, walk
from pixeldigest.markup.markdown import to_markdown
from pixeldigest.markup.parse import parse_body
from pixeldigest.yamltree import parse_tree, to_plain

DATA = Path(__file__).parent / "data/import"
PNG = (DATA / "blog/static/img/curve.png").read_bytes()
NO_PROXY = {"NO_PROXY": "*", "no_proxy": "*"}
ROOM = Newsroom({}, {}, {}, frozenset(), HEADINGS, "Example Bank", None, "2026-11-21")


def run_import(project: Path, *arguments: str | Path, **environment: str) -> Run:
    return run_forked(project, "import", *map(str, arguments), **{**NO_PROXY, "DEV_API_KEY": "", **environment})


def import_without_pauses(project: Path, source: str, api: str) -> Outcome:
    """Import in this process, without the pauses that the command makes between requests."""
    library = load_library(project, NO_CACHE).library
    assert library
    access = Access(Web(urlsplit(source).netloc, pause=0), api, "", known_origins(library))
    return import_source(source, access, open_newsroom(library, None, "2026-11-21"), limit=None, project=project)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NO_PROXY.items():
        monkeypatch.setenv(name, value)


def written(project: Path, before: set[str]) -> dict[str, bytes]:
    return {name: (project / name).read_bytes() for name in sorted(files(project) - before)}


def files(project: Path) -> set[str]:
    paths = (project / "content").rglob("*")
    return {path.relative_to(project).as_posix() for path in paths if path.is_file()}


def refuse(url: str, limit: int) -> bytes:
    raise UnreachableError("nothing is fetched here")


def markdown_of(text: str, *, form: str = "markdown", breaks: bool = False) -> str:
    article = Article("x", "html" if form == "html" else "markdown", text, base="https://e.org/a/b", breaks=breaks)
    return to_markdown(Document(read_article(article).blocks, ()), lambda address: address)


# What becomes of whole posts and folders


@pytest.mark.parametrize("source", ["daily.md", "page.html", "blog", "feed.xml"])
def test_posts_become_drafts_that_check_accepts(source: str, small: Path, request: pytest.FixtureRequest) -> None:
    before = files(small)
    expected = DATA / "expected" / source

    run = run_command(small, "import", str(DATA / source))
    made = {**written(small, before), "report.txt": run.out.encode()}
    if request.config.getoption("--update-golden"):
        shutil.rmtree(expected, ignore_errors=True)
        for name, content in made.items():
            (expected / name).parent.mkdir(parents=True, exist_ok=True)
            (expected / name).write_bytes(content)

    assert (run.status, run.err) == (0, "")
    assert made == {
        path.relative_to(expected).as_posix(): path.read_bytes() for path in expected.rglob("*") if path.is_file()
    }
    checked = json.loads(run_forked(small, "check", "--output-format", "json").out)
    found = checked["diagnostics"] if isinstance(checked, dict) else checked
    assert [one for one in found if one["severity"] == "error"] == []


def test_what_was_imported_is_skipped_the_second_time(small: Path) -> None:
    run_import(small, DATA / "daily.md")
    before = {name: (small / name).read_bytes() for name in files(small)}

    run = run_import(small, DATA / "daily.md")

    assert run.status == 0
    assert "  skipped: 'Weight Decay', since content/topics/weight-decay.yml is there already\n" in run.out
    assert "1 article became 0 new drafts; 3 skipped, 0 to look at" in run.out
    assert {name: (small / name).read_bytes() for name in files(small)} == before


def test_a_former_id_is_taken_too(small: Path) -> None:
    (small / "content/topics/decay.yml").write_text(
        "title: Decay\nsummary: About decay.\naliases: [weight-decay]\ndraft: true\nbody: |\n  Text.\n"
    )

    run = run_import(small, DATA / "daily.md")

    assert "skipped: 'Weight Decay', since content/topics/decay.yml is there already" in run.out
    assert not (small / "content/topics/weight-decay.yml").exists()


def test_dry_run_writes_nothing_and_says_the_same(small: Path) -> None:
    before = files(small)

    dry = run_import(small, DATA / "daily.md", "--dry-run")

    assert files(small) == before
    assert "1 article would become 3 new drafts" in dry.out
    assert dry.out.split("\n1 article")[0] == run_import(small, DATA / "daily.md").out.split("\n1 article")[0]


def test_a_kind_takes_an_article_whole(small: Path) -> None:
    run = run_import(small, DATA / "page.html", "--kind", "feature", "--output-format", "json")

    told = json.loads(run.out)
    assert told["articles"][0]["written"] == ["content/features/softmax-slowly.yml"]
    assert told["error"] is None
    assert {"file", "line", "message"} == set(told["articles"][0]["remarks"][0])


def test_remarks_name_the_line(small: Path) -> None:
    run = run_import(small, DATA / "daily.md")

    file, line = re.findall(r"(content/\S+):(\d+): this looks like a formula", run.out)[0]
    assert "Σ_i=1^N" in (small / file).read_text().split("\n")[int(line) - 1]


def test_all_files_of_an_article_are_written_or_none(small: Path) -> None:
    shutil.rmtree(small / "content/features")
    (small / "content/features").write_text("a file in the way of the folder")
    before = files(small)

    run = run_import(small, DATA / "daily.md")

    assert run.status == 1
    assert "error: cannot write to " in run.err
    assert files(small) == before


def test_nothing_is_written_through_links_out_of_content(small: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(small / "content/topics", outside)
    (small / "content/topics").symlink_to(outside)
    before = sorted(outside.iterdir())

    run = run_import(small, DATA / "daily.md")

    assert run.status == 1
    assert "this link leads out of content/" in run.err
    assert sorted(outside.iterdir()) == before
    assert not (small / "content/problems/rotate-an-array.yml").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing.md", "'missing.md' cannot be read: no such file or directory; check its name"),
        ("content/newsletter.yml", "is nothing that can be imported; name a feed, or a file that ends in .md or .html"),
        ("content/images", "there is no Markdown file in 'content/images'; they end in .md"),
        ("ftp://e.org/x", "cannot be read"),
        ("https://dev.to", "names neither a user nor an article"),
        ("https://dev.to/dashboard", "set DEV_API_KEY to a key"),
        ("http://no..host/x", "there is no host 'no..host'"),
    ],
)
def test_sources_that_are_none_are_explained(source: str, message: str, small: Path) -> None:
    run = run_import(small, source)

    assert message in run.err
    assert run.status == (75 if "no..host" in source else 2)


# Our own posts come back as what they were made of


@pytest.fixture(scope="module")
def own_posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("posts")
    formats = ("--format", "devto", "--format", "post")
    run = run_forked(
        REPOSITORY, "build", "--from", "2026-11-01", "--to", "2026-11-24", "--output", str(output), *formats
    )
    assert run.status == 0
    return output / "issues"


@pytest.mark.parametrize("form", ["devto", "post"])
def test_our_own_posts_come_back_with_every_title_and_formula(form: str, own_posts: Path) -> None:
    library = load_library(REPOSITORY, NO_CACHE).library
    assert library
    originals = {entry.title: library.read(entry) for entry in library.all_entries()}
    room = open_newsroom(library, None, "2026-11-21")._replace(files={})
    seen, formulas = set(), 0
    for day in sorted(own_posts.iterdir()):
        front = read_front_matter((day / f"{form}.md").read_text(encoding="utf-8"))
        article = Article(day.name, "markdown", front.text, front.title, front.summary, breaks=form == "devto")
        for name, text in convert_article(article, room, refuse).texts.items():
            values: Any = to_plain(parse_tree(text))
            if name.startswith("content/collections/"):
                continue
            original = originals[values["title"]]
            seen.add(original.ref)

            assert name.startswith(f"content/{original.kind}s/")
            # What stands below the body in a post, such as a quiz, is in the body now.
            expected = formulas_in(original.body)
            assert formulas_in(values["body"])[: len(expected)] == expected
            assert values.get("difficulty") == getattr(original, "difficulty", None)
            formulas += len(expected)
    assert len(seen) > 25
    assert formulas > 500


def formulas_in(body: str) -> list[tuple[str, bool]]:
    nodes = walk(parse_body(body).blocks)
    return [(" ".join(one.latex.split()), one.display) for one in nodes if isinstance(one, Formula)]


# Formulas, as far as they can be recognised


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("so $x_i$ is", "so $x_i$ is"),
        ("from $5 to $10, $HOME/$USER", r"from \$5 to \$10, \$HOME/\$USER"),
        ("so $$x$$ is", "so $x$ is"),
        ("$$\nx\n\n+ y\n$$", "$$\nx\n+ y\n$$"),
        ("- item\n\n  $$\n  - b\n  $$", "- item\n\n  $$\n  - b\n  $$"),
        (r"a \(x^2\) b \\(y\\) c \(see above\)", "a $x^2$ b $y$ c (see above)"),
        (r"\[ x = 1 \]", "$$\nx = 1\n$$"),
        (r"array\[0\] and \[1\](https://e.org)", r"array\[0\] and \[1\](https://e.org)"),
        (r"\begin{align*} a &= b \\ c &= d \end{align*}", "$$\n\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\n$$"),
        ("so $`a+b`$ is", "so $a+b$ is"),
        ("```math\na^2\n```", "$$\na^2\n$$"),
        ("{% katex inline %}a_1 < b_1{% endkatex %}", "$a_1 < b_1$"),
        ("{% katex inline %}a<b{% endkatex %}", r"$a\lt b$"),
        (r"{% katex inline %}\\frac{a}{b}\_i \\\\ c{% endkatex %}", r"$\frac{a}{b}_i \\ c$"),
        (r"{% katex inline %}\frac{a}{b}_i \\ c{% endkatex %}", r"$\frac{a}{b}_i \\ c$"),
        ("x<sub>i</sub><sup>2</sup>, 10<sup>-3</sup>, CO<sub>2</sub>, 1<sup>st</sup>", "$x_{i}^{2}$, 10⁻³, CO₂, 1st"),
        ("`$x$` and ``{% katex %}``", "`$x$` and `{% katex %}`"),
        ("```\n$x_i$\n```", "```\n$x_i$\n```"),
        (r"{% katex inline %}\frac{a{% endkatex %}", r"`\frac{a`"),
        (r"$\text{costs \$5}$ and $y$2", r"$\text{costs \$5}$ and \$y\$2"),
    ],
)
def test_formulas_are_recognised(source: str, expected: str) -> None:
    assert markdown_of(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a $x_i$ b, $5 and $6$</p>", r"a $x_i$ b, \$5 and \$6\$"),
        (r"<p>a \(x\) $$y$$ b</p>", "a $x$\n\n$$\ny\n$$\n\nb"),
        ('<img class="latex" alt="\\frac{1}{2}" src="https://e.org/f.png">', r"$\frac{1}{2}$"),
        ('<math alttext="x^2"><mi>x</mi></math>', "$x^2$"),
        ('<script type="math/tex; mode=display">a < b</script>', "$$\na < b\n$$"),
        ("<code>$x$</code>&#xE000;0&#xE001;", "`$x$`"),
    ],
)
def test_formulas_in_html_are_recognised(source: str, expected: str) -> None:
    assert markdown_of(source, form="html") == expected


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("The loss is Σ_i=1^N (y_i - ŷ_i)^2.", 1),
        ("It learns W' = W + (α/r) B A, with B ∈ R^(d×r).", 2),
        ("Set k = 3, x = n - 1 and a = b; f == g + h.", 0),
        ("It grows like n^2.", 1),
        ("The sum ∑ᵢ₌₁ᴺ of snake_case_names and `x_i`, and $x_i$.", 0),
        ("A file_name, a \\_ and 5 * 3.", 0),
    ],
)
def test_formulas_that_became_plain_signs_are_told(words: str, count: int) -> None:
    converted = convert_article(Article("x", "markdown", words, "T", summary="S."), ROOM, refuse)

    assert sum("became plain signs" in one.message for one in converted.remarks) == count


def test_a_formula_in_plain_signs_is_quoted_from_its_beginning() -> None:
    words = "So it learns W' = W + (α/r) B A, with B ∈ R^(d×r) and H = -Σ_i p_i log p_i is small."

    converted = convert_article(Article("x", "markdown", words, "T", summary="S."), ROOM, refuse)

    quotes = [found for one in converted.remarks for found in re.findall(r"signs: '(.*)'; write", one.message)]
    assert sorted(quotes) == ["B ∈ R^(d×r)", "H = -Σ_i p_i log p_i", "W' = W + (α/r) B A"]


def test_a_formula_in_plain_signs_is_told_at_its_own_line() -> None:
    words = "The scores are divided by √d_k.\n\nThe formula: softmax(QK^T / sqrt(d_k)) V."

    converted = convert_article(Article("x", "markdown", words, "T", summary="S."), ROOM, refuse)

    (written,) = converted.texts.values()
    lines = written.split("\n")
    told = [lines[one.line - 1].strip() for one in converted.remarks if "plain signs" in one.message]
    assert {*told} == {"The formula: softmax(QK^T / sqrt(d_k)) V."}


# Foreign Markdown and HTML


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% details More %}\ntext\n{% enddetails %}", "**More**\n\ntext"),
        ("{% youtube abc %}", "[https://www.youtube.com/watch?v=abc](https://www.youtube.com/watch?v=abc)"),
        ("{% raw %}{{ x }}{% endraw %} {% comment %}gone{% endcomment %}", "`{{ x }}`"),
        ("~~gone~~ and 2 * 3 * 4 _ 5", r"gone and 2 \* 3 \* 4 \_ 5"),
        ("# A\n\n#### B\n\n## C", "# A\n\n#### B\n\n## C"),
        ("a[^1], b[^1]\n\n[^1]: *n* $x$", "a (*n* $x$), b"),
        ("a[^1]\n\n[^1]: one\n\n    two", "a\\[1\\]\n\n* * *\n\n1. one\n\n   two"),
        ("a[^1]\n\n[^1]: see [^2]\n[^2]: and [^1]", "a (see (and))"),
        ('<p>a<sup><a href="#fn:1">1</a></sup></p><div><hr><ol><li id="fn:1">n', "a (n)"),
        ("Lead. {: .lead}\n\na\n{: .b}", "Lead.\n\na"),
        ("* TOC\n{:toc}\n\n- TOC {:toc}\n\n[TOC]\n\na", "a"),
        ("## A {#b .c} ##\n\n`{: .d}` {:.2f} {#if}", "## A\n\n`{: .d}` {:.2f} {#if}"),
        (
            '<h2>A<a class="headerlink" href="#a">¶</a></h2><h3><a class="anchor" href="/b#c">#</a> C</h3>',
            "## A\n\n### C",
        ),
        ("## [Steps](#steps)\n\n[C#](https://e.org)", "## Steps\n\n[C#](https://e.org)"),
        ('{{< figure src="/a.png" title="A plot" >}}', "![A plot](https://e.org/a.png)"),
        ("{{< figure src=/a.png title='T' alt=\"A\" >}}", "![A](https://e.org/a.png)"),
        ("call __init__ or `__len__`", "call `__init__` or `__len__`"),
        ("<b onclick=x>b</b><script>alert(1)</script><style>p{}</style>", "**b**"),
        ('<a href="javascript:x">a</a> <a href="../c">c</a> <a href="#d">d</a>', "a [c](https://e.org/c) d"),
        ("<p>a <b> b </b>c<br><br>d</p>", "a **b** c\\\nd"),
    ],
)
def test_foreign_marks_are_translated(source: str, expected: str) -> None:
    assert markdown_of(source) == expected


def test_a_footnote_of_several_paragraphs_is_told() -> None:
    read = read_article(Article("x", "markdown", "a[^1]\n\n[^1]: one\n\n    two"))

    assert [(one.near, one.message.split(":")[0]) for one in read.todos] == [("one", "this was a footnote")]


def test_a_footnote_that_nothing_shows_is_told() -> None:
    html = '<pre><a href="#fn1">1</a></pre><ol><li id="fn1">Note.</li></ol>'

    assert "the footnote 'Note.' was left out" in read_article(Article("x", "html", html)).todos[0].message


@pytest.mark.parametrize(
    ("told", "name", "text", "title", "body"),
    [
        ("Told", "", "Intro\n\n# Only one\n\nBecause.", "Told", "Intro\n\n## Only one\n\nBecause."),
        ("Told!", "", "# Told\n\nBecause.", "Told!", "Because."),
        ("Told", "", "# Told\n\na\n\n# More\n\nb", "Told", "a\n\n## More\n\nb"),
        ("", "My post", "# Told\n\nBecause.", "Told", "Because."),
        ("", "My post", "Intro\n\n# Only one\n\nBecause.", "My post", "Intro\n\n## Only one\n\nBecause."),
        ("", "Told | A Blog", "3 May\n\n# Told\n\nBecause.", "Told", "3 May\n\nBecause."),
    ],
)
def test_a_heading_is_taken_off_where_it_says_the_title(told: str, name: str, text: str, title: str, body: str) -> None:
    converted = convert_article(Article("x", "markdown", text, told, name=name), ROOM, refuse)

    values: Any = to_plain(parse_tree(next(iter(converted.texts.values()))))
    assert (converted.title, values["body"]) == (title, f"{body}\n")


def test_line_ends_are_kept_where_readers_saw_them() -> None:
    assert markdown_of("a\nb") == "a b"
    assert markdown_of("a\nb", breaks=True) == "a\\\nb"


@pytest.mark.parametrize(
    ("source", "title", "tags"),
    [
        ("---\ntitle: 'A: b'\ntags: [x, y]\n---\nText", "A: b", ("x", "y")),
        ("---\ntitle: No\ntags: x, y\n---\nText", "No", ("x", "y")),
        ("---\ntitle: 2026-01-01\ntags: x y\n---\nText", "2026-01-01", ("x", "y")),
        ('+++\ntitle = "A"\ntags = ["x"]\n+++\nText', "A", ("x",)),
        ('{"title": "A", "tags": ["x"]}\nText', "A", ("x",)),
        ("Text", "", ()),
        ("---\n---\nText", "", ()),
    ],
)
def test_front_matter_is_read(source: str, title: str, tags: tuple[str, ...]) -> None:
    front = read_front_matter(source)

    assert (front.text, front.title, front.tags, front.fault) == ("Text", title, tags, "")


@pytest.mark.parametrize("head", ["a: &x [1]\nb: *x", "a: [", "a: !!python/object:os.system x", "[" * 5000])
def test_hostile_front_matter_is_left_aside(head: str) -> None:
    front = read_front_matter(f"---\n{head}\n---\nText")

    assert front.text == "Text"
    assert front.fault


def test_front_matter_that_is_no_yaml_is_read_by_lines_and_told() -> None:
    head = "title: K-fold: done right\ntags:\n  - cv\n  - 'b c'\nexcerpt: >\n  Two\n  lines."
    front = read_front_matter(f"---\n{head}\n---\nText")

    assert (front.title, front.tags, front.summary) == ("K-fold: done right", ("cv", "b c"), "Two lines.")
    assert "mapping values are not allowed here" in front.todos[0].message


def test_words_between_rules_are_no_front_matter() -> None:
    assert read_front_matter("---\nWords\n---\nText").text == "---\nWords\n---\nText"


@pytest.mark.parametrize(
    "head", ["---\ncover_image: a.png\n---\n", '+++\n[cover]\nimage = "a.png"\n+++\n', '{"image": {"src": "a.png"}}\n']
)
def test_a_cover_is_told(head: str, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(f"{head}Text.")
    access = Access(Web("", pause=0), "", "", frozenset())

    (article,) = open_articles(str(tmp_path / "post.md"), access)

    remarks = convert_article(article, ROOM, refuse).remarks
    assert any("the cover 'a.png' was left out" in one.message for one in remarks)


def test_what_is_told_of_a_whole_issue_is_told_once() -> None:
    text = (DATA / "daily.md").read_text(encoding="utf-8").partition("---\n\n")[2]
    article = Article("daily.md", "markdown", text, "T", todos=(Todo("body", "Look."),))

    remarks = convert_article(article, ROOM, refuse).remarks

    assert [one for one in remarks if one.message == "Look."] == [("daily.md", 0, "Look.")]


PIECES = st.sampled_from(
    [
        *(
            "# H\n\n",
            "## Topic Deep Dive: X\n\n",
            "## Problem of the Day: P\n\n",
            "Difficulty: Hard | Collection: C\n\n",
        ),
        *(
            "### Hints\n\n",
            "1. a\n2. b\n\n",
            "- x\n  - y\n",
            "> q\n",
            "```py\n$x$\n```\n\n",
            "`a$b`",
            "$x_i$",
            "$$\na\n$$\n",
        ),
        *(
            r"\(a_1\)",
            r"\[ x^2 \]",
            "{% katex %}x{% endkatex %}",
            "{{ x }}",
            "{% foo %}",
            "a[^1]\n\n[^1]: n[^1]\n",
            "\n* TOC\n{:toc}\n",
            '<ol><li id="fn1"><a href="#fn1">x</a></ol>',
            "**b**",
            "*i*",
            "__x__",
            "_y_",
        ),
        *("<b>b</b>", "<i> x </i>", "<sup>2</sup>", "x<sub>i</sub>", "<br>", "![](x.png)", "[l](https://e.org/(a))"),
        *("<table><tr><td>a|b<td>$x|y$<tr><td><ul><li>q</table>", "| a |\n|--|\n| `a|b` |\n", "<dl><dt>t<dd>d</dl>"),
        *("<details><summary>S</summary>t</details>", "<iframe src='https://e.org/v'></iframe>", "<math><mi>x</math>"),
        *(
            "$",
            "*",
            "_",
            "`",
            "\\",
            "<",
            "&lt;b&gt;",
            "---\n",
            "\n\n",
            "\n",
            " ",
            "word ",
            "Σ_i=1^N ",
            "#",
            "|",
            "\x0b",
            "\ue000",
        ),
    ]
)


@given(st.lists(PIECES, min_size=1, max_size=25).map("".join), st.sampled_from(["markdown", "html"]))
@examples(150)
def test_whatever_comes_in_only_sound_entries_come_out(text: str, form: Any) -> None:
    converted = convert_article(Article("https://e.org/x", form, text, "T", base="https://e.org/"), ROOM, refuse)

    assert [reason for reason in converted.skipped if "could not be imported" in reason] == []
    for name, written_text in converted.texts.items():
        kind = name.split("/")[1].removesuffix("s")
        if kind in ENTRY_KINDS:
            assert fault_in(written_text, kind, "x", name) == ""


def test_no_payload_comes_through() -> None:
    payloads = (Path(__file__).parent / "data/payloads.txt").read_text(encoding="utf-8").splitlines()
    for payload in payloads:
        shown = markdown_of(payload, form="html") + markdown_of(payload)

        document = parse_body(shown)
        assert document.faults == ()
        for node in walk(document.blocks):
            assert not isinstance(node, Link) or re.match("https?://|mailto:", node.url)


# Pictures


def picture_article(source: str, folder: Path | None = None) -> Article:
    folders = (folder,) if folder else ()
    return Article("https://e.org/x", "markdown", f"![A curve]({source})", "T", summary="S.", folders=folders)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "it is no PNG, JPEG, GIF, WebP or SVG"),
        (PNG + b"0" * 300_000, "it has more than 300 kB"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>', "it holds '<script', which can run"),
    ],
)
def test_a_picture_that_may_not_be_taken_becomes_a_link(content: bytes, reason: str) -> None:
    converted = convert_article(picture_article("https://e.org/a.png"), ROOM, lambda url, limit: content)

    assert converted.pictures == ()
    assert "[A curve](https://e.org/a.png)" in converted.texts["content/topics/t.yml"]
    assert any(reason in one.message for one in converted.remarks)


def test_pictures_on_disk_stay_within_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "blog"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "own.png").write_bytes(PNG)

    taken = {
        source: bool(convert_article(picture_article(source, folder), ROOM, refuse).pictures)
        for source in (
            "own.png",
            "/own.png",
            "../secret.png",
            "link.png",
            str(tmp_path / "secret.png"),
            "%2e%2e/secret.png",
        )
    }

    assert taken == dict.fromkeys(taken, False) | {"own.png": True, "/own.png": True}


def test_a_picture_never_takes_the_place_of_another() -> None:
    room = ROOM._replace(pictures=frozenset(["t-1.svg", "t-2.png"]))

    converted = convert_article(picture_article("https://e.org/a.png"), room, lambda url, limit: PNG)

    assert [one.name for one in converted.pictures] == ["images/t-3.png"]


# Servers

Answer = tuple[int, dict[str, str], bytes]


class Server:
    """A server on this machine that gives fixed answers, and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[dict[str, str]], Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.asked.append((self.path, headers))
                answer = server.answers.get(self.path, (404, {}, b"{}"))
                status, sent, body = answer(headers) if callable(answer) else answer
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **sent}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=partial(self.http.serve_forever, 0.01), daemon=True).start()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def give(self, path: str, content: bytes | str, media_type: str = "text/html", status: int = 200) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.answers[path] = status, {"content-type": media_type}, body


@pytest.fixture
def start_server() -> Iterator[Callable[[], Server]]:
    servers: list[Server] = []

    def start() -> Server:
        servers.append(Server())
        return servers[-1]

    yield start
    for one in servers:
        one.http.shutdown()
        one.http.server_close()


@pytest.fixture
def forem(start_server: Callable[[], Server]) -> Server:
    """A Forem with two articles of ada's: a daily issue, and one with a picture of its own."""
    server = start_server()
    daily = (DATA / "daily.md").read_text(encoding="utf-8")
    pictured = "Look. ![A curve](/i/curve.png)\nAnd on."
    articles = [
        {
            "id": 2,
            "title": "Momentum",
            "slug": "momentum-2b",
            "body_markdown": pictured,
            "tags": ["ml"],
            "tag_list": "ml",
        },
        {
            "id": 1,
            "title": "Weight Decay",
            "slug": "weight-decay-1a",
            "body_markdown": daily,
            "tags": [],
            "tag_list": "",
        },
    ]
    for one in articles:
        one |= {"url": f"{server.url}/ada/{one['slug']}", "canonical_url": f"{server.url}/ada/{one['slug']}"}
        one |= {"description": "Look. And on...", "cover_image": f"{server.url}/cover.png"}
        server.give(f"/api/articles/{one['id']}", json.dumps(one), "application/json")
        server.give(f"/api/articles/ada/{one['slug']}", json.dumps(one), "application/json")
    listed = [{key: value for key, value in one.items() if key != "body_markdown"} for one in articles]
    server.give("/api/articles?username=ada&page=1&per_page=100", json.dumps(listed), "application/json")
    server.give("/i/curve.png", PNG, "image/png")
    return server


def test_a_users_articles_are_imported_with_their_pictures(forem: Server, small: Path) -> None:
    before = files(small)

    run = run_import(small, f"{forem.url}/ada", "--api", f"{forem.url}/api")

    assert (run.status, run.err) == (0, "")
    assert files(small) - before == {
        "content/images/momentum-1.png",
        "content/topics/momentum.yml",
        "content/topics/weight-decay.yml",
        "content/problems/rotate-an-array.yml",
        "content/features/practice-tracks.yml",
        "content/collections/warm-ups.yml",
    }
    text = (small / "content/topics/momentum.yml").read_text(encoding="utf-8")
    assert text.startswith(f"# Imported from {forem.url}/ada/momentum-2b on 2026-11-21.\n")
    assert "  Look. ![A curve](images/momentum-1.png)\\\n  And on.\n" in text
    assert f"# - the cover '{forem.url}/cover.png' was left out" in text
    assert "tags: [ml]\nbody" in text  # its own address there is no address of the publisher's
    assert all(headers["user-agent"].startswith("pixeldigest/") for _, headers in forem.asked)


def test_the_second_time_only_the_list_is_asked_for(forem: Server, small: Path) -> None:
    arguments = (f"{forem.url}/ada", "--api", f"{forem.url}/api")
    run_import(small, *arguments)
    forem.asked.clear()

    run = run_import(small, *arguments)

    assert run.status == 0
    assert forem.paths == ["/api/articles?username=ada&page=1&per_page=100"]


def test_an_error_is_told_below_what_came_before_it(forem: Server, small: Path) -> None:
    forem.answers["/api/articles/1"] = 404, {}, b""

    run = run_import(small, f"{forem.url}/ada", "--api", f"{forem.url}/api")

    assert run.status == 1
    assert run.err == f"error: '{forem.url}/ada' cannot be imported: its server answers 404\n"
    assert "1 article became 1 new draft" in run.out


def test_limit_asks_for_no_more(forem: Server, small: Path) -> None:
    run_import(small, f"{forem.url}/ada", "--api", f"{forem.url}/api", "--limit", "1")

    assert "/api/articles/2" in forem.paths
    assert "/api/articles/1" not in forem.paths


def test_one_article_is_found_by_its_address(forem: Server, small: Path) -> None:
    run = run_import(small, f"{forem.url}/ada/momentum-2b", "--api", f"{forem.url}/api")

    assert run.status == 0
    assert (small / "content/topics/momentum.yml").exists()


def test_a_long_list_is_read_page_by_page(forem: Server, small: Path) -> None:
    hundred = [{"id": 2, "url": f"{forem.url}/ada/{n}"} for n in range(100)]
    forem.give("/api/articles?username=ada&page=1&per_page=100", json.dumps(hundred), "application/json")
    forem.give("/api/articles?username=ada&page=2&per_page=100", "[]", "application/json")
    for number in range(100):
        path = small / f"content/features/known-{number}.yml"
        path.write_text(f"# Imported from {forem.url}/ada/{number} on 2026-01-01.\ntitle: x\n")

    run_import(small, f"{forem.url}/ada", "--api", f"{forem.url}/api")

    assert forem.paths == [f"/api/articles?username=ada&page={n}&per_page=100" for n in (1, 2)]


def test_the_key_goes_to_the_api_only(forem: Server, small: Path, start_server: Callable[[], Server]) -> None:
    other = start_server()
    address = f"{forem.url}/ada/draft?preview=geheim"
    article = {"id": 3, "title": "Draft", "url": address, "body_markdown": "Text. ![P](/i/curve.png)"}
    forem.answers["/api/articles/me/all?page=1&per_page=100"] = lambda headers: (
        (200, {}, json.dumps([article]).encode()) if headers.get("api-key") == "geheim" else (401, {}, b"")
    )
    forem.answers["/api/articles/9"] = 302, {"location": f"{other.url}/steal"}, b""

    run = run_import(small, f"{forem.url}/dashboard", "--api", f"{forem.url}/api", DEV_API_KEY="geheim")
    led_away = run_import(small, f"{forem.url}/api/articles/9", "--api", f"{forem.url}/api", DEV_API_KEY="geheim")

    assert run.status == 0
    assert {path for path, headers in forem.asked if "api-key" in headers} == {
        "/api/articles/me/all?page=1&per_page=100",
        "/api/articles/9",
    }
    assert other.asked == []
    assert led_away.status == 1
    told = run.out + run.err + led_away.out + led_away.err
    told += "".join((small / name).read_text(errors="replace") for name in files(small))
    assert "geheim" not in told


def test_a_busy_server_is_asked_again(forem: Server, small: Path) -> None:
    answer = forem.answers["/api/articles/ada/momentum-2b"]
    answers = chain([(429, {"retry-after": "0"}, b"")], iter(lambda: answer, None))
    forem.answers["/api/articles/ada/momentum-2b"] = lambda headers: next(answers)  # type: ignore[arg-type,return-value]

    outcome = import_without_pauses(small, f"{forem.url}/ada/momentum-2b", f"{forem.url}/api")

    assert outcome.status == 0
    assert forem.paths.count("/api/articles/ada/momentum-2b") == 2


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ((429, {"retry-after": "900"}, b""), 75, "its server is busy for another 900 seconds; run it again later"),
        ((500, {}, b""), 75, "its server answers 500; run it again later"),
        ((200, {"content-length": "900"}, b"{"), 75, "its server could not be read"),
        ((404, {}, b""), 1, "its server answers 404"),
        ((200, {}, b"no json"), 1, "it gives no JSON"),
        ((200, {}, b"[]"), 1, "there is no article behind"),
    ],
)
def test_what_came_before_an_error_stays(answer: Answer, status: int, message: str, forem: Server, small: Path) -> None:
    forem.answers["/api/articles/1"] = answer

    outcome = import_without_pauses(small, f"{forem.url}/ada", f"{forem.url}/api")

    assert outcome.status == status
    assert message in outcome.stopped
    assert [one.entries for one in outcome.done] == [("content/topics/momentum.yml",)]
    assert (small / "content/topics/momentum.yml").exists()
    assert not (small / "content/topics/weight-decay.yml").exists()


def test_a_feed_on_the_web_is_read(start_server: Callable[[], Server], small: Path) -> None:
    server = start_server()
    server.give("/feed", (DATA / "feed.xml").read_bytes(), "application/rss+xml")
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title><entry><title>Dropout</title><id>urn:1</id>'
    atom += (
        '<link href="https://blog.example.org/dropout"/><content type="html">&lt;p&gt;Drop some.&lt;/p&gt;</content>'
    )
    server.give("/atom", f"{atom}</entry></feed>", "text/xml")
    told = {"version": "https://jsonfeed.org/version/1.1", "items": [{"title": "Mixup", "content_html": "<p>Mix.</p>"}]}
    server.give("/json", json.dumps(told), "application/feed+json")

    runs = [run_import(small, f"{server.url}/{name}") for name in ("feed", "atom", "json")]

    assert [run.status for run in runs] == [0, 0, 0]
    for name in ("early-stopping-and-patience", "gradient-clipping", "dropout", "mixup"):
        assert (small / f"content/topics/{name}.yml").exists()


def test_a_feed_that_declares_entities_is_refused(small: Path, tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><title>&b;</title>'
    (tmp_path / "bomb.xml").write_text(f"{bomb}</channel></rss>")

    run = run_import(small, tmp_path / "bomb.xml")

    assert run.status == 1
    assert "'bomb.xml' declares entities" in run.err


def test_a_page_on_the_web_is_read(start_server: Callable[[], Server], small: Path) -> None:
    server = start_server()
    server.give("/softmax", (DATA / "page.html").read_bytes())
    server.give("/raw.md", "---\ntitle: Raw\n---\nText.", "text/markdown")
    server.give("/x.bin", b"\0", "application/octet-stream")

    assert run_import(small, f"{server.url}/softmax").status == 0
    assert run_import(small, f"{server.url}/raw.md").status == 0
    assert run_import(small, f"{server.url}/x.bin").status == 2
    assert (small / "content/topics/softmax-slowly.yml").exists()
    assert (small / "content/topics/raw.yml").exists()


def test_articles_reach_nothing_within_this_network(start_server: Callable[[], Server], small: Path) -> None:
    named, inner = start_server(), start_server()
    inner.give("/i.png", PNG, "image/png")
    port = urlsplit(inner.url).port
    named.answers["/led.png"] = 302, {"location": f"{inner.url}/i.png"}, b""
    sources = [
        *(f"http://{host}:{port}/i.png" for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433")),
        *(f"{named.url}/led.png", "http://169.254.169.254/latest/meta-data", "http://user@127.0.0.1/i.png"),
    ]
    named.give("/post", "".join(f'<p>Text <img src="{one}" alt="P"></p>' for one in sources))

    run = run_import(small, f"{named.url}/post", "--output-format", "json")

    assert run.status == 0
    remarks = json.loads(run.out)["articles"][0]["remarks"]
    assert sum("was not taken" in one["message"] for one in remarks) == len(sources)
    assert inner.asked == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\xe9t\xe9", "été"), (b'<meta charset="koi8-r">\xc4\xc1', "да"), (b'<meta charset="none">\xff', "\ufffd")],
)
def test_pages_of_other_encodings_are_read(content: bytes, expected: str, small: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"<h1>Page</h1><p>" + content)

    run_import(small, tmp_path / "page.html")

    assert expected in (small / "content/topics/page.yml").read_text(encoding="utf-8")


def test_the_key_is_not_sent_unencrypted(small: Path) -> None:
    run = run_import(small, "http://e.org/ada", "--api", "http://e.org/api", DEV_API_KEY="geheim")

    assert run.status == 2
    assert "DEV_API_KEY would be sent unencrypted" in run.err


def test_large_answers_are_cut_short(start_server: Callable[[], Server], small: Path) -> None:
    server = start_server()
    server.give("/post", b"<p>" + b"a" * 11_000_000)

    run = run_import(small, f"{server.url}/post")

    assert run.status == 1
    assert "it has more than 10000 kB" in run.err
