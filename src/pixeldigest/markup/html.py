"""Document → HTML: one walk; how its leaves look, a web page and a mail say each for themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import Final, NamedTuple

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
    plain_text,
)
from pixeldigest.markup.reading import anchors

# Where a link or an image's source leads, as an address for the reader; None: show the words only.
Resolve = Callable[[str], str | None]

# Width and height of images, by their source.
Sizes = Mapping[str, tuple[int, int]]
NO_SIZES: Final[Sizes] = MappingProxyType({})


class ShownImage(NamedTuple):
    """An image that can be shown: all that its element needs, escaped where it is written."""

    address: str
    alt: str
    title: str
    size: tuple[int, int] | None
    in_link: bool


class Leaves(NamedTuple):
    """How the parts look that a web page and a mail show differently, as functions that return HTML."""

    heading: Callable[[int, str, str], str]  # depth, words, and its name where it has one
    code: Callable[[str, str], str]  # source and language
    code_span: Callable[[str], str]
    formula: Callable[[str], str]  # a block of its own
    inline_formula: Callable[[str, str, str], str]  # what clings to it before, its LaTeX, what clings to it after
    image: Callable[[ShownImage], str]
    table: Callable[[str, str], str]  # the element, and the names of its columns


class HtmlOptions(NamedTuple):
    """How a body fits into its page: links, leaves, how much deeper its headings stand, and the sizes of images."""

    resolve: Resolve
    leaves: Leaves
    shift: int = 0
    prefix: str = ""
    sizes: Sizes = NO_SIZES
    in_link: bool = False


def to_html(document: Document, options: HtmlOptions) -> str:
    """Render a document as HTML; everything that an editor wrote is escaped."""
    names = iter(anchors(document, options.prefix))
    return "\n".join(
        _heading(block, options, next(names).id) if isinstance(block, Heading) else _block(block, options)
        for block in document.blocks
    )


def inline_to_html(children: tuple[Inline, ...], options: HtmlOptions) -> str:
    """Render inline nodes as HTML."""
    return "".join(_inline(node, options) for node in _tied(children))


def _heading(heading: Heading, options: HtmlOptions, name: str = "") -> str:
    depth = min(heading.level + options.shift, 6)
    return options.leaves.heading(depth, inline_to_html(heading.children, options), name)


def plain_heading(depth: int, words: str, _: str) -> str:
    """Render a heading that nothing can link to."""
    return f"<h{depth}>{words}</h{depth}>"


def _blocks(blocks: tuple[Block, ...], options: HtmlOptions) -> str:
    return "\n".join(_block(block, options) for block in blocks)


def _block(block: Block, options: HtmlOptions) -> str:
    match block:
        case Paragraph(children):
            return f"<p>{inline_to_html(children, options)}</p>"
        case Heading():
            return _heading(block, options)
        case CodeBlock(language, source):
            return options.leaves.code(source, language)
        case Formula(latex):
            return options.leaves.formula(latex)
        case List():
            return _list(block, options)
        case Quote(blocks):
            return f"<blockquote>\n{_blocks(blocks, options)}\n</blockquote>"
        case Table():
            return _table(block, options)
        case Rule():
            return "<hr>"


def _list(block: List, options: HtmlOptions) -> str:
    tag = "ul" if block.start is None else "ol"
    start = f' start="{block.start}"' if block.start not in (None, 1) else ""
    items = "\n".join(f"<li>{_item(item, options, tight=block.tight)}</li>" for item in block.items)
    return f"<{tag}{start}>\n{items}\n</{tag}>"


def _item(blocks: tuple[Block, ...], options: HtmlOptions, *, tight: bool) -> str:
    if not tight:
        return _blocks(blocks, options)
    return "\n".join(
        inline_to_html(block.children, options) if isinstance(block, Paragraph) else _block(block, options)
        for block in blocks
    )


def _table(table: Table, options: HtmlOptions) -> str:
    head = _row("th", table.head, table, options)
    body = "\n".join(_row("td", row, table, options) for row in table.rows)
    columns = ", ".join(plain_text(cell) for cell in table.head)
    html = f"<table>\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    return options.leaves.table(html, columns)


def _row(tag: str, cells: tuple[Cell, ...], table: Table, options: HtmlOptions) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    parts = []
    for cell, align in zip(cells, table.aligns, strict=False):
        style = f' class="{align}"' if align else ""
        parts.append(f"<{tag}{scope}{style}>{inline_to_html(cell, options)}</{tag}>")
    return f"<tr>{''.join(parts)}</tr>"


class _Tied(NamedTuple):
    """A formula with what stands right before and after it, on the same line."""

    before: str
    formula: Formula
    after: str


# A browser may break a line on either side of a formula: what clings to it has to be held.
_CLINGS_AFTER: Final = re.compile(r"\S{1,12}(?!\S)|[^\s\w]{1,12}|")
_CLINGS_BEFORE: Final = re.compile(r"(?:(?<!\S)\S{1,12}|[^\s\w]{1,12}|)\Z")


def _tied(children: tuple[Inline, ...]) -> Iterator[Inline | _Tied]:
    """Move what clings to a formula from the texts beside it to the formula."""
    if not any(isinstance(node, Formula) for node in children):
        yield from children
        return
    padded = (None, *children, None)
    parts = [_split(*three) for three in zip(padded, children, padded[2:], strict=False)]
    nothing = ("", "", "")
    beside = zip([nothing, *parts], parts, [*parts[1:], nothing], strict=False)
    for node, ((_, _, before), (_, free, _), (after, _, _)) in zip(children, beside, strict=True):
        match node:
            case Text():
                yield Text(free)
            case Formula():
                yield _Tied(before, node, after)
            case _:
                yield node


def _split(previous: Inline | None, node: Inline, following: Inline | None) -> tuple[str, str, str]:
    """Split a text into what clings to a formula before it, what is free, and what clings to a formula after it."""
    if not isinstance(node, Text):
        return "", "", ""
    after = _CLINGS_AFTER.match(node.text) if isinstance(previous, Formula) else None
    start = after.end() if after else 0
    before = _CLINGS_BEFORE.search(node.text, start) if isinstance(following, Formula) else None
    end = before.start() if before else len(node.text)
    return node.text[:start], node.text[start:end], node.text[end:]


def _inline(node: Inline | _Tied, options: HtmlOptions) -> str:
    match node:
        case Text(text):
            return escape(text, quote=False)
        case Emphasis(children):
            return f"<em>{inline_to_html(children, options)}</em>"
        case Strong(children):
            return f"<strong>{inline_to_html(children, options)}</strong>"
        case CodeSpan(text):
            return options.leaves.code_span(text)
        case Formula(latex):
            return options.leaves.inline_formula("", latex, "")
        case _Tied(before, Formula(latex), after):
            return options.leaves.inline_formula(escape(before, quote=False), latex, escape(after, quote=False))
        case LineBreak():
            return "<br>"
        case Link(children, url, title):
            words = inline_to_html(children, options._replace(in_link=True))
            href = options.resolve(url)
            name = f' title="{escape(title)}"' if title else ""
            return f'<a href="{escape(href)}"{name}>{words}</a>' if href is not None else words
        case Image(alt, source, title):
            address = options.resolve(source)
            if address is None:
                return escape(alt, quote=False)
            return options.leaves.image(ShownImage(address, alt, title, options.sizes.get(source), options.in_link))
