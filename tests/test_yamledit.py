"""Changing a YAML file: what differs, and nothing else."""

from __future__ import annotations

import difflib
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from conftest import NEWSLETTERS, REPOSITORY, examples
from pixeldigest.yamledit import append_item, rewrite, rewrite_file, set_value
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltext import entry_text, says
from pixeldigest.yamltree import Block, parse_tree, to_plain

REAL = sorted(
    path
    for folder in (REPOSITORY / "content", REPOSITORY / "src/pixeldigest/sample/content", NEWSLETTERS)
    for path in folder.rglob("*.yml")
    if "expected" not in path.parts and "templates" not in path.parts
)

ENTRY = dedent(
    """\
    # yaml-language-server: $schema=../schemas/topic.json

    title: 'LoRA: the idea'   # to be shortened
    summary: Low-rank updates.
    tags: [llm, fine-tuning]  # two are enough
    # ready since March
    draft: no
    body: |  # Markdown
      ## Introduction

      A text with `code`.

    quiz:
      # the easy one
      - id: rank   # never change this
        question: What is $r$?
        choices:
        - a rank
        - "a \\"rate\\""
        answer: a rank

      # the hard one
      - id: alpha
        question: What is $\\alpha$?
        choices: [one, two]
        answer: [one]
    # the end
    """
)


def values_of(text: str) -> Any:
    return to_plain(parse_tree(text))


