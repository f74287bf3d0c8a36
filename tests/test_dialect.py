"""Where other tools would read a text differently a warning says so, and nowhere else; its words are in
tests/data/mistakes/dialect.txt.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

from conftest import NEWSLETTERS, REPOSITORY, every_third, examples
from pixeldigest.cache import NO_CACHE
from pixeldigest.check.dialect import Difference, check_dialect, find_differences
from pixeldigest.check.texts import Passage, passages_of
from pixeldigest.content import Ref
from pixeldigest.library import CALENDAR_FILE, Library
from pixeldigest.loading import load_library
from pixeldigest.markup.document import CodeBlock, List, Paragraph, Text
from pixeldigest.markup.parse import parse_body
from test_markup import CASES, HOSTILE, SPECIAL, bodies


def differences(source: str) -> list[Difference]:
    return list(find_differences(source, parse_body(source)))


@pytest.mark.parametrize(
    "project",
    [REPOSITORY, REPOSITORY / "src/pixeldigest/sample", NEWSLETTERS / "small", NEWSLETTERS / "recorded"],
    ids=lambda project: project.name,
)
def test_no_false_alarm_on_whole_newsletters(project: Path) -> None:
    library, _ = load_library(project, NO_CACHE)

    assert library is not None
    assert [one for passage in all_passages(library) for one in check_dialect(passage)] == []


def all_passages(library: Library) -> Iterator[Passage]:
    for head in library.all_entries():
        yield from passages_of(library.read(head), library.files[head.ref])
    for page in library.pages.values():
        yield from passages_of(page, library.files[Ref("page", page.id)])
    for pin in library.pins.values():
        yield from passages_of(pin, CALENDAR_FILE)


@examples(60)
@given(bodies())
def test_no_false_alarm_on_ordinary_documents(body: tuple[str, dict[str, str]]) -> None:
    assert differences(body[0]) == []


ITEMS = List(None, ((Paragraph((Text("one"),)),), (Paragraph((Text("two"),)),)), tight=True)
NESTED = List(None, ((Paragraph((Text("one"),)), List(None, ((Paragraph((Text("two"),)),),), tight=True)),), tight=True)
SIMPLE = {
    "a list right after a paragraph": ("Words:\n- one\n- two", (Paragraph((Text("Words:"),)), ITEMS)),
    "two spaces before a nested item": ("- one\n  - two", (NESTED,)),
    "a fence in an item": (
        "- one\n  ```python\n  x\n  ```",
        (List(None, ((Paragraph((Text("one"),)), CodeBlock("python", "x\n", 20)),), tight=True),),
    ),
}


@pytest.mark.parametrize(("source", "blocks"), SIMPLE.values(), ids=SIMPLE)
def test_what_can_simply_work_does_without_a_warning(source: str, blocks: tuple[object, ...]) -> None:
    assert parse_body(source).blocks == blocks
    assert differences(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "A list after text:\n1. one\n2. two\n   - nested\n\n     words in it",
        "> A quote\nwith a lazy line\n\n> > and one within",
        "Text\n$$\nx\n$$\nand more, $x$ and $y$-th, \\$5 to \\$10, $5 and $10, $ x $",
        "$x$ is 5, and ends with a digit: 5",
        "5$x$ and 3$y$",
        "- a formula:\n\n  $$\n  x\n  $$\n- `$x$` and $`x`$",
        "[a](topic:means) [b][c] ![d](images/bars.svg)\n<https://example.org/a%20b> <mailto:a@b.org>\n\n[c]: feature:e",
        "*a **b** c* and **a *b* c** and ***d***, snake_case, 2 * 3 * 4, __init__ and *(so)* **(so)**, *it*.",
        "Setext\n---\n\n## Closed ##\n\n***\n\n    indented\n    \tcode\n\n~~~\nfence\n~~~",
        "| a | b |\n|---|:-:|\n| `c\\|d` | $\\vert e \\vert$ |\n| only one |\n\n| a head alone |\n|---|",
        "a  \nb\\\nc &amp; d &copy; \\* e",
    ],
)
def test_no_false_alarm(source: str) -> None:
    assert differences(source) == []


@pytest.mark.parametrize(
    ("source", "line", "theirs", "ours"),
    [
        ("**a (b)**c", 0, "plain words", "strong words 'a (b)'"),
        ("a\nb *x(*y\nc", 1, "plain words", "emphasis on 'x('"),
        ("<a@b.org>", 0, "a link to 'mailto:a@b.org'", "plain words"),
        ("a <?B c ?>", 0, "raw HTML '<?B c ?>'", "plain words"),
        ("a\n\n<div\nb\n\nc", 2, "raw HTML", "a paragraph"),
        ("[a]: b\n2. c", 1, "a numbered list", "a paragraph"),
        ("[a]: b\n---\n[a]", 1, "a rule", "a heading"),
        ("[a]: b\n===\n---", 1, "a heading with other words", "a heading"),
        ("- a\n| b |\n|---|", 1, "a list", "a table in a list"),
        ("> - a\n> | b |\n> |---|", 1, "a list in a quote", "a table in a list in a quote"),
        ("| a |\n|---|\n| b |\n| `c|d` |", 3, "plain words", "the code 'c|d'"),
        ("| a | b |\n|---|---|\n2. c", 2, "a numbered list", "a table"),
    ],
)
def test_a_difference_is_named_at_its_line(source: str, line: int, theirs: str, ours: str) -> None:
    found = differences(source)

    assert [one[:3] for one in found] == [(line, theirs, ours)]


def test_every_place_is_named_once() -> None:
    source = "**a (b)**c\nd\n**e (f)**g **h (i)**j\n\nk\n\n<l@m.org>"

    assert [one.line for one in differences(source)] == [0, 2, 6]


def test_a_line_with_a_fault_is_left_to_that() -> None:
    source = "a <b>c</b> **d (e)**f\n\n**g (h)**i"

    assert [one.line for one in differences(source)] == [2]


@pytest.mark.parametrize("name", CASES)
def test_a_warning_points_into_the_text(name: str) -> None:
    source = CASES[name][0]

    assert all(0 <= one.line <= source.count("\n") and one.theirs != one.ours for one in differences(source))


@examples(200)
@given(SPECIAL)
def test_any_text_can_be_compared(source: str) -> None:
    for one in differences(source):
        assert 0 <= one.line <= source.count("\n")
        assert one.theirs != one.ours


@pytest.mark.parametrize("part", every_third(HOSTILE))
def test_hostile_input_ends(part: str) -> None:
    assert len(differences((part * 10_000)[:10_000])) <= 1
