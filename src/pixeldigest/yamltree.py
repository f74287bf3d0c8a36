"""YAML text → a small tree of nodes with positions; only the plain part of YAML is accepted."""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Iterator
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from pixeldigest.yamlerror import YamlError, explain_error

MAX_DEPTH = 24
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What YAML does not allow, and the line ends that only YAML knows: lines would be counted differently in editors.
_FORBIDDEN = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LINE_ENDS = "\x85\u2028\u2029"


class Scalar(NamedTuple):
    """A text; `style` is YAML's own sign for it: empty (plain), ', ", | or >. Positions count from 0."""

    text: str
    style: str
    line: int
    column: int
    end_line: int
    end_column: int


class Sequence(NamedTuple):
    """A list of nodes; one in brackets has an `end`, the line and column behind the closing one."""

    items: tuple[Node, ...]
    line: int
    column: int
    end: tuple[int, int] | None = None


class Mapping(NamedTuple):
    """Keys and values, in the order of the file; one in braces has an `end`, as a list in brackets has.

    `by_key` finds a pair without looking through thousands.
    """

    pairs: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int
    end: tuple[int, int] | None = None
    by_key: abc.Mapping[str, tuple[Scalar, Node]] = MappingProxyType({})


Node = Scalar | Sequence | Mapping


class Block(str):
    """A text that stood in a `|` block; only so can positions in it be told exactly."""

    __slots__ = ()


def parse_tree(text: str) -> Node | None:
    """Parse one YAML document; None where it is empty.

    Nothing is resolved: every plain scalar stays the text that was typed. Raises YamlError.
    The tree is built from the parser's events, so that depth is bounded before libyaml's composer,
    which would overflow the C stack, ever sees the text.
    """
    if found := _FORBIDDEN.search(text):
        raise _forbidden(text, found.start())
    builder = _Builder(text)
    try:
        builder.next()  # the stream starts
        if isinstance(builder.next(), yaml.StreamEndEvent):
            return None
        root = builder.build(builder.next(), 1)
        builder.next()  # the document ends
        after = builder.next()
    except yaml.MarkedYAMLError as error:
        raise explain_error(error, text, builder.last) from error
    if not isinstance(after, yaml.StreamEndEvent):
        line = after.start_mark.line
        hint = "delete the '---', or make two files"
        if text.startswith("---"):
            hint = "if it ends front matter, write 'body: |' in its place, and indent the text below it"
        raise YamlError("yaml", "a second YAML document starts here", hint, line, 0, 3)
    return None if isinstance(root, Scalar) and not root.style and not root.text else root


def to_plain(node: Node | None) -> object:
    """Turn a tree into dicts, lists and texts; keys without a value are left out, items without one are None."""
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


def position_in(scalar: Scalar, offset: int, lines: tuple[str, ...]) -> tuple[int, int]:
    """Find where a character of a scalar's text stands in the file, as line and column from 0."""
    if scalar.style == "|":
        return _position_in_block(scalar, offset, lines)
    return _position_in_folded(scalar, offset, lines)


def _position_in_block(scalar: Scalar, offset: int, lines: tuple[str, ...]) -> tuple[int, int]:
    before = scalar.text[:offset]
    row = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    indent = 0
    for number, value in enumerate(scalar.text.split("\n"), scalar.line + 1):
        if value.strip() and number < len(lines):
            indent = len(lines[number]) - len(value)
            break
    return scalar.line + 1 + row, column + indent


def _position_in_folded(scalar: Scalar, offset: int, lines: tuple[str, ...]) -> tuple[int, int]:
    """Count the visible characters of text and source side by side: quotes, escapes and folding change only the rest.

    A space between words is placed right behind the word before it.
    """
    before = scalar.text[:offset]
    counted = sum(character not in _BLANK for character in before)
    places = list(islice(_visible_characters(scalar, lines), counted + 1))
    if offset < len(scalar.text) and scalar.text[offset] not in _BLANK and len(places) > counted:
        return places[counted][:2]
    quote = scalar.style in ("'", '"')
    line, column, width = places[counted - 1] if counted else (scalar.line, scalar.column, int(quote))
    behind = column + width + len(before) - len(before.rstrip(_BLANK))
    return line, min(behind, len(lines[line])) if line < len(lines) else 0


_BLANK = " \t\n"
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.)|$)")
_BLANK_ESCAPES = frozenset((" ", "t", "n", "\t"))


def _visible_characters(scalar: Scalar, lines: tuple[str, ...]) -> Iterator[tuple[int, int, int]]:
    """Yield line, column and width of every character in the source that is neither blank nor YAML's own."""
    quoted = scalar.style in ("'", '"')
    first = scalar.line + 1 if scalar.style == ">" else scalar.line
    for number in range(first, min(scalar.end_line + 1, len(lines))):
        source = lines[number]
        column = scalar.column + quoted if number == scalar.line else 0
        end = scalar.end_column - quoted if number == scalar.end_line else len(source)
        while column < end:
            width, visible = _measure(scalar.style, source, column)
            if visible:
                yield number, column, width
            column += width


def _measure(style: str, source: str, column: int) -> tuple[int, bool]:
    """Tell how much room a character takes in the source, and whether it is visible."""
    if style == "'" and source.startswith("''", column):
        return 2, True
    if style == '"' and (escape := _ESCAPE.match(source, column)):
        code = escape[1] or escape[2] or escape[3]
        shown = chr(int(code, 16)) not in _BLANK if code else bool(escape[4]) and escape[4] not in _BLANK_ESCAPES
        return len(escape[0]), shown
    return 1, source[column] not in _BLANK


class _Builder:
    """Builds nodes from the parser's events; stops at what has no place in an entry: anchors, aliases, tags, depth."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
        self.last: yaml.Event | None = None

    def next(self) -> Any:
        """Take the next event."""
        self.last = event = next(self._events)
        return event

    def build(self, event: Any, depth: int) -> Node:
        """Build the node that starts with an event."""
        start, end = event.start_mark, event.end_mark
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            raise self._decorated(start)
        if isinstance(event, yaml.ScalarEvent):
            if not event.style and end.line > start.line:
                self._check_continuation(start, end.line)
            return Scalar(event.value, event.style or "", start.line, start.column, end.line, end.column)
        if depth > MAX_DEPTH:
            message = f"this is nested more than {MAX_DEPTH} levels deep"
            raise YamlError("yaml-depth", message, "delete brackets or indentation", start.line, start.column)
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(self._items(depth), start.line, start.column, self._closing(event))
        pairs = MappingProxyType(self._pairs(depth))
        return Mapping(tuple(pairs.values()), start.line, start.column, self._closing(event), pairs)

    def _closing(self, opening: Any) -> tuple[int, int] | None:
        """Tell where the list or mapping ends that was just read, if it stood in brackets."""
        mark = self.last.end_mark if self.last and opening.flow_style else None
        return (mark.line, mark.column) if mark else None

    def _items(self, depth: int) -> tuple[Node, ...]:
        items = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            items.append(self.build(event, depth + 1))
        return tuple(items)

    def _pairs(self, depth: int) -> dict[str, tuple[Scalar, Node]]:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.build(event, depth + 1)
            if not isinstance(key, Scalar):
                raise self._no_key(key)
            _check_key(key, pairs)
            pairs[key.text] = key, self.build(self.next(), depth + 1)
        return pairs

    def _check_continuation(self, start: Any, last: int) -> None:
        """Refuse the item of a list that is indented so far that it belongs to the text above it."""
        for number in range(start.line + 1, last + 1):
            if item := re.match(" *- ", self._lines[number]):
                if self._lines[start.line].startswith("-", start.column):
                    message, hint = "a space is missing behind this '-'", "write '- ' before each item"
                    raise YamlError("yaml", message, hint, start.line, start.column)
                message, hint = "this '- ' continues the text above it", "align it with the '- ' of its list"
                raise YamlError("yaml", message, hint, number, item.end() - 2)

    def _no_key(self, node: Sequence | Mapping) -> YamlError:
        """Explain brackets where a key should be: mostly a placeholder without quotes."""
        line = self._lines[node.line]
        signs = re.search(r"[{\[?][{\[? ]*$", line[: node.column])
        column = signs.start() if signs else node.column
        message = f"a text without quotes cannot start with '{line[column : column + 1]}'"
        return YamlError("yaml", message, "put the whole text in single quotes", node.line, column)

    def _decorated(self, mark: Any) -> YamlError:
        """Name what stands before a node, as it was typed."""
        typed = re.compile(r"[^\s,\[\]{}]+").match(self._lines[mark.line], mark.column)
        sign = typed[0] if typed else "!"
        name = {"*": "alias", "&": "anchor"}.get(sign[0], "tag")
        hint = f"write the text out, or put it in quotes if the '{sign[0]}' is meant"
        return YamlError(f"yaml-{name}", f"'{sign}' is a YAML {name}", hint, mark.line, mark.column, len(sign))


def _check_key(key: Scalar, pairs: dict[str, tuple[Scalar, Node]]) -> None:
    if key.text == "<<" and not key.style:
        raise YamlError("yaml-merge", "'<<' is a YAML merge key", "write the keys out", key.line, key.column, 2)
    if key.text in pairs:
        message = f"'{key.text}' stands here a second time (first in line {pairs[key.text][0].line + 1})"
        raise YamlError("duplicate-key", message, "keep one of the two", key.line, key.column, len(key.text))


def _forbidden(text: str, offset: int) -> YamlError:
    line = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1)
    name = f"U+{ord(text[offset]):04X}"
    if text[offset] in _LINE_ENDS:
        return YamlError(
            "encoding", f"this is {name}, an invisible line end", "delete it and press Enter", line, column
        )
    nul = text[offset] == "\0"
    hint = "save the file as UTF-8 in your editor" if nul else "delete it"
    mend = None if nul else (text[offset], "")
    return YamlError("encoding", f"this is {name}, an invisible character", hint, line, column, mend=mend)
