"""The YAML reader: what is read, what is refused, and where things stand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conftest import examples
from pixeldigest.yamlerror import YamlError
from pixeldigest.yamltree import MAX_DEPTH, Block, Mapping, Node, Scalar, Sequence, parse_tree, position_in, to_plain

REPOSITORY = Path(__file__).parent.parent
ENTRIES = sorted((REPOSITORY / "content").rglob("*.yml")) + sorted((REPOSITORY / "tests/newsletters").rglob("*.yml"))


@pytest.mark.parametrize(
    "typed", ["no", "12:30", "007", "3.10", "1e3", "0x10", "~x", "2026-11-21", "Null", "yes", "=", "1_000"]
)
def test_plain_texts_stay_what_was_typed(typed: str) -> None:
    assert {"key": typed, "list": [typed]} == to_plain(parse_tree(f"key: {typed}\nlist:\n  - {typed}\n"))


def test_empty_values_are_left_out_and_empty_items_are_none() -> None:
    assert to_plain(parse_tree("a:\nb: ''\nc:\n  -\n  - x\n")) == {"b": "", "c": [None, "x"]}


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n", "---\n", "--- # nothing\n", "---\n...\n"])
def test_nothing_is_none(text: str) -> None:
    assert parse_tree(text) is None


def test_only_literal_blocks_are_blocks() -> None:
    plain = to_plain(parse_tree("a: |\n  x\nb: >\n  x\nc: 'x'\n"))

    assert isinstance(plain, dict)
    assert {key: isinstance(value, Block) for key, value in plain.items()} == {"a": True, "b": False, "c": False}


@pytest.mark.parametrize("path", ENTRIES, ids=[str(path.relative_to(REPOSITORY)) for path in ENTRIES])
def test_real_files_read_as_yaml_reads_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    loaded = yaml.load(text, Loader=yaml.CBaseLoader)

    assert _without_empty(loaded) == to_plain(parse_tree(text))


def _without_empty(value: object) -> object:
    """BaseLoader reads an empty value as an empty text."""
    if isinstance(value, dict):
        return {key: _without_empty(inner) for key, inner in value.items() if inner != ""}
    return [_without_empty(inner) for inner in value] if isinstance(value, list) else value


# --- positions ---

WORDS = st.text(st.sampled_from("abc'\"\\#:-[]{}é数,&*!|>%@`$ <"), min_size=1, max_size=12)
LINES = st.lists(st.one_of(st.just(""), WORDS), min_size=1, max_size=6)


@given(LINES, st.sampled_from(["|", "|-", "|+", "|2", "|4-", "|1+"]), st.integers(0, 2), st.booleans())
def test_every_character_of_a_block_is_found(content: list[str], header: str, depth: int, comment: bool) -> None:  # noqa: FBT001
    """The source is made by hand: the text's lines, indented; so each character is where it was put."""
    digit = next((int(one) for one in header if one.isdigit()), 0)
    indent = " " * (digit or 3)
    if not digit:
        content = [line.lstrip(" ") for line in content]
    parents = "".join("  " * level + f"k{level}:\n" for level in range(depth))
    margin = "  " * depth
    body = "\n".join(margin + indent + line if line else "" for line in content)
    text = f"{parents}{margin}key: {header}{'  # why' if comment else ''}\n{body}\n{margin}end: x\n"

    _assert_positions(text, depth)


@given(LINES.filter(lambda lines: any(line.strip() for line in lines)), st.integers(1, 3))
def test_every_visible_character_of_a_folded_block_is_found(content: list[str], indent: int) -> None:
    lines = [line.lstrip(" ") for line in content]
    body = "\n".join(" " * indent + line if line else "" for line in lines)

    _assert_positions(f"key: >-\n{body}\nend: x\n", 0)


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from([" ", "\n   ", "\n\n  ", "  \n "]))
def test_every_visible_character_of_a_quoted_text_is_found(words: list[str], between: str) -> None:
    single = between.join(word.replace("'", "''") for word in words)
    double = between.join(word.replace("\\", "\\\\").replace('"', '\\"') for word in words)

    _assert_positions(f"a:\n  key: '{single}'\nend: x\n", 1)
    _assert_positions(f'a:\n  key: "{double}"\nend: x\n', 1)


