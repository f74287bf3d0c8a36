"""Diagnostics as values: their order, their print, what they propose."""

from __future__ import annotations

from typing import Any

import pytest

from pixeldigest.diagnostics import (
    Diagnostic,
    Place,
    format_diagnostic,
    format_github,
    has_errors,
    nearest,
    sort_diagnostics,
    suggest,
)


def make(excerpt: str = "difficulty: eazy", *, column: int = 13, width: int = 4, **rest: Any) -> Diagnostic:
    place = Place(rest.pop("path", "content/problems/a.yml"), rest.pop("line", 3), column, width, excerpt)
    return Diagnostic("difficulty", rest.pop("message", "'eazy' is wrong"), "write 'easy'", place, **rest)


def marked(diagnostic: Diagnostic) -> tuple[str, str]:
    """The excerpt and the marker, as they are printed."""
    *_, excerpt, marker = format_diagnostic(diagnostic).split("\n")
    return excerpt, marker


def test_the_shape_of_the_design() -> None:
    expected = """error[difficulty]: 'eazy' is wrong; write 'easy'
  --> content/problems/a.yml:3:13
  3 | difficulty: eazy
    |             ^^^^"""

    assert expected == format_diagnostic(make())


def test_without_an_excerpt_the_place_ends_it() -> None:
    assert format_diagnostic(make("")).endswith("\n  --> content/problems/a.yml:3:13")


@pytest.mark.parametrize(
    ("excerpt", "column", "width", "marker"),
    [
        ("title: 平均: x", 10, 1, "  3 | title: 平均: x\n    |            ^"),
        ("平均", 1, 2, "  3 | 平均\n    | ^^^^"),
        ("e\u0301tude: x", 4, 3, "  3 | e\u0301tude: x\n    |   ^^^"),
        ("short", 6, 1, "  3 | short\n    |      ^"),
        ("short", 4, 99, "  3 | short\n    |    ^^"),
        ("👩 x", 3, 1, "  3 | 👩 x\n    |    ^"),
    ],
)
def test_the_marker_stands_under_the_fault(excerpt: str, column: int, width: int, marker: str) -> None:
    assert marker == "\n".join(marked(make(excerpt, column=column, width=width)))


def test_the_gutter_is_as_wide_as_the_number() -> None:
    assert marked(make("x", column=1, width=1, line=1234)) == ("  1234 | x", "       | ^")


@pytest.mark.parametrize("column", [1, 2, 56, 57, 110, 111, 500, 945, 1000, 1001])
def test_a_long_line_is_cut_around_the_fault(column: int) -> None:
    line = "".join(f"{number:>10}" for number in range(0, 1000, 10))
    excerpt, marker = marked(make(line, column=column, width=1))

    assert len(excerpt) <= 110 + 8
    assert (line + " ")[column - 1] == (excerpt + " ")[marker.index("^")]


def test_order_is_by_file_and_place_and_nothing_is_said_twice() -> None:
    first, second, third = make(path="a", line=2), make(path="a", line=10), make(path="b", line=1)

    assert (first, second, third) == sort_diagnostics([third, second, first, first])


def test_warnings_are_no_errors() -> None:
    assert not has_errors([make(severity="warning")])
    assert has_errors([make(severity="warning"), make()])


def test_github_escapes_what_would_end_the_command() -> None:
    printed = format_github(make(path="a,b:c.yml", message="50% of\r\nall"))

    assert printed == "::error file=a%2Cb%3Ac.yml,line=3,col=13,title=difficulty::50%25 of%0D%0Aall; write 'easy'"


@pytest.mark.parametrize(
    ("word", "choices", "otherwise", "said"),
    [
        ("eazy", ("easy", "hard"), "", "did you mean 'easy'?"),
        ("HARD", ("easy", "hard"), "", "did you mean 'hard'?"),
        ("x", ("hard", "easy"), "", "use 'hard' or 'easy'"),
        ("x", ("c", "a", "b"), "", "use 'c', 'a' or 'b'"),
        ("x", ("easy",), "", "use 'easy'"),
        ("x", ("easy",), "write it first", "write it first"),
        ("x", (), "", ""),
        ("easy", (), "", ""),
    ],
)
def test_what_is_proposed(word: str, choices: tuple[str, ...], otherwise: str, said: str) -> None:
    assert said == suggest(word, choices, otherwise=otherwise)


def test_the_nearest_is_the_same_whatever_the_order() -> None:
    assert nearest("ab", ["aa", "bb"]) == nearest("ab", ["bb", "aa"])


def test_a_word_of_a_megabyte_is_compared_at_once() -> None:
    assert nearest("x" * 1_000_000, ["easy", "hard"]) is None
