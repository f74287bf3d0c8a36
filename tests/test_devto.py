"""Posts for dev.to: what its two readings leave of formulas, structure and words; titles and tags within its limits."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import FACTOR, REPOSITORY, examples
from forem.oracle import Katex, run_katex, run_oracle
from forem.outline import HEADINGS, Part, outline, outline_of_post
from forem.samples import HOSTILE, TRAPS, random_formula
from formulas import load_formulas
from pixeldigest.build import assemble_issues
from pixeldigest.cache import NO_CACHE, cache_of
from pixeldigest.content import Feature
from pixeldigest.formats.devto import render_devto
from pixeldigest.formats.theme import Theme, load_theme
from pixeldigest.issue import Issue, read_issue
from pixeldigest.library import Library
from pixeldigest.loading import load_library
from pixeldigest.markup.devto import inline_to_devto, to_devto
from pixeldigest.markup.document import CodeBlock, Document, Formula, LineBreak, List, Paragraph, Table, Text, walk
from pixeldigest.markup.forem import MAX_TITLE, devto_tags, kept_title, mangled_characters
from pixeldigest.markup.parse import inline_nodes, parse_body
from pixeldigest.prose import read_prose
from pixeldigest.settings import DevTo
from pixeldigest.yamltree import Block
from test_markup import SPECIAL, bodies

DAY = date(2026, 11, 21)


def as_written(url: str) -> str:
    return url


def post(source: str) -> str:
    return to_devto(parse_body(source), as_written)


# --- Formulas ---


def place_inline(formula: Formula) -> Document:
    return Document((Paragraph((Text("Words "), formula, Text(", and more."))),), ())


def place_display(formula: Formula) -> Document:
    return Document((formula,), ())


def place_in_cell(formula: Formula) -> Document:
    head = ((Text("a"),), (Text("b"),))
    return Document((Table(("", "right"), head, (((formula, Text(" c")), (formula,)),)),), ())


def place_in_item(formula: Formula) -> Document:
    inner = List(1, ((Paragraph((formula,)),),), tight=True)
    return Document((List(None, ((Paragraph((Text("Words "), formula)), inner),), tight=True),), ())


def place_in_html(formula: Formula) -> Document:
    return Document((List(None, ((Paragraph((Text("Words "), formula)), Paragraph((formula,))),), tight=False),), ())


PLACES = {
    "inline": place_inline,
    "display": place_display,
    "cell": place_in_cell,
    "item": place_in_item,
    "html": place_in_html,
}


def unchanged(formulas: list[str], place: Callable[[Formula], Document]) -> int:
    """Check that KaTeX shows formulas as if no Markdown had been there; count those that it knows."""
    display = place is place_display
    wanted = run_katex(Katex(latex, display) for latex in formulas)
    documents = [place(Formula(latex, display, 0)) for latex in formulas]
    posts = run_oracle(to_devto(document, as_written) for document in documents)
    assert [one.error for one in posts if one.error] == []
    found = iter(run_katex(formula for one in posts for formula in one.formulas))
    got = [[next(found) for _ in one.formulas] for one in posts]
    known = [n for n, one in enumerate(wanted) if one.error is None]
    count = sum(isinstance(node, Formula) for node in walk(documents[0].blocks))

    assert [formulas[n] for n in known if got[n] != [wanted[n]] * count] == []
    return len(known)


@cache
def library() -> Library:
    return load_library(REPOSITORY, NO_CACHE).library


def content_formulas() -> list[str]:
    documents = (prose.document for head in library().all_entries() for prose in read_prose(library().read(head)))
    nodes = (node for document in documents for node in walk(document.blocks))
    return sorted({node.latex for node in nodes if isinstance(node, Formula)})


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest) -> Callable[[Formula], Document]:
    """A place for a formula in a document."""
    return PLACES[request.param]


def test_golden_formulas_reach_katex_unchanged(place: Callable[[Formula], Document]) -> None:
    formulas = [formula.latex for formula in load_formulas()]

    assert unchanged(formulas, place) >= 0.95 * len(formulas)


def test_formulas_of_the_content_reach_katex_unchanged(place: Callable[[Formula], Document]) -> None:
    formulas = content_formulas()

    assert unchanged(formulas, place) == len(formulas) > 200


def test_formulas_full_of_marks_reach_katex_unchanged(place: Callable[[Formula], Document]) -> None:
    assert unchanged(TRAPS, place) == len(TRAPS)


def test_generated_formulas_reach_katex_unchanged(place: Callable[[Formula], Document]) -> None:
    draw = random.Random("formulas")
    formulas = [random_formula(draw) for _ in range(600 * FACTOR)]

    assert unchanged(formulas, place) >= 400 * FACTOR


def test_formulas_written_naively_are_changed() -> None:
    """Without our writing many formulas come out changed, and no error tells: this is what the tests above can find."""
    formulas = [formula.latex for formula in load_formulas()]
    posts = run_oracle(f"{{% katex %}}{latex}{{% endkatex %}}" for latex in formulas)
    silent = [n for n, one in enumerate(posts) if one.error is None]
    wanted = run_katex(Katex(formulas[n], display=True) for n in silent)
    found = run_katex(posts[n].formulas[0] for n in silent)

    assert sum(one != two for one, two in zip(wanted, found, strict=True)) > 40


# --- Structure and words ---


def assert_same(source: str) -> None:
    document = parse_body(source)
    written = to_devto(document, as_written)
    breaks = sum(isinstance(node, LineBreak) for node in walk(document.blocks))
    # Only blocks of code are left to Forem's protection.
    code = "".join(node.source for node in walk(document.blocks) if isinstance(node, CodeBlock))

    for protect in (True,) if "{{" in code or "{%" in code else (True, False):
        (rendered,) = run_oracle([written], protect=protect)
        assert rendered.error is None
        assert outline_of_post(rendered) == list(outline(document.blocks))
        assert len(re.findall("<br>(?!\n?</p>)", rendered.html)) <= breaks


def test_content_is_shown_as_it_is() -> None:
    sources = [prose.source for head in library().all_entries() for prose in read_prose(library().read(head))]

    assert len(sources) > 100
    for source in sources:
        assert_same(source)


@pytest.mark.parametrize(
    "source",
    [
        "- a\n\n* b\n\n1. c\n\n2) d",
        "> a\n\n> b",
        "- a\n\n  b\n  - c\n\n  *d*\n\n- e",
        "- ```yaml\n  ---\n  a: {{ b }}\n\n  ```",
        "> > a\n>\n> *b*",
        "7. a\n8. b",
        "a*b*c and **d***e* in [*f*](https://a.org)*g* _*h* i_",
        "a\\\nb",
    ],
)
def test_structure_is_shown_as_it_is(source: str) -> None:
    assert_same(source)


@examples(60)
@given(bodies())
def test_any_body_is_shown_as_it_is(body: tuple[str, dict[str, str]]) -> None:
    assert_same(body[0])


@examples(100)
@given(SPECIAL)
def test_any_signs_are_shown_as_they_are(source: str) -> None:
    assert_same(source)


@examples(300)
@given(st.lists(st.sampled_from(HOSTILE), max_size=12).map("".join))
def test_what_dev_to_would_change_is_shown_as_it_is(source: str) -> None:
    assert_same(source)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ("{{ x }}y", "<p>y</p>\n"),
        ("__len__", "<p><strong>len</strong></p>\n"),
        ("==a== ~b~ x^2", "<p>==a== ~b~ x^2</p>\n"),
        ("<div>a</div>\n\n<script>b</script>", "<p>a</p>\n"),
        ("a\n\n<!-- note -->\n\nb", "<p>a</p>\n\n<p>b</p>\n"),
        ("$x$", "<p>$x$</p>\n"),
    ],
)
def test_the_oracle_does_what_dev_to_does(source: str, html: str) -> None:
    (rendered,) = run_oracle([source])

    assert re.sub("\n+", "\n", rendered.html) == re.sub("\n+", "\n", html)


@pytest.mark.parametrize("source", ["{% unknown %}", "an {{ open brace", "{% katex %}x"])
def test_the_oracle_refuses_what_dev_to_refuses(source: str) -> None:
    (rendered,) = run_oracle([source])

    assert rendered.error


def test_a_paragraph_is_one_line() -> None:
    assert post("a\nb\n\n- c\n  d") == "a b\n\n- c d"


def test_formulas_in_folded_text_are_words() -> None:
    assert inline_to_devto(inline_nodes("so $x_1 \\le y$"), as_written, folded=True) == "so x₁ ≤ y"


# --- The format ---


@cache
def theme() -> Theme:
    return load_theme(REPOSITORY, "en", cache_of(REPOSITORY))


@cache
def issues() -> tuple[Issue, ...]:
    assembled = assemble_issues(library(), until=DAY)
    return tuple(read_issue(issue, library()) for issue in assembled.issues)


def post_of(issue: Issue) -> str:
    (file,) = render_devto(issue, theme()).files
    assert file.path == "devto.md"
    return file.content.decode()


def front_matter(written: str) -> dict[str, str]:
    head = written.removeprefix("---\n").split("\n---\n")[0]
    return dict(line.split(": ", maxsplit=1) for line in head.split("\n"))


def test_every_issue_is_shown_without_error() -> None:
    posts = [post_of(issue) for issue in issues()]

    for written, rendered in zip(posts, run_oracle(posts), strict=True):
        levels = [part[0] for part in outline_of_post(rendered) if part[0] in HEADINGS]
        folded = re.findall(r"<details>.*?</details>", rendered.html, re.DOTALL)

        assert rendered.error is None
        assert "h1" not in levels
        assert "h2" in levels
        assert folded
        assert not [text for text in folded if "<span></span>" in text]  # a formula that did not survive
        assert not re.search(
            r"\$|\{%|\{\{|katex",
            re.sub(r"<pre>.*?</pre>|<code>.*?</code>", "", rendered.html, flags=re.DOTALL),
        )
        assert len(written.encode()) < 800_000


def test_the_post_begins_with_front_matter() -> None:
    issue = issues()[0]._replace(
        title='"A: b" — c² {{ d }}', tags=("fine-tuning", "C++", "x" * 31, "LLM", "llm", "ai", "ml")
    )
    written = post_of(issue)

    assert front_matter(written) == {
        "title": '"\\"A: b\\" — c {{ d }}"',
        "published": "false",
        "description": f'"{issue.summary}"',
        "tags": "finetuning, c, llm, ai",
        "canonical_url": f'"{issue.url}"',
        "cover_image": f'"{issue.url}cover-devto.png"',
        "series": f'"{issue.series}"',
    }
    assert posted(issue)[0] == ("p", f"<em>{issue.tagline}</em>")


def test_the_post_for_the_api_has_no_front_matter() -> None:
    issue = issues()[0]
    bare = post_of(issue._replace(devto=DevTo(front_matter=False)))

    assert post_of(issue).endswith("---\n\n" + bare)
    assert bare.startswith("*")
    assert bare.endswith(f"* * *\n\nOriginally published on [{issue.newsletter_title}]({issue.url}).\n")


def test_the_parts_of_an_issue_stand_in_the_post() -> None:
    issue = issues()[-1]
    parts = [at_its_depth(part) for part in posted(issue)]

    for section in issue.entry_sections:
        start = parts.index(("h1", f"{section.heading}: {section.entry.title}"))
        body = [without_addresses(part) for part in outline(parse_body(section.entry.body).blocks)]
        assert any(parts[n : n + len(body)] == body for n in range(start, len(parts)))


def posted(issue: Issue) -> list[Part]:
    (rendered,) = run_oracle([post_of(issue)])
    return outline_of_post(rendered)


def at_its_depth(part: Part) -> Part:
    """Raise a heading to the level that it has in its entry."""
    kind, *rest = without_addresses(part)
    return (f"h{int(str(kind)[1]) - 1}", *rest) if kind in HEADINGS else (kind, *rest)


def without_addresses(part: Part) -> Part:
    """Take the addresses away: as written they are internal, in the post they are not."""
    return tuple(re.sub(r"\((?:[a-z]+%3A|images/)[^)]*\)", "", str(one)) for one in part)


def test_titles_of_sections_are_shown_as_they_are() -> None:
    issue = issues()[-1]
    fields = {"id": "c", "title": "1. C#", "summary": "*All* of {{ it }}.", "body": Block("A body.\n")}
    odd = issue.entry_sections[0]._replace(kind="feature", heading="__C__", entry=Feature.model_validate(fields))
    parts = posted(issue._replace(sections=(odd,)))

    assert ("h2", "__C__: 1. C#") in parts
    assert ("p", "<strong>*All* of {{ it }}.</strong>") in parts


@pytest.mark.parametrize(
    ("title", "mangled"),
    [
        ("O(n²) → O(n log n)", ("²", "→")),
        ("≥ × ∑ √ ∇ ∞ ±", ("≥", "×", "∑", "√", "∇", "∞", "±")),
        ("LoRA & QLoRA — Deep Dive + Problem: a_b | <T> $5 €5 £5 ^~` 100%", ()),
        ("naïve 漢字 שלום ℝ ٣", ()),
        ("🎉 👩‍💻 ❤️ ✅ ⚡ © ® ™", ()),
        ("½ ½", ("½",)),
    ],
)
def test_what_dev_to_takes_out_of_titles(title: str, mangled: tuple[str, ...]) -> None:
    assert mangled_characters(title) == mangled


def test_a_title_is_cut_to_what_dev_to_takes() -> None:
    assert kept_title("O(n²) → O(n log n)") == "O(n ) O(n log n)"
    assert kept_title("a" * MAX_TITLE) == "a" * MAX_TITLE
    assert kept_title("a" * (MAX_TITLE + 1)) == "a" * (MAX_TITLE - 1) + "…"


def test_tags_are_written_as_dev_to_knows_them() -> None:
    assert devto_tags(["Fine-Tuning", "c++", "é", "x" * 31, "finetuning"]) == ("finetuning", "c")
    assert devto_tags("abcdef") == ("a", "b", "c", "d")