@given(
    st.lists(st.text("abé数()$<^", min_size=1, max_size=5), min_size=1, max_size=5),
    st.sampled_from([" ", "\n   ", "\n\n    "]),
)
def test_every_visible_character_of_a_plain_text_is_found(words: list[str], between: str) -> None:
    _assert_positions(f"a:\n  key:   {between.join(words)}\nend: x\n", 1)


def _assert_positions(text: str, depth: int) -> None:
    """Each visible character of the text must stand, in the source, at the place that is told; and places go up."""
    tree = parse_tree(text)
    for _ in range(depth):
        assert isinstance(tree, Mapping)
        tree = tree.pairs[0][1]
    assert isinstance(tree, Mapping)
    scalar = tree.pairs[0][1]
    assert isinstance(scalar, Scalar)
    lines = tuple(text.split("\n"))
    places = [position_in(scalar, offset, lines) for offset in range(len(scalar.text))]

    visible = [(lines[line][column : column + 1], place) for place in places for line, column in [place]]
    for character, (typed, (line, column)) in zip(scalar.text, visible, strict=True):
        if character not in " \n":
            assert typed in (character, "\\"), (scalar, line, column)
            assert typed == character or lines[line][column + 1] == character
    shown = [place for character, place in zip(scalar.text, places, strict=True) if character not in " \n"]
    assert sorted(set(shown)) == shown
    # Nothing was skipped: what is seen of the source between the first and last place is the text and escapes only.
    assert len(shown) == sum(character not in " \n" for character in scalar.text)


@pytest.mark.parametrize(
    ("source", "word", "place"),
    [
        ("key: |\n  one\n  <b>\n", "<b>", (2, 2)),
        ("key: |\n\n\n  <b>\n", "<b>", (3, 2)),
        ("key: |2\n    <b>\n", "<b>", (1, 4)),
        ("key: |1-\n   x <b>\n", "<b>", (1, 5)),
        ("key: |\n  a\n\n\n    <b>\n", "<b>", (4, 4)),
        ("- |\n <b>\n", "<b>", (1, 1)),
        ("key: >\n  one\n  two\n\n  <b>\n", "<b>", (4, 2)),
        ("key: one\n  two <b>\n", "<b>", (1, 6)),
        ("key: 'it''s <b>'\n", "<b>", (0, 12)),
        ('key: "\\"\\u00e9\\x41\\t <b>"\n', "<b>", (0, 21)),
        ('key: "one\\\n   \\ two <b>"\n', "<b>", (1, 9)),
        ('key: "one\\n\\n  two <b>"\n', "<b>", (0, 19)),
        ("- ' <b>'\n", "<b>", (0, 4)),
        ("{a: [x, <b>]}", "<b>", (0, 8)),
    ],
)  # fmt: skip
def test_position_of_a_word(source: str, word: str, place: tuple[int, int]) -> None:
    scalar = next(one for one in _scalars(parse_tree(source)) if word in one.text)

    assert place == position_in(scalar, scalar.text.index(word), tuple(source.split("\n")))


@pytest.mark.parametrize(
    ("source", "offset", "place"),
    [
        ("key: |\n  one\n  two\n", 3, (1, 5)),
        ("key: one\n  two\n", 3, (0, 8)),
        ("key: 'one  two'\n", 4, (0, 10)),
        ("key: '  one'\n", 1, (0, 7)),
        ("key: one\n", 3, (0, 8)),
        ('key: "one\\ntwo"\n', 3, (0, 9)),
        ("key: >\n  one\n  two\n", 7, (2, 5)),
    ],
)
def test_position_of_a_space_or_an_end(source: str, offset: int, place: tuple[int, int]) -> None:
    scalar = list(_scalars(parse_tree(source)))[1]

    assert place == position_in(scalar, offset, tuple(source.split("\n")))


def _scalars(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield key
            yield from _scalars(value)


# --- robustness ---


def read(text: str) -> Node | YamlError | None:
    """Read a text; anything but a tree or a YamlError whose place is in the text is a failure."""
    lines = tuple(text.split("\n"))
    try:
        tree = parse_tree(text)
    except YamlError as raised:
        fault = raised
    else:
        _try_places(tree, lines)
        return tree
    assert 0 <= fault.line <= len(lines), fault.message
    assert 0 <= fault.column <= len(lines[min(fault.line, len(lines) - 1)]) + 1, fault.message
    assert "does not parse as YAML" not in fault.message, f"{fault.message}: {text[:300]!r}"
    return fault


def _try_places(tree: Node | None, lines: tuple[str, ...]) -> None:
    for scalar in _scalars(tree):
        for offset in {0, len(scalar.text) // 2, len(scalar.text)}:
            line, column = position_in(scalar, offset, lines)
            assert 0 <= line <= len(lines)
            assert column >= 0


@examples(400)
@given(st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@`#\n\t \\~=<.0ÿ\u2028\0"), max_size=60))
def test_yaml_signs_in_any_order(text: str) -> None:
    read(text)


@examples(200)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    read(text.encode("utf-8", "replace").decode())


@pytest.mark.parametrize("seed", range(150))
def test_mutated_files(seed: int) -> None:
    chance = random.Random(seed)
    text = chance.choice(ENTRIES).read_text(encoding="utf-8")
    other = chance.choice(ENTRIES).read_text(encoding="utf-8")
    at, length = chance.randrange(len(text) + 1), chance.randrange(60)
    match seed % 6:
        case 0:
            text = text[:at]
        case 1:
            text = text[:at] + other[chance.randrange(len(other)) :]
        case 2:
            text = text[:at] + text[at + length :]
        case 3:
            text = (
                text[:at] + chance.choice("[]{}:-'\"|>&*!%@`#\t\n?,\0\\") * chance.choice((1, 1, 2, 3, 40)) + text[at:]
            )
        case 4:
            lines = text.split("\n")
            lines[at % len(lines)] = " " * chance.randrange(9) + lines[at % len(lines)].lstrip()
            text = "\n".join(lines)
        case 5:
            lines = text.split("\n")
            chance.shuffle(lines)
            text = "\n".join(lines)

    read(text)


@pytest.mark.parametrize(
    "unit",
    [
        "[", "{", "- ", "[{", "? ", "a: [", "{a: ", "[\n", "- - ", "- a: ", "]", "}", ",",
        "'", '"', "&a ", "!t ", "| ", "%", "a ", ": ", "-\n", "#",
    ],
)  # fmt: skip
def test_a_megabyte_of_one_sign_is_read_or_refused_at_once(unit: str) -> None:
    """Were the whole read, brackets would take hours: libyaml's time grows with the square of their depth."""
    read(unit * (1_000_000 // len(unit)))


def test_indentation_is_bounded_too() -> None:
    text = "".join(" " * level + "a:\n" for level in range(1000))
    fault = read(text)

    assert isinstance(fault, YamlError)
    assert (fault.rule, fault.line, fault.column) == ("yaml-depth", MAX_DEPTH, MAX_DEPTH)


@pytest.mark.parametrize("width", [20, 1_000_000])
def test_depth_is_counted_and_width_is_not(width: int) -> None:
    assert parse_tree("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    assert isinstance(read("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)), YamlError)
    assert Scalar("x" * width, "", 0, 3, 0, 3 + width) == next(
        iter(reversed(list(_scalars(parse_tree("a: " + "x" * width)))))
    )


def test_ten_thousand_brackets_do_not_crash_the_parser_below() -> None:
    """The reader never gets that far; but that it could is what makes its bound on depth enough."""
    with pytest.raises(yaml.YAMLError):
        list(yaml.parse("[" * 10_000, Loader=yaml.CSafeLoader))
