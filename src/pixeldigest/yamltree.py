"""YAML text → a small tree of nodes with positions; only the plain part of YAML is accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

MAX_DEPTH = 24
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(NamedTuple):
    """A text; `style` is YAML's own sign for it: empty (plain), ', ", | or >. Positions count from 0."""

    text: str
    style: str
    line: int
    column: int
    end_line: int
    end_column: int


class Sequence(NamedTuple):
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int
    column: int


class Mapping(NamedTuple):
    """Keys and values, in the order of the file."""

    pairs: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int


Node = Scalar | Sequence | Mapping


class YamlFault(Exception):
    """YAML that is broken or outside the accepted part; positions count from 0."""

    def __init__(self, rule: str, message: str, hint: str, line: int, column: int, width: int = 1) -> None:
        super().__init__(message)
        self.rule, self.message, self.hint = rule, message, hint
        self.line, self.column, self.width = line, column, width


def parse_tree(text: str) -> Node | None:
    """Parse one YAML document; None where it is empty.

    Nothing is resolved: every plain scalar stays the text that was typed. Raises YamlFault.
    The tree is built from the parser's events, so that depth is bounded before libyaml's composer,
    which would overflow the C stack, ever sees the text.
    """
    events = _guarded(yaml.parse(text, Loader=_Loader))
    try:
        next(events)  # the stream starts
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        root = _build(next(events), events, 1)
        next(events)  # the document ends
        after = next(events)
    except yaml.reader.ReaderError as error:
        raise _reader_fault(text) from error
    except yaml.MarkedYAMLError as error:
        raise _translated(error, text) from error
    if not isinstance(after, yaml.StreamEndEvent):
        mark = after.start_mark
        raise YamlFault(
            "yaml", "a second document starts here", "keep one entry a file, without '---'", mark.line, 0, 3
        )
    return None if isinstance(root, Scalar) and not root.style and not root.text else root


def to_plain(node: Node | None) -> object:
    """Turn a tree into dicts, lists and texts; keys and items without a value are left out or None."""
    if isinstance(node, Scalar):
        if node.style == "|":
            return Block(node.text)
        return node.text if node.text or node.style else None
    if isinstance(node, Sequence):
        return [to_plain(item) for item in node.items]
    if isinstance(node, Mapping):
        plain = ((key.text, to_plain(value)) for key, value in node.pairs)
        return {key: value for key, value in plain if value is not None}
    return {}


class Block(str):
    """A text that stood in a `|` block; only so can positions in it be told exactly."""

    __slots__ = ()


def position_in(scalar: Scalar, offset: int, lines: list[str]) -> tuple[int, int]:
    """Find where a character of a scalar's text stands in the file, as line and column from 0."""
    if scalar.style == "|":
        return _position_in_block(scalar, offset, lines)
    for index, place in enumerate(_positions_in_flow(scalar, lines)):
        if index == offset:
            return place
    return scalar.end_line, max(0, scalar.end_column - 1)


def _position_in_block(scalar: Scalar, offset: int, lines: list[str]) -> tuple[int, int]:
    before = scalar.text[:offset]
    row = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    texts = scalar.text.split("\n")
    indent = 0
    for number, value in enumerate(texts, scalar.line + 1):
        if value.strip() and number < len(lines):
            indent = len(lines[number]) - len(value)
            break
    return scalar.line + 1 + row, column + indent


def _positions_in_flow(scalar: Scalar, lines: list[str]) -> Iterator[tuple[int, int]]:
    """Walk text and source side by side: quotes, escapes and folded line ends take more room in the source."""
    line, column = scalar.line, scalar.column + (1 if scalar.style in "'\"" and scalar.style else 0)
    for character in scalar.text:
        if character in " \n" and not lines[line][column : column + 1].startswith(" "):
            while line < scalar.end_line and not lines[line][column:].strip(" \\"):
                line, column = line + 1, 0
            column = max(column, len(lines[line]) - len(lines[line].lstrip(" "))) if column == 0 else column
            yield line, max(0, column - 1)
            continue
        yield line, column
        rest = lines[line][column : column + 10]
        if scalar.style == "'" and rest.startswith("''"):
            column += 2
        elif scalar.style == '"' and rest.startswith("\\"):
            escape = re.match(r"\\(?:x..|u.{4}|U.{8}|.)", rest)
            column += escape.end() if escape else 1
        else:
            column += 1


