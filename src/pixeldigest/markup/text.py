"""Document → plain text of 72 columns, as one would type it."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from pixeldigest.markup.document import (
    Block,
    CodeBlock,
    CodeSpan,
    Document,
    Emphasis,
    Formula,
    Heading,
    Image,
    Inline,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
)
from pixeldigest.markup.mathml import FormulaError
from pixeldigest.markup.mathtext import latex_to_text

COLUMNS = 72
# However deep the lists and quotes are.
_FEWEST_COLUMNS = 24
# Keeps what must not be broken in one piece while text is wrapped.
_GLUE = "\u00a0"


class TextOptions(NamedTuple):
    """How a body fits into its page: what numbers its links (None: the words only), and its width."""

    number: Callable[[str], int | None]
    columns: int = COLUMNS


def to_text(document: Document, options: TextOptions) -> str:
    """Write a document as plain text; links are numbered, the list of them stands elsewhere."""
    return _blocks(document.blocks, options)


def inline_to_text(children: tuple[Inline, ...], options: TextOptions) -> str:
    """Write inline nodes as text on one line."""
    return _join(children, options).replace(_GLUE, " ")


def wrap(text: str, columns: int = COLUMNS, *, first: str = "", rest: str = "") -> str:
    """Break a paragraph into lines; long addresses stay whole."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines += textwrap.wrap(
            line,
            columns,
            initial_indent=first if not lines else rest,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines).replace(_GLUE, " ")


def _blocks(blocks: tuple[Block, ...], options: TextOptions, *, joint: str = "\n\n") -> str:
    return joint.join(_block(block, options) for block in blocks)


def _block(block: Block, options: TextOptions) -> str:
    match block:
        case Paragraph(children):
            return wrap(_join(children, options), options.columns)
        case Heading(level, children):
            words = inline_to_text(children, options)
            return f"{words}\n{'-' * _width(words)}" if level <= 2 else words
        case CodeBlock(_, source):
            return textwrap.indent(source.rstrip("\n"), "    ")
        case Formula(latex):
            return textwrap.indent(_formula(latex, display=True), "    ")
        case List():
            return _list(block, options)
        case Quote(blocks):
            inner = _blocks(blocks, _narrowed(options, 2))
            return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
        case Table():
            return _table(block, options)
        case Rule():
            return "* * *".center(options.columns).rstrip()


def _list(block: List, options: TextOptions) -> str:
    items = []
    for number, item in enumerate(block.items):
        mark = "- " if block.start is None else f"{block.start + number}. "
        text = _blocks(item, _narrowed(options, len(mark)), joint="\n" if block.tight else "\n\n")
        indented = textwrap.indent(text, " " * len(mark))
        items.append((mark + indented[len(mark) :]).rstrip())
    return ("\n" if block.tight else "\n\n").join(items)


def _narrowed(options: TextOptions, columns: int) -> TextOptions:
    return options._replace(columns=max(_FEWEST_COLUMNS, options.columns - columns))


def _table(table: Table, options: TextOptions) -> str:
    """Write an aligned table, or one list entry a row where it is too wide."""
    rows = [[inline_to_text(cell, options) for cell in row] for row in (table.head, *table.rows)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(table.head))]
    if sum(widths) + 2 * (len(widths) - 1) <= options.columns:
        ruler = "  ".join("-" * width for width in widths)
        lines = [_row(row, widths, table) for row in rows]
        return "\n".join([lines[0], ruler, *lines[1:]])
    head, *body = rows
    entries = []
    for row in body:
        parts = [f"{name}: {cell}" if name else cell for name, cell in zip(head, row, strict=True)]
        wrapped = (wrap(part, options.columns, first="  " if n else "- ", rest="    ") for n, part in enumerate(parts))
        entries.append("\n".join(wrapped))
    return "\n".join(entries)


def _row(cells: list[str], widths: list[int], table: Table) -> str:
    padded = []
    for cell, width, align in zip(cells, widths, table.aligns, strict=True):
        space = width - _width(cell)
        left = space if align == "right" else space // 2 if align == "center" else 0
        padded.append(" " * left + cell + " " * (space - left))
    return "  ".join(padded).rstrip()


def _join(children: tuple[Inline, ...], options: TextOptions) -> str:
    return "".join(_inline(node, options) for node in children)


def _inline(node: Inline, options: TextOptions) -> str:
    match node:
        case Text(text):
            return text
        case Emphasis(children):
            return f"_{_join(children, options)}_"
        case Strong(children):
            return f"*{_join(children, options)}*"
        case CodeSpan(text):
            return f"`{text.replace(' ', _GLUE)}`" if len(text) < 40 else f"`{text}`"
        case Formula(latex):
            formula = _formula(latex, display=False)
            return formula.replace(" ", _GLUE) if len(formula) < 30 else formula
        case LineBreak():
            return "\n"
        case Link(children, url):
            words = _join(children, options)
            number = options.number(url)
            return f"{words}{_GLUE}[{number}]" if number else words
        case Image(alt):
            return f"[{alt}]"


def _formula(latex: str, *, display: bool) -> str:
    try:
        return latex_to_text(latex, display=display)
    except FormulaError:
        return latex


def _width(text: str) -> int:
    """Count the columns that a text takes: combining marks none, wide characters two."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )
