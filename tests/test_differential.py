"""Every format says the same: headings, paragraphs, items, code and formulas in the same order, with the same words."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given

from conftest import REPOSITORY, examples
from forem.oracle import run_oracle
from outlines import (
    Part,
    in_letters,
    letters,
    outline_of_html,
    outline_of_markdown,
    outline_of_post,
    spell_mathml,
)
from pixeldigest.cache import NO_CACHE
from pixeldigest.loading import load_library
from pixeldigest.markup.devto import to_devto
from pixeldigest.markup.document import Document
from pixeldigest.markup.html import HtmlOptions, to_html
from pixeldigest.markup.mailhtml import Drawn, mail_leaves
from pixeldigest.markup.markdown import to_markdown
from pixeldigest.markup.mathml import FormulaError
from pixeldigest.markup.mathtext import latex_to_text
from pixeldigest.markup.parse import parse_body
from pixeldigest.markup.text import TextOptions, to_text
from pixeldigest.markup.webhtml import web_leaves
from pixeldigest.prose import read_prose
from test_markup import CASES, bodies


def as_written(url: str) -> str:
    return url


def drawn(latex: str, display: bool) -> Drawn:  # noqa: FBT001
    return Drawn("https://example.org/formula.png", 10, 10, 2)


def assert_same_everywhere(document: Document) -> None:
    """Compare what other readers see of post.md with what the other formats hold."""
    post = to_markdown(document, as_written)
    web = to_html(document, HtmlOptions(as_written, web_leaves()))
    mail = to_html(document, HtmlOptions(as_written, mail_leaves(drawn)))
    (devto,) = run_oracle([to_devto(document, as_written)])
    text = to_text(document, TextOptions(lambda _: None))
    exact = outline_of_markdown(post, spell_mathml)
    readable = in_letters(outline_of_markdown(post, latex_to_text))

    assert outline_of_html(web) == exact
    assert outline_of_post(devto, spell_mathml) == exact
    assert in_letters(outline_of_html(mail)) == readable
    assert_text_says(text, outline_of_markdown(post, latex_to_text))


def assert_text_says(text: str, parts: list[Part]) -> None:
    """Find the words of all parts in a text, in order, and nothing else but the numbers of lists.

    Tables put their cells side by side, line by line, so of these every letter has to be somewhere.
    """
    rest, beside = letters(text), ""
    for words in (letters(words) for kind, words in parts if kind != "cell"):
        before, found, rest = rest.partition(words) if words else ("", "", rest)
        assert found == words
        beside += before
    has_cells = any(kind == "cell" for kind, _ in parts)

    assert Counter(letters("".join(words for _, words in parts))) <= Counter(letters(text))
    assert has_cells or re.fullmatch("[0-9]*", beside + rest)


def test_every_text_of_the_content_is_the_same_everywhere() -> None:
    library, _ = load_library(REPOSITORY, NO_CACHE)
    assert library is not None
    documents = [prose.document for head in library.all_entries() for prose in read_prose(library.read(head))]

    assert len(documents) > 300
    for document in documents:
        assert_same_everywhere(document)


def parses(source: str) -> bool:
    """Tell whether all formulas in a body are sound; `check` lets no others go out."""
    try:
        outline_of_markdown(to_markdown(parse_body(source), as_written), spell_mathml)
    except FormulaError:
        return False
    return True


SOUND = {name: source for name, (source, _) in CASES.items() if parses(source)}


@pytest.mark.parametrize("source", SOUND.values(), ids=SOUND)
def test_every_case_is_the_same_everywhere(source: str) -> None:
    assert_same_everywhere(parse_body(source))


@examples(60)
@given(bodies())
def test_any_body_is_the_same_everywhere(body: tuple[str, dict[str, str]]) -> None:
    assert_same_everywhere(parse_body(body[0]))


CHANGES = [
    ("<h2", "<h3"),
    ("A title", "A tide"),
    ("<code>c</code>", "c"),
    ("<mi>d</mi>", "<mi>e</mi>"),
    ("<li>", "<p>"),
    ("<blockquote>", "<div>"),
    ('class="formula"', ""),
    ("<td>", "<p>"),
    ("<pre", "<p"),
    ("  indented", "indented"),
    ("<hr>", ""),
]


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_a_difference_is_found(old: str, new: str) -> None:
    """The readers tell apart what this is about."""
    source = (
        "## A title\n\nb `c` $d$\n\n- e\n\n> f\n\n$$\ng\n$$\n\n"
        "| h | i |\n|---|---|\n| j | k |\n\n```\nl\n  indented\n```\n\n***"
    )
    html = to_html(parse_body(source), HtmlOptions(as_written, web_leaves()))

    assert old in html
    assert outline_of_html(html) == outline_of_markdown(source, spell_mathml)
    assert outline_of_html(html.replace(old, new)) != outline_of_html(html)


def test_a_missing_or_added_word_of_the_text_is_found() -> None:
    parts = [Part("paragraph", "one two"), Part("item"), Part("paragraph", "three")]

    assert_text_says("one\ntwo\n\n1. three", parts)
    for text in ("one two\n\n1. thee", "three\n\none two", "one two and\n\nthree"):
        with pytest.raises(AssertionError):
            assert_text_says(text, parts)
