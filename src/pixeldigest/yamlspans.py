"""Where values stand in a YAML text: what an edit of one of them has to replace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from pixeldigest import yamltree
from pixeldigest.yamltext import block_lines, is_absent
from pixeldigest.yamltree import Node, Scalar

_HEADER = re.compile(r"[|>][-+0-9]*")
_COLON = re.compile(r"[ \t]*:")


class Edit(NamedTuple):
    """A stretch of the text, and what shall stand there."""

    start: int
    end: int
    text: str


class UnusualLayoutError(Exception):
    """What only a text that is written anew can say."""


class Source(NamedTuple):
    """A text, its lines and where they start; `step` is how far its lists are indented below their keys."""

    text: str
    lines: tuple[str, ...]
    starts: tuple[int, ...]
    step: int

    def at(self, line: int, column: int) -> int:
        """Translate a position to an offset."""
        return self.starts[line] + column

    def end_of(self, line: int) -> int:
        """Find the end of a line."""
        return self.starts[line] + len(self.lines[line])

    def line_end(self, offset: int) -> int:
        """Find the end of the line that an offset lies in."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end

    def skip_blank(self, end: int) -> int:
        """Go on from the end of a line over the blank lines below it, but not over the text's last line end."""
        found = re.compile(r"(?:\n[ \t]*(?=\n))*").match(self.text, end)
        return found.end() if found else end

    def patched(self, start: int, end: int, edits: Iterable[Edit]) -> str:
        """Take a stretch of the text as it is after some edits."""
        parts: list[str] = []
        done = start
        for edit in sorted(edits, key=lambda one: (one.start, one.end)):
            if edit.start < done:
                raise UnusualLayoutError
            parts += self.text[done : edit.start], edit.text
            done = edit.end
        return "".join((*parts, self.text[done:end]))


def make_source(text: str, tree: Node | None) -> Source:
    """Find the lines of a text, which was parsed to a tree."""
    lines = text.split("\n")
    starts = accumulate((len(line) + 1 for line in lines), initial=0)
    return Source(text, tuple(lines), tuple(starts), next(_steps(tree), 2))


def _steps(node: Node | None) -> Iterator[int]:
    """Yield how far each list is indented below its key."""
    match node:
        case yamltree.Mapping(pairs=pairs, column=column):
            for _, value in pairs:
                if isinstance(value, yamltree.Sequence) and not value.end:
                    yield value.column - column
                yield from _steps(value)
        case yamltree.Sequence(items=items):
            for item in items:
                yield from _steps(item)


def span_of(source: Source, node: Node) -> tuple[int, int]:
    """Find where a value on one line, or one in brackets, starts and ends."""
    end = (node.end_line, node.end_column) if isinstance(node, Scalar) else node.end
    if end is None:
        raise UnusualLayoutError
    return source.at(node.line, node.column), source.at(*end)


def behind_key(source: Source, key: Scalar) -> int:
    """Find the place behind a key's colon."""
    colon = _COLON.match(source.text, source.at(key.end_line, key.end_column))
    if colon is None:
        raise UnusualLayoutError
    return colon.end()


def end_of_value(source: Source, node: Node) -> int:
    """Find the end of the last line of a value."""
    match node:
        case Scalar(style="|"):
            return source.end_of(node.line + len(block_lines(node.text, 0)))
        case Scalar(style=">"):
            line = node.end_line - (node.end_column == 0)
            while not source.lines[line].strip():
                line -= 1
            return source.end_of(line)
        case Scalar():
            return source.end_of(node.end_line)
        case yamltree.Mapping(end=None):
            return end_of_value(source, node.pairs[-1][1])
        case yamltree.Sequence(end=None):
            return end_of_value(source, node.items[-1])
        case _:
            return source.line_end(span_of(source, node)[1])


def begun_at(source: Source, node: Node, behind: int) -> int:
    """Find where a value ends on the line of its key or dash."""
    start, line_end = source.at(node.line, node.column), source.line_end(behind)
    if start > line_end or (isinstance(node, Scalar) and is_absent(node)):
        return behind
    if isinstance(node, Scalar) and node.style in ("|", ">"):
        return start + len(header_at(source, start))
    return span_of(source, node)[1] if isinstance(node, Scalar) or node.end else line_end


def item_spans(source: Source, node: yamltree.Sequence) -> list[tuple[int, int]]:
    """Find the lines of each item, from the start of that with its dash."""
    spans: list[tuple[int, int]] = []
    for item in node.items:
        line = item.line
        while not source.lines[line].startswith(" " * node.column + "-"):
            line -= 1
            if line < node.line:
                raise UnusualLayoutError
        start = source.starts[line]
        spans.append((start, end_of_value(source, item)))
    return spans


def header_at(source: Source, start: int) -> str:
    """Read the header of a block."""
    found = _HEADER.match(source.text, start)
    return found[0] if found else ""


def block_indent(source: Source, node: Scalar, column: int) -> int:
    """Tell how far the lines of a block are indented; its key or dash stands in a column."""
    digits = re.search("[1-9]", header_at(source, source.at(node.line, node.column)))
    if digits:
        return column + int(digits[0])
    typed = source.lines[node.line + 1 : node.line + 1 + len(block_lines(node.text, 0))]
    return next((len(line) - len(line.lstrip(" ")) for line in typed if line.strip()), column + 2)