def _guarded(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Pass events on, and stop at what has no place in an entry: anchors, aliases, tags, merge keys, depth."""
    depth = 0
    for event in events:
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise YamlFault(
                "yaml-alias",
                f"'*{event.anchor}' is a YAML alias",
                "write the text out, or put it in quotes if the '*' is meant",
                mark.line,
                mark.column,
                len(event.anchor) + 1,
            )
        if isinstance(event, yaml.NodeEvent):
            if event.anchor is not None:
                raise YamlFault(
                    "yaml-anchor",
                    f"'&{event.anchor}' is a YAML anchor",
                    "write the text out, or put it in quotes if the '&' is meant",
                    mark.line,
                    mark.column,
                    len(event.anchor) + 1,
                )
            if getattr(event, "tag", None) is not None:
                raise YamlFault(
                    "yaml-tag",
                    f"'{event.tag}' is a YAML tag",
                    "leave it out, or put the text in quotes if the '!' is meant",
                    mark.line,
                    mark.column,
                    len(event.tag),
                )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise YamlFault(
                    "yaml-depth",
                    f"this is nested more than {MAX_DEPTH} levels deep",
                    "an entry needs at most four levels; is a bracket or an indentation too many?",
                    mark.line,
                    mark.column,
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        yield event


def _build(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
    start = event.start_mark
    if isinstance(event, yaml.ScalarEvent):
        end = event.end_mark
        style = event.style or ""
        return Scalar(event.value, style, start.line, start.column, end.line, end.column)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_build(inner, events, depth + 1))
        return Sequence(tuple(items), start.line, start.column)
    pairs: list[tuple[Scalar, Node]] = []
    seen: dict[str, Scalar] = {}
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _build(inner, events, depth + 1)
        if not isinstance(key, Scalar):
            raise YamlFault("yaml", "a key must be a plain word", "is this text in '{…}' or '[…]'? Put it in quotes", *key[1:])
        if key.text == "<<" and not key.style:
            raise YamlFault("yaml-merge", "'<<' is a YAML merge key", "write the keys out", key.line, key.column, 2)
        if key.text in seen:
            raise YamlFault(
                "duplicate-key",
                f"'{key.text}' stands here a second time (first in line {seen[key.text].line + 1})",
                "keep one of the two",
                key.line,
                key.column,
                len(key.text),
            )
        seen[key.text] = key
        pairs.append((key, _build(next(events), events, depth + 1)))
    return Mapping(tuple(pairs), start.line, start.column)


def _reader_fault(text: str) -> YamlFault:
    """Point at the first character that YAML does not allow; libyaml tells no position for it."""
    found = re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    offset = found.start() if found else 0
    line = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1)
    name = f"U+{ord(text[offset]):04X}" if found else "a character"
    return YamlFault("encoding", f"{name} is a control character", "delete it and type the text again", line, column)


# What libyaml says, and what an editor can do with it. The first that matches the problem and the source line wins.
_TRANSLATIONS: tuple[tuple[str, str, str, str], ...] = (
    (
        "mapping values are not allowed",
        r"",
        "a second ':' in a plain text, or a line indented too far",
        "put a text with ': ' in quotes, or align the line with its neighbours",
    ),
    ("cannot start any token", r"^\s*\t", "a tab indents this line", "YAML allows only spaces: replace the tab"),
    (
        "cannot start any token",
        r"",
        "a plain text cannot start with this character",
        "put the whole text in single quotes",
    ),
    (
        "could not find expected ':'",
        r"",
        "this line is neither 'key: value' nor part of the text above",
        "indent it under the '|' of its block, or give it a key",
    ),
    ("unexpected end of stream", r"", "a quote that is opened here is never closed", "close it, or use a '|' block"),
    ("unknown escape character", r"", "a backslash in double quotes starts an escape", "use single quotes or a '|' block"),
    (
        "did not find expected key",
        r"",
        "this does not line up with the keys above it",
        "align it with its neighbours, or put the whole text in quotes",
    ),
    (
        "did not find expected '-' indicator",
        r"",
        "a list item should start here",
        "align the '-' with those above, or end the list by its key's indentation",
    ),
    ("did not find expected node content", r"", "a '[' or '{' is not closed", "close it, or write the list in lines with '-'"),
    ("did not find expected ',' or", r"", "a '[' or '{' is not closed", "close it, or put the whole text in quotes"),
)


def _translated(error: yaml.MarkedYAMLError, text: str) -> YamlFault:
    problem = error.problem or "it does not parse"
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    # These two are told at the end of the file; where it began is what helps.
    if error.context_mark and re.search("end of stream|expected ':'|node content|expected ',' or", problem):
        mark = error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    source = lines[line] if line < len(lines) else ""
    for fragment, pattern, message, hint in _TRANSLATIONS:
        if fragment in problem and re.search(pattern, source):
            return YamlFault("yaml", message, hint, line, column)
    return YamlFault("yaml", f"YAML cannot read this: {problem}", "compare it with a neighbouring entry", line, column)
