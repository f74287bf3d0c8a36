"""A body's source → Document, by way of Python-Markdown's element tree."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from markdown import Markdown

from pixeldigest.markup.document import (
    Align,
    Block,
    CodeBlock,
    CodeSpan,
    Document,
    Emphasis,
    Fault,
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
from pixeldigest.markup.scanner import PLACEHOLDER, Scanned, Span, scan

_INLINE_TAGS = frozenset(("a", "br", "code", "em", "img", "strong"))


@functools.lru_cache(maxsize=512)
def parse_body(source: str) -> Document:
    """Parse Markdown with formulas; what is not accepted comes back as faults and is shown as text."""
    scanned = scan(source)
    tree = _Tree(scanned)
    blocks = tuple(tree.blocks(_element_tree(scanned.text)))
    faults = sorted({*scanned.faults, *tree.faults}, key=lambda fault: fault.offset)
    return Document(blocks, tuple(faults))


def parse_inline(source: str) -> Document:
    """Parse one line or paragraph of inline Markdown; anything else that comes of it is a fault."""
    document = parse_body(source)
    if all(isinstance(block, Paragraph) for block in document.blocks):
        return document
    fault = Fault("markdown", "only inline Markdown can stand here", "write plain text, code, links and formulas", 0, 1)
    return Document(document.blocks, (*document.faults, fault))


@functools.cache
def _markdown() -> Markdown:
    markdown = Markdown(extensions=["tables", "sane_lists"])
    # The scanner has taken what these look for; entities and raw HTML never reach the output unescaped.
    for name in ("html", "entity", "automail", "autolink", "backtick", "escape"):
        markdown.inlinePatterns.deregister(name)
    return markdown


def _element_tree(text: str) -> Element:
    """Run Python-Markdown up to its element tree, and no further (it is never serialised)."""
    markdown = _markdown()
    markdown.reset()
    clean = text.replace("\u0002", "").replace("\u0003", "").expandtabs(4)
    root: Element = markdown.parser.parseDocument(clean.split("\n")).getroot()
    for name in ("inline", "unescape"):
        root = markdown.treeprocessors[name].run(root) or root
    return root


class _Tree:
    """Turns elements into nodes, and placeholders into what they stand for."""

    def __init__(self, scanned: Scanned) -> None:
        self._spans = scanned.spans
        self.faults: list[Fault] = []

    def blocks(self, parent: Element) -> Iterator[Block]:
        """Yield the blocks in an element; loose words and inline elements between them become paragraphs."""
        loose: list[Inline] = list(self._text(parent.text))
        for element in parent:
            if element.tag in _INLINE_TAGS:
                loose += self._inline_element(element)
            else:
                yield from _paragraph(loose)
                loose = []
                yield from self._block(element)
            loose += self._text(element.tail)
        yield from _paragraph(loose)

    def _block(self, element: Element) -> Iterator[Block]:
        match element.tag:
            case "p":
                yield from self._paragraphs(element)
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                yield Heading(int(element.tag[1]), self._children(element))
            case "ul" | "ol":
                items = tuple(tuple(self.blocks(item)) for item in element)
                start = int(element.get("start", "1")) if element.tag == "ol" else None
                yield List(start, items, tight=not any(item.find("p") is not None for item in element))
            case "blockquote":
                yield Quote(tuple(self.blocks(element)))
            case "pre":
                yield CodeBlock("", self._restore("".join(element.itertext())).rstrip("\n") + "\n", 0)
            case "hr":
                yield Rule()
            case "table":
                yield self._table(element)
            case _:
                yield from self.blocks(element)

    def _paragraphs(self, element: Element) -> Iterator[Block]:
        """Yield a paragraph, or the code or formula that stands alone in it."""
        alone = PLACEHOLDER.fullmatch((element.text or "").strip()) if len(element) == 0 else None
        span = self._spans[int(alone[1])] if alone else None
        if span and span.kind == "fence":
            yield CodeBlock(span.extra, span.value, span.offset)
        elif span and span.kind == "display":
            yield Formula(span.value, True, span.offset)
        else:
            yield from _paragraph(list(self._children(element)))

    def _table(self, element: Element) -> Table:
        rows = [tuple(row) for row in element.iter("tr")]
        aligns = tuple(_align(cell) for cell in rows[0])
        cells = tuple(tuple(_trim(self._children(cell)) for cell in row) for row in rows)
        return Table(aligns, cells[0], cells[1:])

    def _children(self, element: Element) -> tuple[Inline, ...]:
        nodes = list(self._text(element.text))
        for child in element:
            nodes += self._inline_element(child)
            nodes += self._text(child.tail)
        return _merge(nodes)

    def _inline_element(self, element: Element) -> Iterator[Inline]:
        match element.tag:
            case "em":
                yield Emphasis(self._children(element))
            case "strong":
                yield Strong(self._children(element))
            case "code":
                yield CodeSpan(self._restore("".join(element.itertext())))
            case "br":
                yield LineBreak()
            case "a":
                url, title, offset = self._target(element, "href")
                yield Link(self._children(element), url, title, offset)
            case "img":
                url, title, offset = self._target(element, "src")
                yield Image(self._restore(element.get("alt", ""), plain=True), url, title, offset)
            case _:
                yield from self._children(element)

    def _target(self, element: Element, attribute: str) -> tuple[str, str, int]:
        value = element.get(attribute, "")
        found = PLACEHOLDER.fullmatch(value)
        if not found:
            return self._restore(value), element.get("title", ""), 0
        span = self._spans[int(found[1])]
        return span.value, span.extra or self._restore(element.get("title", "")), span.offset

    def _text(self, text: str | None) -> Iterator[Inline]:
        if not text:
            return
        done = 0
        for found in PLACEHOLDER.finditer(text):
            if words := text[done : found.start()]:
                yield Text(words.replace("\n", " "))
            yield self._inline_span(self._spans[int(found[1])])
            done = found.end()
        if words := text[done:]:
            yield Text(words.replace("\n", " "))

    def _inline_span(self, span: Span) -> Inline:
        match span.kind:
            case "code" | "fence":
                return CodeSpan(span.value)
            case "formula" | "display":
                return Formula(span.value, False, span.offset)
            case "autolink":
                return Link((Text(span.value.removeprefix("mailto:")),), span.value, "", span.offset)
            case "break":
                return LineBreak()
            case "html":
                hint = "write Markdown, or put it in backticks to show it"
                self.faults.append(Fault("raw-html", "raw HTML is not accepted", hint, span.offset, len(span.source)))
                return Text(span.source)
            case "target":
                return Text(span.source)
            case "text":
                return Text(span.value)

    def _restore(self, text: str, *, plain: bool = False) -> str:
        """Put the source back in place of placeholders, or with `plain` what it means."""
        return PLACEHOLDER.sub(lambda found: self._spans[int(found[1])][2 if plain else 1], text)


def _paragraph(nodes: list[Inline]) -> Iterator[Paragraph]:
    children = _trim(_merge(nodes))
    if children:
        yield Paragraph(children)


def _merge(nodes: list[Inline]) -> tuple[Inline, ...]:
    """Join neighbouring texts; and take the spaces around a forced line end away."""
    merged: list[Inline] = []
    for node in nodes:
        last = merged[-1] if merged else None
        if isinstance(node, Text) and isinstance(last, Text):
            merged[-1] = Text(last.text + node.text)
        elif isinstance(node, Text) and isinstance(last, LineBreak):
            merged.append(Text(node.text.lstrip(" ")))
        else:
            merged.append(node)
    return tuple(node for node in merged if node != Text(""))


def _trim(nodes: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Take the spaces at both ends away."""
    nodes = _merge(list(nodes))
    if nodes and isinstance(nodes[0], Text):
        nodes = (Text(nodes[0].text.lstrip()), *nodes[1:])
    if nodes and isinstance(nodes[-1], Text):
        nodes = (*nodes[:-1], Text(nodes[-1].text.rstrip()))
    return tuple(node for node in nodes if node != Text(""))


def _align(cell: Element) -> Align:
    found = re.search("left|right|center", cell.get("style", ""))
    match found[0] if found else "":
        case "left":
            return "left"
        case "right":
            return "right"
        case "center":
            return "center"
    return ""
