"""Document → portable Markdown: CommonMark with GFM tables and `$` maths, one line a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator

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

_RULERS = {"": "---", "left": ":--", "right": "--:", "center": ":-:"}


def to_markdown(document: Document, resolve: Resolve, *, shift: int = 0) -> str:
    """Write a document as Markdown that reads back as the same document."""
    return "\n\n".join(_blocks(document.blocks, resolve, shift))


def inline_to_markdown(children: tuple[Inline, ...], resolve: Resolve) -> str:
    """Write inline nodes as one line of Markdown."""
    return _escape_start("".join(_inline(node, resolve) for node in children))


def escape_markdown(text: str) -> str:
    """Protect plain text from being read as mark-up."""
    text = re.sub(r"([\\`*\[\]<$]|~(?=~))", r"\\\1", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    return re.sub(r"&(?=#?\w+;)", r"\\&", text)


def fence(source: str, language: str) -> str:
    """Write a fenced block of code, with a fence longer than any in the code."""
    ticks = max((len(run) for run in re.findall(r"^\s*(`{3,})", source, re.MULTILINE)), default=2) + 1
    mark = "`" * max(3, ticks)
    return f"{mark}{language}\n{source.rstrip(chr(10))}\n{mark}"


def _blocks(blocks: tuple[Block, ...], resolve: Resolve, shift: int) -> Iterator[str]:
    previous: Block | None = None
    for block in blocks:
        if isinstance(block, List) and isinstance(previous, List) and (block.start is None) == (previous.start is None):
            yield "<!-- -->"  # keeps two lists apart
        yield _block(block, resolve, shift)
        previous = block


def _block(block: Block, resolve: Resolve, shift: int) -> str:
    match block:
        case Paragraph(children):
            return inline_to_markdown(children, resolve)
        case Heading(level, children):
            words = re.sub(r"(#+)$", r"\\\1", inline_to_markdown(children, resolve))
            return f"{'#' * min(level + shift, 6)} {words}"
        case CodeBlock(language, source):
            return fence(source, language)
        case Formula(latex):
            lines = [line for line in latex.split("\n") if line.strip()]
            return "\n".join(("$$", *lines, "$$"))
        case List(start, items, tight):
            return ("\n" if tight else "\n\n").join(
                _item(item, "-" if start is None else f"{start + number}.", resolve, shift, tight=tight)
                for number, item in enumerate(items)
            )
        case Quote(blocks):
            inner = "\n\n".join(_blocks(blocks, resolve, shift))
            return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
        case Table():
            return _table(block, resolve)
        case Rule():
            return "* * *"


def _item(blocks: tuple[Block, ...], mark: str, resolve: Resolve, shift: int, *, tight: bool) -> str:
    joint = "\n" if tight and all(isinstance(block, Paragraph | List) for block in blocks) else "\n\n"
    inner = joint.join(_blocks(blocks, resolve, shift))
    indent = " " * (len(mark) + 1)
    lines = [f"{indent}{line}" if line else "" for line in inner.split("\n")]
    return mark + " " + "\n".join(lines)[len(indent) :]


def _table(table: Table, resolve: Resolve) -> str:
    rows = [_row(table.head, resolve), "| " + " | ".join(_RULERS[align] for align in table.aligns) + " |"]
    return "\n".join([*rows, *(_row(row, resolve) for row in table.rows)])


def _row(cells: tuple[Cell, ...], resolve: Resolve) -> str:
    # Within a cell even code and formulas give up their bars: GFM splits before it reads anything else.
    texts = ("".join(_inline(node, resolve, cell=True) for node in cell) for cell in cells)
    return "| " + " | ".join(texts) + " |"


def _inline(node: Inline, resolve: Resolve, *, cell: bool = False) -> str:
    match node:
        case Text(text):
            return escape_markdown(text).replace("|", "\\|") if cell else escape_markdown(text)
        case Emphasis(children):
            return f"*{_join(children, resolve, cell=cell)}*"
        case Strong(children):
            return f"**{_join(children, resolve, cell=cell)}**"
        case CodeSpan(text):
            return _code_span(text.replace("|", "\\|") if cell else text)
        case Formula(latex):
            return f"${_without_bars(latex) if cell else latex}$"
        case LineBreak():
            return " " if cell else "\\\n"
        case Link(children, url, title):
            words = _join(children, resolve, cell=cell)
            address = resolve(url)
            return f"[{words}]({_target(address, title)})" if address is not None else words
        case Image(alt, source, title):
            address = resolve(source)
            return f"![{escape_markdown(alt)}]({_target(address, title)})" if address is not None else escape_markdown(alt)


def _join(children: tuple[Inline, ...], resolve: Resolve, *, cell: bool) -> str:
    return "".join(_inline(node, resolve, cell=cell) for node in children)


def _without_bars(latex: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\vert ", latex).replace("\\|", "\\Vert ")


def _code_span(text: str) -> str:
    runs = {len(run) for run in re.findall("`+", text)}
    size = next(n for n in range(1, len(runs) + 2) if n not in runs)
    space = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return "`" * size + space + text + space + "`" * size


def _target(address: str, title: str) -> str:
    safe = address if re.fullmatch(r"[^\s<>()\\]+", address) else f"<{address.replace('<', '%3C').replace('>', '%3E')}>"
    return f'{safe} "{title.replace(chr(34), "&quot;")}"' if title else safe


def _escape_start(line: str) -> str:
    """Protect the start of a line from being read as a heading, a list, a quote or a rule."""
    line = re.sub(r"^([#>+=-])", r"\\\1", line)
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", line)