def changed(before: str, after: str) -> list[str]:
    """The lines that a diff shows."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}]


def edited(*path: str | int, to: Any, text: str = ENTRY) -> list[str]:
    return changed(text, set_value(text, path, to))


def test_a_changed_text_is_a_diff_of_one_line() -> None:
    assert edited("title", to="LoRA: the whole idea") == [
        "-title: 'LoRA: the idea'   # to be shortened",
        "+title: 'LoRA: the whole idea'   # to be shortened",
    ]
    assert edited("summary", to="Low rank: cheap.") == ["-summary: Low-rank updates.", "+summary: 'Low rank: cheap.'"]
    assert edited("quiz", 0, "choices", 1, to='a "step"') == ['-    - "a \\"rate\\""', '+    - "a \\"step\\""']
    assert edited("quiz", 1, "answer", 0, to="two") == ["-    answer: [one]", "+    answer: [two]"]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_in_every_real_file_a_changed_text_is_a_diff_of_one_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    values = values_of(text)
    for key in ("title", "label", "language"):
        if key in values:
            after = set_value(text, (key,), f"{values[key]}: new")

            assert len(changed(text, after)) == 2
            assert values_of(after) == values | {key: f"{values[key]}: new"}
    assert rewrite(text, values) == text


def test_a_block_changes_where_its_lines_do() -> None:
    body = "## Introduction\n\nA text with `code`, and more.\n"

    assert edited("body", to=Block(body)) == ["-  A text with `code`.", "+  A text with `code`, and more."]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("no end", ["body: |-", "  no end"]),
        ("two ends\n\n", ["body: |+", "  two ends", ""]),
        ("  indented\n", ["body: |2", "    indented"]),
        ("\ttab\n", ["body: |2", "  \ttab"]),
        ("\n \nlate\n", ["body: |2", "", "   ", "  late"]),
        ("trailing  \n", ["body: |", "  trailing  "]),
        ("\n", ["body: |+", ""]),
        ("# no comment\n--- none\n", ["body: |", "  # no comment", "  --- none"]),
        ("a\u2028b\n", ['body: "a\\U00002028b\\n"']),
    ],
)
def test_blocks_hold_blanks_at_all_ends(text: str, lines: list[str]) -> None:
    assert entry_text({"body": Block(text)}).splitlines() == lines
    assert values_of(entry_text({"body": Block(text)})) == {"body": text}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("no", "no"),
        ("12:30", "12:30"),
        ("007", "007"),
        ("~", "~"),
        ("a: b", "'a: b'"),
        ("C # and", "'C # and'"),
        ("C# and", "C# and"),
        ("it's: so", "'it''s: so'"),
        ("*bold*", "'*bold*'"),
        ("- dash", "'- dash'"),
        ("", "''"),
        (" blank ", "' blank '"),
        ("tab\there", "tab\there"),
        ("two\nlines", '"two\\nlines"'),
        ("bell\a", '"bell\\U00000007"'),
    ],
)
def test_texts_get_only_the_quotes_that_they_need(text: str, written: str) -> None:
    after = set_value("k: [x]\n", ("k",), [text])

    assert values_of(after) == {"k": [text]}
    if "\n" not in text and not set(text) & set(",[]{}"):
        assert after == f"k: [{written}]\n"


def test_lists_stay_in_their_style() -> None:
    assert append_item("tags: [a,  b]  # c\n", ("tags",), "c") == "tags: [a,  b, c]  # c\n"
    assert append_item("tags:\n- a # 1\n", ("tags",), "c") == "tags:\n- a # 1\n- c\n"
    assert append_item("tags: [\n  a,  # 1\n  b,  # 2\n]\n", ("tags",), "c") == "tags: [\n  a,  # 1\n  b, c,  # 2\n]\n"
    assert append_item("tags: []\n", ("tags",), "c") == "tags: [c]\n"
    assert append_item("title: x\n", ("tags",), "c") == "title: x\ntags: [c]\n"
    assert set_value("tags: [a, b, c]\n", ("tags",), ["a", "c"]) == "tags: [a, c]\n"
    assert set_value("hints:\n  - a\n", ("hints",), []) == "hints: []\n"


def test_items_that_move_take_their_comments_along() -> None:
    values = values_of(ENTRY)
    after = rewrite(ENTRY, values | {"quiz": values["quiz"][::-1]})

    assert after[after.index("quiz") :] == dedent(
        """\
        quiz:
          # the easy one

          # the hard one
          - id: alpha
            question: What is $\\alpha$?
            choices: [one, two]
            answer: [one]
          - id: rank   # never change this
            question: What is $r$?
            choices:
            - a rank
            - "a \\"rate\\""
            answer: a rank
        # the end
        """
    )


def test_new_keys_stand_where_they_stand_among_the_values() -> None:
    values = values_of(ENTRY)
    quiz = [{"id": "rank", "hard": "no"} | values["quiz"][0] | {"explanation": "Since: so."}, values["quiz"][1]]
    wanted = {"title": values["title"], "short_title": "LoRA"} | values | {"quiz": quiz}

    assert changed(ENTRY, rewrite(ENTRY, wanted)) == [
        "+short_title: LoRA",
        "+    hard: no",
        "+    explanation: 'Since: so.'",
    ]


def test_keys_go_with_what_follows_on_their_lines() -> None:
    values = values_of(ENTRY)
    del values["draft"], values["title"], values["quiz"][0]["id"]

    assert changed(ENTRY, rewrite(ENTRY, values)) == [
        "-title: 'LoRA: the idea'   # to be shortened",
        "-draft: no",
        "-  - id: rank   # never change this",
        "-    question: What is $r$?",
        "+  - question: What is $r$?",
    ]


def test_values_change_their_form() -> None:
    assert edited("summary", to=Block("Two\nlines\n")) == [
        "-summary: Low-rank updates.",
        "+summary: |",
        "+  Two",
        "+  lines",
    ]
    assert edited("body", to="One line")[0:2] == ["-body: |  # Markdown", "-  ## Introduction"]
    assert edited("body", to="One line")[-1] == "+body: One line  # Markdown"
    assert edited("quiz", 1, "answer", to="one") == ["-    answer: [one]", "+    answer: one"]
    assert edited("quiz", 0, "answer", to=["a rank", "a rate, or so"]) == [
        "-    answer: a rank",
        "+    answer:",
        "+      - a rank",
        "+      - a rate, or so",
    ]


def test_files_keep_their_line_ends_and_their_last_line() -> None:
    assert rewrite_file(b"\xef\xbb\xbftitle: a\r\nbody: |\r\n  b\r\n", {"title": "c", "body": Block("b\nd\n")}) == (
        b"\xef\xbb\xbftitle: c\r\nbody: |\r\n  b\r\n  d\r\n"
    )
    assert rewrite_file(b"title: a", {"title": "b"}) == b"title: b"
    assert rewrite_file(b"", {"title": "b"}) == b"title: b\n"
    assert rewrite_file(b"# only a comment\n", {"title": "b"}) == b"# only a comment\ntitle: b\n"


def test_a_layout_that_cannot_be_kept_is_written_anew() -> None:
    assert rewrite("? title\n: a\n", {"title": "b"}) == "title: b\n"
    assert rewrite("{title: a}\n", {"title": "b"}) == "title: b\n"


def test_a_text_that_does_not_parse_is_refused() -> None:
    with pytest.raises(YamlError, match="not closed"):
        rewrite("title: 'a\n", {"title": "b"})


ALPHABET = st.sampled_from("abä€😀 -:#,'\"\\[]{}&*!|>%@`?~=<0.\t\n$_/")
TEXTS = st.one_of(st.text(ALPHABET, max_size=12), st.sampled_from(["no", "12:30", "- a", "a: b", "a #b", "<<", "---"]))
BLOCKS = st.text(ALPHABET, max_size=24).map(Block)
WORDS = st.lists(st.sampled_from(["llm", "ml", "fine-tuning", "a1"]), max_size=4)
KEYS = st.sampled_from(["id", "title", "summary", "tags", "body", "quiz", "hints", "url"])
ITEMS = st.one_of(TEXTS, BLOCKS, st.dictionaries(KEYS, st.one_of(TEXTS, BLOCKS, WORDS), min_size=1, max_size=3))
VALUES = st.dictionaries(
    KEYS,
    st.one_of(TEXTS, BLOCKS, WORDS, st.lists(ITEMS, max_size=4), st.dictionaries(KEYS, TEXTS, min_size=1, max_size=3)),
    min_size=1,
    max_size=6,
)


@given(VALUES, VALUES)
@examples(150)
def test_any_values_are_read_back_as_they_were_written(before: Any, after: Any) -> None:
    text = entry_text(before)

    assert says(parse_tree(text), before)
    assert says(parse_tree(rewrite(text, after)), after)


@given(VALUES)
@examples(60)
def test_another_reader_of_yaml_finds_the_same_texts(values: Any) -> None:
    assume(not any("\t" in one for one in texts_in(values)))  # it refuses some that YAML allows

    assert [str(one) for one in texts_in(YAML(typ="base", pure=True).load(entry_text(values)))] == texts_in(values)


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value]


@st.composite
def decorated(draw: st.DrawFn) -> str:
    """A text whose lines have comments and blank lines between and behind them."""
    values = draw(VALUES)
    lines: list[str] = []
    for key, value in values.items():
        own = entry_text({key: value}).splitlines()
        if draw(st.booleans()):
            lines.append(f"# above {key}")
        if draw(st.booleans()) and not own[0].endswith(('"', "'")):
            own[0] += f"  # behind {key}"
        lines += own
        if draw(st.booleans()) and isinstance(value, str) and not isinstance(value, Block):
            lines.append("")
    text = "\n".join((*lines, "# below", ""))
    assume(says(parse_tree(text), values))
    return text


@given(decorated(), st.data())
@examples(200)
def test_lines_that_are_not_concerned_stay_as_they_are(text: str, data: st.DataObject) -> None:
    values = values_of(text)
    key = data.draw(st.sampled_from(sorted(values)))
    value = data.draw(st.one_of(TEXTS, BLOCKS, WORDS.filter(bool), st.lists(ITEMS, min_size=1, max_size=3)))
    assume(says(parse_tree(entry_text({key: value})), {key: value}))

    after = set_value(text, (key,), value)

    start, end = lines_of(text, key)
    lines, rest = text.splitlines(), after.splitlines()
    assert rest[: start - 1] == lines[: start - 1]
    assert rest[len(rest) - len(lines) + end :] == lines[end:]
    assert says(parse_tree(after), values | {key: value})


def lines_of(text: str, key: str) -> tuple[int, int]:
    """The lines of a key, counted from 1, to the last before the next one or its comment."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:"))
    later = (number for number, line in enumerate(lines[start:], start) if line[:1] not in {"", " ", "-"})
    return start, next(later, len(lines))


@given(
    st.sampled_from([ENTRY, *(path.read_text(encoding="utf-8") for path in REAL if "topics" in path.parts)]), st.data()
)
@examples(60)
def test_real_entries_keep_their_comments_whatever_is_changed(text: str, data: st.DataObject) -> None:
    values = values_of(text)
    keys = data.draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=3))
    for key in keys:
        if isinstance(values[key], list):
            values[key] = data.draw(st.permutations(values[key]))
        else:
            values[key] = data.draw(st.one_of(TEXTS, BLOCKS))

    after = rewrite(text, values)

    assert says(parse_tree(after), values)
    for comment in ("# two are enough", "# the easy one", "# never change this", "# the hard one", "# the end"):
        assert after.count(comment) == text.count(comment)
