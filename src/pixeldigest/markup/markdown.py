"""Document → portable Markdown: CommonMark with GFM tables and `$` maths, one line a paragraph."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from pixeldigest.markup.document import (
    Block,
    Cell,
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
from pixeldigest.markup.html import Resolve

# For emphasis and strong words; those within their like take the other.
_STARS = ("*", "**")
_OTHER = {"*": "_", "_": "*", "**": "__", "__": "**"}
_BARS = {"|": r"\vert", r"\|": r"\Vert"}
_RULE = re.compile(r"([-*])(?: \1){2,}$", re.MULTILINE)
_RULERS = {"": "---", "left": ":--", "right": "--:", "center": ":-:"}


class Dialect(NamedTuple):
    """What readers of Markdown differ in; a block that `own` has no text for is written as all of them know it."""

    own: Callable[[Block], str | None]
    paragraph: Callable[[Cell], str]
    heading: Callable[[Cell], str]  # its words
    cell: Callable[[Cell], str]
    indent: int = 0  # of what continues a list item; 0: as wide as its mark
    divider: str = ""  # between two lists or quotes that would become one; without it, lists take another mark


def to_markdown(document: Document, resolve: Resolve, *, shift: int = 0) -> str:
    """Write a document as Markdown that reads back as the same document."""
    return "\n\n".join(write_blocks(document.blocks, _portable(resolve), shift))


def inline_to_markdown(children: tuple[Inline, ...], resolve: Resolve) -> str:
    """Write inline nodes as a paragraph of Markdown."""
    return "\n".join(_escape_start(line) for line in _join(children, resolve).split("\n"))


def escape_markdown(text: str) -> str:
    """Protect plain text from being read as mark-up."""
    text = re.sub(r"([\\`*\[\]<$]|~(?=~))", r"\\\1", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    return re.sub(r"&(?=#?\w+;)", r"\\&", text)


def fence(source: str, language: str) -> str:
    """Write a fenced block of code, with a fence longer than any in the code."""
    runs = re.findall("^ *(`{3,})", source, re.MULTILINE)
    mark = "`" * max((len(run) + 1 for run in runs), default=3)
    end = "" if source.endswith("\n") or not source else "\n"
    return f"{mark}{language}\n{source}{end}{mark}"


def without_bars(latex: str) -> str:
    """Write the bars of a formula as commands, to stand in a cell of a table."""
    return re.sub(r"(\\\||\\.|\|)(?=([A-Za-z])?)", _without_bar, latex)


def write_blocks(blocks: tuple[Block, ...], dialect: Dialect, shift: int = 0) -> Iterator[str]:
    """Yield the Markdown of each block; the reader of the dialect keeps them apart by empty lines."""
    before: Block | None = None
    bullet = "-"
    for block in blocks:
        alike = _are_alike(before, block)
        if alike and dialect.divider:
            yield dialect.divider
        # Another mark keeps two lists apart.
        bullet = "*" if alike and not dialect.divider and bullet == "-" else "-"
        yield _block(block, dialect, shift, bullet)
        before = block


def _are_alike(one: Block | None, two: Block) -> bool:
    match one, two:
        case List(start), List(other):
            return (start is None) == (other is None)
        case Quote(), Quote():
            return True
        case _:
            return False


def _block(block: Block, dialect: Dialect, shift: int, bullet: str = "-") -> str:
    own = dialect.own(block)
    if own is not None:
        return own
    match block:
        case Paragraph(children):
            return dialect.paragraph(children)
        case Heading(level, children):
            return f"{'#' * min(level + shift, 6)} {dialect.heading(children)}".rstrip()
        case CodeBlock(language, source):
            return fence(source, language)
        case Formula(latex):
            return f"$$\n{latex}\n$$"
        case List():
            return _list(block, bullet, dialect, shift)
        case Quote(blocks):
            inner = "\n\n".join(write_blocks(blocks, dialect, shift))
            return "\n".join(f"> {line}" if line else ">" for line in inner.split("\n"))
        case Table():
            return _table(block, dialect)
        case Rule():
            return "* * *"


def _list(block: List, bullet: str, dialect: Dialect, shift: int) -> str:
    joint = "\n" if block.tight else "\n\n"
    items = []
    for number, item in enumerate(block.items):
        mark = bullet if block.start is None else f"{block.start + number}{'.' if bullet == '-' else ')'}"
        inner = joint.join(write_blocks(item, dialect, shift))
        first, *rest = inner.split("\n")
        indent = " " * (dialect.indent or len(mark) + 1)
        items.append("\n".join((f"{mark} {first}".rstrip(), *(indent + line if line else "" for line in rest))))
    # Empty items in empty items look like a rule.
    if bullet != "+" and any(_RULE.match(item) for item in items):
        return _list(block, "+", dialect, shift)
    return joint.join(items)


def _table(table: Table, dialect: Dialect) -> str:
    ruler = "| " + " | ".join(_RULERS[align] for align in table.aligns) + " |"
    head, *rows = (_row(cells, dialect) for cells in (table.head, *table.rows))
    return "\n".join((head, ruler, *rows))


def _row(cells: tuple[Cell, ...], dialect: Dialect) -> str:
    return "| " + " | ".join(map(dialect.cell, cells)) + " |"


def _portable(resolve: Resolve) -> Dialect:
    def heading(children: Cell) -> str:
        return re.sub(r"(#+)$", r"\\\1", _join(children, resolve).replace("\\\n", " "))

    def cell(children: Cell) -> str:
        # GFM splits a row at its bars before it reads anything else, so even code must not hold a bare one.
        return _join(children, resolve, cell=True).replace("|", "\\|")

    return Dialect(lambda _: None, lambda children: inline_to_markdown(children, resolve), heading, cell)


def _join(
    children: tuple[Inline, ...], resolve: Resolve, *, cell: bool = False, marks: tuple[str, str] = _STARS
) -> str:
    parts: list[str] = []
    before: Inline | None = None
    for node in children:
        # Side by side, the same marks would run into one.
        beside = isinstance(node, Emphasis | Strong) and isinstance(before, Emphasis | Strong)
        marks = (_OTHER[marks[0]], _OTHER[marks[1]]) if beside else marks
        parts.append(_inline(node, resolve, cell=cell, marks=marks))
        before = node
    for n, (node, after) in enumerate(pairwise(children)):
        if isinstance(node, Text) and isinstance(after, Link) and parts[n].endswith("!"):
            parts[n] = parts[n][:-1] + "\\!"
    return "".join(parts)


def _inline(node: Inline, resolve: Resolve, *, cell: bool, marks: tuple[str, str]) -> str:
    emphasis, strong = marks
    match node:
        case Text(text):
            return escape_markdown(text)
        case Emphasis(children):
            words = _join(children, resolve, cell=cell, marks=("_" if emphasis == "*" else "*", strong))
            return f"{emphasis}{words}{emphasis}"
        case Strong(children):
            words = _join(children, resolve, cell=cell, marks=(emphasis, "__" if strong == "**" else "**"))
            return f"{strong}{words}{strong}"
        case CodeSpan(text):
            return _code_span(text)
        case Formula(latex):
            return f"${without_bars(latex) if cell else latex}$"
        case LineBreak():
            return "\\\n"
        case Link(children, url, title):
            words = _join(children, resolve, cell=cell, marks=marks)
            address = resolve(url)
            return f"[{words}]({_target(address, title)})" if address is not None else words
        case Image(alt, source, title):
            address = resolve(source)
            words = escape_markdown(alt)
            return f"![{words}]({_target(address, title)})" if address is not None else words


def _without_bar(found: re.Match[str]) -> str:
    bar = _BARS.get(found[1])
    return found[1] if bar is None else f"{bar} " if found[2] else bar


def _code_span(text: str) -> str:
    runs = {len(run) for run in re.findall("`+", text)}
    size = next(n for n in range(1, len(runs) + 2) if n not in runs)
    fits = text and text[0] not in "` " and text[-1] not in "` "
    space = "" if fits or not text.strip(" ") else " "
    return "`" * size + space + text + space + "`" * size


def _target(address: str, title: str) -> str:
    address = _escape_quoted(address, "<>")
    safe = address if re.fullmatch(r"[^\s()<>\\]+", address) else f"<{address}>"
    return f'{safe} "{_escape_quoted(title, chr(34))}"' if title else safe


def _escape_quoted(text: str, quotes: str) -> str:
    return re.sub(rf"([\\{quotes}]|&(?=#?\w+;))", r"\\\1", text)


def _escape_start(line: str) -> str:
    """Protect the start of a line from being read as a heading, a list, a quote or a rule."""
    line = re.sub(r"^([#>+=-])", r"\\\1", line)
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", line, flags=re.ASCII)
