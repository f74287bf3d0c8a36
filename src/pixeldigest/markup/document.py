"""The frozen nodes that every rendition is made from; offsets count characters of the body's source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple


class Text(NamedTuple):
    """Plain words; line ends of the source are spaces."""

    text: str


class Emphasis(NamedTuple):
    """Stressed words."""

    children: tuple[Inline, ...]


class Strong(NamedTuple):
    """Important words."""

    children: tuple[Inline, ...]


class CodeSpan(NamedTuple):
    """Code within a line."""

    text: str


class Formula(NamedTuple):
    """LaTeX; as a block of its own (`display`) or within a line. The offset is that of the LaTeX."""

    latex: str
    display: bool
    offset: int


class Link(NamedTuple):
    """A link, as written: the url may have one of the internal schemes. The offset is that of the url."""

    children: tuple[Inline, ...]
    url: str
    title: str
    offset: int


class Image(NamedTuple):
    """An image, as written. The offset is that of the source."""

    alt: str
    source: str
    title: str
    offset: int


class LineBreak(NamedTuple):
    """A forced end of line."""


Inline = Text | Emphasis | Strong | CodeSpan | Formula | Link | Image | LineBreak


class Paragraph(NamedTuple):
    """A paragraph."""

    children: tuple[Inline, ...]


class Heading(NamedTuple):
    """A heading; bodies start at level 2."""

    level: int
    children: tuple[Inline, ...]


class CodeBlock(NamedTuple):
    """A block of code; the language is empty where none was given."""

    language: str
    source: str
    offset: int


class List(NamedTuple):
    """A list; `start` is None for bullets. Items of a tight list stand without space between them."""

    start: int | None
    items: tuple[tuple[Block, ...], ...]
    tight: bool


class Quote(NamedTuple):
    """Quoted blocks."""

    blocks: tuple[Block, ...]


class Table(NamedTuple):
    """A table with a head; cells hold inline nodes."""

    aligns: tuple[Align, ...]
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Rule(NamedTuple):
    """A thematic break."""


Align = Literal["", "left", "right", "center"]
Cell = tuple[Inline, ...]
Block = Paragraph | Heading | CodeBlock | Formula | List | Quote | Table | Rule


class Fault(NamedTuple):
    """Something in a body that is not accepted; the renditions show it as plain text."""

    rule: str
    message: str
    hint: str
    offset: int
    length: int


class Document(NamedTuple):
    """A parsed body."""

    blocks: tuple[Block, ...]
    faults: tuple[Fault, ...]


def walk(nodes: tuple[Block, ...] | tuple[Inline, ...]) -> Iterator[Block | Inline]:
    """Yield all nodes in reading order, parents first."""
    for node in nodes:
        yield node
        match node:
            case Paragraph(children) | Heading(_, children) | Emphasis(children) | Strong(children) | Link(children):
                yield from walk(children)
            case Quote(blocks):
                yield from walk(blocks)
            case List(_, items):
                for item in items:
                    yield from walk(item)
            case Table(_, head, rows):
                for row in (head, *rows):
                    for cell in row:
                        yield from walk(cell)
            case _:
                pass


def plain_text(children: tuple[Inline, ...]) -> str:
    """Join the words of inline nodes, without any mark-up; formulas stay LaTeX."""
    parts = []
    for node in walk(children):
        match node:
            case Text(text) | CodeSpan(text) | Formula(text):
                parts.append(text)
            case Image(alt):
                parts.append(alt)
            case LineBreak():
                parts.append(" ")
            case _:
                pass
    return "".join(parts)
