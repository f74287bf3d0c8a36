"""A body's source → Document: blocks line by line, words by way of Python-Markdown's element tree."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

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
from pixeldigest.markup.lines import MAX_NESTING, Leaf, Line, split_blocks
from pixeldigest.markup.scanner import PLACEHOLDER, Scanner, Span, replace_reserved, take_definitions

if TYPE_CHECKING:
    from markdown import Markdown

# More than any text for readers has; beyond, rendering a day would take many seconds.
MAX_LENGTH = 100_000
MAX_BLOCKS = 2_000
MAX_SIGNS = 10_000
MAX_FORMULAS = 300
MAX_FAULTS = 100
# One line of words: it starts with a letter, and nothing in it can mean anything but itself.
_PLAIN = re.compile(r"[^\W\d_][^\\`$\[\]<&*_\n]*")
_SIGNS = re.compile(r"[\\`$\[\]<&*_|]+")


def _in_turn(parse: Callable[[str], Document]) -> Callable[[str], Document]:
    """Let threads parse one after the other: Python-Markdown keeps what it is working on."""
    turn = threading.Lock()

    @functools.wraps(parse)
    def parse_in_turn(source: str) -> Document:
        with turn:
            return parse(source)

    return parse_in_turn


@functools.lru_cache(maxsize=512)
@_in_turn
def parse_body(source: str) -> Document:
    """Parse Markdown with formulas; what is not accepted comes back as faults and is shown as text."""
    if len(source) > MAX_LENGTH:
        return _refuse(source, f"this text is longer than {MAX_LENGTH:,} characters", MAX_LENGTH)
    source = replace_reserved(source)
    if _PLAIN.fullmatch(source):
        return Document((Paragraph((Text(source.rstrip(" \t")),)),), ())
    leaves, faults = split_blocks(source)
    if excess := _find_excess(source, leaves):
        return _refuse(source, excess)
    leaves, targets = take_definitions(leaves)
    scanner = Scanner(targets)
    root = Element("div")
    elements = [_add_element(root, leaf, scanner) for leaf in leaves]
    if _count_formulas(leaves, scanner) > MAX_FORMULAS:
        return _refuse(source, f"this text has more than {MAX_FORMULAS} formulas")
    _markdown().treeprocessors["inline"].run(root)
    nodes = _Nodes(scanner.spans)
    placed = [(leaf, nodes.block(leaf, element)) for leaf, element in zip(leaves, elements, strict=True)]
    faults = _first_faults(sorted((*faults, *scanner.faults), key=lambda fault: fault.offset))
    return Document(_blocks(placed, 0), faults)


def _refuse(source: str, message: str, offset: int = 0) -> Document:
    """Show the words of a text that would take too long to read without their marks."""
    fault = Fault("length", message, "split it into several entries", offset, 1)
    return Document((Paragraph((Text(" ".join(source.split())),)),), (fault,))


def _find_excess(source: str, leaves: Collection[Leaf]) -> str:
    if len(leaves) > MAX_BLOCKS:
        return f"this text has more than {MAX_BLOCKS:,} paragraphs and other blocks"
    worded = (leaf for leaf in leaves if leaf.kind in ("paragraph", "heading", "table"))
    if len(source) > MAX_SIGNS and sum(_count_signs(leaf.lines) for leaf in worded) > MAX_SIGNS:
        return f"this text has more than {MAX_SIGNS:,} lines and signs of Markdown"
    return ""


def _count_signs(lines: Collection[Line]) -> int:
    return len(lines) + sum(len(_SIGNS.findall(line.text)) for line in lines)


def _count_formulas(leaves: Iterable[Leaf], scanner: Scanner) -> int:
    return sum(leaf.kind == "display" for leaf in leaves) + sum(span.kind == "formula" for span in scanner.spans)


def _first_faults(faults: list[Fault]) -> tuple[Fault, ...]:
    """Keep the first faults: nobody reads thousands."""
    if (more := len(faults) - MAX_FAULTS) <= 0:
        return tuple(faults)
    message = f"this text has {more} more errors"
    return (*faults[:MAX_FAULTS], Fault("more-errors", message, "mend the others first", faults[MAX_FAULTS].offset, 1))


def parse_inline(source: str) -> Document:
    """Parse one line or paragraph of inline Markdown; anything else that comes of it is a fault."""
    document = parse_body(source)
    if all(isinstance(block, Paragraph) for block in document.blocks):
        return document
    fault = Fault("markdown", "only inline Markdown can stand here", "write plain text, code, links and formulas", 0, 1)
    return Document(document.blocks, (*document.faults, fault))


def inline_nodes(source: str) -> tuple[Inline, ...]:
    """Parse inline Markdown into its nodes; what is no paragraph, which `parse_inline` reports, is left out."""
    paragraphs = [block.children for block in parse_body(source).blocks if isinstance(block, Paragraph)]
    return tuple(node for number, nodes in enumerate(paragraphs) for node in ((Text(" "), *nodes) if number else nodes))


@functools.cache
def _markdown() -> Markdown:
    """Leave Python-Markdown with links, images, emphasis and tables; the scanner takes the rest."""
    from markdown import Markdown  # noqa: PLC0415 - it takes its time, and most texts are words only
    from markdown.extensions.tables import TableExtension  # noqa: PLC0415

    markdown = Markdown(extensions=[TableExtension()])
    for name in ("backtick", "escape", "linebreak", "autolink", "automail", "html", "entity"):
        markdown.inlinePatterns.deregister(name)
    for name in ("reference", "image_reference", "short_reference", "short_image_ref"):
        markdown.inlinePatterns.deregister(name)
    return markdown


def _add_element(root: Element, leaf: Leaf, scanner: Scanner) -> Element:
    """Make the element in which Python-Markdown shall find links and emphasis."""
    if leaf.kind == "table":
        return _add_table(root, leaf.lines, scanner)
    element = SubElement(root, "p")
    if leaf.kind == "literal":
        element.text = scanner.literal(leaf.lines)
    elif leaf.kind in ("paragraph", "heading") and leaf.lines:
        element.text = scanner.scan(leaf.lines)
    return element


def _add_table(root: Element, lines: tuple[Line, ...], scanner: Scanner) -> Element:
    text = "\n".join(scanner.scan((line,), cells=True) for line in lines)
    tables = _markdown().parser.blockprocessors["table"]
    if tables.test(root, text):
        tables.run(root, [text])
        return root[len(root) - 1]
    element = SubElement(root, "p")
    element.text = text
    return element


_Placed = tuple[Leaf, Block | None]


def _blocks(placed: Iterable[_Placed], depth: int) -> tuple[Block, ...]:
    """Put blocks into the quotes and lists that stand around them, from a depth on."""
    return tuple(block for _, block in _spaced_blocks(placed, depth))


def _spaced_blocks(placed: Iterable[_Placed], depth: int) -> Iterator[tuple[bool, Block]]:
    """Yield blocks, each with whether an empty line stands before it."""
    for _, group in groupby(placed, lambda pair: [one.family for one in pair[0].containers[depth : depth + 1]]):
        members = list(group)
        first = members[0][0]
        if len(first.containers) == depth:
            yield from ((leaf.spaced, block) for leaf, block in members if block is not None)
        elif first.containers[depth].mark == ">":
            yield first.spaced, Quote(_blocks(members, depth + 1))
        else:
            yield first.spaced, _list(members, depth)


def _list(placed: list[_Placed], depth: int) -> List:
    items: list[tuple[Block, ...]] = []
    tight = True
    for _, group in groupby(placed, lambda pair: pair[0].containers[depth].number):
        members = list(group)
        blocks = list(_spaced_blocks(members, depth + 1))
        is_spaced = (items and members[0][0].spaced) or any(spaced for spaced, _ in blocks[1:])
        tight = tight and not is_spaced and not any(_need_space(one, two) for (_, one), (_, two) in pairwise(blocks))
        items.append(tuple(block for _, block in blocks))
    first = placed[0][0].containers[depth]
    return List(first.start if first.mark in ".)" else None, tuple(items), tight)


def _need_space(one: Block, two: Block) -> bool:
    """Tell whether portable Markdown wants an empty line between two blocks of an item."""
    words = isinstance(one, Paragraph) and isinstance(two, Paragraph)
    return words or isinstance(one, Formula) or isinstance(two, Formula)


class _Nodes:
    """Turns elements into nodes, and placeholders into what they stand for."""

    def __init__(self, spans: list[Span]) -> None:
        self._spans = spans

    def block(self, leaf: Leaf, element: Element) -> Block | None:
        """Make a block; None where no words are left."""
        match leaf.kind:
            case "code":
                source = "".join(f"{line.text}\n" for line in leaf.lines)
                return CodeBlock(leaf.language, source, leaf.lines[0].offset if leaf.lines else 0)
            case "display":
                return _formula(leaf.lines)
            case "rule":
                return Rule()
            case "heading":
                # A heading is one line in every format.
                words = (Text(" ") if isinstance(node, LineBreak) else node for node in self._children(element))
                return Heading(leaf.level, _trim(_merge(words)))
            case "table" if element.tag == "table":
                return self._table(element)
            case _:
                children = _trim(self._children(element))
                return Paragraph(children) if children else None

    def _table(self, element: Element) -> Table:
        rows = [tuple(row) for row in element.iter("tr")]
        aligns = tuple(_align(cell) for cell in rows[0])
        cells = tuple(tuple(_trim(self._children(cell)) for cell in row) for row in rows)
        return Table(aligns, cells[0], cells[1:])

    def _children(self, element: Element, around: tuple[str, ...] = ()) -> tuple[Inline, ...]:
        """Make the nodes within an element; `around` are the tags that stand around it."""
        if len(around) == MAX_NESTING:
            return _merge(self._text("".join(element.itertext())))
        nodes = list(self._text(element.text))
        for child in element:
            # What is stressed already cannot be stressed once more, and Markdown cannot say it.
            known = child.tag in around
            nodes += self._children(child, (*around, child.tag)) if known else [self._inline_element(child, around)]
            nodes += self._text(child.tail)
        return _merge(nodes)

    def _inline_element(self, element: Element, around: tuple[str, ...]) -> Inline:
        inside = (*around, element.tag)
        match element.tag:
            case "em":
                return Emphasis(self._children(element, inside))
            case "strong":
                return Strong(self._children(element, inside))
            case "a":
                target = self._target(element.get("href", ""))
                return Link(self._children(element, inside), target.value, target.title, target.offset)
            case "img":
                target = self._target(element.get("src", ""))
                return Image(self._words(element.get("alt", "")), target.value, target.title, target.offset)
        raise AssertionError(element.tag)

    def _target(self, placeholder: str) -> Span:
        found = PLACEHOLDER.fullmatch(placeholder)
        return self._spans[int(found[1])] if found else Span("target", self._words(placeholder), 0)

    def _text(self, text: str | None) -> Iterator[Inline]:
        for n, part in enumerate(PLACEHOLDER.split(text or "")):
            if n % 2:
                yield _inline_span(self._spans[int(part)])
            elif part:
                yield Text(_one_line(part))

    def _words(self, text: str) -> str:
        return _one_line(PLACEHOLDER.sub(lambda found: self._spans[int(found[1])].value, text))


def _inline_span(span: Span) -> Inline:
    match span.kind:
        case "code":
            return CodeSpan(span.value)
        case "formula":
            return Formula(span.value, False, span.offset)
        case "autolink":
            return Link((Text(span.value.removeprefix("mailto:")),), span.value, "", span.offset)
        case "break":
            return LineBreak()
        case "text" | "target":
            return Text(span.value)


def _formula(lines: tuple[Line, ...]) -> Formula:
    source = "\n".join(line.text for line in lines).strip()
    latex = source.removeprefix("$$").removesuffix("$$")
    first = lines[0]._replace(text=lines[0].text[2:], offset=lines[0].offset + 2)
    start = next(line for line in (first, *lines[1:]) if line.text.strip())
    return Formula(latex.strip(), True, start.offset + len(start.text) - len(start.text.lstrip()))


def _one_line(text: str) -> str:
    return re.sub(r"[ \t]?\n", " ", text) if "\n" in text else text


def _merge(nodes: Iterable[Inline]) -> tuple[Inline, ...]:
    """Join neighbouring texts; and take the spaces around a forced line end away."""
    merged: list[Inline] = []
    words: list[str] = []
    for node in nodes:
        if isinstance(node, Text):
            words.append(node.text)
            continue
        merged += _joined(words)
        merged.append(node)
        words.clear()
    merged += _joined(words)
    return _without_spaces_at_breaks(merged) if LineBreak() in merged else tuple(merged)


def _joined(words: list[str]) -> list[Text]:
    return [Text(text)] if (text := "".join(words)) else []


def _without_spaces_at_breaks(merged: list[Inline]) -> tuple[Inline, ...]:
    for n, (one, two) in enumerate(pairwise(merged)):
        if isinstance(one, Text) and isinstance(two, LineBreak):
            merged[n] = Text(one.text.rstrip(" \t"))
        elif isinstance(one, LineBreak) and isinstance(two, Text):
            merged[n + 1] = Text(two.text.lstrip(" \t"))
    return tuple(node for node in merged if node != Text(""))


def _trim(nodes: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Take the spaces at both ends away."""
    if nodes and isinstance(nodes[0], Text):
        words = nodes[0].text.lstrip(" \t")
        nodes = (Text(words), *nodes[1:]) if words else nodes[1:]
    if nodes and isinstance(nodes[-1], Text):
        words = nodes[-1].text.rstrip(" \t")
        nodes = (*nodes[:-1], Text(words)) if words else nodes[:-1]
    return nodes


def _align(cell: Element) -> Align:
    style = cell.get("style", "")
    aligns: tuple[Align, ...] = ("left", "right", "center")
    return next((align for align in aligns if align in style), "")
