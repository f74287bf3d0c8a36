"""Document → plain text of 72 columns, as one would type it."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable
from itertools import zip_longest
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
from pixeldigest.markup.mathtext import Lettered, latex_to_text

COLUMNS = 72
# However deep the lists and quotes are.
_FEWEST_COLUMNS = 24
_INDENT = 4
# What stands between brackets, with up to two more pairs within.
_IN_BRACKETS = re.compile(r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\[[^\[\]]*\]")
# Keeps what must not be broken in one piece while text is wrapped.
_GLUE = "\u00a0"


class TextOptions(NamedTuple):
    """How a body fits into its page: what numbers its links (None: no number), its width, how scripts are written."""

    number: Callable[[str], int | None]
    columns: int = COLUMNS
    lettered: Lettered | None = None


def to_text(document: Document, options: TextOptions) -> str:
    """Write a document as plain text; links are numbered, the list of them stands elsewhere."""
    return _blocks(document.blocks, options)


def inline_to_text(children: tuple[Inline, ...], options: TextOptions) -> str:
    """Write inline nodes as text on one line."""
    return _join(children, options).replace(_GLUE, " ")


def cite(text: str, number: int | None) -> str:
    """Put a link's number behind its words, on the same line."""
    return f"{text}{_GLUE}[{number}]" if number else text


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
            return f"{words}\n{('-' if level <= 2 else '~') * _width(words)}"
        case CodeBlock(_, source):
            return textwrap.indent(source.rstrip("\n"), " " * _INDENT)
        case Formula(latex):
            return _display(latex, options)
        case List():
            return _list(block, options)
        case Quote(blocks):
            inner = _blocks(blocks, _narrowed(options, 2))
            return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
        case Table():
            return _table(block, options)
        case Rule():
            return "* * *".center(options.columns).rstrip()


def _display(latex: str, options: TextOptions) -> str:
    """Write a formula on lines of its own, broken between its parts rather than within brackets."""
    lines = []
    for line in _formula(latex, options, display=True).split("\n"):
        glued = _IN_BRACKETS.sub(lambda found: found[0].replace(" ", _GLUE), line)
        narrow = options.columns - _INDENT
        fits = all(_width(part) <= narrow for part in glued.split(" "))
        lines.append(wrap(glued if fits else line, options.columns, first=" " * _INDENT, rest=" " * 2 * _INDENT))
    return "\n".join(lines)


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
    """Write an aligned table, its cells broken into lines where it is too wide, or else one list entry a row."""
    rows = [[inline_to_text(cell, options) for cell in row] for row in (table.head, *table.rows)]
    widths = _column_widths(rows, options.columns)
    if widths is None:
        return _table_as_list(rows, options)
    head, *body = ([wrap(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    # Rows of several lines each need some space between them.
    joint = "\n\n" if any("\n" in cell for row in body for cell in row) else "\n"
    ruler = "  ".join("-" * width for width in widths)
    return f"{_row(head, widths, table)}\n{ruler}\n{joint.join(_row(row, widths, table) for row in body)}"


def _column_widths(rows: list[list[str]], columns: int) -> list[int] | None:
    """Share the columns of a page among those of a table: the widest give way; None where words would not fit."""
    widths = [max(map(_width, cells)) for cells in zip(*rows, strict=True)]
    least = [
        max((_width(word) for cell in cells for word in cell.split()), default=1) for cells in zip(*rows, strict=True)
    ]
    while sum(widths) + 2 * (len(widths) - 1) > columns:
        wide = [(width, n) for n, width in enumerate(widths) if width > least[n]]
        if not wide:
            return None
        widths[max(wide)[1]] -= 1
    return widths


def _table_as_list(rows: list[list[str]], options: TextOptions) -> str:
    head, *body = rows
    entries = []
    for row in body:
        parts = [f"{name}: {cell}" if name else cell for name, cell in zip(head, row, strict=True)]
        wrapped = (wrap(part, options.columns, first="  " if n else "- ", rest="    ") for n, part in enumerate(parts))
        entries.append("\n".join(wrapped))
    return "\n".join(entries)


def _row(cells: list[str], widths: list[int], table: Table) -> str:
    lines = zip_longest(*(cell.split("\n") for cell in cells), fillvalue="")
    return "\n".join(_row_line(line, widths, table) for line in lines)


def _row_line(cells: tuple[str, ...], widths: list[int], table: Table) -> str:
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
            formula = _formula(latex, options, display=False)
            return formula.replace(" ", _GLUE) if len(formula) < 30 else formula
        case LineBreak():
            return "\n"
        case Link(children, url):
            words = _join(children, options)
            return cite(words, options.number(url))
        case Image(alt, source):
            return cite(f"[{alt}]", options.number(source))


def _formula(latex: str, options: TextOptions, *, display: bool) -> str:
    try:
        return latex_to_text(latex, display=display, lettered=options.lettered)
    except FormulaError:
        return latex


def _width(text: str) -> int:
    """Count the columns that a text takes: combining marks none, wide characters two."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )
